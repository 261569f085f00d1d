//! A session: a machine that we are logged in to.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use russh::ChannelOpenFailure;
use russh::client::{Handle, Msg};
use tokio_util::sync::DropGuard;

use crate::time::Patience;

use super::error::{Phase, SshError};
use super::handler::{Fate, Watch};
use super::target::Place;

/// A connection to a machine, logged in. Cheap to clone; the connection is closed with the last of them, of
/// the commands that run and of the channels that are open.
#[derive(Clone)]
pub struct Session {
    inner: Arc<Inner>,
}

struct Inner {
    handle: Handle<Watch>,
    at: Place,
    fate: Arc<Fate>,
    channel_limit: Duration,
    /// Ends the task behind the handle.
    _cut: DropGuard,
}

impl Session {
    pub(super) fn new(
        handle: Handle<Watch>,
        at: Place,
        fate: Arc<Fate>,
        channel_limit: Duration,
        cut: DropGuard,
    ) -> Self {
        Self { inner: Arc::new(Inner { handle, at, fate, channel_limit, _cut: cut }) }
    }

    /// The machine.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.inner.at
    }

    /// Whether the connection has ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.inner.handle.is_closed()
    }

    /// What the server said to its users before the login.
    #[must_use]
    pub fn said(&self) -> String {
        self.inner.fate.said()
    }

    /// Asks whether the server is there, and waits for its answer.
    ///
    /// # Errors
    /// [`SshError::Lost`] where the connection has ended, [`SshError::Slow`] where no answer comes.
    pub async fn ping(&self, patience: &Patience) -> Result<(), SshError> {
        self.opening(patience, self.inner.handle.send_ping()).await?.map_err(|_| self.lost())
    }

    /// A channel for one command.
    pub(super) async fn command_channel(&self, patience: &Patience) -> Result<russh::Channel<Msg>, SshError> {
        let opened = self.opening(patience, self.inner.handle.channel_open_session()).await?;
        opened.map_err(|error| self.no_channel("a command", &error))
    }

    /// A channel to a port that the machine can reach.
    pub(super) async fn port_channel(
        &self,
        host: &str,
        port: u16,
        patience: &Patience,
    ) -> Result<russh::Channel<Msg>, SshError> {
        // The originator is for the server's log only (RFC 4254, section 7.2).
        let open = self.inner.handle.channel_open_direct_tcpip(host, u32::from(port), "127.0.0.1", 0);
        let to = Place::of_server(host, port).to_string();
        self.opening(patience, open).await?.map_err(|error| self.no_channel(&to, &error))
    }

    async fn opening<T>(&self, patience: &Patience, work: impl Future<Output = T>) -> Result<T, SshError> {
        let ends = patience.at_most(self.inner.channel_limit);
        let after = ends.left();
        let done = ends.race(work).await;
        done.map_err(|ended| SshError::of_end(&self.inner.at, Phase::Channel, after, ended))
    }

    /// The error of a connection that has ended.
    pub(super) fn lost(&self) -> SshError {
        let reason = self.inner.fate.end().unwrap_or_else(|| "it was closed".to_owned());
        SshError::Lost { at: self.inner.at.clone(), reason }
    }

    fn no_channel(&self, to: &str, error: &russh::Error) -> SshError {
        let russh::Error::ChannelOpenFailure(failure) = error else {
            return self.lost();
        };
        let (reason, passing) = match failure {
            ChannelOpenFailure::AdministrativelyProhibited => {
                ("the server does not allow it".to_owned(), false)
            }
            ChannelOpenFailure::ConnectFailed => ("the server cannot connect there".to_owned(), true),
            ChannelOpenFailure::UnknownChannelType => ("the server knows no such channels".to_owned(), false),
            ChannelOpenFailure::ResourceShortage => ("the server has too many channels".to_owned(), true),
            ChannelOpenFailure::Other { code, reason } => (format!("{reason} (code {code})"), false),
        };
        SshError::ChannelRefused { at: self.inner.at.clone(), to: to.to_owned(), reason, passing }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "session {}", self.inner.at)
    }
}
