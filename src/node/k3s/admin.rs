//! What only a server has: its administrator's kubeconfig and the tokens. None of it leaves memory.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::node::install::{Fault, Input};
use crate::secret::Secret;
use crate::time::Patience;

use super::error::{K3sError, K3sFault};
use super::joining::Tokens;
use super::node::Node;
use super::step::ADMIN;

/// What a server gives whoever is root on it.
#[derive(Clone, Debug)]
pub struct Admin {
    /// The kubeconfig of its administrator, for a client on the server itself.
    pub kubeconfig: Secret,
    /// The tokens in the form that names the cluster's authority, so that who joins trusts no other.
    pub tokens: Tokens,
}

/// Asks a server that has come up.
///
/// # Errors
/// [`K3sFault::NoServer`] where it is none, or not yet.
pub async fn admin(node: Node<'_>, patience: &Patience) -> Result<Admin, K3sError> {
    let work = async {
        let login = node.login(patience).await?;
        let answers = match login.step(ADMIN, Input::new(), node.deadlines.step, patience).await {
            Err(Fault::Step { word, .. }) if word == "no-server" => return Err(K3sFault::NoServer),
            answers => answers?,
        };
        let text = |key: &'static str| answers.get(key).ok_or(Fault::Unanswered { step: ADMIN.name, key });
        let decoded =
            STANDARD.decode(text("kubeconfig")?).map_err(|_| K3sFault::NotRead("its kubeconfig"))?;
        let kubeconfig = String::from_utf8(decoded).map_err(|_| K3sFault::NotRead("its kubeconfig"))?;
        let server = Secret::new(text("server_token")?);
        // Without a token of their own, agents join with the servers'.
        let agent = answers.get("agent_token").map_or_else(|| server.clone(), Secret::new);
        Ok(Admin { kubeconfig: Secret::new(kubeconfig), tokens: Tokens { server, agent } })
    };
    node.told(work.await)
}
