//! Commands: their input, output and end, alone and many at once.

use std::time::{Duration, Instant};

use bud::secret::Secret;
use bud::ssh::{Command, Exit, SshError, Stdin, Stream};
use bud::time::Patience;
use bytes::Bytes;
use futures::future::join_all;
use tokio_util::sync::CancellationToken;

use super::gate::{Fault, Gate, Way};
use super::{command, open, patience, serving};

#[tokio::test]
async fn output_input_and_status_are_the_commands_own() {
    let server = serving!();
    let session = open(&server.target()).await.unwrap();
    let output = session.exec(command("echo out; echo err >&2; exit 7"), &patience()).await.unwrap();
    assert_eq!((output.stdout.as_slice(), output.stderr.as_str()), (&b"out\n"[..], "err"));
    assert_eq!(output.exit, Exit::Status(7));

    let reading = command("cat").reading(Stdin::Secret(Secret::new("canary-7f3a")));
    assert_eq!(session.run(reading, &patience()).await.unwrap(), "canary-7f3a");
    assert_eq!(
        session.run(command("cat; echo end"), &patience()).await.unwrap(),
        "end\n",
        "input has an end"
    );

    let error = session.run(command("echo broken >&2; exit 3"), &patience()).await.unwrap_err();
    let SshError::Command { exit, stderr, .. } = &error else { panic!("{error}") };
    assert_eq!((exit, stderr.as_str()), (&Exit::Status(3), "broken"));
    assert!(error.to_string().ends_with("test ended with status 3: broken"), "{error}");

    let killed = session.exec(command("kill -TERM $$"), &patience()).await.unwrap();
    assert_eq!(killed.exit, Exit::Signal("TERM".to_owned()));
    let unknown = session.exec(command("no-such-program-here"), &patience()).await.unwrap();
    assert_eq!(unknown.exit, Exit::Status(127));
}

#[tokio::test]
async fn much_goes_in_and_comes_out_again() {
    let server = serving!();
    let session = open(&server.target()).await.unwrap();
    let bytes: Vec<u8> =
        (0..8 * 1024 * 1024_u32).map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let mut copying = command("cat").reading(Stdin::Bytes(Bytes::from(bytes.clone())));
    copying.stdout_limit = bytes.len();
    let output = session.exec(copying, &patience()).await.unwrap();
    assert!(output.stdout == bytes, "{} bytes", output.stdout.len());
    // A command need not read what it is given.
    let unread = command("echo done").reading(Stdin::Bytes(Bytes::from(bytes)));
    assert_eq!(session.run(unread, &patience()).await.unwrap(), "done\n");
}

#[tokio::test]
async fn output_has_a_limit() {
    let server = serving!();
    let session = open(&server.target()).await.unwrap();
    let mut endless = command("yes");
    endless.stdout_limit = 64 * 1024;
    let error = session.exec(endless, &patience()).await.unwrap_err();
    assert!(matches!(error, SshError::TooMuchOutput { limit: 65_536, .. }), "{error}");
    // Of errors the end is kept, which says why.
    let noisy = command("yes x | head -c 100000 >&2; echo the reason >&2; exit 1");
    let SshError::Command { stderr, .. } = session.run(noisy, &patience()).await.unwrap_err() else {
        panic!()
    };
    assert!(stderr.len() <= 4096 && stderr.ends_with("the reason"), "{stderr}");
    assert_eq!(session.run(command("echo fine"), &patience()).await.unwrap(), "fine\n");
}

#[tokio::test]
async fn a_command_that_does_not_end_is_ended() {
    let server = serving!();
    let session = open(&server.target()).await.unwrap();
    let mark = format!("bud-test-{}", uuid::Uuid::new_v4());
    // OpenSSH signals no session of root: what ends there ends by its streams, as `cat` does.
    let (near, _far) = tokio::io::duplex(64);
    let slow = Command::new("wait", format!("bash -c 'exec -a {mark} cat'"), Duration::from_secs(1))
        .reading(Stdin::Stream(Bytes::new(), Box::new(near)));
    let started = Instant::now();
    let error = session.exec(slow, &patience()).await.unwrap_err();
    let SshError::CommandSlow { command: name, after, .. } = &error else { panic!("{error}") };
    assert_eq!(name, "wait");
    assert!(*after <= Duration::from_secs(1) && started.elapsed() < Duration::from_secs(10));
    // Nobody is left behind on the machine.
    let until = Instant::now() + Duration::from_secs(10);
    let look = format!("pgrep -f '[b]{}'", &mark[1..]);
    while session.exec(command(&look), &patience()).await.unwrap().exit == Exit::Status(0) {
        assert!(Instant::now() < until, "the command still runs");
    }
}

