//! The chat: sends a question and shows the answer while it streams.

use futures_util::future::{AbortHandle, Abortable};
use sycamore::prelude::*;
use trilogue::types::Secret;
use trilogue::{ChatRequest, Client, Error, Event, Message, Options};
use wasm_bindgen_futures::spawn_local;

/// A question, and its destination.
pub(crate) struct Question {
    pub(crate) base_url: String,
    pub(crate) key: String,
    pub(crate) model: String,
    pub(crate) text: String,
}

/// The state of the chat.
#[derive(Clone, Copy)]
pub(crate) struct Chat {
    pub(crate) answer: Signal<String>,
    pub(crate) status: Signal<String>,
    pub(crate) is_running: Signal<bool>,
    /// Cancels the answer that streams.
    running: Signal<Option<AbortHandle>>,
}

impl Chat {
    pub(crate) fn new() -> Self {
        Self {
            answer: create_signal(String::new()),
            status: create_signal(String::new()),
            is_running: create_signal(false),
            running: create_signal(None),
        }
    }

    /// Sends a question. An answer that still streams is cancelled.
    pub(crate) fn send(self, question: Question) {
        self.stop();
        let (handle, registration) = AbortHandle::new_pair();
        self.running.set(Some(handle));
        self.is_running.set(true);
        self.answer.set(String::new());
        self.status.set("waiting".to_owned());
        // Aborting drops the future, and with it the stream, whose request then ends.
        let answer = Abortable::new(self.stream(question), registration);
        spawn_local(async move {
            let status = match answer.await {
                Ok(Ok(tokens)) => format!("done, {tokens} tokens"),
                Ok(Err(error)) => error.to_string(),
                // Stopped: `stop` has set the status.
                Err(_) => return,
            };
            self.status.set(status);
            self.is_running.set(false);
        });
    }

    /// Cancels the answer, if one streams.
    pub(crate) fn stop(self) {
        if let Some(handle) = self.running.take() {
            handle.abort();
        }
        if self.is_running.get() {
            self.status.set("stopped".to_owned());
            self.is_running.set(false);
        }
    }

    /// Streams the answer into the page; returns how many tokens it has.
    async fn stream(self, question: Question) -> Result<u64, Error> {
        let api_key = Some(question.key).filter(|key| !key.is_empty()).map(Secret::from);
        let client = Client::new(Options { base_url: Some(question.base_url), api_key, ..Options::default() })?;
        let request = ChatRequest::new(question.model, [Message::user(question.text)]);
        let mut events = client.chat_stream(&request).await?.events();
        self.status.set("streaming".to_owned());
        let mut tokens = 0;
        while let Some(event) = events.try_next().await? {
            match event {
                Event::Text { text, .. } => self.answer.update(|answer| answer.push_str(&text)),
                Event::Usage { output_tokens, .. } => tokens = output_tokens,
                _ => {}
            }
        }
        Ok(tokens)
    }
}
