//! Waiting until k3s is up.

use std::time::{Duration, Instant};

use super::error::{K3sError, K3sFault};
use super::step::{K3S, STEP, enter};
use crate::node::install::answers::Input;
use crate::node::install::step::must;
use crate::node::install::{Access, Fault};
use crate::node::progress::{Event, Progress, State};
use crate::outcome::Recovery;
use crate::time::Patience;

/// How many lines of its log an error shows.
const LINES: usize = 5;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(2);

/// Waits until k3s says that it is up, for at most `limit`: a server when its API answers, an agent when it has
/// joined. Phase `k3s` of the node's progress.
///
/// # Errors
/// [`K3sError`] with the end of its log; k3s goes on trying by itself.
pub async fn up(
    access: &Access,
    node: &str,
    limit: Duration,
    progress: &dyn Progress,
    patience: &Patience,
) -> Result<(), K3sError> {
    let tell = |state: State, detail: String| {
        progress.tell(&Event { node: node.to_owned(), phase: "k3s", state, detail });
    };
    tell(State::Started, String::new());
    let waited = wait(access, limit, &tell, patience).await;
    match &waited {
        Ok(()) => tell(State::Finished, String::new()),
        Err(fault) => tell(State::Failed, fault.to_string()),
    }
    waited.map_err(|fault| K3sError { node: node.to_owned(), fault })
}

async fn wait(
    access: &Access,
    limit: Duration,
    tell: &(dyn Fn(State, String) + Send + Sync),
    patience: &Patience,
) -> Result<(), K3sFault> {
    let (begun, ends) = (Instant::now(), patience.at_most(limit));
    let mut last: Option<K3sFault> = None;
    loop {
        let fault = match look(access, begun, &ends).await {
            Ok(None) => return Ok(()),
            Ok(Some(fault)) => fault,
            Err(fault @ K3sFault::HasLeft) => return Err(fault),
            Err(fault) if matches!(fault.recovery(), Recovery::Retry(_)) || ends.check().is_err() => fault,
            Err(fault) => return Err(fault),
        };
        if let K3sFault::NotUp { log, .. } = &fault
            && let Some(line) = log.last()
        {
            tell(State::Running, line.clone());
        }
        // What ended only because the wait is over says less than what was seen before.
        if !matches!(fault, K3sFault::Ended(_)) || last.is_none() {
            last = Some(fault);
        }
        if ends.pause(PAUSE).await.is_err() {
            patience.check()?;
            return Err(last.unwrap_or(K3sFault::Answer { step: K3S.name }));
        }
    }
}

/// Looks once: nothing where it is up.
async fn look(access: &Access, begun: Instant, patience: &Patience) -> Result<Option<K3sFault>, K3sFault> {
    let login = enter(access, patience).await?;
    let answers = login.step(K3S, Input::new().line("lines", &LINES.to_string()), STEP, patience).await?;
    if answers.is("left", "yes") {
        return Err(K3sFault::HasLeft);
    }
    let unit = must(&answers, K3S, "unit").map_err(|fault: Fault| K3sFault::from(fault))?.to_owned();
    if unit == "active" {
        return Ok(None);
    }
    let restarts = answers.number("restarts").unwrap_or(0);
    let log = answers.all("log").map(str::to_owned).collect();
    Ok(Some(K3sFault::NotUp { unit, restarts, after: begun.elapsed(), log }))
}
