//! Notices of a call, for pages whose clients log no calls: warnings only.
//!
//! Invariant: the same functions as `notify`, of which only `warn` does something.

use core::time::Duration;

use crate::client::Client;
use crate::client::call::CallContext;
use crate::config::RequestOptions;
use crate::error::Error;
use crate::transport::notice::Notice;
use crate::transport::{Head, Transport};

/// No caller wants other notices.
#[derive(Clone, Copy)]
pub(super) enum Notices {}

impl Notices {
    pub(super) fn requested(_: &RequestOptions) -> Option<Self> {
        None
    }
}

impl<T: Transport> Client<T> {
    #[expect(clippy::unused_self, reason = "as in `notify`")]
    pub(super) fn notify_sending(&self, _: &CallContext) -> Option<Duration> {
        None
    }

    #[expect(clippy::unused_self, reason = "as in `notify`")]
    pub(super) fn notify_answered(&self, _: &CallContext, _: &Head, _: Duration) {}

    #[expect(clippy::unused_self, reason = "as in `notify`")]
    pub(super) fn notify_retrying(&self, _: &CallContext, _: Error, _: Duration) {}

    #[cfg(feature = "fallback")]
    #[expect(clippy::unused_self, reason = "as in `notify`")]
    pub(super) fn notify_falling_back(&self, _: &CallContext, _: Error, _: bool) {}

    /// Warns of an answer that was accepted.
    pub(super) fn warn(&self, _: &CallContext, text: &str) {
        if T::NOTIFIES {
            self.transport().notify(0, &Notice::Warning { text });
        }
    }
}
