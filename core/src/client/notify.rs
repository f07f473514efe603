//! Notices of a call, which the transport passes to the caller's logs.
//!
//! Invariant: a notice contains no secret and no query. A transport without notices has none of this code: `T::NOTIFIES` is constant.

use core::time::Duration;

use crate::client::Client;
use crate::client::call::CallContext;
use crate::config::RequestOptions;
use crate::error::Error;
use crate::prelude::*;
use crate::transport::notice::Notice;
use crate::transport::{Head, Transport};

/// The notices that a caller wants.
pub(super) struct Notices {
    /// The caller's number of the call, which each notice carries.
    pub(super) id: u32,
    /// Whether each request and answer is reported, and not only retries.
    pub(super) all: bool,
    /// The call in a log line: its endpoint, its model, and whether it is streamed.
    pub(super) description: String,
}

impl Notices {
    /// The notices that a request's options want; `None` for none.
    pub(super) fn requested(options: &RequestOptions, describe: impl Fn() -> String) -> Option<Self> {
        options.notice_id.map(|id| Self { id, all: options.notify_all, description: describe() })
    }
}

impl<T: Transport> Client<T> {
    /// Reports that a request is sent. Returns the time if the caller wants to know about each request and answer.
    pub(super) fn notify_sending(&self, call: &CallContext) -> Option<Duration> {
        let Notices { id, all: true, description } = call.notices.as_ref().filter(|_| T::NOTIFIES)? else { return None };
        let url = call.request.url.split('?').next().unwrap_or_default();
        let mut url = url.to_owned();
        call.secrets.hide(&mut url);
        let (method, attempt) = (call.request.method, call.retries_taken + 1);
        let notice = Notice::Sending { method, url: &url, attempt, call: description };
        self.transport().notify(*id, &notice);
        Some(self.transport().now())
    }

    /// Reports the head of an answer to a request that was sent at the time `sent`.
    pub(super) fn notify_answered(&self, call: &CallContext, head: &Head, sent: Duration) {
        let Some(&Notices { id, .. }) = call.notices.as_ref() else { return };
        let mut request_id = head.request_id().map(str::to_owned);
        if let Some(request_id) = &mut request_id {
            call.secrets.hide(request_id);
        }
        let elapsed = self.transport().now().saturating_sub(sent);
        let notice = Notice::Answered { status: head.status, request_id: request_id.as_deref(), elapsed };
        self.transport().notify(id, &notice);
    }

    /// Reports a failed attempt before the wait for the next one.
    pub(super) fn notify_retrying(&self, call: &CallContext, error: Error, wait: Duration) {
        let Some(&Notices { id, .. }) = call.notices.as_ref() else { return };
        let error = &call.finish(error);
        let (retry, max_retries) = (call.retries_here + 1, call.max_retries);
        self.transport().notify(id, &Notice::Retrying { error, wait, retry, max_retries });
    }

    /// Reports that a call is sent to another endpoint.
    #[cfg(feature = "fallback")]
    pub(super) fn notify_falling_back(&self, call: &CallContext, error: Error) {
        let Some(&Notices { id, .. }) = call.notices.as_ref().filter(|_| T::NOTIFIES) else { return };
        let base_url = &self.route(call.route).config.base_url;
        let model = call.model.as_deref().unwrap_or_default();
        self.transport().notify(id, &Notice::FallingBack { error: &call.finish(error), base_url, model });
    }

    /// Warns of an answer that was accepted.
    pub(super) fn warn(&self, call: &CallContext, text: &str) {
        if T::NOTIFIES {
            self.transport().notify(call.notices.as_ref().map_or(0, |notices| notices.id), &Notice::Warning { text });
        }
    }
}
