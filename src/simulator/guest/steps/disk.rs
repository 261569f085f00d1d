//! `disk`: the machine's own disk script finds, refuses, formats and mounts.

use super::super::Guest;
use super::super::disk::{FileSystem, Layout, Volume};
use super::super::files::Where;
use super::super::firmware::NIXOS;
use super::super::shell::{Said, Shell};
use super::super::tree::Tree;
use super::RECORD;
use super::disk_script::{Data, DiskScript};

/// Why the script refuses: its exit status, and what it says.
type Refused = (u32, String);

/// Simulated seconds that file systems take to be made.
const FORMAT_SECONDS: f64 = 8.0;

pub(super) fn run(shell: &mut Shell<'_>) -> Said {
    let input = shell.input();
    let mode = input.get("mode").to_owned();
    let script = shell.guest.text("/run/bud/disks.sh").and_then(|text| DiskScript::read(&text));
    let done = match script {
        None => Err((127, "a simulated machine does not know this disk script".to_owned())),
        Some(script) => carry_out(shell.guest, &script, &mode, shell.half),
    };
    if let Err((status, said)) = done {
        shell.say("status", status);
        let refused = if (60..70).contains(&status) { "refused: " } else { "" };
        shell.say("said", format!("{refused}{said}"));
        return Said::Exit(0);
    }
    shell.say("status", 0);
    if mode == "check" || mode == "data" {
        return Said::Exit(0);
    }
    let record = format!("/mnt{RECORD}");
    if mode == "format" {
        if let Err(reason) = shell.guest.write(&record, 0o644, input.record()) {
            return shell.complain(reason);
        }
        shell.guest.sync();
    }
    if shell.guest.has("/mnt/var/lib/bud/finished") {
        shell.say("finished", "yes");
    }
    for line in shell.guest.text(&record).unwrap_or_default().lines() {
        shell.out.push_str(&format!("record.{line}\n"));
    }
    if mode == "format" { Said::After(FORMAT_SECONDS) } else { Said::Exit(0) }
}

fn carry_out(guest: &mut Guest, script: &DiskScript, mode: &str, half: bool) -> Result<(), Refused> {
    if mode == "data" {
        let system = find(guest, script.get("system_kind"), script.get("system_id"))?;
        return script.data.iter().try_for_each(|data| keep_data(guest, system, data));
    }
    let system = check(guest, script)?;
    if mode == "check" {
        return Ok(());
    }
    if mode == "mount" && is_mounted(guest, script, system)? {
        return Ok(());
    }
    if guest.mounts.iter().any(|mount| mount.point == "/mnt") {
        if guest.job.as_ref().is_some_and(|job| job.status.is_none()) {
            // What is below goes, and then it is seen that somebody works in it.
            guest.mounts.retain(|mount| !mount.point.starts_with("/mnt/"));
            return Err((32, "umount: /mnt: target is busy.".to_owned()));
        }
        guest.unmount("/mnt");
    }
    if mode == "format" {
        lay_out(guest, script, system, half)?;
    }
    mount_system(guest, script, system)?;
    for data in &script.data {
        mount_data(guest, data)?;
    }
    Ok(())
}

/// Whether all of it is mounted as it shall be.
fn is_mounted(guest: &Guest, script: &DiskScript, system: usize) -> Result<bool, Refused> {
    let disk = &guest.disks[system];
    let is = |point: &str, at: Where| guest.mounts.iter().any(|mount| mount.point == point && mount.at == at);
    let on = |number| Where::Disk(disk.id.clone(), number);
    let mut whole = disk.table() == Some(script.get("table")) && is("/mnt", on(NIXOS.0));
    whole &= script.get("firmware") != "efi" || is("/mnt/boot", on(NIXOS.1));
    for data in &script.data {
        let at = find(guest, &data.kind, &data.id)?;
        let volume = look_at(guest, at)?.map(|number| Where::Disk(guest.disks[at].id.clone(), number));
        whole &= volume.is_some_and(|volume| is(&format!("/mnt{}", data.mount), volume));
    }
    Ok(whole)
}

/// Finds a disk by what it is.
fn find(guest: &Guest, kind: &str, id: &str) -> Result<usize, Refused> {
    let answers = |at: &usize| {
        let disk = &guest.disks[*at];
        match kind {
            "serial" => disk.serial == id || disk.wwn == id,
            "link" => disk.links.iter().any(|link| link == id),
            "lun" => disk.lun.is_some_and(|lun| lun.to_string() == id),
            "volume" => disk.serial.replace('-', "") == id.replace('-', ""),
            _ => false,
        }
    };
    let found: Vec<usize> = (0..guest.disks.len()).filter(answers).collect();
    match found[..] {
        [at] => Ok(at),
        [] => Err((60, format!("no disk with {kind} {id}"))),
        [one, other, ..] => {
            Err((61, format!("{kind} {id} is both {} and {}", name(guest, one), name(guest, other))))
        }
    }
}

fn name(guest: &Guest, at: usize) -> String {
    guest.disk_names().into_iter().find(|(_, other)| *other == at).map(|(name, _)| name).unwrap_or_default()
}

/// What is mounted of a disk, outside of `/mnt`.
fn mounted(guest: &Guest, at: usize) -> Option<String> {
    let points = guest.points(&guest.disks[at].id);
    points.into_iter().find(|point| *point != "/mnt" && !point.starts_with("/mnt/")).map(str::to_owned)
}

fn check(guest: &Guest, script: &DiskScript) -> Result<usize, Refused> {
    let system = find(guest, script.get("system_kind"), script.get("system_id"))?;
    let disk = &guest.disks[system];
    if disk.local {
        return Err((62, name(guest, system)));
    }
    if disk.bytes < script.get("least").parse().unwrap_or(u64::MAX) {
        return Err((63, name(guest, system)));
    }
    script.data.iter().try_for_each(|data| check_data(guest, system, data)).map(|()| system)
}

