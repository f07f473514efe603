//! Options and other small structs out of JSON objects.
//!
//! Law: one reader for every language, made from the struct's own list of fields by [`fields!`]; it says which member is wrong and what
//! it has to be. Short code, since a derived reader for each struct is a large part of a wasm module.

use crate::prelude::*;
use crate::text::dialect::{Dialect, Name, containers};
use crate::text::{self, shortened};
use crate::value::{Map, Value, into_list, into_text};

/// What a member may be.
pub trait Field: Sized {
    /// In words.
    const WANTED: &'static str;

    /// Reads it, if it is of this kind.
    fn read(value: Value) -> Option<Self>;
}

/// A struct that is read from an object, its other fields being what they were.
pub trait Fields {
    /// Sets a field.
    ///
    /// # Errors
    ///
    /// What is wrong with it: another kind of value was wanted, or there is no such field.
    fn set(&mut self, name: &str, value: Value) -> Result<(), String>;
}

/// Sets all fields that an object has.
pub(crate) fn read(fields: &mut dyn Fields, members: Map<String, Value>) -> Result<(), String> {
    members.into_iter().try_for_each(|(name, value)| fields.set(&name, value))
}

/// Sets one field.
pub(crate) fn set<F: Field>(field: &mut F, name: &str, value: Value) -> Result<(), String> {
    *field = F::read(value).ok_or_else(|| wrong(name, F::WANTED))?;
    Ok(())
}

fn wrong(name: &str, wanted: &str) -> String {
    let (list, object) = containers();
    let wanted = match wanted {
        "a list" => list,
        "an object" => object,
        "a string" => kind(&Value::from("")),
        _ => wanted,
    };
    format!("{} must be {wanted}", Name(name))
}

/// The error of a member that the struct does not have; `known` are the names of those it has, each with a space after it.
pub(crate) fn unknown(name: &str, known: &str) -> Result<(), String> {
    let known = known.trim_end_matches(' ');
    let name = shortened(&Name(name).to_string());
    let mut why = format!("unknown option \"{name}\"");
    let part = |option: &&str| name.len() > 3 && text::contains(option, &name);
    if let Some(near) = text::nearest(&name, known).or_else(|| known.split(' ').find(part)) {
        why = format!("{why}; did you mean \"{}\"?", Name(near));
    }
    Err(why)
}

/// Reads the members of an object one by one. Keeps the last error until [`Reader::check`]: a branch at each member would be most of the code.
pub(crate) struct Reader {
    members: Map<String, Value>,
    wrong: Option<String>,
}

impl Reader {
    pub(crate) fn new(members: Map<String, Value>) -> Self {
        Self { members, wrong: None }
    }

    /// Takes a member; one that is absent or null has its default value.
    #[inline(never)]
    pub(crate) fn take<F: Field + Default>(&mut self, name: &str) -> F {
        let value = self.member(name);
        let is_absent = value.is_null();
        F::read(value).unwrap_or_else(|| {
            self.refuse(name, F::WANTED, is_absent);
            F::default()
        })
    }

    #[inline(never)]
    fn member(&mut self, name: &str) -> Value {
        self.members.shift_remove(name).unwrap_or_default()
    }

    #[inline(never)]
    fn refuse(&mut self, name: &str, wanted: &str, is_absent: bool) {
        if !is_absent {
            self.wrong = Some(wrong(name, wanted));
        }
    }

    /// Fails if a member was of the wrong type.
    pub(crate) fn check(&mut self) -> Result<(), String> {
        self.wrong.take().map_or(Ok(()), Err)
    }
}

