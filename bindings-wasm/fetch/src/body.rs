//! Bodies of responses.
//!
//! A read that is dropped is continued by the next one. A body that is dropped before its end aborts its request; one that is released is
//! read to its end for a second, so that its connection can serve the next request.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::select;
use js_sys::{Reflect, Uint8Array};
use trilogue_core::transport::{self, Failure};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, ReadableStreamDefaultReader};

use crate::closing::{Closing, Operation};
use crate::timer::Sleep;
use crate::transport::message;

/// How long the end of a released body may take.
const RELEASE_WAIT: Duration = Duration::from_secs(1);

/// A request and its answer. Dropping it aborts them, unless they have ended.
#[derive(Debug)]
pub(crate) struct Exchange {
    operation: Option<Rc<Operation>>,
}

impl Exchange {
    pub(crate) fn new(closing: &Closing, controller: AbortController) -> Self {
        Self { operation: Some(closing.begin(Operation::Exchange(controller))) }
    }

    /// The answer has ended: there is nothing to abort.
    fn end(&mut self) {
        self.operation = None;
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if let Some(operation) = &self.operation {
            operation.end();
        }
    }
}

/// The body of a response.
pub struct Body {
    /// `None` if there is no body, or after its end.
    reader: Option<ReadableStreamDefaultReader>,
    /// The read that is under way.
    reading: Option<JsFuture>,
    exchange: Exchange,
    closing: Rc<Closing>,
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("is_open", &self.reader.is_some()).finish_non_exhaustive()
    }
}

impl Body {
    pub(crate) fn new(reader: Option<ReadableStreamDefaultReader>, exchange: Exchange, closing: Rc<Closing>) -> Self {
        Self { reader, reading: None, exchange, closing }
    }

    async fn read(&mut self) -> Result<Option<Vec<u8>>, JsValue> {
        let Some(reader) = &self.reader else { return Ok(None) };
        let reading = self.reading.get_or_insert_with(|| JsFuture::from(reader.read()));
        let outcome = reading.await;
        self.reading = None;
        let result = outcome?;
        if Reflect::get(&result, &"done".into())?.is_truthy() {
            self.reader = None;
            self.exchange.end();
            return Ok(None);
        }
        Ok(Some(Reflect::get(&result, &"value".into())?.unchecked_into::<Uint8Array>().to_vec()))
    }
}

impl transport::Body for Body {
    type Chunk = Vec<u8>;

    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        if self.reader.is_some() && self.closing.is_closed() {
            return Err(Failure::Closed);
        }
        let outcome = self.read().await;
        outcome.map_err(
            |why| {
                if self.closing.is_closed() { Failure::Closed } else { Failure::Connection(message(&why)) }
            },
        )
    }

    fn release(mut self) {
        spawn_local(async move {
            let rest = Box::pin(async move { while let Ok(Some(_)) = self.read().await {} });
            // The remaining bytes are not needed; the timeout aborts the request.
            drop(select(rest, Sleep::new(RELEASE_WAIT)).await);
        });
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        // Some hosts abort nothing once the response is collected; the body can still be cancelled.
        if let Some(reader) = self.reader.take() {
            let cancelled = JsFuture::from(reader.cancel());
            spawn_local(async move { drop(cancelled.await) });
        }
    }
}
