//! Credential plugins: the program that a kubeconfig names, run to say who we are.
//!
//! The protocol is client.authentication.k8s.io, v1 and v1beta1. The program has no terminal: its
//! standard input is empty and what it prints on its standard error goes into our error.

use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::super::error::KubeError;
use super::target::{ClusterEntry, Plugin};
use super::tls::{Shown, shown};
use crate::secret::Secret;

/// How long a plugin may take: 60 s, as long as one of them waits for a cloud's identity service at worst.
const LIMIT: Duration = Duration::from_secs(60);

/// The most that is shown of what a plugin printed on its standard error, in bytes.
const SHOWN: usize = 1_000;

/// What a plugin gave.
pub(super) struct Credential {
    pub(super) token: Option<Secret>,
    pub(super) certificate: Option<Shown>,
    pub(super) until: Option<OffsetDateTime>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "apiVersion")]
    api_version: String,
    kind: String,
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    expiration_timestamp: Option<String>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

/// Runs the plugin.
pub(super) async fn run(plugin: &Plugin, cluster: &ClusterEntry) -> Result<Credential, KubeError> {
    let printed = printed(plugin, cluster).await?;
    // JSON is what the protocol asks for; some plugins print YAML, which clients of Go accept. The text of
    // the error could quote the credential.
    let answer: Answer = serde_norway::from_slice(&printed)
        .map_err(|_| failed(plugin, "what it printed is no ExecCredential"))?;
    if answer.kind != "ExecCredential" || answer.api_version != plugin.api_version {
        let reason = format!(
            "it printed {} {}, and ExecCredential {} was asked for",
            answer.kind, answer.api_version, plugin.api_version
        );
        return Err(failed(plugin, reason));
    }
    let status = answer.status.ok_or_else(|| failed(plugin, "its ExecCredential has no status"))?;
    let until = status
        .expiration_timestamp
        .map(|text| OffsetDateTime::parse(&text, &Rfc3339))
        .transpose()
        .map_err(|_| failed(plugin, "its expirationTimestamp is no RFC 3339 time"))?;
    let certificate = match (status.client_certificate_data, status.client_key_data) {
        (Some(chain), Some(key)) => {
            Some(shown(chain.as_bytes(), key.as_bytes()).map_err(|reason| failed(plugin, reason))?)
        }
        (None, None) => None,
        _ => {
            return Err(failed(
                plugin,
                "it gave a certificate without a key, or a key without a certificate",
            ));
        }
    };
    let token = status.token.filter(|token| !token.is_empty()).map(Secret::new);
    if token.is_none() && certificate.is_none() {
        return Err(failed(plugin, "it gave neither a token nor a certificate"));
    }
    Ok(Credential { token, certificate, until })
}

#[allow(
    clippy::disallowed_methods,
    reason = "the kubeconfig's owner names this program as the way to log in"
)]
async fn printed(plugin: &Plugin, cluster: &ClusterEntry) -> Result<Vec<u8>, KubeError> {
    let mut command = tokio::process::Command::new(&plugin.command);
    command
        .args(&plugin.args)
        .envs(plugin.env.iter().map(|variable| (&variable.name, &variable.value)))
        .env("KUBERNETES_EXEC_INFO", asked(plugin, cluster).to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let output = match tokio::time::timeout(LIMIT, command.output()).await {
        Err(_) => return Err(passing(plugin, format!("it did not end within {} s", LIMIT.as_secs()))),
        Ok(Err(error)) => {
            let mut reason = format!("it cannot be run: {error}");
            if let Some(hint) = &plugin.install_hint {
                reason = format!("{reason}; {}", hint.trim());
            }
            return Err(failed(plugin, reason));
        }
        Ok(Ok(output)) => output,
    };
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim();
    let start = said.char_indices().map(|(at, _)| at).find(|at| said.len() - at <= SHOWN).unwrap_or(0);
    Err(passing(plugin, format!("it ended with {}: {}", output.status, &said[start..])))
}

/// What the plugin is told, in `KUBERNETES_EXEC_INFO`.
fn asked(plugin: &Plugin, cluster: &ClusterEntry) -> Value {
    let mut spec = json!({ "interactive": false });
    if plugin.provide_cluster_info {
        let mut told = json!({ "server": cluster.server });
        let mut tell = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                told[key] = value;
            }
        };
        tell("tls-server-name", cluster.tls_server_name.clone().map(Value::from));
        tell("insecure-skip-tls-verify", cluster.insecure_skip_tls_verify.then_some(true.into()));
        tell("certificate-authority-data", cluster.certificate_authority_data.clone().map(Value::from));
        tell("proxy-url", cluster.proxy_url.clone().map(Value::from));
        spec["cluster"] = told;
    }
    json!({ "apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": spec })
}

fn failed(plugin: &Plugin, reason: impl Into<String>) -> KubeError {
    KubeError::Login {
        source_name: format!("plugin {:?}", plugin.command),
        reason: reason.into(),
        passing: false,
    }
}

/// A plugin that ended with a failure may have met a network that is down: nobody but its own words knows.
fn passing(plugin: &Plugin, reason: String) -> KubeError {
    KubeError::Login { source_name: format!("plugin {:?}", plugin.command), reason, passing: true }
}
