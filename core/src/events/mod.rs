//! The events of a stream, derived from repaired items.
//!
//! `event`: one type for every format. `helper`: the events of `.stream()`, with the names of the official clients. `live`: JSON texts of an
//! answer, parsed while they stream. `encoder`: items as the events of either view.

mod encoder;
pub mod event;
pub mod helper;
pub mod live;

pub use encoder::{EventEncoder, View};
pub use event::Event;
