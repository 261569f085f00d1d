//! What a node knows of its cluster, so that whoever takes its machine away knows whom to ask (operations.md B1).

use serde::{Deserialize, Serialize};

use crate::node::install::Input;
use crate::secret::Secret;
use crate::ssh::Content;
use crate::time::Patience;

use super::error::{K3sError, K3sFault};
use super::node::Node;
use super::step::MEMBER;

/// Where it lies on the node.
const FILE: &str = "/etc/bud/member.json";

/// The most that a tag of a cloud holds.
const TAG: usize = 256;

/// A node's cluster. Nothing of it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Name of the cluster.
    pub cluster: String,
    /// Its servers.
    pub servers: Vec<Server>,
    /// The authority of their host keys, `ssh-ed25519 AAAA…`.
    pub ssh_authority: String,
}

/// A server as others reach it by SSH.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Name of the node, for which its host certificate is.
    pub node: String,
    /// Address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Who logs in.
    pub user: String,
}

impl Member {
    /// What the machine's tag `bud:cluster` says: the cluster and the address of one server, or the cluster alone
    /// where that is too long for a tag.
    #[must_use]
    pub fn tag(&self) -> String {
        let Some(server) = self.servers.first() else { return self.cluster.clone() };
        let whole = format!("{} {}", self.cluster, server.host);
        if whole.len() <= TAG { whole } else { self.cluster.clone() }
    }
}

/// Writes it on the node.
///
/// # Errors
/// As every step.
pub async fn remember(node: Node<'_>, member: &Member, patience: &Patience) -> Result<(), K3sError> {
    let work = async {
        let login = node.login(patience).await?;
        let text = serde_json::to_string(member).map_err(|_| K3sFault::NotRead("its membership"))?;
        let content = Content::Secret(Secret::new(text + "\n"));
        login.place(FILE.to_owned(), 0o600, "root", content, node.deadlines.step, patience).await?;
        Ok(())
    };
    node.told(work.await)
}

/// What the node knows; nothing where it is in no cluster, or has left it.
///
/// # Errors
/// As every step; [`K3sFault::NotRead`] where the file is no longer ours.
pub async fn membership(node: Node<'_>, patience: &Patience) -> Result<Option<Member>, K3sError> {
    let work = async {
        let login = node.login(patience).await?;
        let answers = login.step(MEMBER, Input::new(), node.deadlines.step, patience).await?;
        let Some(text) = answers.get("member").filter(|_| !answers.is("left", "yes")) else {
            return Ok(None);
        };
        serde_json::from_str(text).map(Some).map_err(|_| K3sFault::NotRead("its membership"))
    };
    node.told(work.await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_holds_what_fits() {
        let server =
            |host: &str| Server { node: "a".into(), host: host.into(), port: 22, user: "bud".into() };
        let mut member = Member {
            cluster: "dev".into(),
            servers: vec![server("10.0.0.4"), server("10.0.0.5")],
            ssh_authority: String::new(),
        };
        assert_eq!(member.tag(), "dev 10.0.0.4");
        member.servers[0].host = "a".repeat(260);
        assert_eq!(member.tag(), "dev");
        member.servers.clear();
        assert_eq!(member.tag(), "dev");
    }
}
