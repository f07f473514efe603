//! What happens to a row after a failure of its call.
//!
//! Invariant: no row fails because the server refused it for a rate limit or because the budget ends: neither is the row's fault.

use core::time::Duration;

use crate::error::{Error, ErrorKind};

/// The wait of a row that the server has refused for longer than `max_retry_after`.
const REFUSED_WAIT: Duration = Duration::from_secs(5);
/// The longest wait of such a row, also if the server names hours.
const MAX_REFUSED_WAIT: Duration = Duration::from_secs(300);
/// The shortest wait, so that a row that waited for the client's own limits does not loop.
const MIN_WAIT: Duration = Duration::from_millis(50);

/// What happens to a row whose call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Its error is written to the log.
    Record,
    /// The row is put back, and sent after this time.
    Requeue(Duration),
    /// The row is sent when other rows have returned what they reserved of the budget. If none are in flight, the run ends.
    AwaitBudget,
    /// The run ends, since each row would fail: the key is wrong, or the account is empty. Nothing is written.
    Stop,
}

/// Decides about the row of a failed call.
pub fn after_failure(error: &Error) -> Next {
    match error.kind() {
        ErrorKind::RateLimit => {
            let wait = error.fields().retry_after.unwrap_or(REFUSED_WAIT);
            Next::Requeue(wait.clamp(MIN_WAIT, MAX_REFUSED_WAIT))
        }
        ErrorKind::QueueTimeout => Next::Requeue(MIN_WAIT),
        ErrorKind::BudgetExceeded => Next::AwaitBudget,
        ErrorKind::InsufficientQuota
        | ErrorKind::PaymentRequired
        | ErrorKind::Authentication
        | ErrorKind::Configuration
        | ErrorKind::UserAbort => Next::Stop,
        _ => Next::Record,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_no_failures_of_a_row() {
        let after = |kind| after_failure(&Error::new(kind, "x"));
        assert_eq!(after(ErrorKind::RateLimit), Next::Requeue(REFUSED_WAIT));
        assert!(matches!(after(ErrorKind::QueueTimeout), Next::Requeue(wait) if wait > Duration::ZERO));
        let mut hours = Error::new(ErrorKind::RateLimit, "x");
        hours.fields_mut().retry_after = Some(Duration::from_secs(86_400));
        assert_eq!(after_failure(&hours), Next::Requeue(MAX_REFUSED_WAIT));
        assert_eq!(after(ErrorKind::BudgetExceeded), Next::AwaitBudget);
        assert_eq!(after(ErrorKind::InsufficientQuota), Next::Stop);
        for kind in [ErrorKind::BadRequest, ErrorKind::InternalServer, ErrorKind::Timeout, ErrorKind::Connection] {
            assert_eq!(after(kind), Next::Record);
        }
    }
}
