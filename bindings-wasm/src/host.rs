//! The transport that a page is.
//!
//! Law: writes down what the page has to do and takes what came of it; one exchange at a time for each call. No promise, no closure and
//! no waker stands between the two: they were most of what a read cost.

use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use trilogue_core::transport::{self, Failure, Head, Request, Transport};
use trilogue_core::{Notice, ffi};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Math)]
    fn random() -> f64;
}

/// Abort the exchange that there is.
const CLOSE: u32 = 1;
/// Read the rest of the exchange that there is, so that its connection can serve again; but not for long.
const RELEASE: u32 = 2;
/// Begin an exchange.
const SEND: u32 = 4;
/// Read more of its body.
const READ: u32 = 8;
/// Take what was told.
const TOLD: u32 = 16;
/// Take what was heard of the call.
const HEARD: u32 = 32;

/// How a body ended.
pub(crate) enum Read {
    End,
    Failed(Failure),
}

/// What page and core have for each other.
#[derive(Default)]
pub(crate) struct Io {
    now: Cell<f64>,
    alarm: Cell<f64>,
    tasks: Cell<u32>,
    is_cancelled: Cell<bool>,
    asked: RefCell<Option<String>>,
    told: RefCell<String>,
    heard: RefCell<String>,
    request: RefCell<Option<Request>>,
    head: RefCell<Option<Result<Head, Failure>>>,
    bytes: RefCell<Vec<u8>>,
    ended: RefCell<Option<Read>>,
}

impl Io {
    /// It is now. The clock never goes back, though a page's may be set.
    pub(crate) fn wake(&self, now: f64) {
        self.now.set(self.now.get().max(now));
        self.alarm.set(f64::INFINITY);
    }

    pub(crate) fn alarm(&self) -> f64 {
        self.alarm.get()
    }

    fn task(&self, task: u32) {
        self.tasks.set(self.tasks.get() | task);
    }

    pub(crate) fn take_tasks(&self) -> u32 {
        self.tasks.take()
    }

    pub(crate) fn cancel(&self) {
        self.is_cancelled.set(true);
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.is_cancelled.get()
    }

    pub(crate) fn ask(&self, what: String) {
        self.asked.replace(Some(what));
    }

    pub(crate) fn asked(&self) -> Poll<String> {
        self.asked.take().map_or(Poll::Pending, Poll::Ready)
    }

    pub(crate) fn tell(&self, text: String) {
        self.told.replace(text);
        self.task(TOLD);
    }

    pub(crate) fn take_told(&self) -> String {
        self.told.take()
    }

    pub(crate) fn take_heard(&self) -> String {
        self.heard.take()
    }

    pub(crate) fn request(&self) -> String {
        let mut text = String::new();
        if let Some(request) = &*self.request.borrow() {
            text.push_str(request.method);
            text.push('\n');
            text.push_str(&request.url);
            // Neither has line breaks: that was checked.
            for (name, value) in &request.headers {
                for part in [name, value] {
                    text.push('\n');
                    text.push_str(part);
                }
            }
        }
        text
    }

    pub(crate) fn body(&self) -> String {
        let body = self.request.take().map(|request| String::from_utf8_lossy(&request.body).into_owned());
        body.unwrap_or_default()
    }

    pub(crate) fn set_head(&self, head: Result<Head, Failure>) {
        self.head.replace(Some(head));
    }

    /// More of the body, which waits until it is asked for.
    pub(crate) fn push(&self, bytes: Vec<u8>) {
        let mut held = self.bytes.borrow_mut();
        if held.is_empty() {
            *held = bytes;
        } else {
            held.extend_from_slice(&bytes);
        }
    }

    pub(crate) fn set_read(&self, ended: Read) {
        self.ended.replace(Some(ended));
    }

    /// Forgets what another exchange brought.
    fn forget(&self) {
        self.bytes.take();
        self.ended.take();
    }

    pub(crate) fn fail(&self, why: Failure) {
        self.set_head(Err(why.clone()));
        self.set_read(Read::Failed(why));
    }
}

/// The transport of browsers and workers. What is sent, read and waited for belongs to the work that was entered last.
#[derive(Clone, Default)]
pub(crate) struct Host(Rc<RefCell<Rc<Io>>>);

impl Host {
    pub(crate) fn enter(&self, io: &Rc<Io>) {
        self.0.replace(Rc::clone(io));
    }

    fn io(&self) -> Rc<Io> {
        Rc::clone(&self.0.borrow())
    }
}

impl Transport for Host {
    type Body = Body;
    type Sleep = Sleep;

    async fn send(&self, request: Request) -> Result<(Head, Body), Failure> {
        let body = Body(Some(self.io()));
        let Some(io) = &body.0 else { return Err(Failure::ConnectTimeout) };
        io.head.take();
        io.forget();
        io.request.replace(Some(request));
        io.task(SEND);
        let head = poll_fn(|_| io.head.take().map_or(Poll::Pending, Poll::Ready)).await;
        let head = head.inspect_err(|_| io.forget())?;
        Ok((head, body))
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let io = self.io();
        Sleep { at: io.now.get() + duration.as_secs_f64() * 1000.0, io }
    }

    fn now(&self) -> Duration {
        self.unix_time()
    }

    fn unix_time(&self) -> Duration {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "milliseconds since 1970 fit")]
        Duration::from_millis(self.0.borrow().now.get() as u64)
    }

    fn random(&self) -> f64 {
        random()
    }

    const HEARS: bool = true;

    fn hear(&self, call: u32, notice: &Notice<'_>) {
        let io = self.io();
        io.heard.borrow_mut().push_str(&ffi::notice_line(call, notice));
        io.task(HEARD);
    }
}

/// A moment that is waited for.
pub(crate) struct Sleep {
    io: Rc<Io>,
    at: f64,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.io.now.get() >= self.at {
            return Poll::Ready(());
        }
        self.io.alarm.set(self.io.alarm.get().min(self.at));
        Poll::Pending
    }
}

/// The body of a response, until it has ended. Dropping it ends the exchange.
pub(crate) struct Body(Option<Rc<Io>>);

impl Drop for Body {
    fn drop(&mut self) {
        if let Some(io) = &self.0 {
            io.task(CLOSE);
        }
    }
}

impl transport::Body for Body {
    type Chunk = Vec<u8>;

    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let Some(io) = &self.0 else { return Ok(None) };
        let read = poll_fn(|_| {
            let bytes = io.bytes.take();
            if !bytes.is_empty() {
                return Poll::Ready(Ok(bytes));
            }
            if let Some(ended) = io.ended.take() {
                return Poll::Ready(Err(ended));
            }
            // Asked for again while it is under way, it is still one.
            io.task(READ);
            Poll::Pending
        });
        match read.await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Read::End) => {
                self.0 = None;
                Ok(None)
            }
            Err(Read::Failed(why)) => Err(why),
        }
    }

    fn release(mut self) {
        if let Some(io) = self.0.take() {
            io.task(RELEASE);
        }
    }
}
