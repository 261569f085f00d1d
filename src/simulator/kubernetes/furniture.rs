//! What every cluster has from its first moment: namespaces, roles, classes, accounts.

use serde_json::{Value, json};

use super::cluster::Cluster;
use super::store::Key;

/// Groups of the kinds that a namespace's owner works with.
const WORK: [&str; 9] = [
    "",
    "apps",
    "batch",
    "autoscaling",
    "networking.k8s.io",
    "policy",
    "discovery.k8s.io",
    "coordination.k8s.io",
    "events.k8s.io",
];

/// Kinds of a namespace in those groups that a reader may read: no secrets.
const READABLE: [&str; 28] = [
    "configmaps",
    "endpoints",
    "events",
    "limitranges",
    "namespaces",
    "namespaces/status",
    "persistentvolumeclaims",
    "pods",
    "pods/log",
    "pods/status",
    "replicationcontrollers",
    "resourcequotas",
    "serviceaccounts",
    "services",
    "controllerrevisions",
    "daemonsets",
    "deployments",
    "deployments/scale",
    "replicasets",
    "statefulsets",
    "statefulsets/scale",
    "cronjobs",
    "jobs",
    "horizontalpodautoscalers",
    "ingresses",
    "networkpolicies",
    "poddisruptionbudgets",
    "endpointslices",
];

/// Places everything.
pub(crate) fn place(cluster: &mut Cluster, now: &str) {
    for name in ["kube-system", "kube-public", "kube-node-lease", "default"] {
        let object = json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": { "labels": { "kubernetes.io/metadata.name": name } },
            "spec": { "finalizers": ["kubernetes"] }, "status": { "phase": "Active" },
        });
        cluster.make(Key::new("", "namespaces", "", name), object, now);
    }
    let read = ["get", "list", "watch"];
    let write = ["create", "update", "patch", "delete", "deletecollection"];
    let full = [&read[..], &write[..]].concat();
    let view = json!([{ "apiGroups": WORK, "resources": READABLE, "verbs": read }]);
    let change = json!({ "apiGroups": WORK, "resources": changeable(), "verbs": full });
    let edit = json!([view[0].clone(), change.clone()]);
    let rights = json!({
        "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings"],
        "verbs": full,
    });
    let admin = json!([view[0].clone(), change, rights]);
    let everything = json!([
        { "apiGroups": ["*"], "resources": ["*"], "verbs": ["*"] },
        { "nonResourceURLs": ["*"], "verbs": ["*"] },
    ]);
    let discovery = json!([{
        "nonResourceURLs": ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version", "/version/"],
        "verbs": ["get"],
    }]);
    let own = json!([{
        "apiGroups": ["authorization.k8s.io"], "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
        "verbs": ["create"],
    }]);
    for (name, rules) in [
        ("cluster-admin", everything),
        ("admin", admin),
        ("edit", edit),
        ("view", view),
        ("system:discovery", discovery),
        ("system:basic-user", own),
    ] {
        role(cluster, name, &rules, now);
    }
    for (role, group) in [
        ("cluster-admin", "system:masters"),
        ("system:discovery", "system:authenticated"),
        ("system:basic-user", "system:authenticated"),
    ] {
        let object = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {},
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role },
            "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": group }],
        });
        cluster.make(Key::new("rbac.authorization.k8s.io", "clusterrolebindings", "", role), object, now);
    }
    for (name, value) in [("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000)]
    {
        let object = json!({
            "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {}, "value": value,
            "preemptionPolicy": "PreemptLowerPriority",
        });
        cluster.make(Key::new("scheduling.k8s.io", "priorityclasses", "", name), object, now);
    }
    let class = json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
        "metadata": { "annotations": { "storageclass.kubernetes.io/is-default-class": "true" } },
        "provisioner": "rancher.io/local-path", "reclaimPolicy": "Delete", "volumeBindingMode": "WaitForFirstConsumer",
    });
    cluster.make(Key::new("storage.k8s.io", "storageclasses", "", "local-path"), class, now);
    let service = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": { "labels": { "component": "apiserver", "provider": "kubernetes" } },
        "spec": {
            "type": "ClusterIP", "clusterIP": "10.43.0.1", "clusterIPs": ["10.43.0.1"], "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack", "internalTrafficPolicy": "Cluster", "sessionAffinity": "None",
            "ports": [{ "name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443 }],
        },
        "status": { "loadBalancer": {} },
    });
    cluster.make(Key::new("", "services", "default", "kubernetes"), service, now);
}

fn role(cluster: &mut Cluster, name: &str, rules: &Value, now: &str) {
    let object = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": { "labels": { "kubernetes.io/bootstrapping": "rbac-defaults" } }, "rules": rules,
    });
    cluster.make(Key::new("rbac.authorization.k8s.io", "clusterroles", "", name), object, now);
}

/// What an editor may change: what may be read, but the namespace itself and its limits, and secrets.
fn changeable() -> Vec<&'static str> {
    let fixed = [
        "namespaces",
        "namespaces/status",
        "limitranges",
        "resourcequotas",
        "pods/log",
        "pods/status",
        "events",
    ];
    let more =
        ["secrets", "pods/eviction", "pods/exec", "pods/portforward", "serviceaccounts/token", "leases"];
    READABLE.iter().copied().filter(|name| !fixed.contains(name)).chain(more).collect()
}
