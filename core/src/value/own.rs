//! The core's own JSON values, used without the feature `serde-json`.
//!
//! Invariant: the subset of `serde_json`'s value API that the core uses, with the same names. Numbers keep their text.

use core::fmt;
use core::time::Duration;

pub(crate) use super::map::Map;
use super::write;
use crate::prelude::*;
use crate::text;
use crate::text::number::decimal;

/// A JSON value. Its size is two words, see [`Map`].
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    String(Box<String>),
    /// A list.
    Array(Box<Vec<Value>>),
    /// An object.
    Object(Map),
}

/// A number.
#[derive(Debug, Clone, PartialEq)]
pub struct Number(Box<Kind>);

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Unsigned(u64),
    /// Any other number, as written.
    Other(String),
}

impl Number {
    /// Returns the number if it is a non-negative integer.
    #[inline(never)]
    pub fn as_u64(&self) -> Option<u64> {
        match &*self.0 {
            Kind::Unsigned(number) => Some(*number),
            Kind::Other(_) => None,
        }
    }

    /// Returns the number if it is an integer.
    pub fn as_i64(&self) -> Option<i64> {
        match &*self.0 {
            Kind::Unsigned(number) => i64::try_from(*number).ok(),
            // Non-negative integers are always `Unsigned`.
            Kind::Other(text) => 0_i64.checked_sub_unsigned(text.strip_prefix('-')?.parse().ok()?),
        }
    }

    /// Returns the number as a double.
    pub fn as_f64(&self) -> Option<f64> {
        match &*self.0 {
            #[expect(clippy::cast_precision_loss, reason = "that is what a double is")]
            Kind::Unsigned(number) => Some(*number as f64),
            Kind::Other(text) => decimal(text),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::Unsigned(number) => number.fmt(f),
            Kind::Other(text) => f.write_str(text),
        }
    }
}

/// Parses a JSON number; `None` if it exceeds the range of a double.
pub(crate) fn number(text: &str) -> Option<Number> {
    if let Ok(number) = text.parse() {
        return Some(Number(Box::new(Kind::Unsigned(number))));
    }
    decimal(text).filter(|number| number.is_finite()).map(|_| Number(Box::new(Kind::Other(text.to_owned()))))
}

/// Converts a duration to seconds.
pub(crate) fn seconds(duration: Duration) -> Value {
    Value::Number(Number(Box::new(Kind::Other(format!("{}.{:09}", duration.as_secs(), duration.subsec_nanos())))))
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Vec::new();
        write::value(&mut out, self);
        f.write_str(&write::text(out))
    }
}

impl Value {
    /// Returns a member of an object, or an item of a list.
    pub fn get(&self, index: impl Index) -> Option<&Value> {
        index.index_into(self)
    }

    /// Returns a member of an object, or an item of a list, for modification.
    pub fn get_mut(&mut self, index: impl Index) -> Option<&mut Value> {
        index.index_into_mut(self)
    }

    /// Returns the value at a JSON pointer.
    pub fn pointer(&self, pointer: &str) -> Option<&Value> {
        if pointer.is_empty() {
            return Some(self);
        }
        pointer.strip_prefix('/')?.split('/').try_fold(self, |value, part| match value {
            Value::Object(fields) if part.contains('~') => {
                fields.get(&text::replace(&text::replace(part, "~1", "/"), "~0", "~"))
            }
            Value::Object(fields) => fields.get(part),
            Value::Array(items) => items.get(usize::try_from(part.parse::<u64>().ok()?).ok()?),
            _ => None,
        })
    }

    /// Takes the value, leaving null.
    pub fn take(&mut self) -> Value {
        core::mem::take(self)
    }

