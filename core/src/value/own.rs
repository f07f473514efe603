//! The core's own values.
//!
//! Law: what the core uses of `serde_json`'s values, under the same names; numbers stay as they were written.

use core::fmt;
use core::time::Duration;

pub(crate) use super::map::Map;
use super::write;
use crate::prelude::*;
use crate::text;
use crate::text::number::decimal;

/// A JSON value. Two words: see [`Map`].
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
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
    /// Any other, as it was written.
    Other(String),
}

impl Number {
    /// The number, if it is whole and not negative.
    #[inline(never)]
    pub fn as_u64(&self) -> Option<u64> {
        match &*self.0 {
            Kind::Unsigned(number) => Some(*number),
            Kind::Other(_) => None,
        }
    }

    /// The number, if it is whole.
    pub fn as_i64(&self) -> Option<i64> {
        match &*self.0 {
            Kind::Unsigned(number) => i64::try_from(*number).ok(),
            // One that is not negative is `Unsigned`.
            Kind::Other(text) => 0_i64.checked_sub_unsigned(text.strip_prefix('-')?.parse().ok()?),
        }
    }

    /// The number.
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

/// A number of JSON's grammar, unless it is beyond what a double holds.
pub(crate) fn number(text: &str) -> Option<Number> {
    if let Ok(number) = text.parse() {
        return Some(Number(Box::new(Kind::Unsigned(number))));
    }
    decimal(text).filter(|number| number.is_finite()).map(|_| Number(Box::new(Kind::Other(text.to_owned()))))
}

/// A duration in seconds.
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
    /// A member of an object.
    pub fn get(&self, index: impl Index) -> Option<&Value> {
        index.index_into(self)
    }

    /// A member of an object.
    pub fn get_mut(&mut self, index: impl Index) -> Option<&mut Value> {
        index.index_into_mut(self)
    }

    /// The value at a JSON pointer.
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

    /// The value, in whose position null stays.
    pub fn take(&mut self) -> Value {
        core::mem::take(self)
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is a whole one.
    #[inline(never)]
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Value::Number(number) => number.as_u64(),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Number(number) => number.as_f64(),
            _ => None,
        }
    }

    /// The list, if it is one.
    #[inline(never)]
    pub fn as_array(&self) -> Option<&Vec<Value>> {
        match self {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The object, if it is one.
    #[inline(never)]
    pub fn as_object(&self) -> Option<&Map> {
        match self {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The object, if it is one.
    #[inline(never)]
    pub fn as_object_mut(&mut self) -> Option<&mut Map> {
        match self {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Whether it is a text.
    pub fn is_string(&self) -> bool {
        matches!(self, Value::String(_))
    }

    /// Whether it is a number.
    pub fn is_number(&self) -> bool {
        matches!(self, Value::Number(_))
    }

    /// Whether it is a list.
    pub fn is_array(&self) -> bool {
        matches!(self, Value::Array(_))
    }

    /// Whether it is an object.
    pub fn is_object(&self) -> bool {
        matches!(self, Value::Object(_))
    }
}

/// The name of a member, or the position of an item.
pub trait Index {
    /// The value there.
    fn index_into(self, value: &Value) -> Option<&Value>;
    /// The value there.
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

/// What can be a value.
pub trait ToValue {
    /// The value.
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

/// Literals.
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
