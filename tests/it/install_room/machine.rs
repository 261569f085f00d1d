//! A machine of paper behind a real SSH server: its firmware, kernel and tools are `machine.sh`, everything
//! that is sent to it runs as it would run on a machine.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bud::node::install::{Access, Build, Deadlines, Fetching, Installer, System, Wanted};
use bud::node::nixos::{self, Architecture, Cloud, DiskAt, Firmware};
use bud::ssh::{Limits, Link, Road, Target};

use super::archive;
use crate::nixos_room::sample;
use crate::ssh_room::server::Server;

/// The programs that the machine has in place of the real ones.
const TOOLS: [&str; 34] = [
    "machine",
    "id",
    "sudo",
    "chown",
    "sync",
    "dmesg",
    "udevadm",
    "swapoff",
    "sleep",
    "uname",
    "systemd-detect-virt",
    "df",
    "findmnt",
    "lsblk",
    "blkid",
    "blockdev",
    "sgdisk",
    "wipefs",
    "mkfs.vfat",
    "mkfs.ext4",
    "mount",
    "umount",
    "grub-editenv",
    "kexec",
    "systemctl",
    "journalctl",
    "reboot",
    "start",
    "start-installer",
    "nixos-install",
    "nix",
    "nix-env",
    "nix-store",
    "bootctl",
];

/// Whatever is sent goes to the machine.
const SERVING: &str = "ForceCommand env BUD_MACHINE=% sh %/bin/machine";

pub(crate) struct Machine {
    pub(crate) server: Server,
}

impl Machine {
    /// An Ubuntu that starts by EFI, with GRUB; none where there is no SSH server.
    pub(crate) async fn ubuntu() -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("machine").tempdir().unwrap();
        furnish(folder.path());
        let server = Server::prepared(folder, &[SERVING]).await?;
        let machine = Self { server };
        for name in ["ssh_host_ed25519_key", "ssh_host_ed25519_key.pub"] {
            let own = if name.ends_with("pub") { "host.pub" } else { "host" };
            std::fs::copy(machine.path(own), machine.path("systems/old/etc/ssh").join(name)).unwrap();
        }
        let key = machine.server.key.public();
        let optional = format!("command=\"echo no\" {key}# a word\n{key}");
        std::fs::create_dir_all(machine.path("home/.ssh")).unwrap();
        machine.write("home/.ssh/authorized_keys", &optional);
        machine.start();
        Some(machine)
    }

    /// The same with a NixOS that its cloud has made.
    pub(crate) async fn nixos() -> Option<Self> {
        let machine = Self::ubuntu().await?;
        let profiles = machine.path("systems/old/nix/var/nix/profiles");
        std::fs::create_dir_all(&profiles).unwrap();
        symlink("/nix/store/cccccccc-nixos-system-cloud", profiles.join("system-0-link")).unwrap();
        symlink("system-0-link", profiles.join("system")).unwrap();
        machine.start();
        Some(machine)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.server.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Something goes wrong from now on, as `machine.sh` knows it.
    pub(crate) fn fault(&self, name: &str) {
        self.write(&format!("fault.{name}"), "");
    }

    pub(crate) fn mend(&self, name: &str) {
        let _ = std::fs::remove_file(self.path(&format!("fault.{name}")));
    }

    /// The firmware starts it.
    pub(crate) fn start(&self) {
        let status =
            std::process::Command::new(self.path("bin/start")).env("BUD_MACHINE", self.path("")).status();
        assert!(status.unwrap().success());
    }

    /// Somebody starts an installer with this command line.
    pub(crate) fn run_installer(&self, line: &str) {
        let mut command = std::process::Command::new(self.path("bin/start-installer"));
        assert!(command.arg(line).env("BUD_MACHINE", self.path("")).status().unwrap().success());
    }

    /// Its SSH server ends with all sessions, and starts again.
    pub(crate) fn restart_server(&mut self) {
        self.server.restart(&[SERVING]);
    }

    /// What its tools were told, in order.
    pub(crate) fn log(&self) -> Vec<String> {
        self.read("told").lines().map(str::to_owned).collect()
    }

    /// How often its tools were told something that begins so.
    pub(crate) fn count(&self, beginning: &str) -> usize {
        self.log().iter().filter(|line| line.starts_with(beginning)).count()
    }

    /// A file on the disk that is installed.
    pub(crate) fn installed(&self, path: &str) -> PathBuf {
        self.path("disks/sda2").join(path.trim_start_matches('/'))
    }

    pub(crate) fn access(&self) -> Access {
        self.access_at(self.server.port)
    }

    pub(crate) fn access_at(&self, port: u16) -> Access {
        self.access_to(self.server.target_at(port))
    }

    pub(crate) fn access_to(&self, target: Target) -> Access {
        let machine = Link::new(target, Road::default(), Limits::default());
        Access { machine, installed_user: self.server.user.clone(), power: None }
    }

    /// The seed's first GPU node.
    pub(crate) fn wanted(&self) -> Wanted {
        let cluster = sample::azure();
        let generated = nixos::generate(&cluster).unwrap();
        let files = &generated.nodes["gpu-0"];
        let system = &generated.systems[&files.system];
        let root = self.path("root").display().to_string();
        // The paths of the disk script are the machine's, whose folders are below ours.
        let disks =
            files.disks.replace("/sys/", &format!("{root}/sys/")).replace("/mnt", &format!("{root}/mnt"));
        let mut placed = files.placed.clone();
        for file in &mut placed {
            // The test's user has no other groups.
            file.group = "root";
        }
        let bytes = std::fs::metadata(self.path("installer.tar.gz")).unwrap().len();
        Wanted {
            node: "gpu-0".to_owned(),
            cloud: Cloud::Azure,
            way: None,
            architecture: Architecture::X86,
            firmware: Firmware::Efi,
            system: System {
                name: files.system.clone(),
                digest: system.digest.clone(),
                flake: Arc::new(generated.flake.clone()),
                build: Build::Here,
            },
            system_disk: DiskAt::Serial("600224800000001e".to_owned()),
            keeps: None,
            disks,
            placed,
            keys: Vec::new(),
            networkd: Default::default(),
            installer: Some(Installer {
                file: self.path("installer.tar.gz"),
                sha256: "ab".repeat(32),
                bytes,
            }),
            fetching: Fetching::default(),
            takeover: false,
            wipe: None,
            deadlines: deadlines(),
        }
    }
}

