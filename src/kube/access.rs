//! What a client needs to know before it speaks to a cluster.

use std::fmt;
use std::io;
use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};
use url::Url;

use crate::secret::Secret;

/// How to reach one cluster.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Text of the kubeconfig. Files that it names must be named by absolute paths: a text has no folder.
    pub kubeconfig: Secret,
    /// Context of the kubeconfig, its current one where this is empty.
    pub context: Option<String>,
    /// `http://` or `socks5://` proxy, with a user and a password where it wants them. It wins over the
    /// kubeconfig's `proxy-url`.
    pub proxy: Option<Url>,
    /// Other servers of the same cluster, tried in this order where the kubeconfig's cannot be reached.
    /// Their certificates must be good for the name of the kubeconfig's server.
    pub servers: Vec<Url>,
    /// The last way to a server, tried where none of them can be reached.
    pub channel: Option<Channel>,
}

/// A connection to an API server that something else makes, such as a channel through SSH.
///
/// # Guarantees
/// It is asked for a connection only after every other way has failed; TLS is spoken on it as on any other.
#[derive(Clone)]
pub struct Channel(Arc<dyn Fn() -> Opening + Send + Sync>);

/// A connection that is being made.
pub type Opening = BoxFuture<'static, io::Result<Box<dyn Stream>>>;

/// Bytes in both directions.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Access {
    /// Access by a kubeconfig alone.
    pub fn new(kubeconfig: Secret) -> Self {
        Self { kubeconfig, ..Self::default() }
    }
}

impl Channel {
    /// A channel that is opened by `open`, once for each connection.
    pub fn new(open: impl Fn() -> Opening + Send + Sync + 'static) -> Self {
        Self(Arc::new(open))
    }

    pub(super) fn open(&self) -> Opening {
        (self.0)()
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Channel")
    }
}
