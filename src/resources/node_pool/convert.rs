//! Between the declared types and the cloud's nouns.

use std::collections::BTreeMap;

use super::declaration::PoolSpec;
use super::wanted::{AZURE, Wanted};
use super::{disks, made, recorded};
use crate::cloud::{
    DataDiskPlan, DiskKind, Encryption, Identities, Image, Mark, NodeSeen, OnEviction, OnRemove, Owner,
    PoolPlace, PoolPlan, SpotPlan,
};
use crate::diagnostics::Diagnostic;
use crate::schema::{Attributes, Field, Unread};
use crate::value::{Path, Value};

/// Type and name, as the tags have them.
pub(super) fn resource_of(pool: &str) -> String {
    format!("bud_node_pool/{pool}")
}

/// Where the pool of a state or plan is.
pub(super) fn place(object: &Value) -> PoolPlace {
    let wanted = Wanted(object);
    PoolPlace {
        name: wanted.name().unwrap_or_default().to_owned(),
        network_id: wanted.network().unwrap_or_default().to_owned(),
        location: wanted.text("location").unwrap_or_default().to_owned(),
    }
}

/// The image of that name: the default, one of the catalogue, or one by its id.
pub(super) fn image(written: Option<&str>) -> Option<Image> {
    let Some(written) = written else {
        return Some(Image::Catalogue {
            publisher: "Canonical".into(),
            offer: "ubuntu-24_04-lts".into(),
            sku: "server".into(),
            version: None,
        });
    };
    if written.starts_with("/subscriptions/") {
        return Some(Image::Id(written.to_owned()));
    }
    let parts: Vec<&str> = written.split(':').collect();
    let (publisher, offer, sku, version) = match parts.as_slice() {
        [publisher, offer, sku] => (publisher, offer, sku, None),
        [publisher, offer, sku, version] => (publisher, offer, sku, Some(*version)),
        _ => return None,
    };
    let word = |text: &str| {
        !text.is_empty()
            && text.chars().all(|symbol| symbol.is_ascii_alphanumeric() || "_.-".contains(symbol))
    };
    (word(publisher) && word(offer) && word(sku) && version.is_none_or(word)).then(|| Image::Catalogue {
        publisher: (*publisher).to_owned(),
        offer: (*offer).to_owned(),
        sku: (*sku).to_owned(),
        version: version.filter(|version| *version != "latest").map(str::to_owned),
    })
}

/// Our own tags of a pool's parts.
pub(super) fn mark(object: &Value, environment: Option<String>, owner: &str) -> Mark {
    Mark {
        environment,
        resource: resource_of(Wanted(object).name().unwrap_or_default()),
        owner: Owner(owner.to_owned()),
        expires_at: object.get("expires_at").as_str().map(str::to_owned),
    }
}

/// What becomes of a data disk.
fn on_remove(word: &str) -> OnRemove {
    match word {
        "snapshot" => OnRemove::Snapshot,
        "keep" => OnRemove::Keep,
        _ => OnRemove::Delete,
    }
}

/// What becomes of each data disk of a state when its node goes.
pub(super) fn fates(object: &Value) -> BTreeMap<String, OnRemove> {
    let disks = object.get("data_disks").as_list().unwrap_or_default();
    let fate = |disk: &Value| {
        Some((
            disk.get("name").as_str()?.to_owned(),
            on_remove(disk.get("on_remove").as_str().unwrap_or_default()),
        ))
    };
    disks.iter().filter_map(fate).collect()
}

