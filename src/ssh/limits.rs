//! How long each phase of a connection may take.

use std::time::Duration;

/// One limit for each phase, and how a silent connection is found out. The caller's own deadline holds as
/// well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Looking the name up and connecting, to the machine or to the proxy.
    pub tcp: Duration,
    /// The proxy's answer, which includes its own connecting.
    pub proxy: Duration,
    /// The server's first line. A machine that swaps or resolves names backwards takes its time.
    pub banner: Duration,
    /// Key exchange.
    pub key_exchange: Duration,
    /// All identities together, with the agent's questions to its user.
    pub login: Duration,
    /// Opening a channel, on a bastion with its own connecting.
    pub channel: Duration,
    /// After this much silence the server is asked whether it is there.
    pub keepalive: Duration,
    /// So many unanswered questions end the connection.
    pub keepalive_misses: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tcp: Duration::from_secs(10),
            proxy: Duration::from_secs(15),
            banner: Duration::from_secs(20),
            key_exchange: Duration::from_secs(20),
            login: Duration::from_secs(30),
            channel: Duration::from_secs(20),
            keepalive: Duration::from_secs(10),
            keepalive_misses: 3,
        }
    }
}
