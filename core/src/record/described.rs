//! The types of a record's members, for the generators of types in other languages.
//!
//! Invariant: only the generators use it; the members are those that `to_value` writes.

use std::vec;
use std::vec::Vec;

use super::{CallOutcome, RecordedAttempt};
use crate::value::shape::{Described, DescribedFields, Member, Shape};

/// What a record's `items` counts.
pub(super) struct Unit;

impl Described for Unit {
    fn shape() -> Shape {
        Shape::Words(&["chunks", "events"])
    }
}

impl Described for CallOutcome {
    fn shape() -> Shape {
        Shape::Words(&["complete", "failed", "cancelled", "closed"])
    }
}

/// The member that a recorded attempt has besides those of `Attempt`.
impl DescribedFields for RecordedAttempt {
    fn members() -> Vec<Member> {
        let about =
            "When the attempt began to wait for the client's rate limits, in milliseconds since the start of the call.";
        vec![Member::new("started_ms", about, f64::shape())]
    }
}

impl Described for RecordedAttempt {
    fn shape() -> Shape {
        Shape::Named("RecordedAttempt", Self::members)
    }
}
