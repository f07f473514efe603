//! Collection of the values at a path, each as soon as it is complete.
//!
//! Invariant: builds values only at the path. Elsewhere it only counts open containers.

use crate::prelude::*;
use crate::value::Value;

use super::{Literal, Mirror, Sink};

/// A step of the path from the root to a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde-json", derive(serde::Serialize), serde(untagged))]
pub enum PathPart {
    /// The name of a member.
    Name(String),
    /// The index of an item.
    Index(usize),
}

#[derive(Debug, Clone)]
enum Segment {
    /// Any item of an array.
    Each,
    /// The name of a member, or an item's index if the text is a number.
    One(String, Option<usize>),
}

#[derive(Debug, Clone)]
enum Level {
    /// The number of items that have started.
    Array(usize),
    /// The name of the current member.
    Object(String),
}

/// The relation of a starting value to the path.
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
    /// The open containers along the path.
    open: Vec<Level>,
    /// The number of open containers outside the path.
    outside: usize,
    collecting: bool,
    mirror: Mirror,
    done: Vec<(Vec<PathPart>, Value)>,
}

impl Elements {
    /// Creates a collector for the values at `path`: member names, item indices, or `*` for any item of an array, separated by dots, as
    /// in `steps.*`. An empty path selects the items of the root array. Duplicate members are all collected.
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

    /// Takes the values completed since the last call, with their paths, in order of completion.
    pub fn take(&mut self) -> Vec<(Vec<PathPart>, Value)> {
        core::mem::take(&mut self.done)
    }

    /// Classifies the value that starts now.
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

    /// Forwards a call to the collected value, and stores the value if the call completes it.
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
