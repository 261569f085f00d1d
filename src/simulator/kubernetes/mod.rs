//! The simulator's Kubernetes: API servers on real TLS sockets, controllers, nodes and etcd.
//!
//! A [`Cluster`] is what one founding made: its objects, its authority, its members. Requests come in through
//! [`server`], mean something by [`target`], and are read, written or deleted under the world's one lock; between
//! them [`pulse`] lets the controllers in `workloads/` go on by the simulator's clock. What kinds there are and how
//! their fields merge is data of a real server (`kinds.txt`, `shapes.txt`, written by `scripts/kubernetes-shapes`).
//!
//! Clusters begin in two ways. `POST /kubernetes` at the control endpoint makes one with nodes of its own, for
//! releases. Machines found and join others: [`machines`] is the other side of the seam `guest/k3s.rs`, and is
//! switched on by `POST /kubernetes/machines`; each server listens on loopback behind its machine's port 6443.
//!
//! Not here: cron jobs do not run, autoscalers have no status, conversion between versions of a definition only
//! changes the name of the version, and the `/openapi` documents say which kinds there are and not their fields.

mod admission;
mod api;
mod authority;
mod certificates;
mod cluster;
pub(crate) mod control;
mod decode;
mod defaults;
mod definitions;
mod deleting;
mod discovery;
mod etcd;
mod failure;
mod fields;
mod furniture;
mod kinds;
mod leaving;
mod machines;
mod managers;
mod nodes;
mod patch;
mod protobuf;
pub(crate) mod pulse;
mod quantity;
mod reading;
mod reviews;
mod rights;
mod schema;
mod selector;
mod server;
mod shape;
mod store;
mod subresource;
mod table;
mod target;
mod validate;
mod workloads;
mod writing;

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::clock::Clock;
use authority::User;
use cluster::Cluster;
use server::Door;

/// All clusters by their ids.
#[derive(Default)]
pub(crate) struct Kubernetes {
    clusters: BTreeMap<String, Cluster>,
    /// Sockets that nobody serves yet.
    opened: Vec<(TcpListener, Door)>,
    pulse: Arc<Notify>,
    /// Whether machines' k3s is played.
    plays: bool,
    machines: machines::Machines,
    /// Ends every server, at a reset.
    ends: CancellationToken,
}

impl Kubernetes {
    /// A cluster by its id.
    pub(crate) fn cluster_mut(&mut self, id: &str) -> Option<&mut Cluster> {
        self.clusters.get_mut(id)
    }

    /// Founds a cluster; its id.
    pub(crate) fn found(
        &mut self,
        name: &str,
        token: &str,
        version: &str,
        clock: &Clock,
    ) -> Result<String, String> {
        let cluster = Cluster::found(name, token, version, clock)?;
        let id = cluster.id();
        self.clusters.insert(id.clone(), cluster);
        self.pulse.notify_one();
        Ok(id)
    }

    /// Opens a server of a cluster on loopback, with a certificate for names and addresses.
    pub(crate) fn open(
        &mut self,
        id: &str,
        names: &[String],
    ) -> Result<(SocketAddr, CancellationToken), String> {
        let cluster = self.clusters.get(id).ok_or("no such cluster")?;
        let mut all = vec!["127.0.0.1".to_owned(), "localhost".to_owned(), "kubernetes".to_owned()];
        all.extend(names.iter().filter(|name| !name.is_empty()).cloned());
        all.dedup();
        let config = cluster.authority.server(&all)?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
        listener.set_nonblocking(true).map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let ends = self.ends.child_token();
        self.opened.push((listener, Door { cluster: id.to_owned(), config, ends: ends.clone() }));
        self.pulse.notify_one();
        Ok((address, ends))
    }

    /// The administrator's kubeconfig, as a server writes it.
    pub(crate) fn kubeconfig(&self, id: &str, server: &str) -> Result<String, String> {
        let cluster = self.clusters.get(id).ok_or("no such cluster")?;
        let admin = User { name: "system:admin".to_owned(), groups: vec!["system:masters".to_owned()] };
        let (certificate, key) = cluster.authority.client(&admin, Duration::days(365))?;
        use base64::Engine as _;
        let coded = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        Ok(format!(
            "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: {}\n    server: {server}\n  name: default\ncontexts:\n- context:\n    cluster: default\n    user: default\n  name: default\ncurrent-context: default\nkind: Config\nusers:\n- name: default\n  user:\n    client-certificate-data: {}\n    client-key-data: {}\n",
            coded(&cluster.authority.pem()),
            coded(&certificate),
            coded(&key),
        ))
    }

    /// Lets the controllers of all clusters go on.
    pub(crate) fn settle(&mut self, clock: &Clock) {
        for cluster in self.clusters.values_mut() {
            nodes::settle(cluster, clock);
            cluster.settle(clock);
        }
    }

    /// All clusters are gone.
    pub(crate) fn forget(&mut self) {
        self.ends.cancel();
        *self = Self { pulse: Arc::clone(&self.pulse), ..Self::default() };
    }
}
