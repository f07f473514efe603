//! Connections to servers: direct or through a proxy, with TLS if the server or the proxy requires it.
//!
//! Invariant: a connection is ready to carry requests, or there is an error with the reason and without a password.

use std::future::{Ready, ready};
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::Uri;
use hyper::header::{HeaderMap, HeaderValue, USER_AGENT};
use hyper::http::uri::Scheme;
use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use hyper_util::client::legacy::connect::proxy::{SocksV4, SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use rustls::ClientConfig;
use tower_service::Service;
use trilogue_core::Error;

use crate::tls;

/// The interval of TCP keep-alive probes on a silent connection; three unanswered probes end it.
const KEEPALIVE: Duration = Duration::from_secs(15);
/// How long sent data may stay unacknowledged.
#[cfg(target_os = "linux")]
const UNCONFIRMED: Duration = Duration::from_secs(30);
/// The standard's port of SOCKS.
const SOCKS_PORT: u16 = 1080;

/// Up to this number of connections, the size of reads is hyper's choice: it doubles a connection's buffer when a read fills it, up to 400 KB.
/// That is fast for one stream, and too much memory for hundreds.
const FEW: usize = 16;
/// The most bytes of a read if there are more connections: it does not fill the smallest buffer.
const SMALL_READ: usize = 8 * 1024 - 1;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Connecting = Pin<Box<dyn Future<Output = Result<Link, BoxError>> + Send>>;

/// Makes connections. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Connector(Arc<Settings>);

struct Settings {
    tcp: HttpConnector,
    tls: OnceLock<Arc<ClientConfig>>,
    proxies: Arc<Matcher>,
    user_agent: HeaderValue,
    timeout: Duration,
    /// Each connection holds a clone.
    open: Arc<()>,
}

impl Connector {
    /// `tls` are settings from files; others are made for the first connection that needs them. `timeout` covers all steps of a connection.
    pub(crate) fn new(
        proxies: Arc<Matcher>,
        tls: Option<ClientConfig>,
        timeout: Duration,
        user_agent: HeaderValue,
    ) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        // Divided among the addresses of a name.
        tcp.set_connect_timeout(Some(timeout));
        tcp.set_keepalive(Some(KEEPALIVE));
        tcp.set_keepalive_interval(Some(KEEPALIVE));
        tcp.set_keepalive_retries(Some(3));
        #[cfg(target_os = "linux")]
        tcp.set_tcp_user_timeout(Some(UNCONFIRMED));
        let tls = tls.map_or_else(OnceLock::new, |tls| OnceLock::from(Arc::new(tls)));
        Self(Arc::new(Settings { tcp, tls, proxies, user_agent, timeout, open: Arc::default() }))
    }
}

impl Service<Uri> for Connector {
    type Response = Link;
    type Error = BoxError;
    type Future = Connecting;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, server: Uri) -> Connecting {
        let settings = Arc::clone(&self.0);
        Box::pin(async move {
            let made = tokio::time::timeout(settings.timeout, settings.connect(server)).await;
            let link = made.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))?;
            let is_http1 = !link.io.connected().is_negotiated_h2();
            let outermost = Outermost { open: Arc::clone(&settings.open), activity: Arc::default(), is_http1 };
            Ok(Link { outermost: Some(outermost), ..link })
        })
    }
}

impl Settings {
    async fn connect(&self, server: Uri) -> Result<Link, BoxError> {
        let secure = is(&server, &Scheme::HTTPS);
        let link = match self.proxies.intercept(&server) {
            None => self.tcp(server.clone()).await?,
            Some(proxy) if proxy.uri().scheme_str().is_some_and(|scheme| scheme.starts_with("socks")) => {
                self.socks(&server, &proxy).await?
            }
            Some(proxy) => {
                let link = self.http_proxy(&proxy).await?;
                if !secure {
                    return Ok(Link { proxied: true, ..link });
                }
                self.tunnel(link, server.clone(), &proxy).await?
            }
        };
        if secure { handshake(link, server, self.tls()?).await } else { Ok(link) }
    }

    async fn tcp(&self, to: Uri) -> Result<Link, BoxError> {
        Ok(Link::new(self.tcp.clone().call(to).await?))
    }

    /// A connection to a proxy of http.
    async fn http_proxy(&self, proxy: &Intercept) -> Result<Link, BoxError> {
        let link = self.tcp(proxy.uri().clone()).await?;
        if !is(proxy.uri(), &Scheme::HTTPS) {
            return Ok(link);
        }
        let mut tls = ClientConfig::clone(&*self.tls()?);
        // The tunnel is requested over HTTP/1.1.
        tls.alpn_protocols.clear();
        handshake(link, proxy.uri().clone(), Arc::new(tls)).await
    }

