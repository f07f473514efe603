//! A client for hosted language models, for native programs and for pages in a browser.
//!
//! It speaks two formats, OpenAI's chat completions and Anthropic's messages, with one behaviour: streams are repaired if servers deviate
//! from the standard, failed requests are retried, time limits and budgets are enforced, and a truncated stream is an error that carries the
//! partial reply.
//!
//! # Quickstart
//!
//! Add the crate and a runtime with `cargo add trilogue` and `cargo add tokio --features macros,rt-multi-thread`, and set the variable of
//! your server's key:
//!
//! ```no_run
//! use trilogue::{ChatRequest, Client, Error, Message, Options};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     let base_url = "https://modelslab.com/api/v7/llm".to_owned();
//!     let client = Client::new(Options { base_url: Some(base_url), ..Options::default() })?;
//!     let request = ChatRequest::new("openai-gpt-oss-120b", [Message::user("Compare REST vs GraphQL APIs")]);
//!     let reply = client.chat(&request).await?;
//!     println!("{}", reply.text());
//!     Ok(())
//! }
//! ```
//!
//! The same program reaches other servers with their base URL and model:
//!
//! | server | base URL | key | model |
//! |---|---|---|---|
//! | ModelsLab | `https://modelslab.com/api/v7/llm` | `MODELSLAB_API_KEY`, from [modelslab.com](https://modelslab.com/dashboard/api-keys) | `openai-gpt-oss-120b` |
//! | OpenAI | `https://api.openai.com/v1` | `OPENAI_API_KEY`, from [platform.openai.com](https://platform.openai.com/api-keys) | `gpt-5-mini` |
//! | Anthropic | `https://api.anthropic.com/v1` | `ANTHROPIC_API_KEY`, from [console.anthropic.com](https://console.anthropic.com/settings/keys) | `claude-haiku-4-5` |
//! | OpenRouter | `https://openrouter.ai/api/v1` | `MODELSLAB_API_KEY`, with a key from [openrouter.ai](https://openrouter.ai/settings/keys) | `openai/gpt-oss-120b` |
//! | Ollama, after `ollama pull llama3.2` | `http://localhost:11434/v1` | none | `llama3.2` |
//! | vLLM, as `vllm serve Qwen/Qwen3-8B` | `http://localhost:8000/v1` | none | `Qwen/Qwen3-8B` |
//! | LM Studio, with its server started | `http://localhost:1234/v1` | none | `openai/gpt-oss-20b` |
//! | the embedded model | `http://127.0.0.1:8080/api/v7/llm` | none | `smollm2-135m-instruct` |
//!
//! The embedded model is started by `python -m trilogue local --port 8080`, after `pip install 'trilogue[local]'`. OpenAI's and
//! Anthropic's keys are sent only to these two; for any other server, set `MODELSLAB_API_KEY` or [`Options::api_key`]. Anthropic's hosts get
//! the key in the header `x-api-key`, all others as a bearer token, unless [`Options::auth`] is set. [`Client::from_env`] also reads the base URL
//! from the environment.
//!
//! A client is cheap to clone, and clones share their connections. Natively it needs a tokio runtime with I/O and time. The other examples
//! on this page talk to a server of this crate's tests.
//!
//! # Streaming
//!
//! Replies stream as [`Stream`](futures_core::Stream)s, so the adapters of the `futures` crates apply to them. Programs without these crates
//! use `try_next`, which each stream has.
//!
//! ```
//! use trilogue::{ChatRequest, Client, Message, Options};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (_server, base_url) = trilogue_test_server::script(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts.json"), "stream").await?;
//! let client = Client::new(Options { base_url: Some(base_url), ..Options::default() })?;
//! let request = ChatRequest::new("openai-gpt-oss-120b", [Message::user("Say hello.")]);
//! let mut stream = client.chat_stream(&request).await?;
//! let mut text = String::new();
//! while let Some(chunk) = stream.try_next().await? {
//!     text.push_str(chunk.text());
//! }
//! assert_eq!(text, "Hello!");
//! # Ok(()) }
//! ```
//!
//! [`ReplyStream::events`] converts a stream of either format into [`Event`]s, which are the same for both:
//!
//! ```
//! use trilogue::{Client, Event, MessagesRequest, Options, types::InputMessage};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (_server, base_url) = trilogue_test_server::script(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts.json"), "message").await?;
//! # let client = Client::new(Options { base_url: Some(base_url), ..Options::default() })?;
//! let request = MessagesRequest {
//!     model: "openai-gpt-oss-120b".to_owned(),
//!     messages: vec![InputMessage { role: "user".to_owned(), content: "Say hello.".into(), ..Default::default() }],
//!     max_tokens: 100,
//!     ..Default::default()
//! };
//! let mut events = client.message_stream(&request).await?.events();
//! while let Some(event) = events.try_next().await? {
//!     match event {
//!         Event::Text { text, .. } => print!("{text}"),
//!         Event::Usage { input_tokens, output_tokens } => println!("{input_tokens} tokens in, {output_tokens} out"),
//!         _ => {}
//!     }
//! }
//! # Ok(()) }
//! ```
//!
//! Dropping a stream closes its connection: that is how a reply is cancelled. The future of any request can be dropped as well.
//!
//! # Typed answers
//!
//! [`Client::parse`] derives a JSON Schema from a type, requests a reply that matches it, and parses the reply:
//!
//! ```
//! use trilogue::{ChatRequest, Client, Message, Options, ParseOptions};
//!
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! struct Recipe {
//!     name: String,
//!     steps: Vec<String>,
//!     minutes: u32,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (_server, base_url) = trilogue_test_server::script(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts.json"), "recipe").await?;
//! # let client = Client::new(Options { base_url: Some(base_url), ..Options::default() })?;
//! let request = ChatRequest::new("openai-gpt-oss-120b", [Message::user("A recipe for tomato soup.")]);
//! let parsed = client.parse::<Recipe, _>(&request, &ParseOptions::default()).await?;
//! assert_eq!(parsed.value.minutes, 20);
//! # Ok(()) }
//! ```
//!
//! [`Client::parse_stream`] streams it: [`partials`](ParsedStream::partials) are the value so far, [`elements`](ParsedStream::elements) the
//! elements of a list, each as soon as it is complete.
//!
//! ```
//! # use trilogue::{ChatRequest, Client, Message, Options, ParseOptions};
//! # #[derive(serde::Deserialize, schemars::JsonSchema)]
//! # struct Recipe { name: String, steps: Vec<String>, minutes: u32 }
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (_server, base_url) = trilogue_test_server::script(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts.json"), "recipe_stream").await?;
//! # let client = Client::new(Options { base_url: Some(base_url), ..Options::default() })?;
//! # let request = ChatRequest::new("openai-gpt-oss-120b", [Message::user("A recipe for tomato soup.")]);
//! let stream = client.parse_stream::<Recipe, _>(&request, &ParseOptions::default()).await?;
//! let mut steps = stream.elements::<String>("steps");
//! while let Some(step) = steps.try_next().await? {
//!     println!("- {step}");
//! }
//! let recipe = steps.finish().await?.value;
//! assert_eq!(recipe.steps.len(), 2);
//! # Ok(()) }
//! ```
//!
//! # Tools
//!
//! A [`tool`] is an asynchronous function that the model may call. [`Client::run_tools`] sends the request, runs the functions that the
//! model calls, and repeats until the model answers.
//!
//! ```
//! use trilogue::{ChatRequest, Client, Message, Options, RunOptions, tool};
//!
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! struct Location {
//!     /// The name of the city.
//!     city: String,
//! }
//!
//! async fn weather(location: Location) -> Result<String, String> {
//!     if location.city == "Oslo" { Ok("Rain".to_owned()) } else { Err(format!("no weather station in {}", location.city)) }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (_server, base_url) = trilogue_test_server::script(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts.json"), "tools").await?;
//! # let client = Client::new(Options { base_url: Some(base_url), ..Options::default() })?;
//! let request = ChatRequest::new("openai-gpt-oss-120b", [Message::user("How is the weather in Oslo?")]);
//! let functions = [tool("weather", "The weather in a city.", weather)];
//! let run = client.run_tools(&request, functions, &RunOptions::default())?.finish().await?;
//! assert_eq!(run.reply.text(), "It rains in Oslo.");
//! # Ok(()) }
//! ```
//!
//! [`ToolRun`] is also a stream of [`RunEvent`]s: the events of each reply, and the start and the end of each call.
//!
//! # Conversations
//!
//! A [`Conversation`] keeps the messages, sends what the user says, runs functions, and can be undone, edited, retried, forked and saved.
//!
//! ```
//! use trilogue::{Client, Conversation, Options};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (_server, base_url) = trilogue_test_server::script(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts.json"), "conversation").await?;
//! # let client = Client::new(Options { base_url: Some(base_url), ..Options::default() })?;
//! let mut conversation = Conversation::new("openai-gpt-oss-120b");
//! let answer = conversation.send(&client, "What is the capital of Norway?").await?;
//! assert_eq!(answer.text, "Oslo.");
//! let answer = conversation.send(&client, "How many people live there?").await?;
//! println!("{}", answer.text);
//! let saved = conversation.to_json();
//! assert_eq!(Conversation::from_json(&saved)?.turns().len(), 4);
//! # Ok(()) }
//! ```
//!
//! # Costs
//!
//! Each reply has its [`Cost`](cost::Cost) in dollars, from the provider's own figure or from prices: those of [`Options::prices`], or of the
//! [`catalog`]. A client adds them up, and a budget stops requests and streams that would exceed it.
//!
//! ```
//! use trilogue::{ChatRequest, Client, ErrorKind, Message, Options};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (_server, base_url) = trilogue_test_server::script(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts.json"), "whole").await?;
//! let client = Client::new(Options { base_url: Some(base_url), budget: "0.0001".into(), ..Options::default() })?;
//! let mut request = ChatRequest::new("openai-gpt-oss-120b", [Message::user("Say hello.")]);
//! request.max_tokens = Some(100);
//! println!("at most {} dollars", client.estimate(&request)?.total.unwrap_or_default());
//! let reply = client.chat(&request).await?;
//! assert_eq!(reply.cost.total, Some(client.spent().total));
//!
//! request.max_tokens = Some(100_000);
//! let error = client.chat(&request).await.unwrap_err();
//! assert_eq!(error.kind(), ErrorKind::BudgetExceeded);
//! # Ok(()) }
//! ```
//!
//! # Errors
//!
//! Every method returns the one [`Error`], whose [`ErrorKind`] says what happened. Its `Display` is the message, its `Debug` adds kind,
//! status and request id. Retryable errors are retried up to [`Options::max_retries`] times before they are returned.
//!
//! ```
//! use trilogue::{ChatRequest, Client, ErrorKind, Message, Options};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (_server, base_url) = trilogue_test_server::script(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts.json"), "cut").await?;
//! # let client = Client::new(Options { base_url: Some(base_url), ..Options::default() })?;
//! let request = ChatRequest::new("openai-gpt-oss-120b", [Message::user("Say hello.")]);
//! let mut stream = client.chat_stream(&request).await?;
//! let error = loop {
//!     match stream.try_next().await {
//!         Ok(Some(chunk)) => print!("{}", chunk.text()),
//!         Ok(None) => return Ok(()),
//!         Err(error) => break error,
//!     }
//! };
//! // The server closed the connection in the middle of the reply.
//! assert_eq!(error.kind(), ErrorKind::IncompleteStream);
//! assert_eq!(error.partial().unwrap()["choices"][0]["message"]["content"], "Hello");
//! # Ok(()) }
//! ```
//!
//! # Rate limits and fallbacks
//!
//! With limits, calls wait until they may be sent, first come, first served: [`Options::requests_per_minute`], [`Options::tokens_per_minute`],
//! [`Options::max_in_flight`], or [`Options::adaptive`] for limits that are learned from the server. [`Client::limits`] shows them. A call that the
//! endpoint fails to answer is sent to the [`Options::fallbacks`], in order; with [`Options::on_cut`] they also continue a stream that broke. The reply
//! lists each attempt.
//!
//! ```
//! use trilogue::types::{FallbackCause, OnCut};
//! use trilogue::{ChatRequest, Client, Message, Options};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (_server, base_url) = trilogue_test_server::script(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts.json"), "fallback").await?;
//! let client = Client::new(Options {
//!     base_url: Some(base_url),
//!     max_retries: Some(0),
//!     requests_per_minute: Some(600.0),
//!     fallbacks: serde_json::json!([{"model": "smollm2-135m-instruct"}]),
//!     fallback_on: vec![FallbackCause::ContextLength],
//!     on_cut: Some(OnCut::Continue),
//!     ..Options::default()
//! })?;
//! let request = ChatRequest::new("openai-gpt-oss-120b", [Message::user("Say hello.")]);
//! let reply = client.chat(&request).await?;
//! let [failed, answered] = &reply.attempts[..] else { panic!("two attempts") };
//! assert_eq!(failed.error.as_deref(), Some("InternalServerError"));
//! assert_eq!(answered.model.as_deref(), Some("smollm2-135m-instruct"));
//! assert_eq!(client.limits().in_flight, 0);
//! # Ok(()) }
//! ```
//!
//! # Logs, spans and metrics
//!
//! [`Client::with_observer`] passes each notice of a call to a function; the last one, [`Notice::Ended`], has the call's record.
//!
//! ```
//! use trilogue::{ChatRequest, Client, Message, Notice, Options};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (_server, base_url) = trilogue_test_server::script(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts.json"), "whole").await?;
//! let client = Client::new(Options { base_url: Some(base_url), ..Options::default() })?;
//! let client = client.with_observer(|notice| {
//!     if let Notice::Ended { record } = notice {
//!         println!("{:?} after {:?}, {:?} tokens", record.outcome, record.elapsed, record.tokens.written);
//!     }
//! });
//! client.chat(&ChatRequest::new("openai-gpt-oss-120b", [Message::user("Say hello.")])).await?;
//! # Ok(()) }
//! ```
//!
//! With the feature `tracing`, each call is a span at the level `INFO` with the fields of OpenTelemetry's conventions for generative AI, and an
//! event at `DEBUG` for each of its attempts. Without a subscriber that wants the span, nothing is made for it.
//!
//! # Tokens
//!
//! With the feature `tokens`, the module `tokens` counts the tokens of the gpt-oss models offline and exactly:
//!
//! ```
//! # #[cfg(feature = "tokens")] fn main() -> Result<(), trilogue::Error> {
//! use trilogue::tokens::{SpecialTokens, vocabulary};
//!
//! assert_eq!(vocabulary()?.count("Compare REST vs GraphQL APIs", SpecialTokens::Text), 6);
//! # Ok(()) }
//! # #[cfg(not(feature = "tokens"))] fn main() {}
//! ```
//!
//! # In a browser
//!
//! On `wasm32-unknown-unknown` the same API works in pages and workers, over fetch. Futures are not `Send` there; run them with
//! `wasm_bindgen_futures::spawn_local` or the like. [`Client::new`] needs a base URL and a key, since a page has no environment; a key in a
//! page can be read by its user. The module `javascript` converts values and makes tools of JavaScript functions.

#[cfg(not(target_arch = "wasm32"))]
pub mod batch;
mod client;
pub mod conversation;
mod generator;
#[cfg(target_arch = "wasm32")]
pub mod javascript;
mod observers;
mod platform;
mod request;
mod run;
#[cfg(feature = "tracing")]
mod spans;
mod stream;
mod structured;
#[cfg(feature = "tokens")]
pub mod tokens;
mod tools;

/// Costs, budgets and estimates.
pub mod cost {
    pub use trilogue_core::cost::{BudgetState, Cost, Counts, Dollars, Estimate, Spent, Tokens};
}

/// The models that this package knows, with their prices and parameters.
pub mod catalog {
    pub use trilogue_core::catalog::{Catalog, Model, ModelPrices};
}

/// The parts of requests and replies.
pub mod types {
    pub use trilogue_core::config::{Auth, Check, FallbackCause, ModelField, OnCut, Secret};
    pub use trilogue_core::record::{Attempt, CallOutcome, RecordedAttempt};
    pub use trilogue_core::request::parameters::Finding;
    pub use trilogue_core::transport::Head;
    pub use trilogue_core::wire::anthropic::{AnthropicUsage, ContentBlock, EventDelta, InputMessage};
    pub use trilogue_core::wire::models::ModelInfo;
    pub use trilogue_core::wire::openai::{
        ChatMessage, Choice, ChoiceDelta, ChunkChoice, CompletionTokensDetails, Content, ContentPart, FunctionCall,
        FunctionDefinition, FunctionDelta, ImageUrl, JsonSchemaFormat, Logprobs, PromptTokensDetails, ResponseFormat,
        Stop, StreamOptions, TokenLogprob, Tool, ToolCall, ToolCallDelta, TopLogprob, Usage,
    };
}

pub use client::Client;
pub use conversation::Conversation;
pub use platform::{MaybeSend, MaybeSync};
pub use request::Request;
pub use run::{RunEvent, RunOptions, ToolRun, ToolRunOutput};
pub use stream::{ChatStream, EventStream, MessageStream, ReplyStream};
pub use structured::{ElementStream, Mode, ParseOptions, Parsed, ParsedStream, PartialStream};
pub use tools::{Call, Function, Outcome, tool};
pub use trilogue_core::config::{Options, RequestOptions};
pub use trilogue_core::limits::LimitsState;
pub use trilogue_core::{
    AnthropicMessage, CallRecord, ChatCompletion, ChatCompletionChunk, ChatRequest, CountTokensRequest, Error,
    ErrorKind, Event, Message, MessageEvent, MessagesRequest, Notice, TokenCount,
};
