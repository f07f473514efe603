//! Browsers and workers: HTTP over fetch. Futures stay in their thread, as JavaScript's values do.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use trilogue_core::config::{Config, Options};
use trilogue_core::{Client, Error, Notice};

/// The transport of every client.
pub(crate) type Transport = trilogue_fetch::Fetch;
/// The program's observer of notices.
pub(crate) type Observer = Box<dyn Fn(&Notice<'_>)>;
/// A future on the heap.
pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// `Send`, except in a browser, which has one thread.
pub trait MaybeSend {}
impl<T: ?Sized> MaybeSend for T {}

/// `Sync`, except in a browser, which has one thread.
pub trait MaybeSync {}
impl<T: ?Sized> MaybeSync for T {}

/// Checks options. A page has no environment, and no connections of its own to configure.
pub(crate) fn config(options: Options) -> Result<Config, Error> {
    Config::for_fetch(options, |_| None, true)
}

#[expect(clippy::unnecessary_wraps, reason = "as the native transport, which opens files")]
pub(crate) fn client(config: Config) -> Result<Client<Transport>, Error> {
    Ok(Client::new(config, Transport::new()))
}

/// Installs the observer of a transport, unless it has one.
pub(crate) fn observe(transport: &Transport, observer: impl Fn(u32, &Notice<'_>) + 'static) {
    transport.observe(Rc::new(observer));
}
