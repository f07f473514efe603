//! Requests over fetch.
//!
//! Bytes pass unchanged: no redirect is followed and nothing is sent again. A request that is dropped is aborted.

use std::cell::OnceCell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use gloo_net::http::{Headers, Method, RequestBuilder, Response};
use gloo_timers::future::TimeoutFuture;
use js_sys::Uint8Array;
use trilogue_core::Notice;
use trilogue_core::transport::{Failure, Head, Request, Transport};
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, RequestRedirect, ResponseType};

use crate::body::{Body, Exchange};
use crate::closing::Closing;
use crate::timer::{self, Sleep};

/// Receives what happens to requests: the caller's number of a request, and the notice.
pub type Observer = Rc<dyn Fn(u32, &Notice<'_>)>;

/// The transport of browsers and workers.
#[derive(Default)]
pub struct Fetch {
    closing: Rc<Closing>,
    observer: OnceCell<Observer>,
}

impl fmt::Debug for Fetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetch").finish_non_exhaustive()
    }
}

impl Fetch {
    /// Makes a transport. The browser keeps the connections.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends notices to `observer`. The first observer stays.
    pub fn observe(&self, observer: Observer) {
        let _other = self.observer.set(observer);
    }

    /// Ends running requests and bodies with [`Failure::Closed`], and each later request too.
    pub fn close(&self) {
        self.closing.close();
    }

    /// The reason of a failure: the client was closed, or else `failure`.
    fn closed_or(&self, failure: Failure) -> Failure {
        if self.closing.is_closed() { Failure::Closed } else { failure }
    }
}

impl Transport for Fetch {
    type Body = Body;
    type Sleep = Sleep;

    async fn send(&self, request: Request) -> Result<(Head, Body), Failure> {
        if self.closing.is_closed() {
            return Err(Failure::Closed);
        }
        let controller = AbortController::new().map_err(|why| Failure::Refused(message(&why)))?;
        let prepared = prepare(&request, &controller)?;
        let exchange = Exchange::new(&self.closing, controller);
        let answer = prepared.send().await;
        let response = answer.map_err(|why| self.closed_or(Failure::Connection(describe(&why))))?;
        let head = head(&response);
        let reader = response.body().map(|body| body.get_reader().unchecked_into());
        Ok((head, Body::new(reader, exchange, Rc::clone(&self.closing))))
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(duration)
    }

    async fn pause(&self, duration: Duration) -> bool {
        self.closing.wait(Sleep::new(duration)).await
    }

    fn now(&self) -> Duration {
        timer::now()
    }

    fn unix_time(&self) -> Duration {
        timer::unix_time()
    }

    fn random(&self) -> f64 {
        js_sys::Math::random()
    }

    async fn yield_now(&self) {
        // A microtask would keep the page from drawing.
        TimeoutFuture::new(0).await;
    }

    const NOTIFIES: bool = true;

    fn notify(&self, call: u32, notice: &Notice<'_>) {
        if let Some(observer) = self.observer.get() {
            observer(call, notice);
        }
    }
}

fn prepare(request: &Request, controller: &AbortController) -> Result<gloo_net::http::Request, Failure> {
    let headers = web_sys::Headers::new().map_err(|why| Failure::Refused(message(&why)))?;
    for (name, value) in &request.headers {
        headers.append(name, value).map_err(|why| Failure::Refused(message(&why)))?;
    }
    let builder = RequestBuilder::new(&request.url)
        .method(if request.method == "GET" { Method::GET } else { Method::POST })
        .headers(Headers::from_raw(headers))
        // Following a redirect could send the key to another origin.
        .redirect(RequestRedirect::Manual)
        .abort_signal(Some(&controller.signal()));
    let prepared =
        if request.body.is_empty() { builder.build() } else { builder.body(Uint8Array::from(&*request.body)) };
    prepared.map_err(|why| Failure::Refused(describe(&why)))
}

fn head(response: &Response) -> Head {
    // The browser hides status and target of a redirect.
    let status = if response.type_() == ResponseType::Opaqueredirect { 302 } else { response.status() };
    Head { status, headers: response.headers().entries().collect() }
}

fn describe(error: &gloo_net::Error) -> String {
    let gloo_net::Error::JsError(error) = error else { return error.to_string() };
    error.message.clone()
}

/// The message of a JavaScript exception.
pub(crate) fn message(why: &JsValue) -> String {
    let message = why.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
    message.filter(|message| !message.is_empty()).unwrap_or_else(|| "the connection broke".to_owned())
}
