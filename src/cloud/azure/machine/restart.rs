//! Changes that stop a machine for a while: another kind of machine, a larger system disk, another price.

use serde_json::{Value, json};

use super::super::disk;
use super::super::ids::canonical;
use super::super::request::{COMPUTE, Call, DISKS};
use super::super::virtual_machine;
use super::parts::Parts;
use super::standing::{Look, Standing};
use super::{AzureMachines, ready, seen};
use crate::cloud::{CloudError, NodeChange, NodeSeen, PoolPlace};
use crate::time::Patience;

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
            standing.machine =
                Some(self.client.patch(&parts.machine(), COMPUTE, machine, &change, patience).await?);
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
