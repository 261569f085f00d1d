//! Each phase of a connection that goes wrong, through a proxy of ours that counts bytes.

use std::time::{Duration, Instant};

use bud::outcome::Recovery;
use bud::ssh::{Limits, Phase, Session, SshError, Target};
use bud::time::Patience;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::gate::{Fault, Gate, Way};
use super::{open, patience, seconds, serving, short, straight};

async fn hurried(target: &Target) -> SshError {
    let started = Instant::now();
    let error = Session::open(target, &straight(), &short(), &patience()).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(10), "{error}");
    error
}

/// Answers each connection with some bytes, and closes it or keeps it.
async fn speaker(bytes: &'static [u8], closes: bool) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(bytes).await;
            if closes {
                let _ = stream.shutdown().await;
                let _ = stream.read_to_end(&mut Vec::new()).await;
            } else {
                kept.push(stream);
            }
        }
    });
    port
}

#[tokio::test]
async fn a_closed_port_is_refused() {
    let server = serving!();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = hurried(&server.target_at(free)).await;
    assert!(matches!(error, SshError::Refused { .. }), "{error}");
    assert_eq!(error.recovery(), Recovery::Retry(None));
    let unknown = Target { host: "no-such-machine.invalid".to_owned(), ..server.target() };
    let error = hurried(&unknown).await;
    assert!(matches!(error, SshError::Name { .. } | SshError::Slow { phase: Phase::Tcp, .. }), "{error}");
}

#[tokio::test]
async fn a_silent_server_is_slow_in_the_phase_that_it_is_in() {
    let server = serving!();
    let silent = server.target_at(speaker(b"", false).await);
    let error = hurried(&silent).await;
    assert!(matches!(error, SshError::Slow { phase: Phase::Banner, .. }), "{error}");
    let after_banner = server.target_at(speaker(b"SSH-2.0-OpenSSH_9.2p1\r\n", false).await);
    let error = hurried(&after_banner).await;
    assert!(matches!(error, SshError::Slow { phase: Phase::KeyExchange, .. }), "{error}");
    assert_eq!(error.recovery(), Recovery::Retry(None));
}

#[tokio::test]
async fn a_connection_that_stalls_is_slow_wherever_it_stalls() {
    let server = serving!();
    // How much the server says up to a session: a measure of where a login is.
    let measure = Gate::to(server.port, Fault::None, 0).await;
    drop(open(&server.target_at(measure.port)).await.unwrap());
    let whole = measure.passed(Way::Down);
    let mut phases = Vec::new();
    for part in [0, 10, whole / 2, whole - 200, whole - 40] {
        let gate = Gate::to(server.port, Fault::Stall(Way::Down, part), 1).await;
        let error = hurried(&server.target_at(gate.port)).await;
        let SshError::Slow { phase, .. } = error else { panic!("{part} of {whole}: {error}") };
        phases.push(phase);
    }
    assert!(phases.is_sorted(), "{phases:?}");
    assert_eq!(phases[0], Phase::Banner);
    assert!(phases.contains(&Phase::KeyExchange) && phases.contains(&Phase::Login), "{phases:?}");
}

#[tokio::test]
async fn a_connection_that_is_cut_says_where() {
    let server = serving!();
    let measure = Gate::to(server.port, Fault::None, 0).await;
    drop(open(&server.target_at(measure.port)).await.unwrap());
    let whole = measure.passed(Way::Down);
    for (fault, phase) in [
        (Fault::Cut(Way::Down, 0), Phase::Banner),
        (Fault::Reset(Way::Down, 0), Phase::Banner),
        (Fault::Cut(Way::Down, whole / 2), Phase::KeyExchange),
        (Fault::Reset(Way::Down, whole / 2), Phase::KeyExchange),
        (Fault::Cut(Way::Down, whole - 40), Phase::Login),
    ] {
        let gate = Gate::to(server.port, fault, 1).await;
        let error = hurried(&server.target_at(gate.port)).await;
        assert!(matches!(&error, SshError::Cut { phase: at, .. } if *at == phase), "{fault:?}: {error}");
        assert_eq!(error.recovery(), Recovery::Retry(None));
        // The next connection through the same gate is let through.
        open(&server.target_at(gate.port)).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_no_ssh_server_is_named_by_its_words() {
    let server = serving!();
    let web = server.target_at(speaker(b"HTTP/1.1 400 Bad Request\r\n\r\n", true).await);
    let error = hurried(&web).await;
    assert!(matches!(&error, SshError::NotSsh { said, .. } if said.starts_with("HTTP/1.1 400")), "{error}");
    assert_eq!(error.recovery(), Recovery::Rejected(Some("port".to_owned())));
    let broken =
        server.target_at(speaker(b"SSH-2.0-x\r\nthis is no packet of the protocol at all", false).await);
    let error = hurried(&broken).await;
    assert!(matches!(error, SshError::Protocol { phase: Phase::KeyExchange, .. }), "{error}");
}

#[tokio::test]
async fn a_server_with_too_many_connections_turns_away_for_now() {
    let server = serving!("MaxStartups 1");
    let kept = tokio::net::TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    // The first one counts once the server has accepted it, which its banner shows.
    kept.readable().await.unwrap();
    let error = hurried(&server.target()).await;
    assert!(matches!(error, SshError::TurnedAway { .. }), "{error}");
    assert_eq!(error.recovery(), Recovery::Retry(None));
    drop(kept);
}

#[tokio::test]
async fn a_stop_ends_a_connection_at_once() {
    let server = serving!();
    let silent = server.target_at(speaker(b"", false).await);
    let stop = CancellationToken::new();
    let patience = Patience::new(Duration::from_secs(60), stop.clone());
    let opening = tokio::spawn(async move {
        Session::open(&silent, &straight(), &Limits::default(), &patience).await.unwrap_err()
    });
    tokio::task::yield_now().await;
    let started = Instant::now();
    stop.cancel();
    let error = opening.await.unwrap();
    assert!(matches!(error, SshError::Ended { .. }) && started.elapsed() < Duration::from_secs(2), "{error}");
}

#[tokio::test]
async fn the_callers_deadline_ends_a_phase_as_well() {
    let server = serving!();
    let silent = server.target_at(speaker(b"", false).await);
    let started = Instant::now();
    let error = Session::open(&silent, &straight(), &Limits::default(), &seconds(1)).await.unwrap_err();
    assert!(matches!(error, SshError::Slow { phase: Phase::Banner, .. }), "{error}");
    assert!(started.elapsed() < Duration::from_secs(5));
}
