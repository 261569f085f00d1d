//! What a node knows of its cluster: enough to take it out again without any state (operations.md B1).

use serde::Serialize;

use super::error::{K3sError, K3sFault};
use super::step::{MEMBER, STEP, enter};
use crate::node::install::Access;
use crate::node::install::answers::Input;
use crate::time::Patience;

/// The content of `/etc/bud/member.json`. Nothing of it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Member {
    /// The cluster's name.
    pub cluster: String,
    /// The cluster's uid.
    pub cluster_uid: String,
    /// Addresses of its servers in the private network.
    pub servers: Vec<String>,
    /// The authority of its host keys, `ssh-ed25519 AAAA…`.
    pub ssh_authority: String,
}

/// Writes down on a node to which cluster it belongs; nothing takes that away.
///
/// # Errors
/// [`K3sError`].
pub async fn remember(
    access: &Access,
    node: &str,
    member: Option<&Member>,
    patience: &Patience,
) -> Result<(), K3sError> {
    let work = async {
        let login = enter(access, patience).await?;
        let mut input = Input::new();
        if let Some(member) = member {
            let text = serde_json::to_string(member).map_err(|_| K3sFault::Answer { step: MEMBER.name })?;
            input = input.line("member", &text);
        }
        login.step(MEMBER, input, STEP, patience).await?;
        Ok(())
    };
    work.await.map_err(|fault: K3sFault| K3sError { node: node.to_owned(), fault })
}
