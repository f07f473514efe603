//! JSON that is parsed while it streams: one parse for each text of an answer that is JSON.
//!
//! Law: each byte is parsed once. A text that turns out not to be JSON is told no further; what was told of it stands, and the end of
//! the answer says what was wrong.

use crate::config::Structured;
use crate::events::helper;
use crate::json::{Finder, Ops, Parser, Root, sink};
use crate::prelude::*;

/// Which text of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TextLocation {
    /// The content of a choice of a chat completion.
    Content(u64),
    /// The arguments of a choice's tool call.
    Call(u64, usize),
    /// The text, or the arguments, of a message's content block.
    Block(u64),
}

/// The parses of an answer.
#[derive(Debug, Default)]
pub(crate) struct LiveTexts {
    structured: Option<Structured>,
    /// Few: an answer has one, and each of its tool calls.
    texts: Vec<(TextLocation, LiveText)>,
}

#[derive(Debug)]
struct LiveText {
    parser: Parser,
    /// What may stand around the value of an answer; nothing around that of arguments.
    finder: Option<Finder>,
    ops: Ops,
    failed: bool,
}

impl LiveTexts {
    pub(crate) fn new(structured: Option<Structured>) -> Self {
        Self { structured, ..Self::default() }
    }

    /// Parses more of a location's text; the operations that it brings, if it is JSON.
    pub(crate) fn read(
        &mut self,
        location: TextLocation,
        is_arguments: bool,
        text: &str,
    ) -> Option<(TextLocation, helper::Ops)> {
        if !is_arguments && self.structured.is_none() {
            return None;
        }
        let root = self.structured.map_or(Root::Object, |structured| structured.root);
        let known = self.texts.iter().rposition(|(other, _)| *other == location).unwrap_or_else(|| {
            let finder = (!is_arguments).then(|| Finder::new(root));
            let text = LiveText { parser: Parser::default(), finder, ops: Ops::default(), failed: false };
            self.texts.push((location, text));
            self.texts.len() - 1
        });
        let (_, state) = self.texts.get_mut(known)?;
        if state.failed {
            // The last value stays the event's.
            return Some((location, helper::Ops::default()));
        }
        let outcome = match &mut state.finder {
            Some(finder) => finder.push(text, &mut state.parser, sink(&mut state.ops)),
            None => state.parser.push(text, sink(&mut state.ops)),
        };
        state.failed = outcome.is_err();
        let ops = state.ops.take();
        // The event has a live value as soon as the text may be one, even where nothing of it changed.
        Some((location, ops))
    }
}
