//! Clusters as the control endpoint makes and changes them.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::control;
use super::super::message::Request;
use super::super::world::World;
use super::authority::User;
use super::nodes::{self, Node};

/// The version that a cluster of the control endpoint reports.
const VERSION: &str = "v1.36.3+k3s1";

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    name: String,
    /// Names of nodes that are there and ready from the start.
    nodes: Vec<String>,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { name: "simulated".to_owned(), nodes: vec!["one".to_owned(), "two".to_owned()] }
    }
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct Changes {
    missing_images: Option<Vec<String>>,
    crashing_images: Option<Vec<String>>,
    /// Nodes whose machines answer, or do not.
    nodes: std::collections::BTreeMap<String, bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Played {
    play: bool,
}

/// `/kubernetes…`; nothing if there is no such call.
pub(crate) fn handle(world: &mut World, method: &str, request: &Request) -> Option<Result<Value, String>> {
    let segments = request.segments();
    let words: Vec<&str> = segments.iter().map(String::as_str).collect();
    Some(match (method, &words[..]) {
        ("GET", ["kubernetes"]) => Ok(list(world)),
        ("POST", ["kubernetes"]) => found(world, request),
        ("POST", ["kubernetes", "machines"]) => control::body(request).map(|Played { play }| {
            world.kubernetes.plays = play;
            world.kubernetes.pulse.notify_one();
            json!({ "play": play })
        }),
        ("POST", ["kubernetes", id]) => change(world, id, request),
        _ => return None,
    })
}

fn list(world: &World) -> Value {
    let clusters = world.kubernetes.clusters.iter().map(|(id, cluster)| {
        json!({ "id": id, "members": cluster.etcd.size(), "quorum": cluster.etcd.has_quorum(), "version": cluster.version })
    });
    json!({ "clusters": clusters.collect::<Vec<_>>(), "play": world.kubernetes.plays })
}

fn found(world: &mut World, request: &Request) -> Result<Value, String> {
    let Wanted { name, nodes } = control::body(request)?;
    let (kubernetes, clock) = (&mut world.kubernetes, &world.clock);
    let id = kubernetes.found(&name, "simulated", VERSION, clock)?;
    let cluster = kubernetes.cluster_mut(&id).ok_or("no such cluster")?;
    for (index, name) in nodes.iter().enumerate() {
        let node = Node { name: name.clone(), address: format!("10.0.0.{}", index + 4), ..Node::default() };
        nodes::register(cluster, &node, &clock.stamp())?;
        nodes::answers(cluster, name, true, &clock.stamp());
    }
    cluster.settle(clock);
    let (address, _) = kubernetes.open(&id, &[])?;
    let server = format!("https://{address}");
    let admin = User { name: "admin".to_owned(), groups: vec!["system:masters".to_owned()] };
    let until = world.clock.now() + time::Duration::days(365);
    let cluster = kubernetes.cluster_mut(&id).ok_or("no such cluster")?;
    let token = cluster.authority.token(admin, until);
    Ok(
        json!({ "id": id, "server": server, "token": token, "kubeconfig": kubernetes.kubeconfig(&id, &server)? }),
    )
}

fn change(world: &mut World, id: &str, request: &Request) -> Result<Value, String> {
    let Changes { missing_images, crashing_images, nodes } = control::body(request)?;
    let now = world.clock.stamp();
    let cluster = world.kubernetes.cluster_mut(id).ok_or("no such cluster")?;
    if let Some(images) = missing_images {
        cluster.missing_images = images;
    }
    if let Some(images) = crashing_images {
        cluster.crashing_images = images;
    }
    for (name, up) in nodes {
        nodes::answers(cluster, &name, up, &now);
    }
    cluster.settle(&world.clock);
    Ok(list(world))
}
