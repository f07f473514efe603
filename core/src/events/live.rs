//! The JSON texts of an answer, parsed while they stream: each text has one parser.
//!
//! Invariant: each byte is parsed once. A text that turns out not to be JSON is parsed no further; the value so far stays, and the end of the
//! answer reports the error.

use crate::config::Structured;
use crate::events::helper;
use crate::json::{Finder, Ops, Parser, Root, sink};
use crate::prelude::*;

/// The location of a text in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TextLocation {
    /// The content of a chat completion's choice, by the choice's index.
    Content(u64),
    /// The arguments of a tool call, by the indices of the choice and of the call.
    Call(u64, usize),
    /// The text or the arguments of a message's content block, by the block's index.
    Block(u64),
}

/// The parsers of an answer's texts.
#[derive(Debug, Default)]
pub(crate) struct LiveTexts {
    structured: Option<Structured>,
    /// A list, since there are few: one for the answer and one for each tool call.
    texts: Vec<(TextLocation, LiveText)>,
}

#[derive(Debug)]
struct LiveText {
    parser: Parser,
    /// Finds the value in an answer that may have other text around it. `None` for arguments.
    finder: Option<Finder>,
    ops: Ops,
    failed: bool,
}

impl LiveTexts {
    pub(crate) fn new(structured: Option<Structured>) -> Self {
        Self { structured, ..Self::default() }
    }

    /// Parses more of a text. Returns the operations on its value, or `None` if it isn't parsed.
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
            // Further events keep the last value.
            return Some((location, helper::Ops::default()));
        }
        let outcome = match &mut state.finder {
            Some(finder) => finder.push(text, &mut state.parser, sink(&mut state.ops)),
            None => state.parser.push(text, sink(&mut state.ops)),
        };
        state.failed = outcome.is_err();
        let ops = state.ops.take();
        // An event has a live value even if the text didn't change it.
        Some((location, ops))
    }
}
