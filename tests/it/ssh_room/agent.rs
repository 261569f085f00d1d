//! OpenSSH's agent: its keys, one chosen key, its certificates, and one that is not there.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use bud::ssh::{Identity, SshError};
use ssh_key::PublicKey;

use super::keys::Pair;
use super::server::Server;
use super::{open, serving};

/// An agent of a test.
struct Agent {
    process: Child,
    socket: PathBuf,
}

impl Agent {
    fn start(folder: &Path) -> Self {
        let socket = folder.join("agent");
        let process = Command::new("ssh-agent")
            .args(["-D", "-a", socket.to_str().unwrap()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("ssh-agent");
        let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            assert!(std::time::Instant::now() < until, "no agent");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        Self { process, socket }
    }

    /// Adds a key, and the certificate that lies beside it.
    fn add(&self, pair: &Pair) {
        let output = Command::new("ssh-add")
            .arg(&pair.path)
            .env("SSH_AUTH_SOCK", &self.socket)
            .output()
            .expect("ssh-add");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn the_keys_of_an_agent_log_in() {
    let server = serving!();
    let agent = Agent::start(server.folder.path());
    let mut target = server.target();
    target.identities = vec![Identity::agent(agent.socket.clone())];
    let error = open(&target).await.unwrap_err();
    assert!(matches!(&error, SshError::Agent { reason, .. } if reason.contains("no key")), "{error}");

    let strangers =
        ["one", "two"].map(|name| Pair::draw(server.folder.path(), name, &["-t", "rsa", "-b", "2048"]));
    strangers.iter().for_each(|pair| agent.add(pair));
    let error = open(&target).await.unwrap_err();
    let SshError::NoKeyAccepted { tried, .. } = &error else { panic!("{error}") };
    assert_eq!(tried.len(), 2);
    assert!(tried.iter().all(|key| key.ends_with("of the agent")), "{tried:?}");

    agent.add(&server.key);
    open(&target).await.unwrap();
}

#[tokio::test]
async fn one_key_of_an_agent_can_be_chosen() {
    let server = serving!("MaxAuthTries 2");
    let agent = Agent::start(server.folder.path());
    for number in 0..4 {
        agent.add(&Pair::ed25519(server.folder.path(), &format!("stranger-{number}")));
    }
    agent.add(&server.key);
    let mut target = server.target();
    target.identities = vec![Identity::agent(agent.socket.clone())];
    let error = open(&target).await.unwrap_err();
    assert!(matches!(error, SshError::Cut { .. }), "{error}");
    let only = Some(Box::new(PublicKey::from_openssh(&server.key.public()).unwrap()));
    target.identities = vec![Identity::Agent { socket: agent.socket.clone(), only }];
    open(&target).await.unwrap();
}

#[tokio::test]
async fn certificates_of_an_agent_log_in() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Pair::ed25519(folder.path(), "authority");
    let Some(server) = Server::prepared(folder, &["TrustedUserCAKeys %/authority.pub"]).await else { return };
    let agent = Agent::start(server.folder.path());
    let pair = Pair::draw(server.folder.path(), "certified", &["-t", "rsa", "-b", "2048"]);
    pair.certify(&authority, &["-n", &server.user]);
    agent.add(&pair);
    let mut target = server.target();
    target.identities = vec![Identity::agent(agent.socket.clone())];
    open(&target).await.unwrap();
}

#[tokio::test]
async fn an_agent_that_is_not_there_is_named_unless_a_key_helps() {
    let server = serving!();
    let mut target = server.target();
    target.identities = vec![Identity::agent(server.path("nobody"))];
    let error = open(&target).await.unwrap_err();
    assert!(matches!(&error, SshError::Agent { socket, .. } if socket.ends_with("nobody")), "{error}");
    target.identities.push(Identity::key(&server.key.private(), None).unwrap());
    open(&target).await.unwrap();
}
