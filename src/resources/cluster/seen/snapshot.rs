//! Snapshots of etcd, as k3s lists them in the cluster.
//!
//! Source: the kind `ETCDSnapshotFile` of `k3s.cattle.io/v1`.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::declaration::SnapshotSeen;
use super::node::text;
use crate::kube::{Client, KubeError, Selector};
use crate::outcome::Presence;

/// All of them by name; none where the cluster does not know the kind.
pub(super) async fn list(client: &Client) -> Result<BTreeMap<String, SnapshotSeen>, KubeError> {
    let Presence::Here(kind) = client.kind("k3s.cattle.io/v1", "ETCDSnapshotFile").await? else {
        return Ok(BTreeMap::new());
    };
    let listed = client.list(&kind, None, &Selector::default()).await?;
    Ok(listed.items.iter().filter_map(read).collect())
}

fn read(object: &Json) -> Option<(String, SnapshotSeen)> {
    let (spec, status) = (&object["spec"], &object["status"]);
    let name = text(&spec["snapshotName"]).or_else(|| text(&object["metadata"]["name"]))?;
    let seen = SnapshotSeen {
        node: text(&spec["nodeName"]),
        location: text(&spec["location"]),
        size: text(&status["size"]),
        created_at: text(&status["creationTime"]),
        ready: status["readyToUse"] == true,
        error: text(&status["error"]["message"]),
    };
    Some((name, seen))
}
