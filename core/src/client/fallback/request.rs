//! A call's request, in the form that each endpoint takes.
//!
//! Invariant: the key of one endpoint, and the secrets of a request, are not sent to another base URL. A request that an endpoint can't express
//! is an error.

use super::Route;
use crate::client::Client;
use crate::client::prepared::PreparedRequest;
use crate::config::{OnCut, RequestOptions};
use crate::cost::RequestBounds;
use crate::error::{Error, ErrorKind};
use crate::prelude::*;
use crate::request::check;
use crate::text::dialect::Name;
use crate::text::secrets::is_secret_parameter;
use crate::transport::Transport;
use crate::value::{Map, Members, Value};
use crate::wire::{Endpoint, convert};

/// The parts of a call that are needed to send it to another endpoint.
pub(in crate::client) struct Routing {
    /// The body, in the caller's format.
    pub(super) body: Map<String, Value>,
    /// The body of the request that continues a partial answer.
    pub(super) continued: Option<Map<String, Value>>,
    options: RequestOptions,
    is_stream: bool,
    pub(super) on_cut: OnCut,
    /// Whether each endpoint has got the call.
    pub(super) used: Vec<bool>,
}

/// The parts of a call that other endpoints need, if there are any.
pub(in crate::client) type OptionalRouting = Option<Box<Routing>>;

/// A request as an endpoint takes it, before it is encoded.
struct RoutedRequest {
    endpoint: Endpoint,
    body: Map<String, Value>,
    options: RequestOptions,
}

impl Routing {
    /// The next request, as an endpoint takes it.
    fn request<T>(&self, caller: &Endpoint, main: &Route<T>, route: &Route<T>) -> Result<RoutedRequest, Error> {
        let body = self.continued.as_ref().unwrap_or(&self.body);
        let mut options = self.options.clone();
        if route.config.base_url != main.config.base_url {
            // The request's own key and secrets are the client's.
            options.api_key = None;
            options.extra_headers = without_secrets(&options.extra_headers);
            options.extra_query = without_secrets(&options.extra_query);
        } else if route.has_own_key {
            options.api_key = None;
        }
        let from = caller.format().unwrap_or_default();
        let to = route.format.unwrap_or(from);
        let mut body = if from == to {
            body.clone()
        } else {
            if let Some(name) = options.extra_body.keys().next() {
                let (field, option) = (Name("extra_body"), name);
                let message = format!("{field} has the field {option}, which can't be converted to {}", to.word());
                return Err(Error::new(ErrorKind::InvalidRequest, message));
            }
            let mut body = convert::request(from, to, body)?;
            if self.is_stream {
                // Messages always report their usage.
                to.request_usage(&mut body);
            }
            body
        };
        if let Some(model) = &route.model {
            body.shift_remove("model_id");
            options.extra_body.shift_remove("model");
            body.set("model", model.as_str());
        }
        Ok(RoutedRequest { endpoint: to.endpoint(), body, options })
    }

    /// The next request, ready to be sent, and the bounds of its cost.
    pub(super) fn prepare<T>(
        &self,
        caller: &Endpoint,
        main: &Route<T>,
        route: &Route<T>,
        is_limited: bool,
    ) -> Result<(PreparedRequest, Option<RequestBounds>), Error> {
        let RoutedRequest { endpoint, body, options } = self.request(caller, main, route)?;
        PreparedRequest::new(endpoint, &route.config, body, self.is_stream, &options, is_limited)
    }
}

/// Headers or query parameters without those whose names suggest a secret.
fn without_secrets(pairs: &Map<String, Value>) -> Map<String, Value> {
    pairs
        .iter()
        .filter(|(name, _)| !is_secret_parameter(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

impl<T: Transport> Client<T> {
    /// The parts of a call that other endpoints need. Fails if one of them can't express the request.
    pub(in crate::client) fn routing(
        &self,
        endpoint: &Endpoint,
        body: &Map<String, Value>,
        is_stream: bool,
        options: &RequestOptions,
    ) -> Result<OptionalRouting, Error> {
        let on_cut = options.on_cut.unwrap_or(self.config().fallbacks.on_cut);
        let may_continue = is_stream && on_cut == OnCut::Continue;
        if !endpoint.is_paid() || self.fallbacks.is_empty() && !may_continue {
            return Ok(None);
        }
        let mut used = vec![false; self.fallbacks.len() + 1];
        if let Some(main) = used.first_mut() {
            *main = true;
        }
        let on_cut = if may_continue { on_cut } else { OnCut::Error };
        let routing =
            Routing { body: body.clone(), continued: None, options: options.clone(), is_stream, on_cut, used };
        for (index, route) in self.fallbacks.iter().enumerate() {
            let request = routing.request(endpoint, &self.main, route);
            let checked = request.and_then(|RoutedRequest { endpoint, body, options }| {
                check(&endpoint, &route.config, body, is_stream, &options).map(drop)
            });
            checked.map_err(|mut error| {
                let message = format!("{}[{index}] can't be sent the request: {}", Name("fallbacks"), error.message());
                error.fields_mut().message = message;
                error
            })?;
        }
        Ok(Some(Box::new(routing)))
    }
}
