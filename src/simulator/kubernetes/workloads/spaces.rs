//! Namespaces with what each of them gets, services with whom they lead to, and disruption budgets.

use serde_json::{Value, json};

use super::super::super::clock::Clock;
use super::super::cluster::Cluster;
use super::super::deleting;
use super::super::selector::{map_selects, selects};
use super::super::store::Key;
use super::{is_ready, leaves, owner, text};

/// Simulated seconds until a load balancer has its address.
const BALANCER: f64 = 20.0;

/// Accounts and authority for each namespace; what is deleted empties itself first.
pub(crate) fn settle(cluster: &mut Cluster, now: &str) {
    for (key, space) in cluster.objects("", "namespaces", "") {
        if leaves(&space) {
            empty(cluster, &key, now);
            continue;
        }
        let account = json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {} });
        cluster.make(Key::new("", "serviceaccounts", &key.name, "default"), account, now);
        let authority = cluster.authority.pem();
        let root = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": {}, "data": { "ca.crt": authority } });
        cluster.make(Key::new("", "configmaps", &key.name, "kube-root-ca.crt"), root, now);
    }
    for (key, volume) in cluster.objects("", "persistentvolumes", "") {
        let claim = &volume["spec"]["claimRef"];
        let owner = Key::new("", "persistentvolumeclaims", text(&claim["namespace"]), text(&claim["name"]));
        if claim.is_object() && cluster.store.get(&owner).is_none() {
            if volume["spec"]["persistentVolumeReclaimPolicy"] == "Delete" {
                cluster.store.remove(&key);
            } else {
                cluster.change(&key, |volume| volume["status"]["phase"] = json!("Released"));
            }
        }
    }
}

fn empty(cluster: &mut Cluster, key: &Key, now: &str) {
    let content: Vec<Key> =
        cluster.store.all().map(|(one, _)| one).filter(|one| one.namespace == key.name).cloned().collect();
    for one in &content {
        let grace = u64::from(one.plural == "pods");
        deleting::begin(cluster, one, now, grace);
    }
    if cluster.store.all().any(|(one, _)| one.namespace == key.name) {
        return;
    }
    let free = cluster
        .store
        .get(key)
        .is_some_and(|space| space["metadata"]["finalizers"].as_array().is_none_or(Vec::is_empty));
    if free {
        cluster.store.remove(key);
    }
}

/// Endpoint slices, and addresses of load balancers.
pub(crate) fn services(cluster: &mut Cluster, clock: &Clock, now: &str) {
    for (key, service) in cluster.objects("", "services", "") {
        if leaves(&service) {
            continue;
        }
        if service["spec"]["type"] == "LoadBalancer" && service["status"]["loadBalancer"]["ingress"].is_null()
        {
            let uid = text(&service["metadata"]["uid"]).to_owned();
            let nodes = cluster.objects("", "nodes", "");
            let addresses: Vec<Value> = nodes
                .iter()
                .filter(|(_, node)| super::condition(node, "Ready"))
                .filter_map(|(_, node)| node["status"]["addresses"].as_array().and_then(|all| all.last()))
                .map(|address| json!({ "ip": address["address"], "ipMode": "VIP" }))
                .collect();
            if !addresses.is_empty() && cluster.due(&uid, "balancer", BALANCER, clock) {
                cluster
                    .change(&key, |service| service["status"]["loadBalancer"]["ingress"] = json!(addresses));
            }
        }
        if !service["spec"]["selector"].is_object() {
            continue;
        }
        let pods = cluster.objects("", "pods", &key.namespace);
        let endpoints: Vec<Value> = pods
            .iter()
            .filter(|(_, pod)| map_selects(&service["spec"]["selector"], &pod["metadata"]["labels"]))
            .filter(|(_, pod)| pod["status"]["podIP"].is_string())
            .map(|(pod_key, pod)| {
                let ready = is_ready(pod);
                json!({
                    "addresses": [pod["status"]["podIP"]], "nodeName": pod["spec"]["nodeName"],
                    "conditions": { "ready": ready, "serving": ready, "terminating": leaves(pod) },
                    "targetRef": { "kind": "Pod", "name": pod_key.name, "namespace": key.namespace, "uid": pod["metadata"]["uid"] },
                })
            })
            .collect();
        let ports: Vec<Value> = service["spec"]["ports"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|port| json!({ "name": text(&port["name"]), "port": port["port"], "protocol": port["protocol"] }))
            .collect();
        let name = format!("{}-{}", key.name, &text(&service["metadata"]["uid"]).get(..5).unwrap_or("slice"));
        let slice = Key::new("discovery.k8s.io", "endpointslices", &key.namespace, &name);
        let object = json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": { "labels": { "kubernetes.io/service-name": key.name }, "ownerReferences": owner(&service) },
            "endpoints": [], "ports": ports,
        });
        cluster.make(slice.clone(), object, now);
        cluster.change(&slice, |slice| {
            slice["endpoints"] = json!(endpoints);
            slice["ports"] = json!(ports);
        });
    }
}

/// How many pods each budget lets go.
pub(crate) fn budgets(cluster: &mut Cluster) {
    for (key, budget) in cluster.objects("policy", "poddisruptionbudgets", "") {
        let pods: Vec<_> = cluster
            .objects("", "pods", &key.namespace)
            .into_iter()
            .filter(|(_, pod)| {
                selects(&budget["spec"]["selector"], &pod["metadata"]["labels"]) && !leaves(pod)
            })
            .collect();
        let healthy = pods.iter().filter(|(_, pod)| is_ready(pod)).count();
        let expected = expected(cluster, &pods);
        let amount = |value: &Value| match value.as_str().and_then(|text| text.strip_suffix('%')) {
            Some(percent) => (percent.parse::<usize>().unwrap_or(0) * expected).div_ceil(100),
            None => usize::try_from(value.as_u64().unwrap_or(0)).unwrap_or(0),
        };
        let spec = &budget["spec"];
        let needed = if spec["maxUnavailable"].is_null() {
            amount(&spec["minAvailable"])
        } else {
            expected.saturating_sub(amount(&spec["maxUnavailable"]))
        };
        let allowed = healthy.saturating_sub(needed);
        cluster.change(&key, |budget| {
            budget["status"] = json!({
                "currentHealthy": healthy, "desiredHealthy": needed, "disruptionsAllowed": allowed,
                "expectedPods": expected, "observedGeneration": budget["metadata"]["generation"],
            });
        });
    }
}

/// How many pods there should be: what those who control them want.
fn expected(cluster: &Cluster, pods: &[(Key, std::sync::Arc<Value>)]) -> usize {
    let mut seen: Vec<&Value> = Vec::new();
    let mut sum = 0;
    for (key, pod) in pods {
        let Some(owner) = pod["metadata"]["ownerReferences"].get(0) else {
            sum += 1;
            continue;
        };
        if seen.contains(&&owner["uid"]) {
            continue;
        }
        seen.push(&owner["uid"]);
        let plural = format!("{}s", text(&owner["kind"]).to_lowercase());
        let wanted = cluster
            .store
            .get(&Key::new("apps", &plural, &key.namespace, text(&owner["name"])))
            .and_then(|owner| owner["spec"]["replicas"].as_u64());
        sum += usize::try_from(wanted.unwrap_or(1)).unwrap_or(1);
    }
    sum
}
