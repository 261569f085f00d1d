//! Disks of a pool: what is wrong with them, and how they may change.

use std::collections::BTreeSet;

use super::check::wrong;
use crate::cloud::DiskKind;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::schema::Draft;
use crate::value::{Path, Value};

/// The largest system disk that Azure takes, in GiB.
const LARGEST_OS: i64 = 4095;
/// The largest data disk.
const LARGEST_DATA: i64 = 65_536;

/// The kind that a name stands for.
pub(super) fn kind(name: &str) -> Option<DiskKind> {
    Some(match name {
        "premium" => DiskKind::Premium,
        "premium_v2" => DiskKind::PremiumV2,
        "ultra" => DiskKind::Ultra,
        "standard_ssd" => DiskKind::StandardSsd,
        "standard" => DiskKind::Standard,
        _ => return None,
    })
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        _ => None,
    }
}

pub(super) fn check(draft: &Draft<'_>, diagnostics: &mut Diagnostics) {
    let os_disk = draft.raw("os_disk");
    let path = draft.at("os_disk").attribute("size_gb");
    if let Value::Number(number) = os_disk.get("size_gb") {
        match number.as_i64() {
            Some(size) if (30..=LARGEST_OS).contains(&size) => {}
            _ => diagnostics.push(wrong(
                "Bad disk size",
                format!(
                    "The system disk has {number} GiB, and it must have 30 to {LARGEST_OS}, a whole number."
                ),
                path.clone(),
            )),
        }
    }
    let (mut names, mut mounts) = (BTreeSet::new(), BTreeSet::new());
    let list = draft.raw("data_disks").as_list().unwrap_or_default();
    if list.len() > 64 {
        diagnostics.push(wrong(
            "Too many data disks",
            format!("data_disks lists {}, and no machine takes more than 64.", list.len()),
            draft.at("data_disks"),
        ));
    }
    for (index, disk) in list.iter().enumerate() {
        let path = draft.at("data_disks").index(index);
        if let Some(name) = disk.get("name").as_str() {
            let inner =
                |symbol: char| symbol.is_ascii_lowercase() || symbol.is_ascii_digit() || symbol == '-';
            let end = |symbol: char| symbol.is_ascii_alphanumeric();
            if name.len() > 16 || !name.chars().all(inner) || !name.starts_with(end) || !name.ends_with(end) {
                diagnostics.push(wrong(
                    "Bad name",
                    format!("{name:?} is no name of a data disk: 1 to 16 small letters, digits and \"-\"."),
                    path.attribute("name"),
                ));
            } else if name == "os" {
                diagnostics.push(wrong(
                    "Reserved name",
                    "The disk \"os\" is the system disk. Choose another name.",
                    path.attribute("name"),
                ));
            } else if !names.insert(name) {
                diagnostics.push(wrong(
                    "Name used twice",
                    format!("Two data disks have the name {name:?}. It must be unique, since disks are found by it."),
                    path.attribute("name"),
                ));
            }
        }
        if let Some(mount) = disk.get("mount").as_str() {
            if let Some(why) = bad_mount(mount) {
                diagnostics.push(wrong(
                    "Bad mount point",
                    format!("Nothing can be mounted at {mount:?}: {why}."),
                    path.attribute("mount"),
                ));
            } else if !mounts.insert(mount) {
                diagnostics.push(wrong(
                    "Mount point used twice",
                    format!("Two data disks would be mounted at {mount:?}."),
                    path.attribute("mount"),
                ));
            }
        }
        if let Value::Number(number) = disk.get("size_gb")
            && !number.as_i64().is_some_and(|size| (1..=LARGEST_DATA).contains(&size))
        {
            diagnostics.push(wrong(
                "Bad disk size",
                format!(
                    "The data disk has {number} GiB, and it must have 1 to {LARGEST_DATA}, a whole number."
                ),
                path.attribute("size_gb"),
            ));
        }
    }
}

