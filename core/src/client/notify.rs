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
#[derive(Clone, Copy)]
pub(super) struct Notices {
    /// The caller's number of the call, which each notice carries.
    pub(super) id: u32,
    /// Whether each request and answer is reported, and not only retries.
    pub(super) all: bool,
}

impl Notices {
    /// The notices that a request's options want; `None` for none.
    pub(super) fn requested(options: &RequestOptions) -> Option<Self> {
        options.notice_id.map(|id| Self { id, all: options.notify_all })
    }
}

impl<T: Transport> Client<T> {
    /// Reports that a request is sent. Returns the time if the caller wants to know about each request and answer.
    pub(super) fn notify_sending(&self, call: &CallContext) -> Option<Duration> {
        let Notices { id, all: true } = call.notices.filter(|_| T::NOTIFIES)? else { return None };
        let mut url = call.present.request.url.split('?').next().unwrap_or_default().to_owned();
        let mut description = call.present.description.clone();
        call.secrets.hide(&mut url);
        call.secrets.hide(&mut description);
        let (method, attempt) = (call.present.request.method, call.retries_taken + 1);
        let notice = Notice::Sending { method, url: &url, attempt, call: &description };
        self.transport().notify(id, &notice);
        Some(self.transport().now())
    }

    /// Reports the head of an answer to a request that was sent at the time `sent`.
    pub(super) fn notify_answered(&self, call: &CallContext, head: &Head, sent: Duration) {
        let Some(Notices { id, .. }) = call.notices else { return };
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
        let Some(Notices { id, .. }) = call.notices else { return };
        let error = &call.finish(error);
        let (retry, max_retries) = (call.retries_here + 1, call.present.max_retries);
        self.transport().notify(id, &Notice::Retrying { error, wait, retry, max_retries });
    }

    /// Reports that a call is sent to another endpoint, or that an endpoint continues its answer.
    #[cfg(feature = "fallback")]
    pub(super) fn notify_falling_back(&self, call: &CallContext, error: Error, continues: bool) {
        let Some(Notices { id, .. }) = call.notices.filter(|_| T::NOTIFIES) else { return };
        let mut base_url = self.route(call.route).config.base_url.clone();
        let mut model = call.present.model.clone().unwrap_or_default();
        call.secrets.hide(&mut base_url);
        call.secrets.hide(&mut model);
        let error = &call.finish(error);
        self.transport().notify(id, &Notice::FallingBack { error, base_url: &base_url, model: &model, continues });
    }

    /// Warns of an answer that was accepted.
    pub(super) fn warn(&self, call: &CallContext, text: &str) {
        if T::NOTIFIES {
            self.transport().notify(call.notices.map_or(0, |notices| notices.id), &Notice::Warning { text });
        }
    }
}
