//! The native transport and runtime, under the crate `trilogue` and the Python and Node packages.
//!
//! The only crate with an HTTP client and a runtime. It moves bytes, measures time, and reads and writes the files of batches; their meaning is
//! decided in `trilogue-core`. Rust programs depend on the crate `trilogue`.

mod any_transport;
pub mod batch;
mod calls;
mod compression;
mod connect;
mod connections;
mod exchange;
mod mailbox;
mod process;
mod proxy;
pub mod runtime;
#[cfg(feature = "schemas")]
mod schemas;
mod stream;
mod tls;
mod transport;

use std::ops::Deref;
use std::sync::Arc;

use trilogue_core::config::Config;

pub use any_transport::{AnyTransport, Observer, client};
pub use calls::{Calls, PendingCall};
pub use exchange::{Demand, Exchange, HostTransport};
pub use mailbox::{Mailbox, Wakeup};
#[cfg(feature = "schemas")]
pub use schemas::operation;
pub use stream::{Stream, TakenEvents};
pub use trilogue_core::catalog::Catalog;
pub use trilogue_core::config::{Options, RequestOptions};
pub use trilogue_core::cost::{self, Dollars, Tokens};
#[cfg(not(feature = "schemas"))]
pub use trilogue_core::ffi::operations::operation;
pub use trilogue_core::snippets;
pub use trilogue_core::text::dialect::Dialect;
#[cfg(feature = "tokens")]
pub use trilogue_core::tokens;
pub use trilogue_core::transport::{Failure, Head, Request};
pub use trilogue_core::wire::delta;
pub use trilogue_core::{
    Batch, ChatRequest, Completed, Endpoint, Error, ErrorKind, Item, Message, View, conversation, events, ffi, json,
};

/// A streamed reply over a native connection.
pub type Events = trilogue_core::Events<AnyTransport>;

/// The record of a call in progress.
pub type OpenRecord = trilogue_core::client::OpenRecord<AnyTransport>;
/// Keeps the record of a call until its end.
pub type Recording = trilogue_core::client::Recording<AnyTransport>;

/// A client of one endpoint, for the bindings. Cheap to clone; clones share their connections. Needs a tokio runtime with I/O and time.
#[derive(Clone, Debug)]
pub struct Client(trilogue_core::Client<AnyTransport>);

impl Client {
    /// Makes a client. The environment and the defaults provide what the options leave out.
    pub fn new(options: Options) -> Result<Self, Error> {
        let config = Config::new(options, |name| std::env::var(name).ok())?;
        let transport = AnyTransport::http(&config)?;
        any_transport::client(config, transport).map(Self)
    }

    /// Makes a client whose requests the host program sends. Rejects options that concern only this crate's connections, also those of fallbacks.
    pub fn over(host: Arc<dyn HostTransport>, options: Options) -> Result<Self, Error> {
        let config = Config::for_host(options, |name| std::env::var(name).ok())?;
        Ok(Self(trilogue_core::Client::new(config, AnyTransport::host(host))))
    }

    /// Returns a clone of this client whose requests another host transport sends.
    #[must_use]
    pub fn with_host(&self, host: Arc<dyn HostTransport>) -> Self {
        Self(self.0.with_transport(self.0.transport().with_host(host)))
    }

    /// Sends notices of the calls with a [`RequestOptions::notice_id`] to `observer`. The first observer of a client stays.
    pub fn observe(&self, observer: Observer) {
        self.0.transport().observe(observer);
    }

    /// Closes this client and its clones: its connections are closed, and running calls and streams, in all threads, end with
    /// [`ErrorKind::UserAbort`]; a stream's error carries the partial reply. So does each later call. May be called from any thread and more
    /// than once. A host outside the runtime calls [`runtime::nudge`] afterwards, so that the connections close at once.
    pub fn close(&self) {
        self.0.transports().for_each(AnyTransport::close);
    }
}

impl Deref for Client {
    type Target = trilogue_core::Client<AnyTransport>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}
