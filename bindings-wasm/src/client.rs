//! The module that every page loads: the client under `typescript/src/page.ts`.
//!
//! Law: one crossing a network read. Waits for nothing: the page sends, reads and counts time, and calls [`NativeWork::step`] after each
//! thing that happened.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::future::poll_fn;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};

use trilogue_core::config::Options;
use trilogue_core::transport::{Failure, Head};
use trilogue_core::value::{Map, Value};
use trilogue_core::{Client, Config, Endpoint, Error, ErrorKind, Events, RequestOptions, ffi};
use wasm_bindgen::prelude::*;

use crate::host::{Host, Io, Read};

/// Checks options: the text of an error, or nothing.
#[wasm_bindgen]
pub fn check(options: &str) -> Option<String> {
    config(options).err().map(|error| ffi::error_text(&error))
}

/// Executes an operation of the group `client`, from JSON text to JSON text.
#[wasm_bindgen]
pub fn operation(name: &str, input: &str) -> String {
    ffi::operations::client::operation(name, input).unwrap_or_else(|error| ffi::error_text(&error))
}

/// One of the core's operations on requests and replies, from text to text.
#[wasm_bindgen]
pub fn assist(operation: &str, input: &str) -> String {
    ffi::legacy::assist(operation, input).unwrap_or_else(|error| ffi::error_text(&error))
}

fn config(options: &str) -> Result<Config, Error> {
    Config::for_page(ffi::options::<Options>(options)?)
}

/// A client.
#[wasm_bindgen]
pub struct NativeClient {
    client: Client<Host>,
    host: Host,
}

#[wasm_bindgen]
impl NativeClient {
    /// A client with options that `check` found right; nothing where it didn't.
    pub fn make(options: &str) -> Option<NativeClient> {
        let host = Host::default();
        Some(Self { client: Client::new(config(options).ok()?, host.clone()), host })
    }

    /// Where the endpoint is.
    #[wasm_bindgen(js_name = baseUrl)]
    pub fn base_url(&self) -> String {
        self.client.config().base_url.clone()
    }

    /// What its answers cost so far, as text.
    pub fn spent(&self) -> String {
        ffi::spent_text(&self.client)
    }

    /// The parameters of a request that are out of range, as text.
    pub fn findings(&self, endpoint: &str, body: &str) -> String {
        ffi::findings_text(&self.client, endpoint, body).unwrap_or_else(|error| ffi::error_text(&error))
    }

    /// What a request can cost at most, as text.
    pub fn estimate(&self, endpoint: &str, body: &str, options: &str) -> String {
        ffi::estimate_text(&self.client, endpoint, body, options).unwrap_or_else(|error| ffi::error_text(&error))
    }

    /// Begins a whole reply of an endpoint.
    pub fn call(&self, endpoint: &str, body: &str, options: &str) -> NativeWork {
        self.begin(Request::read(endpoint, body, options), false)
    }

    /// Begins a stream.
    pub fn stream(&self, endpoint: &str, body: &str, options: &str) -> NativeWork {
        self.begin(Request::read(endpoint, body, options), true)
    }

    fn begin(&self, request: Result<Request, Error>, is_stream: bool) -> NativeWork {
        let io = Rc::<Io>::default();
        let future = Box::pin(run(self.client.clone(), Rc::clone(&io), request, is_stream));
        NativeWork { io, host: self.host.clone(), future: Some(future) }
    }
}

/// What is asked of a client.
struct Request {
    endpoint: Endpoint,
    body: Map<String, Value>,
    options: RequestOptions,
}

impl Request {
    fn read(endpoint: &str, body: &str, options: &str) -> Result<Self, Error> {
        let options = ffi::options(options)?;
        Ok(Self { endpoint: Endpoint::parse(endpoint)?, body: ffi::body(body)?, options })
    }
}

/// Tells a whole reply, or answers what is asked of a stream; in any case an error.
async fn run(client: Client<Host>, io: Rc<Io>, request: Result<Request, Error>, is_stream: bool) {
    let told = race(&io, async {
        let Request { endpoint, body, options } = request?;
        if is_stream {
            return client.stream_json(endpoint, body, &options).await.map(Err);
        }
        client.call_json(&endpoint, body, &options).await.map(ffi::completed_text).map(Ok)
    });
    let cancelled = || Err(Error::new(ErrorKind::UserAbort, "the request was cancelled"));
    match told.await.unwrap_or_else(cancelled) {
        Ok(Ok(text)) => io.tell(text),
        Ok(Err(events)) => pump(&io, events).await,
        Err(error) => io.tell(ffi::error_text(&error)),
    }
}

