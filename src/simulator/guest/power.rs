//! From switched on to up, and down again, with or without warning.

use std::collections::BTreeMap;

use super::super::clock::Clock;
use super::Guest;
use super::birth::installed;
use super::disk::{Layout, Volume};
use super::files::Where;
use super::firmware::{NIXOS, Start, UBUNTU};
use super::initrd::Brought;
use super::k3s::{Event, Fare, Leave};
use super::system::{Kind, System};
use super::tree::Tree;

/// Whether a machine runs.
#[derive(Clone, Debug)]
pub(crate) enum State {
    Off,
    /// Its firmware or kernel is at work, and its system is up from this point on.
    Starting {
        at: f64,
        start: Start,
    },
    Up,
    /// It does nothing any more, and answers nothing.
    Hung,
}

/// How a machine goes away by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaving {
    /// Orderly, through its firmware.
    Restart,
    /// Into the kernel that was loaded.
    Kexec,
}

/// Simulated seconds from `kexec -e` until the installer's SSH server answers: no firmware is in between.
const KEXEC_SECONDS: f64 = 20.0;

impl Guest {
    /// The power is gone: so are memory, connections and whatever was not on a disk.
    pub(crate) fn cut(&mut self) {
        for disk in &mut self.disks {
            disk.each_volume(Volume::cut);
        }
        self.stop(false);
        self.state = State::Off;
    }

    /// Everything that runs ends.
    fn stop(&mut self, orderly: bool) {
        let ran = matches!(self.k3s.fare, Fare::Activating | Fare::Active);
        self.k3s.fare = Fare::Inactive;
        if ran {
            self.events.push(Event::Stopped { machine: self.key.clone(), orderly });
        }
        self.memory = Tree::default();
        self.mounts.clear();
        self.loaded = None;
        self.job = None;
        self.leaving = None;
        self.leave = Leave::Idle;
        self.forgotten.clear();
        self.end_sessions();
    }

    /// Ends every connection to it.
    pub(crate) fn end_sessions(&self) {
        self.sessions.send_modify(|start| *start += 1);
    }

    /// The firmware starts; `at_once` where whoever waited for it has waited already.
    pub(crate) fn start(&mut self, clock: &Clock, at_once: bool) {
        let start = self.choose();
        let seconds = match &start {
            Start::System(kind, ..) if !at_once => System::seconds(kind),
            _ => 0.0,
        };
        self.state = State::Starting { at: clock.after(seconds), start };
    }

    /// It goes away a moment after it was told to.
    pub(crate) fn leave(&mut self, clock: &Clock, how: Leaving) {
        self.leaving = Some((clock.after(2.0), how));
    }

    /// Lets happen what was due; whether anything did.
    pub(crate) fn settle(&mut self, clock: &Clock) -> bool {
        if let Some((at, how)) = self.leaving.filter(|(at, _)| clock.passed(*at)) {
            let _ = at;
            self.depart(clock, how);
            return true;
        }
        if let State::Starting { at, .. } = &self.state
            && clock.passed(*at)
        {
            let start = std::mem::replace(&mut self.state, State::Hung);
            if let State::Starting { start, .. } = start {
                self.arrive(start);
            }
            return true;
        }
        self.settle_job(clock)
    }

    /// When something is due next.
    pub(crate) fn due(&self) -> Option<f64> {
        let starting = if let State::Starting { at, .. } = self.state { Some(at) } else { None };
        let leaving = self.leaving.map(|(at, _)| at);
        let job = self.job.as_ref().and_then(super::installation::Installation::due);
        [starting, leaving, job].into_iter().flatten().reduce(f64::min)
    }

    fn depart(&mut self, clock: &Clock, how: Leaving) {
        // Both ways write out what there is: the restart as it stops its services, the other as we tell it to.
        self.sync();
        let loaded = self.loaded.take();
        self.stop(how == Leaving::Restart);
        match (how, loaded) {
            (Leaving::Restart, _) => self.start(clock, false),
            (Leaving::Kexec, _) if self.kernel_hangs => {
                self.kernel_hangs = false;
                self.say("hv_vmbus: probe failed");
                self.state = State::Hung;
            }
            (Leaving::Kexec, Some((line, brought))) => {
                let start = Start::System(Kind::Installer, line, brought);
                self.state = State::Starting { at: clock.after(KEXEC_SECONDS), start };
            }
            (Leaving::Kexec, None) => self.state = State::Hung,
        }
    }

