//! Requests through the host's `fetch`.
//!
//! Law: bytes as they come, and no header but those asked for: each further one would cost a page a preflight. A body that is
//! dropped aborts its request.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Poll, Waker};
use std::time::Duration;

use gloo_net::http::{Method, RequestBuilder};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Date, Math, Uint8Array};
use trilogue_core::transport::{self, Failure, Head, Request, Transport};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, ReadableStreamDefaultReader, RequestRedirect};

/// How long a connection may take to end a stream whose end marker has come, before it is given up.
const RELEASE_WAIT: Duration = Duration::from_secs(1);

/// The transport of browsers and workers.
pub(crate) struct Fetch {
    /// The clock must not go back, and a page's may be set.
    last: Cell<Duration>,
}

impl Fetch {
    pub(crate) fn new() -> Self {
        Self { last: Cell::new(Duration::ZERO) }
    }
}

impl Transport for Fetch {
    type Body = Body;
    type Sleep = TimeoutFuture;

    async fn send(&self, request: Request) -> Result<(Head, Body), Failure> {
        let guard = Abort(AbortController::new().ok());
        let method = if request.method == "GET" { Method::GET } else { Method::POST };
        let mut builder = RequestBuilder::new(&request.url)
            .method(method)
            // Following one could hand the key to another origin.
            .redirect(RequestRedirect::Manual)
            .abort_signal(guard.0.as_ref().map(AbortController::signal).as_ref());
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let built =
            if request.body.is_empty() { builder.build() } else { builder.body(Uint8Array::from(&*request.body)) };
        let built = built.map_err(|why| Failure::Refused(why.to_string()))?;
        let response = built.send().await.map_err(|why| Failure::Connection(why.to_string()))?;
        if response.type_() == web_sys::ResponseType::Opaqueredirect {
            // The browser hides status and target.
            return Ok((Head { status: 302, headers: Vec::new() }, Body { reader: None, pending: None, guard }));
        }
        let head = Head { status: response.status(), headers: response.headers().entries().collect() };
        let reader = response.body().and_then(|body| body.get_reader().dyn_into().ok());
        Ok((head, Body { reader, pending: None, guard }))
    }

    fn sleep(&self, duration: Duration) -> TimeoutFuture {
        // `setTimeout` takes 31 bits; a longer wait is armed again by whoever waits.
        TimeoutFuture::new(u32::try_from(duration.as_millis()).unwrap_or(u32::MAX).min(i32::MAX.unsigned_abs()))
    }

    fn now(&self) -> Duration {
        let now = self.last.get().max(self.unix_time());
        self.last.set(now);
        now
    }

    fn unix_time(&self) -> Duration {
        Duration::try_from_secs_f64(Date::now() / 1000.0).unwrap_or_default()
    }

    fn random(&self) -> f64 {
        Math::random()
    }
}

/// Aborts its request when it is dropped.
struct Abort(Option<AbortController>);

impl Drop for Abort {
    fn drop(&mut self) {
        if let Some(controller) = &self.0 {
            controller.abort();
        }
    }
}

/// The body of a response.
pub(crate) struct Body {
    reader: Option<ReadableStreamDefaultReader>,
    /// The read that is under way: it outlives a wait that is given up, or its bytes would be lost.
    pending: Option<JsFuture>,
    guard: Abort,
}

impl Drop for Body {
    fn drop(&mut self) {
        // Hosts may forget what to abort once nobody holds the response; its body can still be given up.
        if let Some(reader) = self.reader.take() {
            let cancelled = JsFuture::from(reader.cancel());
            spawn_local(async move { drop(cancelled.await) });
        }
    }
}

impl transport::Body for Body {
    type Chunk = Vec<u8>;

    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let Some(reader) = &self.reader else { return Ok(None) };
        let read = self.pending.get_or_insert_with(|| JsFuture::from(reader.read())).await;
        self.pending = None;
        let read = read.map_err(|why| Failure::Connection(describe(&why)))?;
        let field = |name: &str| js_sys::Reflect::get(&read, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED);
        if field("done").is_truthy() {
            self.reader = None;
            return Ok(None);
        }
        Ok(field("value").dyn_into::<Uint8Array>().ok().map(|bytes| bytes.to_vec()))
    }

    fn release(mut self) {
        // The end of the body mostly comes with the end marker; reading it lets the connection serve the next request.
        spawn_local(async move {
            let limit = Cancel::default();
            let waited = std::rc::Rc::new(limit);
            let timer = std::rc::Rc::clone(&waited);
            let timeout = gloo_timers::callback::Timeout::new(
                u32::try_from(RELEASE_WAIT.as_millis()).unwrap_or(1000),
                move || timer.cancel(),
            );
            let ended = waited.race(async { while let Ok(Some(_)) = transport::Body::chunk(&mut self).await {} }).await;
            drop(timeout);
            if ended.is_some() {
                // Nothing is left to abort.
                drop(self.guard.0.take());
            }
        });
    }
}

fn describe(error: &JsValue) -> String {
    let message = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
    message.filter(|text| !text.is_empty()).unwrap_or_else(|| "the connection broke".to_owned())
}

/// A flag that ends a wait.
#[derive(Default)]
pub(crate) struct Cancel {
    cancelled: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Cancel {
    pub(crate) fn cancel(&self) {
        self.cancelled.set(true);
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }

    /// The outcome of `work`, or `None` after a cancel.
    pub(crate) async fn race<R>(&self, work: impl Future<Output = R>) -> Option<R> {
        let mut work = pin!(work);
        poll_fn(|context| {
            if self.cancelled.get() {
                return Poll::Ready(None);
            }
            let polled = work.as_mut().poll(context).map(Some);
            if polled.is_pending() {
                self.waker.replace(Some(context.waker().clone()));
            }
            polled
        })
        .await
    }
}