/// Short enough for a test to wait for, long enough for a machine that is busy.
fn deadlines() -> Deadlines {
    let minute = Duration::from_secs(60);
    Deadlines {
        answer: minute,
        denied: Duration::from_millis(300),
        step: minute,
        upload: minute,
        stage: minute,
        installer: Duration::from_secs(20),
        disk: minute,
        install: minute,
        reboot: Duration::from_secs(20),
        pause: Duration::from_millis(50),
    }
}

/// Everything that the machine is made of.
fn furnish(folder: &Path) {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("bin/machine.sh", include_str!("machine.sh"));
    std::fs::set_permissions(folder.join("bin/machine.sh"), std::fs::Permissions::from_mode(0o755)).unwrap();
    for tool in TOOLS {
        symlink("machine.sh", folder.join("bin").join(tool)).unwrap();
    }
    for (name, text) in [
        ("free", "4000000"),
        ("serial", "600224800000001e"),
        ("release", "6.8.0-1030-azure"),
        ("systems/old/etc/os-release", "ID=ubuntu\nVERSION_ID=\"24.04\"\n"),
        ("systems/old/etc/machine-id", "0123456789abcdef0123456789abcdef\n"),
        ("systems/old/etc/ssh/sshd_config", "\n"),
        (
            "systems/old/boot/grub/grub.cfg",
            "if [ \"${next_entry}\" ] ; then\nsource ${config_directory}/custom.cfg\n",
        ),
        ("systems/old/var/lib/x", ""),
        ("root/proc/meminfo", "MemTotal:        8131234 kB\n"),
        ("root/proc/sys/kernel/random/boot_id", "none\n"),
        ("root/proc/sys/kernel/kexec_load_disabled", "0\n"),
        (
            "root/proc/net/route",
            "Iface\tDestination\tGateway\neth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\n",
        ),
        ("root/sys/class/net/eth0/device/x", ""),
        ("root/sys/firmware/efi/x", ""),
        ("root/sys/block/sda/size", "250000000\n"),
        ("root/sys/block/sda/removable", "0\n"),
        ("root/sys/block/sda/device/model", "Virtual Disk\n"),
        ("disks/x", ""),
        ("root/mnt/x", ""),
    ] {
        write(name, text);
    }
    let user = std::process::Command::new("id").arg("-un").output().unwrap().stdout;
    let user = String::from_utf8(user).unwrap();
    write(
        "systems/old/etc/passwd",
        &format!("{}:x:0:0::{}:/bin/sh\n", user.trim(), folder.join("home").display()),
    );
    write("login", &user);
    archive::write(&folder.join("installer.tar.gz"));
}
