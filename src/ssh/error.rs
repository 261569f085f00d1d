//! What can go wrong between us and a machine, and what may be done about it.

use std::io;
use std::time::Duration;

use crate::outcome::Recovery;
use crate::time::Ended;

use super::exec::Exit;
use super::identity::IdentityError;
use super::pin::HostKeyFault;
use super::proxy::ProxyFault;
use super::target::Place;

/// How far a connection had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Name and TCP connection.
    Tcp,
    /// The proxy's answer.
    Proxy,
    /// The server's first line.
    Banner,
    /// Key exchange and host key.
    KeyExchange,
    /// Identities.
    Login,
    /// A channel for a command or a port.
    Channel,
}

impl Phase {
    /// Its name where progress is reported.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Proxy => "proxy",
            Self::Banner => "banner",
            Self::KeyExchange => "key exchange",
            Self::Login => "auth",
            Self::Channel => "channel",
        }
    }
}

/// Why there is no connection, or why something did not work through one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SshError {
    /// No address is known for the name.
    #[error("{at}: the name has no address: {reason}")]
    Name {
        /// Which machine.
        at: Place,
        /// As the system says it.
        reason: String,
    },
    /// The machine is there, and nothing listens on the port.
    #[error("{at}: connection refused, nothing listens on the port")]
    Refused {
        /// Which machine.
        at: Place,
    },
    /// There is no way to the machine.
    #[error("{at}: cannot be reached: {reason}")]
    Unreachable {
        /// Which machine.
        at: Place,
        /// As the system or the proxy says it.
        reason: String,
    },
    /// The connection was cut before there was a session.
    #[error("{at}: the connection was closed in phase {}{}", .phase.name(), if .said.is_empty() { String::new() } else { format!(": {said}") })]
    Cut {
        /// Which machine.
        at: Place,
        /// How far it had come.
        phase: Phase,
        /// What the server said about it.
        said: String,
    },
    /// A phase took longer than it may.
    #[error("{at}: no answer in phase {} after {} s", .phase.name(), .after.as_secs())]
    Slow {
        /// Which machine.
        at: Place,
        /// How far it had come.
        phase: Phase,
        /// How long it was waited.
        after: Duration,
    },
    /// Something else than an SSH server answers.
    #[error("{at}: what answers is no SSH server: it says {said:?}")]
    NotSsh {
        /// Which machine.
        at: Place,
        /// What it said first.
        said: String,
    },
    /// The server turns connections away because it has too many, or too many failed ones.
    #[error("{at}: the SSH server turns connections away: {said}")]
    TurnedAway {
        /// Which machine.
        at: Place,
        /// What it said.
        said: String,
    },
    /// There is no algorithm that both sides have.
    #[error("{at}: no {kind} algorithm in common, the server has {theirs:?}")]
    NoCommonAlgorithm {
        /// Which machine.
        at: Place,
        /// Of which kind.
        kind: &'static str,
        /// What the server has.
        theirs: Vec<String>,
    },
    /// The server is not the one that is pinned.
    #[error("{at}: {fault}")]
    HostKey {
        /// Which machine.
        at: Place,
        /// What is wrong.
        fault: Box<HostKeyFault>,
    },
    /// The server does not speak the protocol as it should.
    #[error("{at}: the SSH protocol broke in phase {}: {reason}", .phase.name())]
    Protocol {
        /// Which machine.
        at: Place,
        /// How far it had come.
        phase: Phase,
        /// What is wrong.
        reason: String,
    },
    /// A key of ours cannot be used.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The agent cannot be used.
    #[error("the SSH agent at {socket}: {reason}")]
    Agent {
        /// Its socket.
        socket: String,
        /// Why.
        reason: String,
    },
    /// The server does not take keys, or wants more than a key.
    #[error("{at}: the server does not log in with a key alone, it asks for {offered:?}")]
    WrongMethod {
        /// Which machine, with the user.
        at: Place,
        /// What it would take.
        offered: Vec<String>,
    },
    /// No key of ours is one of the user's.
    #[error("{at}: the server accepts none of the keys{}", if .said.is_empty() { String::new() } else { format!(", and says: {said}") })]
    NoKeyAccepted {
        /// Which machine, with the user.
        at: Place,
        /// Type and fingerprint of each that was tried.
        tried: Vec<String>,
        /// The server's words to its users, if any.
        said: String,
    },
    /// The proxy does not connect us.
    #[error("the proxy {proxy} on the way to {to}: {fault}")]
    Proxy {
        /// The proxy.
        proxy: Place,
        /// Where to.
        to: Place,
        /// What it answered.
        fault: ProxyFault,
    },
    /// The server opens no channel.
    #[error("{at}: no channel to {to}: {reason}")]
    ChannelRefused {
        /// Which machine.
        at: Place,
        /// What the channel was for.
        to: String,
        /// What the server says.
        reason: String,
        /// Whether it may work later: nothing listens there yet, or there are too many channels.
        passing: bool,
    },
    /// The session ended under way.
    #[error("{at}: the connection was lost: {reason}")]
    Lost {
        /// Which machine.
        at: Place,
        /// Why, as far as it is known.
        reason: String,
    },
    /// A command did not end well.
    #[error("{at}: {command} {exit}{}", if .stderr.is_empty() { String::new() } else { format!(": {stderr}") })]
    Command {
        /// Which machine.
        at: Place,
        /// Which command, by its name.
        command: String,
        /// How it ended.
        exit: Exit,
        /// The end of what it wrote to its standard error.
        stderr: String,
    },
    /// A command took longer than it may, and was ended.
    #[error("{at}: {command} did not end within {} s", .after.as_secs())]
    CommandSlow {
        /// Which machine.
        at: Place,
        /// Which command, by its name.
        command: String,
        /// How long it was waited.
        after: Duration,
    },
    /// A command wrote more than it may.
    #[error("{at}: {command} wrote more than {limit} bytes")]
    TooMuchOutput {
        /// Which machine.
        at: Place,
        /// Which command, by its name.
        command: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// What arrived is not what was sent.
    #[error("{at}: {path} did not arrive whole")]
    Damaged {
        /// Which machine.
        at: Place,
        /// The file there.
        path: String,
    },
    /// A file of ours cannot be read.
    #[error("{path}: {reason}")]
    Source {
        /// The file here.
        path: String,
        /// Why.
        reason: String,
    },
    /// The operation was stopped.
    #[error("{at}: {ended}")]
    Ended {
        /// Which machine.
        at: Place,
        /// How.
        ended: Ended,
    },
}

