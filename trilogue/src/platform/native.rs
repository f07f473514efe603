//! Native targets: HTTP over tokio. Futures are `Send`.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use trilogue_core::config::{Config, Options};
use trilogue_core::{Client, Error, Notice};

/// The transport of every client.
pub(crate) type Transport = trilogue_native::AnyTransport;
/// The program's observer of notices.
pub(crate) type Observer = Box<dyn Fn(&Notice<'_>) + Send + Sync>;
/// A future on the heap.
pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// `Send`, except in a browser, which has one thread.
pub trait MaybeSend: Send {}
impl<T: Send + ?Sized> MaybeSend for T {}

/// `Sync`, except in a browser, which has one thread.
pub trait MaybeSync: Sync {}
impl<T: Sync + ?Sized> MaybeSync for T {}

/// Checks options; the environment provides what they leave out.
pub(crate) fn config(options: Options) -> Result<Config, Error> {
    Config::new(options, |name| std::env::var(name).ok())
}

pub(crate) fn client(config: Config) -> Result<Client<Transport>, Error> {
    let transport = Transport::http(&config)?;
    trilogue_native::client(config, transport)
}

/// Installs the observer of a transport, unless it has one.
pub(crate) fn observe(transport: &Transport, observer: impl Fn(u32, &Notice<'_>) + Send + Sync + 'static) {
    transport.observe(Arc::new(observer));
}
