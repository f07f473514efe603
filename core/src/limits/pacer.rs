//! Finding a server's rate limit, and keeping to it, without knowing it.
//!
//! Invariant: pure. The clock is an argument, in seconds, and no call is stored but the times of the last ones.
//!
//! The rate comes first: a server that limits requests refuses them at once, so each request that is not refused soon was granted, however long its
//! answer takes. The pacer starts with few unconfirmed requests and adds one for each granted one (slow start). The first refusal shows the rate: what
//! was granted in the last two seconds. From then on, requests are paced at that rate, which grows by 2 % while nothing is refused.
//!
//! A refusal closes the gate for all calls of the client. After the wait that the server names, or a doubling one, a single request probes, and
//! the others follow once it is granted. So a refusal costs two requests, and not one for each waiting call.

use alloc::collections::VecDeque;

/// A request that is not refused for this long was granted, in seconds: refusals take no longer than a round trip.
const GRANT_TIME: f64 = 0.25;
/// Unconfirmed requests at the start.
const FIRST_REQUESTS: usize = 8;
/// The time over which granted requests are counted, in seconds.
const WINDOW: f64 = 2.0;
/// The time without a refusal after which the rate grows, in seconds: while the limit is searched, and later.
const SEARCH_TIME: f64 = 0.5;
const QUIET_TIME: f64 = 2.0;
/// Growth of the rate: while the limit is searched, and later.
const SEARCH_GROWTH: f64 = 1.25;
const GROWTH: f64 = 1.02;
/// The first and the longest wait after a refusal by a server that names none, in seconds.
pub(super) const FIRST_WAIT: f64 = 0.05;
pub(super) const MAX_WAIT: f64 = 8.0;
/// The longest delay of a timer that is made up for, in seconds: the unused share of a limit covers it for a server that counts by the second.
const MAX_DELAY: f64 = 0.02;
/// The lowest rate, in requests per second.
const MIN_RATE: f64 = 0.2;

/// When the next request may be sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Turn {
    /// At this time.
    At(f64),
    /// After the next grant or refusal. The time is the latest at which to decide again.
    Later(f64),
}

/// Paces requests at a rate that it learns from refusals.
#[derive(Debug, Clone)]
pub(super) struct Pacer {
    /// Requests per second. `None` until the first refusal.
    rate: Option<f64>,
    /// The highest rate, if the server announces its limit.
    ceiling: Option<f64>,
    /// Unconfirmed requests that slow start allows.
    window: usize,
    /// Requests of the last [`WINDOW`] seconds that were not refused: number and time.
    sent: VecDeque<(u64, f64)>,
    /// The first request that is not confirmed yet.
    unconfirmed: u64,
    /// The earliest time of the next request at the rate.
    free_at: f64,
    gate: Option<Gate>,
    /// Whether the first search for the limit goes on.
    is_searching: bool,
    /// The last rate that caused no refusal.
    safe_rate: f64,
    /// The highest rate that was granted.
    best: f64,
    started_at: Option<f64>,
    grown_at: f64,
    refused_at: f64,
    first_refused_at: Option<f64>,
    /// How much longer than [`QUIET_TIME`] the rate stays, since raises were refused.
    patience: f64,
}

/// The state after a refusal, in which one request at a time is sent.
#[derive(Debug, Clone)]
struct Gate {
    /// The time of the next probe.
    opens_at: f64,
    /// The running probe: number and time.
    probe: Option<(u64, f64)>,
    /// The wait before this probe, for servers that name none.
    wait: f64,
}

impl Pacer {
    pub(super) fn new() -> Self {
        Self {
            rate: None,
            ceiling: None,
            window: FIRST_REQUESTS,
            sent: VecDeque::new(),
            unconfirmed: 0,
            free_at: 0.0,
            gate: None,
            is_searching: true,
            safe_rate: 0.0,
            best: 0.0,
            started_at: None,
            grown_at: f64::NEG_INFINITY,
            refused_at: f64::NEG_INFINITY,
            first_refused_at: None,
            patience: 1.0,
        }
    }

    /// The learned rate, in requests per second.
    pub(super) fn rate(&self) -> Option<f64> {
        self.rate
    }

    /// The time until the gate opens, in seconds.
    pub(super) fn paused_for(&self, now: f64) -> f64 {
        self.gate.as_ref().map_or(0.0, |gate| gate.opens_at - now)
    }

    /// Keeps the rate below one that the server announced, and stops searching for it.
    pub(super) fn limit_to(&mut self, rate: f64, now: f64) {
        self.ceiling = Some(rate);
        if self.rate.is_none() {
            self.free_at = now;
        }
        let is_quiet = now - self.refused_at > QUIET_TIME * self.patience;
        if self.rate.is_none_or(|current| self.is_searching || current > rate || is_quiet) {
            self.rate = Some(rate);
            self.safe_rate = rate;
        }
        self.is_searching = false;
    }

    /// When the next request may be sent. `is_announced`: the server has announced how many requests it will grant, so only its refusals count.
    pub(super) fn turn(&mut self, now: f64, is_announced: bool) -> Turn {
        self.confirm(now);
        if let Some(gate) = &self.gate {
            return match gate.probe {
                Some((_, sent)) => Turn::Later(sent + GRANT_TIME),
                None => Turn::At(gate.opens_at.max(now)),
            };
        }
        match self.rate {
            _ if is_announced => Turn::At(now),
            Some(_) => Turn::At(self.free_at.max(now)),
            None => self.slow_start(now),
        }
    }

