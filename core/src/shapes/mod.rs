//! Exact types for the fields that [`crate::wire`] keeps open, for the type checkers of other languages.
//!
//! Invariant: only the type generators read these types; nothing is created, sent or decoded with them. The wire types stay open because
//! providers add fields. These types follow the standards, so that an editor completes a message's fields and a checker narrows an event by its
//! `type`.
//!
//! A struct with the name of a wire type has more exact types for its fields; an enum with such a name lists all its values. Names, values and
//! docs of the fields are those of the APIs.

#![allow(missing_docs, dead_code, clippy::large_enum_variant)]

mod chat;
mod events;
mod messages;

use schemars::JsonSchema;

pub use chat::*;
pub use events::*;
pub use messages::*;

/// One of two types, without a name of its own.
#[derive(JsonSchema)]
#[schemars(inline, untagged)]
pub enum Or<A, B> {
    A(A),
    B(B),
}

/// Declares objects: each field with its doc, its type, and its possible texts.
macro_rules! shapes {
    ($( $(#[doc = $doc:literal])+ $name:ident { $(
        $(#[doc = $about:literal])* $field:ident: $kind:ty $(= $($value:literal)|+)?,
    )* } )+) => { $(
        $(#[doc = $doc])+
        #[derive(schemars::JsonSchema)]
        pub struct $name { $(
            $(#[doc = $about])*
            $( #[schemars(extend("enum" = [$($value),+]))] )?
            pub $field: $kind,
        )* }
    )+ };
}

/// Declares unions of types.
macro_rules! unions {
    ($( $(#[doc = $doc:literal])+ $name:ident = $($kind:ident)|+; )+) => { $(
        $(#[doc = $doc])+
        #[derive(schemars::JsonSchema)]
        #[schemars(untagged)]
        pub enum $name { $( $kind($kind), )+ }
    )+ };
}

pub(crate) use {shapes, unions};
