//! The SSH room against OpenSSH's own server, agent and keys (`BUD_TEST_SSHD`), on loopback.

mod agent;
mod channels;
mod commands;
mod files;
pub(crate) mod gate;
mod host_keys;
pub(crate) mod keys;
mod login;
mod phases;
mod proxies;
mod reconnect;
pub(crate) mod server;

use std::path::PathBuf;
use std::time::Duration;

use bud::ssh::{Command, Limits, Road, Session, SshError};
use bud::time::Patience;
use tokio_util::sync::CancellationToken;

/// OpenSSH's server, or a word about why there is none.
fn sshd() -> Option<PathBuf> {
    let Some(path) = std::env::var_os("BUD_TEST_SSHD").filter(|path| !path.is_empty()) else {
        println!("skipped: BUD_TEST_SSHD names no sshd (tests/peers/build sshd)");
        return None;
    };
    let path = PathBuf::from(path);
    assert!(path.is_file(), "BUD_TEST_SSHD names {}, which is no file", path.display());
    Some(path)
}

/// Ends the test with a word where there is no server.
macro_rules! serving {
    ($($setting:expr),*) => {
        match $crate::ssh_room::server::Server::start(&[$($setting),*]).await {
            Some(server) => server,
            None => return,
        }
    };
}
use serving;

fn patience() -> Patience {
    seconds(30)
}

fn seconds(seconds: u64) -> Patience {
    Patience::new(Duration::from_secs(seconds), CancellationToken::new())
}

/// Short enough for a test to wait for.
fn short() -> Limits {
    let short = Duration::from_millis(700);
    Limits { tcp: short, proxy: short, banner: short, key_exchange: short, login: short, ..Limits::default() }
}

fn command(line: &str) -> Command {
    Command::new("test", line, Duration::from_secs(20))
}

/// Straight there.
fn straight() -> Road {
    Road::default()
}

async fn open(target: &bud::ssh::Target) -> Result<Session, SshError> {
    Session::open(target, &straight(), &Limits::default(), &patience()).await
}
