//! The operations that other languages call: a name and JSON text in, JSON text out.
//!
//! One table for each group, declared with `operations!`. A table declares the types of inputs and outputs, from which `cargo xtask codegen`
//! writes the signatures of Python and TypeScript. A page loads each group when it first needs it.

pub mod answers;
pub mod client;
pub mod conversation;
pub mod extra;
#[cfg(feature = "catalog")]
pub mod native;

use crate::conversation::Next;
use crate::conversation::run::NextStepKind;
use crate::error::{Error, ErrorKind, invalid_option};
use crate::json::parse_object;
use crate::prelude::*;
use crate::structured::Plan;
use crate::tools::run::{StepKind, ToolRun};
use crate::tools::{Call, Outcome};
use crate::value::fields::{Reader, fields};
use crate::value::{Map, Members, Value};
use crate::wire::Format;

/// A value that an operation returns.
trait Output {
    /// Its JSON value; `None` if the member is left out.
    fn write(self) -> Option<Value>;
}

macro_rules! outputs {
    ($($kind:ty: $value:ident => $json:expr;)+) => { $(
        impl Output for $kind {
            fn write(self) -> Option<Value> {
                let $value = self;
                Some($json)
            }
        }
    )+ };
}

fields! {
    open
    /// The answer of a choice.
    #[derive(Debug, Default)]
    struct Answer {
        /// The value; absent if the model refused or called a tool instead.
        value: Option<Value>,
    }
}

outputs! {
    Value: value => value;
    Map<String, Value>: members => members.into();
    String: text => text.into();
    &'static str: text => text.into();
    bool: truth => truth.into();
    u64: number => number.into();
    ToolRun: run => run.to_value();
    Plan: plan => plan.to_value();
    Call: call => call.to_value();
    Outcome: outcome => outcome.to_value();
    StepKind: kind => kind.word().into();
    NextStepKind: kind => kind.word().into();
    Next: next => next.word().into();
    Format: format => format.word().into();
    Answer: answer => {
        let mut members = Map::new();
        put(&mut members, "value", answer.value);
        members.into()
    };
}

impl<T: Output> Output for Option<T> {
    fn write(self) -> Option<Value> {
        self.and_then(T::write)
    }
}

impl<T: Output> Output for Vec<T> {
    fn write(self) -> Option<Value> {
        Some(self.into_iter().filter_map(T::write).collect())
    }
}

/// A reader of an input's members.
fn reader(input: &str) -> Result<Reader, Error> {
    parse_object(input).map(Reader::new).map_err(|why| invalid_option(&why))
}

/// Fails if a member of the input was of the wrong type. Pure operations run with its default value before: a check in each of them would be a
/// noticeable part of a page's module.
fn check(given: &mut Reader) -> Result<(), Error> {
    given.check().map_err(|why| invalid_option(&why))
}

fn put(members: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        members.set(name, value);
    }
}

/// Executes an operation of the groups `answers`, `client`, `extra` and `native`.
///
/// # Errors
///
/// Those of the operation.
#[cfg(feature = "catalog")]
pub fn operation(name: &str, input: &str) -> Result<String, Error> {
    if answers::NAMES.contains(&name) {
        answers::operation(name, input)
    } else if extra::NAMES.contains(&name) {
        extra::operation(name, input)
    } else if native::NAMES.contains(&name) {
        native::operation(name, input)
    } else {
        client::operation(name, input)
    }
}

fn unknown(name: &str) -> Error {
    Error::new(ErrorKind::Configuration, format!("unknown operation \"{name}\""))
}

/// The signature of an operation.
#[cfg(feature = "schema")]
#[derive(Debug)]
pub struct Operation {
    /// Its name.
    pub name: &'static str,
    /// Its documentation.
    pub doc: String,
    /// The members of its input.
    pub input: Vec<crate::value::shape::Member>,
    /// The members of its output.
    pub output: Vec<crate::value::shape::Member>,
}

/// Declares a group of operations: the members that its inputs have, and each operation with the members that it takes (`required; optional`),
/// those that it returns, and its body, which gives them as a tuple.
macro_rules! operations {
    (
        $(#[doc = $about:literal])+
        fn operation($($context:ident: $context_kind:ty)?);
        inputs { $( $(#[doc = $field_doc:literal])+ $field:ident: $kind:ty, )+ }
        $(
            $(#[doc = $doc:literal])+
            $name:ident($($required:ident),* $(; $($optional:ident),+)?) -> { $($output:ident: $output_kind:ty),* } $body:block
        )+
    ) => {
        /// Readers of the members that inputs have. Each operation reads its own: a struct of all members would be a large part of a page's
        /// module.
        mod input {
            use super::*;

            $(
                $(#[doc = $field_doc])+
                #[inline(always)]
                pub(super) fn $field(given: &mut Reader) -> $kind {
                    given.take(stringify!($field))
                }
            )+
        }

        /// Whether the operations change something, so that a wrong input must be refused before.
        const CHANGES_STATE: bool = !concat!("", $(stringify!($context))?).is_empty();

        $(#[doc = $about])+
        ///
        /// # Errors
        ///
        /// Those of the operation; [`crate::ErrorKind::Configuration`] for an unknown operation and for an input of the wrong type.
        pub fn operation($($context: $context_kind,)? name: &str, input: &str) -> Result<String, Error> {
            let mut given = super::reader(input)?;
            let mut members = Map::new();
            match name {
                $( stringify!($name) => {
                    $( let $required = input::$required(&mut given); )*
                    $($( let $optional = input::$optional(&mut given); )+)?
                    if CHANGES_STATE {
                        super::check(&mut given)?;
                    }
                    let ($($output,)*): ($($output_kind,)*) = $body;
                    $( super::put(&mut members, stringify!($output), super::Output::write($output)); )*
                } )+
                _ => return Err(super::unknown(name)),
            }
            super::check(&mut given)?;
            Ok(Value::from(members).to_string())
        }

        /// The names of the operations.
        pub const NAMES: &[&str] = &[$(stringify!($name)),+];

        /// The signatures of the operations.
        #[cfg(feature = "schema")]
        pub fn signatures() -> Vec<super::Operation> {
            use crate::value::shape::{Described, Member};
            let inputs = [
                $( Member::new(stringify!($field), concat!($($field_doc, "\n"),+), <$kind as Described>::shape()), )+
            ];
            let input = |name: &str, is_required: bool| -> Vec<Member> {
                let known = inputs.iter().filter(|member| member.name == name);
                known.cloned().map(|member| Member { is_required, ..member }).collect()
            };
            vec![ $( super::Operation {
                name: stringify!($name),
                doc: concat!($($doc, "\n"),+).to_owned(),
                input: [
                    $(input(stringify!($required), true),)*
                    $($(input(stringify!($optional), false),)+)?
                    Vec::<Member>::new(),
                ]
                .concat(),
                output: vec![$( Member::new(stringify!($output), "", <$output_kind as Described>::shape()), )*],
            }, )+ ]
        }
    };
}
use operations;
