//! Exact shapes of what the types of [`crate::wire`] hold loosely, for the type checkers of other languages.
//!
//! Law: read by the generators of types alone; nothing is made of them, sent or decoded. The wire types stay open, since providers are:
//! these say what the standards say, so that an editor completes a message's fields and a checker narrows an event by its `type`.
//!
//! A struct with the name of a wire type tells that type's fields more exactly; an enum with such a name is all that it may be.
//! Field names, values and docs are those of the APIs.

#![allow(missing_docs, dead_code, clippy::large_enum_variant)]

mod chat;
mod events;
mod messages;

use schemars::JsonSchema;

pub use chat::*;
pub use events::*;
pub use messages::*;

/// One or the other, with no name of its own.
#[derive(JsonSchema)]
#[schemars(inline, untagged)]
pub enum Or<A, B> {
    A(A),
    B(B),
}

/// Objects, each field with its doc, its type, and the texts that it may be.
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

/// Types that are one of several.
macro_rules! unions {
    ($( $(#[doc = $doc:literal])+ $name:ident = $($kind:ident)|+; )+) => { $(
        $(#[doc = $doc])+
        #[derive(schemars::JsonSchema)]
        #[schemars(untagged)]
        pub enum $name { $( $kind($kind), )+ }
    )+ };
}

pub(crate) use {shapes, unions};
