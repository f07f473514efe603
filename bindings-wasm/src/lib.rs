//! The wasm module: the interface `Binding` of `typescript/src/binding.ts`.
//!
//! Law: JSON text in, JSON text out, one crossing a network read. Decides nothing. Failures are texts too, so that the facade makes
//! the same errors of them as in Node. Options come as a JavaScript object.

mod transport;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use js_sys::JsString;
use serde_json::Value;
use trilogue_core::config::Options;
use trilogue_core::{Client, Config, Endpoint, Error, ErrorKind, Events, RequestOptions, border};
use wasm_bindgen::prelude::*;

use transport::{Cancel, Fetch};

/// A client.
#[wasm_bindgen]
pub struct NativeClient {
    client: Client<Fetch>,
    calls: Rc<Calls>,
}

/// Checks options: the text of an error, or nothing.
#[wasm_bindgen]
pub fn check(options: JsValue) -> Option<String> {
    config(options).err().map(|error| border::error_text(&error))
}

/// One of the core's operations on requests and replies, from text to text.
#[wasm_bindgen]
pub fn assist(operation: &str, input: &str) -> String {
    border::assist(operation, input).unwrap_or_else(|error| border::error_text(&error))
}

fn config(options: JsValue) -> Result<Config, Error> {
    let options: Options = serde_wasm_bindgen::from_value(options).map_err(|why| border::wrong_option(&why))?;
    Config::for_page(options)
}

#[wasm_bindgen]
impl NativeClient {
    /// A client with options that `check` found right.
    #[wasm_bindgen(constructor)]
    pub fn new(options: JsValue) -> Result<NativeClient, JsError> {
        let config = config(options)?;
        Ok(Self { client: Client::new(config, Fetch::new()), calls: Rc::default() })
    }

    /// Where the endpoint is.
    #[wasm_bindgen(getter, js_name = baseUrl)]
    pub fn base_url(&self) -> String {
        self.client.config().base_url.clone()
    }

    /// A whole reply of an endpoint, as text. `number` is the caller's, for `cancel`.
    pub async fn call(&self, number: u32, endpoint: String, body: String, options: String) -> String {
        let (client, calls) = (self.client.clone(), Rc::clone(&self.calls));
        match run(&calls, number, complete(&client, &endpoint, &body, &options)).await {
            Ok(text) => text,
            Err(error) => border::error_text(&error),
        }
    }

    /// Opens a stream: the stream, or the text of an error.
    pub async fn stream(&self, number: u32, endpoint: String, body: String, options: String) -> JsValue {
        let (client, calls) = (self.client.clone(), Rc::clone(&self.calls));
        match run(&calls, number, open(&client, &endpoint, &body, &options)).await {
            Ok(stream) => stream.into(),
            Err(error) => border::error_text(&error).into(),
        }
    }

    /// Gives a call up that has not ended.
    pub fn cancel(&self, number: u32) {
        self.calls.borrow_mut().entry(number).or_default().cancel();
    }
}

type Calls = RefCell<HashMap<u32, Rc<Cancel>>>;

/// The outcome of `work`, or the error of a cancel.
async fn run<R>(calls: &Calls, number: u32, work: impl Future<Output = Result<R, Error>>) -> Result<R, Error> {
    let cancel = Rc::clone(calls.borrow_mut().entry(number).or_default());
    let outcome = cancel.race(work).await;
    calls.borrow_mut().remove(&number);
    outcome.unwrap_or_else(|| Err(Error::new(ErrorKind::UserAbort, "the request was cancelled")))
}

async fn complete(client: &Client<Fetch>, endpoint: &str, body: &str, options: &str) -> Result<String, Error> {
    let options = border::options::<RequestOptions>(options)?;
    client.call_json(&Endpoint::parse(endpoint)?, border::body(body)?, &options).await.map(border::completed_text)
}

async fn open(client: &Client<Fetch>, endpoint: &str, body: &str, options: &str) -> Result<NativeStream, Error> {
    let options = border::options::<RequestOptions>(options)?;
    let events = client.stream_json(Endpoint::parse(endpoint)?, border::body(body)?, &options).await?;
    let head = border::head_text(events.head(), events.retries_taken());
    Ok(NativeStream {
        head,
        state: Rc::new(State {
            events: RefCell::new(Some(events)),
            sent: RefCell::default(),
            cancel: Cancel::default(),
        }),
    })
}

/// An open stream. The facade calls `next_batch` again only after the last call has ended.
#[wasm_bindgen]
pub struct NativeStream {
    head: String,
    state: Rc<State>,
}

struct State {
    /// Away while a batch is waited for.
    events: RefCell<Option<Events<Fetch>>>,
    sent: RefCell<border::Sent>,
    cancel: Cancel,
}

impl State {
    fn give_back(&self, mut events: Events<Fetch>, cancelled: bool) {
        if cancelled {
            events.close();
        }
        self.events.replace(Some(events));
    }
}

#[wasm_bindgen]
impl NativeStream {
    /// Status, headers and retries, as text.
    pub fn head(&self) -> String {
        self.head.clone()
    }

    /// The next batch as text, or nothing after the end.
    #[wasm_bindgen(js_name = nextBatch)]
    pub async fn next_batch(&self) -> Option<JsString> {
        let state = Rc::clone(&self.state);
        let mut events = state.events.borrow_mut().take()?;
        let batch = state.cancel.race(events.next_batch()).await;
        state.give_back(events, batch.is_none());
        let text = |batch| border::batch_text(&batch, &mut state.sent.borrow_mut());
        Some(batch?.map_or_else(|error| Some(border::error_text(&error)), |batch| batch.map(text))?.into())
    }

    /// The events of the next batch as text, or nothing after the end.
    #[wasm_bindgen(js_name = nextEvents)]
    pub async fn next_events(&self, view: String) -> Option<JsString> {
        let state = Rc::clone(&self.state);
        let mut events = state.events.borrow_mut().take()?;
        let next = state.cancel.race(events.next_events(border::view(&view))).await;
        state.give_back(events, next.is_none());
        let text = |events| border::events_text(events, &mut state.sent.borrow_mut());
        Some(next?.map_or_else(|error| Some(border::error_text(&error)), |events| events.map(text))?.into())
    }

    /// What was accumulated so far, as text.
    #[expect(clippy::unused_async, reason = "a promise, as in Node")]
    pub async fn snapshot(&self) -> Option<String> {
        let events = self.state.events.borrow();
        events.as_ref().and_then(Events::snapshot).as_ref().map(Value::to_string)
    }

    /// Closes the connection.
    pub fn cancel(&self) {
        self.state.cancel.cancel();
        if let Some(events) = self.state.events.borrow_mut().as_mut() {
            events.close();
        }
    }
}
