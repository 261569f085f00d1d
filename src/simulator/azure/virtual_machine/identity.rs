//! The identities of a virtual machine.

use serde_json::{Map, Value, json};

use super::super::super::message::Refusal;
use super::super::super::settings::TENANT;
use super::super::store::Object;

const SYSTEM: &str = "SystemAssigned";
const USER: &str = "UserAssigned";

/// Reads the identity of a body.
pub(crate) fn read(value: Option<&Value>) -> Result<Option<Value>, Refusal> {
    let Some(given) = value.filter(|value| !value.is_null()) else { return Ok(None) };
    let kind = given["type"].as_str().unwrap_or_default();
    let mut parts: Vec<&str> = kind.split(',').map(str::trim).collect();
    parts.sort_unstable();
    if !matches!(parts.as_slice(), ["None" | SYSTEM | USER] | [SYSTEM, USER]) {
        let message = format!("The value '{kind}' of parameter identity.type is invalid.");
        return Err(Refusal::bad("InvalidParameter", message).target("identity.type"));
    }
    let none = Map::new();
    let named = given["userAssignedIdentities"].as_object().unwrap_or(&none);
    if parts.contains(&USER) == named.is_empty() {
        let message =
            format!("The resource identity type '{kind}' does not fit its user assigned identities.");
        return Err(Refusal::bad("InvalidIdentityParameter", message).target("identity"));
    }
    for id in named.keys() {
        if !id.to_lowercase().contains("/providers/microsoft.managedidentity/userassignedidentities/") {
            let message = format!(
                "'{id}' is not a valid resource id of a user assigned identity. It should be of the form \
                 '/subscriptions/<subscription>/resourceGroups/<group>/providers/Microsoft.ManagedIdentity/\
                 userAssignedIdentities/<name>'."
            );
            return Err(Refusal::bad("LinkedInvalidPropertyId", message).target("identity"));
        }
    }
    if parts == ["None"] {
        return Ok(Some(json!({ "type": "None" })));
    }
    let mut identity = json!({ "type": parts.join(", ") });
    if !named.is_empty() {
        identity["userAssignedIdentities"] = named.keys().map(|id| (id.clone(), json!({}))).collect();
    }
    Ok(Some(identity))
}

/// The identity as Azure shows it: with its principals.
pub(crate) fn shown(object: &Object) -> Option<Value> {
    let mut identity = object.content.identity.clone().filter(|identity| identity["type"] != "None")?;
    if identity["type"].as_str().is_some_and(|kind| kind.contains(SYSTEM)) {
        identity["principalId"] = json!(object.guid);
        identity["tenantId"] = json!(TENANT);
    }
    if let Some(named) = identity.get_mut("userAssignedIdentities").and_then(Value::as_object_mut) {
        for (id, entry) in named {
            // Stable for a name, as the real ids are.
            let number: u64 =
                id.to_lowercase().bytes().fold(7, |sum, byte| sum.wrapping_mul(31) + u64::from(byte));
            let tail = number & 0xffff_ffff_ffff;
            *entry = json!({
                "principalId": format!("0b1e0000-0000-4000-9000-{tail:012x}"),
                "clientId": format!("c11e0000-0000-4000-9000-{tail:012x}"),
            });
        }
    }
    Some(identity)
}
