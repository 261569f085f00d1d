//! What stands between a valid object and its being made: namespaces, accounts, quotas.

use serde_json::{Value, json};

use super::api::Call;
use super::failure::Failure;
use super::kinds::Kind;
use super::quantity;
use super::store::Key;

/// Lets an object be made, filled in, or refuses it.
pub(crate) fn create(call: &mut Call<'_>, kind: &Kind, object: &mut Value) -> Result<(), Failure> {
    let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let space = object["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
    if kind.namespaced {
        let Some(found) = call.cluster.store.get(&Key::new("", "namespaces", "", &space)) else {
            let namespaces = call.cluster.kind("", "v1", "namespaces").ok_or_else(Failure::no_path)?;
            return Err(Failure::not_found(&namespaces, &space));
        };
        if found["metadata"]["deletionTimestamp"].is_string() {
            let why =
                format!("unable to create new content in namespace {space} because it is being terminated");
            return Err(Failure::forbidden(kind, &name, &why).causes(vec![json!({
                "reason": "NamespaceTerminating", "field": "metadata.namespace",
                "message": format!("namespace {space} is being terminated"),
            })]));
        }
        quota(call, kind, &space, &name, object)?;
    }
    if kind.group.is_empty() && kind.plural == "pods" {
        if object["spec"]["serviceAccountName"].is_null() {
            object["spec"]["serviceAccountName"] = json!("default");
            object["spec"]["serviceAccount"] = json!("default");
        }
        let account = object["spec"]["serviceAccountName"].as_str().unwrap_or_default();
        if call.cluster.store.get(&Key::new("", "serviceaccounts", &space, account)).is_none() {
            let why = format!(
                "error looking up service account {space}/{account}: serviceaccount \"{account}\" not found"
            );
            return Err(Failure::forbidden(kind, &name, &why));
        }
        object["status"] = json!({ "phase": "Pending", "qosClass": "BestEffort" });
    }
    if kind.plural == "certificatesigningrequests" {
        object["spec"]["username"] = json!(call.user.name);
        object["spec"]["groups"] = json!(call.user.groups);
    }
    Ok(())
}

fn quota(call: &Call<'_>, kind: &Kind, space: &str, name: &str, object: &Value) -> Result<(), Failure> {
    for (key, quota) in call.cluster.objects("", "resourcequotas", space) {
        for (what, most) in quota["spec"]["hard"].as_object().into_iter().flatten() {
            let counted = [format!("count/{}", kind.qualified()), kind.plural.clone()];
            let is_pod = kind.group.is_empty() && kind.plural == "pods";
            let sum = |object: &Value| -> f64 {
                if counted.contains(what) {
                    return 1.0;
                }
                if !is_pod {
                    return 0.0;
                }
                let (list, resource) = what.split_once('.').unwrap_or(("requests", what));
                let containers = object["spec"]["containers"].as_array().into_iter().flatten();
                containers
                    .filter_map(|one| one["resources"][list][resource].as_str().and_then(quantity::read))
                    .sum()
            };
            let asked = sum(object);
            if asked <= 0.0 {
                continue;
            }
            let used: f64 =
                call.cluster.objects(&kind.group, &kind.plural, space).iter().map(|(_, one)| sum(one)).sum();
            let most = most.as_str().unwrap_or_default();
            if used + asked > quantity::read(most).unwrap_or(f64::MAX) {
                let why = format!(
                    "exceeded quota: {}, requested: {what}={asked}, used: {what}={used}, limited: {what}={most}",
                    key.name
                );
                return Err(Failure::forbidden(kind, name, &why));
            }
        }
    }
    Ok(())
}
