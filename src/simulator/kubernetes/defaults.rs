//! What the server fills in where an object says nothing.

use serde_json::{Value, json};

use super::cluster::Cluster;
use super::kinds::Kind;

fn or(object: &mut Value, field: &str, value: impl Into<Value>) {
    if object[field].is_null() {
        object[field] = value.into();
    }
}

/// Fills in an object. Only of kinds that have defaults that clients read.
#[allow(clippy::too_many_lines, reason = "a table: a line for each kind and field")]
pub(crate) fn fill(cluster: &mut Cluster, kind: &Kind, object: &mut Value) {
    match (kind.group.as_str(), kind.plural.as_str()) {
        ("", "pods") => pod(&mut object["spec"]),
        ("", "services") => service(cluster, object),
        ("", "namespaces") => {
            let name = object["metadata"]["name"].clone();
            object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
            or(object, "spec", json!({ "finalizers": ["kubernetes"] }));
            or(object, "status", json!({ "phase": "Active" }));
        }
        ("", "secrets") => {
            or(object, "type", "Opaque");
            if let Some(plain) = object["stringData"].as_object().cloned() {
                use base64::Engine as _;
                for (name, text) in plain {
                    let text = text.as_str().unwrap_or_default();
                    object["data"][name] = json!(base64::engine::general_purpose::STANDARD.encode(text));
                }
            }
            if let Some(fields) = object.as_object_mut() {
                fields.remove("stringData");
            }
        }
        ("", "persistentvolumeclaims") => {
            or(&mut object["spec"], "volumeMode", "Filesystem");
            or(object, "status", json!({ "phase": "Pending" }));
            if object["spec"]["storageClassName"].is_null() {
                let classes = cluster.objects("storage.k8s.io", "storageclasses", "");
                let default = classes.iter().find(|(_, class)| {
                    class["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] == "true"
                });
                if let Some((key, _)) = default {
                    object["spec"]["storageClassName"] = json!(key.name);
                }
            }
            let meta = &mut object["metadata"];
            if meta["finalizers"].is_null() {
                meta["finalizers"] = json!(["kubernetes.io/pvc-protection"]);
            }
        }
        ("apps", "deployments") => {
            let spec = &mut object["spec"];
            or(spec, "replicas", 1);
            or(spec, "revisionHistoryLimit", 10);
            or(spec, "progressDeadlineSeconds", 600);
            or(spec, "strategy", json!({ "type": "RollingUpdate" }));
            or(&mut spec["strategy"], "type", "RollingUpdate");
            if spec["strategy"]["type"] == "RollingUpdate" {
                or(&mut spec["strategy"], "rollingUpdate", json!({}));
                or(&mut spec["strategy"]["rollingUpdate"], "maxSurge", "25%");
                or(&mut spec["strategy"]["rollingUpdate"], "maxUnavailable", "25%");
            }
            template(spec);
        }
        ("apps", "replicasets") => {
            or(&mut object["spec"], "replicas", 1);
            template(&mut object["spec"]);
        }
        ("apps", "statefulsets") => {
            let spec = &mut object["spec"];
            or(spec, "replicas", 1);
            or(spec, "revisionHistoryLimit", 10);
            or(spec, "podManagementPolicy", "OrderedReady");
            or(
                spec,
                "persistentVolumeClaimRetentionPolicy",
                json!({ "whenDeleted": "Retain", "whenScaled": "Retain" }),
            );
            or(
                spec,
                "updateStrategy",
                json!({ "type": "RollingUpdate", "rollingUpdate": { "partition": 0 } }),
            );
            if let Some(claims) = spec["volumeClaimTemplates"].as_array_mut() {
                for claim in claims {
                    or(claim, "apiVersion", "v1");
                    or(claim, "kind", "PersistentVolumeClaim");
                    or(&mut claim["spec"], "volumeMode", "Filesystem");
                    or(claim, "status", json!({ "phase": "Pending" }));
                }
            }
            template(spec);
        }
        ("apps", "daemonsets") => {
            let spec = &mut object["spec"];
            or(spec, "revisionHistoryLimit", 10);
            or(
                spec,
                "updateStrategy",
                json!({ "type": "RollingUpdate", "rollingUpdate": { "maxSurge": 0, "maxUnavailable": 1 } }),
            );
            template(spec);
        }
        ("batch", "jobs") => job(object, true),
        ("batch", "cronjobs") => {
            let spec = &mut object["spec"];
            or(spec, "concurrencyPolicy", "Allow");
            or(spec, "suspend", false);
            or(spec, "successfulJobsHistoryLimit", 3);
            or(spec, "failedJobsHistoryLimit", 1);
        }
        ("storage.k8s.io", "storageclasses") => {
            or(object, "reclaimPolicy", "Delete");
            or(object, "volumeBindingMode", "Immediate");
        }
        ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings") => {
            or(&mut object["roleRef"], "apiGroup", "rbac.authorization.k8s.io");
            for subject in object["subjects"].as_array_mut().into_iter().flatten() {
                if subject["kind"] != "ServiceAccount" {
                    or(subject, "apiGroup", "rbac.authorization.k8s.io");
                }
            }
        }
        ("autoscaling", "horizontalpodautoscalers") => or(&mut object["spec"], "minReplicas", 1),
        ("certificates.k8s.io", "certificatesigningrequests") => {
            or(&mut object["spec"], "usages", json!(["digital signature", "key encipherment"]));
        }
        ("apiextensions.k8s.io", "customresourcedefinitions") => {
            let spec = &mut object["spec"];
            or(spec, "conversion", json!({ "strategy": "None" }));
            let kind = spec["names"]["kind"].as_str().unwrap_or_default().to_owned();
            or(&mut spec["names"], "listKind", format!("{kind}List"));
            or(&mut spec["names"], "singular", kind.to_lowercase());
        }
        _ => {}
    }
    if let Some(custom) = &kind.custom {
        schema(&custom.schema, object);
    }
    bare(object);
}

