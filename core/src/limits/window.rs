//! Tokens of the last minute, for a limit of tokens per minute.
//!
//! Invariant: in no period of 60 seconds do the counted tokens exceed the limit, unless a single call does. So the limit holds for servers that count
//! by sliding windows, by fixed windows of a minute, or with a bucket that holds a minute's tokens.

use alloc::collections::VecDeque;

/// The length of the window, in seconds.
const WINDOW: f64 = 60.0;

/// The reserved and used tokens of calls, by the time when they were sent.
#[derive(Debug, Clone)]
pub(super) struct TokenWindow {
    limit: u64,
    sum: u64,
    /// Tokens by whole second, from the oldest to the newest.
    seconds: VecDeque<(u64, u64)>,
}

impl TokenWindow {
    pub(super) fn new(limit: f64) -> Self {
        Self { limit: whole_limit(limit), sum: 0, seconds: VecDeque::new() }
    }

    /// Changes the limit. What was counted stays.
    pub(super) fn set_limit(&mut self, limit: f64) {
        self.limit = whole_limit(limit);
    }

    /// The earliest time at which a call with this many tokens fits. A call that exceeds the limit alone fits once nothing else is counted.
    pub(super) fn free_at(&mut self, now: f64, tokens: u64) -> f64 {
        self.expire(now);
        let mut excess = (self.sum.saturating_add(tokens)).saturating_sub(self.limit).min(self.sum);
        let mut free_at = now;
        for (second, counted) in &self.seconds {
            if excess == 0 {
                break;
            }
            excess = excess.saturating_sub(*counted);
            free_at = end_of(*second);
        }
        free_at
    }

    /// Counts tokens of a call that is sent now.
    pub(super) fn add(&mut self, now: f64, tokens: u64) {
        let second = second_of(now);
        match self.seconds.back_mut() {
            Some((last, counted)) if *last >= second => *counted = counted.saturating_add(tokens),
            _ => self.seconds.push_back((second, tokens)),
        }
        self.sum = self.sum.saturating_add(tokens);
    }

    /// Replaces the reserved tokens of a call that was sent at `sent` by the used ones, unless they no longer count.
    pub(super) fn settle(&mut self, sent: f64, reserved: u64, used: u64) {
        let Some((_, counted)) = self.seconds.iter_mut().find(|(second, _)| *second == second_of(sent)) else { return };
        *counted = counted.saturating_sub(reserved).saturating_add(used);
        self.sum = self.sum.saturating_sub(reserved).saturating_add(used);
    }

    fn expire(&mut self, now: f64) {
        while let Some((_, counted)) = self.seconds.pop_front_if(|(second, _)| end_of(*second) <= now) {
            self.sum = self.sum.saturating_sub(counted);
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a clock, never negative")]
fn second_of(time: f64) -> u64 {
    time as u64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive number; a saturated one is no limit"
)]
fn whole_limit(limit: f64) -> u64 {
    (limit as u64).max(1)
}

/// The time at which tokens of this second no longer count.
#[expect(clippy::cast_precision_loss, reason = "seconds of a clock fit")]
fn end_of(second: u64) -> f64 {
    (second + 1) as f64 + WINDOW
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_any_size_are_kept() {
        let mut window = TokenWindow::new(100.0);
        for _ in 0..2 {
            window.add(1.0, u64::MAX);
            window.settle(1.0, 5, u64::MAX);
        }
        assert!(window.free_at(2.0, u64::MAX) > 60.0);
        assert!((window.free_at(62.0, 1) - 62.0).abs() < 1e-9);
    }
}
