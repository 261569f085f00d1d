//! Field managers: what earlier tools wrote by patches becomes part of what the server's apply manages.
//!
//! Otherwise a field that a tool wrote before, and that leaves the release, would stay for ever, and one that
//! changes would be a conflict with ourselves.
//!
//! Source: client-go, `util/csaupgrade/upgrade.go`, which Helm 4 uses for its own manager only.

use serde_json::{Map, Value, json};

use super::error::ActionError;
use super::objects::text;
use crate::kube::{Address, Client, KubeError, Patch, Writing};
use crate::outcome::Presence;

/// The manager that Helm writes as, and we with it.
pub(super) const HELM: &str = "helm";

/// How often an object that changes in between is read again.
const TRIES: usize = 5;

/// Whether a manager is a tool that wrote releases by patches.
pub(super) fn is_earlier_tool(manager: &str) -> bool {
    matches!(manager, "helm" | "Helm") || manager.starts_with("terraform-provider-helm")
}

/// Migrates the managers of one object; without an earlier tool among them nothing is sent.
pub(super) async fn migrate(client: &Client, at: &Address) -> Result<(), ActionError> {
    let mut last = None;
    for _ in 0..TRIES {
        let Presence::Here(object) = client.get(at).await? else { return Ok(()) };
        let Some(managers) = migrated(&object) else { return Ok(()) };
        let version = text(&object, "/metadata/resourceVersion");
        let patch = Patch::Json(json!([
            { "op": "replace", "path": "/metadata/managedFields", "value": managers },
            { "op": "replace", "path": "/metadata/resourceVersion", "value": version },
        ]));
        match client.patch(at, &patch, &Writing::by(HELM)).await {
            Ok(_) => return Ok(()),
            Err(error @ KubeError::Changed { .. }) => last = Some(error),
            Err(error) => return Err(error.into()),
        }
    }
    last.map_or(Ok(()), |error| Err(error.into()))
}

/// The managers of an object once earlier tools are one with the server's apply; none where there is nothing
/// to do.
fn migrated(object: &Value) -> Option<Value> {
    let managers = object.pointer("/metadata/managedFields")?.as_array()?;
    let plain = |one: &Value| text(one, "/subresource").is_empty();
    let earlier = |one: &&Value| {
        text(one, "/operation") == "Update" && plain(one) && is_earlier_tool(text(one, "/manager"))
    };
    let ours =
        |one: &Value| text(one, "/operation") == "Apply" && plain(one) && text(one, "/manager") == HELM;
    // The newest speaks for the version of its fields.
    let newest = managers.iter().filter(earlier).max_by_key(|one| text(one, "/time"))?;
    let mut fields = Map::new();
    let mut entry = managers.iter().find(|one| ours(one)).unwrap_or(newest).clone();
    for one in managers.iter().filter(|one| earlier(one) || ours(one)) {
        if let Some(theirs) = one["fieldsV1"].as_object() {
            unite(&mut fields, theirs);
        }
    }
    entry["manager"] = json!(HELM);
    entry["operation"] = json!("Apply");
    entry["fieldsV1"] = Value::Object(fields);
    let others = managers.iter().filter(|one| !earlier(one) && !ours(one)).cloned();
    Some(Value::Array(others.chain([entry]).collect()))
}

/// Both sets of fields.
fn unite(into: &mut Map<String, Value>, from: &Map<String, Value>) {
    for (key, theirs) in from {
        let ours = into.entry(key.clone()).or_insert_with(|| json!({}));
        if let (Some(ours), Some(theirs)) = (ours.as_object_mut(), theirs.as_object()) {
            unite(ours, theirs);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(manager: &str, operation: &str, time: &str, fields: Value) -> Value {
        json!({ "manager": manager, "operation": operation, "apiVersion": "v1", "time": time,
                "fieldsType": "FieldsV1", "fieldsV1": fields })
    }

    #[test]
    fn earlier_tools_become_one_with_apply_and_others_stay() {
        let other = entry("kubectl-edit", "Update", "3", json!({ "f:data": { "f:z": {} } }));
        let scaler =
            json!({ "manager": "helm", "operation": "Update", "subresource": "scale", "fieldsV1": {} });
        let object = |managers: Vec<Value>| json!({ "metadata": { "managedFields": managers } });
        let helm3 = entry("helm", "Update", "2", json!({ "f:data": { ".": {}, "f:a": {} } }));
        let provider =
            entry("terraform-provider-helm_v3.1.2_x5", "Update", "1", json!({ "f:data": { "f:b": {} } }));
        let ours = entry("helm", "Apply", "0", json!({ "f:data": { "f:c": {} } }));

        assert_eq!(migrated(&object(vec![other.clone(), ours.clone(), scaler.clone()])), None);
        let all = vec![helm3.clone(), other.clone(), provider, ours, scaler.clone()];
        let united = json!({ "f:data": { ".": {}, "f:a": {}, "f:b": {}, "f:c": {} } });
        let expected = json!([other, scaler, entry("helm", "Apply", "0", united)]);
        assert_eq!(migrated(&object(all)), Some(expected));
        let alone = migrated(&object(vec![helm3])).unwrap();
        assert_eq!(alone, json!([entry("helm", "Apply", "2", json!({ "f:data": { ".": {}, "f:a": {} } }))]));
    }
}
