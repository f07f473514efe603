//! Requests over a pooled HTTP/1.1 and HTTP/2 client.
//!
//! Invariant: bytes pass unchanged, except that compressed bodies are decoded; no redirect is followed and nothing is retried. A dropped body
//! closes its connection; the connection of a released one returns to the pool.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue, PROXY_AUTHORIZATION};
use hyper::http::uri::Scheme;
use hyper::{Method, Uri};
use hyper_util::client::legacy;
use hyper_util::client::proxy::matcher::Matcher;
use rustls::ClientConfig;
use rustls::client::Resumption;
use tokio::sync::Notify;
use trilogue_core::transport::{self, Failure, Head, Request};
use trilogue_core::{Config, Error, ErrorKind};

use crate::compression::Decoder;
use crate::connect::{Activity, Connector};
use crate::connections::Connections;
use crate::process::PerProcess;
use crate::proxy::proxies;
use crate::{runtime, tls};

/// How long a connection may take to end a stream whose end marker has come, before it is closed.
const RELEASE_WAIT: Duration = Duration::from_secs(1);
/// How long an idle connection is kept.
pub(crate) const IDLE: Duration = Duration::from_secs(90);
/// The most informational responses (100 Continue and the like) before a final response over HTTP/1. A gateway may send one every few seconds
/// as a sign of life.
const MOST_INFORMATIONAL: u32 = 1000;
/// hyper's error for headers that exceed its limits: it has a method for this in servers only.
const TOO_LARGE: &str = "message head is too large";
/// The header `user-agent`.
const AGENT: &str = concat!("trilogue/", env!("CARGO_PKG_VERSION"));
/// Headers of every request, unless it has its own. Compressed event streams stall at real providers.
pub(crate) const HEADERS: [(&str, &str); 3] =
    [("accept", "*/*"), ("accept-encoding", "identity"), ("user-agent", AGENT)];

/// Sends requests over its own connections.
pub(crate) struct Http {
    /// Settings that name files.
    tls: Option<ClientConfig>,
    proxies: Arc<Matcher>,
    connect_timeout: Duration,
    /// The connections: a child of `fork` must not write to its parent's.
    pool: PerProcess<Connections>,
    is_closed: Arc<AtomicBool>,
    max_response_bytes: usize,
}

impl fmt::Debug for Http {
    /// The proxy stays out: its URL may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

impl Http {
    /// Makes a transport for the base URL of `config`. Reads the files that the options or the environment name; connects to nothing yet.
    pub(crate) fn new(config: &Config) -> Result<Self, Error> {
        let url = &config.base_url;
        let server = read(url)
            .map_err(|why| Error::new(ErrorKind::Configuration, format!("base URL {url:?} can't be used: {why}")))?;
        Ok(Self {
            tls: tls::named(&config.network, url.starts_with("https:"))?,
            proxies: Arc::new(proxies(config.network.proxy.as_ref(), &server)?),
            connect_timeout: config.timeouts.connect,
            pool: PerProcess::new(),
            is_closed: Arc::default(),
            max_response_bytes: config.max_response_bytes,
        })
    }

    fn prepare(&self, request: &Request) -> Result<hyper::Request<Full<Bytes>>, Failure> {
        let mut prepared = hyper::Request::new(Full::new(Bytes::from_owner(Arc::clone(&request.body))));
        *prepared.method_mut() = if request.method == "GET" { Method::GET } else { Method::POST };
        *prepared.uri_mut() = read(&request.url).map_err(Failure::Refused)?;
        let proxy_authorization = self.proxy_authorization(prepared.uri());
        let headers = prepared.headers_mut();
        headers.reserve(request.headers.len() + HEADERS.len() + 1);
        for (name, value) in HEADERS {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        if let Some(authorization) = proxy_authorization {
            headers.insert(PROXY_AUTHORIZATION, authorization);
        }
        for (name, value) in &request.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|why| Failure::Refused(why.to_string()))?;
            let mut value =
                HeaderValue::from_str(value).map_err(|why| Failure::Refused(format!("header {name}: {why}")))?;
            value.set_sensitive(name == "authorization" || name == "x-api-key");
            headers.insert(name, value);
        }
        Ok(prepared)
    }

