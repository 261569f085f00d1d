//! Parts of objects: status, scale, logs, evictions, bindings, tokens, approvals.

use serde_json::{Value, json};
use time::Duration;

use super::super::message::Answer;
use super::api::Call;
use super::authority::User;
use super::deleting;
use super::failure::Failure;
use super::managers::{self, Writer};
use super::reading;
use super::selector::selects;
use super::target::Target;
use super::writing;

/// Answers a request for a part of an object.
pub(crate) fn answer(call: &mut Call<'_>, target: &Target, verb: &str) -> Result<Answer, Failure> {
    let Some(live) = call.cluster.store.get(&target.key()).cloned() else {
        return Err(Failure::not_found(&target.kind, &target.name));
    };
    if !matches!(verb, "get") && !call.cluster.etcd.has_quorum() {
        return Err(Failure::new(
            500,
            "InternalError",
            "Internal error occurred: etcdserver: request timed out",
        ));
    }
    let body = match (target.subresource.as_str(), verb) {
        ("log", "get") => return log(call, &live),
        ("scale", "get") => scale(target, &live),
        ("scale", "update" | "patch") => {
            let mut wanted = scale(target, &live);
            if verb == "update" {
                wanted = call.body()?;
            } else {
                super::patch::merge(&mut wanted, &call.body()?);
            }
            let replicas = wanted["spec"]["replicas"].as_u64().unwrap_or(0);
            let key = target.key();
            call.cluster.change(&key, |object| {
                if object["spec"]["replicas"] != replicas {
                    object["spec"]["replicas"] = json!(replicas);
                    let generation = object["metadata"]["generation"].as_u64().unwrap_or(0);
                    object["metadata"]["generation"] = json!(generation + 1);
                }
            });
            let now = call.cluster.store.get(&key).cloned().unwrap_or(live);
            scale(target, &now)
        }
        ("eviction", "create") => return evict(call, target, &live).map(|body| Answer::json(201, body)),
        ("binding", "create") => {
            let node = call.body()?["target"]["name"].clone();
            call.cluster.change(&target.key(), |object| object["spec"]["nodeName"] = node);
            return Ok(Answer::json(
                201,
                json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201 }),
            ));
        }
        ("token", "create") => return token(call, target).map(|body| Answer::json(201, body)),
        ("finalize", "update") => call.body()?,
        ("status" | "approval" | "resize" | "ephemeralcontainers", "get") => {
            reading::shown(&target.kind, &live)
        }
        ("status" | "approval", "update" | "patch") => status(call, target, &live, verb)?,
        _ => {
            return Err(Failure::new(
                405,
                "MethodNotAllowed",
                "the server does not allow this method on the requested resource",
            )
            .with(json!({})));
        }
    };
    Ok(Answer::json(200, body))
}

fn status(call: &mut Call<'_>, target: &Target, live: &Value, verb: &str) -> Result<Value, Failure> {
    let kind = &target.kind;
    let (manager, now) = (call.manager(), call.now());
    let writer = Writer { manager: &manager, subresource: &target.subresource, now: &now };
    let media = call
        .request
        .header("content-type")
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .to_owned();
    let mut object = live.clone();
    if verb == "patch" && media == "application/apply-patch+yaml" {
        let mut config = call.body()?;
        super::decode::check(call, kind, &mut config)?;
        config["metadata"]["name"] = json!(target.name);
        let force = call.request.parameter("force").is_some_and(|value| value == "true");
        let only = json!({ "apiVersion": config["apiVersion"], "kind": config["kind"], "metadata": { "name": target.name }, "status": config["status"] });
        object = managers::apply(live, &only, kind, &writer, force)?;
    } else {
        let sent = if verb == "patch" { writing::patched(call, kind, live, &media)? } else { call.body()? };
        let version = &sent["metadata"]["resourceVersion"];
        if verb == "update"
            && version.is_string()
            && *version != ""
            && *version != live["metadata"]["resourceVersion"]
        {
            return Err(Failure::conflict(
                kind,
                &target.name,
                "the object has been modified; please apply your changes to the latest version and try again",
            ));
        }
        object["status"] = sent["status"].clone();
        if kind.plural == "nodes" {
            for field in ["labels", "annotations"] {
                object["metadata"][field] = sent["metadata"][field].clone();
            }
        }
        managers::updated(Some(live), &mut object, kind, &writer);
    }
    if object == *live {
        return Ok(reading::shown(kind, live));
    }
    writing::keep(call, kind, target.key(), object)
}