impl SshError {
    /// What may be done about it.
    #[must_use]
    pub fn recovery(&self) -> Recovery {
        match self {
            Self::Name { .. }
            | Self::Refused { .. }
            | Self::Unreachable { .. }
            | Self::Cut { .. }
            | Self::Slow { .. }
            | Self::TurnedAway { .. }
            | Self::Lost { .. }
            | Self::Damaged { .. }
            | Self::ChannelRefused { passing: true, .. } => Recovery::Retry(None),
            Self::WrongMethod { .. } | Self::NoKeyAccepted { .. } => Recovery::Denied,
            Self::ChannelRefused { passing: false, .. } => Recovery::Denied,
            Self::Proxy { fault, .. } => fault.recovery(),
            Self::Identity(_) => Recovery::Rejected(Some("private_key".to_owned())),
            Self::Agent { .. } => Recovery::Rejected(Some("agent".to_owned())),
            Self::NotSsh { .. } => Recovery::Rejected(Some("port".to_owned())),
            Self::HostKey { .. }
            | Self::NoCommonAlgorithm { .. }
            | Self::Protocol { .. }
            | Self::Command { .. }
            | Self::CommandSlow { .. }
            | Self::TooMuchOutput { .. }
            | Self::Source { .. }
            | Self::Ended { .. } => Recovery::Fatal,
        }
    }

    /// What an error of a socket means in a phase.
    pub(super) fn of_io(at: &Place, phase: Phase, error: &io::Error) -> Self {
        let at = at.clone();
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused { at },
            io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::AddrNotAvailable
            | io::ErrorKind::TimedOut
            | io::ErrorKind::PermissionDenied => Self::Unreachable { at, reason: error.to_string() },
            _ => Self::Cut { at, phase, said: String::new() },
        }
    }

    /// What the end of a wait means in a phase.
    pub(super) fn of_end(at: &Place, phase: Phase, after: Duration, ended: Ended) -> Self {
        match ended {
            Ended::Deadline => Self::Slow { at: at.clone(), phase, after },
            Ended::Stopped => Self::Ended { at: at.clone(), ended },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_say_what_is_wrong_by_their_kind() {
        let at = Place::new("bud", "gpu-0", 22);
        let of = |kind: io::ErrorKind| SshError::of_io(&at, Phase::Tcp, &kind.into());
        assert_eq!(of(io::ErrorKind::ConnectionRefused), SshError::Refused { at: at.clone() });
        assert!(matches!(of(io::ErrorKind::NetworkUnreachable), SshError::Unreachable { .. }));
        assert!(matches!(of(io::ErrorKind::ConnectionReset), SshError::Cut { phase: Phase::Tcp, .. }));
    }

    #[test]
    fn texts_name_machine_and_phase() {
        let at = Place::new("bud", "gpu-0", 22);
        let slow = SshError::of_end(&at, Phase::Banner, Duration::from_secs(20), Ended::Deadline);
        assert_eq!(slow.to_string(), "bud@gpu-0:22: no answer in phase banner after 20 s");
        assert_eq!(slow.recovery(), Recovery::Retry(None));
        let stopped = SshError::of_end(&at, Phase::Banner, Duration::ZERO, Ended::Stopped);
        assert_eq!(stopped.recovery(), Recovery::Fatal);
    }
}
