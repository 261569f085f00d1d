//! What a node's name keeps whatever machine it has: public addresses and data disks.

use azure_mgmt_network::package_2024_03::models::IpVersion;
use futures::future::join_all;
use serde_json::Value;

use super::super::disk;
use super::super::document::Place;
use super::super::operation::provisioning_state;
use super::super::public_ip;
use super::super::request::{Call, DISKS, NETWORK};
use super::super::tags::Tags;
use super::super::usage;
use super::AzureMachines;
use super::parts::Parts;
use super::standing::Standing;
use crate::cloud::{CloudError, PoolPlan};
use crate::time::Patience;

impl AzureMachines {
    /// The public addresses that a plan wants, both at once. They belong to no single zone where the
    /// region has zones: the node may get its next machine in another one.
    pub(super) async fn addresses(
        &self,
        plan: &PoolPlan,
        parts: &Parts,
        zones: &[String],
        dropped: &Tags,
        standing: &mut Standing,
        patience: &Patience,
    ) -> Result<(), CloudError> {
        // Azure takes one zone or all three.
        let zones = if zones.len() == 3 { zones } else { &[] };
        let tags = parts.tags(plan, true);
        let one = |v6: bool, wanted: bool, now: Option<Value>| {
            let tags = &tags;
            async move {
                if !wanted {
                    return Ok(now);
                }
                let id = parts.address(v6);
                let place = Place { id: &id, api: NETWORK, fresh_parent: false };
                let version = || if v6 { IpVersion::IPv6 } else { IpVersion::IPv4 };
                let change =
                    |now: Option<&Value>| public_ip::change_of(now, &plan.location, zones, version(), tags);
                let made = match self.client.bring(&place, now.as_ref(), &change, patience).await {
                    Ok(made) => made,
                    Err(failed) => {
                        let needs = usage::of_address();
                        return Err(self.or_quota(failed.error, &needs, &plan.location, patience).await);
                    }
                };
                Ok(Some(self.client.tag(&id, NETWORK, &made, tags, dropped, patience).await?))
            }
        };
        let (ipv4, ipv6) = tokio::join!(
            one(false, plan.public_ipv4, standing.ipv4.take()),
            one(true, plan.public_ipv6, standing.ipv6.take()),
        );
        (standing.ipv4, standing.ipv6) = (ipv4?, ipv6?);
        Ok(())
    }

    /// The data disks that a plan wants, all at once, in the machine's zone; those that stand only grow.
    pub(super) async fn data_disks(
        &self,
        plan: &PoolPlan,
        parts: &Parts,
        zone: Option<String>,
        standing: &mut Standing,
        patience: &Patience,
    ) -> Result<(), CloudError> {
        let brought = join_all(plan.data_disks.iter().map(|wanted| {
            let (now, zone) = (standing.data_disks.get(&wanted.name).cloned(), zone.as_deref());
            async move {
                let id = now.as_ref().and_then(|now| now.get("id")?.as_str()).map_or_else(
                    || parts.data_disk(&wanted.name),
                    |id| super::super::ids::canonical(id, &parts.group),
                );
                let broken = now.as_ref().is_some_and(|now| {
                    provisioning_state(now).eq_ignore_ascii_case("Failed") && disk::size_gb(now) == 0
                });
                let object = if let Some(now) = now.filter(|_| !broken) {
                    let change = |now: &Value| disk::growth(now, wanted.size_gb);
                    self.client.patch(&id, DISKS, now, &change, patience).await?
                } else {
                    let tags = parts.disk_tags(plan, &wanted.name, false);
                    let body = disk::new(&disk::Wanted {
                        location: &plan.location,
                        zone,
                        kind: wanted.kind,
                        size_gb: wanted.size_gb,
                        key: plan.encryption.key_id.as_deref(),
                        tags: &tags,
                    });
                    self.client.write(&Call::put(&id, DISKS, body), patience).await?
                };
                Ok::<_, CloudError>((wanted.name.clone(), object))
            }
        }))
        .await;
        for one in brought {
            standing.data_disks.extend([one?]);
        }
        Ok(())
    }
}
