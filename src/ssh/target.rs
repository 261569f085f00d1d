//! Whom to connect to, and the way there.

use std::fmt;
use std::sync::Arc;

use super::identity::Identity;
use super::pin::HostPin;
use super::proxy::Proxy;

/// A machine and how to log in there.
#[derive(Clone, Debug)]
pub struct Target {
    /// Name or address, without brackets.
    pub host: String,
    /// Port of its SSH server.
    pub port: u16,
    /// Whom to log in as.
    pub user: String,
    /// What it must prove to be.
    pub pin: HostPin,
    /// What to log in with, tried in this order.
    pub identities: Vec<Identity>,
}

impl Target {
    /// How errors name it.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::new(&self.user, &self.host, self.port)
    }
}

/// What lies between us and a machine.
#[derive(Clone, Debug, Default)]
pub struct Road {
    /// The proxy that the first connection goes through.
    pub proxy: Option<Proxy>,
    /// The machines to go through, the nearest first. Each is logged in to with its own pin and identities.
    pub bastions: Vec<Target>,
}

/// `user@host:port`, the name of a machine in errors. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(Arc<str>);

impl Place {
    /// The place of a user on a machine.
    #[must_use]
    pub fn new(user: &str, host: &str, port: u16) -> Self {
        Self(format!("{user}@{}", address(host, port)).into())
    }

    /// The place of a server that is no login: a proxy, a port behind a machine.
    #[must_use]
    pub fn of_server(host: &str, port: u16) -> Self {
        Self(address(host, port).into())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// `host:port`, addresses of IPv6 in brackets.
pub(super) fn address(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_like_arguments_of_ssh() {
        assert_eq!(Place::new("bud", "gpu-0", 22).to_string(), "bud@gpu-0:22");
        assert_eq!(Place::new("root", "2001:db8::1", 2222).to_string(), "root@[2001:db8::1]:2222");
        assert_eq!(Place::of_server("127.0.0.1", 6443).to_string(), "127.0.0.1:6443");
    }
}
