//! Requests over a pooled HTTP/1.1 and HTTP/2 client.
//!
//! Law: bytes as they come: no decompression, no redirect, no retry. A body that is dropped closes its connection; one that is
//! released goes back to the pool.

use std::error::Error as _;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Proxy, redirect};
use rustls::ClientConfig;
use trilogue_core::config::Secret;
use trilogue_core::transport::{self, Failure, Head, Request, Transport};
use trilogue_core::{Config, Error, ErrorKind, Notice};

use crate::tls;

/// How long a connection may take to end a stream whose end marker has come, before it is given up.
const RELEASE_WAIT: Duration = Duration::from_secs(1);

/// Hears what happens to calls: the caller's number of a call, and the notice. Called in the thread that drives the call.
pub type Observer = Arc<dyn Fn(u32, &Notice<'_>) + Send + Sync>;

/// The native transport.
pub struct Http {
    secure: bool,
    /// Settings that name files.
    tls: Option<ClientConfig>,
    proxy: Route,
    connect_timeout: Duration,
    started: Instant,
    pool: Mutex<Option<Pool>>,
    observer: OnceLock<Observer>,
}

/// How requests leave the machine.
#[derive(Clone)]
enum Route {
    /// As `HTTPS_PROXY` and its kin say, or the system's settings.
    Environment,
    Direct,
    Proxy(Proxy),
}

impl fmt::Debug for Http {
    /// The proxy stays out: its URL may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("secure", &self.secure).finish_non_exhaustive()
    }
}

/// The connections of one process: a child of `fork` must not write to its parent's.
#[derive(Debug)]
struct Pool {
    process: u32,
    client: reqwest::Client,
}

impl Http {
    /// A transport for the base URL of `config`. Connects to nothing yet, but reads the files that the options or the environment name.
    pub fn new(config: &Config) -> Result<Self, Error> {
        let secure = config.base_url.starts_with("https:");
        Ok(Self {
            secure,
            tls: tls::named(&config.network, secure)?,
            proxy: route(config.network.proxy.as_ref())?,
            connect_timeout: config.timeouts.connect,
            started: Instant::now(),
            pool: Mutex::new(None),
            observer: OnceLock::new(),
        })
    }

    /// Lets `observer` hear of calls that are watched. The first one stays.
    pub fn observe(&self, observer: Observer) {
        // Whoever came first says the same.
        let _second = self.observer.set(observer);
    }

    fn client(&self) -> Result<reqwest::Client, Failure> {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        let process = std::process::id();
        if let Some(pool) = pool.as_ref().filter(|pool| pool.process == process) {
            return Ok(pool.client.clone());
        }
        // Dropping the parent's connections in the child would wake a runtime that isn't there.
        std::mem::forget(pool.take());
        let client = self.build().map_err(|why| Failure::Refused(why.message().to_owned()))?;
        *pool = Some(Pool { process, client: client.clone() });
        Ok(client)
    }

    fn build(&self) -> Result<reqwest::Client, Error> {
        let tls = self.tls.clone().map_or_else(|| tls::unnamed(self.secure), Ok)?;
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(self.connect_timeout)
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .user_agent(concat!("trilogue/", env!("CARGO_PKG_VERSION")));
        let builder = match &self.proxy {
            Route::Environment => builder,
            Route::Direct => builder.no_proxy(),
            Route::Proxy(proxy) => builder.proxy(proxy.clone()),
        };
        builder.build().map_err(|why| Error::new(ErrorKind::Configuration, describe(why)))
    }
}

/// Checks a proxy's URL. No error shows it: it may hold a password.
fn route(proxy: Option<&Secret>) -> Result<Route, Error> {
    let Some(url) = proxy.map(Secret::expose) else {
        // The HTTP client lets `*` stand for all names, but for no address.
        let none = ["NO_PROXY", "no_proxy"].into_iter().find_map(|name| std::env::var(name).ok());
        return Ok(if none.is_some_and(|none| none.trim() == "*") { Route::Direct } else { Route::Environment });
    };
    if url.is_empty() {
        return Ok(Route::Direct);
    }
    let known = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    let proxy = Proxy::all(url).ok().filter(|_| known.contains(&scheme.to_ascii_lowercase().as_str()));
    proxy.map(Route::Proxy).ok_or_else(|| {
        let message =
            "proxy is no URL of a proxy: it looks like http://127.0.0.1:3128 or socks5h://user:password@127.0.0.1:1080";
        Error::new(ErrorKind::Configuration, message)
    })
}

impl Transport for Http {
    type Body = Body;
    type Sleep = Pin<Box<tokio::time::Sleep>>;

    async fn send(&self, request: Request) -> Result<(Head, Body), Failure> {
        let method = if request.method == "GET" { Method::GET } else { Method::POST };
        let mut headers = HeaderMap::with_capacity(request.headers.len() + 1);
        // Compressed event streams stall at real providers.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        for (name, value) in &request.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|why| Failure::Refused(why.to_string()))?;
            let mut value =
                HeaderValue::from_str(value).map_err(|why| Failure::Refused(format!("header {name}: {why}")))?;
            value.set_sensitive(name == "authorization" || name == "x-api-key");
            headers.insert(name, value);
        }
        let mut builder = self.client()?.request(method, &request.url).headers(headers);
        if !request.body.is_empty() {
            builder = builder.body(Bytes::from_owner(request.body));
        }
        let response = builder.send().await.map_err(|error| {
            if error.is_connect() && error.is_timeout() {
                Failure::ConnectTimeout
            } else {
                Failure::Connection(describe(error))
            }
        })?;
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        Ok((Head { status: response.status().as_u16(), headers: headers.collect() }, Body(response)))
    }

    fn sleep(&self, duration: Duration) -> Self::Sleep {
        Box::pin(tokio::time::sleep(duration))
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn unix_time(&self) -> Duration {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
    }

    fn random(&self) -> f64 {
        // The standard library's hasher is keyed at random: enough for jitter.
        f64::from(u32::try_from(RandomState::new().hash_one(0_u8) >> 32).unwrap_or(0)) / f64::from(u32::MAX)
    }

    const HEARS: bool = true;

    fn hear(&self, call: u32, notice: &Notice<'_>) {
        if let Some(observer) = self.observer.get() {
            observer(call, notice);
        }
    }
}

/// The innermost cause, which is the one that tells something: "Connection refused" and not "error sending request".
fn describe(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = error.to_string();
        cause = error.source();
    }
    text
}

/// The body of a response.
#[derive(Debug)]
pub struct Body(reqwest::Response);

impl transport::Body for Body {
    type Chunk = Bytes;

    async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        self.0.chunk().await.map_err(|error| Failure::Connection(describe(error)))
    }

    fn release(mut self) {
        // The end of the body mostly comes with the end marker; reading it lets the connection serve the next request.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(tokio::time::timeout(RELEASE_WAIT, async move {
                while let Ok(Some(_)) = self.0.chunk().await {}
            }));
        }
    }
}
