//! The disk script against a machine of paper: `/sys`, `/dev` and `/mnt` are folders, and the tools that
//! would write to a disk only say what they were told.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{nixos, sample};
use nixos::DiskRefusal;

struct Machine {
    folder: tempfile::TempDir,
}

/// What a disk shows.
struct Disk<'a> {
    name: &'a str,
    /// Where it hangs, below /sys/devices.
    way: &'a str,
    model: &'a str,
    serial: &'a str,
    bytes: u64,
    /// What blkid says: lines of `device TAG value`.
    tags: &'a [&'a str],
    mounted: &'a str,
}

const GB: u64 = 1_000_000_000;

/// Azure's system disk on SCSI.
const SYSTEM: Disk<'static> = Disk {
    name: "sda",
    way: "VMBUS:00/f8b3781a-1e82-4818-a1c3-63d806ec15bb/host0/target0:0:0/0:0:0:0",
    model: "Virtual Disk",
    serial: "6002248000000045",
    bytes: 128 * GB,
    tags: &["sda PTTYPE gpt", "sda PTUUID old"],
    mounted: "",
};

/// Azure's temporary disk on SCSI.
const TEMPORARY: Disk<'static> = Disk {
    name: "sdb",
    way: "VMBUS:00/f8b3781a-1e82-4818-a1c3-63d806ec15bb/host0/target0:0:0/0:0:0:1",
    model: "Virtual Disk",
    serial: "60022480ffffffff",
    bytes: 64 * GB,
    tags: &[],
    mounted: "",
};

/// The data disk at LUN 23.
const DATA: Disk<'static> = Disk {
    name: "sdc",
    way: "VMBUS:00/f8b3781b-1e82-4818-a1c3-63d806ec15bb/host1/target1:0:0/1:0:0:23",
    model: "Virtual Disk",
    serial: "60022480aaaaaaaa",
    bytes: 4000 * GB,
    tags: &[],
    mounted: "",
};

