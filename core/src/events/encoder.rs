//! Encodes the items of a stream as events, in the view that the caller chose.

use crate::config::Structured;
use crate::events::event::{Event, EventReader};
use crate::events::helper::{HelperEvent, HelperReader};
use crate::prelude::*;
use crate::wire::Batch;

/// Encodes the items of a stream as events. A stream has one encoder, since events depend on the items before them.
#[derive(Debug, Default)]
pub struct EventEncoder {
    reader: EventReader,
    helper: HelperReader,
}

/// The kind of events that a stream is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The events of [`crate::events::event`], the same for every format.
    Normal,
    /// The events of [`crate::events::helper`], with the names that the official clients use.
    Helper,
}

impl View {
    /// The view that a host names: `helper`, otherwise normal events.
    pub fn from_name(name: &str) -> Self {
        if name == "helper" { Self::Helper } else { Self::Normal }
    }

    /// The view with the number that JavaScript uses, which is cheaper to pass than a name; `None` for the items themselves.
    pub fn from_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Normal),
            2 => Some(Self::Helper),
            _ => None,
        }
    }
}

impl EventEncoder {
    pub(crate) fn new(structured: Option<Structured>) -> Self {
        Self { reader: EventReader::default(), helper: HelperReader::new(structured) }
    }

    /// Encodes a batch as the events of [`crate::events::event`].
    fn normal(&mut self, batch: &Batch) -> Vec<Event> {
        let mut events = Vec::new();
        for item in &batch.items {
            self.reader.read(item, &mut events);
        }
        events
    }

    /// Encodes a batch as the events of `view`.
    pub fn encode(&mut self, batch: Batch, view: View) -> Vec<HelperEvent> {
        if view == View::Normal {
            return self.normal(&batch).iter().map(|event| HelperEvent::Event(event.to_value())).collect();
        }
        let mut events = Vec::new();
        for item in batch.items {
            self.helper.read(item, &mut events);
        }
        events
    }
}
