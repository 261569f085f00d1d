//! Changes that stop a machine for a while: another kind of machine, a larger system disk, another price.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::client::{answer_of, meaning_of};
use super::super::disk;
use super::super::error_codes::Meaning;
use super::super::ids::canonical;
use super::super::request::{COMPUTE, Call, DISKS};
use super::super::{sku, usage, virtual_machine};
use super::parts::Parts;
use super::standing::{Look, Standing};
use super::{AzureMachines, ready, seen};
use crate::cloud::{CloudError, NodeChange, NodeSeen, PoolPlace};
use crate::time::Patience;

/// A machine that is stopped and has no place to start again says so as one does that cannot be made.
pub(super) fn or_no_capacity(error: CloudError, node: &str, change: &NodeChange) -> CloudError {
    match (meaning_of(&error), answer_of(&error)) {
        (Some(Meaning::Capacity), Some(answer)) => {
            let offer = change.sku.clone().unwrap_or_else(|| "its machine type".to_owned());
            CloudError::NoCapacity { node: node.to_owned(), tried: vec![(offer, answer.clone())] }
        }
        _ => error,
    }
}

impl AzureMachines {
    /// Stops, changes and starts a machine; what was done already is not done again.
    pub(super) async fn stop_and_start(
        &self,
        place: &PoolPlace,
        node: &str,
        change: &NodeChange,
        patience: &Patience,
    ) -> Result<NodeSeen, CloudError> {
        ready("the machine's restart", patience)?;
        let parts = Parts::of(&place.network_id, node);
        let look = Look { ipv4: true, ipv6: true, disks: Vec::new() };
        let standing = self.standing(&parts, &look, patience).await?;
        let mut standing = self.settled(&parts, standing, patience).await?;
        if standing.machine.is_none() {
            // Azure's own word for what is not there.
            self.client.send(&Call::get(&parts.machine(), COMPUTE), patience).await?;
        }
        let resize = change.sku.as_deref().filter(|sku| {
            let now = standing
                .machine
                .as_ref()
                .and_then(|now| now.pointer("/properties/hardwareProfile/vmSize")?.as_str());
            now.is_none_or(|now| !now.eq_ignore_ascii_case(sku))
        });
        let grow = change.os_disk_gb.filter(|size| {
            standing.os_disk.as_ref().is_some_and(|object| disk::growth(object, *size).is_some())
        });
        let reprice = change.spot.as_ref().filter(|spot| {
            standing.machine.as_ref().is_some_and(|now| virtual_machine::reprice(now, spot).is_some())
        });
        let stops = resize.is_some() || grow.is_some() || reprice.is_some();
        if stops {
            self.deallocate(&parts, &mut standing, patience).await?;
        }
        if let Some(sku) = resize
            && let Some(machine) = standing.machine.take()
        {
            let body = json!({ "properties": { "hardwareProfile": { "vmSize": sku } } });
            let change = |now: &Value| {
                let size = now.pointer("/properties/hardwareProfile/vmSize").and_then(Value::as_str);
                size.is_none_or(|size| !size.eq_ignore_ascii_case(sku)).then(|| body.clone())
            };
            let spot = virtual_machine::is_spot(&machine);
            let has = machine
                .pointer("/properties/hardwareProfile/vmSize")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            standing.machine =
                match self.client.patch(&parts.machine(), COMPUTE, machine, &change, patience).await {
                    Ok(machine) => Some(machine),
                    Err(error) => {
                        return Err(self.resize_refused(error, place, (&has, sku), spot, patience).await);
                    }
                };
        }
        if let Some(spot) = reprice
            && let Some(machine) = standing.machine.take()
        {
            let change = |now: &Value| virtual_machine::reprice(now, spot);
            standing.machine =
                Some(self.client.patch(&parts.machine(), COMPUTE, machine, &change, patience).await?);
        }
        if let Some(size) = grow
            && let Some(object) = standing.os_disk.take()
        {
            let id = canonical(object.get("id").and_then(Value::as_str).unwrap_or_default(), &parts.group);
            let change = |now: &Value| disk::growth(now, size);
            standing.os_disk = Some(self.client.patch(&id, DISKS, object, &change, patience).await?);
        }
        if stops || change.start {
            self.start_stopped(&parts, &mut standing, patience).await?;
        }
        Ok(seen::node(&parts, &standing))
    }

    /// The error of a resize; where a quota is in its way, with that quota's numbers.
    async fn resize_refused(
        &self,
        error: CloudError,
        place: &PoolPlace,
        (from, to): (&str, &str),
        spot: bool,
        patience: &Patience,
    ) -> CloudError {
        let Ok(skus) = self.all_skus(&place.location, patience).await else { return error };
        let needs =
            |name: &str| sku::find(&skus, name).map(|sku| usage::of_machine(sku, spot)).unwrap_or_default();
        let had: BTreeMap<String, u64> = needs(from).into_iter().collect();
        let more: Vec<(String, u64)> = needs(to)
            .into_iter()
            .map(|(name, count)| {
                let count = count.saturating_sub(had.get(&name).copied().unwrap_or_default());
                (name, count)
            })
            .filter(|(_, count)| *count > 0)
            .collect();
        self.or_quota(error, &more, &place.location, patience).await
    }

    async fn deallocate(
        &self,
        parts: &Parts,
        standing: &mut Standing,
        patience: &Patience,
    ) -> Result<(), CloudError> {
        if standing.power.as_deref() != Some("deallocated") {
            let call = Call::post(&format!("{}/deallocate", parts.machine()), COMPUTE);
            self.client.write(&call, patience).await?;
            // What is written next must be of the machine as it stands now.
            (standing.machine, standing.power) = self.machine(parts, patience).await?;
        }
        Ok(())
    }
}
