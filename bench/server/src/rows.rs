//! Rows of a bulk job: each answer names its row, some rows fail once, and some always.
//!
//! Invariant: a row fails by its number only, so that all clients see the same failures. Each path is a run with counts of its own; its settings are in
//! the path: `/rows/run=7,transient=5,permanent=1,delay=20,rate=50/v1`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::reply::{Reply, refusal, whole};

/// Spreads the numbers of rows: 2^64 divided by the golden ratio.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
const PREFIX: &[u8] = b"row-";

/// The settings of a run.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Settings {
    /// Percentage of rows that fail once, with status 500, and of those that always fail, with 400.
    transient: u64,
    permanent: u64,
    /// Milliseconds before an answer.
    delay: u64,
    /// Requests per second that are granted; 0 for no limit.
    rate: f64,
}

impl Settings {
    fn read(text: &str) -> Result<Self> {
        let mut settings = Self::default();
        for part in text.split(',') {
            let (name, value) = part.split_once('=').with_context(|| format!("no setting: {part}"))?;
            match name {
                "run" => {}
                "transient" => settings.transient = value.parse()?,
                "permanent" => settings.permanent = value.parse()?,
                "delay" => settings.delay = value.parse()?,
                "rate" => settings.rate = value.parse()?,
                _ => bail!("unknown setting: {name}"),
            }
        }
        Ok(settings)
    }
}

/// The runs by their settings.
#[derive(Default)]
pub(crate) struct Runs(RefCell<HashMap<String, Rc<RefCell<Run>>>>);

/// The counts of one run.
struct Run {
    settings: Settings,
    /// How often each row was requested, and answered.
    rows: HashMap<u64, (u32, u32)>,
    requests: u64,
    refused: u64,
    in_flight: u64,
    most_in_flight: u64,
    first: Option<Instant>,
    last: Option<Instant>,
    /// The requests that are granted now, and when they were counted.
    tokens: f64,
    counted: Option<Instant>,
}

impl Run {
    fn new(settings: Settings) -> Self {
        Self {
            settings,
            rows: HashMap::new(),
            requests: 0,
            refused: 0,
            in_flight: 0,
            most_in_flight: 0,
            first: None,
            last: None,
            tokens: 0.0,
            counted: None,
        }
    }

    /// Counts a request. Returns the wait in milliseconds if it is refused.
    fn limit(&mut self, now: Instant) -> Option<u64> {
        let rate = self.settings.rate;
        if rate <= 0.0 {
            return None;
        }
        let burst = (rate / 10.0).max(1.0);
        let passed = self.counted.map_or(burst, |counted| (now - counted).as_secs_f64() * rate);
        self.counted = Some(now);
        self.tokens = (self.tokens + passed).min(burst);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return None;
        }
        self.refused += 1;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a short time")]
        Some(((1.0 - self.tokens) / rate * 1000.0).ceil() as u64)
    }

    fn status(&mut self, row: u64) -> u16 {
        let Settings { transient, permanent, .. } = self.settings;
        let (requested, answered) = self.rows.entry(row).or_default();
        *requested += 1;
        let percentile = (row.wrapping_mul(SPREAD) >> 32) % 100;
        if percentile < permanent {
            400
        } else if percentile < permanent + transient && *requested == 1 {
            500
        } else {
            *answered += 1;
            200
        }
    }

    fn report(&self) -> String {
        let seconds = self.first.zip(self.last).map_or(0.0, |(first, last)| (last - first).as_secs_f64());
        json!({
            "rows": self.rows.len(),
            "answered": self.rows.values().filter(|(_, answered)| *answered > 0).count(),
            "answered_twice": self.rows.values().filter(|(_, answered)| *answered > 1).count(),
            "requests": self.requests,
            "refused": self.refused,
            "most_in_flight": self.most_in_flight,
            "seconds": seconds,
        })
        .to_string()
    }
}

/// An answer, the milliseconds before it, and its run, which counts the answer when it was sent.
pub(crate) struct Answer {
    pub(crate) reply: Reply,
    pub(crate) delay: u64,
    run: Option<Rc<RefCell<Run>>>,
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Some(run) = &self.run {
            run.borrow_mut().in_flight -= 1;
        }
    }
}

