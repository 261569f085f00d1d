//! What is to be done with a machine, from what it is and what was done before. Every refusal is here, before
//! anything is changed.

use crate::node::nixos::{Architecture, Cloud, Firmware};

use super::disk::Disk;
use super::facts::{Facts, Running};
use super::recorded::{Reached, Recorded};
use super::refusal::Refusal;
use super::wanted::{Build, Wanted, Way};

/// What is to be done with a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// Into the installer, by the first of these ways that works.
    Leave(Vec<Way>),
    /// The installer runs, and goes on.
    Install,
    /// NixOS runs, and becomes the wanted one where it is.
    Switch,
    /// The system is installed, and another one runs still.
    Restart(Recorded),
    /// The system is installed and runs.
    Stay(Recorded),
}

/// Memory for the installer and a copy of what is fetched. What was bought as 1.5 GB shows as less.
const MEMORY_MIB: u64 = 1400;
/// The same where the system is built: evaluating it takes more than a gigabyte.
const MEMORY_BUILDING_MIB: u64 = 2500;
/// How far a clock may be off: certificates of caches, and of the machine itself, shall hold.
const CLOCK_SECONDS: i64 = 5 * 60;

/// Decides, for a machine whose own clock should say `now` (seconds since 1970).
pub(super) fn course(facts: &Facts, wanted: &Wanted, now: i64) -> Result<Course, Refusal> {
    machine(facts, wanted, now)?;
    if let Some(recorded) = &facts.recorded
        && recorded.node != wanted.node
        && recorded.reached >= Reached::Left
    {
        let (is, wanted) = (recorded.node.clone(), wanted.node.clone());
        return Err(Refusal::OtherNode { is, wanted });
    }
    match &facts.running {
        Running::Installer(Some(started)) => {
            if started.node != wanted.node {
                let (is, wanted) = (started.node.clone(), wanted.node.clone());
                return Err(Refusal::OtherNode { is, wanted });
            }
            Disk::find(&facts.disks, &wanted.system_disk)?;
            Ok(Course::Install)
        }
        // Somebody has put it in by hand: on a host, and with the disk confirmed, that is as good.
        Running::Installer(None) => {
            if wanted.cloud != Cloud::Hosts {
                return Err(Refusal::ForeignInstaller);
            }
            disk(facts, wanted)?;
            Ok(Course::Install)
        }
        Running::NixOs { booted, .. } => match &facts.recorded {
            Some(recorded) if recorded.reached == Reached::Proven => Ok(Course::Stay(recorded.clone())),
            Some(recorded) if recorded.reached == Reached::Installed && *booted == recorded.system => {
                Ok(Course::Stay(recorded.clone()))
            }
            Some(recorded) if recorded.reached == Reached::Installed => Ok(Course::Restart(recorded.clone())),
            _ => nixos(facts, wanted),
        },
        Running::Other { .. } => other(facts, wanted),
    }
}

/// What holds for every machine.
fn machine(facts: &Facts, wanted: &Wanted, now: i64) -> Result<(), Refusal> {
    if facts.kernel != "Linux" {
        return Err(Refusal::NotLinux { kernel: facts.kernel.clone() });
    }
    if facts.architecture() != Some(wanted.architecture) {
        let wanted = match wanted.architecture {
            Architecture::X86 => "x86_64",
            Architecture::Arm => "aarch64",
        };
        return Err(Refusal::Architecture { has: facts.machine.clone(), wanted });
    }
    if facts.firmware != wanted.firmware {
        let name = |firmware| if firmware == Firmware::Efi { "EFI" } else { "BIOS" };
        return Err(Refusal::Firmware { has: name(facts.firmware), wanted: name(wanted.firmware) });
    }
    if let Some(kind) = &facts.container {
        return Err(Refusal::Container { kind: kind.clone() });
    }
    let off = facts.clock - now;
    if off.abs() > CLOCK_SECONDS {
        let direction = if off > 0 { "ahead" } else { "behind" };
        return Err(Refusal::Clock { seconds: off.unsigned_abs(), direction });
    }
    Ok(())
}

/// A NixOS that no run of ours has finished.
fn nixos(facts: &Facts, wanted: &Wanted) -> Result<Course, Refusal> {
    let of_ours = facts.is_image || facts.recorded.is_some();
    if facts.has_cluster && !wanted.takeover {
        return Err(Refusal::ForeignCluster);
    }
    // The cloud's own image is nobody's work; a host's NixOS is somebody's.
    if wanted.cloud == Cloud::Hosts && !of_ours && !wanted.takeover {
        return Err(Refusal::ForeignNixOs { system: facts.describe() });
    }
    match wanted.way {
        Some(Way::Boot | Way::Kexec) => other(facts, wanted),
        Some(Way::Image) if !facts.is_image => {
            Err(Refusal::NotThere { way: Way::Image, runs: facts.describe(), needs: "an image of bud_image" })
        }
        Some(Way::Image | Way::Switch) | None if wanted.keeps == Some(facts.kept()?) => Ok(Course::Switch),
        // A system that is written for another disk would not start.
        Some(Way::Image | Way::Switch) | None => Err(Refusal::OtherDisk),
    }
}

