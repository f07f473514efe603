//! The Node addon: the interface `Binding` of `typescript/src/binding.ts`.
//!
//! Law: JSON text in, JSON text out, one crossing a network read. Decides nothing. Failures are texts too, so that the facade makes
//! the same errors of them as in a browser.

#![expect(clippy::needless_pass_by_value, reason = "napi hands JavaScript values over by value")]

use std::sync::Arc;

use napi_derive::{module_init, napi};
use trilogue_native::{Client, Error, Options, RequestOptions, Stream, border, runtime};

#[module_init]
fn init() {
    // Without it napi starts as many threads as there are cores; where this fails, that still works.
    if let Ok(runtime) = runtime::build() {
        napi::bindgen_prelude::create_custom_tokio_runtime(runtime);
    }
}

/// A client.
#[napi(js_name = "NativeClient")]
pub struct NativeClient {
    client: Client,
}

/// An open stream.
#[napi(js_name = "NativeStream")]
pub struct NativeStream {
    stream: Arc<Stream>,
}

/// Checks options: the text of an error, or nothing.
#[napi]
pub fn check(options: String) -> Option<String> {
    make(&options).err().map(|error| border::error_text(&error))
}

fn make(options: &str) -> Result<Client, Error> {
    border::options::<Options>(options).and_then(Client::new)
}

#[napi]
impl NativeClient {
    /// A client with options that `check` found right.
    #[napi(constructor)]
    pub fn new(options: String) -> napi::Result<Self> {
        make(&options).map(|client| Self { client }).map_err(|error| napi::Error::from_reason(error.to_string()))
    }

    /// Where the endpoint is.
    #[napi(getter)]
    pub fn base_url(&self) -> String {
        self.client.config().base_url.clone()
    }

    /// A whole reply, as text.
    #[napi]
    pub async fn chat(&self, body: String, options: String) -> String {
        match self.complete(&body, &options).await {
            Ok(completed) => border::completed_text(completed),
            Err(error) => border::error_text(&error),
        }
    }

    /// Opens a stream: the stream, or the text of an error.
    #[napi]
    pub async fn stream(&self, body: String, options: String) -> napi::Either<NativeStream, String> {
        match self.open(&body, &options).await {
            Ok(stream) => napi::Either::A(stream),
            Err(error) => napi::Either::B(border::error_text(&error)),
        }
    }

    async fn complete(&self, body: &str, options: &str) -> Result<trilogue_native::Completed, Error> {
        self.client.chat_json(border::body(body)?, &border::options::<RequestOptions>(options)?).await
    }

    async fn open(&self, body: &str, options: &str) -> Result<NativeStream, Error> {
        let events =
            self.client.chat_stream_json(border::body(body)?, &border::options::<RequestOptions>(options)?).await?;
        Ok(NativeStream { stream: Arc::new(Stream::new(events)) })
    }
}

#[napi]
impl NativeStream {
    /// Status, headers and retries, as text.
    #[napi]
    pub fn head(&self) -> String {
        border::head_text(self.stream.head(), self.stream.retries_taken())
    }

    /// The next batch as text, or nothing after the end.
    #[napi]
    pub async fn next_batch(&self) -> Option<String> {
        match self.stream.next_batch().await {
            Ok(batch) => batch.map(border::batch_text),
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
