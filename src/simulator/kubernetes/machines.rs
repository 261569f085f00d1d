//! The machines' k3s: servers that found or join a cluster, agents that join it, and what is kept on their disks.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::super::guest::k3s::{DATA, Event, Fare, Start};
use super::super::world::World;
use super::Kubernetes;
use super::leaving::{self, Leaving};
use super::nodes::{self, Node};

/// Simulated seconds from k3s's start to a node that is ready.
const READY: f64 = 15.0;
/// Simulated seconds without a heartbeat until a node is not ready.
const SILENCE: f64 = 40.0;

/// Machines whose k3s runs or has run, by the machine's key.
#[derive(Default)]
pub(crate) struct Machines(BTreeMap<String, Machine>);

struct Machine {
    start: Start,
    kept: Option<Kept>,
    /// When the unit becomes active; none once it is.
    ready: Option<f64>,
    /// When its node is no longer ready; none while it runs.
    silent: Option<f64>,
    ends: Option<CancellationToken>,
    /// What it said last of why it waits.
    said: String,
    leaving: Option<Leaving>,
}

/// What k3s keeps on the machine's disk.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    cluster: String,
    node: String,
    password: String,
    server: bool,
}

/// Takes what has happened to machines, and lets go on what was begun.
pub(crate) fn settle(world: &mut World) {
    for event in world.guests.k3s_events() {
        match event {
            Event::Started(start) => begin(world, *start),
            Event::Stopped { machine, .. } => stop(world, &machine),
            Event::Leaves { machine, drain, seconds } => {
                let until = world.clock.after(Duration::from_secs(seconds).as_secs_f64());
                match world.kubernetes.machines.0.get_mut(&machine) {
                    Some(known) => known.leaving = Some(Leaving { drain, until }),
                    None => world.guests.left(&machine, Ok(())),
                }
            }
            Event::Forgets { machine, node } => {
                let id = world.kubernetes.machines.0.get(&machine).and_then(|known| known.kept.as_ref());
                let id = id.map(|kept| kept.cluster.clone()).unwrap_or_default();
                let done = match world.kubernetes.clusters.get_mut(&id) {
                    Some(cluster) => leaving::forget(cluster, &node),
                    None => Err("The connection to the server 127.0.0.1:6443 was refused".to_owned()),
                };
                world.guests.forgot(&machine, &node, done);
            }
        }
    }
    let keys: Vec<String> = world.kubernetes.machines.0.keys().cloned().collect();
    for key in keys {
        go_on(world, &key);
    }
}

fn begin(world: &mut World, start: Start) {
    let kept = start.data.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let key = start.machine.clone();
    world.guests.k3s_is(&key, Fare::Activating, ["Starting k3s".to_owned()]);
    let machine =
        Machine { start, kept, ready: None, silent: None, ends: None, said: String::new(), leaving: None };
    world.kubernetes.machines.0.insert(key, machine);
}

fn stop(world: &mut World, key: &str) {
    let silent = world.clock.after(SILENCE);
    let Some(machine) = world.kubernetes.machines.0.get_mut(key) else { return };
    machine.silent = Some(silent);
    machine.ready = None;
    if let Some(ends) = machine.ends.take() {
        ends.cancel();
    }
    if let Some(kept) = machine.kept.clone()
        && let Some(cluster) = world.kubernetes.clusters.get_mut(&kept.cluster)
    {
        cluster.etcd.set(&kept.node, false);
    }
}