#[tokio::test]
async fn a_stop_ends_a_command_and_leaves_the_session() {
    let server = serving!();
    let session = open(&server.target()).await.unwrap();
    let stop = CancellationToken::new();
    let stoppable = Patience::new(Duration::from_secs(60), stop.clone());
    let mut running = session.start(command("echo begun; sleep 600"), &stoppable).await.unwrap();
    assert_eq!(running.line().await.unwrap().unwrap().text, "begun");
    stop.cancel();
    assert!(matches!(running.line().await.unwrap_err(), SshError::Ended { .. }));
    assert_eq!(session.run(command("echo fine"), &patience()).await.unwrap(), "fine\n");
}

#[tokio::test]
async fn lines_come_as_they_are_written() {
    let server = serving!();
    let session = open(&server.target()).await.unwrap();
    let script = "echo one; echo two >&2; printf 'three\\r\\nlast'; read answer; echo $answer; exit 4";
    let (near, mut far) = tokio::io::duplex(64);
    let speaking = command(script).reading(Stdin::Stream(Bytes::new(), Box::new(near)));
    let mut running = session.start(speaking, &patience()).await.unwrap();
    let mut seen = Vec::new();
    while seen.len() < 3 {
        seen.push(running.line().await.unwrap().unwrap());
    }
    seen.sort_by_key(|line| line.text.clone());
    assert_eq!(seen.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["one", "three", "two"]);
    assert_eq!(seen[2].stream, Stream::Err);
    // It waits for us now: what it said had come before.
    tokio::io::AsyncWriteExt::write_all(&mut far, b"four\n").await.unwrap();
    drop(far);
    assert_eq!(running.line().await.unwrap().unwrap().text, "lastfour");
    assert_eq!(running.line().await.unwrap(), None);
    assert_eq!(running.exit().unwrap(), Exit::Status(4));
}

#[tokio::test]
async fn many_commands_share_a_session() {
    let server = serving!();
    let session = open(&server.target()).await.unwrap();
    let folder = server.path("met");
    std::fs::create_dir(&folder).unwrap();
    // Each waits until all have begun: one after the other they would never end.
    let meet = |number: usize| {
        let folder = folder.display();
        let line = format!(
            "touch {folder}/{number}; for _ in $(seq 100); do [ $(ls {folder} | wc -l) = 12 ] && break; sleep 0.5; done; \
             ls {folder} | wc -l"
        );
        Command::new("meet", line, Duration::from_secs(60))
    };
    let runs = (0..12).map(|number| {
        let (session, command) = (session.clone(), meet(number));
        async move { session.run(command, &super::seconds(60)).await.unwrap() }
    });
    assert!(join_all(runs).await.iter().all(|met| met.trim() == "12"));
}

#[tokio::test]
async fn many_sessions_at_once_are_opened() {
    let server = serving!("MaxStartups 64");
    let target = server.target();
    let sessions = join_all((0..16).map(|_| open(&target))).await;
    let runs = sessions
        .into_iter()
        .map(|session| async move { session.unwrap().run(command("echo in"), &patience()).await.unwrap() });
    assert!(join_all(runs).await.iter().all(|text| text == "in\n"));
}

#[tokio::test]
async fn more_sessions_than_the_server_allows_are_refused_and_pass() {
    let server = serving!("MaxSessions 1");
    let session = open(&server.target()).await.unwrap();
    let running = session.start(command("sleep 600"), &patience()).await.unwrap();
    let error = session.exec(command("true"), &patience()).await.unwrap_err();
    assert!(matches!(error, SshError::ChannelRefused { .. }), "{error}");
    drop(running);
}

#[tokio::test]
async fn a_session_that_is_lost_says_so() {
    let server = serving!();
    let gate = Gate::to(server.port, Fault::Cut(Way::Down, 200_000), 1).await;
    let session = open(&server.target_at(gate.port)).await.unwrap();
    let mut endless = command("yes");
    endless.stdout_limit = usize::MAX;
    let error = session.exec(endless, &patience()).await.unwrap_err();
    assert!(matches!(error, SshError::Lost { .. }), "{error}");
    assert!(session.is_over());
    assert!(matches!(session.exec(command("true"), &patience()).await.unwrap_err(), SshError::Lost { .. }));
    assert!(matches!(session.ping(&patience()).await.unwrap_err(), SshError::Lost { .. }));
}

#[tokio::test]
async fn a_server_that_falls_silent_is_noticed() {
    let server = serving!();
    // Enough for the login and not for what follows.
    let gate = Gate::to(server.port, Fault::Stall(Way::Down, 100_000), 1).await;
    let limits = bud::ssh::Limits { keepalive: Duration::from_millis(300), ..bud::ssh::Limits::default() };
    let session =
        bud::ssh::Session::open(&server.target_at(gate.port), &super::straight(), &limits, &patience())
            .await
            .unwrap();
    let mut endless = command("yes");
    endless.stdout_limit = usize::MAX;
    let started = Instant::now();
    let error = session.exec(endless, &patience()).await.unwrap_err();
    let SshError::Lost { reason, .. } = &error else { panic!("{error}") };
    assert_eq!(reason, "the server does not answer any more");
    assert!(started.elapsed() < Duration::from_secs(10));
}
