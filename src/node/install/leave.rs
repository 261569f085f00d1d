//! From the system that runs into the installer.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::node::nixos::Cloud;
use crate::ssh::Content;

use super::access::Who;
use super::answers::Input;
use super::error::Fault;
use super::facts::{Facts, Loader, Running, Started};
use super::phase::Phase;
use super::recorded::Reached;
use super::refusal::Refusal;
use super::run::Run;
use super::step::{BOOT, KEXEC, Login, STAGE, must};
use super::wanted::Way;

/// Where the archive goes.
const ARCHIVE: &str = "/var/lib/bud/installer.tarball";
/// The longest command line that kernels of both processors take (`COMMAND_LINE_SIZE`).
const COMMAND_LINE: usize = 2048;

/// What a machine turned out to be after it was sent away.
enum Came {
    /// The installer, started by us.
    There(Login, Box<Facts>),
    /// What it was before.
    Back(Login, Box<Facts>),
}

impl Run<'_> {
    /// Sends the machine into the installer, by the first of these ways that works.
    pub(super) async fn leave(
        &mut self,
        mut login: Login,
        mut facts: Facts,
        ways: Vec<Way>,
    ) -> Result<(Login, Facts), Fault> {
        self.asking.begin(phase(ways.first().copied().unwrap_or(Way::Kexec)));
        let command_line = self.stage(&login).await?;
        let mut tried = Vec::new();
        let mut ways = ways.into_iter().peekable();
        while let Some(way) = ways.next() {
            if !tried.is_empty() {
                self.asking.begin(phase(way));
            }
            tried.push(way);
            let started = Started {
                node: self.wanted.node.clone(),
                disk: self.wanted.system_disk.clone(),
                from: facts.boot_id.clone(),
            };
            let line = self.command_line(&command_line, &started)?;
            let fault = match self.depart(&login, &facts, way, &line, &tried).await {
                Ok(()) => match self.come(way, &started).await? {
                    Came::There(login, facts) => {
                        self.asking.finish(&facts.boot_id);
                        return Ok((login, *facts));
                    }
                    Came::Back(back, now) => {
                        let runs = now.describe();
                        (login, facts) = (back, *now);
                        Fault::CameBack { way, runs }
                    }
                },
                Err(fault @ Fault::Step { .. }) => fault,
                Err(fault) => return Err(fault),
            };
            if ways.peek().is_none() {
                return Err(fault);
            }
            self.asking.note(fault.to_string());
        }
        Err(Refusal::NoWay(Vec::new()).into())
    }

    /// Sends the archive and unpacks it; the command line that its kernel wants.
    async fn stage(&mut self, login: &Login) -> Result<String, Fault> {
        let Some(installer) = &self.wanted.installer else {
            return Err(Refusal::NoInstaller.into());
        };
        let limits = self.asking.deadlines;
        self.asking.note(format!("sending the installer, {} MB", installer.bytes / 1_000_000));
        let file = Content::File(installer.file.clone());
        let patience = self.asking.patience;
        let placed = login.place(ARCHIVE.to_owned(), 0o600, "root", file, limits.upload, patience).await?;
        self.asking.note(format!("the installer is there ({placed:?})").to_lowercase());
        let network = if self.wanted.networkd.is_empty() { "keep" } else { "given" };
        let mut input = Input::new().line("user", &login.user).line("network", network);
        for key in &self.wanted.keys {
            input = input.line("key", key);
        }
        let answers = login.step(STAGE, input, limits.stage, patience).await?;
        Ok(must(&answers, STAGE, "command_line")?.to_owned())
    }

    /// The command line with what we put on it.
    fn command_line(&self, base: &str, started: &Started) -> Result<String, Refusal> {
        // A kernel that panics restarts the machine, which is its old self then.
        let mut line = format!("{base} {} panic=30", started.words());
        if self.wanted.cloud == Cloud::Azure {
            // The fast half of each card has the same MAC address; without its driver there is one card.
            line.push_str(" module_blacklist=mlx4_core,mlx4_en,mlx5_core,mana");
        }
        for (name, text) in &self.wanted.networkd {
            // systemd-network-generator writes them to /run. Behind 00- they come before what the installer
            // makes of the cards that it finds.
            let Some((stem, kind)) = name.rsplit_once('.') else { continue };
            let text = STANDARD.encode(text);
            line.push_str(&format!(" systemd.set_credential_binary=network.{kind}.00-{stem}:{text}"));
        }
        if line.len() >= COMMAND_LINE {
            return Err(Refusal::LongNetwork { bytes: line.len(), most: COMMAND_LINE - 1 });
        }
        Ok(line)
    }

    /// Sends the machine away.
    async fn depart(
        &mut self,
        login: &Login,
        facts: &Facts,
        way: Way,
        line: &str,
        tried: &[Way],
    ) -> Result<(), Fault> {
        let mut recorded = self.record(Reached::Left);
        recorded.tried = tried.to_vec();
        let (limit, patience) = (self.asking.deadlines.step, self.asking.patience);
        let input = recorded.write(Input::new().line("command_line", line));
        if way == Way::Boot {
            let (Some(loader), Some(place)) = (&facts.loader, &facts.place) else {
                return Err(Refusal::NoLoader.into());
            };
            let (loader, folder) = match loader {
                Loader::Grub(folder) => ("grub", folder.as_str()),
                Loader::SystemdBoot => ("systemd-boot", ""),
            };
            let input = input
                .line("loader", loader)
                .line("loader_folder", folder)
                .line("place", &place.folder)
                .line("place_mount", &place.mount)
                .line("place_uuid", &place.uuid);
            let answers = login.step(BOOT, input, limit, patience).await?;
            must(&answers, BOOT, "leaving")?;
        } else {
            // Kernels before 6.1 take the older call alone, and some machines the newer one badly.
            let newer = newer(&facts.release);
            let first = if newer { "auto" } else { "load" };
            let asked = login.step(KEXEC, input.clone().line("syscall", first), limit, patience).await;
            let answers = match asked {
                Err(Fault::Step { said, .. }) if newer => {
                    self.asking.note(said);
                    login.step(KEXEC, input.line("syscall", "load"), limit, patience).await?
                }
                other => other?,
            };
            must(&answers, KEXEC, "leaving")?;
        }
        self.asking.note("the machine is leaving");
        Ok(())
    }

    /// Waits for what comes up.
    async fn come(&mut self, way: Way, started: &Started) -> Result<Came, Fault> {
        let limit = self.asking.deadlines.installer;
        let from = started.from.as_str();
        let mut found = self.arrived(&[Who::Root, Who::Made], from, limit).await?;
        if found.is_none() && self.restarted_by_cloud().await {
            found = self.arrived(&[Who::Made, Who::Root], from, limit).await?;
        }
        let Some((login, facts)) = found else {
            return Err(Fault::NoInstaller { way, after: limit, console: self.console().await });
        };
        match &facts.running {
            Running::Installer(Some(by)) if by == started => Ok(Came::There(login, Box::new(facts))),
            Running::Installer(_) => Err(Fault::OtherInstaller),
            _ => Ok(Came::Back(login, Box::new(facts))),
        }
    }

    /// Waits until the machine answers in another start than `from`; nothing where it does not in time. Proven
    /// by the boot id: that it can be reached says nothing, and that it cannot be reached says nothing either.
    pub(super) async fn arrived(
        &mut self,
        order: &[Who],
        from: &str,
        limit: Duration,
    ) -> Result<Option<(Login, Facts)>, Fault> {
        let ends = self.asking.patience.at_most(limit);
        loop {
            match self.asking.entered(order, &ends).await {
                Ok((login, facts)) if facts.boot_id != from => return Ok(Some((login, facts))),
                Ok(_) => self.asking.see("it has not left yet"),
                // A machine with another host key is another machine.
                Err(fault @ Fault::Ssh(crate::ssh::SshError::HostKey { .. })) => return Err(fault),
                // What only ended because the wait is over says nothing.
                Err(_) if ends.check().is_err() => {}
                Err(fault) => self.asking.see(fault.to_string()),
            }
            self.asking.patience.check()?;
            if ends.pause(self.asking.deadlines.pause).await.is_err() {
                self.asking.patience.check()?;
                return Ok(None);
            }
        }
    }

    /// Asks the cloud to restart the machine; whether it did.
    pub(super) async fn restarted_by_cloud(&mut self) -> bool {
        let Some(power) = self.power.clone() else { return false };
        match power.restart(self.asking.patience).await {
            Ok(()) => {
                self.asking.note("the machine was restarted by its cloud");
                true
            }
            Err(reason) => {
                self.asking.note(format!("the cloud does not restart the machine: {reason}"));
                false
            }
        }
    }

    /// The end of the serial console.
    pub(super) async fn console(&self) -> String {
        let patience = self.asking.patience.beyond(Duration::from_secs(10));
        match &self.power {
            Some(power) => power.console(&patience).await.unwrap_or_default(),
            None => String::new(),
        }
    }
}

fn phase(way: Way) -> Phase {
    if way == Way::Boot { Phase::Boot } else { Phase::Kexec }
}

/// Whether a kernel's release is 6.1 or later.
fn newer(release: &str) -> bool {
    let mut numbers = release.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (6, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_are_told_by_their_numbers() {
        assert!(newer("6.8.0-1030-azure") && newer("6.1.0") && newer("10.0.1-generic"));
        assert!(!newer("6.0.19") && !newer("5.15.0-1089-aws") && !newer("odd"));
    }
}
