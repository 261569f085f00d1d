//! Kinds that are asked and never kept: who am I, may I.

use serde_json::{Value, json};

use super::api::Call;
use super::authority::User;
use super::failure::Failure;
use super::kinds::Kind;
use super::rights;

/// The answer to a review; none where the kind is a real one.
pub(crate) fn answer(call: &Call<'_>, kind: &Kind, object: &Value) -> Option<Result<Value, Failure>> {
    let mut answer = object.clone();
    let spec = &object["spec"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    answer["status"] = match kind.plural.as_str() {
        "selfsubjectaccessreviews" => allowed(call, call.user, spec),
        "subjectaccessreviews" | "localsubjectaccessreviews" => {
            let groups = spec["groups"].as_array().into_iter().flatten().map(text).collect();
            allowed(call, &User { name: text(&spec["user"]), groups }, spec)
        }
        "selfsubjectreviews" => {
            json!({ "userInfo": { "username": call.user.name, "groups": call.user.groups } })
        }
        "selfsubjectrulesreviews" => {
            let rules = rights::rules(call.cluster, call.user, &text(&spec["namespace"]));
            let resource: Vec<&Value> = rules.iter().filter(|rule| rule["resources"].is_array()).collect();
            let other: Vec<&Value> = rules.iter().filter(|rule| rule["nonResourceURLs"].is_array()).collect();
            json!({ "resourceRules": resource, "nonResourceRules": other, "incomplete": false })
        }
        "tokenreviews" => {
            let holder = call.cluster.authority.holder(&text(&spec["token"]), call.clock.now());
            match holder {
                Some(user) => {
                    json!({ "authenticated": true, "user": { "username": user.name, "groups": user.groups } })
                }
                None => json!({ "error": "invalid bearer token" }),
            }
        }
        _ => return None,
    };
    Some(Ok(answer))
}

fn allowed(call: &Call<'_>, user: &User, spec: &Value) -> Value {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let yes = if spec["resourceAttributes"].is_object() {
        let asked = &spec["resourceAttributes"];
        let mut resource = text(&asked["resource"]);
        if asked["subresource"].as_str().is_some_and(|sub| !sub.is_empty()) {
            resource = format!("{resource}/{}", text(&asked["subresource"]));
        }
        let what = rights::Asked {
            verb: &text(&asked["verb"]),
            group: &text(&asked["group"]),
            resource: &resource,
            namespace: &text(&asked["namespace"]),
            name: &text(&asked["name"]),
        };
        rights::allows(call.cluster, user, &what)
    } else {
        rights::allows_path(call.cluster, user, &text(&spec["nonResourceAttributes"]["path"]))
    };
    json!({ "allowed": yes })
}
