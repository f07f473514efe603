//! The wasm module: the interface `Binding` of `typescript/src/binding.ts`.
//!
//! Law: JSON text in, JSON text out, one crossing a network read. Decides nothing. Failures are texts too, so that the facade makes
//! the same errors of them as in Node. Options come as a JavaScript object.

mod transport;

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::JsString;
use serde_json::Value;
use trilogue_core::config::Options;
use trilogue_core::{Client, Config, Error, Events, RequestOptions, border};
use wasm_bindgen::prelude::*;

use transport::{Cancel, Fetch};

/// A client.
#[wasm_bindgen]
pub struct NativeClient {
    client: Client<Fetch>,
}

/// Checks options: the text of an error, or nothing.
#[wasm_bindgen]
pub fn check(options: JsValue) -> Option<String> {
    config(options).err().map(|error| border::error_text(&error))
}

fn config(options: JsValue) -> Result<Config, Error> {
    let options: Options = serde_wasm_bindgen::from_value(options).map_err(|why| border::wrong_option(&why))?;
    // A page has no environment: what isn't given is missing.
    Config::new(options, |_| None)
}

#[wasm_bindgen]
impl NativeClient {
    /// A client with options that `check` found right.
    #[wasm_bindgen(constructor)]
    pub fn new(options: JsValue) -> Result<NativeClient, JsError> {
        let config = config(options)?;
        Ok(Self { client: Client::new(config, Fetch::new()) })
    }

    /// Where the endpoint is.
    #[wasm_bindgen(getter, js_name = baseUrl)]
    pub fn base_url(&self) -> String {
        self.client.config().base_url.clone()
    }

    /// A whole reply, as text.
    pub async fn chat(&self, body: String, options: String) -> String {
        let client = self.client.clone();
        match complete(&client, &body, &options).await {
            Ok(text) => text,
            Err(error) => border::error_text(&error),
        }
    }

    /// Opens a stream: the stream, or the text of an error.
    pub async fn stream(&self, body: String, options: String) -> JsValue {
        let client = self.client.clone();
        match open(&client, &body, &options).await {
            Ok(stream) => stream.into(),
            Err(error) => border::error_text(&error).into(),
        }
    }
}

async fn complete(client: &Client<Fetch>, body: &str, options: &str) -> Result<String, Error> {
    let options = border::options::<RequestOptions>(options)?;
    client.chat_json(border::body(body)?, &options).await.map(border::completed_text)
}

async fn open(client: &Client<Fetch>, body: &str, options: &str) -> Result<NativeStream, Error> {
    let options = border::options::<RequestOptions>(options)?;
    let events = client.chat_stream_json(border::body(body)?, &options).await?;
    let head = border::head_text(events.head(), events.retries_taken());
    Ok(NativeStream { head, state: Rc::new(State { events: RefCell::new(Some(events)), cancel: Cancel::default() }) })
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
    cancel: Cancel,
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
        if batch.is_none() {
            events.close();
        }
        state.events.replace(Some(events));
        match batch? {
            Ok(batch) => batch.map(|batch| border::batch_text(batch).into()),
            Err(error) => Some(border::error_text(&error).into()),
        }
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
