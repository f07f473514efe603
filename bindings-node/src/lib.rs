//! The Node addon: the interface `Binding` of `typescript/src/binding.ts`.
//!
//! Law: JSON text in, JSON text out, one crossing a network read. Decides nothing. Failures are texts too, so that the facade makes
//! the same errors of them as in a browser.

#![expect(clippy::needless_pass_by_value, reason = "napi hands JavaScript values over by value")]

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::{module_init, napi};
use trilogue_native::conversation::{self, Conversation};
use trilogue_native::{Calls, Client, Endpoint, Error, Options, RequestOptions, Stream, border, runtime};

#[module_init]
fn init() {
    // Without it napi starts as many threads as there are cores; where this fails, that still works.
    if let Ok(runtime) = runtime::build() {
        napi::bindgen_prelude::create_custom_tokio_runtime(runtime);
    }
}

/// Called without arguments from any thread.
type Bell = ThreadsafeFunction<(), (), (), napi::Status, false, true>;

/// A client.
#[napi(js_name = "NativeClient")]
pub struct NativeClient {
    client: Client,
    calls: Calls,
    heard: Arc<Mutex<String>>,
}

/// An open stream.
#[napi(js_name = "NativeStream")]
pub struct NativeStream {
    stream: Arc<Stream>,
    sent: Mutex<border::Sent>,
}

impl NativeStream {
    fn sent(&self) -> MutexGuard<'_, border::Sent> {
        lock(&self.sent)
    }
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
    /// A client with options that `check` found right.
    #[napi(constructor)]
    pub fn new(options: String) -> napi::Result<Self> {
        make(&options)
            .map(|client| Self { client, calls: Calls::default(), heard: Arc::default() })
            .map_err(|error| napi::Error::from_reason(error.to_string()))
    }

    /// Where the endpoint is.
    #[napi(getter)]
    pub fn base_url(&self) -> String {
        self.client.config().base_url.clone()
    }

    /// What its answers cost so far, as text.
    #[napi]
    pub fn spent(&self) -> String {
        border::spent_text(&self.client)
    }

    /// What a request can cost at most, as text.
    #[napi]
    pub fn estimate(&self, endpoint: String, body: String, options: String) -> String {
        border::estimate_text(&self.client, &endpoint, &body, &options)
            .unwrap_or_else(|error| border::error_text(&error))
    }

    /// Lets `bell` be called where `heard` has something new, of calls whose options have a `watch`. It holds no process that has nothing
    /// else to do. The first bell stays.
    #[napi(ts_args_type = "bell: () => void")]
    pub fn observe(&self, bell: Bell) {
        let heard = Arc::clone(&self.heard);
        self.client.observe(Arc::new(move |number, notice| {
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

    /// A whole reply of an endpoint, as text. `number` is the caller's, for `cancel`.
    #[napi]
    pub async fn call(&self, number: u32, endpoint: String, body: String, options: String) -> String {
        match self.calls.run(number, self.complete(&endpoint, &body, &options)).await {
            Ok(completed) => border::completed_text(completed),
            Err(error) => border::error_text(&error),
        }
    }

    /// Opens a stream: the stream, or the text of an error.
    #[napi]
    pub async fn stream(
        &self,
        number: u32,
        endpoint: String,
        body: String,
        options: String,
    ) -> napi::Either<NativeStream, String> {
        match self.calls.run(number, self.open(&endpoint, &body, &options)).await {
            Ok(stream) => napi::Either::A(stream),
            Err(error) => napi::Either::B(border::error_text(&error)),
        }
    }

    /// Gives a call up that has not ended.
    #[napi]
    pub fn cancel(&self, number: u32) {
        self.calls.cancel(number);
    }

    async fn complete(&self, endpoint: &str, body: &str, options: &str) -> Result<trilogue_native::Completed, Error> {
        let options = border::options::<RequestOptions>(options)?;
        self.client.call_json(&Endpoint::parse(endpoint)?, border::body(body)?, &options).await
    }

    async fn open(&self, endpoint: &str, body: &str, options: &str) -> Result<NativeStream, Error> {
        let options = border::options::<RequestOptions>(options)?;
        let events = self.client.stream_json(Endpoint::parse(endpoint)?, border::body(body)?, &options).await?;
        Ok(NativeStream { stream: Arc::new(Stream::new(events)), sent: Mutex::default() })
    }
}

#[napi]
impl NativeStream {
    /// Status, headers and retries, as text.
    #[napi]
    pub fn head(&self) -> String {
        border::head_text(self.stream.head(), self.stream.retries_taken())
    }

    /// What was read already, as `nextBatch`; an empty text where nothing was.
    #[napi]
    pub fn try_batch(&self) -> Option<String> {
        match self.stream.try_batch() {
            None => Some(String::new()),
            Some(Ok(batch)) => batch.map(|batch| border::batch_text(&batch, &mut self.sent())),
            Some(Err(error)) => Some(border::error_text(&error)),
        }
    }

    /// What was read already, as `nextEvents`; an empty text where nothing was.
    #[napi]
    pub fn try_events(&self, view: String) -> Option<String> {
        match self.stream.try_events(border::view(&view)) {
            None => Some(String::new()),
            Some(Ok(events)) => events.map(|events| border::events_text(events, &mut self.sent())),
            Some(Err(error)) => Some(border::error_text(&error)),
        }
    }

    /// The next batch as text, or nothing after the end.
    #[napi]
    pub async fn next_batch(&self) -> Option<String> {
        match self.stream.next_batch().await {
            Ok(batch) => batch.map(|batch| border::batch_text(&batch, &mut self.sent())),
            Err(error) => Some(border::error_text(&error)),
        }
    }

    /// The events of the next batch as text, or nothing after the end.
    #[napi]
    pub async fn next_events(&self, view: String) -> Option<String> {
        match self.stream.next_events(border::view(&view)).await {
            Ok(events) => events.map(|events| border::events_text(events, &mut self.sent())),
            Err(error) => Some(border::error_text(&error)),
        }
    }

    /// What was accumulated so far, as text.
    #[napi]
    pub async fn snapshot(&self) -> Option<String> {
        self.stream.snapshot().await.map(|value| value.to_string())
    }

    /// Closes the connection.
    #[napi]
    pub fn cancel(&self) {
        self.stream.cancel();
    }
}
