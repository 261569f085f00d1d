//! A link: one session for all who ask, a new one when it is lost, and waiting for a machine to come back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bud::ssh::{HostPin, Limits, Link, SshError, Target};
use futures::future::join_all;

use super::gate::{Fault, Gate};
use super::keys::Pair;
use super::{command, patience, seconds, serving, straight};

fn link(target: Target) -> Arc<Link> {
    Arc::new(Link::new(target, straight(), Limits::default()))
}

#[tokio::test]
async fn all_who_ask_at_once_share_a_session() {
    let server = serving!();
    let gate = Gate::to(server.port, Fault::None, 0).await;
    let link = link(server.target_at(gate.port));
    let all = join_all((0..10).map(|_| async {
        link.session(&patience()).await.unwrap().run(command("echo in"), &patience()).await.unwrap()
    }));
    assert!(all.await.iter().all(|text| text == "in\n"));
    assert_eq!(gate.connections(), 1);
    link.fresh(&patience()).await.unwrap();
    assert_eq!(gate.connections(), 2);
}

#[tokio::test]
async fn a_lost_session_is_made_again() {
    let mut server = serving!();
    let link = link(server.target());
    let session = link.session(&patience()).await.unwrap();
    server.restart(&[]);
    let _ = session.exec(command("true"), &patience()).await;
    let again = link.session(&patience()).await.unwrap();
    assert_eq!(again.run(command("echo back"), &patience()).await.unwrap(), "back\n");
}

#[tokio::test]
async fn a_machine_is_waited_for_and_a_stranger_in_its_place_is_not() {
    let mut server = serving!();
    let link = link(server.target());
    server.kill();
    let waiting = Arc::clone(&link);
    let waiting = tokio::spawn(async move { waiting.wait(&patience()).await });
    let error = link.session(&patience()).await.unwrap_err();
    assert!(matches!(error, SshError::Refused { .. }), "{error}");
    assert!(!waiting.is_finished());
    server.restart(&[]);
    waiting.await.unwrap().unwrap().run(command("true"), &patience()).await.unwrap();

    let stranger = link.to(Target {
        pin: HostPin::key(&Pair::ed25519(server.folder.path(), "other").public()).unwrap(),
        ..server.target()
    });
    let started = Instant::now();
    let error = stranger.wait(&patience()).await.unwrap_err();
    assert!(
        matches!(error, SshError::HostKey { .. }) && started.elapsed() < Duration::from_secs(5),
        "{error}"
    );
}

#[tokio::test]
async fn waiting_ends_with_the_last_thing_seen() {
    let mut server = serving!();
    let link = link(server.target());
    server.kill();
    let error = link.wait(&seconds(3)).await.unwrap_err();
    assert!(matches!(error, SshError::Refused { .. }), "{error}");
}
