//! Whether the fields of an object are what they must be, in the server's own words.

use serde_json::{Value, json};

use super::cluster::Cluster;
use super::failure::{Cause, Failure};
use super::kinds::Kind;
use super::selector::selects;
use super::shape::Shape;
use super::{quantity, schema};

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

/// Checks an object that is made, or changed from what it was.
pub(crate) fn object(
    cluster: &Cluster,
    kind: &Kind,
    object: &Value,
    live: Option<&Value>,
) -> Result<(), Failure> {
    let mut causes = Vec::new();
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    metadata(kind, object, &mut causes);
    if kind.custom.is_none() {
        if !matches!(kind.plural.as_str(), "customresourcedefinitions" | "events") {
            required(object, &kind.shape, "", &mut causes);
        }
        built_in(kind, object, live, &mut causes);
    } else if let Some(custom) = &kind.custom {
        schema::check(&custom.schema, object, "", &mut causes);
    }
    let _ = cluster;
    if causes.is_empty() { Ok(()) } else { Err(Failure::invalid(kind, name, &causes)) }
}

fn metadata(kind: &Kind, object: &Value, causes: &mut Vec<Cause>) {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    if name.is_empty() {
        causes.push(Cause {
            field: "metadata.name".to_owned(),
            reason: "FieldValueRequired",
            message: "Required value: name or generateName is required".to_owned(),
        });
        return;
    }
    let free = kind.group == "rbac.authorization.k8s.io";
    let label = kind.group.is_empty() && matches!(kind.plural.as_str(), "namespaces" | "services");
    let part = |text: &str| {
        let edge =
            |char: Option<char>| char.is_some_and(|char| char.is_ascii_lowercase() || char.is_ascii_digit());
        edge(text.chars().next())
            && edge(text.chars().last())
            && text.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '-')
    };
    let good = if free {
        !name.contains('/') && !name.contains('%') && name != "." && name != ".."
    } else if label {
        name.len() <= 63 && part(name)
    } else {
        name.len() <= 253 && name.split('.').all(part)
    };
    if !good {
        let why = if free {
            "may not contain '/'"
        } else if label && name.len() > 63 {
            "must be no more than 63 bytes"
        } else if label {
            LABEL
        } else {
            SUBDOMAIN
        };
        causes.push(Cause::invalid("metadata.name", &json!(name), why));
    }
    for (key, value) in object["metadata"]["labels"].as_object().into_iter().flatten() {
        let text = value.as_str().unwrap_or_default();
        let edge = |char: Option<char>| char.is_none_or(|char| char.is_ascii_alphanumeric());
        let good = text.len() <= 63
            && edge(text.chars().next())
            && edge(text.chars().last())
            && text.chars().all(|char| char.is_ascii_alphanumeric() || "-_.".contains(char));
        if !good {
            let why = if text.len() > 63 {
                "must be no more than 63 bytes"
            } else {
                "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
            };
            let _ = key;
            causes.push(Cause::invalid("metadata.labels", value, why));
        }
    }
}

