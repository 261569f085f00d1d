//! What stands in the cloud where one node's parts are or would be.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use serde_json::Value;

use super::super::client::answer_of;
use super::super::error_codes;
use super::super::ids::{self, canonical, same};
use super::super::network_interface::family;
use super::super::operation::{self, Watch, provisioning_state};
use super::super::request::{COMPUTE, Call, DISKS, NETWORK};
use super::super::tags::{self, Tags};
use super::super::virtual_machine;
use super::AzureMachines;
use super::known::power_of;
use super::parts::Parts;
use crate::cloud::{CloudError, Mark, Owner, PartFound};
use crate::time::Patience;

/// The objects as Azure shows them.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    /// The machine.
    pub(super) machine: Option<Value>,
    /// The word for its power.
    pub(super) power: Option<String>,
    /// The network card.
    pub(super) card: Option<Value>,
    /// The public IPv4 address.
    pub(super) ipv4: Option<Value>,
    /// The public IPv6 address.
    pub(super) ipv6: Option<Value>,
    /// The system disk.
    pub(super) os_disk: Option<Value>,
    /// Data disks by their name inside the node.
    pub(super) data_disks: BTreeMap<String, Value>,
}

/// A part with what it is, in Azure's noun.
pub(super) struct Part<'a> {
    /// Noun.
    pub(super) noun: &'static str,
    /// Id.
    pub(super) id: String,
    /// Api-version.
    pub(super) api: &'static str,
    /// The object.
    pub(super) object: &'a Value,
}

impl Standing {
    /// All parts that stand, the machine first.
    pub(super) fn all(&self, parts: &Parts) -> Vec<Part<'_>> {
        let id = |object: &Value| {
            canonical(object.get("id").and_then(Value::as_str).unwrap_or_default(), &parts.group)
        };
        let named = [
            ("virtual machine", COMPUTE, &self.machine),
            ("network interface", NETWORK, &self.card),
            ("public address", NETWORK, &self.ipv4),
            ("public address", NETWORK, &self.ipv6),
            ("system disk", DISKS, &self.os_disk),
        ];
        named
            .into_iter()
            .filter_map(|(noun, api, object)| Some((noun, api, object.as_ref()?)))
            .chain(self.data_disks.values().map(|object| ("data disk", DISKS, object)))
            .map(|(noun, api, object)| Part { noun, id: id(object), api, object })
            .collect()
    }

    /// Ids of all parts that stand.
    pub(super) fn ids(&self, parts: &Parts) -> Vec<String> {
        self.all(parts).into_iter().map(|part| part.id).collect()
    }

    /// What stands, and whether it is ours to take over.
    pub(super) fn judged(&self, parts: &Parts, mark: &Mark) -> Vec<PartFound> {
        let machine = self.machine.as_ref().map(tags::of);
        let open: Vec<Owner> = machine
            .iter()
            .filter(|tags| !tags::finished(tags))
            .filter_map(tags::mark)
            .filter(|its| its.resource == mark.resource && !its.owner.0.is_empty())
            .map(|its| its.owner)
            .collect();
        let machine_is_ours =
            machine.as_ref().is_some_and(|tags| self::claim(parts, tags, mark, false, &[]).is_ok());
        let judge = |part: Part<'_>| {
            let tags = tags::of(part.object);
            let ours = match part.noun {
                // It is made with its machine and carries no tags until the machine is finished.
                "system disk" if tags::mark(&tags).is_none() => {
                    let its = super::super::disk::machine_of(part.object)
                        .is_some_and(|id| same(id, &parts.machine()));
                    if its && machine_is_ours { Ok(()) } else { claim(parts, &tags, mark, true, &open) }
                }
                // Data outlives machines: without a machine it is not yet what an interrupted create left.
                "virtual machine" | "data disk" => claim(parts, &tags, mark, false, &open),
                _ => claim(parts, &tags, mark, self.machine.is_none(), &open),
            };
            PartFound { node: parts.node.clone(), noun: part.noun, id: part.id, ours }
        };
        self.all(parts).into_iter().map(judge).collect()
    }
}

fn claim(parts: &Parts, tags: &Tags, mark: &Mark, remains: bool, open: &[Owner]) -> Result<(), String> {
    tags::claim(tags, mark, remains, open)?;
    let network = tags::get(tags, Mark::NETWORK).unwrap_or_default();
    if !network.eq_ignore_ascii_case(ids::name(&parts.network)) {
        return Err(format!("it belongs to a pool of network {network:?}"));
    }
    match tags::get(tags, Mark::NODE) {
        Some(node) if node == parts.node => Ok(()),
        other => Err(format!("it belongs to node {:?}", other.unwrap_or_default())),
    }
}

/// Which data disks and addresses are looked at.
pub(super) struct Look<'a> {
    /// The public IPv4 address.
    pub(super) ipv4: bool,
    /// The public IPv6 address.
    pub(super) ipv6: bool,
    /// Data disks by their name inside the node.
    pub(super) disks: Vec<&'a str>,
}

