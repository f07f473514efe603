//! The events of a stream, derived from repaired items.
//!
//! `event`: one type for every format. `helper`: the events of `.stream()`, as the official clients name them. `live`: JSON in a text of the
//! answer, parsed while it streams.

mod encoder;
pub mod event;
pub mod helper;
pub mod live;

pub use encoder::{EventEncoder, View};
pub use event::Event;
