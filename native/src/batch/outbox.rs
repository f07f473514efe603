//! The outbox of a run: lines of finished rows, progress, and the outcome, for its host program.
//!
//! Invariant: with an order, a line is handed over only after those of all rows before it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use trilogue_core::Error;
use trilogue_core::batch::Summary;

/// A row with its line in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinishedRow {
    /// The number of the row in the input, from 1.
    pub number: u64,
    /// Its line, without a line break.
    pub line: Arc<[u8]>,
}

/// The output of a run, until its host program takes it.
#[derive(Debug, Default)]
pub(super) struct Outbox(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    rows: VecDeque<FinishedRow>,
    /// With an order: the lines of rows whose predecessors have not ended. `None` without.
    held: Option<BTreeMap<u64, Arc<[u8]>>>,
    /// The number of the last row that was handed over in order.
    last: u64,
    /// Rows by the hash of their content, if equal rows are sent once.
    equal: HashMap<u64, EqualRow>,
    /// Progress is to be reported.
    is_due: bool,
    outcome: Option<Result<Summary, Error>>,
    /// Whether the run has ended, also after its outcome was taken.
    has_ended: bool,
    /// Woken by a line, by progress, or by the end.
    waiting: Vec<Waker>,
}

/// The first of equal rows.
#[derive(Debug)]
enum EqualRow {
    /// The numbers of the others, which wait for its line.
    InFlight(Vec<u64>),
    Line(Arc<[u8]>),
}

impl Outbox {
    /// Creates an outbox of rows, whose lines have the order of the input if `order`.
    pub(super) fn new(order: bool) -> Self {
        Self(Mutex::new(State { held: order.then(BTreeMap::new), ..State::default() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and wakes the host program if it has something to do.
    fn change<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.state();
        let result = change(&mut state);
        let woken = if state.is_ready() { std::mem::take(&mut state.waiting) } else { Vec::new() };
        drop(state);
        woken.into_iter().for_each(Waker::wake);
        result
    }

    /// Adds the line of a row. `id`: the hash of its name.
    pub(super) fn add(&self, id: u64, number: u64, line: Arc<[u8]>) {
        self.change(|state| state.add(id, number, line));
    }

    /// Registers a row whose equal ones are not sent. Returns whether it is the first one; others get its line.
    pub(super) fn register(&self, id: u64, number: u64) -> bool {
        self.change(|state| state.register(id, number))
    }

    /// Takes the rows that can be handed over. After the end of a run, these are all; if it ended early, the order has gaps.
    pub(super) fn take(&self) -> Vec<FinishedRow> {
        let mut state = self.state();
        if state.has_ended {
            let held = std::mem::take(&mut state.held).unwrap_or_default();
            state.rows.extend(held.into_iter().map(|(number, line)| FinishedRow { number, line }));
        }
        std::mem::take(&mut state.rows).into()
    }

    /// Whether the host program has something to do. If not, the waker is woken when it has.
    pub(super) fn is_ready(&self, waker: &Waker) -> bool {
        let mut state = self.state();
        let is_ready = state.is_ready();
        if !is_ready && !state.waiting.iter().any(|known| known.will_wake(waker)) {
            state.waiting.push(waker.clone());
        }
        is_ready
    }

    /// Requests that the host program reports the progress.
    pub(super) fn report(&self) {
        self.change(|state| state.is_due = true);
    }

    /// Whether the host program is to report the progress.
    pub(super) fn take_due(&self) -> bool {
        std::mem::take(&mut self.state().is_due)
    }

    /// Ends the run.
    pub(super) fn complete(&self, outcome: Result<Summary, Error>) {
        self.change(|state| {
            state.outcome = Some(outcome);
            state.has_ended = true;
        });
    }

    /// Whether the run has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.state().has_ended
    }

    /// Takes the outcome of the run.
    pub(super) fn outcome(&self) -> Option<Result<Summary, Error>> {
        self.state().outcome.take()
    }
}

impl State {
    fn is_ready(&self) -> bool {
        !self.rows.is_empty() || self.is_due || self.has_ended
    }

    fn add(&mut self, id: u64, number: u64, line: Arc<[u8]>) {
        if let Some(first) = self.equal.get_mut(&id)
            && let EqualRow::InFlight(others) = std::mem::replace(first, EqualRow::Line(Arc::clone(&line)))
        {
            for number in others {
                self.hand_over(number, Arc::clone(&line));
            }
        }
        self.hand_over(number, line);
    }

    fn register(&mut self, id: u64, number: u64) -> bool {
        let line = match self.equal.get_mut(&id) {
            None => {
                self.equal.insert(id, EqualRow::InFlight(Vec::new()));
                return true;
            }
            Some(EqualRow::InFlight(others)) => {
                others.push(number);
                return false;
            }
            Some(EqualRow::Line(line)) => Arc::clone(line),
        };
        self.hand_over(number, line);
        false
    }

    fn hand_over(&mut self, number: u64, line: Arc<[u8]>) {
        let Some(held) = &mut self.held else {
            self.rows.push_back(FinishedRow { number, line });
            return;
        };
        held.insert(number, line);
        while let Some(line) = held.remove(&(self.last + 1)) {
            self.last += 1;
            self.rows.push_back(FinishedRow { number: self.last, line });
        }
    }
}