/// One step of a machine's k3s.
fn go_on(world: &mut World, key: &str) {
    let clock = world.clock.clone();
    let now = clock.stamp();
    let Some(machine) = world.kubernetes.machines.0.get_mut(key) else { return };
    if let Some(silent) = machine.silent {
        if clock.passed(silent)
            && let Some(kept) = machine.kept.clone()
        {
            machine.silent = None;
            // Nobody sees that it is silent but the servers that are left.
            if let Some(cluster) = world.kubernetes.clusters.get_mut(&kept.cluster) {
                nodes::answers(cluster, &kept.node, false, &now);
            }
            world.kubernetes.machines.0.remove(key);
        }
        return;
    }
    if let (Some(going), Some(kept)) = (machine.leaving.clone(), machine.kept.clone())
        && let Some(cluster) = world.kubernetes.clusters.get_mut(&kept.cluster)
        && let Some(done) = leaving::step(cluster, &kept.node, &going, &clock)
    {
        machine.leaving = None;
        world.guests.left(key, done);
        return;
    }
    if let Some(ready) = machine.ready {
        if !clock.passed(ready) {
            return;
        }
        machine.ready = None;
        let Some(kept) = machine.kept.clone() else { return };
        let server = machine.start.role == "server";
        let addresses: Vec<String> = machine.start.addresses.iter().map(ToString::to_string).collect();
        if let Some(cluster) = world.kubernetes.clusters.get_mut(&kept.cluster) {
            nodes::answers(cluster, &kept.node, true, &now);
        }
        if server && let Ok((address, ends)) = world.kubernetes.open(&kept.cluster, &addresses) {
            world.guests.listen(key, 6443, address);
            if let Ok(text) = world.kubernetes.kubeconfig(&kept.cluster, "https://127.0.0.1:6443") {
                world.guests.place(key, "/etc/rancher/k3s/k3s.yaml", 0o600, text.as_bytes());
            }
            if let Some(cluster) = world.kubernetes.clusters.get(&kept.cluster) {
                let folder = "/var/lib/rancher/k3s/server";
                let token = format!("{}\n", cluster.token);
                world.guests.place(key, &format!("{folder}/token"), 0o600, token.as_bytes());
                let token = format!("{}\n", cluster.agent_token);
                world.guests.place(key, &format!("{folder}/agent-token"), 0o600, token.as_bytes());
            }
            if let Some(machine) = world.kubernetes.machines.0.get_mut(key) {
                machine.ends = Some(ends);
            }
        }
        world.guests.k3s_is(key, Fare::Active, ["k3s is up and running".to_owned()]);
        return;
    }
    if machine.ends.is_some() || machine.said == "joined" {
        return;
    }
    match join(&mut world.kubernetes, key, &clock) {
        Ok(kept) => {
            // It is plain data.
            let text = serde_json::to_string(&kept).unwrap_or_default();
            world.guests.place(key, DATA, 0o600, text.as_bytes());
            if let Some(machine) = world.kubernetes.machines.0.get_mut(key) {
                machine.kept = Some(kept);
                machine.ready = Some(clock.after(READY));
                "joined".clone_into(&mut machine.said);
            }
        }
        Err(why) => {
            if let Some(machine) = world.kubernetes.machines.0.get_mut(key)
                && machine.said != why
            {
                machine.said.clone_from(&why);
                world.guests.k3s_is(key, Fare::Activating, [why]);
            }
        }
    }
}

/// The secret of a token, which may carry the authority's hash and a user before it.
fn secret(token: &str) -> &str {
    token.trim().rsplit_once(':').map_or(token.trim(), |(_, secret)| secret)
}