/// Takes out fields that are null, which say nothing.
pub(crate) fn bare(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(bare);
        }
        Value::Array(items) => items.iter_mut().for_each(bare),
        _ => {}
    }
}

/// Fields that an update keeps where it says nothing of them, because the server gave them.
pub(crate) fn keep(kind: &Kind, live: &Value, object: &mut Value) {
    match (kind.group.as_str(), kind.plural.as_str()) {
        ("", "services") => {
            for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
                if object["spec"][field].is_null() && !live["spec"][field].is_null() {
                    object["spec"][field] = live["spec"][field].clone();
                }
            }
        }
        ("", "persistentvolumeclaims") => {
            object["spec"]["volumeName"] = match &object["spec"]["volumeName"] {
                Value::Null => live["spec"]["volumeName"].clone(),
                name => name.clone(),
            };
        }
        ("batch", "jobs") => {
            for field in ["selector"] {
                if object["spec"][field].is_null() {
                    object["spec"][field] = live["spec"][field].clone();
                }
            }
        }
        _ => {}
    }
}

fn template(spec: &mut Value) {
    if spec["template"].is_object() {
        or(&mut spec["template"], "metadata", json!({}));
        pod(&mut spec["template"]["spec"]);
    }
}

/// Fills in a job; its pods' labels only where it is one and not a template of one.
fn job(object: &mut Value, is_real: bool) {
    let uid = object["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
    let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let spec = &mut object["spec"];
    for field in ["parallelism", "completions"] {
        or(spec, field, 1);
    }
    or(spec, "backoffLimit", 6);
    or(spec, "completionMode", "NonIndexed");
    or(spec, "suspend", false);
    or(spec, "podReplacementPolicy", "TerminatingOrFailed");
    or(spec, "manualSelector", false);
    if is_real && !uid.is_empty() {
        or(spec, "selector", json!({ "matchLabels": { "batch.kubernetes.io/controller-uid": uid } }));
        let labels = &mut spec["template"]["metadata"]["labels"];
        for prefix in ["", "batch.kubernetes.io/"] {
            or(labels, &format!("{prefix}controller-uid"), uid.clone());
            or(labels, &format!("{prefix}job-name"), name.clone());
        }
    }
    template(spec);
}

fn pod(spec: &mut Value) {
    if !spec.is_object() {
        return;
    }
    or(spec, "restartPolicy", "Always");
    or(spec, "terminationGracePeriodSeconds", 30);
    or(spec, "dnsPolicy", "ClusterFirst");
    or(spec, "securityContext", json!({}));
    or(spec, "schedulerName", "default-scheduler");
    if let Some(account) = spec["serviceAccountName"].as_str().map(str::to_owned) {
        or(spec, "serviceAccount", account);
    }
    for list in ["initContainers", "containers"] {
        for container in spec[list].as_array_mut().into_iter().flatten() {
            or(container, "terminationMessagePath", "/dev/termination-log");
            or(container, "terminationMessagePolicy", "File");
            or(container, "resources", json!({}));
            let image = container["image"].as_str().unwrap_or_default();
            let last = image.rsplit('/').next().unwrap_or_default();
            let latest = image.ends_with(":latest") || (!last.contains(':') && !image.contains('@'));
            or(container, "imagePullPolicy", if latest { "Always" } else { "IfNotPresent" });
            for port in container["ports"].as_array_mut().into_iter().flatten() {
                or(port, "protocol", "TCP");
            }
            for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
                if container[probe].is_object() {
                    for (field, value) in [
                        ("timeoutSeconds", 1),
                        ("periodSeconds", 10),
                        ("successThreshold", 1),
                        ("failureThreshold", 3),
                    ] {
                        or(&mut container[probe], field, value);
                    }
                    if container[probe]["httpGet"].is_object() {
                        or(&mut container[probe]["httpGet"], "scheme", "HTTP");
                        or(&mut container[probe]["httpGet"], "path", "/");
                    }
                }
            }
            for variable in container["env"].as_array_mut().into_iter().flatten() {
                if variable["valueFrom"]["fieldRef"].is_object() {
                    or(&mut variable["valueFrom"]["fieldRef"], "apiVersion", "v1");
                }
            }
        }
    }
    for volume in spec["volumes"].as_array_mut().into_iter().flatten() {
        for source in ["configMap", "secret", "projected"] {
            if volume[source].is_object() {
                or(&mut volume[source], "defaultMode", 420);
            }
        }
        let only_name = volume.as_object().is_some_and(|fields| fields.len() == 1);
        if only_name {
            volume["emptyDir"] = json!({});
        }
    }
}

