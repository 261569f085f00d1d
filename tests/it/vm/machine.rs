//! A virtual machine by QEMU: EFI firmware, one disk with a serial number, a card with DHCP, and a port of this
//! machine that leads to its SSH server.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bud::node::install::{Access, Build, Deadlines, Fetching, Installer, System, Wanted};
use bud::node::nixos::{self, Architecture, Cloud, DiskAt, Firmware};
use bud::secret::Secret;
use bud::ssh::{self, HostPin, Identity, Limits, Link, Road, Target};

use super::patience;
use crate::nixos_room::sample;

/// The serial number of its disk.
pub(crate) const SERIAL: &str = "bud-test-vm-00001";

/// The user of the system that the machine starts with.
pub(crate) const FIRST_USER: &str = "debian";

pub(crate) struct Machine {
    folder: tempfile::TempDir,
    /// What `scripts/test-vm/prepare` made.
    home: PathBuf,
    port: u16,
    memory_mib: u32,
    qemu: Child,
}

impl Machine {
    /// A Debian as it was just made, which starts.
    pub(crate) fn start(memory_mib: u32) -> Self {
        let home =
            std::env::var("BUD_TEST_VM").expect("`make test-vm` makes the machine and sets BUD_TEST_VM");
        let home = PathBuf::from(home);
        let folder = tempfile::Builder::new().prefix("vm").tempdir().unwrap();
        let disk = Command::new("qemu-img")
            .args(["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b"])
            .args([home.join("disk.qcow2"), folder.path().join("disk.qcow2")])
            .status();
        assert!(disk.unwrap().success());
        std::fs::copy("/usr/share/OVMF/OVMF_VARS_4M.fd", folder.path().join("variables")).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let qemu = qemu(folder.path(), port, memory_mib);
        Self { folder, home, port, memory_mib, qemu }
    }

    /// The power goes, and comes again: what was not on the disk is lost, and the firmware starts what is.
    pub(crate) fn lose_power(&mut self) {
        self.cut();
        self.qemu = qemu(self.folder.path(), self.port, self.memory_mib);
    }

    fn cut(&mut self) {
        let _ = self.qemu.kill();
        let _ = self.qemu.wait();
    }

    pub(crate) fn key(&self) -> Secret {
        Secret::new(std::fs::read_to_string(self.home.join("key")).unwrap())
    }

    pub(crate) fn target(&self, user: &str) -> Target {
        Target {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            user: user.to_owned(),
            pin: HostPin::key(&std::fs::read_to_string(self.home.join("host.pub")).unwrap()).unwrap(),
            identities: vec![Identity::key(&self.key(), None).unwrap()],
        }
    }

    pub(crate) fn access(&self) -> Access {
        self.access_to(self.target(FIRST_USER))
    }

    pub(crate) fn access_to(&self, target: Target) -> Access {
        let machine = Link::new(target, Road::default(), Limits::default());
        Access { machine, installed_user: "bud".to_owned(), power: None }
    }

    /// What a command says, run by a user who may be root.
    pub(crate) async fn ask(&self, user: &str, line: &str) -> String {
        let link = Link::new(self.target(user), Road::default(), Limits::default());
        let waiting = patience().at_most(Duration::from_secs(30 * 60));
        let session = link.wait(&waiting).await.unwrap_or_else(|error| panic!("{error}\n{}", self.console()));
        let line = format!("sudo -n sh -c {}", ssh::quote(line));
        let command = ssh::Command::new("ask", line, Duration::from_secs(60));
        session.run(command, &waiting).await.unwrap().trim().to_owned()
    }

    /// The end of its serial console.
    pub(crate) fn console(&self) -> String {
        let text = std::fs::read(self.folder.path().join("console")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    /// A worker of the sample cluster, which is administered with the machine's key.
    pub(crate) fn wanted(&self) -> Wanted {
        let mut cluster = sample::azure();
        let key = std::fs::read_to_string(self.home.join("key.pub")).unwrap();
        cluster.users[0].keys = vec![key.trim().to_owned()];
        let system_disk = DiskAt::Serial(SERIAL.to_owned());
        cluster.nodes.get_mut("worker-0").unwrap().system_disk = system_disk.clone();
        let generated = nixos::generate(&cluster).unwrap();
        let files = &generated.nodes["worker-0"];
        let archive = self.home.join("installer.tar.gz");
        Wanted {
            node: "worker-0".to_owned(),
            cloud: Cloud::Azure,
            way: None,
            architecture: Architecture::X86,
            firmware: Firmware::Efi,
            system: System {
                name: files.system.clone(),
                digest: generated.systems[&files.system].digest.clone(),
                flake: Arc::new(generated.flake.clone()),
                build: Build::Here,
            },
            system_disk,
            keeps: None,
            disks: files.disks.clone(),
            placed: files.placed.clone(),
            keys: Vec::new(),
            networkd: Default::default(),
            installer: Some(Installer {
                bytes: std::fs::metadata(&archive).unwrap().len(),
                sha256: std::fs::read_to_string(self.home.join("installer.sha256"))
                    .unwrap()
                    .trim()
                    .to_owned(),
                file: archive,
            }),
            fetching: Fetching::default(),
            takeover: false,
            wipe: None,
            deadlines: deadlines(),
        }
    }
}

/// Those of a processor that is interpreted, on a machine that has other things to do.
fn deadlines() -> Deadlines {
    let long = Duration::from_secs(30 * 60);
    Deadlines {
        answer: long,
        step: Duration::from_secs(10 * 60),
        stage: long,
        installer: long,
        disk: long,
        install: long,
        reboot: long,
        ..Deadlines::default()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.cut();
        if std::thread::panicking() {
            println!("the machine's console ended with\n{}", self.console());
        }
    }
}

/// Its processor is interpreted (TCG): it runs wherever QEMU runs, ten times slower than a real one.
fn qemu(folder: &Path, port: u16, memory_mib: u32) -> Child {
    let file = |name: &str| folder.join(name).display().to_string();
    let memory = memory_mib.to_string();
    let console = format!("file:{}", file("console"));
    let variables = format!("if=pflash,format=raw,file={}", file("variables"));
    let disk = format!("if=none,id=system,format=qcow2,cache=unsafe,file={}", file("disk.qcow2"));
    let device = format!("virtio-blk-pci,drive=system,serial={SERIAL}");
    let network = format!("user,id=card,hostfwd=tcp:127.0.0.1:{port}-:22");
    Command::new("qemu-system-x86_64")
        .args(["-machine", "q35", "-accel", "tcg", "-cpu", "max", "-smp", "2", "-m", &memory])
        .args(["-display", "none", "-monitor", "none", "-serial", &console])
        .args(["-drive", "if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd"])
        .args(["-drive", &variables, "-drive", &disk, "-device", &device])
        .args(["-netdev", &network, "-device", "virtio-net-pci,netdev=card", "-device", "virtio-rng-pci"])
        .stdin(Stdio::null())
        .spawn()
        .expect("qemu-system-x86_64")
}
