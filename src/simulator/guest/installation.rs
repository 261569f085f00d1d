//! An installation that runs by itself: what it logs and when, how it ends, and what it leaves.

use super::super::clock::Clock;
use super::Guest;
use super::birth;
use super::nixos::Description;

/// A running or ended installation.
#[derive(Clone, Debug)]
pub(crate) struct Installation {
    /// What it was asked for.
    pub(crate) what: String,
    /// What it logs from which point on.
    lines: Vec<(f64, String)>,
    ends: f64,
    /// Its status, from its end on.
    pub(crate) status: Option<u32>,
    then: Result<Built, u32>,
}

/// What an installation leaves.
#[derive(Clone, Debug)]
pub(crate) struct Built {
    /// Below which folder: `/mnt`, or nothing where the running system is changed.
    pub(crate) below: &'static str,
    pub(crate) path: String,
    pub(crate) description: Description,
}

impl Installation {
    /// Begins one that takes so many simulated seconds, spread over its log.
    pub(crate) fn begin(
        clock: &Clock,
        what: &str,
        seconds: f64,
        log: &[String],
        then: Result<Built, u32>,
    ) -> Self {
        let number = u32::try_from(log.len()).unwrap_or(u32::MAX);
        let share = seconds / f64::from(number.max(1));
        let point = |at: usize| clock.after(share * f64::from(u32::try_from(at).unwrap_or(number)));
        let lines = log.iter().enumerate().map(|(at, line)| (point(at), line.clone())).collect();
        Self { what: what.to_owned(), lines, ends: clock.after(seconds), status: None, then }
    }

    /// When it ends, if it has not.
    pub(crate) fn due(&self) -> Option<f64> {
        self.status.is_none().then_some(self.ends)
    }

    /// What it has logged so far.
    pub(crate) fn log(&self, clock: &Clock) -> String {
        let said = self.lines.iter().take_while(|(at, _)| self.status.is_some() || clock.passed(*at));
        said.fold(String::new(), |all, (_, line)| all + line + "\n")
    }
}

impl Guest {
    /// Ends the installation when its time has come; whether it did.
    pub(crate) fn settle_job(&mut self, clock: &Clock) -> bool {
        let Some(job) = self.job.as_mut().filter(|job| job.status.is_none() && clock.passed(job.ends)) else {
            return false;
        };
        let then = job.then.clone();
        let status = match then {
            Ok(built) => u32::from(self.install(&built).is_none()),
            Err(status) => status,
        };
        if let Some(job) = &mut self.job {
            job.status = Some(status);
        }
        true
    }

    /// Lays the system down, and its boot loader.
    fn install(&mut self, built: &Built) -> Option<()> {
        let below = built.below;
        let efi = self.hardware().efi;
        let root = if below.is_empty() { "/" } else { below };
        let at = self.mount_of(root).filter(|mount| mount.point == root)?.at;
        let volume = self.volume_mut(&at)?;
        birth::install(volume.files_mut(), "", &built.path, &built.description);
        if efi {
            self.write(&format!("{below}/boot/EFI/BOOT/BOOTX64.EFI"), 0o700, "systemd-boot\n").ok()?;
            self.write(&format!("{below}/boot/loader/loader.conf"), 0o700, "timeout 1\n").ok()?;
        } else {
            self.write(&format!("{below}/boot/grub/grub.cfg"), 0o600, "set default=0\n").ok()?;
        }
        Some(())
    }
}
