//! k3s on a node that runs its system: waited for, asked, and left.

use std::time::Duration;

use base64::Engine as _;
use bud::node::k3s::{Drain, K3sError, K3sFault, Member, admin, forget, leave, remember, tokens, up};
use bud::node::progress::State;

use super::machine::Machine;
use super::{Told, patience, run};

/// A node that runs its system.
async fn node() -> Option<Machine> {
    let machine = Machine::ubuntu().await?;
    run(&machine.access(), &machine.wanted()).await.0.unwrap();
    std::fs::create_dir_all(machine.path("units")).unwrap();
    Some(machine)
}

fn unit(machine: &Machine, unit: &str, property: &str, value: &str) {
    machine.write(&format!("units/{unit}.service.{property}"), &format!("{value}\n"));
}

async fn waits(machine: &Machine, limit: Duration) -> (Result<(), K3sError>, Told) {
    let told = Told::default();
    let done = up(&machine.access(), "gpu-0", limit, &told, &patience()).await;
    (done, told)
}

#[tokio::test]
async fn k3s_is_waited_for_and_its_last_words_are_told() {
    let Some(machine) = node().await else { return };
    unit(&machine, "k3s", "ActiveState", "active");
    let (done, told) = waits(&machine, Duration::from_secs(30)).await;
    done.unwrap();
    assert_eq!(told.phases(State::Finished), ["k3s"]);

    unit(&machine, "k3s", "ActiveState", "activating");
    unit(&machine, "k3s", "NRestarts", "7");
    machine.write("journal", "starting\nfailed to validate token: 401\n");
    let (done, told) = waits(&machine, Duration::from_secs(3)).await;
    let error = done.unwrap_err();
    let K3sFault::NotUp { unit: state, restarts, log, .. } = &error.fault else { panic!("{error}") };
    assert_eq!((state.as_str(), *restarts), ("activating", 7));
    assert_eq!(log.last().unwrap(), "failed to validate token: 401");
    assert!(told.text().contains("k3s Running failed to validate token: 401"), "{}", told.text());

    // A node that has left is not waited for.
    std::fs::write(machine.installed("/var/lib/bud/left"), "").unwrap();
    let (done, _) = waits(&machine, Duration::from_secs(60)).await;
    assert_eq!(done.unwrap_err().fault, K3sFault::HasLeft);
}

#[tokio::test]
async fn a_server_tells_what_only_it_knows() {
    let Some(machine) = node().await else { return };
    let access = machine.access();
    let error = admin(&access, "cp-0", &patience()).await.unwrap_err();
    assert!(error.to_string().contains("no-kubeconfig"), "{error}");
    let text = "apiVersion: v1\nkind: Config\n# ünïcode\n";
    std::fs::create_dir_all(machine.installed("/etc/rancher/k3s")).unwrap();
    std::fs::write(machine.installed("/etc/rancher/k3s/k3s.yaml"), text).unwrap();
    assert_eq!(admin(&access, "cp-0", &patience()).await.unwrap().expose(), text);

    let error = tokens(&access, "cp-0", &patience()).await.unwrap_err();
    assert!(error.to_string().contains("no-token: server"), "{error}");
    std::fs::write(machine.installed("/var/lib/bud/server-token"), "K10server::x=y==\n").unwrap();
    std::fs::write(machine.installed("/var/lib/bud/agent-token"), "agent\n").unwrap();
    let found = tokens(&access, "cp-0", &patience()).await.unwrap();
    assert_eq!((found.server.expose(), found.agent.expose()), ("K10server::x=y==", "agent"));
    // Nothing of it stood in a command line.
    let commands = machine.read("commands");
    let encoded = base64::engine::general_purpose::STANDARD.encode(text);
    assert!(!commands.contains("K10server") && !commands.contains(&encoded), "{commands}");
}

#[tokio::test]
async fn a_node_knows_its_cluster() {
    let Some(machine) = node().await else { return };
    let member = Member {
        cluster: "dev \"it's\"".into(),
        cluster_uid: "uid".into(),
        servers: vec!["10.177.2.69".into(), "fd12::1".into()],
        ssh_authority: "ssh-ed25519 AAAA".into(),
    };
    remember(&machine.access(), "gpu-0", Some(&member), &patience()).await.unwrap();
    let text = std::fs::read_to_string(machine.installed("/etc/bud/member.json")).unwrap();
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(read["cluster"], member.cluster);
    assert_eq!(read["servers"][1], "fd12::1");
    remember(&machine.access(), "gpu-0", None, &patience()).await.unwrap();
    assert!(!machine.installed("/etc/bud/member.json").exists());
}

#[tokio::test]
async fn a_node_leaves_and_what_is_in_the_way_is_named() {
    let Some(machine) = node().await else { return };
    let told = Told::default();
    let leaves = async |drain: Drain| {
        let minute = Duration::from_secs(60);
        leave(&machine.access(), "gpu-0", drain, minute, &told, &patience())
            .await
            .map_err(|error| error.fault)
    };
    let ends = |status: &str| {
        let units = machine.path("units").display().to_string();
        let script = format!(
            "echo failed > {units}/bud-leave.service.ActiveState\necho {status} > {units}/bud-leave.service.ExecMainStatus\n"
        );
        machine.write("units/ends", &script);
    };
    machine.write("journal", "still here: shop web-0\n");
    ends("75");
    let fault = leaves(Drain::Wait).await.unwrap_err();
    assert_eq!(fault, K3sFault::Blocked { log: vec!["still here: shop web-0".into()] });
    let asked = std::fs::read_to_string(machine.installed("/etc/bud/leave.env")).unwrap();
    assert_eq!(asked, "DRAIN=wait\nDRAIN_TIMEOUT=60\n");
    ends("76");
    assert_eq!(leaves(Drain::Force).await.unwrap_err(), K3sFault::LastServer);
    ends("77");
    assert!(matches!(leaves(Drain::Skip).await.unwrap_err(), K3sFault::Quorum { .. }));
    ends("78");
    assert!(matches!(leaves(Drain::Wait).await.unwrap_err(), K3sFault::Member { .. }));
    ends("9");
    assert!(matches!(leaves(Drain::Wait).await.unwrap_err(), K3sFault::Leaving { code, .. } if code == "9"));

    // It runs for a while, and then it is out.
    unit(&machine, "bud-leave", "ActiveState", "activating");
    let left = machine.installed("/var/lib/bud/left");
    let (done, ()) = tokio::join!(leaves(Drain::Wait), async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        std::fs::write(&left, "").unwrap();
    });
    done.unwrap();
    let starts = machine.count("systemctl start --no-block bud-leave");
    assert_eq!(starts, 5, "one that runs is followed, not started again");
    assert!(told.text().contains("leave Running still here: shop web-0"), "{}", told.text());
    leaves(Drain::Wait).await.unwrap();
    assert_eq!(machine.count("systemctl start --no-block bud-leave"), starts, "it has left already");
}

#[tokio::test]
async fn what_is_left_of_a_node_is_forgotten_by_a_server() {
    let Some(machine) = node().await else { return };
    forget(&machine.access(), "cp-0", "gpu-7", &patience()).await.unwrap();
    assert_eq!(machine.count("systemctl start bud-forget@gpu-7.service"), 1);
    machine.fault("unit");
    let error = forget(&machine.access(), "cp-0", "gpu-7", &patience()).await.unwrap_err();
    assert!(error.to_string().starts_with("cp-0: step forget refused: not-forgotten"), "{error}");
}
