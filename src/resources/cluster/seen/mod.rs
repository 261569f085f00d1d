//! `data.bud_cluster`: what a cluster says of itself now, or why it says nothing.

mod declaration;
mod node;
mod snapshot;

pub(in crate::resources) use declaration::source;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;

use self::declaration::{ClusterSeenSpec, ClusterSeenStatus};
use crate::diagnostics::Diagnostics;
use crate::kube::node::nodes;
use crate::kube::{Client, KubeError, Selector};
use crate::lifecycle::Source;
use crate::resources::clusters::{self, Clusters, Way};
use crate::schema::{Attributes, DataSource, Planned};
use crate::time::Patience;
use crate::value::{Path, Value};

/// How long the cluster is asked before it counts as one that does not answer.
const LIMIT: Duration = Duration::from_secs(60);

/// The data source, bound to the configured provider.
pub(in crate::resources) struct Seen {
    clusters: Arc<Clusters>,
}

impl Seen {
    pub(in crate::resources) fn new(clusters: Arc<Clusters>) -> Self {
        Self { clusters }
    }
}

#[async_trait]
impl Source for Seen {
    fn schema(&self) -> &DataSource {
        static SOURCE: LazyLock<DataSource> = LazyLock::new(declaration::source);
        &SOURCE
    }

    fn limit(&self) -> Duration {
        LIMIT
    }

    fn validate(&self, _: &Value) -> Diagnostics {
        Diagnostics::none()
    }

    async fn read(&self, object: &Value, patience: &Patience) -> Result<(Value, Diagnostics), Diagnostics> {
        let spec = ClusterSeenSpec::from_object(object, &Path::root())
            .map_err(|unread| unread.into_diagnostic(&Path::root()))?;
        let status = match self.clusters.of(&Planned::Known(spec.kubeconfig.clone())) {
            Way::Open(client) => {
                let client = client.within(patience);
                match look(&client).await {
                    Ok(status) => status,
                    Err(error) => match clusters::unseen(&error) {
                        Some(reason) => {
                            ClusterSeenStatus { endpoint: Some(client.server()), ..silent(reason) }
                        }
                        None => return Err(clusters::explain(&error, "Looking at the cluster").into()),
                    },
                }
            }
            Way::NotKnown => silent(
                "The provider's kubernetes block is not known yet, so the cluster was not asked.".to_owned(),
            ),
            Way::NoFile(problem) => silent(problem.detail),
            Way::Unusable(problem) => return Err(problem.into()),
        };
        let mut state = BTreeMap::new();
        spec.write_into(&mut state);
        status.write_into(&mut state);
        Ok((Value::Map(state), Diagnostics::none()))
    }
}

/// A cluster that was not asked, or did not answer.
fn silent(reason: String) -> ClusterSeenStatus {
    ClusterSeenStatus {
        reachable: false,
        reason: Some(reason),
        endpoint: None,
        cluster_uid: None,
        kubernetes_version: None,
        nodes: BTreeMap::new(),
        etcd_members: Vec::new(),
        snapshots: BTreeMap::new(),
    }
}

async fn look(client: &Client) -> Result<ClusterSeenStatus, KubeError> {
    let listed = client.list(&nodes(), None, &Selector::default()).await?;
    let version = client.version().await?;
    // Whoever may list nodes need not be allowed the rest.
    let allowed = |error: &KubeError| matches!(error, KubeError::Forbidden { .. });
    let cluster_uid = match client.cluster_uid().await {
        Ok(uid) => Some(uid),
        Err(error) if allowed(&error) => None,
        Err(error) => return Err(error),
    };
    let snapshots = match snapshot::list(client).await {
        Err(error) if allowed(&error) => BTreeMap::new(),
        listed => listed?,
    };
    let named = |one: &serde_json::Value| node::text(&one["metadata"]["name"]);
    let mut etcd_members: Vec<String> = listed
        .items
        .iter()
        .filter(|one| node::labels(one).get(node::ETCD).is_some_and(|value| value == "true"))
        .filter_map(named)
        .collect();
    etcd_members.sort();
    Ok(ClusterSeenStatus {
        reachable: true,
        reason: None,
        endpoint: Some(client.server()),
        cluster_uid,
        kubernetes_version: Some(version.git_version),
        nodes: listed.items.iter().filter_map(|one| Some((named(one)?, node::read(one)))).collect(),
        etcd_members,
        snapshots,
    })
}
