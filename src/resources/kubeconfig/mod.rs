//! `ephemeral.bud_kubeconfig`: a kubeconfig for a limited role and a limited time, which is never stored.

mod declaration;
mod text;

pub(super) use declaration::ephemeral;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use ::time::format_description::well_known::Rfc3339;
use async_trait::async_trait;

use self::declaration::{KubeconfigSpec, KubeconfigStatus};
use super::clusters::{self, Clusters, Way};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::kube::SHORTEST_TOKEN;
use crate::lifecycle::Opening;
use crate::outcome::Presence;
use crate::schema::{Attributes, Draft, Ephemeral, Planned};
use crate::time::Patience;
use crate::value::{Path, Value};

/// Where the service accounts of the whole cluster are.
const NAMESPACE: &str = "kube-system";

/// The ephemeral resource, bound to the configured provider.
pub(super) struct Kubeconfig {
    clusters: Arc<Clusters>,
}

impl Kubeconfig {
    pub(super) fn new(clusters: Arc<Clusters>) -> Self {
        Self { clusters }
    }
}

#[async_trait]
impl Opening for Kubeconfig {
    fn schema(&self) -> &Ephemeral {
        static EPHEMERAL: LazyLock<Ephemeral> = LazyLock::new(declaration::ephemeral);
        &EPHEMERAL
    }

    fn limit(&self) -> Duration {
        Duration::from_secs(120)
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::none();
        let draft = Draft::root(config);
        let duration: Option<Duration> = draft.get("duration", &mut diagnostics);
        if duration.is_some_and(|duration| duration < SHORTEST_TOKEN) {
            let problem =
                "Kubernetes gives no token for less than ten minutes. Set duration to at least \"10m\".";
            diagnostics.push(Diagnostic::error("Duration is too short", problem).at(Path::of("duration")));
        }
        let role: Option<String> = draft.get("role", &mut diagnostics);
        if role.is_some_and(|role| role.trim().is_empty()) {
            let problem = "role names a ClusterRole, such as view.";
            diagnostics.push(Diagnostic::error("Empty name", problem).at(Path::of("role")));
        }
        diagnostics
    }

    async fn open(&self, object: &Value, patience: &Patience) -> Result<Value, Diagnostics> {
        let spec = KubeconfigSpec::from_object(object, &Path::root())
            .map_err(|unread| unread.into_diagnostic(&Path::root()))?;
        let client = match self.clusters.of(&Planned::Known(Some(spec.kubeconfig.clone()))) {
            Way::Open(client) => client.within(patience),
            Way::Unusable(problem) | Way::NoFile(problem) => return Err(problem.into()),
            Way::NotKnown => return Err(super::explain::not_configured().into()),
        };
        let Some(way) = text::Way::of(&spec.kubeconfig) else {
            let problem = "The kubeconfig has no current context, so it says no cluster.";
            return Err(Diagnostic::error("Bad kubeconfig", problem).at(Path::of("kubeconfig")).into());
        };
        let account = format!("bud-{}", spec.role);
        let namespace = spec.namespace.as_deref().unwrap_or(NAMESPACE);
        let asked = client.token(namespace, &account, spec.duration).await;
        let token = match asked.map_err(|error| clusters::explain(&error, "Requesting a token"))? {
            Presence::Here(token) => token,
            Presence::Gone | Presence::Unseen(_) => return Err(no_account(&spec, namespace, &account).into()),
        };
        let expires_at = token
            .expires
            .format(&Rfc3339)
            .map_err(|_| Diagnostic::bug("The end of a token cannot be written."))?;
        let status = KubeconfigStatus {
            limited_kubeconfig: way.with(&account, &token.token, spec.namespace.as_deref()),
            host: way.server().map_or_else(|| client.server(), str::to_owned),
            cluster_ca_certificate: way.authority(),
            token: token.token,
            expires_at,
        };
        let mut opened = BTreeMap::new();
        spec.write_into(&mut opened);
        // As it was written: a host takes nothing else for what is configured.
        opened.insert("duration".to_owned(), object.get("duration").clone());
        status.write_into(&mut opened);
        Ok(Value::Map(opened))
    }
}

/// There is no service account for the role.
fn no_account(spec: &KubeconfigSpec, namespace: &str, account: &str) -> Diagnostic {
    let binding = match &spec.namespace {
        Some(_) => format!("rolebinding {account} -n {namespace}"),
        None => format!("clusterrolebinding {account}"),
    };
    Diagnostic::error(
        "No service account for the role",
        format!(
            "There is no service account {account} in the namespace {namespace}, or no such namespace. Opening a \
             kubeconfig changes nothing in a cluster, so it must be there before:\n\n  kubectl create serviceaccount \
             {account} -n {namespace}\n  kubectl create {binding} --clusterrole={} --serviceaccount={namespace}:{account}",
            spec.role
        ),
    )
    .at(Path::of("role"))
}