impl Machine {
    fn new(disks: &[Disk<'_>]) -> Self {
        let machine = Self { folder: tempfile::tempdir().unwrap() };
        let root = machine.root().to_owned();
        for folder in ["bin", "sys/block", "dev", "mnt", "facts"] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
        }
        for disk in disks {
            let device = root.join("sys/devices").join(disk.way);
            std::fs::create_dir_all(&device).unwrap();
            std::fs::write(device.join("model"), format!("{}\n", disk.model)).unwrap();
            let block = root.join("sys/block").join(disk.name);
            std::fs::create_dir_all(&block).unwrap();
            symlink(&device, block.join("device")).unwrap();
            std::fs::write(block.join("removable"), "0\n").unwrap();
            if let Some((_, space)) = disk.name.rsplit_once('n') {
                std::fs::write(block.join("nsid"), format!("{space}\n")).unwrap();
            }
            std::fs::write(root.join("dev").join(disk.name), "").unwrap();
            let facts = |kind: &str, value: &str| {
                std::fs::write(
                    root.join("facts").join(format!("{}.{kind}", disk.name)),
                    format!("{value}\n"),
                )
                .unwrap();
            };
            facts("SERIAL", disk.serial);
            facts("WWN", &format!("0x{}", disk.serial));
            facts("MOUNTPOINT", disk.mounted);
            facts("bytes", &disk.bytes.to_string());
            for tag in disk.tags {
                let [device, kind, value] = tag.split(' ').collect::<Vec<_>>()[..] else { panic!("{tag}") };
                machine.tag(device, kind, value);
            }
        }
        // Reads what was laid down above, or says what it was told.
        machine.tool(
            "lsblk",
            "case $# in 2) cat facts/*.MOUNTPOINT ;; *) cat \"facts/${3##*/}.$2\" ;; esac 2> /dev/null\n",
        );
        machine.tool("blkid", "cat \"facts/${6##*/}.tag.$5\" 2> /dev/null || exit 2\n");
        machine.tool("blockdev", "case $1 in --getsize64) cat \"facts/${2##*/}.bytes\" ;; *) echo \"blockdev $*\" >> log ;; esac\n");
        for tool in [
            "wipefs",
            "sgdisk",
            "mkfs.ext4",
            "mkfs.vfat",
            "mkfs.xfs",
            "e2label",
            "umount",
            "swapoff",
            "mount",
        ] {
            machine.tool(tool, &format!("echo \"{tool} $*\" >> log\n"));
        }
        machine
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn tag(&self, device: &str, kind: &str, value: &str) {
        let file = self.root().join("facts").join(format!("{device}.tag.{kind}"));
        std::fs::write(file, format!("{value}\n")).unwrap();
        std::fs::write(self.root().join("dev").join(device), "").unwrap();
    }

    fn tool(&self, name: &str, body: &str) {
        let file: PathBuf = self.root().join("bin").join(name);
        std::fs::write(&file, format!("#!/bin/sh\ncd '{}'\n{body}", self.root().display())).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs the script of a node; its refusal and what was done.
    fn run(&self, disks: &str, mode: &str) -> (Option<DiskRefusal>, Vec<String>) {
        let root = self.root().display().to_string();
        let _ = std::fs::remove_file(self.root().join("log"));
        let mut script = disks.to_owned();
        for folder in ["/sys/", "/dev/", "/mnt"] {
            script = script.replace(folder, &format!("{root}{folder}"));
        }
        let path = format!("{root}/bin:/usr/bin:/bin");
        let output =
            Command::new("sh").args(["-c", &script, "disks", mode]).env("PATH", path).output().unwrap();
        let log = std::fs::read_to_string(self.root().join("log")).unwrap_or_default();
        let log: Vec<String> = log.lines().map(|line| line.replace(&root, "")).collect();
        let errors = String::from_utf8_lossy(&output.stderr);
        let status = output.status.code().unwrap();
        let refusal = DiskRefusal::from_status(u32::try_from(status).unwrap());
        assert!(status == 0 || refusal.is_some(), "status {status}: {errors}");
        (refusal, log)
    }
}

fn script(cluster: &nixos::Cluster, node: &str) -> String {
    nixos::generate(cluster).unwrap().nodes[node].disks.clone()
}

fn primary() -> String {
    script(&sample::azure(), "primary-0")
}

/// The identifier of a script's own table or file system.
fn own(script: &str, name: &str) -> String {
    let line = script.lines().find_map(|line| line.strip_prefix(&format!("{name}='"))).unwrap();
    line.trim_end_matches('\'').to_owned()
}

#[test]
fn a_new_machine_is_laid_out() {
    let machine = Machine::new(&[SYSTEM, TEMPORARY, DATA]);
    let script = primary();
    assert_eq!(machine.run(&script, "check"), (None, vec![]), "check writes nothing");
    // The table that sgdisk would write.
    machine.tool(
        "sgdisk",
        &format!("echo \"sgdisk $*\" >> log\necho {} > facts/sda.tag.PTUUID\n", own(&script, "table")),
    );
    let (refusal, log) = machine.run(&script, "format");
    assert_eq!(refusal, None, "{log:?}");
    let (table, root, boot) = (own(&script, "table"), own(&script, "root"), own(&script, "boot"));
    let position =
        |line: &str| log.iter().position(|done| done == line).unwrap_or_else(|| panic!("{line}: {log:#?}"));
    let order = [
        position("wipefs -af /dev/sda"),
        position("sgdisk --zap-all /dev/sda"),
        position(&format!(
            "sgdisk -n 1:0:+1G -t 1:EF00 -c 1:bud-boot -n 2:0:0 -t 2:8300 -c 2:bud-root -U {table} /dev/sda"
        )),
        position(&format!("mkfs.vfat -F 32 -i {boot} -n BUDBOOT /dev/sda1")),
        position(&format!("mkfs.ext4 -q -F -U {root} -L bud-root /dev/sda2")),
        position("mount -o noatime /dev/sda2 /mnt"),
        position("mount -o umask=0077 /dev/sda1 /mnt/boot"),
        position("mkfs.ext4 -q -F -L bud-storage /dev/sdc"),
        position("mount -o noatime /dev/sdc /mnt/var/lib/rancher/k3s/storage"),
    ];
    assert!(order.is_sorted(), "{log:#?}");
    assert!(!log.iter().any(|line| line.contains("sdb")), "the temporary disk is nobody's: {log:#?}");
}

#[test]
fn a_disk_with_data_is_mounted_and_never_formatted() {
    for (tags, device, label) in [
        (&["sdc TYPE ext4", "sdc LABEL bud-storage"][..], "/dev/sdc", false),
        (&["sdc TYPE ext4", "sdc LABEL data"][..], "/dev/sdc", true),
        (&["sdc PTTYPE gpt", "sdc1 TYPE ext4"][..], "/dev/sdc1", true),
    ] {
        let machine = Machine::new(&[SYSTEM, Disk { tags, ..DATA }]);
        machine.tag("sda", "PTUUID", &own(&primary(), "table"));
        let (refusal, log) = machine.run(&primary(), "format");
        assert_eq!(refusal, None, "{log:?}");
        let formats = |line: &&String| {
            line.starts_with("mkfs") || line.starts_with("wipefs") || line.starts_with("sgdisk")
        };
        assert!(!log.iter().filter(formats).any(|line| line.contains("sdc")), "{log:#?}");
        assert!(
            log.contains(&format!("mount -o noatime {device} /mnt/var/lib/rancher/k3s/storage")),
            "{log:#?}"
        );
        assert_eq!(log.contains(&format!("e2label {device} bud-storage")), label, "{log:#?}");
    }
}

#[test]
fn what_must_not_be_touched_is_refused_before_anything_is_done() {
    let foreign: &[&str] = &["sdc TYPE LVM2_member"];
    let two: &[&str] = &["sdc PTTYPE gpt", "sdc1 TYPE ext4", "sdc2 TYPE ext4"];
    let other: &[&str] = &["sdc TYPE xfs"];
    let cases: Vec<(Vec<Disk<'_>>, DiskRefusal)> = vec![
        (vec![DATA], DiskRefusal::NotFound),
        (vec![SYSTEM], DiskRefusal::NotFound),
        (vec![SYSTEM, Disk { name: "sdd", ..SYSTEM }, DATA], DiskRefusal::Ambiguous),
        (vec![Disk { bytes: 16 * GB, ..SYSTEM }, DATA], DiskRefusal::TooSmall),
        (vec![Disk { way: TEMPORARY.way, ..SYSTEM }, DATA], DiskRefusal::Local),
        (vec![Disk { model: "Microsoft NVMe Direct Disk v2", ..SYSTEM }, DATA], DiskRefusal::Local),
        (vec![Disk { model: "Amazon EC2 NVMe Instance Storage", ..SYSTEM }, DATA], DiskRefusal::Local),
        (vec![Disk { mounted: "/srv", ..SYSTEM }, DATA], DiskRefusal::InUse),
        (vec![SYSTEM, Disk { mounted: "/var/lib/postgresql", ..DATA }], DiskRefusal::InUse),
        (vec![SYSTEM, Disk { tags: foreign, ..DATA }], DiskRefusal::ForeignData),
        (vec![SYSTEM, Disk { tags: two, ..DATA }], DiskRefusal::ForeignData),
        (vec![SYSTEM, Disk { tags: other, ..DATA }], DiskRefusal::ForeignData),
    ];
    for (at, (disks, expected)) in cases.into_iter().enumerate() {
        let machine = Machine::new(&disks);
        let (refusal, log) = machine.run(&primary(), "format");
        assert_eq!(refusal, Some(expected), "case {at}: {log:?}");
        assert!(
            !log.iter().any(|line| line.starts_with("mkfs")
                || line.starts_with("sgdisk")
                || line.starts_with("wipefs")),
            "case {at}: {log:#?}"
        );
    }
}

#[test]
fn a_finished_system_is_not_formatted_but_mounted() {
    let script = primary();
    let machine = Machine::new(&[SYSTEM, DATA]);
    machine.tag("sda", "PTUUID", &own(&script, "table"));
    machine.tag("sda2", "UUID", &own(&script, "root"));
    // A mount shows what is on the disk.
    machine.tool(
        "mount",
        "echo \"mount $*\" >> log\ncase $* in '-o ro '*) mkdir -p \"$4/var/lib/bud\"; touch \"$4/var/lib/bud/finished\" ;; esac\n",
    );
    machine.tool("umount", "rm -r \"$1/var\"\n");
    let (refusal, log) = machine.run(&script, "format");
    assert_eq!(refusal, Some(DiskRefusal::Finished), "{log:#?}");
    assert!(!log.iter().any(|line| line.starts_with("mkfs")), "{log:#?}");
    let (refusal, log) = machine.run(&script, "mount");
    assert_eq!(refusal, None);
    assert!(log.contains(&"mount -o noatime /dev/sda2 /mnt".to_owned()), "{log:#?}");
    // One that cannot be looked at may be a finished one.
    machine.tool("mount", "echo \"mount $*\" >> log\nexit 32\n");
    let (refusal, log) = machine.run(&script, "format");
    assert_eq!(refusal, Some(DiskRefusal::Damaged), "{log:#?}");
    assert!(!log.iter().any(|line| line.starts_with("mkfs") || line.starts_with("wipefs")), "{log:#?}");
    // Without a layout there is nothing to mount.
    let machine = Machine::new(&[SYSTEM, DATA]);
    assert_eq!(machine.run(&script, "mount").0, Some(DiskRefusal::NoLayout));
}

/// A second run in the installer finds the first one's installation at work below `/mnt`. It unmounted what it
/// could, which was `/mnt/boot`, and then took the busy `/mnt` for a disk without a layout.
#[test]
fn what_is_mounted_as_it_shall_be_stays_mounted() {
    let script = primary();
    let machine = Machine::new(&[SYSTEM, Disk { tags: &["sdc TYPE ext4", "sdc LABEL bud-storage"], ..DATA }]);
    machine.tag("sda", "PTUUID", &own(&script, "table"));
    let mounted = |device: &str, point: &str| {
        let fact = machine.root().join("facts").join(format!("{device}.MOUNTPOINT"));
        std::fs::write(fact, format!("{}{point}\n", machine.root().display())).unwrap();
    };
    mounted("sda2", "/mnt");
    mounted("sda1", "/mnt/boot");
    mounted("sdc", "/mnt/var/lib/rancher/k3s/storage");
    assert_eq!(machine.run(&script, "mount"), (None, vec![]));
    // Where a part is missing, nothing is at work there: all of it is mounted anew.
    for missing in ["sda1", "sdc"] {
        let fact = machine.root().join("facts").join(format!("{missing}.MOUNTPOINT"));
        let kept = std::fs::read(&fact).unwrap();
        std::fs::write(&fact, "\n").unwrap();
        let (refusal, log) = machine.run(&script, "mount");
        assert_eq!(refusal, None);
        assert_eq!(log[..2], ["umount -R /mnt", "mount -o noatime /dev/sda2 /mnt"], "{missing}: {log:#?}");
        std::fs::write(&fact, kept).unwrap();
    }
}

/// Where NixOS runs already its disk stays: only data disks are looked after.
#[test]
fn a_system_that_runs_keeps_its_disk() {
    let running = || Disk { mounted: "/", tags: &["sda PTTYPE gpt", "sda1 TYPE ext4"], ..SYSTEM };
    let machine = Machine::new(&[running(), DATA]);
    std::fs::remove_file(machine.root().join("bin/sgdisk")).unwrap();
    let (refusal, log) = machine.run(&primary(), "data");
    assert_eq!((refusal, log), (None, vec!["mkfs.ext4 -q -F -L bud-storage /dev/sdc".to_owned()]));
    // Once more, with what the system has mounted meanwhile.
    let tags = &["sdc TYPE ext4", "sdc LABEL bud-storage"];
    let machine = Machine::new(&[running(), Disk { tags, mounted: "/var/lib/rancher/k3s/storage", ..DATA }]);
    assert_eq!(machine.run(&primary(), "data"), (None, vec![]));
    // What somebody else has mounted, or what is nobody's file system, is not touched.
    let tags = &["sdc TYPE ext4", "sdc LABEL theirs"];
    let machine = Machine::new(&[running(), Disk { tags, mounted: "/srv", ..DATA }]);
    assert_eq!(machine.run(&primary(), "data"), (Some(DiskRefusal::InUse), vec![]));
    let machine = Machine::new(&[running(), Disk { tags: &["sdc TYPE LVM2_member"], ..DATA }]);
    assert_eq!(machine.run(&primary(), "data"), (Some(DiskRefusal::ForeignData), vec![]));
    let machine = Machine::new(&[running()]);
    assert_eq!(machine.run(&primary(), "data"), (Some(DiskRefusal::NotFound), vec![]));
}

#[test]
fn a_missing_tool_is_named_first() {
    let machine = Machine::new(&[SYSTEM, DATA]);
    let script = primary().replace("tools='lsblk", "tools='no-such-tool lsblk");
    assert_eq!(machine.run(&script, "check").0, Some(DiskRefusal::NoTool));
}

/// The same disks behind NVMe, as newer machines show them, and Amazon's volumes.
#[test]
fn disks_behind_nvme_are_found() {
    let nvme = |name, serial, way| Disk {
        name,
        way,
        model: "MSFT NVMe Accelerator v1.0",
        serial,
        bytes: 128 * GB,
        tags: &[],
        mounted: "",
    };
    let machine = Machine::new(&[
        nvme("nvme0n1", "6002248000000045", "pci0/nvme0"),
        nvme("nvme0n25", "x", "pci0/nvme0b"),
        nvme("nvme0n2", "y", "pci0/nvme0c"),
    ]);
    machine.tag("nvme0n1", "PTUUID", &own(&primary(), "table"));
    let (refusal, log) = machine.run(&primary(), "format");
    assert_eq!(refusal, None);
    assert!(log.contains(&"mkfs.ext4 -q -F -L bud-storage /dev/nvme0n25".to_owned()), "{log:#?}");
    assert!(log.iter().any(|line| line.ends_with("-L bud-root /dev/nvme0n1p2")), "{log:#?}");

    let script = script(&sample::aws(), "p4d-0");
    let volume = |name, serial| Disk { model: "Amazon Elastic Block Store", ..nvme(name, serial, name) };
    let machine =
        Machine::new(&[volume("nvme1n1", "vol0123456789abcdef0"), volume("nvme0n1", "vol0a1b2c3d4e5f60718")]);
    machine.tag("nvme0n1", "PTUUID", &own(&script, "table"));
    let (refusal, log) = machine.run(&script, "format");
    assert_eq!(refusal, None);
    assert!(
        log.iter().any(|line| line.starts_with("mkfs.xfs -q -L bud-") && line.ends_with("/dev/nvme1n1")),
        "{log:#?}"
    );
}
