//! What was said, taken back, said anew, copied.
//!
//! Law: whatever is changed, turns still follow one another; what was spent stays spent.

use crate::value::{Members, Value};

use super::{Conversation, Next, Totals, refused, turns};
use crate::error::Error;

impl Conversation {
    /// Removes the last question with all that followed it, and returns its content; `None` where there is none.
    pub fn undo(&mut self) -> Option<Value> {
        let place = self.turns.iter().rposition(|turn| turns::role(turn) == "user")?;
        self.resumes = false;
        let removed = self.turns.get_mut(place).and_then(|turn| turn.shift_remove("content"));
        self.turns.truncate(place);
        removed
    }

    /// Says a turn of the user's or of the model's anew, and removes all that followed it.
    ///
    /// # Errors
    ///
    /// No such turn; one of results; a content that is neither a text nor parts.
    pub fn edit(&mut self, place: i64, content: Value) -> Result<(), Error> {
        let content = turns::content(content)?;
        let place = self.place(place)?;
        let format = self.settings.format;
        let Some(turn) = self.turns.get_mut(place) else { return Ok(()) };
        match turns::role(turn) {
            "user" => {
                turn.set("content", content);
                turn.set("format", format.word());
            }
            "assistant" => *turn = turns::edited(turn, content, format),
            _ => {
                return Err(refused(format!(
                    "turn {place} has results of tools: edit the question before it, or the answer after it"
                )));
            }
        }
        self.turns.truncate(place + 1);
        self.resumes = false;
        Ok(())
    }

    /// A copy with the turns before `at`, or with all of them. It has cost nothing so far.
    ///
    /// # Errors
    ///
    /// No such turn.
    pub fn fork(&self, at: Option<i64>) -> Result<Self, Error> {
        let length = self.turns.len();
        let at = match at {
            None => length,
            Some(at) if usize::try_from(at).is_ok_and(|at| at == length) => length,
            Some(at) => self.place(at)?,
        };
        let mut fork = self.clone();
        fork.turns.truncate(at);
        fork.totals = Totals::default();
        fork.resumes = false;
        Ok(fork)
    }

    /// The place of a turn; negative ones count from the end.
    fn place(&self, at: i64) -> Result<usize, Error> {
        let length = self.turns.len();
        let place = if at < 0 {
            usize::try_from(-at).ok().and_then(|back| length.checked_sub(back))
        } else {
            usize::try_from(at).ok()
        };
        place
            .filter(|place| *place < length)
            .ok_or_else(|| refused(format!("there is no turn {at}: the conversation has {length}")))
    }

    /// Drops the last answer, whole or not, so that the same is asked again; results of tools stay. Nothing to drop is fine where an answer
    /// is awaited.
    ///
    /// # Errors
    ///
    /// Nothing that could be asked again.
    pub fn retry(&mut self) -> Result<(), Error> {
        self.resumes = false;
        // Results of some of the calls go with the calls.
        if self.next() == Next::Results && self.turns.last().is_some_and(|turn| turns::role(turn) == "tool") {
            self.turns.pop();
        }
        if self.turns.last().is_some_and(|turn| turns::role(turn) == "assistant") {
            self.turns.pop();
        }
        if self.next() == Next::Model { Ok(()) } else { Err(refused("there is no question to ask again")) }
    }

    /// Lets the next answer go on with the last one, which was cut off or reached its length limit.
    ///
    /// # Errors
    ///
    /// An answer that is whole, or none.
    pub fn resume(&mut self) -> Result<(), Error> {
        let is_cut = self.turns.last().is_some_and(|turn| {
            turns::role(turn) == "assistant"
                && (turn.contains_key("partial") || turns::is_at_limit(turn))
                && !turns::text(turn).is_empty()
        });
        if !is_cut || !self.pending().is_empty() {
            return Err(refused("there is no answer to go on with: the last one is whole, or has no text"));
        }
        self.resumes = true;
        Ok(())
    }
}
