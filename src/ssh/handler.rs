//! What the protocol tells us while it runs: the host key to judge, the server's words, why it ended.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use russh::client::{DisconnectReason, Handler, Session};
use russh::keys::PublicKeyOrCertificate;

use super::pin::{HostKeyFault, HostPin};

/// What is known about the end of a connection, and what the server said before it.
#[derive(Debug, Default)]
pub(super) struct Fate {
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    /// The server's text for its users, shown before a login.
    said: String,
    /// Why the connection ended.
    end: Option<String>,
}

impl Fate {
    fn told(&self) -> std::sync::MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server's text for its users, in one line.
    pub(super) fn said(&self) -> String {
        self.told().said.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Why the connection ended, if it has.
    pub(super) fn end(&self) -> Option<String> {
        self.told().end.clone()
    }
}

/// What ends a key exchange.
#[derive(Debug)]
pub(super) enum Broken {
    HostKey(HostKeyFault),
    Protocol(russh::Error),
}

impl From<russh::Error> for Broken {
    fn from(error: russh::Error) -> Self {
        Self::Protocol(error)
    }
}

/// Our side of one connection.
pub(super) struct Watch {
    pub(super) pin: HostPin,
    pub(super) fate: Arc<Fate>,
}

impl Handler for Watch {
    type Error = Broken;

    async fn check_server_key(&mut self, offered: &PublicKeyOrCertificate) -> Result<bool, Broken> {
        self.pin.check(offered, SystemTime::from(crate::time::now())).map_err(Broken::HostKey)?;
        Ok(true)
    }

    async fn auth_banner(&mut self, banner: &str, _session: &mut Session) -> Result<(), Broken> {
        let shown = banner.chars().filter(|letter| !letter.is_control() || letter.is_whitespace());
        self.fate.told().said = shown.take(500).collect();
        Ok(())
    }

    async fn disconnected(&mut self, reason: DisconnectReason<Broken>) -> Result<(), Broken> {
        let (end, result) = match reason {
            DisconnectReason::ReceivedDisconnect(told) => {
                (format!("the server ended it: {}", told.message.trim()), Ok(()))
            }
            DisconnectReason::Error(broken) => (text(&broken), Err(broken)),
        };
        self.fate.told().end = Some(end);
        result
    }
}

fn text(broken: &Broken) -> String {
    match broken {
        Broken::Protocol(russh::Error::KeepaliveTimeout) => "the server does not answer any more".to_owned(),
        Broken::Protocol(russh::Error::Disconnect | russh::Error::HUP) => "it was closed".to_owned(),
        Broken::Protocol(russh::Error::IO(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            "it was closed".to_owned()
        }
        Broken::Protocol(error) => error.to_string(),
        Broken::HostKey(fault) => fault.to_string(),
    }
}
