//! What the records of a release say about what was left undone.

use std::time::Duration;

use time::OffsetDateTime;

use super::error::ActionError;
use super::options::Interrupted;
use crate::helm::release::{History, Record, Status};

/// What the next revision is to its templates and hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// No revision has ever run as a whole: `.Release.IsInstall` is true, and the hooks are those of an
    /// installation. A first install that failed is still to be done.
    Install,
    /// One has.
    Upgrade,
}

/// What the next revision is to its templates and hooks.
pub fn intent(history: &History) -> Intent {
    if history.has_run() { Intent::Upgrade } else { Intent::Install }
}

/// What the newest revision says of the release.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Found<'a> {
    /// There is none, or it was removed and its history kept.
    Nothing,
    /// Nothing is under way: it runs, or failed.
    Standing,
    /// Something is under way, or was cut off.
    CutOff(&'a Record),
    /// It is being removed, or its removal was cut off.
    Removing(&'a Record),
}

pub(super) fn found(history: &History) -> Found<'_> {
    match history.last() {
        None => Found::Nothing,
        Some(last) if last.info.status == Status::Uninstalled => Found::Nothing,
        Some(last) if last.info.status.is_pending() => Found::CutOff(last),
        Some(last) if last.info.status == Status::Uninstalling => Found::Removing(last),
        Some(_) => Found::Standing,
    }
}

/// How young an operation must be that a client without a lease, such as Helm's own, may still be at: Helm's
/// own patience of five minutes, or that of this run where it is longer.
const ALIVE: Duration = Duration::from_secs(300);

/// Whether a release that was left in the middle may be gone on with.
///
/// `ours` says that a lease shows the one who was at it to be one of us, and dead.
pub(super) fn may_go_on(
    history: &History,
    interrupted: Interrupted,
    ours: bool,
    timeout: Duration,
    now: OffsetDateTime,
) -> Result<(), ActionError> {
    let (Found::CutOff(last) | Found::Removing(last)) = found(history) else { return Ok(()) };
    let began =
        if last.info.status == Status::Uninstalling { last.info.deleted } else { last.info.last_deployed };
    let perhaps_alive = !ours && began.is_some_and(|began| now - began < timeout.max(ALIVE));
    if interrupted == Interrupted::Recover && !perhaps_alive {
        return Ok(());
    }
    Err(ActionError::Pending {
        name: last.name.clone(),
        revision: last.version,
        status: last.info.status,
        since: began,
        perhaps_alive,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(60);

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).unwrap()
    }

    fn history(statuses: &[Status]) -> History {
        let record = |(status, version): (&Status, u32)| {
            let mut record = Record { name: "web".into(), version, ..Record::default() };
            record.info.status = *status;
            record.info.last_deployed = Some(at(1_000));
            record.info.deleted = Some(at(1_000));
            record
        };
        History::new(statuses.iter().zip(1..).map(record).collect())
    }

    #[test]
    fn every_history_says_what_is_to_be_done() {
        use Status::{
            Deployed, Failed, PendingInstall, PendingUpgrade, Superseded, Uninstalled, Uninstalling,
        };
        let say = |statuses: &[Status]| {
            let history = history(statuses);
            let found = match found(&history) {
                Found::Nothing => "nothing".to_owned(),
                Found::Standing => "standing".to_owned(),
                Found::CutOff(record) => format!("cut off {}", record.version),
                Found::Removing(record) => format!("removing {}", record.version),
            };
            (found, intent(&history))
        };
        assert_eq!(say(&[]), ("nothing".into(), Intent::Install));
        assert_eq!(say(&[PendingInstall]), ("cut off 1".into(), Intent::Install));
        assert_eq!(say(&[Failed]), ("standing".into(), Intent::Install));
        assert_eq!(say(&[Deployed]), ("standing".into(), Intent::Upgrade));
        assert_eq!(say(&[Superseded, Failed]), ("standing".into(), Intent::Upgrade));
        assert_eq!(say(&[Deployed, PendingUpgrade]), ("cut off 2".into(), Intent::Upgrade));
        assert_eq!(say(&[Superseded, Uninstalling]), ("removing 2".into(), Intent::Upgrade));
        assert_eq!(say(&[Superseded, Uninstalled]), ("nothing".into(), Intent::Install));
    }

    #[test]
    fn the_living_are_not_disturbed() {
        let pending = history(&[Status::Deployed, Status::PendingUpgrade]);
        let go = |ours, now| may_go_on(&pending, Interrupted::Recover, ours, TIMEOUT, at(now));
        assert!(go(true, 1_001).is_ok(), "a dead one of ours");
        let young = go(false, 1_200).unwrap_err();
        assert!(matches!(young, ActionError::Pending { perhaps_alive: true, revision: 2, .. }), "{young}");
        assert!(go(false, 1_301).is_ok(), "older than anybody's patience");
        let refused = may_go_on(&pending, Interrupted::Fail, true, TIMEOUT, at(9_000)).unwrap_err();
        assert!(matches!(refused, ActionError::Pending { perhaps_alive: false, .. }), "{refused}");
        assert!(may_go_on(&history(&[Status::Failed]), Interrupted::Fail, false, TIMEOUT, at(0)).is_ok());
        let removing = history(&[Status::Uninstalling]);
        assert!(may_go_on(&removing, Interrupted::Recover, false, TIMEOUT, at(1_001)).is_err());
    }
}
