//! Reading with the core's own parser.

use crate::json::{Mirror, Parser, sink};
use crate::prelude::*;
use crate::value::{Map, Value};

/// Reads the value that the text begins with, and tells how many bytes it took.
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
        Err(why) => Err(why.to_string()),
    }
}

/// Reads a value; else says why there is none.
pub(crate) fn parse(text: &str) -> Result<Value, String> {
    first(text, true).map(|(value, _)| value)
}

/// Reads the object that the text begins with, and tells how many bytes it took.
pub(crate) fn first_object(text: &str) -> Option<(Map, usize)> {
    match first(text, false) {
        Ok((Value::Object(fields), taken)) => Some((fields, taken)),
        _ => None,
    }
}

/// Whether a text is one JSON value.
pub(crate) fn is_json(text: &str) -> bool {
    parse(text).is_ok()
}

/// A value that looks like JSON, as `serde_json::json` makes it. Its text stands in the module and is read when it is wanted: code that
/// makes the same value member by member is several times as long. What isn't a literal stands for a slot in it.
macro_rules! json {
    (null) => { $crate::value::Value::Null };
    ({}) => { $crate::value::Value::Object($crate::value::Map::new()) };
    ({ $($members:tt)* }) => { $crate::json::json!(@m ["{"] [] $($members)* ; "}" end) };
    ([ $($items:tt)* ]) => { $crate::json::json!(@i ["["] [] $($items)* ; "]" end) };
    // All is read.
    (@end [$($text:expr)*] [$($slot:expr)*]) => {
        $crate::json::filled(concat!($($text),*), &mut [$( $crate::value::ToValue::to_value(&$slot) ),*])
    };
    // A container ends; what comes belongs to the one around it.
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
    // A member: its name, and then an item.
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

/// The value of a text, its slots filled.
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