    /// Opens a tunnel through an http proxy, for a server with TLS.
    async fn tunnel(&self, link: Link, server: Uri, proxy: &Intercept) -> Result<Link, BoxError> {
        let agent = HeaderMap::from_iter([(USER_AGENT, self.user_agent.clone())]);
        let mut tunnel = Tunnel::new(proxy.uri().clone(), Given(Some(link))).with_headers(agent);
        if let Some(auth) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(auth.clone());
        }
        Ok(tunnel.call(server).await?)
    }

    async fn socks(&self, server: &Uri, proxy: &Intercept) -> Result<Link, BoxError> {
        let uri = with_port(proxy.uri(), proxy.uri().host().unwrap_or_default(), SOCKS_PORT)?;
        let scheme = proxy.uri().scheme_str().unwrap_or_default();
        let given = Given(Some(self.tcp(uri.clone()).await?));
        let name = server.host().unwrap_or_default();
        // With `socks4a` and `socks5h` the proxy resolves names.
        let host = match scheme {
            "socks4" | "socks5" => look_up(name, scheme == "socks4").await?,
            _ => name.to_owned(),
        };
        let server = with_port(server, &host, if is(server, &Scheme::HTTPS) { 443 } else { 80 })?;
        if scheme.starts_with("socks4") {
            return Ok(SocksV4::new(uri, given).call(server).await?);
        }
        let mut socks = SocksV5::new(uri, given);
        if let Some((user, password)) = proxy.raw_auth() {
            socks = socks.with_auth(user.to_owned(), password.to_owned());
        }
        Ok(socks.call(server).await?)
    }

    /// Made on demand: reading the system's certificates takes milliseconds, and plain http needs none.
    fn tls(&self) -> Result<Arc<ClientConfig>, Error> {
        if let Some(tls) = self.tls.get() {
            return Ok(Arc::clone(tls));
        }
        let made = Arc::new(tls::unnamed()?);
        Ok(Arc::clone(self.tls.get_or_init(|| made)))
    }
}

async fn handshake(link: Link, server: Uri, tls: Arc<ClientConfig>) -> Result<Link, BoxError> {
    Ok(Link::new(HttpsConnector::from((Given(Some(link)), tls)).call(server).await?))
}

/// Resolves a name to its first address, as written in a URL. SOCKS 4 has no IPv6.
async fn look_up(name: &str, only_v4: bool) -> Result<String, BoxError> {
    if name.starts_with('[') {
        return Ok(name.to_owned());
    }
    let mut found = GaiResolver::new().call(name.parse::<Name>()?).await?;
    let fitting = found.find(|address| address.is_ipv4() || !only_v4);
    let address = fitting.ok_or_else(|| io::Error::other("the name has no address for the proxy"))?.ip();
    Ok(if address.is_ipv6() { format!("[{address}]") } else { address.to_string() })
}

/// Returns the URI with another host and an explicit port.
fn with_port(uri: &Uri, host: &str, default: u16) -> Result<Uri, BoxError> {
    let scheme = uri.scheme_str().unwrap_or_default();
    let port = uri.port_u16().unwrap_or(default);
    Ok(format!("{scheme}://{host}:{port}/").parse()?)
}

pub(crate) fn is(uri: &Uri, scheme: &Scheme) -> bool {
    uri.scheme() == Some(scheme)
}

trait Io: Read + Write + Connection + Send + Unpin {}

impl<T: Read + Write + Connection + Send + Unpin> Io for T {}

/// A connection. Boxed, since one with TLS is large.
pub(crate) struct Link {
    io: Box<dyn Io>,
    /// Requests go to a proxy, in absolute form.
    proxied: bool,
    /// `None` below TLS.
    outermost: Option<Outermost>,
}

struct Outermost {
    /// Counts the client's connections: each holds a clone.
    open: Arc<()>,
    activity: Arc<Activity>,
    is_http1: bool,
}

impl Outermost {
    /// Whether the next bytes are the first since a request. They are read into a buffer here, which shows whether there are any.
    fn awaits_answer(&self) -> bool {
        self.is_http1 && !self.activity.was_read()
    }
}

/// The history of a connection.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    was_used: AtomicBool,
    was_read: AtomicBool,
}

impl Activity {
    /// Records that a response arrived over the connection.
    pub(crate) fn set_used(&self) {
        self.was_used.store(true, Ordering::Relaxed);
    }

    /// Whether a response ever arrived over the connection.
    pub(crate) fn was_used(&self) -> bool {
        self.was_used.load(Ordering::Relaxed)
    }

    /// Whether anything was read since the last write; of HTTP/2, never.
    pub(crate) fn was_read(&self) -> bool {
        self.was_read.load(Ordering::Relaxed)
    }
}

impl Link {
    fn new(io: impl Io + 'static) -> Self {
        Self { io: Box::new(io), proxied: false, outermost: None }
    }

    fn set_read(&self, was_read: bool) {
        if let Some(Outermost { activity, is_http1: true, .. }) = &self.outermost {
            activity.was_read.store(was_read, Ordering::Relaxed);
        }
    }
}

impl Connection for Link {
    fn connected(&self) -> Connected {
        let below = self.io.connected();
        // Without the addresses, which would be added to each response.
        let mut connected = Connected::new().proxy(self.proxied);
        if let Some(Outermost { activity, .. }) = &self.outermost {
            connected = connected.extra(Arc::clone(activity));
        }
        if below.is_negotiated_h2() { connected.negotiated_h2() } else { connected }
    }
}

impl Read for Link {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut into: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let limits = |outermost: &Outermost| outermost.awaits_answer() || Arc::strong_count(&outermost.open) > FEW;
        if !self.outermost.as_ref().is_some_and(limits) || into.remaining() <= SMALL_READ {
            return Pin::new(&mut self.io).poll_read(context, into);
        }
        let mut space = [MaybeUninit::uninit(); SMALL_READ];
        let mut part = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut self.io).poll_read(context, part.unfilled()))?;
        if !part.filled().is_empty() {
            self.set_read(true);
        }
        into.put_slice(part.filled());
        Poll::Ready(Ok(()))
    }
}

impl Write for Link {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        self.set_read(false);
        Pin::new(&mut self.io).poll_write(context, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.set_read(false);
        Pin::new(&mut self.io).poll_write_vectored(context, from)
    }
}

/// A connector that returns an existing connection.
struct Given(Option<Link>);

impl Service<Uri> for Given {
    type Response = Link;
    type Error = io::Error;
    type Future = Ready<io::Result<Link>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        ready(self.0.take().ok_or_else(|| io::ErrorKind::NotConnected.into()))
    }
}
