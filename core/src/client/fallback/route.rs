//! An endpoint, as the calls of a client use it.
//!
//! Invariant: everything that calls share about an endpoint is shared: its transport, its rate limits and its circuit breaker.

use alloc::sync::Arc;

use super::Breaker;
use crate::config::{Config, Fallback, Format};
use crate::limits::Limits;
use crate::prelude::*;
use crate::sync::{Lock, Shared};

/// The client's own endpoint, or a fallback.
pub(in crate::client) struct Route<T> {
    pub(in crate::client) config: Arc<Config>,
    pub(in crate::client) transport: Arc<T>,
    pub(in crate::client) limits: Shared<Limits>,
    pub(super) breaker: Shared<Lock<Breaker>>,
    /// The model; `None` for that of the request.
    pub(super) model: Option<String>,
    /// The format; `None` for that of the request.
    pub(super) format: Option<Format>,
    /// Whether it has a key of its own.
    pub(super) has_own_key: bool,
}

impl<T> Clone for Route<T> {
    fn clone(&self) -> Self {
        Self {
            config: Arc::clone(&self.config),
            transport: Arc::clone(&self.transport),
            limits: Shared::clone(&self.limits),
            breaker: Shared::clone(&self.breaker),
            model: self.model.clone(),
            format: self.format,
            has_own_key: self.has_own_key,
        }
    }
}

impl<T> Route<T> {
    /// The endpoint of a configuration.
    pub(in crate::client) fn new(config: Arc<Config>, transport: Arc<T>) -> Self {
        let limits = Shared::new(Limits::new(config.limits));
        Self { config, transport, limits, breaker: Shared::default(), model: None, format: None, has_own_key: false }
    }

    /// The fallbacks of a client with this endpoint.
    pub(in crate::client) fn fallbacks(main: &Self) -> Arc<[Self]> {
        let route = |fallback: &Fallback| {
            let mut route = Self::new(Arc::new(fallback.config.clone()), Arc::clone(&main.transport));
            if fallback.shares_limits {
                route.limits = Shared::clone(&main.limits);
            }
            route.model.clone_from(&fallback.model);
            route.format = fallback.format;
            route.has_own_key = fallback.has_own_key;
            route
        };
        main.config.fallbacks.list.iter().map(route).collect()
    }
}