/// Why nothing can be mounted at a path.
fn bad_mount(mount: &str) -> Option<&'static str> {
    let inner = |symbol: char| symbol.is_ascii_alphanumeric() || "/_.-".contains(symbol);
    if !mount.starts_with('/') {
        Some("it must begin with \"/\"")
    } else if mount == "/" {
        Some("the system is there")
    } else if !mount.chars().all(inner) {
        Some("it is made of letters, digits, \"/\", \"_\", \".\" and \"-\"")
    } else if mount.split('/').skip(1).any(|part| matches!(part, "" | "." | "..")) {
        Some("no part of it may be empty, \".\" or \"..\"")
    } else {
        None
    }
}

/// A slow system disk under etcd (M35).
pub(super) fn slow(planned: &Value, diagnostics: &mut Diagnostics) {
    if !super::wanted::Wanted(planned).serves() {
        return;
    }
    let os_disk = planned.get("os_disk");
    let size = whole(os_disk.get("size_gb")).unwrap_or(128);
    let kind = os_disk.get("type").as_str().unwrap_or("premium");
    if (kind == "premium" && size < 128) || kind == "standard" {
        diagnostics.push(
            Diagnostic::warning(
                "Slow disk under the control plane",
                format!(
                    "A {kind} disk of {size} GiB does fewer than 500 operations a second, and etcd on it loses its \
                     leader under load. Take a premium disk of 128 GiB or more."
                ),
            )
            .at(Path::of("os_disk")),
        );
    }
}

/// Changes of disks that cannot be made while nodes have them.
pub(super) fn changed(prior: &Value, planned: &Value, diagnostics: &mut Diagnostics) {
    let smaller =
        |old: &Value, new: &Value| matches!((whole(old), whole(new)), (Some(old), Some(new)) if new < old);
    let os = |object: &Value| object.get("os_disk").get("size_gb").clone();
    if smaller(&os(prior), &os(planned)) {
        diagnostics.push(wrong(
            "Disks do not shrink",
            format!(
                "The system disks have {} GiB, and size_gb is {}. Make a second pool with smaller disks, then remove \
                 this one.",
                whole(&os(prior)).unwrap_or_default(),
                whole(&os(planned)).unwrap_or_default()
            ),
            Path::of("os_disk").attribute("size_gb"),
        ));
    }
    let Some(new) =
        planned.get("data_disks").as_list().or(planned.get("data_disks").is_null().then_some(&[]))
    else {
        return;
    };
    for disk in prior.get("data_disks").as_list().unwrap_or_default() {
        let Some(name) = disk.get("name").as_str() else { continue };
        let place = new.iter().position(|other| other.get("name").as_str() == Some(name));
        let Some((index, now)) = place.and_then(|index| Some((index, new.get(index)?))) else {
            if !new.iter().all(|disk| disk.get("name").as_str().is_some()) {
                continue;
            }
            diagnostics.push(wrong(
                "Data disks go with their nodes",
                format!(
                    "The data disk {name:?} is gone from the configuration, and the nodes still have it. A data disk is \
                     never taken from a node that stays: make a second pool without it, then remove this one."
                ),
                Path::of("data_disks"),
            ));
            continue;
        };
        let path = Path::of("data_disks").index(index);
        if smaller(disk.get("size_gb"), now.get("size_gb")) {
            diagnostics.push(wrong(
                "Disks do not shrink",
                format!(
                    "The data disk {name:?} would become smaller. Make a second pool, then remove this one."
                ),
                path.attribute("size_gb"),
            ));
        }
        if !now.get("type").is_unknown() && disk.get("type") != now.get("type") {
            diagnostics.push(wrong(
                "Data disks keep their kind",
                format!(
                    "The data disk {name:?} would become {}. Add another disk with another name, or make a second pool, \
                     then remove this one.",
                    now.get("type").as_str().unwrap_or_default()
                ),
                path.attribute("type"),
            ));
        }
    }
}
