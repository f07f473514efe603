//! Accepts connections, parses requests and writes the responses of vectors.
//!
//! Each connection has its own task. Response bytes are written unchanged. Every response has CORS headers, so that web pages of other
//! origins can read it.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::batches::{self, Store};
use crate::vector::{End, Framing, Response, Vector};

const CORS: &str = "access-control-allow-origin: *\r\naccess-control-expose-headers: *\r\naccess-control-allow-methods: *\r\naccess-control-allow-headers: *, authorization\r\naccess-control-max-age: 600\r\n";

/// A running server.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    state: Arc<State>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Binds to `port` on the loopback interface; 0 selects a free port.
    pub async fn start(vectors: BTreeMap<String, Vector>, port: u16) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.context("can't listen")?;
        let address = listener.local_addr()?;
        let state = Arc::new(State { vectors, runs: Mutex::default(), stores: Mutex::default() });
        let served = Arc::clone(&state);
        let task = tokio::spawn(async move {
            let mut number = 0;
            while let Ok((socket, _)) = listener.accept().await {
                number += 1;
                tokio::spawn(connection(Arc::clone(&served), socket, number));
            }
        });
        Ok(Self { address, state, task })
    }

    /// Returns the base URL, `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the list of requests with this nonce, in the format of `GET /log/NONCE`.
    pub fn log(&self, nonce: &str) -> Value {
        self.state.log(nonce)
    }

    /// Sets the faults of the batches with this nonce, as `POST /batches/NONCE/faults`.
    pub fn set_faults(&self, nonce: &str, faults: &Value) {
        let body = faults.to_string();
        self.state.answer_batches(nonce, "POST", &["faults"], "", body.as_bytes());
    }

    /// Returns what was requested of the batches with this nonce, as `GET /batches/NONCE/counts`.
    pub fn counts(&self, nonce: &str) -> Value {
        match self.state.answer_batches(nonce, "GET", &["counts"], "", b"") {
            batches::Answer::Json(_, counts) => counts,
            _ => Value::Null,
        }
    }

    /// Serves until the process ends.
    pub async fn wait(self) -> Result<()> {
        self.task.await.context("the server ended")
    }
}

#[derive(Debug)]
struct State {
    vectors: BTreeMap<String, Vector>,
    /// Requests by nonce.
    runs: Mutex<HashMap<String, Vec<Entry>>>,
    /// Files and batches of providers by nonce.
    stores: Mutex<HashMap<String, Store>>,
}

impl State {
    fn answer_batches(&self, nonce: &str, method: &str, path: &[&str], query: &str, body: &[u8]) -> batches::Answer {
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        stores.entry(nonce.to_owned()).or_default().answer(method, path, query, body)
    }

    fn log(&self, nonce: &str) -> Value {
        let runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        json!(runs.get(nonce).map(Vec::as_slice).unwrap_or_default())
    }
}

/// One request in the log.
#[derive(Debug, Clone, Serialize)]
struct Entry {
    /// Number of the connection.
    connection: u64,
    path: String,
    headers: BTreeMap<String, String>,
    body: Value,
    /// The raw body, because `Value` cannot represent all of its numbers.
    text: String,
    /// `open`, `sent`, or `closed` if the client closed the connection before the response was complete.
    outcome: &'static str,
    /// Milliseconds between the request and its outcome.
    milliseconds: u64,
    /// Number of body bytes written.
    written: usize,
}

