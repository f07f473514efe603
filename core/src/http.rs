//! HTTP requests, response heads and failures, as plain data.
//!
//! Plain fields and not the `http` crate's types: its header map and URI parser would be a noticeable part of the wasm module, and every
//! transport converts anyway.

use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

use crate::prelude::*;

/// A request, ready to be sent.
#[derive(Clone)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Absolute URL.
    pub url: String,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body; empty for `GET`. Shared, since a retry sends it again.
    pub body: Arc<[u8]>,
    /// How long making the connection may take; `None` leaves it to the other timeouts.
    pub connect_timeout: Option<Duration>,
    /// Whether the request may be sent again at once, over a new connection, where one that had served others broke before any byte of the
    /// answer came. The server may then receive it twice.
    pub resend: bool,
}

impl fmt::Debug for Request {
    /// Headers stay out: one of them is the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).field("url", &self.url).finish_non_exhaustive()
    }
}

/// The headers with the provider's id of a request; the first one that is present counts.
pub const REQUEST_ID_HEADERS: [&str; 2] = ["x-request-id", "request-id"];

/// The head of a response.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// HTTP status.
    pub status: u16,
    /// Header names in lower case, with their values. Shared, since a stream has several heads.
    pub headers: Arc<[(String, String)]>,
}

impl Head {
    /// The first value of the header `name` (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The provider's id of the request.
    pub fn request_id(&self) -> Option<&str> {
        REQUEST_ID_HEADERS.into_iter().find_map(|name| self.header(name))
    }
}

/// Why a transport gave up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// No connection within the request's `connect_timeout`.
    ConnectTimeout,
    /// Refused, reset, unknown host, TLS, broken framing: the text says which.
    Connection(String),
    /// The server asked for something that the transport must not do, such as following a redirect.
    Refused(String),
    /// The answer is longer than a limit: the text says which.
    TooLong(String),
    /// The body can't be decoded as its headers say.
    Undecodable(String),
    /// The client was closed while the request or its answer was under way.
    Closed,
}
