//! Installed machines: their certified host key, systems that one builds and others fetch, and the seam to k3s.

use bud::node::install::{Build, Fault, Served, certify, serve, withdraw};
use bud::node::nixos::Join;
use bud::ssh::host_key::HostKey;
use bud::ssh::{Authority, HostPin};
use reqwest::Method;
use serde_json::{Value, json};

use super::lab::{Lab, Machine};
use super::{patience, run};

async fn installed<'a>(lab: &'a Lab, name: &str) -> Machine<'a> {
    let machine = lab.ubuntu(name).await;
    let wanted = machine.wanted().await;
    let (done, told) = run(&machine.access(), &wanted).await;
    done.unwrap_or_else(|error| panic!("{error}\n{}", told.text()));
    machine
}

#[tokio::test]
async fn the_own_host_key_is_believed_by_its_certificate() {
    let lab = Lab::new().await;
    let machine = installed(&lab, "gpu-0").await;
    let limits = machine.wanted().await.deadlines;
    let authority = Authority::draw().unwrap();
    let addresses = [machine.address.clone()];
    let own =
        certify(&machine.access(), "gpu-0", &addresses, &authority, &limits, &patience()).await.unwrap();
    assert_ne!(own, machine.host_key.public, "a key that the machine has drawn");
    let mut target = machine.target("bud");
    target.pin = HostPin::authority(authority.public(), vec![machine.address.clone()]).unwrap();
    machine.link(target.clone()).session(&patience()).await.unwrap();
    target.pin =
        HostPin::authority(Authority::draw().unwrap().public(), vec![machine.address.clone()]).unwrap();
    machine.link(target).session(&patience()).await.unwrap_err();
    // The key of the first contact is still one.
    machine.session("bud").await;
}

#[tokio::test]
async fn a_system_is_built_once_and_fetched_by_others() {
    let lab = Lab::new().await;
    let first = installed(&lab, "gpu-0").await;
    let second = lab.ubuntu("gpu-1").await;
    let mut wanted = second.wanted().await;
    let limits = wanted.deadlines;
    let key = HostKey::draw().unwrap();
    let host = first.private().await;
    let served = Served { host, port: 22, host_key: first.host_key.public.clone(), key };
    let built = serve(&first.access(), "gpu-0", &served, &limits, &patience()).await.unwrap();
    assert_eq!(json!(built.path), first.inside().await["system"]);

    // Each thing that is not right is refused by one of the two machines, and nothing is installed.
    let mut others = Vec::new();
    let mut other = built.clone();
    other.host_key = HostKey::draw().unwrap().public;
    others.push((other, "Host key verification failed."));
    let mut other = built.clone();
    other.key = HostKey::draw().unwrap().private;
    others.push((other, "Permission denied (publickey)"));
    let mut other = built.clone();
    other.signed_by = "bud-other:AAAA=".to_owned();
    others.push((other, "lacks a signature by a trusted key"));
    let mut other = built.clone();
    other.path = "/nix/store/zzzz-other".to_owned();
    others.push((other, "is not valid"));
    let mut other = built.clone();
    other.host = "10.177.2.250".to_owned();
    others.push((other, "Connection timed out"));
    for (other, reason) in others {
        wanted.system.build = Build::Elsewhere(Box::new(other));
        let (done, told) = run(&second.access(), &wanted).await;
        let error = done.expect_err(&told.text());
        assert!(
            matches!(&*error.fault, Fault::Installation { said, .. } if said.contains(reason)),
            "{error}"
        );
    }
    wanted.system.build = Build::Elsewhere(Box::new(built.clone()));
    let (done, told) = run(&second.access(), &wanted).await;
    assert_eq!(done.unwrap_or_else(|error| panic!("{error}\n{}", told.text())).system, built.path);

    withdraw(&first.access(), "gpu-0", &limits, &patience()).await.unwrap();
    let third = lab.ubuntu("gpu-2").await;
    let mut wanted = third.wanted().await;
    wanted.system.build = Build::Elsewhere(Box::new(built));
    let (done, _) = run(&third.access(), &wanted).await;
    assert!(done.unwrap_err().to_string().contains("Permission denied"));
}

async fn events(lab: &Lab) -> Vec<Value> {
    lab.control(Method::POST, "/k3s", json!({})).await["events"].as_array().unwrap().clone()
}

