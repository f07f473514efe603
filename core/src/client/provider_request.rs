//! Requests about files and batches of a provider, which are no calls of a model.
//!
//! Invariant: they share the client's endpoint, key, limits and retries, and have no fallbacks: a batch exists at one provider only.

use alloc::sync::Arc;

use crate::client::call::CallContext;
use crate::client::failure::incomplete;
use crate::client::prepared::PreparedRequest;
use crate::client::send::{Answer, HeldBody, race};
use crate::client::{Client, Completed};
use crate::config::{Auth, Format, RequestOptions};
use crate::cost::{Dollars, ReplyUsage, RequestBounds};
use crate::error::{Error, ErrorKind};
use crate::prelude::*;
use crate::request::{encode, headers, url};
use crate::text::dialect::{Limit, Name};
use crate::transport::{Body, Head, Request, Transport};
use crate::value::{Map, Value};
use crate::wire::{Endpoint, errors};

/// A request about a file or a batch.
#[derive(Debug, Clone)]
pub struct ProviderRequest {
    /// The provider's format, which has its own paths and headers.
    pub format: Format,
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path after the base URL, such as `files`.
    pub path: String,
    /// Parameters of the query.
    pub query: Map<String, Value>,
    /// The type of the body, and the body; empty for `GET`.
    pub content: Option<(String, Arc<[u8]>)>,
    /// Whether it may be sent again after a failure, since its effect is the same.
    pub is_repeatable: bool,
}

/// A request of a batch, as a line of its file has it.
pub struct BatchedRequest {
    /// The body, as JSON.
    pub body: Arc<[u8]>,
    /// Its highest possible cost; `None` if that is unknown.
    pub max_cost: Option<Dollars>,
}

/// A file that is being downloaded. Dropping it closes the connection.
pub struct Download<T: Transport> {
    client: Client<T>,
    call: CallContext,
    body: Option<HeldBody<T::Body>>,
}

impl<T: Transport> Client<T> {
    /// Sends a request about a file or a batch, and returns the reply, a JSON object.
    ///
    /// # Errors
    ///
    /// Every failure of the request after the last retry.
    pub async fn send_provider_request(
        &self,
        request: ProviderRequest,
        options: &RequestOptions,
    ) -> Result<Completed, Error> {
        let mut call = self.provider_context(request, options)?;
        let reply = self.complete(&mut call).await;
        reply.map_err(|error| call.finish(error))
    }

    /// Requests a file. A file may be larger than `max_response_bytes`.
    ///
    /// # Errors
    ///
    /// As [`Client::send_provider_request`].
    pub async fn download(&self, request: ProviderRequest, options: &RequestOptions) -> Result<Download<T>, Error> {
        let mut call = self.provider_context(request, options)?;
        match self.send(&mut call).await {
            Ok(Answer { body, .. }) => Ok(Download { client: self.clone(), call, body: Some(body) }),
            Err(error) => Err(call.finish(error)),
        }
    }

    fn provider_context(
        &self,
        provider_request: ProviderRequest,
        options: &RequestOptions,
    ) -> Result<CallContext, Error> {
        let config = self.config();
        let endpoint = Endpoint::Batches(provider_request.format);
        let mut headers = headers(&endpoint, config, options)?;
        let body = provider_request.content.map(|(kind, body)| {
            headers.retain(|(name, _)| name != "content-type");
            headers.push(("content-type".to_owned(), kind));
            body
        });
        let mut query = options.extra_query.clone();
        query.extend(provider_request.query);
        let (_, _, is_versioned) = endpoint.location();
        let (timeouts, max_retries) = config.limits(options)?;
        let max_retries = if provider_request.is_repeatable { max_retries } else { 0 };
        let request = Request {
            method: provider_request.method,
            url: url(config, &provider_request.path, is_versioned, &query),
            headers,
            body: body.unwrap_or_default(),
            connect_timeout: Some(timeouts.connect),
            resend: max_retries > 0,
        };
        let description = options.notice_id.map(|_| endpoint.name()).unwrap_or_default();
        let present = PreparedRequest {
            request,
            endpoint: endpoint.clone(),
            model: None,
            timeouts,
            max_retries,
            tokens: 0,
            description,
        };
        Ok(CallContext::new(endpoint, present, false, options, self.secrets(Some(options))))
    }

