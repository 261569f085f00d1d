//! The last requests of a node: tags on what came with the machine, and `ready` on the machine itself.

use futures::future::join_all;
use serde_json::{Value, json};

use super::super::ids::canonical;
use super::super::request::{COMPUTE, Call, DISKS};
use super::super::tags::{self, Tags};
use super::AzureMachines;
use super::parts::Parts;
use super::standing::Standing;
use crate::cloud::{CloudError, PoolPlan};
use crate::time::Patience;

impl AzureMachines {
    /// Tags the disks, and last the machine, which thereby says that all of the node is finished. Card
    /// and addresses have had their last tags since they were made: whether they are part of something
    /// finished is the machine's to say.
    pub(super) async fn finish(
        &self,
        plan: &PoolPlan,
        parts: &Parts,
        dropped: &Tags,
        standing: &mut Standing,
        patience: &Patience,
    ) -> Result<(), CloudError> {
        let disks = plan.data_disks.iter().filter_map(|wanted| {
            let object = standing.data_disks.get(&wanted.name)?;
            Some((Some(wanted.name.clone()), object.clone(), parts.disk_tags(plan, &wanted.name, true)))
        });
        let os_disk = os_disk(parts, standing).map(|object| (None, object, parts.tags(plan, true)));
        let all: Vec<(Option<String>, Value, Tags)> = disks.chain(os_disk).collect();
        let tagged = join_all(all.into_iter().map(|(name, object, wanted)| async move {
            let id = canonical(object.get("id").and_then(Value::as_str).unwrap_or_default(), &parts.group);
            Ok::<_, CloudError>((name, self.retag(&id, DISKS, object, &wanted, dropped, patience).await?))
        }))
        .await;
        for one in tagged {
            match one? {
                (Some(name), object) => {
                    standing.data_disks.insert(name, object);
                }
                (None, object) => standing.os_disk = Some(object),
            }
        }
        if let Some(machine) = standing.machine.take() {
            let wanted = parts.machine_tags(plan, true);
            let tagged = self.retag(&parts.machine(), COMPUTE, machine, &wanted, dropped, patience).await?;
            standing.machine = Some(tagged);
        }
        Ok(())
    }

    /// Lays tags over those of an object that may have been made a moment ago; no request where it has
    /// them.
    pub(super) async fn retag(
        &self,
        id: &str,
        api: &'static str,
        object: Value,
        wanted: &Tags,
        dropped: &Tags,
        patience: &Patience,
    ) -> Result<Value, CloudError> {
        let change = |now: &Value| {
            let has = tags::of(now);
            let shall = tags::laid_over(&has, wanted, dropped);
            (shall != has).then(|| json!({ "tags": shall }))
        };
        self.client.patch(id, api, object, &change, patience).await
    }

    /// The machine is started where it stands still.
    pub(super) async fn start_stopped(
        &self,
        parts: &Parts,
        standing: &mut Standing,
        patience: &Patience,
    ) -> Result<(), CloudError> {
        if matches!(standing.power.as_deref(), Some("deallocated" | "deallocating" | "stopped" | "stopping"))
        {
            let call = Call::post(&format!("{}/start", parts.machine()), COMPUTE);
            self.client.write(&call, patience).await?;
            standing.power = Some("running".to_owned());
        }
        Ok(())
    }
}

/// The system disk as it was read, or, of a machine that was made now, what is known of it.
fn os_disk(parts: &Parts, standing: &Standing) -> Option<Value> {
    if let Some(disk) = &standing.os_disk {
        return Some(disk.clone());
    }
    let disk = standing.machine.as_ref()?.pointer("/properties/storageProfile/osDisk")?;
    let id = disk
        .pointer("/managedDisk/id")
        .and_then(Value::as_str)
        .map_or_else(|| parts.os_disk(), str::to_owned);
    Some(json!({ "id": id }))
}