    /// Closes the connections of this process. Running requests and bodies end with [`Failure::Closed`], and so does each later request.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
        let connections = self.pool.lock().take();
        if let Some(connections) = connections {
            connections.close();
        }
    }

    /// Sends a request and waits for the head of the response.
    pub(crate) async fn send(&self, request: Request) -> Result<(Head, Body), Failure> {
        // Detects connections that the server has closed meanwhile.
        runtime::catch_up().await;
        let response = match self.exchange(&request).await {
            Err(Broken { is_stale: true, .. }) => self.exchange(&request).await,
            response => response,
        };
        let (head, body) = response.map_err(|broken| broken.failure)?.into_parts();
        if let Some(activity) = head.extensions.get::<Arc<Activity>>() {
            activity.set_used();
        }
        let headers = head
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        let decoder = Decoder::of(&head.headers, self.max_response_bytes);
        let body = Body { wire: Wire { incoming: body, is_closed: Arc::clone(&self.is_closed) }, decoder };
        Ok((Head { status: head.status.as_u16(), headers: headers.collect() }, body))
    }

    /// Is ready once the transport is closed.
    pub(crate) async fn closed(&self) {
        if let Ok(closing) = self.connections(Connections::closing) {
            closing.await;
        }
    }

    /// Calls `with` with the connections of this process.
    fn connections<R>(&self, with: impl FnOnce(&Connections) -> R) -> Result<R, Failure> {
        let mut pool = self.pool.lock();
        if self.is_closed() {
            return Err(Failure::Closed);
        }
        Ok(with(pool.get_or_insert_with(|| self.connect())))
    }

    /// Sends a request once, over a connection of this process.
    async fn exchange(&self, request: &Request) -> Result<hyper::Response<Incoming>, Broken> {
        let mut prepared = self.prepare(request)?;
        let informational = Arc::new((AtomicU32::new(0), Notify::new()));
        hyper::ext::on_informational(&mut prepared, {
            let informational = Arc::clone(&informational);
            move |_| {
                if informational.0.fetch_add(1, Ordering::Relaxed) == MOST_INFORMATIONAL {
                    informational.1.notify_one();
                }
            }
        });
        let (response, closing) =
            self.connections(|connections| (connections.request(prepared), connections.closing()))?;
        let outcome = tokio::select! {
            biased;
            () = closing => return Err(Failure::Closed.into()),
            () = informational.1.notified() => {
                let message = format!("the server sent more than {MOST_INFORMATIONAL} informational responses and no final response");
                return Err(Failure::TooLong(message).into());
            }
            response = response => response,
        };
        outcome.map_err(|error| match failure(&error) {
            _ if self.is_closed() => Failure::Closed.into(),
            failure => Broken { failure, is_stale: is_stale(&error, request.resend) },
        })
    }

    fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }

    fn connect(&self) -> Connections {
        // The session cache may be locked by a thread that a child of `fork` does not have.
        let mut tls = self.tls.clone();
        if let Some(tls) = &mut tls {
            tls.resumption = Resumption::default();
        }
        Connections::new(Connector::new(
            Arc::clone(&self.proxies),
            tls,
            self.connect_timeout,
            HeaderValue::from_static(AGENT),
        ))
    }

    /// The credentials of a proxy for plain http, which are sent with each request. Other proxies receive them when a connection is made.
    fn proxy_authorization(&self, uri: &Uri) -> Option<HeaderValue> {
        if uri.scheme() != Some(&Scheme::HTTP) {
            return None;
        }
        self.proxies.intercept(uri)?.basic_auth().cloned()
    }
}

/// Parses a URL for the HTTP client. Characters that a path can't contain are percent-encoded, as in browsers.
fn read(url: &str) -> Result<Uri, String> {
    let host = url.find("://").map_or(0, |at| at + 3);
    let (origin, path) = url.split_at(url[host..].find('/').map_or(url.len(), |at| host + at));
    if !origin.is_ascii() {
        return Err("its host name must be ASCII (use the xn--… form)".to_owned());
    }
    let mut encoded = String::with_capacity(url.len());
    encoded.push_str(origin);
    for byte in path.bytes() {
        if byte.is_ascii_graphic() && !b"\"<>`{}".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let hex = |digit: u8| char::from_digit(digit.into(), 16).map_or('0', |digit| digit.to_ascii_uppercase());
            encoded.extend(['%', hex(byte >> 4), hex(byte & 15)]);
        }
    }
    let uri = Uri::try_from(encoded).map_err(|why| why.to_string())?;
    match uri.authority() {
        Some(given) if given.port().is_none() && given.as_str() != given.host() => {
            Err("its port must be between 0 and 65535".to_owned())
        }
        _ => Ok(uri),
    }
}