    fn arrive(&mut self, start: Start) {
        let (kind, line, brought) = match start {
            Start::System(kind, line, brought) => (kind, line, brought),
            Start::Nothing(said) => {
                self.say(said);
                return;
            }
        };
        self.state = State::Up;
        self.system = System::new(kind, &line);
        self.mounts.clear();
        let first = self.disks.first().map(|disk| disk.id.clone()).unwrap_or_default();
        let on = |number| Where::Disk(first.clone(), number);
        match &self.system.kind {
            Kind::Ubuntu => {
                self.mount("/", on(UBUNTU.0));
                self.mount("/run", Where::Memory);
                self.mount("/boot", on(UBUNTU.1));
                self.mount("/boot/efi", on(15));
                self.mount_temporary();
            }
            Kind::Installer => {
                self.mount("/", Where::Memory);
                self.remember(&brought);
            }
            Kind::Nixos { .. } => {
                self.mount("/", on(NIXOS.0));
                self.mount("/run", Where::Memory);
                self.mount("/boot", on(NIXOS.1));
                self.activate();
            }
        }
        self.draw_host_keys();
        // What Ubuntu says is its cloud's to write: every start of it went through the firmware.
        if self.system.kind != Kind::Ubuntu {
            let [id, version, variant] = self.system.release();
            self.say(format!("{id} {version} {variant} {} login:", self.name).replace("  ", " "));
        }
        self.start_k3s();
    }

    /// Ubuntu's agent formats the temporary disk when it is blank, and mounts it.
    fn mount_temporary(&mut self) {
        let Some(disk) = self.disks.iter_mut().find(|disk| disk.local) else { return };
        if matches!(disk.layout, Layout::Blank) {
            let room = disk.bytes / 1024;
            let volume = Volume::with(super::disk::FileSystem::Ext4, "A1B2-tmp", "", room, Tree::default());
            let partitions = vec![(1, Some(volume))];
            disk.layout = Layout::Table { uuid: uuid::Uuid::new_v4().to_string(), partitions };
        }
        let at = Where::Disk(disk.id.clone(), 1);
        self.mount("/mnt", at);
    }

    /// The installer takes what its initrd brings: who may log in, and the machine's host keys.
    fn remember(&mut self, brought: &BTreeMap<String, Brought>) {
        self.memory.write("/etc/os-release", 0o644, "ID=nixos\nVERSION_ID=\"26.05\"\nVARIANT_ID=installer\n");
        self.memory.write("/etc/passwd", 0o644, "root:x:0:0:root:/root:/bin/sh\n");
        for (name, file) in brought {
            match name.strip_prefix("ssh/") {
                Some("authorized_keys") => {
                    self.memory.write("/root/.ssh/authorized_keys", 0o400, &file.bytes);
                }
                Some(key) => self.memory.write(&format!("/etc/ssh/{key}"), file.mode & 0o777, &file.bytes),
                None => {}
            }
        }
    }

    /// NixOS makes users, mounts and links of what it is.
    fn activate(&mut self) {
        let Kind::Nixos { path, description } = &self.system.kind else { return };
        let (path, description) = (path.clone(), description.clone());
        let mut passwd = "root:x:0:0:System administrator:/root:/bin/sh\n".to_owned();
        for user in &description.users {
            if user.name != "root" {
                passwd.push_str(&format!("{0}:x:1000:100::/home/{0}:/bin/sh\n", user.name));
            }
            let keys = user.keys.iter().fold(String::new(), |all, key| all + key + "\n");
            let _ = self.write(&format!("/etc/ssh/authorized_keys.d/{}", user.name), 0o444, keys);
        }
        let _ = self.write("/etc/passwd", 0o644, passwd);
        let _ = self.write("/etc/os-release", 0o644, "ID=nixos\nVERSION_ID=\"26.05\"\n");
        for link in ["/run/current-system", "/run/booted-system"] {
            self.memory.point(link, &path);
        }
        for (point, device) in &description.mounts {
            let Some(label) = device.strip_prefix("/dev/disk/by-label/") else { continue };
            let found = self.disks.iter().find_map(|disk| {
                let volume = disk.volumes().into_iter().find(|(_, volume)| volume.label == label)?;
                Some(Where::Disk(disk.id.clone(), volume.0))
            });
            if let Some(at) = found {
                self.mount(point, at);
            }
        }
        if let Some(name) = self.text("/etc/hostname").map(|text| text.trim().to_owned())
            && !name.is_empty()
        {
            self.name = name;
        }
    }

    /// The system that would boot next, from its running root.
    pub(crate) fn profile(&self, below: &str) -> Option<String> {
        let at = if below.is_empty() { "/" } else { below };
        let volume = self.volume(&self.mount_of(at)?.at)?;
        installed(volume.files()).map(|(path, _)| path)
    }
}