fn service(cluster: &mut Cluster, object: &mut Value) {
    or(object, "status", json!({ "loadBalancer": {} }));
    let spec = &mut object["spec"];
    or(spec, "type", "ClusterIP");
    or(spec, "sessionAffinity", "None");
    for port in spec["ports"].as_array_mut().into_iter().flatten() {
        or(port, "protocol", "TCP");
        let number = port["port"].clone();
        or(port, "targetPort", number);
    }
    if spec["type"] == "ExternalName" {
        return;
    }
    or(spec, "internalTrafficPolicy", "Cluster");
    or(spec, "ipFamilyPolicy", "SingleStack");
    or(spec, "ipFamilies", json!(["IPv4"]));
    if spec["clusterIP"].as_str().is_none_or(str::is_empty) {
        cluster.addresses += 1;
        spec["clusterIP"] =
            json!(format!("10.43.{}.{}", 1 + cluster.addresses / 250, 1 + cluster.addresses % 250));
    }
    let address = spec["clusterIP"].clone();
    or(spec, "clusterIPs", json!([address]));
    let kind = spec["type"].as_str().unwrap_or_default().to_owned();
    if kind == "NodePort" || kind == "LoadBalancer" {
        or(spec, "externalTrafficPolicy", "Cluster");
        for port in spec["ports"].as_array_mut().into_iter().flatten() {
            if port["nodePort"].as_u64().unwrap_or(0) == 0 {
                cluster.addresses += 1;
                port["nodePort"] = json!(30000 + cluster.addresses % 2767);
            }
        }
        if kind == "LoadBalancer" {
            or(spec, "allocateLoadBalancerNodePorts", true);
        }
    }
}

/// Defaults of a structural schema.
fn schema(schema: &Value, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
                if !fields.contains_key(name) && !inner["default"].is_null() {
                    fields.insert(name.clone(), inner["default"].clone());
                }
                if let Some(field) = fields.get_mut(name) {
                    self::schema(inner, field);
                }
            }
            let more = &schema["additionalProperties"];
            if more.is_object() {
                fields.values_mut().for_each(|field| self::schema(more, field));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| self::schema(&schema["items"], item)),
        _ => {}
    }
}
