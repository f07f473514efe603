//! Parsing with the core's own parser.

use crate::json::{Mirror, Parser, sink};
use crate::prelude::*;
use crate::value::{Map, Value};

/// Parses the value at the start of a text; returns the number of bytes consumed. With `end`, nothing may follow.
fn first(text: &str, end: bool) -> Result<(Value, usize), String> {
    let (mut parser, mut mirror) = (Parser::default(), Mirror::default());
    let sink = sink(&mut mirror);
    let outcome = if end {
        parser.push(text, sink).and_then(|()| parser.finish(sink))
    } else {
        parser.read(text, sink).and_then(|_| parser.finish(sink))
    };
    match outcome {
        Ok(()) => Ok((mirror.into_value(), parser.consumed())),
        Err(reason) => Err(reason.to_string()),
    }
}

/// Parses a value. The error is a message.
pub(crate) fn parse(text: &str) -> Result<Value, String> {
    first(text, true).map(|(value, _)| value)
}

/// Parses the object at the start of a text; returns the number of bytes consumed.
pub(crate) fn first_object(text: &str) -> Option<(Map, usize)> {
    match first(text, false) {
        Ok((Value::Object(fields), taken)) => Some((fields, taken)),
        _ => None,
    }
}

/// Returns whether a text is a JSON value.
pub(crate) fn is_json(text: &str) -> bool {
    parse(text).is_ok()
}

/// Creates a value from JSON-like syntax, as `serde_json::json` does. The module contains the value as text, which is parsed at run time,
/// because code that builds it by member is several times larger. Expressions become slots in the text.
macro_rules! json {
    (null) => { $crate::value::Value::Null };
    ({}) => { $crate::value::Value::Object($crate::value::Map::new()) };
    ({ $($members:tt)* }) => { $crate::json::json!(@m ["{"] [] $($members)* ; "}" end) };
    ([ $($items:tt)* ]) => { $crate::json::json!(@i ["["] [] $($items)* ; "]" end) };
    // End of the input.
    (@end [$($text:expr)*] [$($slot:expr)*]) => {
        $crate::json::filled(concat!($($text),*), &mut [$( $crate::value::ToValue::to_value(&$slot) ),*])
    };
    // End of a container; the rest belongs to its parent.
    (@$mode:tt [$($text:expr)*] [$($slot:expr)*] ; $close:literal end) => {
        $crate::json::json!(@end [$($text)* $close] [$($slot)*])
    };
    (@$mode:tt [$($text:expr)*] [$($slot:expr)*] ; $close:literal $outer:tt , ; $($rest:tt)*) => {
        $crate::json::json!(@$outer [$($text)* $close] [$($slot)*] ; $($rest)*)
    };
    (@$mode:tt [$($text:expr)*] [$($slot:expr)*] ; $close:literal $outer:tt , $($rest:tt)*) => {
        $crate::json::json!(@$outer [$($text)* $close ","] [$($slot)*] $($rest)*)
    };
    (@$mode:tt [$($text:expr)*] [$($slot:expr)*] ; $close:literal $outer:tt ; $($rest:tt)*) => {
        $crate::json::json!(@$outer [$($text)* $close] [$($slot)*] ; $($rest)*)
    };
    // A member: its name, followed by an item.
    (@m [$($text:expr)*] [$($slot:expr)*] $name:literal : $($rest:tt)*) => {
        $crate::json::json!(@v m [$($text)* stringify!($name) ":"] [$($slot)*] $($rest)*)
    };
    (@i $text:tt $slot:tt $($rest:tt)*) => { $crate::json::json!(@v i $text $slot $($rest)*) };
    (@v $mode:tt [$($text:expr)*] [$($slot:expr)*] { $($inner:tt)* } $($rest:tt)*) => {
        $crate::json::json!(@m [$($text)* "{"] [$($slot)*] $($inner)* ; "}" $mode $($rest)*)
    };
    (@v $mode:tt [$($text:expr)*] [$($slot:expr)*] [ $($inner:tt)* ] $($rest:tt)*) => {
        $crate::json::json!(@i [$($text)* "["] [$($slot)*] $($inner)* ; "]" $mode $($rest)*)
    };
    (@v $mode:tt [$($text:expr)*] $slot:tt null , ; $($rest:tt)*) => {
        $crate::json::json!(@$mode [$($text)* "null"] $slot ; $($rest)*)
    };
    (@v $mode:tt [$($text:expr)*] $slot:tt null , $($rest:tt)*) => {
        $crate::json::json!(@$mode [$($text)* "null,"] $slot $($rest)*)
    };
    (@v $mode:tt [$($text:expr)*] $slot:tt null ; $($rest:tt)*) => {
        $crate::json::json!(@$mode [$($text)* "null"] $slot ; $($rest)*)
    };
    (@v $mode:tt [$($text:expr)*] $slot:tt $value:literal , ; $($rest:tt)*) => {
        $crate::json::json!(@$mode [$($text)* stringify!($value)] $slot ; $($rest)*)
    };
    (@v $mode:tt [$($text:expr)*] $slot:tt $value:literal , $($rest:tt)*) => {
        $crate::json::json!(@$mode [$($text)* stringify!($value) ","] $slot $($rest)*)
    };
    (@v $mode:tt [$($text:expr)*] $slot:tt $value:literal ; $($rest:tt)*) => {
        $crate::json::json!(@$mode [$($text)* stringify!($value)] $slot ; $($rest)*)
    };
    (@v $mode:tt [$($text:expr)*] [$($slot:expr)*] $value:expr , ; $($rest:tt)*) => {
        $crate::json::json!(@$mode [$($text)* "\"\\u0001\""] [$($slot)* $value] ; $($rest)*)
    };
    (@v $mode:tt [$($text:expr)*] [$($slot:expr)*] $value:expr , $($rest:tt)*) => {
        $crate::json::json!(@$mode [$($text)* "\"\\u0001\","] [$($slot)* $value] $($rest)*)
    };
    (@v $mode:tt [$($text:expr)*] [$($slot:expr)*] $value:expr ; $($rest:tt)*) => {
        $crate::json::json!(@$mode [$($text)* "\"\\u0001\""] [$($slot)* $value] ; $($rest)*)
    };
    ($value:expr) => { $crate::value::ToValue::to_value(&$value) };
}
pub(crate) use json;

/// Parses a text and fills its slots with values.
pub(crate) fn filled(text: &str, slots: &mut [Value]) -> Value {
    let mut value = parse(text).unwrap_or_default();
    fill(&mut value, &mut slots.iter_mut());
    value
}

fn fill(value: &mut Value, slots: &mut core::slice::IterMut<'_, Value>) {
    match value {
        Value::String(text) if text.as_str() == "\u{1}" => *value = slots.next().map(Value::take).unwrap_or_default(),
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, slots)),
        Value::Object(members) => members.values_mut().for_each(|member| fill(member, slots)),
        _ => {}
    }
}
