//! Simulated servers with limits, in virtual time: the shares of the limit that a client reaches, and of requests that are refused.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use super::announced::{Announced, Hint};
use super::limiter::{Decision, Limiter, SentCall};
use super::options::LimitOptions;

/// The limit of every server, in requests per second.
const RATE: f64 = 50.0;

/// How a server counts requests.
#[derive(Debug, Clone, Copy)]
enum Server {
    /// A token bucket of this size.
    Bucket { size: f64, tokens: f64, at: f64 },
    /// A number of requests in each window of this many seconds.
    Window { length: f64, index: f64, count: f64 },
}

impl Server {
    fn all() -> [(Self, f64); 4] {
        let bucket = |size| Self::Bucket { size, tokens: size, at: 0.0 };
        let window = |length| Self::Window { length, index: -1.0, count: 0.0 };
        [(bucket(5.0), 60.0), (bucket(50.0), 60.0), (window(1.0), 60.0), (window(60.0), 180.0)]
    }

    /// The wait until a further request is granted, if this one is refused.
    fn request(&mut self, now: f64) -> Option<f64> {
        match self {
            Self::Bucket { size, tokens, at } => {
                *tokens = size.min(*tokens + (now - *at).max(0.0) * RATE);
                *at = at.max(now);
                if *tokens >= 1.0 {
                    *tokens -= 1.0;
                    return None;
                }
                Some((1.0 - *tokens) / RATE)
            }
            Self::Window { length, index, count } => {
                let window = (now / *length).floor();
                if window > *index {
                    (*index, *count) = (window, 0.0);
                }
                if *count < RATE * *length {
                    *count += 1.0;
                    return None;
                }
                Some((window + 1.0) * *length - now)
            }
        }
    }

    /// What the server announces after a request.
    fn announced(&self, now: f64) -> Announced {
        let (limit, remaining, reset) = match self {
            Self::Bucket { size, tokens, .. } => (*size, tokens.floor().max(0.0), (size - tokens) / RATE),
            Self::Window { length, count, .. } => {
                (RATE * length, RATE * length - count, ((now / length).floor() + 1.0) * length - now)
            }
        };
        let requests = Some(Hint { limit: Some(limit), remaining, reset: Duration::from_secs_f64(reset.max(0.0)) });
        Announced { requests, tokens: None }
    }
}

/// An answer on its way.
struct Answer {
    at: f64,
    sent: SentCall,
    arrived: f64,
    announced: Announced,
    /// The wait of a refusal.
    refusal: Option<f64>,
}

/// How a refusal names its wait.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Waits {
    Exactly,
    Unnamed,
}

#[derive(Debug, Clone, Copy)]
struct Case {
    options: LimitOptions,
    waits: Waits,
    announces: bool,
    /// The time of an answer, in seconds.
    answer: f64,
    /// The end, by the time or by the number of granted requests.
    seconds: f64,
    calls: f64,
    seed: u64,
    /// The time, in seconds, for which the network delivers nothing, once in 0.7 s; what it has delayed then arrives together.
    stall: f64,
}

struct Outcome {
    /// Granted requests as a share of the limit.
    granted: f64,
    /// Refused requests as a share of all.
    refused: f64,
}

/// Runs a client with more calls than the server grants.
fn simulate(mut server: Server, case: Case) -> Outcome {
    let mut limiter = Limiter::new(&case.options);
    let mut answers: BinaryHeap<Reverse<(Duration, usize)>> = BinaryHeap::new();
    let mut list: Vec<Answer> = Vec::new();
    let (mut now, mut granted, mut refused) = (0.0, 0.0, 0.0);
    let mut random = case.seed;
    let mut next = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        f64::from((random >> 33) as u32) / f64::from(1_u32 << 31)
    };
    let mut ticket = limiter.enqueue(0, false);
    let mut latest = 0.0_f64;
    while now < case.seconds && granted < case.calls {
        let decision = limiter.decide(ticket, now);
        if let Decision::Send(sent) = decision {
            // Networks delay requests by up to 4 ms.
            let mut arrived = now + 0.004 * next();
            let stalled = arrived % 0.7;
            if stalled < case.stall {
                arrived += case.stall - stalled;
            }
            let refusal = server.request(arrived);
            let delay = if refusal.is_some() { 0.003 } else { case.answer * (0.5 + next()) };
            let announced = if case.announces { server.announced(arrived) } else { Announced::default() };
            latest = latest.max(arrived);
            granted += f64::from(u8::from(refusal.is_none()));
            refused += f64::from(u8::from(refusal.is_some()));
            answers.push(Reverse((Duration::from_secs_f64(arrived + delay), list.len())));
            list.push(Answer { at: arrived + delay, sent, arrived, announced, refusal });
            ticket = limiter.enqueue(0, false);
            continue;
        }
        let wake = if let Decision::Wait(Some(time)) = decision { time } else { f64::INFINITY };
        let first = answers.peek().and_then(|Reverse((_, index))| list.get(*index));
        match first.filter(|answer| answer.at <= wake) {
            Some(answer) => {
                answers.pop();
                now = answer.at.max(now);
                match answer.refusal {
                    None => limiter.grant(&answer.sent, now, &answer.announced),
                    Some(wait) => {
                        let wait = match case.waits {
                            Waits::Exactly => Some((wait - (now - answer.arrived)).max(0.001)),
                            Waits::Unnamed => None,
                        };
                        limiter.refuse(&answer.sent, now, wait, &answer.announced);
                    }
                }
                limiter.release();
            }
            // Timers are late by up to 2 ms.
            None => now = wake.max(now) + 0.002 * next(),
        }
    }
    let seconds = if granted < case.calls { case.seconds } else { latest + 1.0 / RATE };
    Outcome { granted: granted / (RATE * seconds), refused: refused / (granted + refused) }
}

