//! What is done on a node that runs its system: its host key is certified, and others fetch its system.

use crate::ssh::Authority;
use crate::ssh::host_key::HostKey;
use crate::time::Patience;

use super::access::{Access, Doors, Who};
use super::answers::Input;
use super::error::{Fault, InstallError};
use super::phase::{Deadlines, Phase};
use super::step::{CERTIFY, Login, SERVE, must};
use super::wanted::Built;

/// Where and to whom a node serves its system.
#[derive(Clone, Debug)]
pub struct Served {
    /// Its address, as the others reach it.
    pub host: String,
    /// The port of its SSH server.
    pub port: u16,
    /// Its first host key, `ssh-ed25519 AAAA…`.
    pub host_key: String,
    /// The key that the others fetch with; its public half is let in, to read the store and nothing else.
    pub key: HostKey,
}

/// Gives a node's own host key a certificate of the cluster's authority, for its name and addresses. The key is
/// made by the node at its first boot and never leaves it. Returns the key's public half.
///
/// # Errors
/// [`InstallError`] in the phase `reboot`; the node answers by its first key as before.
pub async fn certify(
    access: &Access,
    node: &str,
    addresses: &[String],
    authority: &Authority,
    deadlines: &Deadlines,
    patience: &Patience,
) -> Result<String, InstallError> {
    let work = async {
        let login = settled(access, deadlines, patience).await?;
        let asked = login.step(CERTIFY, Input::new(), deadlines.step, patience).await?;
        let host_key = must(&asked, CERTIFY, "host_key")?.to_owned();
        let certificate = authority.certify(&host_key, node, addresses)?;
        let input = Input::new().line("certificate", &certificate);
        login.step(CERTIFY, input, deadlines.step, patience).await?;
        Ok(host_key)
    };
    named(node, Phase::Reboot, work.await)
}

/// Lets others fetch the system that a node runs. It is signed there, with a key that does not leave the node.
///
/// # Errors
/// [`InstallError`] in the phase `install`.
pub async fn serve(
    access: &Access,
    node: &str,
    served: &Served,
    deadlines: &Deadlines,
    patience: &Patience,
) -> Result<Built, InstallError> {
    let work = async {
        let login = settled(access, deadlines, patience).await?;
        let input = Input::new().line("key", &served.key.public);
        let answers = login.step(SERVE, input, deadlines.install, patience).await?;
        Ok(Built {
            path: must(&answers, SERVE, "path")?.to_owned(),
            host: served.host.clone(),
            port: served.port,
            host_key: served.host_key.clone(),
            key: served.key.private.clone(),
            signed_by: must(&answers, SERVE, "signed_by")?.to_owned(),
        })
    };
    named(node, Phase::Install, work.await)
}

/// Nobody fetches from a node any more.
///
/// # Errors
/// [`InstallError`] in the phase `install`.
pub async fn withdraw(
    access: &Access,
    node: &str,
    deadlines: &Deadlines,
    patience: &Patience,
) -> Result<(), InstallError> {
    let work = async {
        let login = settled(access, deadlines, patience).await?;
        login.step(SERVE, Input::new(), deadlines.step, patience).await.map(drop)
    };
    named(node, Phase::Install, work.await)
}

/// Logs in to a node that runs its system, and becomes root.
pub(in crate::node) async fn settled(
    access: &Access,
    deadlines: &Deadlines,
    patience: &Patience,
) -> Result<Login, Fault> {
    Doors::new(access).enter(&[Who::Installed], deadlines, patience).await
}

fn named<T>(node: &str, phase: Phase, done: Result<T, Fault>) -> Result<T, InstallError> {
    done.map_err(|fault| InstallError { node: node.to_owned(), phase, last: None, fault: Box::new(fault) })
}