    /// The index in `sent` of the first request that is not confirmed.
    fn first_unconfirmed(&self) -> usize {
        self.sent.partition_point(|(number, _)| *number < self.unconfirmed)
    }

    fn slow_start(&self, now: f64) -> Turn {
        let first = self.first_unconfirmed();
        let oldest = self.sent.get(first).map_or(now, |(_, time)| *time);
        if self.sent.len() - first < self.window { Turn::At(now) } else { Turn::Later(oldest + GRANT_TIME) }
    }

    /// Records a request that is sent now. Numbers increase by one.
    pub(super) fn send(&mut self, number: u64, now: f64) {
        self.started_at.get_or_insert(now);
        while self.sent.front().is_some_and(|(_, time)| now - time > WINDOW) {
            self.sent.pop_front();
        }
        self.sent.push_back((number, now));
        if let Some(gate) = &mut self.gate {
            gate.probe = Some((number, now));
        } else if let Some(rate) = self.rate {
            self.free_at = paced(self.free_at, now, 1.0 / rate);
        }
    }

    /// Records that a request was granted: its answer has begun.
    pub(super) fn grant(&mut self, number: u64, now: f64) {
        let is_probe = self.gate.as_ref().is_some_and(|gate| gate.probe.is_some_and(|(probe, _)| probe == number));
        if is_probe {
            self.open(now);
        }
        self.confirm(now);
    }

    /// Counts requests that were not refused in time as granted, and lets the rate grow.
    fn confirm(&mut self, now: f64) {
        let first = self.first_unconfirmed();
        for (number, _) in self.sent.iter().skip(first).take_while(|(_, time)| now - time > GRANT_TIME) {
            self.unconfirmed = number + 1;
            self.window += usize::from(self.rate.is_none());
        }
        if self.gate.as_ref().is_some_and(|gate| gate.probe.is_some_and(|(_, sent)| now - sent > GRANT_TIME)) {
            self.open(now);
        }
        let (Some(rate), None) = (self.rate, &self.gate) else { return };
        let quiet = if self.is_searching { SEARCH_TIME } else { QUIET_TIME * self.patience };
        if now - self.refused_at.max(self.grown_at) > quiet {
            self.safe_rate = rate;
            let grown = rate * if self.is_searching { SEARCH_GROWTH } else { GROWTH };
            self.rate = Some(self.ceiling.map_or(grown, |ceiling| grown.min(ceiling)));
            self.grown_at = now;
        }
    }

    fn open(&mut self, now: f64) {
        let probed = self.gate.take().and_then(|gate| gate.probe).map_or(now, |(_, sent)| sent);
        let step = self.rate.map_or(0.0, |rate| 1.0 / rate);
        self.free_at = now.max(probed + step);
    }

    /// Records that a request was refused. `retry_after`: the wait that the server named, in seconds.
    pub(super) fn refuse(&mut self, number: u64, now: f64, retry_after: Option<f64>) {
        if let Ok(index) = self.sent.binary_search_by_key(&number, |(number, _)| *number) {
            self.sent.remove(index);
        }
        let probe = self.gate.as_ref().map(|gate| gate.probe.map(|(probe, _)| probe));
        // Requests that were sent before the gate closed show nothing new.
        if probe.is_some_and(|probe| probe != Some(number)) {
            if let (Some(gate), Some(wait)) = (&mut self.gate, retry_after) {
                gate.opens_at = gate.opens_at.max(now + wait);
            }
            return;
        }
        let granted = self.granted(now);
        let first = *self.first_refused_at.get_or_insert(now);
        self.best = if now - first > 1.5 * WINDOW { granted.max(self.best * 0.98) } else { 0.0 };
        let wait = if let Some(gate) = &self.gate {
            (gate.wait * 2.0).min(MAX_WAIT)
        } else {
            self.lower(granted, now);
            FIRST_WAIT
        };
        self.refused_at = now;
        self.gate = Some(Gate { opens_at: now + retry_after.unwrap_or(wait), probe: None, wait });
    }

    /// The rate at which requests were granted in the last [`WINDOW`] seconds.
    fn granted(&self, now: f64) -> f64 {
        let count: f64 = self.sent.iter().filter(|(_, time)| now - time <= WINDOW).map(|_| 1.0).sum();
        // At the start there is less than a window to look at.
        count / (now - self.started_at.unwrap_or(now)).clamp(GRANT_TIME, WINDOW)
    }

    fn lower(&mut self, granted: f64, now: f64) {
        let rate = match self.rate {
            None => granted.max(1.0),
            Some(rate) if self.is_searching => {
                self.is_searching = false;
                granted.min(rate).max(rate * 0.5)
            }
            // The last raise was too much.
            Some(_) if now - self.grown_at < QUIET_TIME * self.patience => {
                self.patience = (self.patience * 2.0).min(16.0);
                self.safe_rate * 0.995
            }
            Some(rate) => {
                self.patience = 1.0;
                (granted * 0.99).min(rate * 0.98).max(rate * 0.7)
            }
        };
        let rate = rate.max(0.9 * self.best).max(MIN_RATE);
        self.rate = Some(rate);
        self.safe_rate = rate;
    }
}

/// The time of the next request, `interval` seconds after one that was due at `due` and is sent now. A timer that was late is made up for; a pause
/// is not.
pub(super) fn paced(due: f64, now: f64, interval: f64) -> f64 {
    let start = if due < now && now - due <= MAX_DELAY { due } else { now };
    start + interval
}