/// The outcome of `work`, or `None` after a cancel.
async fn race<R>(io: &Io, work: impl Future<Output = R>) -> Option<R> {
    let mut work = pin!(work);
    poll_fn(|context| if io.is_cancelled() { Poll::Ready(None) } else { work.as_mut().poll(context).map(Some) }).await
}

/// Answers what is asked of a stream, one thing after the other.
async fn pump(io: &Io, mut events: Events<Host>) {
    let mut sent = ffi::Sent::default();
    io.tell(ffi::head_text(events.head(), events.retries_taken()));
    loop {
        let wanted = poll_fn(|_| io.asked()).await;
        let told = match wanted.as_str() {
            "snapshot" => events.snapshot().map(|value| value.to_string()),
            "close" => {
                events.close();
                None
            }
            "chunks" => race(io, events.next_batch()).await.and_then(|batch| match batch {
                Ok(batch) => batch.map(|batch| ffi::batch_text(&batch, &mut sent)),
                Err(error) => Some(ffi::error_text(&error)),
            }),
            view => race(io, events.next_events(ffi::view(view))).await.and_then(|told| match told {
                Ok(told) => told.map(|told| ffi::events_text(told, &mut sent)),
                Err(error) => Some(ffi::error_text(&error)),
            }),
        };
        if io.is_cancelled() {
            events.close();
        }
        io.tell(told.unwrap_or_default());
    }
}

/// Something that is under way: a call, or a stream.
#[wasm_bindgen]
pub struct NativeWork {
    io: Rc<Io>,
    host: Host,
    future: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

#[wasm_bindgen]
impl NativeWork {
    /// Goes on as far as it can at this moment (milliseconds since 1970). What the page has to do then, as bits: see [`host`].
    pub fn step(&mut self, now: f64) -> u32 {
        self.io.wake(now);
        self.host.enter(&self.io);
        if let Some(future) = &mut self.future
            && future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
        {
            self.future = None;
        }
        self.io.take_tasks()
    }

    /// When it has to be called again at the latest, as a moment; infinity where nothing is waited for.
    pub fn alarm(&self) -> f64 {
        self.io.alarm()
    }

    /// What was told.
    pub fn told(&self) -> String {
        self.io.take_told()
    }

    /// What happened to the call since this was asked last, a line each: see [`ffi::notice_line`].
    pub fn heard(&self) -> String {
        self.io.take_heard()
    }

    /// Asks a stream for its next `chunks` or events (`normal`, `helper`), or for a `snapshot`.
    pub fn ask(&self, what: String) {
        self.io.ask(what);
    }

    /// The request to send: its method, its URL, and names and values of its headers, line by line.
    pub fn request(&self) -> String {
        self.io.request()
    }

    /// The body of the request to send; empty where it has none.
    pub fn body(&self) -> String {
        self.io.body()
    }

    /// The answer's head came: names and values of its headers, line by line.
    pub fn head(&self, status: u16, headers: &str) {
        let mut pairs = Vec::new();
        let mut lines = headers.split('\n');
        while let (Some(name), Some(value)) = (lines.next(), lines.next()) {
            pairs.push((name.to_owned(), value.to_owned()));
        }
        self.io.set_head(Ok(Head { status, headers: pairs.into() }));
    }

    /// Bytes of the answer came.
    pub fn push(&self, bytes: Vec<u8>) {
        self.io.push(bytes);
    }

    /// The answer's body has ended.
    pub fn end(&self) {
        self.io.set_read(Read::End);
    }

    /// The request, or its answer's body, failed; `is_refused`: it could not even be made.
    pub fn fail(&self, why: String, is_refused: bool) {
        self.io.fail(if is_refused { Failure::Refused(why) } else { Failure::Connection(why) });
    }

    /// Gives it up.
    pub fn cancel(&self) {
        self.io.cancel();
    }
}
