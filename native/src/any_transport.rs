//! The transport of a client: this crate's HTTP, or one of the host program.
//!
//! Invariant: time, randomness and notices are the same for both.

use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};
use std::{fmt, future};

use bytes::Bytes;
use tokio::sync::watch;
use trilogue_core::config::Config;
use trilogue_core::transport::{self, Failure, Head, Notice, Request, Transport};
use trilogue_core::{Client, Error};

use crate::exchange::{HostTransport, Reader};
use crate::transport::{Body, HEADERS, Http};

/// Receives notices of calls: the caller's number of the call, and the notice. Called in the thread that drives the call.
pub type Observer = Arc<dyn Fn(u32, &Notice<'_>) + Send + Sync>;

/// The transport of a client.
pub struct AnyTransport {
    shared: Arc<Shared>,
    backend: Backend,
}

/// What the transports of a client share.
struct Shared {
    started: Instant,
    observer: OnceLock<Observer>,
    /// Whether the client is closed. Only used by a [`Backend::Host`].
    is_closed: watch::Sender<bool>,
}

enum Backend {
    Http(Box<Http>),
    Host(Arc<dyn HostTransport>),
}

impl fmt::Debug for AnyTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyTransport").finish_non_exhaustive()
    }
}

impl AnyTransport {
    /// Creates a transport over HTTP for the base URL of `config`. Reads the files that the options or the environment name; connects to nothing
    /// yet.
    pub fn http(config: &Config) -> Result<Self, Error> {
        Ok(Self::new(Backend::Http(Box::new(Http::new(config)?))))
    }

    /// Creates a transport that passes requests to the host program.
    pub fn host(host: Arc<dyn HostTransport>) -> Self {
        Self::new(Backend::Host(host))
    }

    fn new(backend: Backend) -> Self {
        let shared =
            Shared { started: Instant::now(), observer: OnceLock::new(), is_closed: watch::Sender::new(false) };
        Self { shared: Arc::new(shared), backend }
    }

    /// Returns a transport for a fallback of the same client, with connections of its own. `None` if this one serves it too: if the host program
    /// sends the requests, or if the fallback is another model of the same endpoint.
    fn of_fallback(&self, client: &Config, fallback: &Config) -> Result<Option<Self>, Error> {
        match &self.backend {
            Backend::Http(_) if !has_same_connections(client, fallback) => {
                let backend = Backend::Http(Box::new(Http::new(fallback)?));
                Ok(Some(Self { shared: Arc::clone(&self.shared), backend }))
            }
            _ => Ok(None),
        }
    }

    /// Returns the same transport, which passes requests to another host.
    pub(crate) fn with_host(&self, host: Arc<dyn HostTransport>) -> Self {
        Self { shared: Arc::clone(&self.shared), backend: Backend::Host(host) }
    }

    /// Sends notices of calls that have a `notice_id` to `observer`. The first observer stays.
    pub fn observe(&self, observer: Observer) {
        // Clones of a client install the same observer.
        let _second = self.shared.observer.set(observer);
    }

    /// Closes the connections of this process. Running requests and bodies end with [`Failure::Closed`], and so does each later request.
    pub fn close(&self) {
        self.shared.is_closed.send_replace(true);
        if let Backend::Http(http) = &self.backend {
            http.close();
        }
    }

    /// Is ready once the client is closed.
    async fn closed(&self) {
        match &self.backend {
            Backend::Http(http) => http.closed().await,
            Backend::Host(_) => closed(self.shared.is_closed.subscribe()).await,
        }
    }
}

/// Whether two endpoints can use the same connections: [`Http::new`] depends on these options.
fn has_same_connections(one: &Config, other: &Config) -> bool {
    one.base_url == other.base_url
        && one.network == other.network
        && one.timeouts.connect == other.timeouts.connect
        && one.max_response_bytes == other.max_response_bytes
}

/// Creates a client whose fallbacks at other endpoints have connections of their own.
pub fn client(config: Config, transport: AnyTransport) -> Result<Client<AnyTransport>, Error> {
    let client = Client::new(config, transport);
    let main = client.clone();
    client.with_fallback_transports(|config| main.transport().of_fallback(main.config(), config))
}

/// Is ready once the client is closed.
async fn closed(mut is_closed: watch::Receiver<bool>) {
    if is_closed.wait_for(|is_closed| *is_closed).await.is_err() {
        // The client was dropped without being closed.
        future::pending::<()>().await;
    }
}

/// Adds the headers that this crate's HTTP sends too. Those of the request have precedence.
fn add_headers(request: &mut Request) {
    // A host that asks for compressed bodies has to decompress them.
    for (name, value) in HEADERS {
        if request.headers.iter().all(|(known, _)| known != name) {
            request.headers.push((name.to_owned(), value.to_owned()));
        }
    }
}

impl Transport for AnyTransport {
    type Body = AnyBody;
    type Sleep = Pin<Box<tokio::time::Sleep>>;

    async fn send(&self, mut request: Request) -> Result<(Head, AnyBody), Failure> {
        let host = match &self.backend {
            Backend::Http(http) => {
                let (head, body) = http.send(request).await?;
                return Ok((head, AnyBody(Source::Http(Box::new(body)))));
            }
            Backend::Host(host) => host,
        };
        if *self.shared.is_closed.borrow() {
            return Err(Failure::Closed);
        }
        add_headers(&mut request);
        let reader = Reader::start(&**host, &request);
        let head = tokio::select! {
            biased;
            () = self.closed() => Err(Failure::Closed),
            head = reader.head() => head,
        };
        Ok((head?, AnyBody(Source::Host(reader, self.shared.is_closed.subscribe()))))
    }

    async fn pause(&self, duration: Duration) -> bool {
        tokio::select! { biased; () = self.closed() => false, () = self.sleep(duration) => true }
    }

    fn sleep(&self, duration: Duration) -> Self::Sleep {
        Box::pin(tokio::time::sleep(duration))
    }

    fn now(&self) -> Duration {
        self.shared.started.elapsed()
    }

    fn unix_time(&self) -> Duration {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
    }

    fn random(&self) -> f64 {
        // The standard library's hasher is keyed at random: enough for jitter.
        f64::from(u32::try_from(RandomState::new().hash_one(0_u8) >> 32).unwrap_or(0)) / f64::from(u32::MAX)
    }

    fn yield_now(&self) -> impl Future<Output = ()> {
        tokio::task::yield_now()
    }

    const NOTIFIES: bool = true;

    fn notify(&self, call: u32, notice: &Notice<'_>) {
        if let Some(observer) = self.shared.observer.get() {
            observer(call, notice);
        }
    }
}

/// The body of a response, of either transport.
#[derive(Debug)]
pub struct AnyBody(Source);

#[derive(Debug)]
enum Source {
    Http(Box<Body>),
    /// A body of the host, and whether the client is closed.
    Host(Reader, watch::Receiver<bool>),
}

impl transport::Body for AnyBody {
    type Chunk = Bytes;

    async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        match &mut self.0 {
            Source::Http(body) => body.chunk().await,
            Source::Host(reader, is_closed) => tokio::select! {
                biased;
                () = closed(is_closed.clone()) => Err(Failure::Closed),
                chunk = reader.chunk() => chunk,
            },
        }
    }

    fn release(self) {
        match self.0 {
            Source::Http(body) => body.release(),
            Source::Host(reader, _) => reader.release(),
        }
    }
}
