//! Who may do what: roles and their bindings.

use std::sync::Arc;

use serde_json::{Value, json};

use super::api::Call;
use super::authority::User;
use super::cluster::Cluster;
use super::failure::Failure;
use super::store::Key;
use super::target::Target;

const GROUP: &str = "rbac.authorization.k8s.io";

/// What somebody asks for.
pub(crate) struct Asked<'a> {
    pub(crate) verb: &'a str,
    pub(crate) group: &'a str,
    /// With the subresource: `pods/log`.
    pub(crate) resource: &'a str,
    /// Empty: all of them.
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
}

/// Refuses what the caller may not.
pub(crate) fn may(call: &Call<'_>, target: &Target, verb: &str) -> Result<(), Failure> {
    let resource = match target.subresource.as_str() {
        "" => target.kind.plural.clone(),
        sub => format!("{}/{sub}", target.kind.plural),
    };
    let (namespace, name) = (target.namespace.as_str(), target.name.as_str());
    let asked = Asked { verb, group: &target.kind.group, resource: &resource, namespace, name };
    if allows(call.cluster, call.user, &asked) {
        return Ok(());
    }
    let place = if namespace.is_empty() {
        "at the cluster scope".to_owned()
    } else {
        format!("in the namespace \"{namespace}\"")
    };
    let why = format!(
        "User \"{}\" cannot {verb} resource \"{resource}\" in API group \"{}\" {place}",
        call.user.name, target.kind.group
    );
    Err(Failure::forbidden(&target.kind, name, &why))
}

/// Refuses a path that is no object's.
pub(crate) fn may_read_path(call: &Call<'_>) -> Result<(), Failure> {
    let path = &call.request.path;
    let open = ["/healthz", "/livez", "/readyz", "/version"];
    if open.contains(&path.trim_end_matches('/')) || allows_path(call.cluster, call.user, path) {
        return Ok(());
    }
    let message = format!("forbidden: User \"{}\" cannot get path \"{path}\"", call.user.name);
    Err(Failure::new(403, "Forbidden", message).with(json!({})))
}

/// Whether somebody may read a path.
pub(crate) fn allows_path(cluster: &Cluster, user: &User, path: &str) -> bool {
    rules(cluster, user, "").iter().any(|rule| {
        let mut known = rule["nonResourceURLs"].as_array().into_iter().flatten().filter_map(Value::as_str);
        known.any(|one| {
            one == "*" || one == path || one.strip_suffix('*').is_some_and(|start| path.starts_with(start))
        })
    })
}

/// Whether somebody may do this.
pub(crate) fn allows(cluster: &Cluster, user: &User, asked: &Asked<'_>) -> bool {
    let has = |list: &Value, wanted: &str| {
        list.as_array().is_some_and(|list| list.iter().any(|one| one == "*" || one == wanted))
    };
    rules(cluster, user, asked.namespace).iter().any(|rule| {
        let named = rule["resourceNames"].as_array().is_none_or(Vec::is_empty)
            || (!asked.name.is_empty() && has(&rule["resourceNames"], asked.name));
        has(&rule["verbs"], asked.verb)
            && has(&rule["apiGroups"], asked.group)
            && has(&rule["resources"], asked.resource)
            && named
    })
}

/// The rules that somebody has in a namespace; of the whole cluster where it is empty.
pub(crate) fn rules(cluster: &Cluster, user: &User, namespace: &str) -> Vec<Value> {
    let mut rules = Vec::new();
    let mut bindings: Vec<(String, Arc<Value>)> = Vec::new();
    for (_, binding) in cluster.objects(GROUP, "clusterrolebindings", "") {
        bindings.push((String::new(), binding));
    }
    if !namespace.is_empty() {
        for (key, binding) in cluster.objects(GROUP, "rolebindings", namespace) {
            bindings.push((key.namespace, binding));
        }
    }
    for (space, binding) in bindings {
        let mut subjects = binding["subjects"].as_array().into_iter().flatten();
        if !subjects.any(|subject| is(subject, user)) {
            continue;
        }
        let name = binding["roleRef"]["name"].as_str().unwrap_or_default();
        let key = if binding["roleRef"]["kind"] == "ClusterRole" {
            Key::new(GROUP, "clusterroles", "", name)
        } else {
            Key::new(GROUP, "roles", &space, name)
        };
        if let Some(role) = cluster.store.get(&key) {
            rules.extend(role["rules"].as_array().cloned().unwrap_or_default());
        }
    }
    rules
}

fn is(subject: &Value, user: &User) -> bool {
    let name = subject["name"].as_str().unwrap_or_default();
    match subject["kind"].as_str() {
        Some("User") => name == user.name,
        Some("Group") => user.groups.iter().any(|group| group == name),
        Some("ServiceAccount") => {
            let space = subject["namespace"].as_str().unwrap_or_default();
            user.name == format!("system:serviceaccount:{space}:{name}")
        }
        _ => false,
    }
}
