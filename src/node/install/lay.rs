//! In the installer, or in a NixOS that becomes ours where it is: disk, flake, secrets, system.

use std::time::{Duration, Instant};

use crate::node::nixos::DiskRefusal;
use crate::ssh::{Content, SshError};

use super::access::Who;
use super::answers::{Answers, Input};
use super::error::Fault;
use super::facts::Facts;
use super::phase::Phase;
use super::recorded::{Reached, Recorded};
use super::refusal::Refusal;
use super::run::{Installed, Run};
use super::step::{DISK, FINISH, FOLLOW, INSTALL, Login, RECORD, TREE, must};
use super::tree::Tree;
use super::wanted::Build;

/// How many lines of the installation's log an error shows.
const LOG: usize = 8;
/// Between two events of the same running installation.
const QUIET: Duration = Duration::from_secs(1);

impl Run<'_> {
    /// From the installer to the running system.
    pub(super) async fn lay(&mut self, login: Login, facts: Facts) -> Result<Installed, Fault> {
        let recorded = match self.disk(&login).await? {
            Some(finished) => {
                self.asking.resume(Phase::Install, &finished.system);
                finished
            }
            None => self.system(&login, &facts, true).await?,
        };
        self.restart(login, facts, recorded, true).await
    }

    /// From a NixOS that is there to ours.
    pub(super) async fn switch(&mut self, login: Login, facts: Facts) -> Result<Installed, Fault> {
        // From here on whoever looks at the machine knows whose it is.
        let begun = self.record(Reached::Nothing).write(Input::new());
        login.step(RECORD, begun, self.asking.deadlines.step, self.asking.patience).await?;
        self.asking.begin(Phase::Disk);
        self.script(&login).await?;
        self.disk_script(&login, "data").await?;
        self.asking.finish("disk and boot loader stay");
        let recorded = self.system(&login, &facts, false).await?;
        self.restart(login, facts, recorded, false).await
    }

    /// Lays the disk out, or mounts what an earlier run has laid out; what is recorded on a disk that is
    /// finished.
    async fn disk(&mut self, login: &Login) -> Result<Option<Recorded>, Fault> {
        self.asking.begin(Phase::Disk);
        self.script(login).await?;
        self.disk_script(login, "check").await?;
        let mounted = match self.disk_script(login, "mount").await {
            Ok(answers) => Some(answers),
            // There is nothing of ours, or it was not finished: no file system holds anything yet.
            Err(Fault::Disk { refusal: DiskRefusal::NoLayout, .. } | Fault::DiskTool { .. }) => None,
            Err(fault) => return Err(fault),
        };
        let Some(answers) = mounted else {
            self.disk_script(login, "format").await?;
            self.asking.finish("laid out");
            return Ok(None);
        };
        let recorded = Recorded::read(answers.below("record."));
        if answers.is("finished", "yes") {
            let recorded = recorded.unwrap_or_default();
            if recorded.node != self.wanted.node {
                let (is, wanted) = (recorded.node, self.wanted.node.clone());
                return Err(Refusal::OtherNode { is, wanted }.into());
            }
            self.asking.finish("holds a finished system");
            return Ok(Some(recorded));
        }
        self.asking.resume(Phase::Disk, "laid out by an earlier run");
        Ok(None)
    }

    async fn script(&mut self, login: &Login) -> Result<(), Fault> {
        let script = Content::Bytes(self.wanted.disks.clone().into());
        let (limit, patience) = (self.asking.deadlines.step, self.asking.patience);
        login.place("/run/bud/disks.sh".to_owned(), 0o700, "root", script, limit, patience).await.map(drop)
    }

    async fn disk_script(&mut self, login: &Login, mode: &str) -> Result<Answers, Fault> {
        let input = self.record(Reached::Disk).write(Input::new().line("mode", mode));
        let answers = login.step(DISK, input, self.asking.deadlines.disk, self.asking.patience).await?;
        let status: u64 = must(&answers, DISK, "status")?.parse().unwrap_or(u64::MAX);
        if status == 0 {
            return Ok(answers);
        }
        let said = answers.all("said").last().unwrap_or_default();
        let said = said.strip_prefix("refused: ").unwrap_or(said).to_owned();
        let refusal = u32::try_from(status).ok().and_then(DiskRefusal::from_status);
        Err(refusal
            .map_or(Fault::DiskTool { status, said: said.clone() }, |refusal| Fault::Disk { refusal, said }))
    }

    /// Puts everything there that is there before the first boot, and installs; what is recorded then.
    async fn system(&mut self, login: &Login, facts: &Facts, mounted: bool) -> Result<Recorded, Fault> {
        self.asking.begin(Phase::Install);
        let (limits, patience) = (self.asking.deadlines, self.asking.patience);
        let word = if mounted { "yes" } else { "no" };
        let tree = Tree::pack(&self.wanted.system.flake)?;
        let input = Input::new().line("mounted", word).line("sum", &tree.sum);
        login.step_with(TREE, input, &tree.bytes, limits.step, patience).await?;
        let root = if mounted { "/mnt" } else { "" };
        for file in &self.wanted.placed {
            let content = Content::Secret(file.content.clone());
            let path = format!("{root}{}", file.path);
            login.place(path, file.mode, file.group, content, limits.step, patience).await?;
        }
        self.asking.note(format!("{} files are in place", self.wanted.placed.len()));
        self.trust(login).await?;

        let mut tries = 0;
        loop {
            tries += 1;
            let input = self.install_input(word, &tree.sum);
            login.step(INSTALL, input, limits.step, patience).await?;
            self.asking.note(format!("the installation runs: {}", self.wanted.system.name));
            let (status, log) = self.followed(login, &facts.boot_id).await?;
            match status.as_str() {
                "0" => break,
                // It vanished without an end: somebody stopped it.
                "lost" if tries < 2 => self.asking.note("the installation vanished; it is started again"),
                _ => return Err(Fault::Installation { status, said: log.join("; ") }),
            }
        }
        let mut recorded = self.record(Reached::Installed);
        let input = recorded.write(Input::new().line("mounted", word));
        let answers = login.step(FINISH, input, limits.step, patience).await?;
        must(&answers, FINISH, "system")?.clone_into(&mut recorded.system);
        self.asking.finish(&recorded.system);
        Ok(recorded)
    }

    /// Authorities and the key of the node that has built the system.
    async fn trust(&mut self, login: &Login) -> Result<(), Fault> {
        let (limit, patience) = (self.asking.deadlines.step, self.asking.patience);
        let authorities = &self.wanted.fetching.ca_certificates;
        if !authorities.is_empty() {
            let text = Content::Bytes((authorities.join("\n") + "\n").into());
            login.place("/run/bud/authorities.crt".to_owned(), 0o644, "root", text, limit, patience).await?;
        }
        if let Build::Elsewhere(built) = &self.wanted.system.build {
            let key = Content::Secret(built.key.clone());
            login.place("/run/bud/fetch-key".to_owned(), 0o600, "root", key, limit, patience).await?;
            let hosts = Content::Bytes(built.known_hosts().into());
            login.place("/run/bud/fetch-hosts".to_owned(), 0o644, "root", hosts, limit, patience).await?;
        }
        Ok(())
    }

    fn install_input(&self, mounted: &str, sum: &str) -> Input {
        let fetching = &self.wanted.fetching;
        let mut keys = fetching.trusted_public_keys.clone();
        let mut input =
            Input::new().line("mounted", mounted).line("system", &self.wanted.system.name).line("sum", sum);
        match &self.wanted.system.build {
            Build::Here => input = input.line("build", "here"),
            Build::Elsewhere(built) => {
                let from = built.store();
                input = input.line("build", "elsewhere").line("from", &from).line("path", &built.path);
                keys.push(built.signed_by.clone());
            }
        }
        if !fetching.substituters.is_empty() {
            // Before the default ones.
            let substituters = fetching.substituters.join(" ");
            input = input.line("nix", &format!("substituters = {substituters} https://cache.nixos.org/"));
        }
        if !keys.is_empty() {
            input = input.line("nix", &format!("extra-trusted-public-keys = {}", keys.join(" ")));
        }
        for (name, proxy) in [("http_proxy", &fetching.http_proxy), ("https_proxy", &fetching.https_proxy)] {
            if let Some(proxy) = proxy {
                input = input.line(name, proxy.expose());
            }
        }
        if !fetching.no_proxy.is_empty() {
            input = input.line("no_proxy", &fetching.no_proxy.join(","));
        }
        input
    }

    /// Follows the installation to its end, over as many connections as it takes; its status and the end of
    /// its log.
    async fn followed(&mut self, login: &Login, boot_id: &str) -> Result<(String, Vec<String>), Fault> {
        let ends = self.asking.patience.at_most(self.asking.deadlines.install);
        let (mut login, mut offset, mut log) = (login.clone(), 0_u64, Vec::new());
        let mut told = Instant::now();
        loop {
            let input = Input::new().line("offset", &offset.to_string());
            let command = login.command(FOLLOW, input, ends.left());
            let followed: Result<Option<String>, SshError> = async {
                let mut running = login.session.start(command, &ends).await?;
                while let Some(line) = running.line().await? {
                    match line.text.split_once('=') {
                        Some(("offset", value)) => offset = value.parse().unwrap_or(offset),
                        Some(("status", value)) => return Ok(Some(value.to_owned())),
                        Some(("log", text)) if !text.trim().is_empty() => {
                            log.push(text.trim().to_owned());
                            if log.len() > LOG {
                                log.remove(0);
                            }
                            if told.elapsed() >= QUIET {
                                told = Instant::now();
                                self.asking.note(text.trim());
                            } else {
                                self.asking.see(text.trim());
                            }
                        }
                        _ => {}
                    }
                }
                running.exit()?;
                Ok(None)
            }
            .await;
            match followed {
                Ok(Some(status)) => return Ok((status, log)),
                Ok(None) => return Err(Fault::Unanswered { step: FOLLOW.name, key: "status" }),
                Err(error) if passes(&error) => self.asking.note(format!("the connection was lost: {error}")),
                Err(error) => return Err(error.into()),
            }
            // The installation goes on without us. A machine that has restarted has lost it.
            loop {
                match self.asking.entered(&[Who::Root, Who::Made, Who::Installed], &ends).await {
                    Ok((_, facts)) if facts.boot_id != boot_id => return Err(Fault::Interrupted),
                    Ok((again, _)) => {
                        login = again;
                        break;
                    }
                    Err(Fault::Ssh(error)) if passes(&error) => {
                        if ends.pause(self.asking.deadlines.pause).await.is_err() {
                            return Err(error.into());
                        }
                    }
                    Err(fault) => return Err(fault),
                }
            }
        }
    }
}

fn passes(error: &SshError) -> bool {
    matches!(error.recovery(), crate::outcome::Recovery::Retry(_))
}