/// An exchange without a response.
struct Broken {
    failure: Failure,
    /// Another connection may serve the request.
    is_stale: bool,
}

impl From<Failure> for Broken {
    fn from(failure: Failure) -> Self {
        Self { failure, is_stale: false }
    }
}

/// Returns whether a request failed because its reused connection was closed: before the request was processed, or, if it may be sent twice
/// (`resend`), before the first byte of its response.
fn is_stale(error: &legacy::Error, resend: bool) -> bool {
    let mut extensions = hyper::http::Extensions::new();
    if let Some(connected) = error.connect_info() {
        connected.get_extras(&mut extensions);
    }
    let Some(activity) = extensions.get::<Arc<Activity>>() else { return false };
    match causes::<h2::Error>(error).next() {
        Some(error) if error.is_go_away() => error.is_remote() && error.reason() == Some(h2::Reason::NO_ERROR),
        Some(error) if error.is_reset() => error.is_remote() && error.reason() == Some(h2::Reason::REFUSED_STREAM),
        _ => resend && activity.was_used() && !activity.was_read(),
    }
}

fn failure(error: &legacy::Error) -> Failure {
    if error.is_connect() && causes(error).any(|error: &io::Error| error.kind() == io::ErrorKind::TimedOut) {
        return Failure::ConnectTimeout;
    }
    let is_too_long = causes(error).any(|error: &hyper::Error| error.is_parse() && error.to_string() == TOO_LARGE)
        || causes(error)
            .any(|error: &h2::Error| error.is_library() && error.reason() == Some(h2::Reason::REFUSED_STREAM));
    if is_too_long {
        return Failure::TooLong("the response's headers are longer, or more, than a client takes".to_owned());
    }
    Failure::Connection(describe(error))
}

/// The causes of an error that have this type, the outermost first.
fn causes<E: std::error::Error + 'static>(error: &legacy::Error) -> impl Iterator<Item = &E> {
    let mut next = error.source();
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
    .filter_map(|cause| cause.downcast_ref())
}

/// Returns the text of the innermost cause, which is the specific one: "Connection refused" and not "client error (Connect)".
fn describe(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}

/// The body of a response.
pub(crate) struct Body {
    wire: Wire,
    /// `None` for a plain body. An error is returned by each read.
    decoder: Result<Option<Box<Decoder>>, Failure>,
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("wire", &self.wire).finish_non_exhaustive()
    }
}

impl transport::Body for Body {
    type Chunk = Bytes;

    async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        match &mut self.decoder {
            Ok(None) => self.wire.chunk().await,
            Ok(Some(decoder)) => loop {
                if let Some(bytes) = decoder.decode()? {
                    return Ok(Some(bytes));
                }
                match self.wire.chunk().await? {
                    Some(bytes) => decoder.feed(bytes),
                    None => return decoder.finish(),
                }
            },
            Err(failure) => Err(failure.clone()),
        }
    }

    fn release(mut self) {
        // The end of the body mostly arrives with the end marker; reading it lets the connection serve the next request.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(tokio::time::timeout(RELEASE_WAIT, async move {
                while let Some(Ok(_)) = self.wire.incoming.frame().await {}
            }));
        }
    }
}

/// The bytes of a body as received.
#[derive(Debug)]
struct Wire {
    incoming: Incoming,
    is_closed: Arc<AtomicBool>,
}

impl Wire {
    async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        while let Some(frame) = self.incoming.frame().await {
            match frame.map(hyper::body::Frame::into_data) {
                Ok(Ok(data)) => return Ok(Some(data)),
                // Trailers are ignored.
                Ok(Err(_)) => {}
                Err(_) if self.is_closed.load(Ordering::SeqCst) => break,
                Err(error) => return Err(Failure::Connection(describe(&error))),
            }
        }
        // A body whose connection task was aborted looks complete.
        if self.is_closed.load(Ordering::SeqCst) { Err(Failure::Closed) } else { Ok(None) }
    }
}
