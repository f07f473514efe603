//! HTTP requests, response heads and failures as plain data.
//!
//! The `http` crate is not used: its header map and URI parser would noticeably enlarge the wasm module, and each transport converts
//! these types anyway.

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
    /// Header names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body; empty for `GET`. Shared, because a retry sends it again.
    pub body: Arc<[u8]>,
    /// Time limit for the connection; `None` leaves it to the other timeouts.
    pub connect_timeout: Option<Duration>,
    /// Whether the transport may resend the request at once over a new connection if a reused connection broke before the first byte of
    /// the response. The server may then receive the request twice.
    pub resend: bool,
}

impl fmt::Debug for Request {
    /// Omits the headers, which contain the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).field("url", &self.url).finish_non_exhaustive()
    }
}

/// Names of the header with the provider's request id. The first one present counts.
pub const REQUEST_ID_HEADERS: [&str; 2] = ["x-request-id", "request-id"];

/// Names of the headers with the key of a request. Hooks of a program don't see them.
pub const KEY_HEADERS: [&str; 2] = ["authorization", "x-api-key"];

/// The head of a response.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// HTTP status.
    pub status: u16,
    /// Header names in lower case, and values. Shared, because a stream can have several heads.
    pub headers: Arc<[(String, String)]>,
}

impl Head {
    /// Returns the first value of the header `name`, which is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns the provider's id of the request.
    pub fn request_id(&self) -> Option<&str> {
        REQUEST_ID_HEADERS.into_iter().find_map(|name| self.header(name))
    }
}

/// Why a transport has no answer, or not all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// No connection within the request's `connect_timeout`.
    ConnectTimeout,
    /// A refused or reset connection, an unknown host, a TLS error or invalid framing, as described by the text.
    Connection(String),
    /// The server requires something the transport must not do, such as following a redirect.
    Refused(String),
    /// The response exceeds a limit, as described by the text.
    TooLong(String),
    /// The body can't be decoded as its headers specify.
    Undecodable(String),
    /// The client was closed during the request or its response.
    Closed,
}

/// Returns the value of the first of these names in a header such as `limit=10, remaining=1` or `"default";r=1;t=30`.
pub(crate) fn item<'t>(value: &'t str, names: &[&str]) -> Option<&'t str> {
    let items = value.split([',', ';']).filter_map(|item| item.trim().split_once('='));
    items.filter(|(name, _)| names.contains(&name.trim())).map(|(_, value)| value.trim()).next()
}
