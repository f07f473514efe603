//! The native transport and runtime, under the crate `trilogue` and the Python and Node packages.
//!
//! The only crate with an HTTP client and a runtime. It moves bytes and measures time; their meaning is decided in `trilogue-core`. Rust
//! programs depend on the crate `trilogue`.

mod calls;
mod compression;
mod connect;
mod connections;
mod mailbox;
mod process;
pub mod runtime;
#[cfg(feature = "schemas")]
mod schemas;
mod stream;
mod tls;
mod transport;

use std::ops::Deref;

pub use calls::{Calls, PendingCall};
pub use mailbox::{Mailbox, Wakeup};
#[cfg(feature = "schemas")]
pub use schemas::{assist, operation};
pub use stream::{Stream, TakenEvents};
pub use transport::{Http, Observer};
pub use trilogue_core::catalog::{self, Catalog};
pub use trilogue_core::config::{Config, Options, RequestOptions};
pub use trilogue_core::conversation::Conversation;
pub use trilogue_core::cost::{self, BudgetState, Cost, Dollars, Estimate, Spent, Tokens};
#[cfg(not(feature = "schemas"))]
pub use trilogue_core::ffi::{legacy::native_assist as assist, operations::operation};
pub use trilogue_core::request::parameters::{self, Finding};
pub use trilogue_core::snippets::{self, SnippetOptions, snippet};
pub use trilogue_core::text::dialect::Dialect;
pub use trilogue_core::wire::anthropic::InputMessage;
pub use trilogue_core::wire::delta;
pub use trilogue_core::wire::openai::{Content, Usage};
pub use trilogue_core::{
    AnthropicMessage, Batch, ChatCompletion, ChatCompletionChunk, ChatRequest, Completed, CountTokensRequest, Endpoint,
    Error, ErrorKind, Event, Item, Message, MessageEvent, MessagesRequest, Notice, TokenCount, View, conversation,
    events, ffi,
};

/// A streamed answer over a native connection.
pub type Events = trilogue_core::Events<Http>;

/// A client of one endpoint. Cheap to clone; clones share their connections. Needs a tokio runtime with I/O and time.
#[derive(Clone, Debug)]
pub struct Client(trilogue_core::Client<Http>);

impl Client {
    /// Creates a client with these options. Missing ones come from the environment and the defaults.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] for an invalid option, or without a key.
    pub fn new(options: Options) -> Result<Self, Error> {
        let config = Config::new(options, |name| std::env::var(name).ok())?;
        let transport = Http::new(&config)?;
        Ok(Self(trilogue_core::Client::new(config, transport)))
    }

    /// Creates a client from `MODELSLAB_API_KEY` and `MODELSLAB_BASE_URL`.
    ///
    /// # Errors
    ///
    /// Those of [`Client::new`].
    pub fn from_env() -> Result<Self, Error> {
        Self::new(Options::default())
    }
}

impl Client {
    /// Sets the observer, which receives notices of the calls with a [`RequestOptions::notice_id`]. Only the first call has an effect.
    pub fn observe(&self, observer: Observer) {
        self.0.transport().observe(observer);
    }

    /// Closes this client and its clones. Their connections are closed. Running calls and streams in any thread end with
    /// [`ErrorKind::UserAbort`], and so does each later call; a stream's error carries the partial answer. May be called from any thread and more
    /// than once. A host outside the runtime calls [`runtime::nudge`] afterwards, so that the connections close at once.
    pub fn close(&self) {
        self.0.transport().close();
    }
}

impl Deref for Client {
    type Target = trilogue_core::Client<Http>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}
