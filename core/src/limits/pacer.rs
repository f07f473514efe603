//! Finding a server's rate limit, and keeping to it, without knowing it.
//!
//! Invariant: pure. The clock is an argument, in seconds, and no call is stored but the times of the last ones.
//!
//! The rate comes first: a server that limits requests refuses them at once, so each request that is not refused soon was granted, however long its
//! answer takes. The pacer starts with few unconfirmed requests and allows more as requests are granted (slow start). The first refusal shows a first
//! rate, at which requests are paced from then on. It grows in steps of 50 % until the next refusal, and in steps of half that size after each
//! refusal, which shows how many requests were granted in between. Once the limit is found, the rate grows by 2 % while nothing is refused.
//!
//! A refusal closes the gate for all calls of the client. After the wait that the server names, or a doubling one, a single request probes, and
//! the others follow once it is granted. So a refusal costs two requests, and not one for each waiting call.

use alloc::collections::VecDeque;

/// A request that is not refused for this long was granted, in seconds, until refusals have shown how long they take.
const GRANT_TIME: f64 = 0.25;
/// From then on: this many times the time of a refusal, and the delay of a timer. While a probe is unconfirmed, a small bucket overflows.
const GRANT_FACTOR: f64 = 3.0;
const TIMER_DELAY: f64 = 0.02;
/// Unconfirmed requests at the start, and the granted requests after which one more is allowed: all of them may be refused together, and should be few
/// beside the granted ones.
const FIRST_REQUESTS: usize = 7;
const GRANTS_PER_REQUEST: usize = 5;
/// The time over which granted requests are counted, in seconds, and the shortest one, at the start.
const WINDOW: f64 = 2.0;
const SHORT_WINDOW: f64 = 0.5;
/// Granted requests between two pauses that show a rate.
const ENOUGH: u64 = 8;
/// The time without a refusal after which the rate grows, in seconds: while the limit is searched, and later.
const SEARCH_TIME: f64 = 0.25;
const QUIET_TIME: f64 = 2.0;
/// Requests without a refusal after which the rate grows, while the limit is searched.
const SEARCH_REQUESTS: u64 = 4;
/// Growth of the rate: the first step of the search, the step that ends it, and later.
const SEARCH_STEP: f64 = 0.5;
const LAST_STEP: f64 = 0.04;
const STEP: f64 = 0.02;
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
    /// When the server first announced it.
    announced_at: f64,
    /// Requests that were not refused, and those of them that are confirmed.
    count: u64,
    confirmed: usize,
    /// The time of a probe that opened the gate, and `count` at that time. The next one follows after enough requests.
    opened: Option<(f64, u64)>,
    /// Requests of the last [`WINDOW`] seconds that were not refused: number and time.
    sent: VecDeque<(u64, f64)>,
    /// The first request that is not confirmed yet.
    unconfirmed: u64,
    /// The earliest time of the next request at the rate.
    free_at: f64,
    gate: Option<Gate>,
    /// The next step of the search for the limit. `None` once it is found.
    search_step: Option<f64>,
    /// The next step after the search. It doubles until a request is refused, since the limit may be far away.
    step: f64,
    /// The wait before the first probe of a pause, if the server names none: a quarter of the last pause.
    first_wait: f64,
    /// The time after which a request that was not refused was granted.
    grant_time: f64,
    /// The last rate that caused no refusal.
    safe_rate: f64,
    /// The highest rate that was granted.
    best: f64,
    started_at: Option<f64>,
    /// When the rate last changed by growth or by a measurement, and `count` at that time.
    grown_at: f64,
    grown_count: u64,
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
    /// When the gate closed.
    closed_at: f64,
}

