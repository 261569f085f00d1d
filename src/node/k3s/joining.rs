//! How a node comes to its cluster: the files that decide it, which are there before its first start.

use std::fmt::Write as _;

use crate::node::nixos::{Join, PlacedFile, paths};
use crate::secret::Secret;

/// What nodes join with. Agents never hold what opens the whole cluster.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// What servers join with.
    pub server: Secret,
    /// What agents join with.
    pub agent: Secret,
}

/// How a node comes to its cluster.
#[derive(Clone, Debug)]
pub enum Joining {
    /// It founds it: once, while no server of it has come up.
    Founds(Tokens),
    /// It joins as a server.
    Server {
        /// A living server: a name or an address.
        of: String,
        /// Tokens, the servers' in the form that names the cluster's authority.
        tokens: Tokens,
    },
    /// It joins as an agent.
    Agent {
        /// A living server: a name or an address.
        of: String,
        /// The agents' token, in the form that names the cluster's authority.
        token: Secret,
    },
}

/// How many random bytes a token has.
const TOKEN: usize = 32;

impl Tokens {
    /// New ones, for a cluster that is founded.
    ///
    /// # Errors
    /// When the system gives no chance.
    pub fn draw() -> Result<Self, std::io::Error> {
        Ok(Self { server: token()?, agent: token()? })
    }
}

fn token() -> Result<Secret, std::io::Error> {
    let mut bytes = [0; TOKEN];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_| std::io::Error::other("the system gives no random bytes"))?;
    let text = bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    });
    Ok(Secret::new(text))
}

impl Joining {
    /// The files that say so.
    #[must_use]
    pub fn files(&self) -> Vec<PlacedFile> {
        let join = |of: &String| Join::Server { host: of.clone() }.file();
        let both = |tokens: &Tokens| {
            [
                PlacedFile::token(paths::SERVER_TOKEN, &tokens.server),
                PlacedFile::token(paths::AGENT_TOKEN, &tokens.agent),
            ]
        };
        match self {
            Self::Founds(tokens) => [Join::Found.file()].into_iter().chain(both(tokens)).collect(),
            Self::Server { of, tokens } => [join(of)].into_iter().chain(both(tokens)).collect(),
            Self::Agent { of, token } => vec![join(of), PlacedFile::token(paths::AGENT_TOKEN, token)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(joining: &Joining) -> Vec<(String, u32, String)> {
        let files = joining.files().into_iter();
        files.map(|file| (file.path, file.mode, file.content.expose().to_owned())).collect()
    }

    #[test]
    fn one_founds_and_agents_never_get_the_servers_token() {
        let tokens = Tokens { server: Secret::new("K10a::server:s"), agent: Secret::new("K10a::node:a") };
        let founds = told(&Joining::Founds(tokens.clone()));
        assert_eq!(founds[0], (paths::JOIN.to_owned(), 0o600, "K3S_CLUSTER_INIT=true\n".to_owned()));
        assert_eq!(founds[1], (paths::SERVER_TOKEN.to_owned(), 0o600, "K10a::server:s\n".to_owned()));
        let server = told(&Joining::Server { of: "10.0.0.4".into(), tokens: tokens.clone() });
        assert_eq!(server[0].2, "K3S_URL=https://10.0.0.4:6443\n");
        assert_eq!(server.len(), 3);
        let agent = told(&Joining::Agent { of: "fd00::4".into(), token: tokens.agent });
        assert_eq!(agent[0].2, "K3S_URL=https://[fd00::4]:6443\n");
        assert!(agent.iter().all(|(path, ..)| path != paths::SERVER_TOKEN), "{agent:?}");
    }

    #[test]
    fn tokens_are_drawn() {
        let (one, other) = (Tokens::draw().unwrap(), Tokens::draw().unwrap());
        assert_eq!(one.server.expose().len(), 64);
        let all =
            [&one.server, &one.agent, &other.server, &other.agent].map(|token| token.expose().to_owned());
        assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
    }
}
