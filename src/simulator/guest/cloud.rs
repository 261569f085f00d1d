//! Machines appear, start, stop and vanish with their virtual machines, and disks come and go with theirs.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;

use super::super::azure::virtual_machine::power::Power;
use super::super::azure::virtual_machine::{self, at, network_profile, sku_of, storage_profile, text_at};
use super::super::azure::{Azure, Kind, Object, network_interface};
use super::super::clock::Clock;
use super::birth::{self, Person};
use super::disk::{Disk, Layout};
use super::hardware::{Born, Hardware, Traits};
use super::power::State;
use super::system::{Kind as SystemKind, System};
use super::tree::Tree;
use super::{Guest, Guests, k3s};

/// What the cloud gives a machine, in its order.
struct Given {
    key: String,
    id: String,
    power: Power,
    boots: u32,
}

/// Follows the cloud, and lets everything happen inside of the machines that was due.
pub(crate) fn settle(guests: &mut Guests, azure: &mut Azure, clock: &Clock) {
    let touched = azure.touched();
    for key in &touched {
        let Some(given) = azure.at(key).and_then(given) else {
            vanish(guests, key);
            continue;
        };
        let known = guests.all.get(key).filter(|guest| guest.id == given.id);
        if known.is_none() {
            vanish(guests, key);
            if let Some(object) = azure.at(key) {
                let guest = born(object);
                guests.all.insert(key.clone(), guest);
            }
        }
        attach(guests, azure, key);
        follow(guests, &given, clock);
    }
    if !touched.is_empty() {
        guests.shelf.retain(|id, _| azure.of_kind(Kind::Disk).any(|disk| disk.guid == *id));
    }
    guests.settle(clock);
    let interfaces = addresses(guests, azure);
    for event in &mut guests.events {
        if let k3s::Event::Started(start) = event
            && start.addresses.is_empty()
            && let Some((_, own)) = interfaces.iter().find(|(key, _)| *key == start.machine)
        {
            start.addresses.clone_from(own);
        }
    }
    for (key, guest) in &mut guests.all {
        if !guest.console.is_empty() {
            let said = std::mem::take(&mut guest.console);
            virtual_machine::console::say(azure, key, &said);
        }
    }
}

fn given(object: &Object) -> Option<Given> {
    let machine = object.machine.as_deref().filter(|machine| machine.provisioned)?;
    let key = object.place.key();
    Some(Given { key, id: machine.id.clone(), power: machine.power, boots: machine.boots })
}

fn vanish(guests: &mut Guests, key: &str) {
    let Some(mut guest) = guests.all.remove(key) else { return };
    guest.cut();
    guests.events.append(&mut guest.events);
    for disk in guest.disks.into_iter().filter(|disk| !disk.local) {
        guests.shelf.insert(disk.id.clone(), disk);
    }
}

/// Addresses of the machines whose k3s has just started.
fn addresses(guests: &Guests, azure: &Azure) -> Vec<(String, Vec<IpAddr>)> {
    let started = guests.events.iter().filter_map(|event| match event {
        k3s::Event::Started(start) if start.addresses.is_empty() => Some(&start.machine),
        _ => None,
    });
    started.map(|key| (key.clone(), own_addresses(azure, key))).collect()
}

/// A machine's own addresses.
pub(crate) fn own_addresses(azure: &Azure, key: &str) -> Vec<IpAddr> {
    let Some(object) = azure.at(key) else { return Vec::new() };
    let interfaces = network_profile::interfaces(&object.content.properties);
    let interfaces = interfaces.iter().filter_map(|place| azure.get(place));
    interfaces
        .flat_map(network_interface::configurations)
        .filter_map(|(_, properties)| properties.get("privateIPAddress")?.as_str()?.parse().ok())
        .collect()
}

/// A machine at its first boot, which its cloud has waited for.
fn born(object: &Object) -> Guest {
    let properties = &object.content.properties;
    let mut person = Person {
        computer: text_at(properties, "osProfile.computerName").to_owned(),
        user: text_at(properties, "osProfile.adminUsername").to_owned(),
        ..Person::default()
    };
    let keys = at(properties, "osProfile.linuxConfiguration.ssh.publicKeys").and_then(Value::as_array);
    let keys = keys.into_iter().flatten().filter_map(|key| key["keyData"].as_str());
    person.keys.extend(keys.map(str::to_owned));
    person.heed(text_at(properties, "osProfile.customData"));
    let sku = sku_of(object);
    let gpus = sku.map_or(0, super::super::azure::Sku::gpus);
    let built = Hardware {
        machine: if sku.is_some_and(|sku| sku.family.architecture == "Arm64") { "aarch64" } else { "x86_64" }
            .to_owned(),
        // Firmware and kernel keep some of what was bought.
        memory_kib: u64::from(sku.map_or(4, super::super::azure::Sku::memory_gib)) * 1024 * 1024 / 100 * 97,
        efi: true,
        secure_boot: at(properties, "securityProfile.uefiSettings.secureBootEnabled")
            .and_then(Value::as_bool)
            == Some(true),
        gpus,
        switches: if gpus >= 8 { 6 } else { 0 },
    };
    // Images of galleries are those of bud_image: the marketplace has none of NixOS.
    let gallery = !text_at(properties, "storageProfile.imageReference.id").is_empty();
    let traits = Traits { born: gallery.then_some(Born::Image), ..Traits::default() };
    let (sessions, _) = watch::channel(0);
    Guest {
        key: object.place.key(),
        id: object.machine.as_ref().map(|machine| machine.id.clone()).unwrap_or_default(),
        name: person.computer.clone(),
        person,
        built,
        traits,
        disks: Vec::new(),
        memory: Tree::default(),
        mounts: Vec::new(),
        state: State::Off,
        system: System::new(SystemKind::Ubuntu, ""),
        boots: 0,
        sessions,
        leaving: None,
        loaded: None,
        once: None,
        job: None,
        k3s: k3s::Service::default(),
        leave: k3s::Leave::default(),
        forgotten: BTreeMap::new(),
        events: Vec::new(),
        console: String::new(),
        kernel_hangs: false,
        entry_is_lost: false,
    }
}

