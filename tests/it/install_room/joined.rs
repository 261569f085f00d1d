//! A node that runs its system comes to its cluster, knows it, and leaves it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bud::node::install::{Access, Deadlines};
use bud::node::k3s::{
    Drain, K3sFault, Leaving, Member, Node, Server, admin, forget, leave, membership, remember, up,
};
use bud::time::Patience;
use tokio_util::sync::CancellationToken;

use super::machine::Machine;
use super::{patience, run};

/// A node that runs its system, and what leads to it.
struct Room {
    machine: Machine,
    access: Access,
    deadlines: Deadlines,
}

impl Room {
    async fn new() -> Option<Self> {
        let machine = Machine::ubuntu().await?;
        run(&machine.access(), &machine.wanted()).await.0.unwrap();
        let (access, deadlines) = (machine.access(), machine.wanted().deadlines);
        Some(Self { machine, access, deadlines })
    }

    fn node(&self) -> Node<'_> {
        Node { name: "gpu-0", access: &self.access, deadlines: &self.deadlines }
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.machine.installed(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn fault<T: std::fmt::Debug>(&self, done: Result<T, bud::node::k3s::K3sError>) -> K3sFault {
        let error = done.unwrap_err();
        assert_eq!(error.node, "gpu-0");
        *error.fault
    }
}

#[tokio::test]
async fn k3s_is_waited_for_and_says_why_it_does_not_come() {
    let Some(room) = Room::new().await else { return };
    room.machine.write("k3s", "activating\nactivating\nactive\n");
    up(room.node(), &patience()).await.unwrap();
    // It is tried again and again until the time is over.
    room.machine.write("k3s", "activating\n");
    room.machine.write("restarts", "7\n");
    room.machine.write("journal", "starting\nfailed to validate token\n");
    let short = Patience::new(Duration::from_secs(4), CancellationToken::new());
    let fault = room.fault(up(room.node(), &short).await);
    assert_eq!(
        fault,
        K3sFault::NotUp {
            state: "activating".into(),
            restarts: 7,
            log: "starting\nfailed to validate token".into()
        }
    );
    // What systemd has given up is not waited for.
    room.machine.write("k3s", "failed\n");
    let fault = room.fault(up(room.node(), &patience()).await);
    assert!(matches!(&fault, K3sFault::NotUp { state, .. } if state == "failed"), "{fault:?}");
    room.put("/var/lib/bud/left", "");
    assert_eq!(room.fault(up(room.node(), &patience()).await), K3sFault::HasLeft);
}

#[tokio::test]
async fn a_server_gives_its_administrator_and_tokens() {
    let Some(room) = Room::new().await else { return };
    assert_eq!(room.fault(admin(room.node(), &patience()).await), K3sFault::NoServer);
    let kubeconfig = "apiVersion: v1\nkind: Config\n# as k3s writes it, with umlauts: äöü\n";
    room.put("/etc/rancher/k3s/k3s.yaml", kubeconfig);
    assert_eq!(room.fault(admin(room.node(), &patience()).await), K3sFault::NoServer, "it has no token yet");
    room.put("/var/lib/rancher/k3s/server/token", "K10abc::server:one\n");
    let given = admin(room.node(), &patience()).await.unwrap();
    assert_eq!(given.kubeconfig.expose(), kubeconfig);
    assert_eq!(given.tokens.agent.expose(), "K10abc::server:one");
    room.put("/var/lib/rancher/k3s/server/agent-token", "K10abc::node:two\n");
    let given = admin(room.node(), &patience()).await.unwrap();
    assert_eq!(given.tokens.server.expose(), "K10abc::server:one");
    assert_eq!(given.tokens.agent.expose(), "K10abc::node:two");
    let shown = format!("{given:?}");
    assert!(!shown.contains("K10abc") && !shown.contains("umlauts"), "{shown}");
    let sent = room.machine.read("commands");
    assert!(!sent.contains("K10abc") && !sent.contains(&STANDARD.encode(kubeconfig)), "it stays in memory");
}

#[tokio::test]
async fn a_node_knows_its_cluster_until_it_has_left() {
    let Some(room) = Room::new().await else { return };
    assert_eq!(membership(room.node(), &patience()).await.unwrap(), None);
    let server = Server { node: "primary-0".into(), host: "10.0.0.4".into(), port: 22, user: "bud".into() };
    let member =
        Member { cluster: "dev".into(), servers: vec![server], ssh_authority: "ssh-ed25519 AAAA".into() };
    remember(room.node(), &member, &patience()).await.unwrap();
    assert_eq!(membership(room.node(), &patience()).await.unwrap(), Some(member));
    room.put("/etc/bud/member.json", "{}\n");
    assert_eq!(room.fault(membership(room.node(), &patience()).await), K3sFault::NotRead("its membership"));
    room.put("/var/lib/bud/left", "");
    assert_eq!(membership(room.node(), &patience()).await.unwrap(), None);
}

#[tokio::test]
async fn a_node_leaves_once_and_says_what_keeps_it() {
    let Some(room) = Room::new().await else { return };
    let how = Leaving { drain: Drain::Force, drain_timeout: Duration::from_secs(90) };
    let begun = || room.machine.count("systemctl start --no-block bud-leave.service");
    room.machine.write("journal", "still here: shop web-0\n");
    for (status, fault) in [
        ("75", K3sFault::Blocked("still here: shop web-0".into())),
        ("76", K3sFault::LastServer),
        ("77", K3sFault::NoQuorum("still here: shop web-0".into())),
        ("78", K3sFault::StillMember("still here: shop web-0".into())),
        ("1", K3sFault::Leaving { status: "1".into(), said: "still here: shop web-0".into() }),
    ] {
        room.machine.write("leave-status", &format!("{status}\n"));
        let before = begun();
        assert_eq!(room.fault(leave(room.node(), how, &patience()).await), fault);
        assert_eq!(begun(), before + 1, "a failed one begins anew");
    }
    let settings = std::fs::read_to_string(room.machine.installed("/etc/bud/leave.env")).unwrap();
    assert_eq!(settings, "DRAIN=force\nDRAIN_TIMEOUT=90\n");
    std::fs::remove_file(room.machine.path("leave-status")).unwrap();
    let before = begun();
    leave(room.node(), how, &patience()).await.unwrap();
    assert_eq!(begun(), before + 1);
    // Whoever asks again finds that it has left.
    leave(room.node(), how, &patience()).await.unwrap();
    assert_eq!(begun(), before + 1);
}

#[tokio::test]
async fn one_that_is_leaving_is_followed_and_not_begun_anew() {
    let Some(room) = Room::new().await else { return };
    room.machine.write("leaving", "activating\nactivating\nactivating\nlast\n");
    let how = Leaving { drain: Drain::Wait, drain_timeout: Duration::from_secs(90) };
    leave(room.node(), how, &patience()).await.unwrap();
    assert_eq!(room.machine.count("systemctl start --no-block bud-leave.service"), 0);
}

#[tokio::test]
async fn a_server_forgets_a_node_by_its_name_alone() {
    let Some(room) = Room::new().await else { return };
    forget(room.node(), "gpu-1", &patience()).await.unwrap();
    assert_eq!(room.machine.count("systemctl start bud-forget@gpu-1.service"), 1);
    let said = room.fault(forget(room.node(), "gpu-1;reboot", &patience()).await).to_string();
    assert!(said.contains("bad-name"), "{said}");
    room.machine.fault("forget");
    room.machine.write("journal", "no API\n");
    let said = room.fault(forget(room.node(), "gpu-1", &patience()).await).to_string();
    assert!(said.contains("not-forgotten") && said.contains("no API"), "{said}");
}
