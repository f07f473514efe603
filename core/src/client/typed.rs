//! Calls with the types of [`crate::wire`], for Rust programs.

use crate::client::{Client, Events};
use crate::config::RequestOptions;
use crate::error::{Error, ErrorKind};
use crate::prelude::*;
use crate::request::parameters;
use crate::transport::{Head, Transport};
use crate::value::{Map, Value};
use crate::wire::Endpoint;
use crate::wire::anthropic::{AnthropicMessage, CountTokensRequest, MessagesRequest, TokenCount};
use crate::wire::models::{ModelInfo, ModelPage};
use crate::wire::openai::{ChatCompletion, ChatRequest};

/// The most pages of models that are fetched, in case a list never ends.
const MAX_MODEL_PAGES: usize = 1000;

impl<T: Transport> Client<T> {
    /// Requests a chat completion and waits for the complete reply.
    pub async fn chat(&self, request: &ChatRequest) -> Result<ChatCompletion, Error> {
        let reply = self.call_json(&Endpoint::Chat, to_object(request)?, &RequestOptions::default()).await?;
        typed(reply.value, &reply.head)
    }

    /// Requests a chat completion as a stream of chunks.
    pub async fn chat_stream(&self, request: &ChatRequest) -> Result<Events<T>, Error> {
        self.stream_json(Endpoint::Chat, to_object(request)?, &RequestOptions::default()).await
    }

    /// Requests a message and waits for the complete reply.
    pub async fn message(&self, request: &MessagesRequest) -> Result<AnthropicMessage, Error> {
        let reply = self.call_json(&Endpoint::Messages, to_object(request)?, &RequestOptions::default()).await?;
        typed(reply.value, &reply.head)
    }

    /// Requests a message as a stream of events.
    pub async fn message_stream(&self, request: &MessagesRequest) -> Result<Events<T>, Error> {
        self.stream_json(Endpoint::Messages, to_object(request)?, &RequestOptions::default()).await
    }

    /// Requests the number of tokens in a prompt.
    pub async fn count_tokens(&self, request: &CountTokensRequest) -> Result<TokenCount, Error> {
        let reply = self.call_json(&Endpoint::CountTokens, to_object(request)?, &RequestOptions::default()).await?;
        typed(reply.value, &reply.head)
    }

    /// Lists the models that the endpoint offers. Fetches all pages, at most 1,000.
    pub async fn models(&self) -> Result<Vec<ModelInfo>, Error> {
        let mut models: Vec<ModelInfo> = Vec::new();
        let mut query = Map::new();
        for _ in 0..MAX_MODEL_PAGES {
            let reply = self.call_json(&Endpoint::Models, query.clone(), &RequestOptions::default()).await?;
            let page: ModelPage = typed(reply.value, &reply.head)?;
            let last = page.last_id.filter(|_| page.has_more && !page.data.is_empty());
            models.extend(page.data);
            match last {
                Some(last) => drop(query.insert("after_id".to_owned(), last.into())),
                None => break,
            }
        }
        Ok(models)
    }
}

fn to_object(request: &impl serde::Serialize) -> Result<Map<String, Value>, Error> {
    match serde_json::to_value(request) {
        Ok(Value::Object(fields)) => parameters::check_finite(&fields).map(|()| fields),
        _ => Err(Error::new(ErrorKind::InvalidRequest, "the request can't be written as JSON")),
    }
}

/// Converts a repaired value into a Rust type.
pub(super) fn typed<R: serde::de::DeserializeOwned>(value: Value, head: &Head) -> Result<R, Error> {
    serde_json::from_value(value).map_err(|why| {
        let message = format!("the reply does not match its format: {why}");
        Error::new(ErrorKind::ResponseValidation, message).with_head(head)
    })
}
