//! What receives the notices of calls: the program's observer, and with the feature `tracing` a span for each call.
//!
//! Invariant: a call without a listener has no number, and the core makes nothing for it.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value};
use trilogue_core::Notice;
use trilogue_core::config::RequestOptions;
use trilogue_core::wire::Format;

use crate::platform::{self, Observer, Transport};
#[cfg(feature = "tracing")]
use crate::spans::Spans;

/// The number of a call that only the program's observer listens to. With spans, odd numbers are those of observed calls.
const OBSERVED: u32 = 1;

/// The listeners of a client and its clones.
#[derive(Default)]
pub(crate) struct Observers {
    observer: OnceLock<Observer>,
    #[cfg(feature = "tracing")]
    spans: Spans,
}

impl Observers {
    /// Creates the listeners of a transport.
    pub(crate) fn of(transport: &Transport) -> Arc<Self> {
        let observers = Arc::<Self>::default();
        let receiver = Arc::clone(&observers);
        platform::observe(transport, move |number, notice| receiver.receive(number, notice));
        observers
    }

    /// Sets the program's observer. The first one stays.
    pub(crate) fn set(&self, observer: Observer) {
        let _second = self.observer.set(observer);
    }

    /// The options of a client whose calls are observed.
    pub(crate) fn observed(options: &RequestOptions) -> RequestOptions {
        RequestOptions { notice_id: Some(OBSERVED), notify_all: true, ..options.clone() }
    }

    fn receive(&self, number: u32, notice: &Notice<'_>) {
        #[cfg(feature = "tracing")]
        self.spans.receive(number, notice);
        // Warnings of other calls have the number 0.
        if let Some(observer) = self.observer.get().filter(|_| number == 0 || number % 2 == OBSERVED) {
            observer(notice);
        }
    }

    /// The options of a call, which with the feature `tracing` has a number and a span if a subscriber wants it.
    #[cfg_attr(not(feature = "tracing"), expect(clippy::unused_self, reason = "as with the feature"))]
    pub(crate) fn begin<'a>(
        &self,
        options: &'a RequestOptions,
        base_url: &str,
        format: Format,
        body: &Map<String, Value>,
        is_stream: bool,
    ) -> Cow<'a, RequestOptions> {
        #[cfg(feature = "tracing")]
        if let Some(number) = self.spans.begin(options.notice_id.is_some(), base_url, format, body, is_stream) {
            return Cow::Owned(RequestOptions { notice_id: Some(number), ..options.clone() });
        }
        #[cfg(not(feature = "tracing"))]
        let _ = (base_url, format, body, is_stream);
        Cow::Borrowed(options)
    }
}
