//! The errors of calls that the transport, a time limit or a size limit ends.
//!
//! Each message names the option that changes the limit.

use core::time::Duration;

use crate::config::address::{is_local, port_of};
use crate::error::{Error, ErrorKind};
use crate::prelude::*;
use crate::text::dialect::{Limit, Name};
use crate::transport::Failure;

/// The error of a request that got no answer.
pub(super) fn connection_error(failure: &Failure, server: &str, connect_timeout: Duration) -> Error {
    match failure {
        Failure::ConnectTimeout => Error::new(
            ErrorKind::ConnectTimeout,
            format!("no connection to {server} within {} ({})", Name("connect_timeout"), Limit(connect_timeout)),
        ),
        Failure::Connection(why) => {
            Error::new(ErrorKind::Connection, format!("can't reach {server}: {why}{}", connection_hint(server, why)))
        }
        Failure::Refused(why) => Error::new(ErrorKind::Configuration, why.clone()),
        Failure::TooLong(_) | Failure::Undecodable(_) | Failure::Closed => incomplete(failure),
    }
}

/// Advice for a server that can't be reached.
fn connection_hint(server: &str, why: &str) -> String {
    // The texts of Chromium, Firefox and Safari, which hide the reason from a page.
    let is_hidden = ["Failed to fetch", "NetworkError when attempting to fetch", "Load failed"];
    if is_hidden.into_iter().any(|text| why.starts_with(text)) {
        return "; it is down, or its CORS policy doesn't allow this page: the browser's console says which".to_owned();
    }
    let server_name = match port_of(server).filter(|_| is_local(server)) {
        Some(11434) => "Ollama",
        Some(8000) => "vLLM",
        Some(1234) => "LM Studio",
        Some(8080) => "llama.cpp's server",
        Some(30000) => "SGLang",
        _ => return String::new(),
    };
    format!("; is {server_name} running? It usually listens on this port")
}

/// The error of an answer whose body failed before its end.
pub(super) fn incomplete(failure: &Failure) -> Error {
    let why = match failure {
        Failure::Connection(why) | Failure::Refused(why) => why,
        Failure::ConnectTimeout => "no connection",
        Failure::TooLong(why) => return Error::new(ErrorKind::LimitExceeded, why.clone()),
        Failure::Undecodable(why) => return Error::new(ErrorKind::ResponseValidation, why.clone()),
        Failure::Closed => {
            return Error::new(ErrorKind::UserAbort, "the client was closed before the answer was complete");
        }
    };
    Error::new(
        ErrorKind::IncompleteStream,
        format!("the answer is incomplete: {why}; `partial` has the received part, and a retry may succeed"),
    )
}

/// The error of a server that doesn't answer within `limit`: the limit of a stream's first token, or of the complete call.
pub(super) fn answer_timeout(limit: Duration, total: Duration) -> Error {
    if limit == total {
        return total_timeout(total);
    }
    let message = format!("no answer within {} ({}); raise the limit", Name("first_token_timeout"), Limit(limit));
    Error::new(ErrorKind::FirstTokenTimeout, message)
}

/// The error of a call that takes longer than the option `timeout`.
pub(super) fn total_timeout(limit: Duration) -> Error {
    Error::new(ErrorKind::Timeout, format!("the answer took longer than timeout ({}); raise the limit", Limit(limit)))
}

/// The error of an answer with more bytes than `limit`.
pub(super) fn too_long(limit: usize) -> Error {
    Error::new(ErrorKind::LimitExceeded, format!("the answer is longer than {} ({limit})", Name("max_response_bytes")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unreachable_servers_are_named_by_their_port() {
        for (server, why, hint) in [
            ("http://localhost:11434/v1", "Connection refused", "is Ollama running?"),
            ("http://127.0.0.1:8000", "Connection refused", "is vLLM running?"),
            ("http://[::1]:1234/v1", "Connection refused", "is LM Studio running?"),
            ("http://localhost:11434/v1", "Failed to fetch", "CORS"),
        ] {
            assert!(connection_hint(server, why).contains(hint), "{server}");
        }
        for server in ["https://llm.example:8000/v1", "http://localhost/8000", "http://localhost:8001"] {
            assert_eq!(connection_hint(server, "Connection refused"), "");
        }
    }
}
