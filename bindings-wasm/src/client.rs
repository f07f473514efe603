//! The client that `typescript/src/binding/driven-client.ts` drives: `trilogue.wasm`, and without the features that few pages need, `base.wasm`.
//!
//! JavaScript is called once per network read. Nothing here waits: the page sends, reads and sets timers, and calls [`NativeWork::step`]
//! after each event.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::future::poll_fn;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};

use trilogue_core::config::Options;
use trilogue_core::transport::{Failure, Head};
use trilogue_core::value::{Map, Value};
use trilogue_core::{Client, Config, Endpoint, Error, Events, RequestOptions, View, ffi};
use wasm_bindgen::prelude::*;

use crate::host::{Host, Io, Read, Wakeups};

// A page pulls items and events by the number of a view, or one of these.
const SNAPSHOT: u8 = 3;
const CLOSE: u8 = 4;

/// Checks the options of a client. Returns an error as JSON text, or `None`. `environment` has the variables of the host as a JSON object.
#[wasm_bindgen]
pub fn check(options: &str, environment: &str) -> Option<String> {
    config(options, environment, false).err().map(|error| ffi::error_text(&error))
}

/// Runs an operation of the group `client`, from JSON text to JSON text.
#[wasm_bindgen]
pub fn operation(name: &str, input: &str) -> String {
    ffi::operations::client::operation(name, input).unwrap_or_else(|error| ffi::error_text(&error))
}

fn config(options: &str, environment: &str, is_page: bool) -> Result<Config, Error> {
    let environment = ffi::body(environment)?;
    let variable = |name: &str| environment.get(name)?.as_str().map(str::to_owned);
    Config::for_fetch(ffi::options::<Options>(options)?, variable, is_page)
}

/// A client.
#[wasm_bindgen]
pub struct NativeClient {
    client: Client<Host>,
    host: Host,
    wakeups: Wakeups,
    /// The number of the last call.
    calls: Cell<u32>,
    late: LateNotices,
}

/// Notices that no step returned: of calls that were collected, or that failed before they reached the module.
type LateNotices = Rc<RefCell<String>>;

#[wasm_bindgen]
impl NativeClient {
    /// Creates a client; `None` if `check` refuses the options. `is_page`: requests are subject to the servers' CORS policies.
    pub fn make(options: &str, environment: &str, is_page: bool) -> Option<NativeClient> {
        let host = Host::default();
        let client = Client::new(config(options, environment, is_page).ok()?, host.clone());
        Some(Self { client, host, wakeups: Wakeups::default(), calls: Cell::new(0), late: Rc::default() })
    }

    /// The base URL of the endpoint.
    #[wasm_bindgen(getter, js_name = baseUrl)]
    pub fn base_url(&self) -> String {
        self.client.config().base_url.clone()
    }

    /// The cost of the replies so far, as JSON text.
    pub fn spent(&self) -> String {
        ffi::spent_text(&self.client)
    }

    /// The state of the rate limits, as JSON text.
    pub fn limits(&self) -> String {
        ffi::limits_text(&self.client)
    }

    /// Takes the number of the call that is woken, because it waited for another one: 0 if there is none, the largest number if there are several.
    pub fn woken(&self) -> u32 {
        self.wakeups.take()
    }

    /// Reports the record of a call that failed before it reached this client, at the time `now`: with the class and the message of its error.
    #[cfg(feature = "records")]
    #[wasm_bindgen(js_name = recordFailure)]
    #[expect(clippy::too_many_arguments, reason = "an object would need code of its own to cross the border")]
    #[expect(clippy::needless_pass_by_value, reason = "optional texts cross the border as values")]
    pub fn record_failure(
        &self,
        now: f64,
        number: u32,
        endpoint: &str,
        model: Option<String>,
        is_stream: bool,
        error: &str,
        message: &str,
    ) {
        let io = Rc::<Io>::default();
        io.wake(now);
        self.host.enter(&io);
        if let Ok(endpoint) = Endpoint::parse(endpoint) {
            self.client.record_failure(number, &endpoint, model.as_deref(), is_stream, (error, message));
        }
        self.late.borrow_mut().push_str(&io.take_notices());
    }

    /// Takes the notices that no step returned, one per line.
    #[wasm_bindgen(js_name = lateNotices)]
    pub fn late_notices(&self) -> String {
        self.late.take()
    }

    /// The parameters of a request that are out of range: a message on each line.
    pub fn findings(&self, endpoint: &str, body: &str) -> String {
        ffi::findings_text(&self.client, endpoint, body)
    }

    /// The highest possible cost of a request, as JSON text.
    pub fn estimate(&self, endpoint: &str, body: &str, options: &str) -> String {
        ffi::estimate_text(&self.client, endpoint, body, options).unwrap_or_else(|error| ffi::error_text(&error))
    }

    /// Starts a call that returns a whole reply.
    pub fn call(&self, endpoint: &str, body: &str, options: &str) -> NativeWork {
        self.begin(Request::read(endpoint, body, options), false)
    }

    /// Starts a stream.
    pub fn stream(&self, endpoint: &str, body: &str, options: &str) -> NativeWork {
        self.begin(Request::read(endpoint, body, options), true)
    }

    fn begin(&self, request: Result<Request, Error>, is_stream: bool) -> NativeWork {
        let io = Rc::<Io>::default();
        let future = Box::pin(run(self.client.clone(), Rc::clone(&io), request, is_stream));
        // 0 is no call, and the largest number is every call.
        let call = self.calls.get() % (u32::MAX - 1) + 1;
        self.calls.set(call);
        let waker = self.wakeups.waker(call);
        let (host, wakeups, late) = (self.host.clone(), self.wakeups.clone(), Rc::clone(&self.late));
        NativeWork { io, host, future: Some(future), call, waker, wakeups, late }
    }
}