fn cases(options: LimitOptions, announces: bool, check: impl Fn(&str, Outcome)) {
    for (server, seconds) in Server::all() {
        for waits in [Waits::Exactly, Waits::Unnamed] {
            for answer in [0.002, 0.02, 0.3, 1.0, 4.0] {
                let calls = f64::INFINITY;
                let outcome =
                    simulate(server, Case { options, waits, announces, answer, seconds, calls, seed: 1, stall: 0.0 });
                let name = format!("{server:?}, {waits:?}, answers in {answer} s");
                println!("{name}: {:.1} % {:.2} %", outcome.granted * 100.0, outcome.refused * 100.0);
                check(&name, outcome);
            }
        }
    }
}

/// Makes 600 calls at once, several times: at the start, most of what a client loses is lost. Returns the medians.
fn at_once(server: Server, case: Case) -> Outcome {
    let median = |mut figures: Vec<f64>| {
        figures.sort_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
    };
    let outcomes: Vec<_> = (1..=9).map(|seed| simulate(server, Case { seed: seed * 7919, ..case })).collect();
    let of = |figure: fn(&Outcome) -> f64| median(outcomes.iter().map(figure).collect());
    Outcome { granted: of(|outcome| outcome.granted), refused: of(|outcome| outcome.refused) }
}

#[test]
fn calls_at_once_lose_little_until_the_limit_is_known() {
    let options = LimitOptions { adaptive: true, ..LimitOptions::default() };
    for (announces, least, most) in [(false, 0.9, 0.05), (true, 0.965, 0.05)] {
        for (server, _) in Server::all() {
            for waits in [Waits::Exactly, Waits::Unnamed] {
                for answer in [0.002, 0.02, 0.3, 1.0, 4.0] {
                    let case =
                        Case { options, waits, announces, answer, seconds: 600.0, calls: 600.0, seed: 0, stall: 0.0 };
                    let Outcome { granted, refused } = at_once(server, case);
                    let name = format!("{server:?}, {waits:?}, announces: {announces}, answers in {answer} s");
                    println!("{name}: {:.1} % {:.2} %", granted * 100.0, refused * 100.0);
                    assert!(
                        granted >= least && refused < most,
                        "{name}: {granted:.3} of the limit, {refused:.3} refused"
                    );
                }
            }
        }
    }
}

#[test]
fn an_unknown_limit_is_reached_with_few_refusals() {
    let options = LimitOptions { adaptive: true, max_in_flight: Some(256), ..LimitOptions::default() };
    cases(options, false, |name, Outcome { granted, refused }| {
        assert!(granted >= 0.9 && refused < 0.05, "{name}: {granted:.3} of the limit, {refused:.3} refused");
    });
}

#[test]
fn a_configured_limit_is_reached_without_a_refusal() {
    let options = LimitOptions { requests_per_minute: Some(RATE * 60.0), ..LimitOptions::default() };
    cases(options, false, |name, Outcome { granted, refused }| {
        assert!(granted >= 0.97 && refused == 0.0, "{name}: {granted:.3} of the limit, {refused:.3} refused");
    });
}

#[test]
fn an_announced_limit_is_reached_with_refusals_only_at_the_start() {
    let options = LimitOptions { adaptive: true, max_in_flight: Some(256), ..LimitOptions::default() };
    cases(options, true, |name, Outcome { granted, refused }| {
        assert!(granted >= 0.965 && refused < 0.025, "{name}: {granted:.3} of the limit, {refused:.3} refused");
    });
}

#[test]
fn a_network_that_delivers_requests_together_keeps_no_client_slow() {
    let options = LimitOptions { adaptive: true, ..LimitOptions::default() };
    for (server, seconds) in Server::all() {
        for stall in [0.05, 0.1] {
            let waits = Waits::Exactly;
            let case =
                Case { options, waits, announces: false, answer: 0.3, seconds, calls: f64::INFINITY, seed: 1, stall };
            let Outcome { granted, refused } = simulate(server, case);
            println!("{server:?}, stalls of {stall} s: {:.1} % {:.2} %", granted * 100.0, refused * 100.0);
            assert!(
                granted >= 0.7 && refused < 0.05,
                "{server:?}, {stall} s: {granted:.3} of the limit, {refused:.3} refused"
            );
        }
    }
}
