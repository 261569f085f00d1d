//! One install from its beginning to its end, telling what happens.

use crate::node::progress::{Event, Progress, State};
use crate::ssh::{HostPin, SshError};
use crate::time::{Ended, Patience, now};

use super::access::{Access, Doors, Who};
use super::course::{Course, course};
use super::error::{Fault, InstallError};
use super::facts::Facts;
use super::phase::Phase;
use super::recorded::{Reached, Recorded};
use super::refusal::Refusal;
use super::step::Login;
use super::wanted::Wanted;

/// A node that runs its system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// Its system's path in the store.
    pub system: String,
    /// The digest of that system. Another than the wanted one where an earlier run had finished another.
    pub digest: String,
    /// Which start of the machine it was proven in.
    pub boot_id: String,
    /// Whether this run has installed it; else an earlier one had.
    pub is_new: bool,
}

/// Makes a machine the wanted node, from wherever an earlier run has left it.
///
/// # Errors
/// [`InstallError`]; the machine is then as it was, or the next run goes on where this one ended.
pub async fn install(
    access: &Access,
    wanted: &Wanted,
    progress: &dyn Progress,
    patience: &Patience,
) -> Result<Installed, InstallError> {
    let mut run = Run::new(access, wanted, progress, patience);
    let mut tries = 0;
    let done = loop {
        tries += 1;
        match Box::pin(run.whole(access)).await {
            // What was done is on the machine: the next round goes on there.
            Err(Fault::Ssh(error)) if tries < ROUNDS && run.passes(&error) => {
                run.asking.note(format!("{error}; going on"));
            }
            done => break done,
        }
    };
    run.close(done)
}

/// Finds out what a machine is, and changes nothing: for planning what it shall become.
///
/// # Errors
/// [`InstallError`] where it cannot be asked.
pub async fn look(
    access: &Access,
    wanted: &str,
    deadlines: super::phase::Deadlines,
    progress: &dyn Progress,
    patience: &Patience,
) -> Result<Facts, InstallError> {
    let mut asking = Asking::new(access, wanted, deadlines, progress, patience);
    let found = asking.first().await.map(|(_, facts)| facts);
    asking.close(found)
}

/// How often a run begins anew where a connection was lost under way.
const ROUNDS: u32 = 3;

/// Whom to try on a machine of which nothing is known yet.
const ANYBODY: [Who; 3] = [Who::Made, Who::Root, Who::Installed];

/// Talking to a machine and telling about it.
pub(super) struct Asking<'a> {
    node: String,
    pub(super) doors: Doors,
    pub(super) deadlines: super::phase::Deadlines,
    progress: &'a dyn Progress,
    pub(super) patience: &'a Patience,
    phase: Phase,
    last: Option<String>,
}

impl<'a> Asking<'a> {
    fn new(
        access: &Access,
        node: &str,
        deadlines: super::phase::Deadlines,
        progress: &'a dyn Progress,
        patience: &'a Patience,
    ) -> Self {
        let doors = Doors::new(access);
        Self { node: node.to_owned(), doors, deadlines, progress, patience, phase: Phase::Facts, last: None }
    }

    fn tell(&self, phase: Phase, state: State, detail: &str) {
        let event = Event { node: self.node.clone(), phase: phase.name(), state, detail: detail.to_owned() };
        self.progress.tell(&event);
    }

    /// A phase begins.
    pub(super) fn begin(&mut self, phase: Phase) {
        self.phase = phase;
        self.tell(phase, State::Started, "");
    }

    /// Something was seen.
    pub(super) fn note(&mut self, detail: impl Into<String>) {
        let detail = detail.into();
        self.tell(self.phase, State::Running, &detail);
        self.last = Some(detail);
    }

    /// Something was seen that is not worth an event.
    pub(super) fn see(&mut self, detail: impl Into<String>) {
        self.last = Some(detail.into());
    }

    /// A phase is done.
    pub(super) fn finish(&mut self, detail: &str) {
        self.tell(self.phase, State::Finished, detail);
        self.last = None;
    }

    /// An earlier run has done a phase.
    pub(super) fn resume(&mut self, phase: Phase, detail: &str) {
        self.tell(phase, State::Resumed, detail);
    }

    /// Logs in on a machine that may still be starting, and finds out what it is.
    async fn first(&mut self) -> Result<(Login, Facts), Fault> {
        self.begin(Phase::Facts);
        let ends = self.patience.at_most(self.deadlines.answer);
        // Keys come to a new machine a little later than its SSH server.
        let denied = self.patience.at_most(self.deadlines.denied);
        loop {
            let fault = match self.entered(&ANYBODY, &ends).await {
                Ok(found) => {
                    let runs = found.1.describe();
                    self.finish(&runs);
                    return Ok(found);
                }
                Err(fault) => fault,
            };
            let passes = match &fault {
                Fault::Ssh(SshError::NoKeyAccepted { .. }) => denied.check().is_ok(),
                Fault::Ssh(error) => matches!(error.recovery(), crate::outcome::Recovery::Retry(_)),
                _ => false,
            };
            if !passes || ends.pause(self.deadlines.pause).await.is_err() {
                return Err(fault);
            }
            self.see(fault.to_string());
        }
    }