fn scale(target: &Target, live: &Value) -> Value {
    let labels = live["spec"]["selector"]["matchLabels"].as_object().into_iter().flatten();
    let selector: Vec<String> =
        labels.map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default())).collect();
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": target.name, "namespace": target.namespace, "uid": live["metadata"]["uid"],
            "resourceVersion": live["metadata"]["resourceVersion"], "creationTimestamp": live["metadata"]["creationTimestamp"],
        },
        "spec": if live["spec"]["replicas"] == 0 { json!({}) } else { json!({ "replicas": live["spec"]["replicas"] }) },
        "status": { "replicas": live["status"]["replicas"].as_u64().unwrap_or(0), "selector": selector.join(",") },
    })
}

fn log(call: &Call<'_>, pod: &Value) -> Result<Answer, Failure> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let containers: Vec<String> = ["initContainers", "containers"]
        .iter()
        .flat_map(|list| pod["spec"][list].as_array().into_iter().flatten())
        .map(|one| text(&one["name"]))
        .collect();
    let regular = pod["spec"]["containers"].as_array().map_or(0, Vec::len);
    let (space, name) = (text(&pod["metadata"]["namespace"]), text(&pod["metadata"]["name"]));
    let asked = call.request.parameter("container").filter(|name| !name.is_empty());
    let container = match asked {
        Some(one) if containers.contains(&one) => one,
        Some(one) => {
            return Err(Failure::bad(format!("container {one} is not valid for pod {name}")));
        }
        None if regular == 1 => text(&pod["spec"]["containers"][0]["name"]),
        None => {
            return Err(Failure::bad(format!(
                "a container name must be specified for pod {name}, choose one of: [{}]",
                containers.join(" ")
            )));
        }
    };
    let statuses = ["initContainerStatuses", "containerStatuses"];
    let state = statuses
        .iter()
        .flat_map(|list| pod["status"][list].as_array().into_iter().flatten())
        .find(|one| one["name"] == container.as_str())
        .cloned()
        .unwrap_or_default();
    let reason = text(&state["state"]["waiting"]["reason"]);
    if state.is_null() || (!reason.is_empty() && reason != "CrashLoopBackOff") {
        let reason = if reason.is_empty() { "ContainerCreating".to_owned() } else { reason };
        let why = match reason.as_str() {
            "ErrImagePull" | "ImagePullBackOff" => "trying and failing to pull image".to_owned(),
            other => other.to_owned(),
        };
        return Err(Failure::bad(format!(
            "container \"{container}\" in pod \"{name}\" is waiting to start: {why}"
        )));
    }
    let previous = call.request.parameter("previous").is_some_and(|value| value == "true");
    if previous && state["restartCount"].as_u64().unwrap_or(0) == 0 {
        return Err(Failure::bad(format!(
            "previous terminated container \"{container}\" in pod \"{name}\" not found"
        )));
    }
    let crashed =
        state["restartCount"].as_u64().unwrap_or(0) > 0 || state["lastState"]["terminated"].is_object();
    let mut lines = vec![format!("{space}/{name}/{container}: started")];
    if crashed {
        lines.push("fatal: the simulated program ends with an error".to_owned());
    }
    if let Some(tail) = call.request.parameter("tailLines").and_then(|text| text.parse::<usize>().ok()) {
        lines.drain(..lines.len().saturating_sub(tail));
    }
    if call.request.parameter("timestamps").is_some_and(|value| value == "true") {
        let at = call.clock.stamp();
        for line in &mut lines {
            *line = format!("{at} {line}");
        }
    }
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect::<Vec<_>>().concat();
    Ok(Answer::plain(text))
}