/// Fields that the kind's structure needs.
fn required(value: &Value, shape: &Shape, path: &str, causes: &mut Vec<Cause>) {
    match (value, shape) {
        (Value::Object(fields), Shape::Map(of)) => {
            for (name, inner) in fields {
                required(inner, of, &format!("{path}[{name}]"), causes);
            }
        }
        (Value::Object(fields), _) => {
            for (name, field) in shape.fields().into_iter().flatten() {
                let inner = join(path, name);
                match fields.get(name) {
                    Some(value) => required(value, &field.shape, &inner, causes),
                    None if field.required && !inner.ends_with("status") && !path.starts_with("status") => {
                        causes.push(Cause::required(inner, ""));
                    }
                    None => {}
                }
            }
        }
        (Value::Array(items), Shape::List { of, .. }) => {
            for (index, item) in items.iter().enumerate() {
                required(item, of, &format!("{path}[{index}]"), causes);
            }
        }
        _ => {}
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[allow(clippy::too_many_lines, reason = "a table: a line for each kind and field")]
fn built_in(kind: &Kind, object: &Value, live: Option<&Value>, causes: &mut Vec<Cause>) {
    let spec = &object["spec"];
    let fixed = |causes: &mut Vec<Cause>, field: &str| {
        if let Some(live) = live {
            let path: Vec<&str> = field.split('.').collect();
            let at = |object: &Value| path.iter().fold(object.clone(), |at, name| at[*name].clone());
            if at(live) != at(object) {
                causes.push(Cause::invalid(field, &at(object), "field is immutable"));
            }
        }
    };
    match (kind.group.as_str(), kind.plural.as_str()) {
        ("apps", "deployments" | "replicasets" | "statefulsets" | "daemonsets") => {
            let labels = &spec["template"]["metadata"]["labels"];
            if !selects(&spec["selector"], labels) {
                causes.push(Cause::invalid(
                    "spec.template.metadata.labels",
                    labels,
                    "`selector` does not match template `labels`",
                ));
            }
            if let Some(replicas) = spec["replicas"].as_i64().filter(|replicas| *replicas < 0) {
                causes.push(Cause::invalid(
                    "spec.replicas",
                    &json!(replicas),
                    "must be greater than or equal to 0",
                ));
            }
            if kind.plural == "statefulsets" {
                if let Some(live) = live {
                    let free = [
                        "replicas",
                        "ordinals",
                        "template",
                        "updateStrategy",
                        "revisionHistoryLimit",
                        "persistentVolumeClaimRetentionPolicy",
                        "minReadySeconds",
                    ];
                    let strip = |spec: &Value| {
                        let mut spec = spec.clone();
                        if let Some(fields) = spec.as_object_mut() {
                            fields.retain(|name, _| !free.contains(&name.as_str()));
                        }
                        spec
                    };
                    if strip(spec) != strip(&live["spec"]) {
                        causes.push(Cause::forbidden("spec", "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"));
                    }
                }
            } else {
                fixed(causes, "spec.selector");
            }
            pod(&spec["template"]["spec"], "spec.template.spec", causes);
        }
        ("", "pods") => {
            pod(spec, "spec", causes);
            if let Some(live) = live {
                let strip = |spec: &Value| {
                    let mut spec = spec.clone();
                    for field in
                        ["activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "nodeName"]
                    {
                        if let Some(fields) = spec.as_object_mut() {
                            fields.remove(field);
                        }
                    }
                    for list in ["containers", "initContainers"] {
                        for container in spec[list].as_array_mut().into_iter().flatten() {
                            if let Some(fields) = container.as_object_mut() {
                                fields.remove("image");
                            }
                        }
                    }
                    spec
                };
                if strip(spec) != strip(&live["spec"]) {
                    causes.push(Cause::forbidden("spec", "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"));
                }
            }
        }
        ("batch", "jobs") => {
            pod(&spec["template"]["spec"], "spec.template.spec", causes);
            let policy = &spec["template"]["spec"]["restartPolicy"];
            if policy != "OnFailure" && policy != "Never" {
                causes.push(Cause {
                    field: "spec.template.spec.restartPolicy".to_owned(),
                    reason: "FieldValueRequired",
                    message: "Required value: valid values: \"OnFailure\", \"Never\"".to_owned(),
                });
            }
            if live.is_some_and(|live| live["spec"]["suspend"] != true) {
                fixed(causes, "spec.template");
            }
            fixed(causes, "spec.selector");
            fixed(causes, "spec.completionMode");
        }
        ("", "services") => service(spec, live, causes),
        ("", "configmaps" | "secrets") => {
            if let Some(live) = live {
                if live["immutable"] == true
                    && (live["data"] != object["data"] || object["immutable"] != true)
                {
                    causes.push(Cause::forbidden("data", "field is immutable when `immutable` is set"));
                }
                if kind.plural == "secrets" {
                    fixed(causes, "type");
                }
            }
            for (name, value) in object["data"].as_object().into_iter().flatten() {
                use base64::Engine as _;
                let text = value.as_str().unwrap_or_default();
                if kind.plural == "secrets" && base64::engine::general_purpose::STANDARD.decode(text).is_err()
                {
                    causes.push(Cause::invalid(format!("data[{name}]"), &json!(text), "illegal base64 data"));
                }
            }
        }
        ("", "persistentvolumeclaims") => {
            if spec["accessModes"].as_array().is_none_or(Vec::is_empty) {
                causes.push(Cause::required("spec.accessModes", "at least 1 access mode is required"));
            }
            for mode in spec["accessModes"].as_array().into_iter().flatten() {
                let known = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
                if !known.contains(&mode.as_str().unwrap_or_default()) {
                    causes.push(Cause::unsupported("spec.accessModes", mode, &known));
                }
            }
            let storage = &spec["resources"]["requests"]["storage"];
            match storage.as_str() {
                None => causes.push(Cause::required("spec.resources[storage]", "")),
                Some(text) if quantity::read(text).is_none() => {
                    causes.push(Cause::invalid("spec.resources.requests.storage", storage, quantity::WRONG));
                }
                Some(_) => {}
            }
            if let Some(live) = live {
                let strip = |spec: &Value| {
                    let mut spec = spec.clone();
                    if let Some(fields) = spec.as_object_mut() {
                        for free in ["resources", "volumeName", "volumeAttributesClassName"] {
                            fields.remove(free);
                        }
                    }
                    spec
                };
                if strip(spec) != strip(&live["spec"]) {
                    causes.push(Cause::forbidden("spec", "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"));
                }
            }
        }
        ("storage.k8s.io", "storageclasses") => {
            fixed(causes, "provisioner");
            fixed(causes, "parameters");
            fixed(causes, "reclaimPolicy");
            fixed(causes, "volumeBindingMode");
        }
        ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings")
            if live.is_some_and(|live| live["roleRef"] != object["roleRef"]) =>
        {
            causes.push(Cause::invalid("roleRef", &object["roleRef"], "cannot change roleRef"));
        }
        ("apiextensions.k8s.io", "customresourcedefinitions") => definition(object, causes),
        _ => {}
    }
}

fn service(spec: &Value, live: Option<&Value>, causes: &mut Vec<Cause>) {
    let known = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    if !known.contains(&spec["type"].as_str().unwrap_or_default()) {
        causes.push(Cause::unsupported("spec.type", &spec["type"], &known));
    }
    let headless = spec["clusterIP"] == "None";
    let ports = spec["ports"].as_array().map(Vec::as_slice).unwrap_or_default();
    if ports.is_empty() && !headless && spec["type"] != "ExternalName" {
        causes.push(Cause::required("spec.ports", ""));
    }
    for (index, port) in ports.iter().enumerate() {
        if ports.len() > 1 && port["name"].as_str().is_none_or(str::is_empty) {
            causes.push(Cause::required(format!("spec.ports[{index}].name"), ""));
        }
        number(&port["port"], &format!("spec.ports[{index}].port"), causes);
        number(&port["targetPort"], &format!("spec.ports[{index}].targetPort"), causes);
    }
    if let Some(live) = live
        && live["spec"]["clusterIP"] != spec["clusterIP"]
        && live["spec"]["type"] != "ExternalName"
        && spec["type"] != "ExternalName"
    {
        causes.push(Cause::invalid(
            "spec.clusterIPs[0]",
            &json!([spec["clusterIP"]]),
            "may not change once set",
        ));
    }
}

fn number(port: &Value, path: &str, causes: &mut Vec<Cause>) {
    if port.as_i64().is_some_and(|port| !(1..=65535).contains(&port)) {
        causes.push(Cause::invalid(path, port, "must be between 1 and 65535, inclusive"));
    }
}

fn pod(spec: &Value, path: &str, causes: &mut Vec<Cause>) {
    let containers = spec["containers"].as_array().map(Vec::as_slice).unwrap_or_default();
    // One that is not there at all is missed as every field that must be.
    if containers.is_empty() && spec["containers"].is_array() {
        causes.push(Cause::required(format!("{path}.containers"), ""));
    }
    let volumes: Vec<&Value> =
        spec["volumes"].as_array().into_iter().flatten().map(|one| &one["name"]).collect();
    let mut names: Vec<&Value> = Vec::new();
    for list in ["initContainers", "containers"] {
        for (index, container) in spec[list].as_array().into_iter().flatten().enumerate() {
            let at = format!("{path}.{list}[{index}]");
            if container["image"].as_str().is_none_or(str::is_empty) {
                causes.push(Cause::required(format!("{at}.image"), ""));
            }
            if names.contains(&&container["name"]) {
                causes.push(Cause {
                    field: format!("{at}.name"),
                    reason: "FieldValueDuplicate",
                    message: format!("Duplicate value: {}", container["name"]),
                });
            }
            names.push(&container["name"]);
            for (index, port) in container["ports"].as_array().into_iter().flatten().enumerate() {
                number(&port["containerPort"], &format!("{at}.ports[{index}].containerPort"), causes);
            }
            for (index, mount) in container["volumeMounts"].as_array().into_iter().flatten().enumerate() {
                if !volumes.contains(&&mount["name"]) {
                    causes.push(Cause {
                        field: format!("{at}.volumeMounts[{index}].name"),
                        reason: "FieldValueNotFound",
                        message: format!("Not found: {}", mount["name"]),
                    });
                }
            }
            resources(&container["resources"], &at, causes);
        }
    }
}

fn resources(resources: &Value, at: &str, causes: &mut Vec<Cause>) {
    for (name, asked) in resources["requests"].as_object().into_iter().flatten() {
        let limit = &resources["limits"][name];
        let (Some(asked_amount), Some(limit_amount)) =
            (asked.as_str().and_then(quantity::read), limit.as_str().and_then(quantity::read))
        else {
            continue;
        };
        if asked_amount > limit_amount {
            causes.push(Cause::invalid(
                format!("{at}.resources.requests"),
                asked,
                &format!(
                    "must be less than or equal to {name} limit of {}",
                    limit.as_str().unwrap_or_default()
                ),
            ));
        }
    }
}

fn definition(object: &Value, causes: &mut Vec<Cause>) {
    let spec = &object["spec"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let expected = format!("{}.{}", text(&spec["names"]["plural"]), text(&spec["group"]));
    if object["metadata"]["name"] != expected.as_str() {
        causes.push(Cause::invalid(
            "metadata.name",
            &object["metadata"]["name"],
            "must be spec.names.plural+\".\"+spec.group",
        ));
    }
    let versions = spec["versions"].as_array().map(Vec::as_slice).unwrap_or_default();
    if versions.iter().filter(|version| version["storage"] == true).count() != 1 {
        causes.push(Cause::invalid(
            "spec.versions",
            &spec["versions"],
            "must have exactly one version marked as storage version",
        ));
    }
    for (index, version) in versions.iter().enumerate() {
        if !version["schema"]["openAPIV3Schema"].is_object() {
            causes.push(Cause::required(
                format!("spec.versions[{index}].schema.openAPIV3Schema"),
                "schemas are required",
            ));
        }
    }
}