impl Runs {
    /// Answers a request of a run: `path` follows `/rows/`.
    pub(crate) fn answer(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        let plain = |reply| Answer { reply, delay: 0, run: None };
        let (name, path) = path.split_once('/').unwrap_or((path, ""));
        if (method, path) == ("GET", "report") {
            let run = self.0.borrow_mut().remove(name);
            let report = run.map_or_else(|| "{}".to_owned(), |run| run.borrow().report());
            return plain(whole("200 OK", "application/json", &report));
        }
        let run = match self.run(name) {
            Ok(run) => run,
            Err(why) => return plain(refusal("400 Bad Request", &format!("{why:#}"))),
        };
        let Some(row) = number(body) else { return plain(refusal("400 Bad Request", "the request names no row")) };
        let (reply, delay) = {
            let mut state = run.borrow_mut();
            let now = Instant::now();
            state.first.get_or_insert(now);
            state.last = Some(now);
            state.requests += 1;
            state.in_flight += 1;
            state.most_in_flight = state.most_in_flight.max(state.in_flight);
            let wait = state.limit(now);
            match wait {
                Some(wait) => (refused(wait), 0),
                None => match state.status(row) {
                    200 => (whole("200 OK", "application/json", &answer(row)), state.settings.delay),
                    400 => (failure("400 Bad Request", "context_length_exceeded", "the context is too long"), 0),
                    _ => (failure("500 Internal Server Error", "server_error", "try again"), 0),
                },
            }
        };
        Answer { reply, delay, run: Some(run) }
    }

    fn run(&self, name: &str) -> Result<Rc<RefCell<Run>>> {
        if let Some(run) = self.0.borrow().get(name) {
            return Ok(Rc::clone(run));
        }
        let run = Rc::new(RefCell::new(Run::new(Settings::read(name)?)));
        self.0.borrow_mut().insert(name.to_owned(), Rc::clone(&run));
        Ok(run)
    }
}

/// The number after the first `row-`.
fn number(body: &[u8]) -> Option<u64> {
    let start = body.windows(PREFIX.len()).position(|window| window == PREFIX)? + PREFIX.len();
    let digits = body[start..].iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

fn answer(row: u64) -> String {
    let text = format!(
        "Answer to row-{row}: the quick brown fox jumps over the lazy dog, and the lazy dog thinks about what it has seen."
    );
    json!({
        "id": format!("chatcmpl-{row}"),
        "object": "chat.completion",
        "created": 1_763_800_000,
        "model": "m",
        "choices": [{
            "index": 0,
            "message": { "role": "assistant", "content": text, "refusal": null },
            "logprobs": null,
            "finish_reason": "stop",
        }],
        "usage": { "prompt_tokens": 36, "completion_tokens": 24, "total_tokens": 60 },
    })
    .to_string()
}

fn failure(status: &str, code: &str, message: &str) -> Reply {
    let error = json!({ "error": { "message": message, "type": "error", "param": null, "code": code } });
    whole(status, "application/json", &error.to_string())
}

fn refused(wait: u64) -> Reply {
    let status = format!("429 Too Many Requests\r\nretry-after-ms: {wait}\r\nretry-after: {}", wait.div_ceil(1000));
    failure(&status, "rate_limit_exceeded", "slow down")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_fail_by_their_number() {
        let runs = Runs::default();
        let status = |row: u64| {
            let path = "run=1,transient=5,permanent=1/v1/chat/completions";
            let answer = runs.answer("POST", path, format!("Answer row-{row}.").as_bytes());
            let head = answer.reply.writes().next().map(<[u8]>::to_vec).unwrap_or_default();
            String::from_utf8_lossy(&head[9..12]).into_owned()
        };
        let first: Vec<_> = (0..10_000).map(status).collect();
        let second: Vec<_> = (0..10_000).map(status).collect();
        let count = |statuses: &[String], wanted: &str| statuses.iter().filter(|status| *status == wanted).count();
        assert!((80..120).contains(&count(&first, "400")) && (450..550).contains(&count(&first, "500")));
        assert_eq!((count(&second, "500"), count(&second, "400")), (0, count(&first, "400")));
        let report = runs.answer("GET", "run=1,transient=5,permanent=1/report", b"");
        let report: Vec<_> = report.reply.writes().flatten().copied().collect();
        assert!(String::from_utf8_lossy(&report).contains("\"requests\":20000"));
    }

    #[test]
    fn a_run_needs_known_settings() {
        assert!(Settings::read("run=1,rate=50,delay=4").is_ok());
        assert!(Settings::read("speed=1").is_err() && Settings::read("").is_err());
    }
}