fn evict(call: &mut Call<'_>, target: &Target, pod: &Value) -> Result<Value, Failure> {
    let body = call.body()?;
    let done =
        json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201 });
    let over = matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed" | "Pending"));
    let budgets: Vec<_> = call
        .cluster
        .objects("policy", "poddisruptionbudgets", &target.namespace)
        .into_iter()
        .filter(|(_, budget)| selects(&budget["spec"]["selector"], &pod["metadata"]["labels"]))
        .collect();
    if budgets.len() > 1 && !over {
        return Err(Failure::new(
            500,
            "InternalError",
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
        ));
    }
    if let Some((key, budget)) = budgets.first().filter(|_| !over) {
        let allowed = budget["status"]["disruptionsAllowed"].as_i64().unwrap_or(0);
        if allowed <= 0 {
            let (needed, healthy) = (
                budget["status"]["desiredHealthy"].as_i64().unwrap_or(0),
                budget["status"]["currentHealthy"].as_i64().unwrap_or(0),
            );
            let message = format!(
                "The disruption budget {} needs {needed} healthy pods and has {healthy} currently",
                key.name
            );
            return Err(Failure::new(
                429,
                "TooManyRequests",
                "Cannot evict pod as it would violate the pod's disruption budget.",
            )
            .with(json!({ "causes": [{ "reason": "DisruptionBudget", "message": message }] })));
        }
        if !call.is_dry()? {
            let key = key.clone();
            call.cluster.change(&key, |object| object["status"]["disruptionsAllowed"] = json!(allowed - 1));
        }
    }
    if !call.is_dry()? {
        let grace = body["deleteOptions"]["gracePeriodSeconds"]
            .as_u64()
            .or_else(|| pod["spec"]["terminationGracePeriodSeconds"].as_u64())
            .unwrap_or(30);
        let now = call.now();
        deleting::begin(
            call.cluster,
            &target.key(),
            &now,
            if pod["spec"]["nodeName"].is_string() { grace } else { 0 },
        );
    }
    Ok(done)
}

fn token(call: &mut Call<'_>, target: &Target) -> Result<Value, Failure> {
    let mut body = call.body()?;
    let seconds = body["spec"]["expirationSeconds"].as_i64().unwrap_or(3600);
    if seconds < 600 {
        let kind = super::kinds::Kind {
            name: "TokenRequest".to_owned(),
            group: "authentication.k8s.io".to_owned(),
            ..(*target.kind).clone()
        };
        return Err(Failure::invalid(
            &kind,
            "",
            &[super::failure::Cause::invalid(
                "spec.expirationSeconds",
                &json!(seconds),
                "may not specify a duration less than 10 minutes",
            )],
        ));
    }
    let until = call.clock.now() + Duration::seconds(seconds);
    let user = User {
        name: format!("system:serviceaccount:{}:{}", target.namespace, target.name),
        groups: vec![
            "system:serviceaccounts".to_owned(),
            format!("system:serviceaccounts:{}", target.namespace),
        ],
    };
    let token = call.cluster.authority.token(user, until);
    body["kind"] = json!("TokenRequest");
    body["apiVersion"] = json!("authentication.k8s.io/v1");
    body["metadata"]["name"] = json!(target.name);
    body["metadata"]["namespace"] = json!(target.namespace);
    body["metadata"]["creationTimestamp"] = json!(call.now());
    body["spec"]["expirationSeconds"] = json!(seconds);
    body["status"] = json!({ "token": token, "expirationTimestamp": super::cluster::seconds(&super::super::clock::stamp(until)) });
    Ok(body)
}
