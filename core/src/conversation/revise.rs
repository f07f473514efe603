//! Undo, edits and copies of a conversation.
//!
//! Invariant: after every change the turns still alternate, and the totals still include removed answers.

use crate::value::{Members, Value};

use super::{Conversation, Next, Totals, refused, turns};
use crate::error::Error;

impl Conversation {
    /// Removes the last question and everything after it, and returns its content; `None` without a question.
    pub fn undo(&mut self) -> Option<Value> {
        let index = self.turns.iter().rposition(|turn| turns::role(turn) == "user")?;
        self.resumes = false;
        let removed = self.turns.get_mut(index).and_then(|turn| turn.shift_remove("content"));
        self.turns.truncate(index);
        removed
    }

    /// Replaces the content of a user's or a model's turn, and removes everything after it.
    ///
    /// # Errors
    ///
    /// Fails if there is no such turn, if it contains results, or if the content is neither a text nor parts.
    pub fn edit(&mut self, at: i64, content: Value) -> Result<(), Error> {
        let content = turns::content(content)?;
        let index = self.index(at)?;
        let format = self.settings.format;
        let Some(turn) = self.turns.get_mut(index) else { return Ok(()) };
        match turns::role(turn) {
            "user" => {
                turn.set("content", content);
                turn.set("format", format.word());
            }
            "assistant" => *turn = turns::edited(turn, content, format),
            _ => {
                return Err(refused(format!(
                    "turn {index} has results of tools: edit the question before it, or the answer after it"
                )));
            }
        }
        self.turns.truncate(index + 1);
        self.resumes = false;
        Ok(())
    }

    /// Returns a copy with the turns before `at`, or with all of them. Its totals start at zero.
    ///
    /// # Errors
    ///
    /// Fails if there is no such turn.
    pub fn fork(&self, at: Option<i64>) -> Result<Self, Error> {
        let length = self.turns.len();
        let at = match at {
            None => length,
            Some(at) if usize::try_from(at).is_ok_and(|at| at == length) => length,
            Some(at) => self.index(at)?,
        };
        let mut fork = self.clone();
        fork.turns.truncate(at);
        fork.totals = Totals::default();
        fork.resumes = false;
        Ok(fork)
    }

    /// Returns the index of a turn; negative numbers count from the end.
    fn index(&self, at: i64) -> Result<usize, Error> {
        let length = self.turns.len();
        let index = if at < 0 {
            usize::try_from(-at).ok().and_then(|back| length.checked_sub(back))
        } else {
            usize::try_from(at).ok()
        };
        index
            .filter(|index| *index < length)
            .ok_or_else(|| refused(format!("there is no turn {at}: the conversation has {length}")))
    }

    /// Drops the last answer, also an incomplete one, so that the same request is made again. Results of tools stay. Does nothing if an answer is
    /// missing already.
    ///
    /// # Errors
    ///
    /// Fails if there is nothing to answer.
    pub fn retry(&mut self) -> Result<(), Error> {
        self.resumes = false;
        // Results of only some of the calls are dropped with the calls.
        if self.next() == Next::Results && self.turns.last().is_some_and(|turn| turns::role(turn) == "tool") {
            self.turns.pop();
        }
        if self.turns.last().is_some_and(|turn| turns::role(turn) == "assistant") {
            self.turns.pop();
        }
        if self.next() == Next::Model { Ok(()) } else { Err(refused("there is no question to ask again")) }
    }

    /// Makes the next answer continue the last one, which was cut or reached its length limit.
    ///
    /// # Errors
    ///
    /// Fails if the last answer is complete, or if there is none.
    pub fn resume(&mut self) -> Result<(), Error> {
        let is_cut = self.turns.last().is_some_and(|turn| {
            turns::role(turn) == "assistant"
                && (turn.contains_key("partial") || turns::is_at_limit(turn))
                && !turns::text(turn).is_empty()
        });
        if !is_cut || !self.pending().is_empty() {
            return Err(refused("there is no answer to continue: the last one is complete, or has no text"));
        }
        self.resumes = true;
        Ok(())
    }
}