impl AzureMachines {
    /// Reads a node's parts, all at once, then what they name that is not under our names.
    pub(super) async fn standing(
        &self,
        parts: &Parts,
        look: &Look<'_>,
        patience: &Patience,
    ) -> Result<Standing, CloudError> {
        let (card, os_disk) = (parts.card(), parts.os_disk());
        let address = |wanted: bool, v6: bool| async move {
            if wanted { self.client.read(&parts.address(v6), NETWORK, patience).await } else { Ok(None) }
        };
        let disks = join_all(look.disks.iter().map(|name| async move {
            Ok::<_, CloudError>((
                (*name).to_owned(),
                self.client.read(&parts.data_disk(name), DISKS, patience).await?,
            ))
        }));
        let (machine, card, ipv4, ipv6, os_disk, disks) = tokio::join!(
            self.machine(parts, patience),
            self.client.read(&card, NETWORK, patience),
            address(look.ipv4, false),
            address(look.ipv6, true),
            self.client.read(&os_disk, DISKS, patience),
            disks,
        );
        let (machine, power) = machine?;
        let mut standing = Standing {
            machine,
            power,
            card: card?,
            ipv4: ipv4?,
            ipv6: ipv6?,
            os_disk: os_disk?,
            data_disks: BTreeMap::new(),
        };
        for one in disks {
            let (name, object) = one?;
            standing.data_disks.extend(object.map(|object| (name, object)));
        }
        self.follow_names(parts, standing, patience).await
    }

    /// The machine and the word for its power; none where it does not exist.
    pub(super) async fn machine(
        &self,
        parts: &Parts,
        patience: &Patience,
    ) -> Result<(Option<Value>, Option<String>), CloudError> {
        let call = Call::get(&parts.machine(), COMPUTE).with("$expand", "instanceView");
        match Box::pin(self.client.send(&call, patience)).await {
            Ok(success) => {
                let power = power_of(&success.body);
                Ok((Some(success.body), power))
            }
            Err(failed) if answer_of(&failed.error).is_some_and(error_codes::is_missing) => Ok((None, None)),
            Err(failed) => Err(failed.error),
        }
    }

    /// Reads what a machine and its card name and what is not there yet: others name things otherwise.
    pub(super) async fn follow_names(
        &self,
        parts: &Parts,
        mut standing: Standing,
        patience: &Patience,
    ) -> Result<Standing, CloudError> {
        let has = |object: &Option<Value>, id: &str| {
            object.as_ref().and_then(|object| object.get("id")?.as_str()).is_some_and(|own| same(own, id))
        };
        let Some(machine) = standing.machine.clone() else {
            return self.follow_card(standing, patience).await;
        };
        let named = |path: &str| machine.pointer(path).and_then(Value::as_str);
        if let Some(id) = named("/properties/networkProfile/networkInterfaces/0/id")
            && !has(&standing.card, id)
        {
            standing.card = self.client.read(id, NETWORK, patience).await?;
        }
        if let Some(id) = named("/properties/storageProfile/osDisk/managedDisk/id")
            && !has(&standing.os_disk, id)
        {
            standing.os_disk = self.client.read(id, DISKS, patience).await?;
        }
        for (id, _) in virtual_machine::data_disks(&machine) {
            let known = standing.data_disks.values().any(|object| has(&Some(object.clone()), &id));
            if !known && let Some(object) = self.client.read(&id, DISKS, patience).await? {
                standing.data_disks.insert(disk_name(parts, &object), object);
            }
        }
        self.follow_card(standing, patience).await
    }

    async fn follow_card(&self, mut standing: Standing, patience: &Patience) -> Result<Standing, CloudError> {
        let Some(card) = &standing.card else { return Ok(standing) };
        for v6 in [false, true] {
            let Some(id) = family(card, v6).public else { continue };
            let slot = if v6 { &mut standing.ipv6 } else { &mut standing.ipv4 };
            let known =
                slot.as_ref().and_then(|object| object.get("id")?.as_str()).is_some_and(|own| same(own, &id));
            if !known {
                *slot = self.client.read(&id, NETWORK, patience).await?;
            }
        }
        Ok(standing)
    }

    /// Waits until a machine is neither being made nor changed nor removed.
    pub(super) async fn settled(
        &self,
        parts: &Parts,
        mut standing: Standing,
        patience: &Patience,
    ) -> Result<Standing, CloudError> {
        let mut asks = 0;
        while let Some(machine) = &standing.machine {
            let state = provisioning_state(machine).to_owned();
            if ["Succeeded", "Failed", "Canceled", ""].iter().any(|end| state.eq_ignore_ascii_case(end)) {
                break;
            }
            let pause =
                operation::pause(&Watch::Object, asks, None, patience.left()).min(Duration::from_secs(10));
            asks += 1;
            patience.pause(pause).await.map_err(|why| CloudError::Waited {
                what: format!("an earlier change of {}", parts.machine()),
                last_seen: format!("provisioningState {state}"),
                why,
            })?;
            (standing.machine, standing.power) = self.machine(parts, patience).await?;
        }
        Ok(standing)
    }
}

/// The name of a data disk inside its node.
pub(super) fn disk_name(parts: &Parts, object: &Value) -> String {
    let own = object.get("name").and_then(Value::as_str);
    let own = own.or_else(|| object.get("id")?.as_str().map(ids::name)).unwrap_or_default();
    let tags = tags::of(object);
    let short = own.strip_prefix(&format!("{}-data-", parts.node)).unwrap_or(own);
    tags::get(&tags, Mark::DISK).unwrap_or(short).to_owned()
}
