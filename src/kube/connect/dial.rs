//! Connections to a server: through a proxy or not, to another server of the cluster, or over a channel.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use hyper::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;
use tower::{Service, ServiceExt as _};
use url::Url;

use super::super::access::{Channel, Stream};
use super::super::error::KubeError;
use super::fault;
use super::target::{Target, wrong};

/// How long one way may take to connect, TLS included: 10 s, which is three lost first packets (1 + 2 + 4 s)
/// and the rest for TLS over a far line.
pub(super) const CONNECT: Duration = Duration::from_secs(10);

/// How often the kernel asks a silent connection whether its other end is alive, so that a watch notices.
const KEEPALIVE: Duration = Duration::from_secs(20);

/// Makes connections. Cheap to clone; what one of them learnt, all know.
#[derive(Clone)]
pub(super) struct Dialer(Arc<Ways>);

struct Ways {
    /// In the order in which they are tried.
    all: Vec<Way>,
    /// Which of them worked last.
    good: AtomicUsize,
    /// `None` where plain HTTP is spoken.
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

enum Way {
    Server { shown: String, uri: Uri, proxy: Option<Arc<Proxy>> },
    Channel(Channel),
}

enum Proxy {
    Http { uri: Uri, authorization: Option<hyper::header::HeaderValue> },
    Socks { uri: Uri, login: Option<(String, String)> },
}

/// No way led to a server: each of them, and why.
#[derive(Debug, thiserror::Error)]
#[error("no way leads to the server")]
pub(super) struct NoWay {
    pub(super) tried: Vec<(String, String)>,
    /// Whether one of them took all the time that it may take.
    pub(super) slow: bool,
}

/// A connection, as hyper wants it.
pub(super) struct Line(TokioIo<Box<dyn Stream>>);

type BoxError = Box<dyn std::error::Error + Send + Sync>;

// === impl Dialer ===

impl Dialer {
    /// The ways of a target, of the other servers, and the channel.
    pub(super) fn new(
        target: &Target,
        servers: &[Url],
        channel: Option<Channel>,
        tls: ClientConfig,
    ) -> Result<Self, KubeError> {
        let proxy = target.proxy.as_ref().map(Proxy::new).transpose()?.map(Arc::new);
        let mut ways = Vec::new();
        for server in std::iter::once(&target.server).chain(servers) {
            let uri: Uri = server
                .as_str()
                .parse()
                .map_err(|error| wrong("kubeconfig", format!("server {:?}: {error}", server.as_str())))?;
            let shown = server.host_str().map_or_else(String::new, |host| {
                format!("{host}:{}", server.port_or_known_default().unwrap_or_default())
            });
            let shown = match &proxy {
                Some(through) => format!("{shown} through {}", through.shown()),
                None => shown,
            };
            ways.push(Way::Server { shown, uri, proxy: proxy.clone() });
        }
        ways.extend(channel.map(Way::Channel));
        let tls = if target.server.scheme() == "https" {
            let name = target.server_name.clone().unwrap_or_else(|| host_of(&target.server));
            let name = ServerName::try_from(name.clone())
                .map_err(|_| wrong("kubeconfig", format!("{name:?} is no name of a server")))?;
            Some((TlsConnector::from(Arc::new(tls)), name))
        } else {
            None
        };
        Ok(Self(Arc::new(Ways { all: ways, good: AtomicUsize::new(0), tls })))
    }