/// Declares a struct that is read from an object. `open` structs may have members that no field stands for, and are read at once; others are
/// options, which a caller gives, and refuse unknown members.
macro_rules! fields {
    (open $(#[$meta:meta])* $visible:vis struct $name:ident { $( $(#[doc = $about:literal])* $shown:vis $field:ident : $kind:ty, )+ }) => {
        $(#[$meta])*
        $visible struct $name { $( $(#[doc = $about])* $shown $field: $kind, )+ }

        impl crate::value::fields::Field for $name {
            const WANTED: &'static str = "an object";

            fn read(value: crate::value::Value) -> Option<Self> {
                let crate::value::Value::Object(members) = value else { return None };
                let mut reader = crate::value::fields::Reader::new(members);
                let made = Self { $( $field: reader.take(stringify!($field)), )+ };
                reader.check().ok().map(|()| made)
            }
        }

        crate::value::fields::fields!(@deserialize $name);
        crate::value::shape::describe!($name { $( $field: $kind, ($($about)*) )+ });
    };
    ($(#[$meta:meta])* $visible:vis struct $name:ident { $( $(#[doc = $about:literal])* $shown:vis $field:ident : $kind:ty, )+ }) => {
        $(#[$meta])*
        $visible struct $name { $( $(#[doc = $about])* $shown $field: $kind, )+ }
        crate::value::fields::fields!(@options $name { $($field)+ });
        crate::value::shape::describe!($name { $( $field: $kind, ($($about)*) )+ });
    };
    (@options $name:ident { $($field:ident)+ }) => {
        impl crate::value::fields::Fields for $name {
            fn set(&mut self, name: &str, value: crate::value::Value) -> Result<(), String> {
                match name {
                    $( stringify!($field) => crate::value::fields::set(&mut self.$field, name, value), )+
                    _ => crate::value::fields::unknown(name, concat!($(stringify!($field), " "),+)),
                }
            }
        }

        impl crate::value::fields::Field for $name {
            const WANTED: &'static str = "an object";

            fn read(value: crate::value::Value) -> Option<Self> {
                let crate::value::Value::Object(members) = value else { return None };
                let mut made = Self::default();
                crate::value::fields::read(&mut made, members).ok().map(|()| made)
            }
        }

        crate::value::fields::fields!(@deserialize $name);
    };
    (@deserialize $name:ident) => {
        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let members = crate::value::Map::deserialize(deserializer)?;
                let read = <Self as crate::value::fields::Field>::read(members.into());
                read.ok_or_else(|| serde::de::Error::custom(concat!("not the members of ", stringify!($name))))
            }
        }
    };
}
pub(crate) use fields;

/// Declares an enum of words.
macro_rules! words {
    ($(#[$meta:meta])* $visible:vis enum $name:ident { $( $(#[$about:meta])* $variant:ident = $word:literal, )+ } $wanted:literal) => {
        $(#[$meta])*
        $visible enum $name { $( $(#[$about])* $variant, )+ }

        impl $name {
            /// Its name in JSON.
            pub fn word(self) -> &'static str {
                match self { $( Self::$variant => $word, )+ }
            }
        }

        #[cfg(feature = "schema")]
        impl crate::value::shape::Described for $name {
            fn shape() -> crate::value::shape::Shape {
                crate::value::shape::Shape::Words(&[$($word),+])
            }
        }

        impl crate::value::fields::Field for $name {
            const WANTED: &'static str = $wanted;

            fn read(value: crate::value::Value) -> Option<Self> {
                match value.as_str()? {
                    $( $word => Some(Self::$variant), )+
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use words;

impl<F: Field> Field for Option<F> {
    const WANTED: &'static str = F::WANTED;

    fn read(value: Value) -> Option<Self> {
        if value.is_null() { Some(None) } else { F::read(value).map(Some) }
    }
}

impl<F: Field> Field for Vec<F> {
    const WANTED: &'static str = "a list";

    fn read(value: Value) -> Option<Self> {
        let mut items = Vec::new();
        for item in into_list(value)? {
            items.push(F::read(item)?);
        }
        Some(items)
    }
}

impl Field for Value {
    const WANTED: &'static str = "a value";

    fn read(value: Value) -> Option<Self> {
        Some(value)
    }
}

impl Field for Map<String, Value> {
    const WANTED: &'static str = "an object";

    fn read(value: Value) -> Option<Self> {
        match value {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }
}

impl Field for String {
    const WANTED: &'static str = "a string";

    fn read(value: Value) -> Option<Self> {
        into_text(value)
    }
}

impl Field for bool {
    const WANTED: &'static str = "true or false";

    fn read(value: Value) -> Option<Self> {
        match value {
            Value::Bool(given) => Some(given),
            _ => None,
        }
    }
}

impl Field for f64 {
    const WANTED: &'static str = "a number";

    fn read(value: Value) -> Option<Self> {
        value.as_f64()
    }
}

impl Field for u32 {
    const WANTED: &'static str = "a whole number, not below 0";

    fn read(value: Value) -> Option<Self> {
        value.as_u64()?.try_into().ok()
    }
}

impl Field for usize {
    const WANTED: &'static str = "a whole number, not below 0";

    fn read(value: Value) -> Option<Self> {
        value.as_u64()?.try_into().ok()
    }
}

/// What kind of value it is: `a str`, `a string`.
pub(crate) fn kind(value: &Value) -> &'static str {
    let is_python = Dialect::current() == Dialect::Python;
    match value {
        Value::Null if is_python => "None",
        Value::Null => "null",
        Value::Bool(_) if is_python => "a bool",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) if is_python => "a str",
        Value::String(_) => "a string",
        Value::Array(_) => containers().0,
        Value::Object(_) => containers().1,
    }
}
