//! The simulator as a program: the ready line, the options, and how it ends.

#![allow(clippy::disallowed_methods, reason = "a program is started, watched and ended from outside")]

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::{Options, SimulatorError, run, start};
use super::bench::Bench;

/// Not a test of its own: the program that the tests below start.
#[tokio::test]
#[ignore = "started by the other tests of this file"]
async fn program() {
    run(Options::default()).await.unwrap();
}

fn spawn(stdin: Stdio) -> (Child, Value) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "simulator::tests::program::program", "--ignored", "--nocapture"])
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.by_ref().map(Result::unwrap).find(|line| line.contains("\"endpoints\"")).unwrap();
    std::thread::spawn(move || lines.for_each(drop));
    let ready = serde_json::from_str(&line[line.find('{').unwrap()..]).unwrap();
    (child, ready)
}

fn ended(child: &mut Child, within: Duration) -> bool {
    let until = Instant::now() + within;
    while Instant::now() < until {
        if child.try_wait().unwrap().is_some() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}

#[test]
fn it_ends_when_the_pipe_on_stdin_closes() {
    let (mut child, ready) = spawn(Stdio::piped());
    assert_eq!(ready["pid"], child.id());
    let ca = PathBuf::from(ready["env"]["BUD_AZURE_CA_FILE"].as_str().unwrap());
    assert!(ca.exists());
    assert!(!ended(&mut child, Duration::from_millis(200)));
    drop(child.stdin.take());
    assert!(ended(&mut child, Duration::from_secs(10)));
    assert!(!ca.exists());
}

#[test]
fn it_ends_at_a_signal_whatever_stdin_is() {
    // A pipe that stays open once kept the program waiting for its end.
    for (signal, pipe) in [("TERM", false), ("INT", false), ("TERM", true), ("INT", true)] {
        let (mut child, ready) = spawn(if pipe { Stdio::piped() } else { Stdio::null() });
        let ca = PathBuf::from(ready["env"]["BUD_AZURE_CA_FILE"].as_str().unwrap());
        assert!(!ended(&mut child, Duration::from_millis(200)), "dev/null counts as closed");
        let sent =
            Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        assert!(ended(&mut child, Duration::from_secs(10)), "{signal}");
        assert!(!ca.exists());
    }
}

#[tokio::test]
async fn the_ready_line_names_everything_and_the_file_is_private() {
    let bench = Bench::new().await;
    let ready = bench.running.ready.clone();
    for name in [
        "ARM_SUBSCRIPTION_ID",
        "ARM_TENANT_ID",
        "ARM_CLIENT_ID",
        "ARM_CLIENT_SECRET",
        "BUD_AZURE_RESOURCE_MANAGER_ENDPOINT",
        "BUD_AZURE_AUTHORITY_HOST",
        "BUD_AZURE_CA_FILE",
        "BUD_PROXY_URL",
    ] {
        assert!(ready["env"][name].is_string(), "{name}");
    }
    for name in ["control", "azure", "azure_http", "authority", "proxy", "managed_identity"] {
        assert!(ready["endpoints"][name].is_string(), "{name}");
    }
    let ca = PathBuf::from(ready["env"]["BUD_AZURE_CA_FILE"].as_str().unwrap());
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&ca), mode(ca.parent().unwrap())), (0o600, 0o700));
    bench.running.stop().await;
    assert!(!ca.exists());
}

#[tokio::test]
async fn options_that_cannot_be() {
    let outside = Options { listen: "0.0.0.0:0".parse().unwrap(), ..Options::default() };
    assert!(matches!(start(outside).await, Err(SimulatorError::NotLoopback(_))));
    for speed in [-1.0, f64::NAN] {
        assert!(matches!(
            start(Options { speed, ..Options::default() }).await,
            Err(SimulatorError::Speed(_))
        ));
    }
    let missing = Options { faults: Some("/nonexistent/script.json".into()), ..Options::default() };
    assert!(matches!(start(missing).await, Err(SimulatorError::Faults { .. })));
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("script.json");
    std::fs::write(&script, json!({ "rules": [{ "when": { "n": 1 }, "do": "cut_before" }] }).to_string())
        .unwrap();
    let options =
        Options { faults: Some(script), state_dir: Some(directory.path().into()), ..Options::default() };
    let running = start(options).await.unwrap();
    let ca = running.ready["env"]["BUD_AZURE_CA_FILE"].as_str().unwrap();
    assert!(ca.starts_with(directory.path().to_str().unwrap()));
    let client = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).no_proxy();
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let azure = running.ready["endpoints"]["azure_http"].as_str().unwrap();
    assert!(client.build().unwrap().get(format!("{azure}/tenants")).send().await.is_err());
    let taken =
        Options { listen: azure.strip_prefix("http://").unwrap().parse().unwrap(), ..Options::default() };
    assert!(matches!(start(taken).await, Err(SimulatorError::Listen { .. })));
}