    /// Logs in and finds out what the machine is.
    pub(super) async fn entered(&self, order: &[Who], patience: &Patience) -> Result<(Login, Facts), Fault> {
        let login = self.doors.enter(order, &self.deadlines, patience).await?;
        let facts = login.facts(self.deadlines.step, patience).await?;
        Ok((login, facts))
    }

    /// The end, with where it was.
    fn close<T>(self, done: Result<T, Fault>) -> Result<T, InstallError> {
        let fault = match done {
            Ok(done) => return Ok(done),
            // Whoever stopped the run wants to read that, not which command was under way.
            Err(_) if self.patience.check() == Err(Ended::Stopped) => Fault::Ended(Ended::Stopped),
            Err(fault) => fault,
        };
        let phase = match &fault {
            // A connection that never was is no fault of the phase that wanted it.
            Fault::Ssh(error) if self.phase == Phase::Facts => connection(error).unwrap_or(self.phase),
            Fault::Refused(Refusal::NoRoot { .. } | Refusal::RootAsks { .. }) => Phase::Auth,
            _ => self.phase,
        };
        self.tell(phase, State::Failed, &fault.to_string());
        Err(InstallError { node: self.node, phase, last: self.last, fault: Box::new(fault) })
    }
}

/// The phase of a connection that failed.
fn connection(error: &SshError) -> Option<Phase> {
    match error {
        SshError::Name { .. }
        | SshError::Refused { .. }
        | SshError::Unreachable { .. }
        | SshError::Proxy { .. } => Some(Phase::Tcp),
        SshError::NotSsh { .. }
        | SshError::TurnedAway { .. }
        | SshError::NoCommonAlgorithm { .. }
        | SshError::HostKey { .. } => Some(Phase::Banner),
        SshError::WrongMethod { .. }
        | SshError::NoKeyAccepted { .. }
        | SshError::Identity(_)
        | SshError::Agent { .. } => Some(Phase::Auth),
        SshError::Cut { phase, .. } | SshError::Slow { phase, .. } | SshError::Protocol { phase, .. } => {
            Phase::of_connection(*phase)
        }
        _ => None,
    }
}

/// An install under way.
pub(super) struct Run<'a> {
    pub(super) asking: Asking<'a>,
    pub(super) wanted: &'a Wanted,
    pub(super) power: Option<std::sync::Arc<dyn super::access::Power>>,
}

impl<'a> Run<'a> {
    fn new(access: &Access, wanted: &'a Wanted, progress: &'a dyn Progress, patience: &'a Patience) -> Self {
        let asking = Asking::new(access, &wanted.node, wanted.deadlines, progress, patience);
        Self { asking, wanted, power: access.power.clone() }
    }

    /// Whether a connection was lost that had been there.
    fn passes(&self, error: &SshError) -> bool {
        self.asking.phase != Phase::Facts
            && self.asking.patience.check().is_ok()
            && matches!(error.recovery(), crate::outcome::Recovery::Retry(_))
    }

    fn close(self, done: Result<Installed, Fault>) -> Result<Installed, InstallError> {
        self.asking.close(done)
    }

    async fn whole(&mut self, access: &Access) -> Result<Installed, Fault> {
        let (login, facts) = self.asking.first().await?;
        match course(&facts, self.wanted, now().unix_timestamp())? {
            Course::Leave(ways) => {
                carried(&access.machine.target().pin)?;
                let (login, facts) = self.leave(login, facts, ways).await?;
                Box::pin(self.lay(login, facts)).await
            }
            Course::Install => {
                self.asking.resume(Phase::Facts, "the installer runs already");
                Box::pin(self.lay(login, facts)).await
            }
            Course::Switch => Box::pin(self.switch(login, facts)).await,
            Course::Restart(recorded) => {
                self.asking.resume(Phase::Install, &recorded.system);
                self.restart(login, facts, recorded, false).await
            }
            Course::Stay(recorded) => {
                self.asking.resume(Phase::Reboot, &recorded.system);
                let is_new = recorded.reached != Reached::Proven;
                self.proven(&login, &facts, recorded, is_new).await
            }
        }
    }

    /// What is recorded on the machine at a point.
    pub(super) fn record(&self, reached: Reached) -> Recorded {
        Recorded {
            node: self.wanted.node.clone(),
            digest: self.wanted.system.digest.clone(),
            reached,
            installer: self.wanted.installer.as_ref().map(|one| one.sha256.clone()).unwrap_or_default(),
            ..Recorded::default()
        }
    }
}

/// Refuses a pin that would not hold after the install: the system keeps the first contact's ed25519 key, and
/// no other.
fn carried(pin: &HostPin) -> Result<(), Refusal> {
    match pin.algorithm() {
        Some(kind) if kind == "ssh-ed25519" => Ok(()),
        Some(kind) => Err(Refusal::HostKey { kind }),
        None => Err(Refusal::HostKey { kind: "an authority's".to_owned() }),
    }
}
