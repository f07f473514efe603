//! The Node addon: the interface `Binding` of `typescript/src/binding.ts`.
//!
//! Rule: JSON text in, JSON text out, one crossing a network read. Decides nothing. Failures are texts too, so that the facade makes
//! the same errors of them as in a browser.

#![expect(clippy::needless_pass_by_value, reason = "napi hands JavaScript values over by value")]

mod environment;
mod mailbox;
mod stream;
mod wakeup;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use napi::Env;
use napi::bindgen_prelude::Object;
use napi_derive::napi;
use trilogue_native::conversation::Conversation;
use trilogue_native::{Client, Dialect, Endpoint, Error, Events, Options, RequestOptions, ffi, runtime};

use environment::Environment;
use mailbox::{Letter, NativeMailbox, Outcome, begin};
use stream::NativeStream;

/// How long the end of the last thread that uses the addon waits for running requests to be given up.
const SHUTDOWN_WAIT: Duration = Duration::from_secs(2);

/// Threads of Node that have loaded the addon.
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// Ends the runtime with the last of them: Node takes the addon's code away then.
#[napi(module_exports)]
pub fn init(_exports: Object<'_>, env: Env) -> napi::Result<()> {
    Dialect::JavaScript.choose();
    THREADS.fetch_add(1, Ordering::SeqCst);
    env.add_env_cleanup_hook((), |()| {
        if THREADS.fetch_sub(1, Ordering::SeqCst) == 1 {
            runtime::shutdown(SHUTDOWN_WAIT);
        }
    })?;
    Ok(())
}

/// A client.
#[napi(js_name = "NativeClient")]
pub struct NativeClient {
    client: Client,
    environment: Arc<Environment>,
    heard: Arc<Mutex<String>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Checks options: the text of an error, or nothing.
#[napi]
pub fn check(options: String) -> Option<String> {
    make(&options).err().map(|error| ffi::error_text(&error))
}

/// Executes an operation of the core, from JSON text to JSON text.
#[napi]
pub fn operation(name: String, input: String) -> String {
    trilogue_native::operation(&name, &input).unwrap_or_else(|error| ffi::error_text(&error))
}

/// One of the core's operations on requests and replies, from text to text.
#[napi]
pub fn assist(operation: String, input: String) -> String {
    trilogue_native::assist(&operation, &input).unwrap_or_else(|error| ffi::error_text(&error))
}

/// One of the core's operations beside those of a client, from text to text.
#[napi]
pub fn kit(operation: String, input: String) -> String {
    ffi::legacy::kit(&operation, &input).unwrap_or_else(|error| ffi::error_text(&error))
}

/// A conversation, empty until its operation `make`.
#[napi(js_name = "NativeConversation")]
#[derive(Default)]
pub struct NativeConversation {
    conversation: Mutex<Conversation>,
}

#[napi]
impl NativeConversation {
    /// An empty one.
    #[napi(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Executes an operation on it, from JSON text to JSON text.
    #[napi]
    pub fn operation(&self, name: String, input: String) -> String {
        let mut conversation = self.conversation.lock().unwrap_or_else(PoisonError::into_inner);
        ffi::operations::conversation::operation(&mut conversation, &name, &input)
            .unwrap_or_else(|error| ffi::error_text(&error))
    }

    /// One of its operations, from text to text.
    #[napi]
    pub fn assist(&self, operation: String, input: String) -> String {
        let mut conversation = self.conversation.lock().unwrap_or_else(PoisonError::into_inner);
        ffi::legacy::conversation(&mut conversation, &operation, &input).unwrap_or_else(|error| ffi::error_text(&error))
    }
}

fn make(options: &str) -> Result<Client, Error> {
    ffi::options::<Options>(options).and_then(Client::new)
}

#[napi]
impl NativeClient {
    /// A client with options that `check` accepted, whose calls and streams report to `mailbox`.
    #[napi(constructor)]
    pub fn new(options: String, mailbox: &NativeMailbox) -> napi::Result<Self> {
        let client = make(&options).map_err(|error| napi::Error::from_reason(error.to_string()))?;
        Ok(Self { client, environment: Arc::clone(&mailbox.0), heard: Arc::default() })
    }

    /// Where the endpoint is.
    #[napi(getter)]
    pub fn base_url(&self) -> String {
        self.client.config().base_url.clone()
    }

    /// What its answers cost so far, as text.
    #[napi]
    pub fn spent(&self) -> String {
        ffi::spent_text(&self.client)
    }

    /// The parameters of a request that are out of range, as text.
    #[napi]
    pub fn findings(&self, endpoint: String, body: String) -> String {
        ffi::findings_text(&self.client, &endpoint, &body).unwrap_or_else(|error| ffi::error_text(&error))
    }

    /// What a request can cost at most, as text.
    #[napi]
    pub fn estimate(&self, endpoint: String, body: String, options: String) -> String {
        ffi::estimate_text(&self.client, &endpoint, &body, &options).unwrap_or_else(|error| ffi::error_text(&error))
    }

    /// Posts nothing under `number` whenever `heard` has something new, of calls whose options have a `watch`. The first number stays.
    #[napi]
    pub fn observe(&self, number: u32) {
        let (heard, environment) = (Arc::clone(&self.heard), Arc::clone(&self.environment));
        self.client.observe(Arc::new(move |call, notice| {
            lock(&heard).push_str(&ffi::notice_line(call, notice));
            environment.post(Letter::Ended(number, Outcome::Nothing));
        }));
    }

    /// What happened to watched calls since this was asked last, a line each.
    #[napi]
    pub fn heard(&self) -> String {
        std::mem::take(&mut lock(&self.heard))
    }

    /// Posts a whole reply of an endpoint, as text, under a number that also serves `cancel`.
    #[napi]
    pub fn call(&self, number: u32, endpoint: String, body: String, options: String) {
        let client = self.client.clone();
        let call = self.environment.calls.begin(number);
        begin(&self.environment, number, async move {
            Outcome::from(call.run(complete(&client, &endpoint, &body, &options)).await)
        });
    }

    /// Opens a stream, and posts it, or the text of an error.
    #[napi]
    pub fn stream(&self, number: u32, endpoint: String, body: String, options: String) {
        let (client, environment) = (self.client.clone(), Arc::clone(&self.environment));
        let call = self.environment.calls.begin(number);
        begin(&self.environment, number, async move {
            match call.run(open(&client, &endpoint, &body, &options)).await {
                Ok(events) => Outcome::Stream(NativeStream::new(events, environment)),
                Err(error) => Err(error).into(),
            }
        });
    }

    /// Gives a call up that has not ended.
    #[napi]
    pub fn cancel(&self, number: u32) {
        self.environment.calls.cancel(number);
    }
}

async fn complete(client: &Client, endpoint: &str, body: &str, options: &str) -> Result<String, Error> {
    let options = ffi::options::<RequestOptions>(options)?;
    let completed = client.call_json(&Endpoint::parse(endpoint)?, ffi::body(body)?, &options).await?;
    Ok(ffi::completed_text(completed))
}

async fn open(client: &Client, endpoint: &str, body: &str, options: &str) -> Result<Events, Error> {
    let options = ffi::options::<RequestOptions>(options)?;
    client.stream_json(Endpoint::parse(endpoint)?, ffi::body(body)?, &options).await
}
