//! The transport under a page that drives the module.
//!
//! Records the tasks of the page and takes their results; each call has one exchange at a time. There are no promises or closures between
//! the two, which were most of the cost of a read. The only waker is that of a call that waits for another one ([`Wakeups`]).

use alloc::rc::Rc;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::future::poll_fn;
use core::pin::Pin;
use core::sync::atomic::{AtomicU32, Ordering};
use core::task::{Context, Poll, Waker};
use core::time::Duration;

use trilogue_core::transport::{self, Failure, Head, Request, Transport};
use trilogue_core::{Notice, ffi};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Math)]
    fn random() -> f64;
}

/// Abort the current exchange.
const CLOSE: u32 = 1;
/// Read the rest of the current exchange for a short time, so that its connection can be reused.
const RELEASE: u32 = 2;
/// Start an exchange.
const SEND: u32 = 4;
/// Read more of its body.
const READ: u32 = 8;
/// Take the output.
const OUTPUT: u32 = 16;
/// Take the notices.
const NOTICES: u32 = 32;
/// Continue with the calls that [`Wakeups`] names.
const WAKE: u32 = 64;

/// The calls of a client that are woken, because they waited for another one: none, the number of one, or [`EVERY_CALL`].
#[derive(Clone, Default)]
pub(crate) struct Wakeups(Arc<AtomicU32>);

/// Several calls are woken, so that the page continues every call that waits. The limits of a client wake one call at a time, which is why there is
/// no list.
const EVERY_CALL: u32 = u32::MAX;

impl Wakeups {
    /// The waker of a call.
    pub(crate) fn waker(&self, call: u32) -> Waker {
        Waker::from(Arc::new(Wakeup { call, wakeups: self.clone() }))
    }

    /// Takes the number of the woken call: 0 if there is none, [`EVERY_CALL`] if there are several.
    pub(crate) fn take(&self) -> u32 {
        self.0.swap(0, Ordering::Relaxed)
    }

    /// The page's task if a call is woken.
    pub(crate) fn task(&self) -> u32 {
        if self.0.load(Ordering::Relaxed) == 0 { 0 } else { WAKE }
    }
}

struct Wakeup {
    call: u32,
    wakeups: Wakeups,
}

impl Wake for Wakeup {
    fn wake(self: Arc<Self>) {
        let woken = &self.wakeups.0;
        let others = woken.load(Ordering::Relaxed);
        woken.store(if others == 0 || others == self.call { self.call } else { EVERY_CALL }, Ordering::Relaxed);
    }
}

/// How a body ended.
pub(crate) enum Read {
    End,
    Failed(Failure),
}

/// The state that the page and the core share.
#[derive(Default)]
pub(crate) struct Io {
    now: Cell<f64>,
    deadline: Cell<f64>,
    tasks: Cell<u32>,
    is_cancelled: Cell<bool>,
    pulled: Cell<Option<u8>>,
    output: RefCell<String>,
    notices: RefCell<String>,
    request: RefCell<Option<Request>>,
    head: RefCell<Option<Result<Head, Failure>>>,
    bytes: RefCell<Vec<u8>>,
    ended: RefCell<Option<Read>>,
}

impl Io {
    /// Sets the clock, which never goes back although a page's may.
    pub(crate) fn wake(&self, now: f64) {
        self.now.set(self.now.get().max(now));
        self.deadline.set(f64::INFINITY);
    }

    pub(crate) fn deadline(&self) -> f64 {
        self.deadline.get()
    }

    fn add_task(&self, task: u32) {
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

    pub(crate) fn pull(&self, view: u8) {
        self.pulled.set(Some(view));
    }

    pub(crate) fn poll_pulled(&self) -> Poll<u8> {
        self.pulled.take().map_or(Poll::Pending, Poll::Ready)
    }

    pub(crate) fn emit(&self, text: String) {
        self.output.replace(text);
        self.add_task(OUTPUT);
    }

    pub(crate) fn take_output(&self) -> String {
        self.output.take()
    }

    pub(crate) fn take_notices(&self) -> String {
        self.notices.take()
    }

    pub(crate) fn request_head(&self) -> String {
        let mut text = String::new();
        if let Some(request) = &*self.request.borrow() {
            text.push_str(request.method);
            text.push('\n');
            text.push_str(&request.url);
            // Neither contains line breaks: both were checked.
            for (name, value) in &request.headers {
                for part in [name, value] {
                    text.push('\n');
                    text.push_str(part);
                }
            }
        }
        text
    }

    pub(crate) fn take_request_body(&self) -> String {
        let body = self.request.take().map(|request| String::from_utf8_lossy(&request.body).into_owned());
        body.unwrap_or_default()
    }

    pub(crate) fn set_head(&self, head: Result<Head, Failure>) {
        self.head.replace(Some(head));
    }

    /// Adds bytes of the body, which stay here until they are read.
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

    /// Drops the bytes and the end of an earlier exchange.
    fn clear_body(&self) {
        self.bytes.take();
        self.ended.take();
    }

    pub(crate) fn fail(&self, why: Failure) {
        self.set_head(Err(why.clone()));
        self.set_read(Read::Failed(why));
    }
}

/// The transport of browsers and workers. Its requests, reads and timers belong to the call that was entered last.
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
        io.clear_body();
        io.request.replace(Some(request));
        io.add_task(SEND);
        let head = poll_fn(|_| io.head.take().map_or(Poll::Pending, Poll::Ready)).await;
        let head = head.inspect_err(|_| io.clear_body())?;
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

    const NOTIFIES: bool = true;

    fn notify(&self, call: u32, notice: &Notice<'_>) {
        let io = self.io();
        io.notices.borrow_mut().push_str(&ffi::notice_line(call, notice));
        io.add_task(NOTICES);
    }
}

/// A timer that ends at the time `at`.
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
        self.io.deadline.set(self.io.deadline.get().min(self.at));
        Poll::Pending
    }
}

/// The body of a response, until it has ended. Dropping it ends the exchange.
pub(crate) struct Body(Option<Rc<Io>>);

impl Drop for Body {
    fn drop(&mut self) {
        if let Some(io) = &self.0 {
            io.add_task(CLOSE);
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
            // The page starts no second read while one is running.
            io.add_task(READ);
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
            io.add_task(RELEASE);
        }
    }
}
