//! Channels to ports behind a machine, as streams.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use russh::ChannelStream;
use russh::client::Msg;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::time::Patience;

use super::error::SshError;
use super::link::Link;
use super::session::Session;
use super::stream::Duplex;

/// Makes a new stream to the same port each time it is called.
pub type Connector = Arc<dyn Fn() -> BoxFuture<'static, io::Result<Box<dyn Duplex>>> + Send + Sync>;

/// A stream to a port that a machine can reach. It keeps the connection to that machine.
pub struct Tunnel {
    stream: ChannelStream<Msg>,
    _session: Session,
}

impl Session {
    /// Opens a stream to a port that the machine can reach, `127.0.0.1` being the machine itself.
    ///
    /// # Errors
    /// [`SshError::ChannelRefused`] where the server does not connect, and whatever befalls the session.
    pub async fn channel(&self, host: &str, port: u16, patience: &Patience) -> Result<Tunnel, SshError> {
        let channel = self.port_channel(host, port, patience).await?;
        Ok(Tunnel { stream: channel.into_stream(), _session: self.clone() })
    }
}

impl Link {
    /// What an HTTP client connects with instead of a socket: a channel to the port, over this link, which is
    /// made again when it is lost. Each call ends with the given patience.
    #[must_use]
    pub fn connector(self: &Arc<Self>, host: &str, port: u16, patience: Patience) -> Connector {
        let (link, host) = (Arc::clone(self), host.to_owned());
        Arc::new(move || {
            let (link, host, patience) = (Arc::clone(&link), host.clone(), patience.clone());
            Box::pin(async move {
                let tunnel = async { link.session(&patience).await?.channel(&host, port, &patience).await };
                let tunnel = tunnel.await.map_err(io::Error::other)?;
                Ok(Box::new(tunnel) as Box<dyn Duplex>)
            })
        })
    }
}

impl AsyncRead for Tunnel {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Tunnel {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
