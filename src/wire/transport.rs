//! The socket on which a host connects, and the connections on it.

use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::{Stream, StreamExt};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

/// How long a peer may take to show its certificate.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest path of a socket that all systems take, the closing zero included.
#[cfg(unix)]
const LONGEST_PATH: usize = 103;

/// Where a host finds us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// `unix` or `tcp`.
    pub(super) network: &'static str,
    /// Path, or host and port.
    pub(super) text: String,
}

enum Accepting {
    #[cfg(unix)]
    Unix(tokio::net::UnixListener),
    Tcp(TcpListener),
}

/// A socket that accepts connections already.
pub(super) struct Socket {
    accepting: Accepting,
    address: Address,
    folder: Folder,
}

/// The folder of a socket, removed in the end.
pub(super) struct Folder(Option<PathBuf>);

impl Drop for Folder {
    fn drop(&mut self) {
        if let Some(folder) = self.0.take() {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

impl Socket {
    /// A unix socket in a folder of its own that only this user may enter, inside the given one.
    #[cfg(unix)]
    pub(super) fn unix(inside: &Path) -> io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt;
        let name = format!("bud-{}", &uuid::Uuid::new_v4().simple().to_string()[..12]);
        let mut folder = inside.join(&name);
        if folder.as_os_str().len() + "/s".len() > LONGEST_PATH {
            // A path that no socket can have: the one place that every unix has.
            folder = Path::new("/tmp").join(&name);
        }
        std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
        let guard = Folder(Some(folder.clone()));
        let path = folder.join("s");
        let listener = tokio::net::UnixListener::bind(&path)?;
        let text = path.to_str().ok_or(io::ErrorKind::InvalidFilename)?.to_owned();
        let address = Address { network: "unix", text };
        Ok(Self { accepting: Accepting::Unix(listener), address, folder: guard })
    }

    /// The first free port of the range on the loopback interface, for systems without unix sockets.
    #[cfg_attr(unix, allow(dead_code, reason = "unix systems use unix sockets; tests use it there"))]
    pub(super) async fn tcp(ports: std::ops::RangeInclusive<u16>) -> io::Result<Self> {
        let mut refusal = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for port in ports {
            match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
                Ok(listener) => {
                    let text = listener.local_addr()?.to_string();
                    let address = Address { network: "tcp", text };
                    return Ok(Self { accepting: Accepting::Tcp(listener), address, folder: Folder(None) });
                }
                Err(error) => refusal = error,
            }
        }
        Err(refusal)
    }

    /// Where it is.
    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// Accepts from now on. The socket's folder lasts as long as the returned guard.
    pub(super) fn accept(self, tls: Option<Arc<ServerConfig>>) -> (Connections, Folder, Open) {
        let (sender, receiver) = mpsc::channel(4);
        let open = watch::Sender::new(Count::default());
        let watched = Open(open.subscribe());
        let acceptor = tls.map(TlsAcceptor::from);
        tokio::spawn(accept_all(self.accepting, acceptor, open, sender));
        (Connections(ReceiverStream::new(receiver)), self.folder, watched)
    }
}

async fn accept_all(
    accepting: Accepting,
    tls: Option<TlsAcceptor>,
    open: watch::Sender<Count>,
    sender: mpsc::Sender<io::Result<Connection>>,
) {
    while !sender.is_closed() {
        let accepted: io::Result<Box<dyn Duplex>> = match &accepting {
            #[cfg(unix)]
            Accepting::Unix(listener) => listener.accept().await.map(|(io, _)| Box::new(io) as _),
            Accepting::Tcp(listener) => listener.accept().await.map(|(io, _)| Box::new(io) as _),
        };
        let io = match accepted {
            Ok(io) => io,
            Err(error) => {
                // Of one connection, or out of descriptors: neither ends the server.
                tracing::warn!(%error, "a connection was not accepted");
                tokio::task::yield_now().await;
                continue;
            }
        };
        let (tls, sender, open) = (tls.clone(), sender.clone(), open.clone());
        // A peer that is slow to show its certificate keeps nobody else waiting.
        tokio::spawn(async move {
            let io = match tls {
                Some(tls) => match tokio::time::timeout(PATIENCE, tls.accept(io)).await {
                    Ok(Ok(io)) => Box::new(io) as Box<dyn Duplex>,
                    Ok(Err(error)) => return tracing::warn!(%error, "a connection was refused"),
                    Err(_) => return tracing::warn!("a connection without a handshake was closed"),
                },
                None => io,
            };
            let _ = sender.send(Ok(Connection { io, _counted: Counted::new(open) })).await;
        });
    }
}

/// The accepted connections.
pub(super) struct Connections(ReceiverStream<io::Result<Connection>>);

impl Stream for Connections {
    type Item = io::Result<Connection>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

/// Bytes in both directions.
trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// One connection, plain or encrypted.
pub(super) struct Connection {
    io: Box<dyn Duplex>,
    _counted: Counted,
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) -> Self::ConnectInfo {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

// === Who is there ===

#[derive(Clone, Copy, Default)]
struct Count {
    ever: bool,
    now: usize,
}

/// Counts a connection while it is open.
struct Counted(watch::Sender<Count>);

impl Counted {
    fn new(open: watch::Sender<Count>) -> Self {
        open.send_modify(|count| *count = Count { ever: true, now: count.now + 1 });
        Self(open)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| count.now -= 1);
    }
}

/// How many connections are open.
pub(super) struct Open(watch::Receiver<Count>);

impl Open {
    /// Waits until a host was there, has gone, and stayed away for the given time.
    pub(super) async fn abandoned(mut self, time: Duration) {
        loop {
            if self.0.wait_for(|count| count.ever && count.now == 0).await.is_err() {
                // Nobody accepts any more, so nobody can come.
                return;
            }
            if tokio::time::timeout(time, self.0.wait_for(|count| count.now > 0)).await.is_err() {
                return;
            }
        }
    }
}
