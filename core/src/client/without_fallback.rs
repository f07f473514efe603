//! A client without fallbacks, for pages that load no module with them.
//!
//! Invariant: the same functions as `fallback`, which do nothing.

use alloc::sync::Arc;

use crate::client::Client;
use crate::client::call::CallContext;
use crate::config::{Config, OnCut, RequestOptions};
use crate::cost::ReplyUsage;
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::prelude::*;
use crate::sync::Shared;
use crate::text::dialect::Name;
use crate::transport::{Head, Transport};
use crate::value::{Map, Value};
use crate::wire::{Endpoint, StreamCodec};

/// The endpoint of a client.
pub(super) struct Route<T> {
    pub(super) config: Arc<Config>,
    pub(super) transport: Arc<T>,
    pub(super) limits: Shared<Limits>,
}

impl<T> Clone for Route<T> {
    fn clone(&self) -> Self {
        Self {
            config: Arc::clone(&self.config),
            transport: Arc::clone(&self.transport),
            limits: Shared::clone(&self.limits),
        }
    }
}

impl<T> Route<T> {
    pub(super) fn new(config: Arc<Config>, transport: Arc<T>) -> Self {
        let limits = Shared::new(Limits::new(config.limits));
        Self { config, transport, limits }
    }

    pub(super) fn fallbacks(_main: &Self) -> Arc<[Self]> {
        Arc::new([])
    }
}

/// There are no other endpoints.
pub(super) enum Routing {}

/// Always `None`: without a box, the compiler knows that.
pub(super) type OptionalRouting = Option<Routing>;

impl<T: Transport> Client<T> {
    pub(super) fn route(&self, _number: usize) -> &Route<T> {
        &self.main
    }

    /// Fails if the request needs what this module lacks.
    pub(super) fn routing(
        &self,
        _endpoint: &Endpoint,
        _body: &Map<String, Value>,
        is_stream: bool,
        options: &RequestOptions,
    ) -> Result<OptionalRouting, Error> {
        if self.config().fallbacks.0 {
            let message = "the loaded module has no fallbacks: load the module that this client's options need";
            return Err(Error::new(ErrorKind::Configuration, message));
        }
        if is_stream && options.on_cut == Some(OnCut::Continue) {
            let option = Name("on_cut");
            let message = format!(
                "{option} of a request has no effect in this page; create the client with {option} \"continue\""
            );
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        Ok(None)
    }

    #[expect(clippy::unused_self, reason = "as in `fallback`")]
    pub(super) fn skip_open_endpoint(&self, _call: &mut CallContext) {}

    #[expect(clippy::unused_self, reason = "as in `fallback`")]
    pub(super) fn record_failure_of_endpoint(&self, _call: &CallContext, _error: &Error) -> bool {
        false
    }

    #[expect(clippy::unused_self, reason = "as in `fallback`")]
    pub(super) fn record_answer_of_endpoint(&self, _call: &CallContext) {}

    #[expect(clippy::unused_self, reason = "as in `fallback`")]
    pub(super) fn fall_back(&self, _call: &mut CallContext, error: Error) -> Result<(), Error> {
        Err(error)
    }

    #[expect(clippy::unused_self, reason = "as in `fallback`")]
    pub(super) fn continue_answer(
        &self,
        _call: &mut CallContext,
        error: Error,
        _head: &Head,
        _partial: Option<&Value>,
        _usage: &ReplyUsage<'_>,
    ) -> Result<(), Error> {
        Err(error)
    }
}

pub(super) fn converter(call: &CallContext, _head: &Head) -> Option<Box<dyn StreamCodec + Send>> {
    debug_assert_eq!(call.endpoint, call.present.endpoint);
    None
}

pub(super) fn continued(
    _first: &mut (dyn StreamCodec + Send),
    next: Box<dyn StreamCodec + Send>,
) -> Box<dyn StreamCodec + Send> {
    next
}