fn join(kubernetes: &mut Kubernetes, key: &str, clock: &super::Clock) -> Result<Kept, String> {
    let machine = kubernetes.machines.0.get(key).ok_or("no such machine")?;
    let (start, kept) = (machine.start.clone(), machine.kept.clone());
    let server = start.role == "server";
    let now = clock.stamp();
    let token = start.token.clone().ok_or("level=fatal msg=\"--token is required\"")?;
    let name = start.config["node-name"].as_str().unwrap_or(&start.host).to_owned();
    let id = match &kept {
        Some(kept) if kubernetes.clusters.contains_key(&kept.cluster) => kept.cluster.clone(),
        _ if start.founds && start.url.is_none() => {
            let version = version(&start.package);
            let id = kubernetes.found("k3s-server", secret(&token), &version, clock)?;
            if let (Some(cluster), Some(token)) = (kubernetes.clusters.get_mut(&id), &start.agent_token) {
                secret(token).clone_into(&mut cluster.agent_token);
            }
            id
        }
        _ => behind(kubernetes, start.url.as_deref())?,
    };
    let cluster = kubernetes.clusters.get_mut(&id).ok_or("the cluster is gone")?;
    let shown = secret(&token);
    if shown != cluster.token && (server || shown != cluster.agent_token) {
        return Err(
            "level=error msg=\"failed to validate token: https://server:6443/v1-k3s: 401 Unauthorized\""
                .to_owned(),
        );
    }
    let password =
        kept.as_ref().map_or_else(|| uuid::Uuid::new_v4().simple().to_string(), |kept| kept.password.clone());
    // A member of a quorum that is not there yet starts, and the quorum with it.
    if server && cluster.etcd.member(&name).is_some() && kept.is_some() {
        cluster.etcd.set(&name, true);
    }
    if !cluster.etcd.has_quorum() {
        return Err("level=info msg=\"Waiting for etcd server to become available\"".to_owned());
    }
    if !nodes::admits(cluster, &name, &password, &now) {
        return Err("level=error msg=\"Node password rejected, duplicate hostname or contents of '/etc/rancher/node/password' may not match server node-passwd entry, try enabling a unique node name with the --with-node-id flag\"".to_owned());
    }
    let member = match (server, cluster.etcd.member(&name).map(|member| member.name.clone())) {
        (false, _) => None,
        (true, Some(member)) if kept.is_some() => Some(member),
        (true, Some(_)) => {
            return Err(format!(
                "level=fatal msg=\"etcd cluster join failed: duplicate node name found, please use a unique name for this node: {name}\""
            ));
        }
        (true, None) if kept.is_some() && cluster.etcd.size() > 0 => {
            return Err("level=fatal msg=\"this server has been removed from the cluster please remove its database directory to allow it to rejoin\"".to_owned());
        }
        (true, None) => Some(cluster.etcd.join(&name)?),
    };
    let node = Node {
        name: name.clone(),
        address: start.addresses.first().map(ToString::to_string).unwrap_or_default(),
        password: password.clone(),
        labels: listed(&start.config, &start.flags, "node-label"),
        taints: listed(&start.config, &start.flags, "node-taint"),
        member,
    };
    nodes::register(cluster, &node, &now)?;
    cluster.settle(clock);
    Ok(Kept { cluster: id, node: name, password, server })
}

/// The cluster of a server that runs behind an address.
fn behind(kubernetes: &Kubernetes, url: Option<&str>) -> Result<String, String> {
    let url = url.ok_or("level=fatal msg=\"--server is required\"")?;
    let host =
        url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let found = kubernetes.machines.0.values().find(|machine| {
        machine.ends.is_some() && machine.start.addresses.iter().any(|address| address.to_string() == host)
    });
    found.and_then(|machine| machine.kept.as_ref()).map(|kept| kept.cluster.clone()).ok_or_else(|| {
        format!("level=error msg=\"failed to get CA certs: Get \\\"{url}/cacerts\\\": connect: connection refused\"")
    })
}

/// `k3s_1_36` is a version.
fn version(package: &str) -> String {
    let minor = package.rsplit('_').next().unwrap_or_default();
    if minor.chars().all(|char| char.is_ascii_digit()) && !minor.is_empty() {
        format!("v1.{minor}.3+k3s1")
    } else {
        "v1.36.3+k3s1".to_owned()
    }
}

/// What a setting says in the configuration file and in flags.
fn listed(config: &Value, flags: &[String], name: &str) -> Vec<String> {
    let mut all: Vec<String> = match &config[name] {
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::String(one) => vec![one.clone()],
        _ => Vec::new(),
    };
    let mut flags = flags.iter();
    while let Some(flag) = flags.next() {
        let Some(rest) = flag.strip_prefix("--").and_then(|flag| flag.strip_prefix(name)) else { continue };
        match rest.strip_prefix('=') {
            Some(value) => all.push(value.to_owned()),
            None if rest.is_empty() => all.extend(flags.next().cloned()),
            None => {}
        }
    }
    all
}
