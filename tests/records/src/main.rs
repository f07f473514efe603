//! Makes the calls of the test with the observer and the spans of the crate `trilogue`, and prints what each has exported, as JSON.
//!
//! Standard input has the cases, with the base URLs of their servers. Asserts nothing.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use trilogue::{ChatRequest, Client, Error, Message, Notice, Options};

/// What a subscriber has received of a span.
#[derive(Default)]
struct Kept {
    fields: Map<String, Value>,
    events: Vec<Map<String, Value>>,
    is_closed: bool,
}

/// A subscriber that keeps the spans and the events of the package.
#[derive(Clone, Default)]
struct Keep(Arc<Mutex<HashMap<u64, Kept>>>);

impl Keep {
    fn spans(&self) -> MutexGuard<'_, HashMap<u64, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Fields<'a>(&'a mut Map<String, Value>);

impl Fields<'_> {
    fn set(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.set(field, format!("{value:?}").into());
    }
}

impl Subscriber for Keep {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "trilogue"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut kept = Kept::default();
        span.record(&mut Fields(&mut kept.fields));
        let mut spans = self.spans();
        let id = u64::try_from(spans.len()).unwrap_or_default() + 1;
        spans.insert(id, kept);
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        if let Some(kept) = self.spans().get_mut(&span.into_u64()) {
            values.record(&mut Fields(&mut kept.fields));
        }
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Map::new();
        event.record(&mut Fields(&mut fields));
        let mut spans = self.spans();
        if let Some(kept) = event.parent().and_then(|parent| spans.get_mut(&parent.into_u64())) {
            kept.events.push(fields);
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}

    fn try_close(&self, span: Id) -> bool {
        if let Some(kept) = self.spans().get_mut(&span.into_u64()) {
            kept.is_closed = true;
        }
        true
    }
}

/// Makes the call of a case.
async fn call(client: &Client, case: &Value) -> Result<(), Error> {
    let request = ChatRequest::new(case["name"].as_str().unwrap_or_default(), [Message::user("Hi")]);
    let until = case["until"].as_str().unwrap_or("end");
    if case["stream"] == true {
        let mut stream = client.chat_stream(&request).await?;
        while stream.try_next().await?.is_some() {
            if until == "first" {
                break;
            }
        }
    } else if until == "sent" {
        // The request is dropped.
        let _late = tokio::time::timeout(Duration::from_millis(500), client.chat(&request)).await;
    } else {
        client.chat(&request).await?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let given: Value = serde_json::from_reader(std::io::stdin())?;
    let keep = Keep::default();
    tracing::subscriber::set_global_default(keep.clone())?;
    let mut calls = Map::new();
    for case in given["cases"].as_array().into_iter().flatten() {
        let options = Options {
            base_url: case["base_url"].as_str().map(str::to_owned),
            api_key: Some("sk-hushhush-1234".to_owned().into()),
            prices: case["prices"].clone(),
            max_retries: case["max_retries"].as_u64().and_then(|count| count.try_into().ok()),
            fallbacks: case.get("other").map_or(Value::Null, |other| json!([{"base_url": other, "model": "spare"}])),
            ..Options::default()
        };
        let records = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (kept, written) = (Arc::clone(&records), Arc::clone(&lines));
        let client = Client::new(options)?.with_observer(move |notice| {
            if let Notice::Ended { record } = notice {
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(record.to_value());
            }
            written.lock().unwrap_or_else(PoisonError::into_inner).push(notice.to_string());
        });
        // The record has the error.
        let _failed = call(&client, case).await;
        let spans: Vec<Value> = keep
            .spans()
            .drain()
            .map(|(_, kept)| json!({"attributes": kept.fields, "events": kept.events, "is_closed": kept.is_closed}))
            .collect();
        let records = records.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let lines = lines.lock().unwrap_or_else(PoisonError::into_inner).clone();
        calls.insert(
            case["name"].as_str().unwrap_or_default().to_owned(),
            json!({"records": records, "lines": lines, "spans": spans}),
        );
    }
    println!("{}", json!({"calls": calls}));
    Ok(())
}
