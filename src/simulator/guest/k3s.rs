//! The seam between a machine and the simulator's Kubernetes.
//!
//! A machine's unit `k3s.service` does nothing by itself. When it starts, an [`Event::Started`] says with what:
//! everything that k3s reads from its files, flags and environment. When it ends, an [`Event::Stopped`] follows.
//! Whoever plays k3s takes the events with [`Guests::k3s_events`](super::Guests::k3s_events) each time the world
//! settles, and tells back what becomes of the unit:
//!
//! * [`Guests::k3s_is`](super::Guests::k3s_is) says how the unit fares, and what it logs;
//! * [`Guests::place`](super::Guests::place) writes files on the machine, such as `/etc/rancher/k3s/k3s.yaml`;
//! * [`Guests::listen`](super::Guests::listen) puts a server on loopback behind one of the machine's ports, where
//!   security rules and the machine's firewall let callers in; it ends with the unit;
//! * [`Guests::left`](super::Guests::left) and [`Guests::forgot`](super::Guests::forgot) say how a node's leaving, and
//!   a server's forgetting of another node, came out.
//!
//! What k3s keeps is on the machine's disk, and so is whatever stands for it: the text of [`DATA`] comes with the
//! next start from the same disk, and is gone with the disk.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The file on the machine whose text k3s finds again ([`Start::data`]).
pub(crate) const DATA: &str = "/var/lib/rancher/k3s/simulated";

/// What happens to a machine's k3s.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    Started(Box<Start>),
    /// It ended; orderly, or because the machine is gone from one moment to the next.
    Stopped {
        machine: String,
        orderly: bool,
    },
    /// Its unit `bud-leave` has begun: cordon, evict as `drain` says (`wait`, `force`, `skip`) within so many seconds,
    /// on a server take the member out of etcd. Answered with [`Guests::left`](super::Guests::left).
    Leaves {
        machine: String,
        drain: String,
        seconds: u64,
    },
    /// A server shall take away another node and its password: `bud-forget@NODE`. Answered with
    /// [`Guests::forgot`](super::Guests::forgot).
    Forgets {
        machine: String,
        node: String,
    },
}

/// With what k3s starts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Start {
    /// Key of the machine.
    pub(crate) machine: String,
    /// Name of the machine, which is the node's unless the configuration names one.
    pub(crate) host: String,
    /// The machine's own addresses.
    pub(crate) addresses: Vec<IpAddr>,
    /// `server` or `agent`.
    pub(crate) role: String,
    /// `K3S_CLUSTER_INIT`.
    pub(crate) founds: bool,
    /// `K3S_URL`.
    pub(crate) url: Option<String>,
    /// What is in the file of its token; none where there is no such file: k3s fails then.
    pub(crate) token: Option<String>,
    /// What is in the file of the agents' token.
    pub(crate) agent_token: Option<String>,
    /// Its configuration file, which is JSON; null where there is none.
    pub(crate) config: Value,
    /// Its flags, those of `services.k3s.disable` aside.
    pub(crate) flags: Vec<String>,
    /// `services.k3s.disable`.
    pub(crate) disable: Vec<String>,
    /// Such as `k3s_1_36`.
    pub(crate) package: String,
    /// The text of [`DATA`]; none on a disk on which k3s never ran.
    pub(crate) data: Option<String>,
}

/// How the unit fares, as `systemctl` says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fare {
    #[default]
    Inactive,
    /// Started, and not ready yet; also between two tries.
    Activating,
    Active,
    Failed,
}

/// The unit on one machine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Service {
    pub(crate) fare: Fare,
    /// What it logged, one line each.
    pub(crate) log: Vec<String>,
}

/// The unit `bud-leave` on one machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Leave {
    #[default]
    Idle,
    Works,
    /// 75: pods are left; 76: it is the last server; 77: the others have no quorum; 78: the member is still in etcd.
    Failed {
        status: u32,
        said: Vec<String>,
    },
}

/// How many lines of a log are kept.
const LOG: usize = 200;

impl Service {
    /// The last lines of the log.
    pub(crate) fn last(&self, count: usize) -> impl Iterator<Item = &String> {
        self.log.iter().skip(self.log.len().saturating_sub(count))
    }

    /// Adds lines to the log.
    pub(crate) fn say(&mut self, lines: impl IntoIterator<Item = String>) {
        self.log.extend(lines);
        let over = self.log.len().saturating_sub(LOG);
        self.log.drain(..over);
    }
}

impl Fare {
    /// As `systemctl is-active` spells it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Activating => "activating",
            Self::Active => "active",
            Self::Failed => "failed",
        }
    }
}
