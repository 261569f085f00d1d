//! The last way to a cluster's API: through SSH on one of its servers, where nothing but port 22 is open.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::extension::Extension;
use crate::kube::{Channel, Stream};
use crate::resources::machines::Logins;
use crate::ssh::{Connector, HostPin, Limits, Link, Target};
use crate::time::Patience;

/// How long making one connection may take, over all servers.
const CONNECTING: Duration = Duration::from_secs(90);

/// Where a server's API listens, as the server itself reaches it.
const OWN: &str = "127.0.0.1";

/// The channel that a kubeconfig of ours describes; nothing where it names no server, or nobody could log in.
pub(super) fn channel(extension: &Extension, logins: &Logins) -> Option<Channel> {
    let authority = extension.ssh_authority.as_deref()?;
    if logins.identities.is_empty() {
        return None;
    }
    let links: Vec<(Arc<Link>, u16)> = extension
        .ssh
        .iter()
        .filter_map(|server| {
            let pin = HostPin::authority(authority, vec![server.node.clone()]).ok()?;
            let target = Target {
                host: server.host.clone(),
                port: server.port,
                user: server.user.clone(),
                pin,
                identities: logins.identities.clone(),
            };
            Some((Arc::new(Link::new(target, logins.road.clone(), Limits::default())), server.api_port))
        })
        .collect();
    if links.is_empty() {
        return None;
    }
    let (links, first) = (Arc::new(links), Arc::new(AtomicUsize::new(0)));
    Some(Channel::new(move || {
        let (links, first) = (Arc::clone(&links), Arc::clone(&first));
        Box::pin(async move { connect(&links, &first).await })
    }))
}

/// Connects through the server that answered last, or the next that does.
async fn connect(links: &[(Arc<Link>, u16)], first: &AtomicUsize) -> io::Result<Box<dyn Stream>> {
    let patience = Patience::new(CONNECTING, CancellationToken::new());
    let start = first.load(Ordering::Relaxed);
    let mut failed = io::Error::from(io::ErrorKind::NotConnected);
    for step in 0..links.len() {
        let at = (start + step) % links.len();
        let Some((link, port)) = links.get(at) else { continue };
        let connector: Connector = link.connector(OWN, *port, patience.clone());
        match connector().await {
            Ok(stream) => {
                first.store(at, Ordering::Relaxed);
                return Ok(Box::new(stream));
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}