    /// Encodes a request for the file of a batch. `has_budget`: whether its highest possible cost is needed.
    ///
    /// # Errors
    ///
    /// As [`Client::call_json`] before it sends a request; [`ErrorKind::Configuration`] for a key in bodies, which would be in the file;
    /// [`ErrorKind::InvalidRequest`] if a budget needs a cost that is unknown; [`ErrorKind::BudgetExceeded`] if the request can cost more than its own budget,
    /// that of the options.
    pub fn encode_batched(
        &self,
        endpoint: &Endpoint,
        body: Map<String, Value>,
        options: &RequestOptions,
        has_budget: bool,
    ) -> Result<BatchedRequest, Error> {
        if self.config().auth == Auth::BodyKey {
            let message = format!(
                "{} can't be \"body-key\" for a provider's batch: its file would contain the key",
                Name("auth")
            );
            return Err(Error::new(ErrorKind::Configuration, message));
        }
        let bounds = RequestBounds::from_body(&body, &options.extra_body, false, true);
        let body = encode(endpoint, self.config(), body, false, options)?.body;
        let estimate = self.spending.estimate(&bounds.clone().with_body_size(body.len()));
        let own = options.own_budget()?;
        if let (true, None, Some(reason)) = (has_budget || own.is_some(), estimate.total, estimate.reason) {
            return Err(Error::new(ErrorKind::InvalidRequest, format!("a budget can't be kept: {reason}")));
        }
        let max_cost = estimate.total.map(Dollars::half);
        if let (Some(max_cost), Some(own)) = (max_cost, own)
            && max_cost > own
        {
            let message = format!(
                "the request can cost ${max_cost} in a batch, and its budget is ${own}; lower max_tokens, shorten the prompt, or raise the budget"
            );
            return Err(Error::new(ErrorKind::BudgetExceeded, message));
        }
        Ok(BatchedRequest { body, max_cost })
    }

    /// Decodes an answer of a provider's batch, as that of a call.
    ///
    /// # Errors
    ///
    /// The error in a body with a status of 300 or above, or in another one; and a body that is no answer of the endpoint.
    pub fn decode_batched(&self, endpoint: &Endpoint, head: &Head, body: Vec<u8>) -> Result<Value, Error> {
        if head.status >= 300 {
            return Err(errors::from_response(head, &body, &self.config().base_url));
        }
        endpoint.decode(None, self.config(), head, body)
    }

    /// The rest of the budget; `None` without one.
    pub fn budget_left(&self) -> Option<Dollars> {
        self.spending.rest()
    }

    /// Charges the client for an answer of a provider's batch, and writes its cost into the reply: half of the model's price, the discount of
    /// both OpenAI's and Anthropic's batches. `model`: the requested one; `max_cost`: the highest possible cost of the request, which a budget is charged if
    /// the cost is unknown.
    pub fn charge_batched(&self, model: &str, reply: &mut Map<String, Value>, max_cost: impl FnOnce() -> Dollars) {
        let cost = self.spending.charge_batched(model, &ReplyUsage::from_fields(reply), max_cost);
        cost.write(reply);
    }
}

impl<T: Transport> Download<T> {
    /// Returns the next bytes, or `None` at the end.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::IncompleteStream`] for a connection that breaks, [`ErrorKind::IdleTimeout`] for one that falls silent.
    pub async fn chunk(&mut self) -> Result<Option<<T::Body as Body>::Chunk>, Error> {
        let Some(body) = &mut self.body else { return Ok(None) };
        let idle = self.call.present.timeouts.idle;
        let mut timer = self.client.transport().sleep(idle);
        let error = match race(body.chunk(), &mut timer).await {
            Some(Ok(Some(chunk))) => return Ok(Some(chunk)),
            Some(Ok(None)) => {
                if let Some(body) = self.body.take() {
                    body.release();
                }
                return Ok(None);
            }
            Some(Err(failure)) => incomplete(&failure),
            None => {
                let message = format!("no bytes of the file within {} ({})", Name("idle_timeout"), Limit(idle));
                Error::new(ErrorKind::IdleTimeout, message)
            }
        };
        self.body = None;
        Err(self.call.finish(error))
    }
}