/// The cloud's plan of a planned object whose arguments are all known. `keys` are the provider's own.
pub(super) fn pool_plan(object: &Value, mark: Mark, keys: &[String]) -> Result<PoolPlan, Diagnostic> {
    let root = Path::root();
    let spec = PoolSpec::from_object(object, &root).map_err(|unread| unread.into_diagnostic(&root))?;
    let tags = match object.get("tags_all") {
        Value::Null => BTreeMap::new(),
        tags => Field::read(tags, &Path::of("tags_all"))
            .map_err(|unread: Unread| unread.into_diagnostic(&Path::of("tags_all")))?,
    };
    let bad =
        |name: &str| Diagnostic::bug(format!("The value of {name} was not checked.")).at(Path::of(name));
    let wanted = Wanted(object);
    let place = place(object);
    let offers = wanted.offers().ok_or_else(|| bad("offers"))?;
    let gpus =
        offers.iter().any(|offer| super::wanted::by_heart(&offer.sku).is_some_and(|sku| sku.gpus.is_some()));
    let mut data_disks = Vec::new();
    for (index, disk) in spec.data_disks.iter().flatten().enumerate() {
        data_disks.push(DataDiskPlan {
            name: disk.name.clone(),
            size_gb: disk.size_gb.try_into().map_err(|_| bad("data_disks"))?,
            kind: disks::kind(&disk.r#type).ok_or_else(|| bad("data_disks"))?,
            lun: index.try_into().map_err(|_| bad("data_disks"))?,
            on_remove: on_remove(&disk.on_remove),
        });
    }
    let identities = spec.identity_ids.unwrap_or_default();
    let mut keys: Vec<String> = spec
        .ssh_public_keys
        .unwrap_or_default()
        .iter()
        .map(|key| key.trim().to_owned())
        .chain(keys.iter().cloned())
        .collect();
    let mut known = std::collections::BTreeSet::new();
    keys.retain(|key| known.insert(key.clone()));
    Ok(PoolPlan {
        name: spec.name,
        network_id: place.network_id,
        location: place.location,
        subnets: spec.subnets.unwrap_or_default(),
        security_group: spec.security_group,
        role: spec.role,
        spot: offers.iter().any(|offer| offer.spot).then(|| SpotPlan {
            max_price: spec.spot.as_ref().and_then(|spot| spot.max_price),
            on_eviction: match spec.spot.as_ref().map(|spot| spot.on_eviction.as_str()) {
                Some("delete") => OnEviction::Delete,
                _ => OnEviction::Deallocate,
            },
        }),
        offers,
        image: image(spec.image.as_deref()).ok_or_else(|| bad("image"))?,
        os_disk_gb: wanted.os_disk_gb(gpus),
        os_disk_kind: spec
            .os_disk
            .as_ref()
            .and_then(|disk| disks::kind(&disk.r#type))
            .unwrap_or(DiskKind::Premium),
        data_disks,
        encryption: spec
            .disk_encryption
            .map(|one| Encryption { at_host: one.at_host, key_id: one.key_id })
            .unwrap_or_default(),
        admin_username: spec.admin_username,
        ssh_public_keys: keys,
        public_ipv4: spec.public_ipv4,
        public_ipv6: spec.public_ipv6,
        accelerated_networking: spec.accelerated_networking,
        secure_boot: spec.secure_boot,
        vtpm: spec.vtpm,
        identities: Identities {
            system: identities.iter().any(|id| id == "system"),
            ids: identities.into_iter().filter(|id| id != "system").collect(),
        },
        capacity_reservation_id: spec.capacity_reservation_id,
        placement_group: spec.placement_group,
        tags,
        mark,
        recorded: BTreeMap::new(),
    })
}

/// The plan of one node of the pool: what its machine has already and what its tags record are its own.
/// `first`: the node that records the pool's arguments. `luns`: where existing nodes have their disks.
pub(super) fn node_plan(
    pool: &PoolPlan,
    object: &Value,
    node: &str,
    seen: Option<&NodeSeen>,
    first: bool,
    luns: &BTreeMap<String, u8>,
) -> PoolPlan {
    let mut plan = pool.clone();
    set_luns(&mut plan.data_disks, luns);
    if first {
        plan.recorded = recorded::config(object);
    }
    let made = match seen.filter(|seen| seen.machine.is_some()).map(|seen| seen.recorded.get(made::TAG)) {
        Some(made) => made.cloned(),
        None => Some(made::of(object)).filter(|made| !made.is_empty()),
    };
    plan.recorded.extend(made.map(|made| (made::TAG.to_owned(), made)));
    if let Some(text) = object.get("replace_nodes").get(node).as_str() {
        plan.recorded.insert(recorded::REPLACED.to_owned(), recorded::replaced(Some(text)));
    } else if seen.is_some_and(|seen| recorded::replaced_for(&seen.recorded).is_some()) {
        // No longer asked: a refresh must not bring it back.
        plan.recorded.insert(recorded::REPLACED.to_owned(), recorded::replaced(None));
    }
    if let Some(machine) = seen.and_then(|seen| seen.machine.as_ref()) {
        let asked = !object.get("os_disk").get("size_gb").is_null();
        plan.os_disk_gb = if asked { plan.os_disk_gb.max(machine.os_disk_gb) } else { machine.os_disk_gb };
    }
    plan
}

/// A disk keeps its number for good; a new one takes the lowest that is free.
fn set_luns(disks: &mut [DataDiskPlan], known: &BTreeMap<String, u8>) {
    let mut taken: std::collections::BTreeSet<u8> = known.values().copied().collect();
    for disk in disks.iter_mut() {
        disk.lun = match known.get(&disk.name) {
            Some(lun) => *lun,
            None => (0..=u8::MAX).find(|lun| !taken.contains(lun)).unwrap_or(disk.lun),
        };
        taken.insert(disk.lun);
    }
}

/// Where the nodes that exist have their disks.
pub(super) fn luns<'a>(nodes: impl IntoIterator<Item = &'a NodeSeen>) -> BTreeMap<String, u8> {
    let disks = nodes.into_iter().flat_map(|node| &node.data_disks);
    disks.filter_map(|(name, disk)| Some((name.clone(), disk.lun?))).collect()
}

/// The import id of a pool.
pub(super) fn id(network: &str, pool: &str) -> String {
    format!("{AZURE}{network}/{pool}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{image, set_luns};
    use crate::cloud::{DataDiskPlan, DiskKind, Image, OnRemove};

    #[test]
    fn images_are_read_in_each_of_their_forms() {
        assert!(matches!(image(None), Some(Image::Catalogue { version: None, .. })));
        assert!(matches!(image(Some("a:b:c:latest")), Some(Image::Catalogue { version: None, .. })));
        assert!(matches!(image(Some("a:b:c:1.2")), Some(Image::Catalogue { version: Some(_), .. })));
        assert!(matches!(image(Some("/subscriptions/a/images/b")), Some(Image::Id(_))));
        for bad in ["", "a", "a:b", "a::c", "a:b:c:d:e", "a b:c:d"] {
            assert_eq!(image(Some(bad)), None, "{bad}");
        }
    }

    #[test]
    fn a_disk_keeps_its_number_wherever_it_stands_in_the_list() {
        let disk = |name: &str| DataDiskPlan {
            name: name.into(),
            size_gb: 1,
            kind: DiskKind::Premium,
            lun: 0,
            on_remove: OnRemove::Delete,
        };
        let mut disks = [disk("new"), disk("b"), disk("a")];
        set_luns(&mut disks, &BTreeMap::from([("a".into(), 0), ("b".into(), 1)]));
        assert_eq!(disks.map(|disk| disk.lun), [2, 1, 0]);
    }
}