/// A system that is to be overwritten.
fn other(facts: &Facts, wanted: &Wanted) -> Result<Course, Refusal> {
    if let Some(way @ (Way::Image | Way::Switch)) = wanted.way {
        return Err(Refusal::NotThere { way, runs: facts.describe(), needs: "NixOS" });
    }
    let Some(installer) = &wanted.installer else {
        return Err(Refusal::NoInstaller);
    };
    if facts.has_cluster && !wanted.takeover {
        return Err(Refusal::ForeignCluster);
    }
    let needs_mib = if wanted.system.build == Build::Here { MEMORY_BUILDING_MIB } else { MEMORY_MIB };
    if facts.memory_mib < needs_mib {
        return Err(Refusal::Memory { has_mib: facts.memory_mib, needs_mib });
    }
    disk(facts, wanted)?;
    if wanted.networkd.is_empty()
        && matches!(facts.uplink.kind.as_str(), "bond" | "bridge" | "vlan" | "wireless")
    {
        let (device, kind) = (facts.uplink.device.clone(), facts.uplink.kind.clone());
        return Err(Refusal::Network { device, kind });
    }
    for tool in ["tar", "gzip", "setsid", "lsblk"] {
        if !facts.tools.iter().any(|there| there == tool) {
            return Err(Refusal::NoTool { tool });
        }
    }
    // The archive, and what was in it.
    let needs_kib = installer.bytes / 1024 * 2 + 64 * 1024;
    if facts.work_free_kib < needs_kib {
        return Err(no_space("/var/lib/bud", facts.work_free_kib, needs_kib));
    }
    Ok(Course::Leave(ways(facts, wanted, installer.bytes)?))
}

/// The disk, found and confirmed.
fn disk(facts: &Facts, wanted: &Wanted) -> Result<(), Refusal> {
    let disk = Disk::find(&facts.disks, &wanted.system_disk)?;
    disk.may_be_installed()?;
    if wanted.cloud == Cloud::Hosts {
        let known = [&disk.serial, &disk.wwn].into_iter().flatten().collect::<Vec<_>>();
        let confirmed = |given: &String| known.contains(&given) || disk.links.contains(given);
        if !wanted.wipe.as_ref().is_some_and(confirmed) {
            let serial =
                known.first().map_or_else(|| wanted.system_disk.describe(), |serial| (*serial).clone());
            return Err(Refusal::NotConfirmed { disk: disk.describe(), serial, given: wanted.wipe.clone() });
        }
    }
    Ok(())
}

/// The ways into the installer that this machine has, the best first.
fn ways(facts: &Facts, wanted: &Wanted, archive: u64) -> Result<Vec<Way>, Refusal> {
    if let Some(way) = wanted.way {
        return barred(way, facts, archive).map_or(Ok(vec![way]), Err);
    }
    // Kernels of Azure's machines hang when they are started from another.
    let order = match wanted.cloud {
        Cloud::Azure => [Way::Boot, Way::Kexec],
        Cloud::Aws | Cloud::Hosts => [Way::Kexec, Way::Boot],
    };
    let mut open = Vec::new();
    let mut refused = Vec::new();
    for way in order {
        match barred(way, facts, archive) {
            None => open.push(way),
            Some(refusal) => refused.push((way, refusal)),
        }
    }
    if open.is_empty() {
        return Err(Refusal::NoWay(refused));
    }
    // What an earlier run has tried in vain comes last.
    let tried = facts.recorded.as_ref().map(|recorded| recorded.tried.clone()).unwrap_or_default();
    open.sort_by_key(|way| tried.contains(way));
    Ok(open)
}

/// Why a machine cannot go this way.
fn barred(way: Way, facts: &Facts, archive: u64) -> Option<Refusal> {
    if facts.secure_boot {
        return Some(Refusal::SecureBoot);
    }
    if way == Way::Kexec {
        return match (&facts.lockdown, facts.kexec) {
            (_, None) => Some(Refusal::NoKexec),
            (_, Some(false)) => Some(Refusal::KexecOff),
            (Some(mode), _) => Some(Refusal::Lockdown { mode: mode.clone() }),
            (None, Some(true)) => None,
        };
    }
    let (Some(_), Some(place)) = (&facts.loader, &facts.place) else {
        return Some(Refusal::NoLoader);
    };
    let needs_kib = archive / 1024 + 32 * 1024;
    (place.free_kib < needs_kib).then(|| no_space(&place.folder, place.free_kib, needs_kib))
}

fn no_space(place: &str, free_kib: u64, needs_kib: u64) -> Refusal {
    Refusal::NoSpace {
        place: place.to_owned(),
        free_mib: free_kib / 1024,
        needs_mib: needs_kib.div_ceil(1024),
    }
}