fn check_data(guest: &Guest, system: usize, data: &Data) -> Result<(), Refused> {
    let at = find(guest, &data.kind, &data.id)?;
    if at == system {
        return Err((61, format!("{} {} is the system disk", data.kind, data.id)));
    }
    if let Some(point) = mounted(guest, at) {
        return Err((64, format!("{} is mounted at {point}", name(guest, at))));
    }
    if let Some(number) = look_at(guest, at)?
        && let Some(volume) = guest.disks[at].volume(number)
        && volume.kind.name() != data.file_system
    {
        let said = format!("{} holds {}, not {}", name(guest, at), volume.kind.name(), data.file_system);
        return Err((66, said));
    }
    Ok(())
}

/// What is to be mounted of a data disk, by its number; nothing where the disk is blank.
fn look_at(guest: &Guest, at: usize) -> Result<Option<u32>, Refused> {
    let disk = &guest.disks[at];
    let own = name(guest, at);
    match &disk.layout {
        Layout::Blank => Ok(None),
        Layout::Whole(volume) if Guest::is_for_data(volume.kind) => Ok(Some(0)),
        Layout::Whole(_) | Layout::Foreign(_) => {
            Err((66, format!("{own} holds {}", Guest::type_of(disk).unwrap_or_default())))
        }
        Layout::Table { partitions, .. } => match partitions.as_slice() {
            [(1, Some(volume))] if Guest::is_for_data(volume.kind) => Ok(Some(1)),
            _ => {
                let said = "holds a partition table without the one file system that could be mounted";
                Err((66, format!("{own} {said}")))
            }
        },
    }
}

fn lay_out(guest: &mut Guest, script: &DiskScript, system: usize, half: bool) -> Result<(), Refused> {
    if let Some(point) = mounted(guest, system) {
        return Err((64, format!("{} is mounted at {point}", name(guest, system))));
    }
    let own = name(guest, system);
    let disk = &mut guest.disks[system];
    let is_ours = disk.table() == Some(script.get("table"));
    let root = disk.volume(NIXOS.0).filter(|volume| is_ours && volume.uuid == script.get("root"));
    if root.is_some_and(|root| root.files().has(script.get("finished"))) {
        return Err((65, own));
    }
    let efi = script.get("firmware") == "efi";
    let (boot_kib, root_kib) = (1 << 20, (disk.bytes / 1024).saturating_sub(2 << 20));
    let boot = Volume::with(FileSystem::Vfat, script.get("boot"), "BUDBOOT", boot_kib, Tree::default());
    let root = Volume::with(FileSystem::Ext4, script.get("root"), "bud-root", root_kib, Tree::default());
    // Half-way there is a table, and nothing on its partitions.
    let partitions = vec![(1, Some(boot).filter(|_| efi && !half)), (2, Some(root).filter(|_| !half))];
    disk.layout = Layout::Table { uuid: script.get("table").to_owned(), partitions };
    if half { Err((1, "Killed".to_owned())) } else { Ok(()) }
}

fn mount_system(guest: &mut Guest, script: &DiskScript, system: usize) -> Result<(), Refused> {
    let own = name(guest, system);
    let disk = &guest.disks[system];
    if disk.table() != Some(script.get("table")) {
        return Err((67, own));
    }
    let id = disk.id.clone();
    let wrong =
        |number: u32| (32, format!("mount: /mnt: wrong fs type, bad superblock on /dev/{own}{number}."));
    if disk.volume(NIXOS.0).is_none() {
        return Err(wrong(NIXOS.0));
    }
    let has_boot = disk.volume(NIXOS.1).is_some();
    guest.mount("/mnt", Where::Disk(id.clone(), NIXOS.0));
    if script.get("firmware") == "efi" {
        if !has_boot {
            return Err(wrong(NIXOS.1));
        }
        guest.folder("/mnt/boot");
        guest.mount("/mnt/boot", Where::Disk(id, NIXOS.1));
    }
    Ok(())
}

/// On a running system: what has its name already is as it shall be, what is blank is formatted.
fn keep_data(guest: &mut Guest, system: usize, data: &Data) -> Result<(), Refused> {
    let at = find(guest, &data.kind, &data.id)?;
    let known = look_at(guest, at)?.and_then(|number| guest.disks[at].volume(number));
    if known.is_some_and(|volume| volume.label == data.label) {
        return Ok(());
    }
    check_data(guest, system, data)?;
    name_data(guest, data).map(drop)
}

/// Formats what is blank, names what has another name; where it is.
fn name_data(guest: &mut Guest, data: &Data) -> Result<Where, Refused> {
    let at = find(guest, &data.kind, &data.id)?;
    let number = look_at(guest, at)?.unwrap_or(0);
    let disk = &mut guest.disks[at];
    let kind = FileSystem::of_name(&data.file_system).unwrap_or(FileSystem::Ext4);
    if matches!(disk.layout, Layout::Blank) {
        let uuid = uuid::Uuid::new_v4().to_string();
        disk.layout =
            Layout::Whole(Volume::with(kind, &uuid, &data.label, disk.bytes / 1024, Tree::default()));
    } else if let Some(volume) = disk.volume_mut(number) {
        volume.label.clone_from(&data.label);
    }
    Ok(Where::Disk(disk.id.clone(), number))
}

fn mount_data(guest: &mut Guest, data: &Data) -> Result<(), Refused> {
    let at = name_data(guest, data)?;
    guest.folder(&format!("/mnt{}", data.mount));
    guest.mount(&format!("/mnt{}", data.mount), at);
    Ok(())
}