impl Pacer {
    pub(super) fn new() -> Self {
        Self {
            rate: None,
            ceiling: None,
            announced_at: f64::NEG_INFINITY,
            count: 0,
            confirmed: 0,
            opened: None,
            sent: VecDeque::new(),
            unconfirmed: 0,
            free_at: 0.0,
            gate: None,
            search_step: Some(SEARCH_STEP),
            step: STEP,
            first_wait: FIRST_WAIT,
            grant_time: GRANT_TIME,
            safe_rate: 0.0,
            best: 0.0,
            started_at: None,
            grown_at: f64::NEG_INFINITY,
            grown_count: 0,
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
        if self.ceiling.replace(rate).is_none() {
            self.announced_at = now;
        }
        if self.rate.is_none() {
            self.free_at = now;
        }
        let is_quiet = now - self.refused_at > QUIET_TIME * self.patience;
        if self.rate.is_none_or(|current| self.search_step.is_some() || current > rate || is_quiet) {
            self.rate = Some(rate);
            self.safe_rate = rate;
        }
        self.search_step = None;
    }

    /// When the next request may be sent. `is_announced`: the server has announced how many requests it will grant, so only its refusals count.
    pub(super) fn turn(&mut self, now: f64, is_announced: bool) -> Turn {
        self.confirm(now);
        if let Some(gate) = &self.gate {
            return match gate.probe {
                Some((_, sent)) => Turn::Later(sent + self.grant_time),
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
        let window = FIRST_REQUESTS + self.confirmed / GRANTS_PER_REQUEST;
        if self.sent.len() - first < window { Turn::At(now) } else { Turn::Later(oldest + self.grant_time) }
    }

    /// Records a request that is sent now. Numbers increase by one.
    pub(super) fn send(&mut self, number: u64, now: f64) {
        self.started_at.get_or_insert(now);
        while self.sent.front().is_some_and(|(_, time)| now - time > WINDOW) {
            self.sent.pop_front();
        }
        self.sent.push_back((number, now));
        self.count += 1;
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
        self.confirm_until(number);
        self.confirm(now);
    }

    /// Counts the requests until this one as granted, unless they were refused: refusals are not slower than answers.
    fn confirm_until(&mut self, number: u64) {
        let first = self.first_unconfirmed();
        self.unconfirmed = self.unconfirmed.max(number + 1);
        self.confirmed += self.first_unconfirmed() - first;
    }

    /// Counts requests that were not refused in time as granted, and lets the rate grow.
    fn confirm(&mut self, now: f64) {
        let first = self.first_unconfirmed();
        let silent = self.sent.iter().skip(first).take_while(|(_, time)| now - time > self.grant_time).last();
        if let Some((number, _)) = silent {
            self.confirm_until(*number);
        }
        if self.gate.as_ref().is_some_and(|gate| gate.probe.is_some_and(|(_, sent)| now - sent > self.grant_time)) {
            self.open(now);
        }
        let (Some(rate), None) = (self.rate, &self.gate) else { return };
        let (quiet, requests, step) = match self.search_step {
            Some(step) => (SEARCH_TIME, SEARCH_REQUESTS, step),
            None => (QUIET_TIME * self.patience, 0, self.step),
        };
        if now - self.refused_at.max(self.grown_at) > quiet && self.count >= self.grown_count + requests {
            let grown = rate * (1.0 + step);
            self.safe_rate = rate;
            self.step = (self.step * 2.0).min(SEARCH_STEP);
            self.change_rate(self.ceiling.map_or(grown, |ceiling| grown.min(ceiling)), now);
        }
    }

    fn change_rate(&mut self, rate: f64, now: f64) {
        self.rate = Some(rate);
        (self.grown_at, self.grown_count) = (now, self.count);
    }

    /// Ends a pause: the probe was granted.
    fn open(&mut self, now: f64) {
        let Some(gate) = self.gate.take() else { return };
        let opened = gate.probe.map_or(now, |(_, sent)| sent);
        self.first_wait = ((opened - gate.closed_at) / 4.0).clamp(FIRST_WAIT, MAX_WAIT);
        let measured = self.granted_since_pause(opened);
        if let (Some(measured), Some(step), Some(rate)) = (measured, self.search_step, self.rate) {
            // Requests of a rate below the limit were counted too, so the measured rate may be too low, but not much lower than the recent one.
            let measured = measured.max(rate.min(0.98 * self.granted(now)));
            self.search_step = Some(step / 2.0).filter(|step| *step > LAST_STEP);
            self.safe_rate = measured;
            self.change_rate(measured, now);
        }
        if measured.is_some() || self.opened.is_none() {
            self.opened = Some((opened, self.count));
        }
        let interval = self.rate.map_or(0.0, |rate| 1.0 / rate);
        self.free_at = now.max(opened + interval);
    }

    /// Records that a request was refused. `retry_after`: the wait that the server named, in seconds.
    pub(super) fn refuse(&mut self, number: u64, now: f64, retry_after: Option<f64>) {
        let index = self.sent.binary_search_by_key(&number, |(number, _)| *number).ok();
        let sent = index.and_then(|index| self.sent.remove(index)).map(|(_, sent)| sent);
        if let Some(sent) = sent {
            self.count -= 1;
            self.learn_grant_time(now - sent);
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
            // A request that was sent before the limit was announced shows nothing about the announced rate.
            if sent.is_none_or(|sent| sent >= self.announced_at) {
                self.lower(granted, now);
            }
            self.first_wait
        };
        let closed_at = self.gate.as_ref().map_or(now, |gate| gate.closed_at);
        self.refused_at = now;
        self.gate = Some(Gate { opens_at: now + retry_after.unwrap_or(wait), probe: None, wait, closed_at });
    }

    fn learn_grant_time(&mut self, refusal_time: f64) {
        let learned = if self.first_refused_at.is_none() { 0.0 } else { self.grant_time * 0.95 };
        self.grant_time = (refusal_time * GRANT_FACTOR + TIMER_DELAY).max(learned).min(GRANT_TIME);
    }

    /// The rate at which requests were granted from the end of one pause to the end of another. That is the rate of the limit, since at both times the
    /// server had just begun to grant requests again, unless less was requested. `None` after too few requests.
    fn granted_since_pause(&self, now: f64) -> Option<f64> {
        let (opened, count) = self.opened.filter(|(opened, _)| *opened < now)?;
        let granted = self.count.saturating_sub(count);
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
        let rate = granted as f64 / (now - opened);
        (granted >= ENOUGH).then_some(rate)
    }

    /// The rate at which requests were granted in the last [`WINDOW`] seconds.
    fn granted(&self, now: f64) -> f64 {
        let count: f64 = self.sent.iter().filter(|(_, time)| now - time <= WINDOW).map(|_| 1.0).sum();
        // At the start there is less than a window to look at.
        count / (now - self.started_at.unwrap_or(now)).clamp(SHORT_WINDOW, WINDOW)
    }

    fn lower(&mut self, granted: f64, now: f64) {
        let rate = match self.rate {
            None => granted.max(1.0),
            Some(rate) if self.search_step.is_some() => granted.min(rate * 0.6),
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
        self.step = STEP;
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