    /// Returns the string, if the value is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the non-negative integer, if the value is one.
    #[inline(never)]
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Value::Number(number) => number.as_u64(),
            _ => None,
        }
    }

    /// Returns the number, if the value is one.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Number(number) => number.as_f64(),
            _ => None,
        }
    }

    /// Returns the list, if the value is one.
    #[inline(never)]
    pub fn as_array(&self) -> Option<&Vec<Value>> {
        match self {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// Returns the object, if the value is one.
    #[inline(never)]
    pub fn as_object(&self) -> Option<&Map> {
        match self {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }

    /// Returns the object for modification, if the value is one.
    #[inline(never)]
    pub fn as_object_mut(&mut self) -> Option<&mut Map> {
        match self {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }

    /// Returns whether the value is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Returns whether the value is a string.
    pub fn is_string(&self) -> bool {
        matches!(self, Value::String(_))
    }

    /// Returns whether the value is a number.
    pub fn is_number(&self) -> bool {
        matches!(self, Value::Number(_))
    }

    /// Returns whether the value is a list.
    pub fn is_array(&self) -> bool {
        matches!(self, Value::Array(_))
    }

    /// Returns whether the value is an object.
    pub fn is_object(&self) -> bool {
        matches!(self, Value::Object(_))
    }
}

/// An index into a value: the name of a member or the position of an item.
pub trait Index {
    /// Returns the value at the index.
    fn index_into(self, value: &Value) -> Option<&Value>;
    /// Returns the value at the index for modification.
    fn index_into_mut(self, value: &mut Value) -> Option<&mut Value>;
}

impl Index for &str {
    fn index_into(self, value: &Value) -> Option<&Value> {
        value.as_object()?.get(self)
    }

    fn index_into_mut(self, value: &mut Value) -> Option<&mut Value> {
        value.as_object_mut()?.get_mut(self)
    }
}

impl Index for usize {
    fn index_into(self, value: &Value) -> Option<&Value> {
        value.as_array()?.get(self)
    }

    fn index_into_mut(self, value: &mut Value) -> Option<&mut Value> {
        match value {
            Value::Array(items) => items.get_mut(self),
            _ => None,
        }
    }
}

impl PartialEq<str> for Value {
    #[inline(never)]
    fn eq(&self, other: &str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<&str> for Value {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl PartialEq<String> for Value {
    fn eq(&self, other: &String) -> bool {
        *self == **other
    }
}

/// A type that can be converted to a value.
pub trait ToValue {
    /// Converts to a value.
    fn to_value(&self) -> Value;
}

macro_rules! from {
    ($($kind:ty: $input:ident => $value:expr,)+) => { $(
        impl From<$kind> for Value {
            #[inline(never)]
            fn from($input: $kind) -> Self { $value }
        }
        impl ToValue for $kind {
            #[inline(never)]
            fn to_value(&self) -> Value { Value::from(self.clone()) }
        }
    )+ };
}

from! {
    bool: input => Value::Bool(input),
    u16: input => u64::from(input).into(),
    u32: input => u64::from(input).into(),
    u64: input => Value::Number(Number(Box::new(Kind::Unsigned(input)))),
    usize: input => (input as u64).into(),
    i64: input => match u64::try_from(input) {
        Ok(input) => input.into(),
        Err(_) => Value::Number(Number(Box::new(Kind::Other(input.to_string())))),
    },
    String: input => Value::String(Box::new(input)),
    &str: input => input.to_owned().into(),
    Map: input => Value::Object(input),
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Value::Array(Box::new(items))
    }
}

impl<T: ToValue> ToValue for Vec<T> {
    fn to_value(&self) -> Value {
        self.iter().map(ToValue::to_value).collect()
    }
}

/// Integer literals.
impl ToValue for i32 {
    fn to_value(&self) -> Value {
        i64::from(*self).into()
    }
}

impl FromIterator<Value> for Value {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        items.into_iter().collect::<Vec<_>>().into()
    }
}

impl ToValue for Value {
    fn to_value(&self) -> Value {
        self.clone()
    }
}

impl<T: ToValue> ToValue for &T {
    fn to_value(&self) -> Value {
        (**self).to_value()
    }
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, ToValue::to_value)
    }
}