struct Request {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

async fn connection(state: Arc<State>, mut socket: TcpStream, number: u64) {
    let mut buffer = Vec::new();
    // Errors are ignored, because tests close connections on purpose.
    while let Ok(Some(request)) = read_request(&mut socket, &mut buffer).await {
        match answer(&state, &mut socket, &request, number).await {
            Ok(true) => {}
            Ok(false) | Err(_) => break,
        }
    }
}

async fn read_request(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<Option<Request>> {
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut head = httparse::Request::new(&mut headers);
        if let httparse::Status::Complete(start) = head.parse(buffer)? {
            let headers: BTreeMap<_, _> = head
                .headers
                .iter()
                .map(|header| (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).into_owned()))
                .collect();
            let length: usize = headers.get("content-length").map_or(Ok(0), |length| length.parse())?;
            if buffer.len() >= start + length {
                let request = Request {
                    method: head.method.unwrap_or_default().to_owned(),
                    path: head.path.unwrap_or_default().to_owned(),
                    headers,
                    body: buffer[start..start + length].to_vec(),
                };
                buffer.drain(..start + length);
                return Ok(Some(request));
            }
        }
        if buffer.len() > 64 << 20 {
            bail!("request too long");
        }
        if socket.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

/// Answers one request. Returns whether the connection stays open.
async fn answer(state: &State, socket: &mut TcpStream, request: &Request, connection: u64) -> Result<bool> {
    if request.method == "OPTIONS" {
        socket.write_all(format!("HTTP/1.1 204 No Content\r\n{CORS}\r\n").as_bytes()).await?;
        return Ok(true);
    }
    let path = request.path.split('?').next().unwrap_or_default();
    let segments: Vec<_> = path.split('/').skip(1).collect();
    match segments.as_slice() {
        ["batches", nonce, "v1", path @ ..] | ["batches", nonce, path @ ..] => {
            let query = request.path.split_once('?').map_or("", |(_, query)| query);
            batched(socket, state.answer_batches(nonce, &request.method, path, query, &request.body)).await
        }
        ["vectors.json"] => plain(socket, 200, &serde_json::to_string(&state.vectors)?).await,
        ["log", nonce] => plain(socket, 200, &state.log(nonce).to_string()).await,
        ["v", name, split, nonce, ..] => match state.vectors.get(*name) {
            Some(vector) => replay(state, socket, request, connection, vector, split, nonce).await,
            None => plain(socket, 404, &json!({"error": {"message": format!("no vector {name}")}}).to_string()).await,
        },
        _ => plain(socket, 404, &json!({"error": {"message": format!("no path {path}")}}).to_string()).await,
    }
}

async fn plain(socket: &mut TcpStream, status: u16, body: &str) -> Result<bool> {
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} x\r\n{CORS}content-type: application/json\r\ncontent-length: {length}\r\n\r\n");
    socket.write_all((head + body).as_bytes()).await?;
    Ok(true)
}

/// Writes a response about batches.
async fn batched(socket: &mut TcpStream, answer: batches::Answer) -> Result<bool> {
    match answer {
        batches::Answer::Json(status, body) => plain(socket, status, &body.to_string()).await,
        batches::Answer::Lines(lines) => plain(socket, 200, &lines).await,
        batches::Answer::Cut(lines, end) => {
            let head =
                format!("HTTP/1.1 200 x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", lines.len());
            socket.write_all(head.as_bytes()).await?;
            socket.write_all(&lines.as_bytes()[..end]).await?;
            Ok(false)
        }
        batches::Answer::Lost => Ok(false),
    }
}

async fn replay(
    state: &State,
    socket: &mut TcpStream,
    request: &Request,
    connection: u64,
    vector: &Vector,
    split: &str,
    nonce: &str,
) -> Result<bool> {
    let started = Instant::now();
    let entry = Entry {
        connection,
        path: request.path.clone(),
        headers: request.headers.clone(),
        body: serde_json::from_slice(&request.body).unwrap_or_default(),
        text: String::from_utf8_lossy(&request.body).into_owned(),
        outcome: "open",
        milliseconds: 0,
        written: 0,
    };
    let number = {
        let mut runs = state.runs.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = runs.entry(nonce.to_owned()).or_default();
        entries.push(entry);
        entries.len() - 1
    };
    let mut written = 0;
    let outcome = send(socket, vector.response.nth(number), split, &mut written).await;
    let mut runs = state.runs.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(entry) = runs.get_mut(nonce).and_then(|entries| entries.get_mut(number)) {
        entry.outcome = if outcome.is_ok() { "sent" } else { "closed" };
        entry.milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        entry.written = written;
    }
    outcome
}

/// Writes a response. Fails if the client closes the connection first. Returns whether the connection stays open.
async fn send(socket: &mut TcpStream, response: &Response, split: &str, written: &mut usize) -> Result<bool> {
    wait(socket, response.delay_ms).await?;
    let mut parts = Vec::new();
    for piece in &response.body {
        parts.extend(piece.parts()?);
    }
    let parts = split_parts(parts, split)?;
    let length: usize = parts.iter().map(|(_, bytes)| bytes.len()).sum();
    let mut bytes = if response.framing == Framing::Raw { Vec::new() } else { head(response, length) };
    for (delay, part) in parts {
        if delay > 0 {
            socket.write_all(&bytes).await?;
            bytes.clear();
            wait(socket, delay).await?;
        }
        if response.framing == Framing::Chunked && !part.is_empty() {
            bytes.extend(format!("{:x}\r\n", part.len()).bytes());
        }
        bytes.extend(&part);
        if response.framing == Framing::Chunked && !part.is_empty() {
            bytes.extend(b"\r\n");
        }
        socket.write_all(&bytes).await?;
        *written += part.len();
        bytes.clear();
        // Yields so that the client reads each write separately instead of several at once.
        tokio::task::yield_now().await;
    }
    if response.end == End::Clean && response.framing == Framing::Chunked {
        bytes.extend(b"0\r\n\r\n");
    }
    socket.write_all(&bytes).await?;
    match response.end {
        End::Clean => Ok(matches!(response.framing, Framing::Chunked | Framing::Length)),
        End::Truncated | End::Reset => {
            // A reset discards data that the client has not read yet, and browsers discard buffered data of a broken body.
            tokio::time::sleep(Duration::from_millis(100)).await;
            if response.end == End::Reset {
                socket.set_zero_linger()?;
            }
            Ok(false)
        }
        End::Stall => {
            wait(socket, 3_600_000).await?;
            Ok(false)
        }
    }
}

fn head(response: &Response, length: usize) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} x\r\n{CORS}", response.status);
    if !response.headers.contains_key("content-type") {
        head.push_str("content-type: text/event-stream\r\n");
    }
    for (name, value) in &response.headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    match response.framing {
        Framing::Chunked => head.push_str("transfer-encoding: chunked\r\n"),
        Framing::Length if response.headers.contains_key("content-length") => {}
        Framing::Length => head.extend(["content-length: ", &length.to_string(), "\r\n"]),
        Framing::Close | Framing::Raw => head.push_str("connection: close\r\n"),
    }
    head.push_str("\r\n");
    head.into_bytes()
}

