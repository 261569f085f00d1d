//! Channels to ports behind a machine, bastions, and what HTTP clients connect with.

use std::sync::Arc;
use std::time::Duration;

use bud::outcome::Recovery;
use bud::ssh::{HostKeyFault, HostPin, Limits, Link, Phase, Road, Session, SshError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::gate::{Fault, Gate, Way};
use super::keys::Pair;
use super::{command, open, patience, serving, straight};

/// A server on loopback that gives back in capitals what it is told, until the end of it.
async fn shouter() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut piece = vec![0; 8192];
                while let Ok(length @ 1..) = stream.read(&mut piece).await {
                    piece[..length].make_ascii_uppercase();
                    if stream.write_all(&piece[..length]).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    port
}

#[tokio::test]
async fn a_channel_is_a_stream_to_a_port() {
    let server = serving!();
    let session = open(&server.target()).await.unwrap();
    let port = shouter().await;
    let mut channel = session.channel("127.0.0.1", port, &patience()).await.unwrap();
    drop(session);
    channel.write_all(b"hello").await.unwrap();
    channel.flush().await.unwrap();
    let mut answer = [0; 5];
    channel.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HELLO");
    // Much in both directions at once, and the end of it.
    let (mut read, mut write) = tokio::io::split(channel);
    let sending = tokio::spawn(async move {
        write.write_all(&vec![b'a'; 3 * 1024 * 1024]).await.unwrap();
        write.shutdown().await.unwrap();
    });
    let mut all = Vec::new();
    read.read_to_end(&mut all).await.unwrap();
    sending.await.unwrap();
    assert!(all.len() == 3 * 1024 * 1024 && all.iter().all(|byte| *byte == b'A'));
}

#[tokio::test]
async fn a_port_that_is_closed_may_open_and_one_that_is_forbidden_will_not() {
    let server = serving!();
    let session = open(&server.target()).await.unwrap();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let Err(error) = session.channel("127.0.0.1", closed, &patience()).await else { panic!() };
    assert!(
        matches!(&error, SshError::ChannelRefused { passing: true, to, .. } if to.ends_with(&closed.to_string())),
        "{error}"
    );
    assert_eq!(error.recovery(), Recovery::Retry(None));
    assert_eq!(session.run(command("echo fine"), &patience()).await.unwrap(), "fine\n");

    let strict = serving!("AllowTcpForwarding no");
    let session = open(&strict.target()).await.unwrap();
    let Err(error) = session.channel("127.0.0.1", closed, &patience()).await else { panic!() };
    assert!(matches!(error, SshError::ChannelRefused { passing: false, .. }), "{error}");
    assert_eq!(error.recovery(), Recovery::Denied);
}

#[tokio::test]
async fn a_machine_is_reached_through_two_others() {
    let (outer, inner, server) = (serving!(), serving!(), serving!());
    let road = Road { proxy: None, bastions: vec![outer.target(), inner.target()] };
    let session = Session::open(&server.target(), &road, &Limits::default(), &patience()).await.unwrap();
    let client = session.run(command("echo $SSH_CONNECTION"), &patience()).await.unwrap();
    assert!(client.contains(&format!("127.0.0.1 {}", server.port)), "{client}");
    for (name, one) in [("outer", &outer), ("inner", &inner), ("last", &server)] {
        assert!(one.log().contains("Accepted publickey"), "{name} was not asked");
    }
    let bytes = bytes::Bytes::from(vec![b'x'; 1024 * 1024]);
    let counting = command("wc -c").reading(bud::ssh::Stdin::Bytes(bytes));
    assert_eq!(session.run(counting, &patience()).await.unwrap().trim(), "1048576");
}

#[tokio::test]
async fn a_bastion_is_named_where_it_is_the_one_that_fails() {
    let (mut bastion, server) = (serving!(), serving!());
    let with = |target| Road { proxy: None, bastions: vec![target] };
    let mut wrong = bastion.target();
    wrong.pin = HostPin::key(&Pair::ed25519(server.folder.path(), "other").public()).unwrap();
    let error =
        Session::open(&server.target(), &with(wrong), &Limits::default(), &patience()).await.unwrap_err();
    let SshError::HostKey { at, fault } = &error else { panic!("{error}") };
    assert!(at.to_string().ends_with(&bastion.port.to_string()));
    assert!(matches!(**fault, HostKeyFault::Other { .. }));

    let closed =
        server.target_at(std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port());
    let error =
        Session::open(&closed, &with(bastion.target()), &Limits::default(), &patience()).await.unwrap_err();
    assert!(matches!(error, SshError::ChannelRefused { passing: true, .. }), "{error}");

    let mut unpinned = server.target();
    unpinned.pin = HostPin::key(&bastion.host_key.public()).unwrap();
    let error =
        Session::open(&unpinned, &with(bastion.target()), &Limits::default(), &patience()).await.unwrap_err();
    assert!(
        matches!(&error, SshError::HostKey { at, .. } if at.to_string().ends_with(&server.port.to_string())),
        "{error}"
    );

    let session = Session::open(&server.target(), &with(bastion.target()), &Limits::default(), &patience())
        .await
        .unwrap();
    bastion.kill();
    let error = session.exec(command("sleep 600"), &patience()).await.unwrap_err();
    assert!(matches!(error, SshError::Lost { .. }), "{error}");
}

#[tokio::test]
async fn a_bastion_that_stalls_ends_with_the_phase_of_the_machine_behind_it() {
    let (bastion, server) = (serving!(), serving!());
    let measure = Gate::to(bastion.port, Fault::None, 0).await;
    let session = open(&bastion.target_at(measure.port)).await.unwrap();
    let mut channel = session.channel("127.0.0.1", server.port, &patience()).await.unwrap();
    channel.read_exact(&mut [0; 8]).await.unwrap();
    // The machine's banner has passed with this, and the stall comes soon after it.
    let stall = Fault::Stall(Way::Down, measure.passed(Way::Down) + 100);
    drop((channel, session));
    let gate = Gate::to(bastion.port, stall, 1).await;
    let limits = Limits { channel: Duration::from_millis(700), ..super::short() };
    let road = Road { proxy: None, bastions: vec![bastion.target_at(gate.port)] };
    let error = Session::open(&server.target(), &road, &limits, &patience()).await.unwrap_err();
    let SshError::Slow { at, phase, .. } = &error else { panic!("{error}") };
    assert!(at.to_string().ends_with(&server.port.to_string()), "{error}");
    assert!(matches!(phase, Phase::Banner | Phase::KeyExchange), "{error}");
}

#[tokio::test]
async fn a_connector_makes_streams_and_the_link_again_when_it_is_lost() {
    let server = serving!();
    let gate = Gate::to(server.port, Fault::Cut(Way::Down, 300_000), 1).await;
    let link = Arc::new(Link::new(server.target_at(gate.port), straight(), Limits::default()));
    let port = shouter().await;
    let connector = link.connector("127.0.0.1", port, patience());
    let mut one = connector().await.unwrap();
    let mut other = connector().await.unwrap();
    for stream in [&mut one, &mut other] {
        stream.write_all(b"abc").await.unwrap();
        let mut answer = [0; 3];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"ABC");
    }
    assert_eq!(gate.connections(), 1, "both are channels of one connection");
    // The connection is cut in the middle of this.
    let mut all = Vec::new();
    let (mut read, mut write) = tokio::io::split(one);
    let sending = tokio::spawn(async move { write.write_all(&vec![b'a'; 1024 * 1024]).await });
    let _ = read.read_to_end(&mut all).await;
    let _ = sending.await;
    assert!(all.len() < 1024 * 1024);
    let mut again = connector().await.unwrap();
    again.write_all(b"again").await.unwrap();
    let mut answer = [0; 5];
    again.read_exact(&mut answer).await.unwrap();
    assert_eq!((&answer, gate.connections()), (b"AGAIN", 2));
}
