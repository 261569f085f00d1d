//! Tenants, subscriptions and regions.

use serde_json::{Value, json};

use super::super::message::{Answer, Refusal, Request};
use super::super::settings::{FOREIGN_SUBSCRIPTION, FOREIGN_TENANT, SUBSCRIPTION, TENANT};
use super::region;
use super::router::not_allowed;

/// What the path, in small letters, asks to see.
pub(crate) fn show(request: &Request, path: &[&str]) -> Result<Answer, Refusal> {
    if request.method != "GET" {
        return Err(not_allowed(&request.method));
    }
    let body = match path {
        ["tenants"] => json!({ "value": [{ "id": format!("/tenants/{TENANT}"), "tenantId": TENANT }] }),
        [_] => json!({ "value": [subscription(SUBSCRIPTION)], "count": { "type": "Total", "value": 1 } }),
        [_, id] => subscription(id),
        [_, id, ..] => json!({ "value": region::all(id) }),
        [] => json!({}),
    };
    Ok(Answer::json(200, body))
}

fn subscription(id: &str) -> Value {
    let foreign = id == FOREIGN_SUBSCRIPTION;
    json!({
        "id": format!("/subscriptions/{id}"),
        "subscriptionId": id,
        "tenantId": if foreign { FOREIGN_TENANT } else { TENANT },
        "displayName": if foreign { "Simulated, of the other tenant" } else { "Simulated" },
        "state": "Enabled",
        "subscriptionPolicies": { "locationPlacementId": "Public_2014-09-01", "quotaId": "Simulated_2024-01-01", "spendingLimit": "Off" },
        "authorizationSource": "RoleBased",
    })
}
