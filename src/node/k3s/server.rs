//! What a server alone knows: how its API is opened, and what others join it with.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::error::{K3sError, K3sFault};
use super::step::{ADMIN, STEP, TOKENS, enter};
use crate::node::install::Access;
use crate::node::install::answers::Input;
use crate::node::install::step::must;
use crate::secret::Secret;
use crate::time::Patience;

/// What servers and agents join with. The servers' opens the whole cluster.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Of servers.
    pub server: Secret,
    /// Of agents.
    pub agent: Secret,
}

/// The kubeconfig that k3s writes on a server. It is root's there and for `system:masters`: nothing keeps it.
///
/// # Errors
/// [`K3sError`]; `no-kubeconfig` where k3s has not been up yet.
pub async fn admin(access: &Access, node: &str, patience: &Patience) -> Result<Secret, K3sError> {
    let work = async {
        let login = enter(access, patience).await?;
        let answers = login.step(ADMIN, Input::new(), STEP, patience).await?;
        let unreadable = || K3sFault::Answer { step: ADMIN.name };
        let bytes = STANDARD.decode(must(&answers, ADMIN, "kubeconfig")?).map_err(|_| unreadable())?;
        String::from_utf8(bytes).map(Secret::new).map_err(|_| unreadable())
    };
    work.await.map_err(|fault: K3sFault| K3sError { node: node.to_owned(), fault })
}

/// The tokens that lie on a server.
///
/// # Errors
/// [`K3sError`]; `no-token` where they were not placed.
pub async fn tokens(access: &Access, node: &str, patience: &Patience) -> Result<Tokens, K3sError> {
    let work = async {
        let login = enter(access, patience).await?;
        let answers = login.step(TOKENS, Input::new(), STEP, patience).await?;
        Ok(Tokens {
            server: Secret::new(must(&answers, TOKENS, "server")?),
            agent: Secret::new(must(&answers, TOKENS, "agent")?),
        })
    };
    work.await.map_err(|fault: K3sFault| K3sError { node: node.to_owned(), fault })
}
