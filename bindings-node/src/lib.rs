//! The Node addon: the interface `Binding` of `typescript/src/binding.ts`.
//!
//! Law: JSON text in, JSON text out, one crossing a network read. Decides nothing. Failures are texts too, so that the facade makes
//! the same errors of them as in a browser.

#![expect(clippy::needless_pass_by_value, reason = "napi hands JavaScript values over by value")]

mod mailbox;
mod stream;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use napi::Env;
use napi::bindgen_prelude::Object;
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi_derive::napi;
use trilogue_native::conversation::{self, Conversation};
use trilogue_native::{Calls, Client, Dialect, Endpoint, Error, Options, RequestOptions, border, runtime};

use mailbox::{Function, Mailbox, NativeMailbox, Outcome, begin};
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
    shared: Arc<Shared>,
    mailbox: Arc<Mailbox>,
    heard: Arc<Mutex<String>>,
}

/// What a client and its calls share.
struct Shared {
    client: Client,
    calls: Calls,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Checks options: the text of an error, or nothing.
#[napi]
pub fn check(options: String) -> Option<String> {
    make(&options).err().map(|error| border::error_text(&error))
}

/// One of the core's operations on requests and replies, from text to text.
#[napi]
pub fn assist(operation: String, input: String) -> String {
    trilogue_native::assist(&operation, &input).unwrap_or_else(|error| border::error_text(&error))
}

/// One of the core's operations beside those of a client, from text to text.
#[napi]
pub fn kit(operation: String, input: String) -> String {
    border::kit(&operation, &input).unwrap_or_else(|error| border::error_text(&error))
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

    /// One of its operations, from text to text.
    #[napi]
    pub fn assist(&self, operation: String, input: String) -> String {
        let mut conversation = self.conversation.lock().unwrap_or_else(PoisonError::into_inner);
        conversation::border::assist(&mut conversation, &operation, &input)
            .unwrap_or_else(|error| border::error_text(&error))
    }
}

fn make(options: &str) -> Result<Client, Error> {
    border::options::<Options>(options).and_then(Client::new)
}

#[napi]
impl NativeClient {
    /// A client with options that `check` found right, whose calls and streams are heard of through `mailbox`.
    #[napi(constructor)]
    pub fn new(options: String, mailbox: &NativeMailbox) -> napi::Result<Self> {
        let client = make(&options).map_err(|error| napi::Error::from_reason(error.to_string()))?;
        let shared = Arc::new(Shared { client, calls: Calls::default() });
        Ok(Self { shared, mailbox: Arc::clone(&mailbox.0), heard: Arc::default() })
    }

    /// Where the endpoint is.
    #[napi(getter)]
    pub fn base_url(&self) -> String {
        self.shared.client.config().base_url.clone()
    }

    /// What its answers cost so far, as text.
    #[napi]
    pub fn spent(&self) -> String {
        border::spent_text(&self.shared.client)
    }

    /// What a request can cost at most, as text.
    #[napi]
    pub fn estimate(&self, endpoint: String, body: String, options: String) -> String {
        border::estimate_text(&self.shared.client, &endpoint, &body, &options)
            .unwrap_or_else(|error| border::error_text(&error))
    }

    /// Lets `bell` be called where `heard` has something new, of calls whose options have a `watch`. The first bell stays.
    #[napi(ts_args_type = "bell: () => void")]
    pub fn observe(&self, bell: Function) {
        let heard = Arc::clone(&self.heard);
        self.shared.client.observe(Arc::new(move |number, notice| {
            lock(&heard).push_str(&border::notice_line(number, notice));
            // Of a process that ends, nobody hears.
            let _status = bell.call((), ThreadsafeFunctionCallMode::NonBlocking);
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
        let shared = Arc::clone(&self.shared);
        begin(&self.mailbox, number, async move {
            let work = shared.complete(&endpoint, &body, &options);
            Outcome::from(shared.calls.run(number, work).await)
        });
    }

    /// Opens a stream, and posts it, or the text of an error.
    #[napi]
    pub fn stream(&self, number: u32, endpoint: String, body: String, options: String) {
        let (shared, mailbox) = (Arc::clone(&self.shared), Arc::clone(&self.mailbox));
        begin(&self.mailbox, number, async move {
            let work = shared.open(&endpoint, &body, &options, mailbox);
            match shared.calls.run(number, work).await {
                Ok(stream) => Outcome::Stream(stream),
                Err(error) => Err(error).into(),
            }
        });
    }

    /// Gives a call up that has not ended.
    #[napi]
    pub fn cancel(&self, number: u32) {
        self.shared.calls.cancel(number);
    }
}

impl Shared {
    async fn complete(&self, endpoint: &str, body: &str, options: &str) -> Result<String, Error> {
        let options = border::options::<RequestOptions>(options)?;
        let completed = self.client.call_json(&Endpoint::parse(endpoint)?, border::body(body)?, &options).await?;
        Ok(border::completed_text(completed))
    }

    async fn open(
        &self,
        endpoint: &str,
        body: &str,
        options: &str,
        mailbox: Arc<Mailbox>,
    ) -> Result<NativeStream, Error> {
        let options = border::options::<RequestOptions>(options)?;
        let events = self.client.stream_json(Endpoint::parse(endpoint)?, border::body(body)?, &options).await?;
        Ok(NativeStream::new(events, mailbox))
    }
}
