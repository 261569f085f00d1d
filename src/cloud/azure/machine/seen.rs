//! A node in the words that clouds share.

use std::net::IpAddr;

use serde_json::Value;

use super::super::network_interface::family;
use super::super::operation::provisioning_state;
use super::super::{disk, ids, image, public_ip, tags, virtual_machine};
use super::parts::Parts;
use super::standing::Standing;
use crate::cloud::{DataDiskSeen, MachineSeen, Mark, NodeSeen, Power};

/// What stands of a node, told.
pub(super) fn node(parts: &Parts, standing: &Standing) -> NodeSeen {
    let card = standing.card.as_ref();
    let (v4, v6) = (
        card.map(|card| family(card, false)).unwrap_or_default(),
        card.map(|card| family(card, true)).unwrap_or_default(),
    );
    let public = |object: &Option<Value>| {
        object.as_ref().and_then(public_ip::address).and_then(|text| text.parse::<IpAddr>().ok())
    };
    let (public4, public6) = (public(&standing.ipv4), public(&standing.ipv6));
    let marked = standing.machine.as_ref().or(card).or(standing.ipv4.as_ref()).or(standing.ipv6.as_ref());
    let marked = marked.or_else(|| standing.data_disks.values().next()).or(standing.os_disk.as_ref());
    let own_tags = marked.map(tags::of).unwrap_or_default();
    let group = card.and_then(|card| card.pointer("/properties/networkSecurityGroup/id")?.as_str());
    NodeSeen {
        name: parts.node.clone(),
        machine: standing.machine.as_ref().map(|machine| self::machine(parts, machine, standing)),
        private_ipv4: v4.private.and_then(|address| match address {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        }),
        private_ipv6: v6.private.and_then(|address| match address {
            IpAddr::V6(address) => Some(address),
            IpAddr::V4(_) => None,
        }),
        public_ipv4: public4
            .and_then(|address| if let IpAddr::V4(address) = address { Some(address) } else { None }),
        public_ipv6: public6
            .and_then(|address| if let IpAddr::V6(address) = address { Some(address) } else { None }),
        subnet: v4.subnet.or(v6.subnet).map(|id| ids::name(&id).to_owned()),
        security_group: group.map(|id| parts.group_name(id)),
        accelerated_networking: card
            .and_then(|card| card.pointer("/properties/enableAcceleratedNetworking")?.as_bool())
            .unwrap_or(false),
        data_disks: data_disks(parts, standing),
        mark: tags::mark(&own_tags),
        recorded: tags::recorded(&own_tags),
        tags: tags::of_others(&own_tags),
        cluster: standing
            .machine
            .as_ref()
            .and_then(|machine| tags::get(&tags::of(machine), Mark::CLUSTER).map(str::to_owned)),
        parts: standing.ids(parts),
    }
}

fn data_disks(parts: &Parts, standing: &Standing) -> std::collections::BTreeMap<String, DataDiskSeen> {
    let attached = standing.machine.as_ref().map(virtual_machine::data_disks).unwrap_or_default();
    let of = |(name, object): (&String, &Value)| {
        let id = ids::canonical(object.get("id")?.as_str()?, &parts.group);
        let lun = attached.iter().find(|(other, _)| ids::same(other, &id)).and_then(|(_, lun)| *lun);
        let seen = DataDiskSeen { id, size_gb: disk::size_gb(object), kind: disk::kind_of(object), lun };
        Some((name.clone(), seen))
    };
    standing.data_disks.iter().filter_map(of).collect()
}

fn machine(parts: &Parts, machine: &Value, standing: &Standing) -> MachineSeen {
    let text = |path: &str| machine.pointer(path).and_then(Value::as_str);
    let flag = |path: &str| machine.pointer(path).and_then(Value::as_bool).unwrap_or(false);
    let own_tags = tags::of(machine);
    let os_disk = standing.os_disk.as_ref();
    let size = machine.pointer("/properties/storageProfile/osDisk/diskSizeGB").and_then(Value::as_u64);
    let kind = text("/properties/storageProfile/osDisk/managedDisk/storageAccountType");
    MachineSeen {
        id: parts.machine(),
        sku: text("/properties/hardwareProfile/vmSize").unwrap_or_default().to_owned(),
        zone: text("/zones/0").map(str::to_owned),
        spot: virtual_machine::is_spot(machine),
        // Azure's word for "up to the ordinary price" is -1.
        max_price: machine
            .pointer("/properties/billingProfile/maxPrice")
            .and_then(Value::as_f64)
            .filter(|price| *price > 0.0),
        power: power(machine, standing.power.as_deref()),
        image: image::of_machine(machine),
        // The disk's own size is newer; a stopped machine does not always say it.
        os_disk_gb: os_disk
            .map(disk::size_gb)
            .or_else(|| size.and_then(|size| u32::try_from(size).ok()))
            .unwrap_or_default(),
        os_disk_kind: os_disk.and_then(disk::kind_of).or_else(|| kind.and_then(disk::kind)),
        admin_username: text("/properties/osProfile/adminUsername").unwrap_or_default().to_owned(),
        host_key: tags::get(&own_tags, Mark::SSH_HOST_KEY).map(str::to_owned),
        secure_boot: flag("/properties/securityProfile/uefiSettings/secureBootEnabled"),
        vtpm: flag("/properties/securityProfile/uefiSettings/vTpmEnabled"),
        identities: virtual_machine::identities(machine),
        finished: tags::finished(&own_tags),
    }
}

/// Whether a machine runs. A spot machine that is stopped for good was taken back: nobody else does that.
pub(super) fn power(machine: &Value, word: Option<&str>) -> Power {
    let state = provisioning_state(machine);
    let failed = state.eq_ignore_ascii_case("Failed") || state.eq_ignore_ascii_case("Canceled");
    // A change that failed leaves a machine that is of use; a create that failed does not, even if it runs.
    let ready = tags::get(&tags::of(machine), Mark::STATE) == Some("ready");
    match word {
        Some("deallocated" | "deallocating") if virtual_machine::is_spot(machine) => Power::Evicted,
        Some("deallocated" | "deallocating" | "stopped" | "stopping") => Power::Stopped,
        Some("running" | "starting") if failed && !ready => Power::Failed,
        Some("running" | "starting") => Power::Running,
        _ if failed => Power::Failed,
        _ => Power::Running,
    }
}
