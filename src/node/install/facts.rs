//! What a machine is and what runs on it, as it says itself.

use crate::node::nixos::{Architecture, DiskAt, Firmware, Kept, KeptLoader, KeptMount};

use super::answers::Answers;
use super::disk::Disk;
use super::recorded::Recorded;
use super::refusal::Refusal;

/// What a machine is and what runs on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What runs.
    pub running: Running,
    /// The kernel's name for itself; `Linux` or nothing for us.
    pub kernel: String,
    /// The kernel's release.
    pub release: String,
    /// The kernel's name for the processor.
    pub machine: String,
    /// What the firmware is.
    pub firmware: Firmware,
    /// Which start of the machine this is.
    pub boot_id: String,
    /// Its clock, in seconds since 1970.
    pub clock: i64,
    /// Memory in MiB; firmware and kernel keep some of what was bought.
    pub memory_mib: u64,
    /// The container that it is, if it is one.
    pub container: Option<String>,
    /// Whether the firmware starts signed systems only.
    pub secure_boot: bool,
    /// The kernel's lockdown, if there is one.
    pub lockdown: Option<String>,
    /// Whether the kernel starts another: none where it cannot, false where that was switched off.
    pub kexec: Option<bool>,
    /// The programs that steps ask for and that are there.
    pub tools: Vec<String>,
    /// Free space for what is uploaded, in KiB.
    pub work_free_kib: u64,
    /// The boot loader, if it takes an entry once.
    pub loader: Option<Loader>,
    /// Where a kernel could lie for the boot loader.
    pub place: Option<Place>,
    /// The way out.
    pub uplink: Uplink,
    /// NVIDIA GPUs.
    pub gpus: u32,
    /// NVIDIA's switches between them.
    pub nvswitches: u32,
    /// The disks.
    pub disks: Vec<Disk>,
    /// The file systems of a system: its root, and what the boot loader reads.
    pub mounts: Vec<KeptMount>,
    /// The boot loader's name: `systemd-boot`, `grub` or another.
    pub started_by: String,
    /// Whether there is the data of a cluster.
    pub has_cluster: bool,
    /// Whether a system was finished on the running root.
    pub is_finished: bool,
    /// Whether it was made from an image of ours.
    pub is_image: bool,
    /// What an earlier run left on the running root.
    pub recorded: Option<Recorded>,
}

/// What runs on a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Running {
    /// The installer, and what it was started with, if it was us.
    Installer(Option<Started>),
    /// NixOS.
    NixOs {
        /// Its system's path in the store.
        system: String,
        /// The one that was booted.
        booted: String,
    },
    /// Another system.
    Other {
        /// Its id, such as `ubuntu`.
        id: String,
        /// Its version.
        version: String,
    },
}

/// What we put on the installer's command line: nobody but the installer that we started has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// For which node.
    pub node: String,
    /// For which disk.
    pub disk: DiskAt,
    /// The boot id of the system that started it.
    pub from: String,
}

/// A boot loader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loader {
    /// GRUB, with the folder of its configuration.
    Grub(String),
    /// systemd-boot.
    SystemdBoot,
}

/// Where a kernel could lie for the boot loader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The folder.
    pub folder: String,
    /// Where its file system is mounted.
    pub mount: String,
    /// The file system's UUID.
    pub uuid: String,
    /// Free space in KiB.
    pub free_kib: u64,
}

/// The interface of the default route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uplink {
    /// Its name.
    pub device: String,
    /// `card`, `bond`, `bridge`, `vlan`, `wireless`, `virtual` or `none`.
    pub kind: String,
}

