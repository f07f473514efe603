//! The Node addon, which implements the interface `Binding` of `typescript/src/binding/binding.ts`.
//!
//! JSON text in, JSON text out; one call from JavaScript per network read; all decisions are the core's. Errors are returned as JSON too, from
//! which TypeScript creates the same error classes as in a browser.

#![expect(clippy::needless_pass_by_value, reason = "napi hands JavaScript values over by value")]

mod batch;
mod environment;
mod mailbox;
mod stream;
mod tokens;
mod wakeup;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use napi::Env;
use napi::bindgen_prelude::Object;
use napi_derive::napi;
use trilogue_native::conversation::Conversation;
use trilogue_native::{Client, Dialect, Endpoint, Error, Events, Options, RequestOptions, ffi, runtime};

use batch::{BatchStart, NativeBatch};
use environment::Environment;
use mailbox::{Message, NativeMailbox, Outcome, begin};
use stream::NativeStream;

/// How long the last thread that uses the addon waits at its end for running requests to be cancelled.
const SHUTDOWN_WAIT: Duration = Duration::from_secs(2);

/// Threads of Node that have loaded the addon.
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// Registers the end of the runtime with the last of these threads, after which Node unloads the addon's code.
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
    notices: Arc<Mutex<String>>,
}

/// Locks a mutex, also after a panic of another thread.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Checks the options of a client. Returns an error as JSON text, or `None`.
#[napi]
pub fn check(options: String) -> Option<String> {
    make(&options).err().map(|error| ffi::error_text(&error))
}

/// Runs an operation of the core, from JSON text to JSON text.
#[napi]
pub fn operation(name: String, input: String) -> String {
    trilogue_native::operation(&name, &input).unwrap_or_else(|error| ffi::error_text(&error))
}

/// A conversation; empty until its operation `make` is called.
#[napi(js_name = "NativeConversation")]
#[derive(Default)]
pub struct NativeConversation {
    conversation: Mutex<Conversation>,
}

#[napi]
impl NativeConversation {
    /// Creates an empty conversation.
    #[napi(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs an operation on it, from JSON text to JSON text.
    #[napi]
    pub fn operation(&self, name: String, input: String) -> String {
        let mut conversation = lock(&self.conversation);
        ffi::operations::conversation::operation(&mut conversation, &name, &input)
            .unwrap_or_else(|error| ffi::error_text(&error))
    }
}

fn make(options: &str) -> Result<Client, Error> {
    ffi::options::<Options>(options).and_then(Client::new)
}

#[napi]
impl NativeClient {
    /// Creates a client with options that `check` accepted; its calls and streams post to `mailbox`.
    #[napi(constructor)]
    pub fn new(options: String, mailbox: &NativeMailbox) -> napi::Result<Self> {
        let client = make(&options).map_err(|error| napi::Error::from_reason(error.to_string()))?;
        Ok(Self { client, environment: Arc::clone(&mailbox.0), notices: Arc::default() })
    }

    /// The base URL of the endpoint.
    #[napi(getter)]
    pub fn base_url(&self) -> String {
        self.client.config().base_url.clone()
    }

    /// The cost of the replies so far, as JSON text.
    #[napi]
    pub fn spent(&self) -> String {
        ffi::spent_text(&self.client)
    }

    /// The state of the rate limits, as JSON text.
    #[napi]
    pub fn limits(&self) -> String {
        ffi::limits_text(&self.client)
    }

    /// The parameters of a request that are out of range: a message on each line.
    #[napi]
    pub fn findings(&self, endpoint: String, body: String) -> String {
        ffi::findings_text(&self.client, &endpoint, &body)
    }

    /// The highest possible cost of a request, as JSON text.
    #[napi]
    pub fn estimate(&self, endpoint: String, body: String, options: String) -> String {
        ffi::estimate_text(&self.client, &endpoint, &body, &options).unwrap_or_else(|error| ffi::error_text(&error))
    }

    /// Posts to `number`, without a value, whenever `notices` returns something new. Notices come of calls whose options have a `notice_id`.
    /// The first number stays in use.
    #[napi]
    pub fn observe(&self, number: u32) {
        let (notices, environment) = (Arc::clone(&self.notices), Arc::clone(&self.environment));
        self.client.observe(Arc::new(move |call, notice| {
            lock(&notices).push_str(&ffi::notice_line(call, notice));
            environment.post(Message::Ended(number, Outcome::Nothing));
        }));
    }

    /// Reports the record of a call that failed before it reached this client: with the class and the message of its error.
    #[napi]
    pub fn record_failure(
        &self,
        number: u32,
        endpoint: String,
        model: Option<String>,
        is_stream: bool,
        error: String,
        message: String,
    ) {
        if let Ok(endpoint) = Endpoint::parse(&endpoint) {
            self.client.record_failure(number, &endpoint, model.as_deref(), is_stream, (&error, &message));
        }
    }

    /// Takes the notices about calls that have a `notice_id`, one per line.
    #[napi]
    pub fn notices(&self) -> String {
        std::mem::take(&mut lock(&self.notices))
    }

    /// Posts a whole reply as JSON text to `number`, which also identifies the call for `cancel`.
    #[napi]
    pub fn call(&self, number: u32, endpoint: String, body: String, options: String) {
        let client = self.client.clone();
        let call = self.environment.calls.begin(number);
        begin(&self.environment, number, async move {
            Outcome::from(call.run(complete(&client, &endpoint, &body, &options)).await)
        });
    }

    /// Opens a stream and posts it to `number`, or an error as JSON text.
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

    /// Starts a batch and posts it to `number`, or an error as JSON text.
    #[napi]
    pub fn batch(
        &self,
        number: u32,
        input: Option<String>,
        log: Option<String>,
        options: String,
        request: String,
        has_reports: bool,
    ) {
        let (client, environment) = (self.client.clone(), Arc::clone(&self.environment));
        let start = BatchStart { input, log, options, request, has_reports };
        begin(&self.environment, number, NativeBatch::start(client, start, environment));
    }

    /// Cancels a call that has not ended.
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
