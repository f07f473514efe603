//! The value parsed so far.
//!
//! Invariant: each call takes constant time. The value is always a prefix of the final value, which equals the result of `serde_json`.

use crate::prelude::*;
use crate::value::{self, Map, Value};

use super::{Literal, Sink};

/// Builds a value from the calls of a parser. Open containers are detached from their parents, so that no call starts at the root.
#[derive(Debug, Clone, Default)]
pub struct Mirror {
    open: Vec<Open>,
    /// The unfinished string.
    string: Option<String>,
    root: Option<Value>,
}

#[derive(Debug, Clone)]
enum Open {
    Array(Vec<Value>),
    /// The members so far, and the name of the next one.
    Object(Map<String, Value>, String),
}

impl Open {
    fn add(&mut self, value: Value) {
        match self {
            Self::Array(items) => items.push(value),
            Self::Object(members, name) => {
                members.insert(core::mem::take(name), value);
            }
        }
    }

    fn into_value(self) -> Value {
        match self {
            Self::Array(items) => items.into(),
            Self::Object(members, _) => Value::Object(members),
        }
    }
}

impl Mirror {
    /// Returns a copy of the value so far; null before it starts.
    pub fn value(&self) -> Value {
        self.clone().into_value()
    }

    /// Returns the value so far; null before it starts.
    pub fn into_value(mut self) -> Value {
        let mut inner = self.string.map(Value::from);
        while let Some(mut outer) = self.open.pop() {
            if let Some(value) = inner {
                outer.add(value);
            }
            inner = Some(outer.into_value());
        }
        self.root.or(inner).unwrap_or_default()
    }

    /// Takes the value if it is complete, so that another one can be built.
    pub fn take(&mut self) -> Option<Value> {
        self.root.take()
    }

    fn add(&mut self, value: Value) {
        match self.open.last_mut() {
            Some(open) => open.add(value),
            None => self.root = Some(value),
        }
    }
}

impl Sink for Mirror {
    fn object(&mut self) {
        self.open.push(Open::Object(Map::new(), String::new()));
    }

    fn array(&mut self) {
        self.open.push(Open::Array(Vec::new()));
    }

    fn key(&mut self, name: &str) {
        if let Some(Open::Object(_, next)) = self.open.last_mut() {
            name.clone_into(next);
        }
    }

    fn string(&mut self) {
        self.string = Some(String::new());
    }

    fn text(&mut self, more: &str) {
        if let Some(string) = &mut self.string {
            string.push_str(more);
        }
    }

    fn string_end(&mut self) {
        if let Some(string) = self.string.take() {
            self.add(string.into());
        }
    }

    fn number(&mut self, text: &str) {
        // The parser refuses numbers that are out of range.
        let number = value::number(text).map_or(Value::Null, Value::Number);
        self.add(number);
    }

    fn literal(&mut self, literal: Literal) {
        self.add(match literal {
            Literal::Null => Value::Null,
            Literal::True => Value::Bool(true),
            Literal::False => Value::Bool(false),
        });
    }

    fn close(&mut self) {
        if let Some(open) = self.open.pop() {
            self.add(open.into_value());
        }
    }
}
