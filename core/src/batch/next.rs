//! What happens to a row after a failure of its call.
//!
//! Invariant: no row fails because the server refused it for a rate limit or because the budget ends: neither is the row's fault.

use core::time::Duration;

use crate::error::{Error, ErrorKind};

/// The wait before a row is sent again that the server has refused for longer than `max_retry_after`.
const REFUSED_WAIT: Duration = Duration::from_secs(5);
/// The longest wait before that: a server that asks for hours is asked again after this time.
const MAX_REFUSED_WAIT: Duration = Duration::from_secs(300);

/// What happens to a row whose call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Its error is written to the log.
    Record,
    /// The row is sent again after this time.
    Again(Duration),
    /// The row is sent again when others have returned what they reserved of the budget. If none are in flight, the run ends.
    AwaitBudget,
    /// The run ends, since each row would fail: the key is wrong, or the account is empty. Nothing is written.
    Stop,
}

/// Decides about the row of a failed call.
pub fn after_failure(error: &Error) -> Next {
    match error.kind() {
        ErrorKind::RateLimit => {
            let wait = error.fields().retry_after.unwrap_or(REFUSED_WAIT);
            Next::Again(wait.clamp(Duration::from_millis(50), MAX_REFUSED_WAIT))
        }
        // The row waited for the client's own limits.
        ErrorKind::QueueTimeout => Next::Again(Duration::ZERO),
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
        assert_eq!(after(ErrorKind::RateLimit), Next::Again(REFUSED_WAIT));
        let mut hours = Error::new(ErrorKind::RateLimit, "x");
        hours.fields_mut().retry_after = Some(Duration::from_secs(86_400));
        assert_eq!(after_failure(&hours), Next::Again(MAX_REFUSED_WAIT));
        assert_eq!(after(ErrorKind::BudgetExceeded), Next::AwaitBudget);
        assert_eq!(after(ErrorKind::InsufficientQuota), Next::Stop);
        for kind in [ErrorKind::BadRequest, ErrorKind::InternalServer, ErrorKind::Timeout, ErrorKind::Connection] {
            assert_eq!(after(kind), Next::Record);
        }
    }
}
