//! The parts of a value that stand at a path, each as soon as it is complete.
//!
//! Law: builds values only at the path; outside it counts what is open.

use crate::prelude::*;
use crate::value::Value;

use super::{Literal, Mirror, Sink};

/// One step of the way from the root to a part.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(untagged))]
pub enum PathPart {
    /// A member of an object.
    Name(String),
    /// An item of an array.
    Index(usize),
}

#[derive(Debug, Clone)]
enum Segment {
    /// Each item of an array.
    Each,
    /// A member's name, or an item's index if it is one.
    One(String, Option<usize>),
}

#[derive(Debug, Clone)]
enum Level {
    /// How many items began.
    Array(usize),
    /// The member that is read.
    Object(String),
}

/// Where a value stands that begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Collected,
    Ancestor,
    Outside,
}

/// Collects the complete values at a path.
#[derive(Debug, Clone)]
pub struct Elements {
    path: Vec<Segment>,
    /// The open containers on the way to the path.
    open: Vec<Level>,
    /// How many are open beside it.
    outside: usize,
    collecting: bool,
    mirror: Mirror,
    done: Vec<(Vec<PathPart>, Value)>,
}

impl Elements {
    /// A reader of the values at `path`: names of members, indices of items, or `*` for each item of an array, with dots between
    /// them, as in `steps.*`. An empty path is that of the root array's items. A member that comes twice is told twice.
    pub fn new(path: &str) -> Self {
        let path = if path.is_empty() { "*" } else { path };
        let path = path.split('.').map(|part| match part {
            "*" => Segment::Each,
            _ => Segment::One(part.to_owned(), part.parse().ok()),
        });
        Self {
            path: path.collect(),
            open: Vec::new(),
            outside: 0,
            collecting: false,
            mirror: Mirror::default(),
            done: Vec::new(),
        }
    }

    /// The values that were completed since the last time, in their order, and where each of them stands.
    pub fn take(&mut self) -> Vec<(Vec<PathPart>, Value)> {
        core::mem::take(&mut self.done)
    }

    /// Where the value stands that begins now.
    fn begin_value(&mut self) -> Relation {
        if self.collecting {
            return Relation::Collected;
        }
        if self.outside > 0 {
            return Relation::Outside;
        }
        let depth = self.open.len();
        let Some(level) = self.open.last_mut() else { return Relation::Ancestor };
        let fits = match (level, self.path.get(depth - 1)) {
            (Level::Array(count), segment) => {
                *count += 1;
                match segment {
                    Some(Segment::Each) => true,
                    Some(Segment::One(_, Some(index))) => *index == *count - 1,
                    _ => false,
                }
            }
            (Level::Object(name), Some(Segment::One(wanted, _))) => name == wanted,
            _ => false,
        };
        match fits {
            true if depth == self.path.len() => {
                self.collecting = true;
                Relation::Collected
            }
            true => Relation::Ancestor,
            false => Relation::Outside,
        }
    }

    fn container(&mut self, level: Level, apply: impl FnOnce(&mut Mirror)) {
        match self.begin_value() {
            Relation::Collected => apply(&mut self.mirror),
            Relation::Ancestor => self.open.push(level),
            Relation::Outside => self.outside += 1,
        }
    }

    /// Tells the value that is collected, if one is, and puts it to the others when that completes it.
    fn collect(&mut self, apply: impl FnOnce(&mut Mirror)) {
        apply(&mut self.mirror);
        if let Some(value) = self.mirror.take() {
            let path = self.open.iter().map(|level| match level {
                Level::Array(count) => PathPart::Index(count - 1),
                Level::Object(name) => PathPart::Name(name.clone()),
            });
            self.done.push((path.collect(), value));
            self.collecting = false;
        }
    }
}

impl Sink for Elements {
    fn object(&mut self) {
        self.container(Level::Object(String::new()), Mirror::object);
    }

    fn array(&mut self) {
        self.container(Level::Array(0), Mirror::array);
    }

    fn key(&mut self, name: &str) {
        if self.collecting {
            self.mirror.key(name);
        } else if let (0, Some(Level::Object(last))) = (self.outside, self.open.last_mut()) {
            name.clone_into(last);
        }
    }

    fn string(&mut self) {
        if self.begin_value() == Relation::Collected {
            self.mirror.string();
        }
    }

    fn text(&mut self, more: &str) {
        if self.collecting {
            self.mirror.text(more);
        }
    }

    fn string_end(&mut self) {
        if self.collecting {
            self.collect(Mirror::string_end);
        }
    }

    fn number(&mut self, text: &str) {
        if self.begin_value() == Relation::Collected {
            self.collect(|mirror| mirror.number(text));
        }
    }

    fn literal(&mut self, literal: Literal) {
        if self.begin_value() == Relation::Collected {
            self.collect(|mirror| mirror.literal(literal));
        }
    }

    fn close(&mut self) {
        if self.collecting {
            self.collect(Mirror::close);
        } else if self.outside > 0 {
            self.outside -= 1;
        } else {
            self.open.pop();
        }
    }
}