    async fn dial(self) -> Result<Line, BoxError> {
        let mut tried = Vec::new();
        let mut slow = false;
        let good = self.0.good.load(Ordering::Relaxed);
        let order = std::iter::once(good).chain((0..self.0.all.len()).filter(|at| *at != good));
        for at in order {
            let Some(way) = self.0.all.get(at) else { continue };
            match tokio::time::timeout(CONNECT, self.0.through(way)).await {
                Ok(Ok(line)) => {
                    self.0.good.store(at, Ordering::Relaxed);
                    return Ok(line);
                }
                // Somebody answers there, and the wrong one: another way would hide it.
                Ok(Err(error)) if fault::is_tls(error.as_ref()) => return Err(error),
                Ok(Err(error)) => tried.push((way.shown().to_owned(), fault::words(error.as_ref()))),
                Err(_) => {
                    slow = true;
                    tried.push((
                        way.shown().to_owned(),
                        format!("no connection within {} s", CONNECT.as_secs()),
                    ));
                }
            }
        }
        Err(Box::new(NoWay { tried, slow }))
    }
}

impl Ways {
    async fn through(&self, way: &Way) -> Result<Line, BoxError> {
        let plain = way.open().await?;
        let stream: Box<dyn Stream> = match &self.tls {
            None => plain,
            Some((tls, name)) => Box::new(tls.connect(name.clone(), plain).await?),
        };
        Ok(Line(TokioIo::new(stream)))
    }
}

impl Way {
    async fn open(&self) -> Result<Box<dyn Stream>, BoxError> {
        let (uri, proxy) = match self {
            Self::Channel(channel) => return Ok(channel.open().await?),
            Self::Server { uri, proxy, .. } => (uri.clone(), proxy),
        };
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEPALIVE));
        tcp.set_keepalive_interval(Some(KEEPALIVE));
        tcp.set_keepalive_retries(Some(3));
        let connected = match proxy.as_deref() {
            None => tcp.oneshot(uri).await?,
            Some(Proxy::Socks { uri: proxy, login }) => {
                let socks = SocksV5::new(proxy.clone(), tcp);
                let socks = match login.clone() {
                    Some((user, password)) => socks.with_auth(user, password),
                    None => socks,
                };
                socks.oneshot(uri).await?
            }
            Some(Proxy::Http { uri: proxy, authorization }) => {
                let tunnel = Tunnel::new(proxy.clone(), tcp);
                let tunnel = match authorization.clone() {
                    Some(header) => tunnel.with_auth(header),
                    None => tunnel,
                };
                tunnel.oneshot(uri).await?
            }
        };
        Ok(Box::new(connected.into_inner()))
    }

    fn shown(&self) -> &str {
        match self {
            Self::Server { shown, .. } => shown,
            Self::Channel(_) => "channel",
        }
    }
}

impl Proxy {
    fn new(url: &Url) -> Result<Self, KubeError> {
        let plain = |text: &str| percent_decoded(text);
        let login = (!url.username().is_empty())
            .then(|| (plain(url.username()), plain(url.password().unwrap_or_default())));
        let port = url.port_or_known_default().unwrap_or(1080);
        let scheme = if url.scheme() == "http" { "http" } else { "socks5" };
        let host = url.host_str().unwrap_or_default();
        let uri: Uri = format!("{scheme}://{host}:{port}")
            .parse()
            .map_err(|error| wrong("proxy", format!("{host}:{port}: {error}")))?;
        if scheme == "socks5" {
            return Ok(Self::Socks { uri, login });
        }
        let authorization = login
            .map(|(user, password)| {
                let mut header = hyper::header::HeaderValue::try_from(format!(
                    "Basic {}",
                    STANDARD.encode(format!("{user}:{password}"))
                ))
                .map_err(|_| wrong("proxy", "its user or password cannot be sent"))?;
                header.set_sensitive(true);
                Ok::<_, KubeError>(header)
            })
            .transpose()?;
        Ok(Self::Http { uri, authorization })
    }

    fn shown(&self) -> &Uri {
        match self {
            Self::Http { uri, .. } | Self::Socks { uri, .. } => uri,
        }
    }
}

/// The host as TLS names it: an IPv6 address without brackets.
fn host_of(server: &Url) -> String {
    server.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned()
}

/// The text with `%41` and the like as the bytes that they stand for.
fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let code = (byte == b'%')
            .then(|| bytes.get(at + 1..at + 3))
            .flatten()
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(code.unwrap_or(byte));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

impl Service<Uri> for Dialer {
    type Response = Line;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Line, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    /// The address of the request is always the target's; the ways decide where the connection goes.
    fn call(&mut self, _: Uri) -> Self::Future {
        Box::pin(self.clone().dial())
    }
}

// === impl Line ===

impl Connection for Line {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl Write for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