#[tokio::test]
async fn k3s_starts_with_what_the_node_was_given() {
    let lab = Lab::new().await;
    let machine = lab.ubuntu("gpu-0").await;
    let mut wanted = machine.wanted().await;
    wanted.placed.push(Join::Server { host: "10.177.2.69".to_owned() }.file());
    let token = bud::secret::Secret::new("K10abc::agent:secret");
    wanted.placed.push(bud::node::nixos::PlacedFile::token(bud::node::nixos::paths::AGENT_TOKEN, &token));
    run(&machine.access(), &wanted).await.0.unwrap();
    let happened = events(&lab).await;
    let [started] = happened.as_slice() else { panic!("{happened:?}") };
    let start = &started["started"];
    assert_eq!((&start["role"], &start["url"]), (&json!("agent"), &json!("https://10.177.2.69:6443")));
    assert_eq!((&start["founds"], &start["token"]), (&json!(false), &json!("K10abc::agent:secret")));
    assert_eq!((&start["host"], &start["config"]["node-name"]), (&json!("gpu-0"), &json!("gpu-0")));
    assert_eq!(start["addresses"], json!([machine.private().await]));
    assert_eq!((&start["package"], &start["data"]), (&json!("k3s_1_36"), &Value::Null));
    let flags = start["flags"].as_array().unwrap();
    assert!(flags.contains(&json!("--kubelet-arg=node-status-update-frequency=4s")), "{flags:?}");
    assert_eq!(machine.inside().await["k3s"]["state"], "activating");

    // Whoever plays k3s finds again on the disk what it has left there.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap().to_string();
    let played = json!({
        "is": "active", "log": ["Running kubelet"], "files": { "/var/lib/rancher/k3s/simulated": "node 7" },
        "listen": { "6443": server },
    });
    machine.call("k3s", played).await;
    let session = machine.session("bud").await;
    session.channel("127.0.0.1", 6443, &patience()).await.unwrap();
    drop(session);
    machine.call("cut", json!({})).await;
    let happened = events(&lab).await;
    assert_eq!(happened[0]["orderly"], json!(false), "{happened:?}");
    assert_eq!(happened[1]["started"]["data"], "node 7", "{happened:?}");
    let session = machine.session("bud").await;
    assert!(session.channel("127.0.0.1", 6443, &patience()).await.is_err());

    // A node that left its cluster stays out.
    machine.call("files", json!({ "files": { "/var/lib/bud/left": "" } })).await;
    machine.call("cut", json!({})).await;
    let happened = events(&lab).await;
    assert_eq!(happened.len(), 1, "{happened:?}");
    assert_eq!(machine.inside().await["k3s"]["state"], "inactive");
}

#[tokio::test]
async fn k3s_without_its_environment_fails() {
    let lab = Lab::new().await;
    let machine = installed(&lab, "gpu-0").await;
    let inside = machine.inside().await;
    assert_eq!(inside["k3s"]["state"], "failed", "{inside}");
    assert_eq!(events(&lab).await, Vec::<Value>::new());
}

/// A step, sent by hand, whatever room it is of.
async fn step(machine: &Machine<'_>, name: &str, input: &str) -> String {
    let line = format!("sudo -n -- sh -c '# bud-step: {name}' bud-{name}");
    let command = bud::ssh::Command::new(name, line, std::time::Duration::from_secs(20))
        .reading(bud::ssh::Stdin::Bytes(input.to_owned().into()));
    machine.session("bud").await.run(command, &patience()).await.unwrap()
}

#[tokio::test]
async fn a_node_leaves_and_is_forgotten_through_the_seam() {
    let lab = Lab::new().await;
    let machine = lab.ubuntu("gpu-0").await;
    let mut wanted = machine.wanted().await;
    wanted.placed.push(Join::Found.file());
    run(&machine.access(), &wanted).await.0.unwrap();
    assert_eq!(events(&lab).await[0]["started"]["founds"], json!(true));
    machine.call("k3s", json!({ "is": "activating", "log": ["waiting for etcd"] })).await;
    assert_eq!(
        step(&machine, "k3s", "seconds=0\n\n").await,
        "state=activating\nrestarts=0\nlog=waiting for etcd\n"
    );
    assert_eq!(step(&machine, "admin", "\n").await, "refused=no-server\n");
    assert_eq!(
        step(&machine, "forget", "node=gpu-7\n\n").await.lines().next(),
        Some("refused=not-forgotten")
    );
    let files = json!({
        "/etc/rancher/k3s/k3s.yaml": "apiVersion: v1\n", "/var/lib/rancher/k3s/server/token": "K10abc::server:x\n",
    });
    machine.call("k3s", json!({ "is": "active", "files": files })).await;
    assert_eq!(step(&machine, "k3s", "seconds=9\n\n").await, "state=active\nrestarts=0\n");
    assert_eq!(
        step(&machine, "admin", "\n").await,
        "kubeconfig=YXBpVmVyc2lvbjogdjEK\nserver_token=K10abc::server:x\n"
    );

    // The other side answers while the server waits.
    let forget = step(&machine, "forget", "node=gpu-7\n\n");
    let answer = async {
        while events(&lab).await != [json!({ "forgets": machine_key(), "node": "gpu-7" })] {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        machine.call("k3s", json!({ "is": "active", "forgot": { "gpu-7": null } })).await;
    };
    assert_eq!(tokio::join!(forget, answer).0, "forgotten=yes\n");

    assert_eq!(step(&machine, "leave", "begin=no\n\n").await, "state=idle\n");
    assert_eq!(
        step(&machine, "leave", "begin=yes\ndrain=force\ndrain_seconds=60\n\n").await,
        "state=leaving\n"
    );
    assert_eq!(events(&lab).await, [json!({ "leaves": machine_key(), "drain": "force", "seconds": 60 })]);
    machine.call("k3s", json!({ "is": "active", "left": [75, ["still here: default web-0"]] })).await;
    let failed = "state=failed\nstatus=75\nsaid=still here: default web-0\n";
    assert_eq!(step(&machine, "leave", "begin=no\n\n").await, failed);
    assert_eq!(step(&machine, "leave", "begin=yes\n\n").await, "state=leaving\n");
    machine.call("k3s", json!({ "is": "active", "left": [0, []] })).await;
    assert_eq!(step(&machine, "leave", "begin=no\n\n").await, "state=left\n");
    assert_eq!(step(&machine, "k3s", "seconds=0\n\n").await, "state=left\n");
    assert_eq!(step(&machine, "member", "\n").await, "left=yes\n");
    assert_eq!(machine.inside().await["k3s"]["state"], "inactive");
    let happened = events(&lab).await;
    assert_eq!(happened.last().unwrap()["orderly"], json!(true), "{happened:?}");
}

fn machine_key() -> String {
    super::lab::compute("virtualMachines/gpu-0").to_lowercase()
}