/// Sleeps. Fails if the client closes the connection in the meantime.
async fn wait(socket: &mut TcpStream, milliseconds: u64) -> Result<()> {
    if milliseconds == 0 {
        return Ok(());
    }
    let mut byte = [0];
    tokio::select! {
        () = tokio::time::sleep(Duration::from_millis(milliseconds)) => Ok(()),
        read = socket.peek(&mut byte) => match read {
            Ok(0) | Err(_) => bail!("closed by the client"),
            // The next request on this connection has to wait.
            Ok(_) => { tokio::time::sleep(Duration::from_millis(milliseconds)).await; Ok(()) }
        },
    }
}

fn split_parts(parts: Vec<(u64, Vec<u8>)>, split: &str) -> Result<Vec<(u64, Vec<u8>)>> {
    let mut next_length: Box<dyn FnMut() -> usize> = match split {
        "pieces" => return Ok(parts),
        "whole" => {
            // Delays are a part of the vector: parts with a delay are written separately.
            let mut joined: Vec<(u64, Vec<u8>)> = Vec::new();
            for (delay, bytes) in parts {
                match joined.last_mut() {
                    Some((_, last)) if delay == 0 => last.extend(bytes),
                    _ => joined.push((delay, bytes)),
                }
            }
            return Ok(joined);
        }
        // Long bodies are split into about 10,000 parts, because a million reads would take too long.
        "bytes" => {
            let length: usize = parts.iter().map(|(_, bytes)| bytes.len()).sum();
            Box::new(move || 1 + length / 10_000)
        }
        "random" => {
            // The seed is fixed so that failures are reproducible.
            let mut seed = 0x2545_f491_4f6c_dd1d_u64;
            Box::new(move || {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                1 + usize::try_from(seed % 40).unwrap_or(0)
            })
        }
        other => bail!("no split {other}"),
    };
    let mut out = Vec::new();
    for (mut delay, bytes) in parts {
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let (part, tail) = rest.split_at(next_length().min(rest.len()));
            out.push((std::mem::take(&mut delay), part.to_vec()));
            rest = tail;
        }
    }
    Ok(out)
}
