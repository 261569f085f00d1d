//! How machines are reached: the provider's `ssh` block and its proxy, for everything that logs in somewhere.

use crate::diagnostics::Diagnostic;
use crate::provider::{Settings, SshKey};
use crate::schema::Planned;
use crate::secret::Secret;
use crate::ssh::{HostPin, Identity, Proxy, Road, Target};
use crate::value::Path;

/// What logs in, and the way.
#[derive(Clone, Debug)]
pub(super) struct Logins {
    /// Keys and agents, tried in this order.
    pub(super) identities: Vec<Identity>,
    /// Proxy and bastion.
    pub(super) road: Road,
}

/// What the provider block says; unknown while a part of it is known only after apply.
///
/// # Errors
/// The diagnostic that names the argument that cannot be used.
pub(super) fn logins(settings: &Settings) -> Result<Planned<Logins>, Diagnostic> {
    let (Planned::Known(ssh), Planned::Known(proxy)) = (&settings.ssh, &settings.proxy_url) else {
        return Ok(Planned::Unknown);
    };
    let mut identities = Vec::new();
    if let Some(key) = &ssh.key {
        identities.push(identity(&read(key)?, "private_key")?);
    }
    identities.extend(ssh.agent.clone().map(Identity::agent));
    let mut road = Road::default();
    if let Some(proxy) = proxy {
        let wrong = |error: crate::ssh::ProxyError| {
            Diagnostic::error(
                "Bad proxy",
                format!("proxy_url of the provider block is no proxy for SSH: {error}."),
            )
        };
        road.proxy = Some(Proxy::parse(proxy).map_err(wrong)?);
    }
    if let Some(bastion) = &ssh.bastion {
        let own = match &bastion.key {
            Some(key) => vec![identity(key, "bastion.private_key")?],
            None => identities.clone(),
        };
        let Some(host_key) = &bastion.host_key else {
            return Err(wrong("bastion.host_key", "it is not given, and nobody is believed without it"));
        };
        let pin = HostPin::key(host_key).map_err(|error| wrong("bastion.host_key", &error.to_string()))?;
        road.bastions = vec![Target {
            host: bastion.host.clone(),
            port: bastion.port,
            user: bastion.user.clone(),
            pin,
            identities: own,
        }];
    }
    Ok(Planned::Known(Logins { identities, road }))
}

/// The text of a key.
///
/// # Errors
/// The file cannot be read.
pub(super) fn read(key: &SshKey) -> Result<Secret, Diagnostic> {
    match key {
        SshKey::Key(key) => Ok(key.clone()),
        SshKey::File(path) => std::fs::read_to_string(path).map(Secret::new).map_err(|error| {
            Diagnostic::error(
                "SSH key cannot be read",
                format!("ssh.private_key_file of the provider block, {path}: {error}."),
            )
        }),
    }
}

fn identity(key: &Secret, argument: &str) -> Result<Identity, Diagnostic> {
    Identity::key(key, None).map_err(|error| wrong(argument, &error.to_string()))
}

fn wrong(argument: &str, reason: &str) -> Diagnostic {
    let detail = format!("ssh.{argument} of the provider block: {reason}.");
    Diagnostic::error("SSH login cannot be used", detail).at(Path::of("ssh"))
}