impl Facts {
    /// Reads what the step found.
    ///
    /// # Errors
    /// The key that is missing.
    pub(super) fn read(answers: &Answers) -> Result<Self, &'static str> {
        let text = |key: &'static str| answers.get(key).map(str::to_owned).ok_or(key);
        let or_empty = |key| answers.get(key).unwrap_or_default().to_owned();
        let unless_none = |key| answers.get(key).filter(|value| *value != "none").map(str::to_owned);
        let count = |key| answers.number(key).and_then(|count| u32::try_from(count).ok()).unwrap_or(0);
        Ok(Self {
            running: Running::read(answers),
            kernel: text("kernel")?,
            release: text("release")?,
            machine: text("arch")?,
            firmware: if answers.is("firmware", "efi") { Firmware::Efi } else { Firmware::Bios },
            boot_id: text("boot_id")?,
            clock: answers.get("clock").and_then(|clock| clock.parse().ok()).ok_or("clock")?,
            memory_mib: answers.number("memory_kib").ok_or("memory_kib")? / 1024,
            container: unless_none("container"),
            secure_boot: answers.is("secure_boot", "on"),
            lockdown: unless_none("lockdown"),
            kexec: match answers.get("kexec") {
                Some("on") => Some(true),
                Some("off") => Some(false),
                _ => None,
            },
            tools: or_empty("tools").split_whitespace().map(str::to_owned).collect(),
            work_free_kib: answers.number("work_free_kib").unwrap_or(0),
            loader: match answers.get("loader") {
                Some("grub") => Some(Loader::Grub(text("loader_folder")?)),
                Some("systemd-boot") => Some(Loader::SystemdBoot),
                _ => None,
            },
            place: match answers.get("place") {
                None => None,
                Some(folder) => Some(Place {
                    folder: folder.to_owned(),
                    mount: text("place_mount")?,
                    uuid: or_empty("place_uuid"),
                    free_kib: answers.number("place_free_kib").unwrap_or(0),
                }),
            },
            uplink: Uplink { device: or_empty("uplink"), kind: or_empty("uplink_kind") },
            gpus: count("gpus"),
            nvswitches: count("nvswitches"),
            disks: Disk::all(answers),
            mounts: answers.all("kept_mount").filter_map(mount).collect(),
            started_by: or_empty("kept_loader"),
            has_cluster: answers.is("k3s", "yes"),
            is_finished: answers.is("finished", "yes"),
            is_image: answers.is("image", "yes"),
            recorded: Recorded::read(answers.below("record.")),
        })
    }

    /// The processor, if NixOS is made for it here.
    pub fn architecture(&self) -> Option<Architecture> {
        match self.machine.as_str() {
            "x86_64" | "amd64" => Some(Architecture::X86),
            "aarch64" | "arm64" => Some(Architecture::Arm),
            _ => None,
        }
    }

    /// The disk that NixOS goes to where nobody names one: the one that carries `/` now. The installer, which
    /// has none, was told by the system that started it.
    ///
    /// # Errors
    /// [`Refusal`] where there is not the one disk, or it cannot be told from others.
    pub fn system_disk(&self) -> Result<DiskAt, Refusal> {
        if let Running::Installer(Some(started)) = &self.running {
            return Ok(started.disk.clone());
        }
        let roots: Vec<_> = self.disks.iter().filter(|disk| disk.is_root).collect();
        match roots[..] {
            [disk] => {
                let known = disk.identity(&self.disks);
                known.ok_or_else(|| Refusal::NamelessDisk { disk: disk.describe() })
            }
            _ => Err(Refusal::NotOneRootDisk {
                roots: roots.into_iter().map(Disk::describe).collect(),
                there: self.disks.iter().map(Disk::describe).collect(),
            }),
        }
    }

    /// Disk and boot loader of the running system, to be kept by the next.
    ///
    /// # Errors
    /// [`Refusal::NotKept`] where no system of ours could start from them.
    pub fn kept(&self) -> Result<Kept, Refusal> {
        let refused = |reason| Err(Refusal::NotKept { reason });
        let at = |point: &str| self.mounts.iter().find(|mount| mount.mount == point).cloned();
        let Some(root) = at("/") else { return refused("its root has no UUID") };
        if !matches!(root.kind.as_str(), "ext4" | "xfs") {
            return refused("its root is neither ext4 nor XFS");
        }
        let boot = ["/boot", "/boot/efi", "/efi"].into_iter().find_map(at);
        let loader = match (self.started_by.as_str(), self.firmware) {
            ("systemd-boot", Firmware::Efi) => KeptLoader::SystemdBoot,
            ("grub", Firmware::Efi) => KeptLoader::GrubEfi,
            ("grub", Firmware::Bios) => {
                let root = self.disks.iter().find(|disk| disk.is_root);
                let Some(link) = root.and_then(|disk| disk.links.first()) else {
                    return refused("the disk that it starts from has no link in /dev/disk/by-id");
                };
                KeptLoader::GrubBios(link.clone())
            }
            _ => return refused("its boot loader is neither systemd-boot nor GRUB"),
        };
        if boot.as_ref().is_none_or(|boot| boot.kind != "vfat") && self.firmware == Firmware::Efi {
            return refused("the EFI system partition is not mounted");
        }
        Ok(Kept { root, boot, loader })
    }

    /// What runs, in words.
    pub fn describe(&self) -> String {
        match &self.running {
            Running::Installer(_) => "the NixOS installer".to_owned(),
            Running::NixOs { system, .. } => format!("NixOS {system}"),
            Running::Other { id, version } => format!("{id} {version}").trim().to_owned(),
        }
    }
}

/// A line of mount point, kind and UUID.
fn mount(line: &str) -> Option<KeptMount> {
    let mut words = line.split(' ').map(str::to_owned);
    let (mount, kind, uuid) = (words.next()?, words.next()?, words.next()?);
    (!uuid.is_empty()).then_some(KeptMount { mount, uuid, kind })
}

impl Running {
    fn read(answers: &Answers) -> Self {
        let or_empty = |key| answers.get(key).unwrap_or_default().to_owned();
        match (answers.get("id"), answers.get("variant")) {
            (Some("nixos"), Some("installer")) => {
                Self::Installer(Started::read(answers.get("command_line").unwrap_or_default()))
            }
            (Some("nixos"), _) => {
                Self::NixOs { system: or_empty("system"), booted: or_empty("booted_system") }
            }
            (id, _) => Self::Other { id: id.unwrap_or("unknown").to_owned(), version: or_empty("version") },
        }
    }
}

/// What a serial number or a link may hold as it is on a kernel's command line.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_./:".contains(&byte)
}

impl Started {
    /// The words for the kernel's command line.
    pub(super) fn words(&self) -> String {
        let disk = match &self.disk {
            DiskAt::Serial(serial) => format!("serial:{}", escaped(serial)),
            other => format!("link:{}", escaped(&other.describe())),
        };
        format!("bud.node={} bud.disk={disk} bud.from={}", self.node, self.from)
    }

    fn read(command_line: &str) -> Option<Self> {
        let word = |key: &str| {
            command_line.split_whitespace().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
        };
        let (kind, id) = word("bud.disk")?.split_once(':')?;
        let disk = match kind {
            "serial" => DiskAt::Serial(unescaped(id)?),
            "link" => DiskAt::ById(unescaped(id)?),
            _ => return None,
        };
        Some(Self { node: word("bud.node")?.to_owned(), disk, from: word("bud.from")?.to_owned() })
    }
}

fn escaped(text: &str) -> String {
    let letter = |byte: u8| {
        if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02x}") }
    };
    text.bytes().map(letter).collect()
}

fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        bytes.push(u8::from_str_radix(rest.get(at + 1..at + 3)?, 16).ok()?);
        rest = rest.get(at + 3..)?;
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).ok()
}
