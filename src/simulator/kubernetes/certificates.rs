//! Requests for certificates: what is approved is signed by the cluster's authority.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use time::Duration;

use super::super::clock::Clock;
use super::authority::subject;
use super::cluster::Cluster;
use super::workloads::{condition, text};

/// A year, which is what the controller gives where nothing is asked for.
const LONGEST: i64 = 365 * 24 * 3600;

/// Signs what is approved.
pub(crate) fn settle(cluster: &mut Cluster, clock: &Clock, now: &str) {
    for (key, request) in cluster.objects("certificates.k8s.io", "certificatesigningrequests", "") {
        let signed = request["status"]["certificate"].is_string();
        if signed || !condition(&request, "Approved") || condition(&request, "Failed") {
            continue;
        }
        if request["spec"]["signerName"] != "kubernetes.io/kube-apiserver-client" {
            continue;
        }
        let seconds = request["spec"]["expirationSeconds"].as_i64().unwrap_or(LONGEST).clamp(600, LONGEST);
        let pem = STANDARD
            .decode(text(&request["spec"]["request"]))
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        let masters = |pem: &String| {
            subject(pem).is_none_or(|user| user.groups.iter().any(|group| group == "system:masters"))
        };
        let made = pem
            .filter(|pem| !masters(pem))
            .and_then(|pem| cluster.authority.sign(&pem, clock.now(), Duration::seconds(seconds)).ok());
        cluster.change(&key, |request| {
            if let Some(certificate) = made {
                request["status"]["certificate"] = json!(STANDARD.encode(certificate));
                return;
            }
            let failed = json!({
                "type": "Failed", "status": "True", "reason": "SignerValidationFailure",
                "message": "invalid usage for client certificate, or system:masters is not allowed",
                "lastTransitionTime": now, "lastUpdateTime": now,
            });
            if let Some(conditions) = request["status"]["conditions"].as_array_mut() {
                conditions.push(failed);
            }
        });
    }
}
