//! The sockets: reads requests and writes replies.
//!
//! Invariant: HTTP/1.1 as real servers implement it, with persistent connections, pipelined requests and `connection: close`. `GET /cpu` returns the
//! CPU seconds of this server. Paths below `/rows/` are those of bulk jobs.

use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::time::{ClockId, clock_gettime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::spawn_local;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::reply::{Replies, Reply, preflight, refusal, whole};
use crate::rows::Runs;
use crate::spec::{Format, ReplySpec};

/// Connections that may wait to be accepted: five hundred streams start at once.
const BACKLOG: u32 = 4096;

/// Opens a port of the loopback interface.
pub(crate) fn listen() -> Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, 1], 0).into())?;
    socket.listen(BACKLOG).context("can't listen")
}

/// Serves until the process ends.
pub(crate) async fn accept(listener: TcpListener) {
    let served = Rc::new(Served::default());
    loop {
        // Without a free descriptor, the next connection may find one.
        let Ok((socket, _)) = listener.accept().await else { continue };
        let served = Rc::clone(&served);
        // A client that disconnects or sends invalid HTTP gets no answer.
        spawn_local(async move { drop(connection(&served, socket).await) });
    }
}

/// What the connections share.
#[derive(Default)]
struct Served {
    replies: Replies,
    runs: Runs,
}

struct Request {
    method: String,
    path: String,
    body: Vec<u8>,
    close: bool,
}

async fn connection(served: &Served, mut socket: TcpStream) -> Result<()> {
    socket.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(16 << 10);
    while let Some(request) = read(&mut socket, &mut buffer).await? {
        if let Some(path) = request.path.strip_prefix("/rows/") {
            let answer = served.runs.answer(&request.method, path, &request.body);
            if answer.delay > 0 {
                sleep(Duration::from_millis(answer.delay)).await;
            }
            write(&mut socket, &answer.reply, 0).await?;
        } else {
            let (reply, delay) = answer(&served.replies, &request);
            write(&mut socket, &reply, delay).await?;
        }
        if request.close {
            break;
        }
    }
    Ok(())
}

async fn write(socket: &mut TcpStream, reply: &Reply, delay: u64) -> Result<()> {
    if delay == 0 {
        for bytes in reply.writes() {
            socket.write_all(bytes).await?;
        }
        return Ok(());
    }
    let mut ticks = interval(Duration::from_millis(delay));
    // A late write does not shorten the next delay.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for bytes in reply.writes() {
        ticks.tick().await;
        socket.write_all(bytes).await?;
    }
    Ok(())
}

/// The reply to a request, and the milliseconds between its writes.
fn answer(replies: &Replies, request: &Request) -> (Rc<Reply>, u64) {
    let path = request.path.split('?').next().unwrap_or_default();
    let format = match (request.method.as_str(), path) {
        ("OPTIONS", _) => return (Rc::new(preflight()), 0),
        ("GET", "/cpu") => return (Rc::new(whole("200 OK", "text/plain", &cpu())), 0),
        ("POST", path) if path.ends_with("/chat/completions") => Format::ChatCompletions,
        ("POST", path) if path.ends_with("/messages") => Format::Messages,
        _ => return (Rc::new(refusal("404 Not Found", &format!("nothing is at {path}"))), 0),
    };
    match ReplySpec::read(format, &request.body) {
        Ok(spec) => (replies.get(&spec), spec.delay),
        Err(why) => (Rc::new(refusal("400 Bad Request", &why)), 0),
    }
}

fn cpu() -> String {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    format!("{}.{:09}", used.tv_sec, used.tv_nsec)
}

async fn read(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<Option<Request>> {
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut head = httparse::Request::new(&mut headers);
        if let httparse::Status::Complete(start) = head.parse(buffer)? {
            let value = |name: &str| {
                let header = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
                header.map_or(Ok(""), |header| str::from_utf8(header.value))
            };
            if !value("transfer-encoding")?.is_empty() {
                bail!("a request in chunks: no client sends one");
            }
            let length: usize = match value("content-length")? {
                "" => 0,
                length => length.trim().parse()?,
            };
            if buffer.len() >= start + length {
                let request = Request {
                    method: head.method.unwrap_or_default().to_owned(),
                    path: head.path.unwrap_or_default().to_owned(),
                    body: buffer[start..start + length].to_vec(),
                    close: value("connection")?.eq_ignore_ascii_case("close") || head.version == Some(0),
                };
                buffer.drain(..start + length);
                return Ok(Some(request));
            }
        }
        if socket.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}