/// The arguments of a call.
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

/// Emits a whole reply, or the batches of a stream as they are pulled; an error in either case.
async fn run(client: Client<Host>, io: Rc<Io>, request: Result<Request, Error>, is_stream: bool) {
    let outcome = race(&io, async {
        let Request { endpoint, body, options } = request?;
        if is_stream {
            return client.stream_json(endpoint, body, &options).await.map(Err);
        }
        client.call_json(&endpoint, body, &options).await.map(ffi::completed_text).map(Ok)
    });
    match outcome.await.unwrap_or_else(|| Err(Error::cancelled())) {
        Ok(Ok(text)) => io.emit(text),
        Ok(Err(events)) => pump(&io, events).await,
        Err(error) => io.emit(ffi::error_text(&error)),
    }
}

/// The outcome of `work`, or `None` if the call is cancelled first.
async fn race<R>(io: &Io, work: impl Future<Output = R>) -> Option<R> {
    let mut work = pin!(work);
    poll_fn(|context| if io.is_cancelled() { Poll::Ready(None) } else { work.as_mut().poll(context).map(Some) }).await
}

/// Emits what is pulled from a stream, one view at a time.
async fn pump(io: &Io, mut events: Events<Host>) {
    let mut sent = ffi::Sent::default();
    let text_or_error =
        |text: Result<Option<String>, Error>| text.unwrap_or_else(|error| Some(ffi::error_text(&error)));
    io.emit(ffi::head_text(events.head(), events.retries_taken()));
    loop {
        let pull = poll_fn(|_| io.poll_pulled()).await;
        let output = match pull {
            SNAPSHOT => events.snapshot().map(|value| value.to_string()),
            CLOSE => {
                events.close();
                None
            }
            view => match View::from_number(view.into()) {
                None => race(io, events.next_batch()).await.and_then(|read| {
                    text_or_error(read.map(|batch| batch.map(|batch| ffi::batch_text(&batch, &mut sent))))
                }),
                Some(view) => race(io, events.next_events(view)).await.and_then(|read| {
                    text_or_error(read.map(|events| events.map(|events| ffi::events_text(events, &mut sent))))
                }),
            },
        };
        if io.is_cancelled() {
            events.close();
        }
        io.emit(output.unwrap_or_default());
    }
}

/// A call or a stream in progress.
#[wasm_bindgen]
pub struct NativeWork {
    io: Rc<Io>,
    host: Host,
    future: Option<Pin<Box<dyn Future<Output = ()>>>>,
    call: u32,
    waker: Waker,
    wakeups: Wakeups,
    late: LateNotices,
}

impl Drop for NativeWork {
    fn drop(&mut self) {
        // The record of a stream that was collected ends here.
        if self.future.is_some() {
            self.host.enter(&self.io);
            self.future = None;
            self.late.borrow_mut().push_str(&self.io.take_notices());
        }
    }
}

#[wasm_bindgen]
impl NativeWork {
    /// Continues as far as possible at the time `now`, in milliseconds since 1970. Returns the page's next tasks as bits: see [`crate::host`].
    pub fn step(&mut self, now: f64) -> u32 {
        self.io.wake(now);
        self.host.enter(&self.io);
        if let Some(future) = &mut self.future
            && future.as_mut().poll(&mut Context::from_waker(&self.waker)).is_ready()
        {
            self.future = None;
        }
        self.io.take_tasks() | self.wakeups.task()
    }

    /// The number of the call among those of its client.
    #[wasm_bindgen(getter)]
    pub fn call(&self) -> u32 {
        self.call
    }

    /// The time at which `step` must be called again at the latest; infinity if no timer runs.
    pub fn deadline(&self) -> f64 {
        self.io.deadline()
    }

    /// Takes the output: a reply, a batch or an error.
    pub fn output(&self) -> String {
        self.io.take_output()
    }

    /// Takes the notices about the call, one per line: see [`ffi::notice_line`].
    pub fn notices(&self) -> String {
        self.io.take_notices()
    }

    /// Pulls from a stream: items (0), normal events (1), the events of `.stream()` (2), a snapshot (3), or its end (4).
    pub fn pull(&self, view: u8) {
        self.io.pull(view);
    }

    /// The head of the request to send: method, URL, and the names and values of the headers, one per line.
    #[wasm_bindgen(js_name = requestHead)]
    pub fn request_head(&self) -> String {
        self.io.request_head()
    }

    /// Takes the body of the request to send; empty if it has none.
    #[wasm_bindgen(js_name = requestBody)]
    pub fn request_body(&self) -> String {
        self.io.take_request_body()
    }

    /// Passes the head of the response: status, and the names and values of the headers, one per line.
    pub fn respond(&self, status: u16, headers: &str) {
        let mut pairs = Vec::new();
        let mut lines = headers.split('\n');
        while let (Some(name), Some(value)) = (lines.next(), lines.next()) {
            pairs.push((name.to_owned(), value.to_owned()));
        }
        self.io.set_head(Ok(Head { status, headers: pairs.into() }));
    }

    /// Passes bytes of the response's body.
    pub fn push(&self, bytes: Vec<u8>) {
        self.io.push(bytes);
    }

    /// Reports the end of the response's body.
    pub fn end(&self) {
        self.io.set_read(Read::End);
    }

    /// Reports that the request or the response's body failed; `is_refused`: the request could not be created.
    pub fn fail(&self, why: String, is_refused: bool) {
        self.io.fail(if is_refused { Failure::Refused(why) } else { Failure::Connection(why) });
    }

    /// Cancels the call or the stream.
    pub fn cancel(&self) {
        self.io.cancel();
    }
}
