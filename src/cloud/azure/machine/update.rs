//! Changing a node in place.

use serde_json::Value;

use super::super::disk;
use super::super::ids::canonical;
use super::super::network_interface::{self, family};
use super::super::request::{DISKS, NETWORK};
use super::super::sku;
use super::parts::Parts;
use super::standing::Look;
use super::{AzureMachines, create, ready, seen};
use crate::cloud::{CloudError, NodeSeen, PoolPlan};
use crate::time::Patience;

impl AzureMachines {
    /// Compares what stands with the second plan and writes what differs.
    pub(super) async fn change(
        &self,
        from: &PoolPlan,
        to: &PoolPlan,
        seen: &NodeSeen,
        patience: &Patience,
    ) -> Result<NodeSeen, CloudError> {
        ready("the node's update", patience)?;
        let parts = Parts::of(&to.network_id, &seen.name);
        let look = Look {
            ipv4: from.public_ipv4 || to.public_ipv4,
            ipv6: from.public_ipv6 || to.public_ipv6,
            disks: to.data_disks.iter().map(|disk| disk.name.as_str()).collect(),
        };
        let standing = self.standing(&parts, &look, patience).await?;
        for one in standing.judged(&parts, &to.mark) {
            let known = seen.parts.iter().any(|id| super::super::ids::same(id, &one.id));
            if let (false, Err(reason)) = (known, one.ours) {
                return Err(CloudError::Stranger { id: one.id, reason });
            }
        }
        let mut standing = self.settled(&parts, standing, patience).await?;
        let zones = if to.public_ipv4 && standing.ipv4.is_none() || to.public_ipv6 && standing.ipv6.is_none()
        {
            sku::zones(&self.all_skus(&to.location, patience).await?)
        } else {
            Vec::new()
        };
        self.addresses(to, &parts, &zones, &from.tags, &mut standing, patience).await?;
        if let Some(card) = &standing.card {
            let tags = parts.tags(to, true);
            let address = |object: &Option<Value>| {
                object.as_ref().and_then(|one| one.get("id")?.as_str()).map(|id| canonical(id, &parts.group))
            };
            let (ipv4, ipv6) = (address(&standing.ipv4), address(&standing.ipv6));
            let has_ipv6 = family(card, true).subnet.is_some();
            let group = parts.security_group(&to.security_group);
            let wanted = network_interface::Wanted {
                location: &to.location,
                subnet: None,
                ipv6: has_ipv6 || to.public_ipv6,
                private_ipv4: None,
                security_group: &group,
                accelerated: None,
                public_ipv4: ipv4.as_deref().filter(|_| to.public_ipv4),
                public_ipv6: ipv6.as_deref().filter(|_| to.public_ipv6),
                tags: &tags,
            };
            self.card(&parts, &wanted, &from.tags, &mut standing, patience).await?;
        }
        for v6 in [false, true] {
            let wanted = if v6 { to.public_ipv6 } else { to.public_ipv4 };
            let slot = if v6 { &mut standing.ipv6 } else { &mut standing.ipv4 };
            if !wanted && let Some(object) = slot.take() {
                let id = object.get("id").and_then(Value::as_str).unwrap_or_default();
                self.remove_free(&canonical(id, &parts.group), NETWORK, patience).await?;
            }
        }
        let zone = create::machine_zone(&standing);
        self.data_disks(to, &parts, zone, &mut standing, patience).await?;
        self.amend(to, &parts, &mut standing, patience).await?;
        self.finish(to, &parts, &from.tags, &mut standing, patience).await?;
        // Last, because Azure refuses it while the machine runs: a restart does it then.
        if let Some(object) = standing.os_disk.take() {
            let id = canonical(object.get("id").and_then(Value::as_str).unwrap_or_default(), &parts.group);
            let change = |now: &Value| disk::growth(now, to.os_disk_gb);
            standing.os_disk = Some(self.client.patch(&id, DISKS, object, &change, patience).await?);
        }
        Ok(seen::node(&parts, &standing))
    }
}