/// Gives a machine the disks that it has now: the one with its system, the temporary one, those with data.
fn attach(guests: &mut Guests, azure: &Azure, key: &str) {
    let Some(object) = azure.at(key) else { return };
    let properties = &object.content.properties;
    let nvme = text_at(properties, "storageProfile.diskControllerType") == "NVMe";
    let mut wanted = Vec::new();
    for (number, item) in storage_profile::disks(properties).enumerate() {
        let Some(found) = storage_profile::place_of(item).and_then(|place| azure.get(&place)) else {
            continue;
        };
        let lun = item["lun"].as_u64().and_then(|lun| u32::try_from(lun).ok()).filter(|_| number > 0);
        let second = found.text("hyperVGeneration") != Some("V1");
        wanted.push((found.guid.clone(), super::super::azure::disk_gib(found), lun, second));
    }
    let temporary = sku_of(object).filter(|sku| sku.temporary()).map(|sku| (format!("{key} temporary"), sku));
    let Some(guest) = guests.all.get_mut(key) else { return };
    let keeps = |disk: &Disk| disk.local || wanted.iter().any(|(id, ..)| *id == disk.id);
    let (kept, taken): (Vec<Disk>, Vec<Disk>) = std::mem::take(&mut guest.disks).into_iter().partition(keeps);
    guest.disks = kept;
    for disk in taken {
        guest.mounts.retain(|mount| !matches!(&mount.at, super::files::Where::Disk(id, _) if *id == disk.id));
        guests.shelf.insert(disk.id.clone(), disk);
    }
    for (number, (id, gib, lun, second)) in wanted.iter().enumerate() {
        let bytes = u64::try_from(*gib).unwrap_or(0) << 30;
        if let Some(disk) = guest.disks.iter_mut().find(|disk| disk.id == *id) {
            disk.bytes = bytes;
            continue;
        }
        let known = guests.shelf.remove(id);
        let is_new = known.is_none();
        let mut disk = known.unwrap_or_else(|| made(id, bytes, nvme));
        disk.lun = *lun;
        if number == 0 {
            guest.built.efi = *second;
            if is_new {
                disk.layout = birth::layout(bytes, &guest.person, &guest.traits);
            }
            guest.disks.insert(0, disk);
        } else {
            guest.disks.push(disk);
        }
    }
    match temporary {
        Some((id, sku)) if !guest.disks.iter().any(|disk| disk.local) => {
            let mut disk = made(&id, u64::from(sku.temporary_mib()) << 20, nvme);
            disk.local = true;
            if nvme {
                "Microsoft NVMe Direct Disk v2".clone_into(&mut disk.model);
            }
            guest.disks.push(disk);
        }
        None => guest.disks.retain(|disk| !disk.local),
        Some(_) => {}
    }
}

/// A blank disk of the cloud's.
fn made(id: &str, bytes: u64, nvme: bool) -> Disk {
    let sum = Sha256::digest(id.as_bytes());
    let letters = sum.iter().fold(String::new(), |all, byte| all + &format!("{byte:02x}"));
    let (serial, wwn, model, link) = if nvme {
        // All of a controller's disks have its number.
        let wwn = format!("eui.{}", &letters[..32]);
        ("SN: 000001".to_owned(), wwn.clone(), "MSFT NVMe Accelerator v1.0", format!("nvme-{wwn}"))
    } else {
        let serial = format!("6002248{}", &letters[..25]);
        (serial.clone(), format!("0x{serial}"), "Virtual Disk", format!("scsi-3{serial}"))
    };
    Disk {
        id: id.to_owned(),
        bytes,
        serial,
        wwn,
        model: model.to_owned(),
        links: vec![format!("/dev/disk/by-id/{link}")],
        local: false,
        lun: None,
        layout: Layout::Blank,
    }
}

/// Switches a machine as its cloud did.
fn follow(guests: &mut Guests, given: &Given, clock: &Clock) {
    let Some(guest) = guests.all.get_mut(&given.key) else { return };
    let on = matches!(given.power, Power::Running | Power::Stopping | Power::Deallocating);
    if !on {
        if !matches!(guest.state, State::Off) {
            guest.cut();
        }
        if given.power == Power::Deallocated {
            for disk in guest.disks.iter_mut().filter(|disk| disk.local) {
                disk.layout = Layout::Blank;
            }
        }
        return;
    }
    if guest.boots != given.boots {
        let first = guest.boots == 0;
        guest.boots = given.boots;
        guest.cut();
        guest.start(clock, first);
    }
}
