//! A node leaves its cluster before anything is done to its machine (operations.md B1, hosts.md HB2).

use std::time::Duration;

use super::error::{K3sError, K3sFault};
use super::step::{FORGET, LEAVE, STEP, enter};
use crate::node::install::Access;
use crate::node::install::answers::Input;
use crate::node::install::step::must;
use crate::node::progress::{Event, Progress, State};
use crate::outcome::Recovery;
use crate::time::Patience;

/// Between two looks at the unit.
const PAUSE: Duration = Duration::from_secs(2);

/// What becomes of pods that do not go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drain {
    /// They are waited for, and are an error in the end.
    Wait,
    /// They are deleted in the end.
    Force,
    /// Nobody asks them.
    Skip,
}

impl Drain {
    fn name(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::Force => "force",
            Self::Skip => "skip",
        }
    }
}

/// Makes a node leave: cordoned, its pods evicted, on a server its member out of etcd, k3s stopped. The unit on the
/// node goes on when the connection is cut; a second call follows the same one. Phase `leave` of its progress.
///
/// # Errors
/// [`K3sError`]; nothing was done to the machine.
pub async fn leave(
    access: &Access,
    node: &str,
    drain: Drain,
    timeout: Duration,
    progress: &dyn Progress,
    patience: &Patience,
) -> Result<(), K3sError> {
    let tell = |state: State, detail: String| {
        progress.tell(&Event { node: node.to_owned(), phase: "leave", state, detail });
    };
    tell(State::Started, String::new());
    let left = follow(access, drain, timeout, &tell, patience).await;
    match &left {
        Ok(()) => tell(State::Finished, String::new()),
        Err(fault) => tell(State::Failed, fault.to_string()),
    }
    left.map_err(|fault| K3sError { node: node.to_owned(), fault })
}

async fn follow(
    access: &Access,
    drain: Drain,
    timeout: Duration,
    tell: &(dyn Fn(State, String) + Send + Sync),
    patience: &Patience,
) -> Result<(), K3sFault> {
    let mut start = "yes";
    loop {
        match look(access, drain, timeout, start, patience).await {
            Ok(None) => return Ok(()),
            Ok(Some(line)) => {
                start = "no";
                tell(State::Running, line);
            }
            // A connection that was lost under way: the unit goes on.
            Err(K3sFault::Machine(fault)) if matches!(fault.recovery(), Recovery::Retry(_)) => {
                if patience.pause(PAUSE).await.is_err() {
                    return Err(K3sFault::Machine(fault));
                }
                continue;
            }
            Err(fault) => return Err(fault),
        }
        patience.pause(PAUSE).await?;
    }
}

/// Looks once, or starts it: nothing where the node has left, else what it said last.
async fn look(
    access: &Access,
    drain: Drain,
    timeout: Duration,
    start: &str,
    patience: &Patience,
) -> Result<Option<String>, K3sFault> {
    let login = enter(access, patience).await?;
    let input = Input::new()
        .line("drain", drain.name())
        .line("timeout", &timeout.as_secs().to_string())
        .line("start", start);
    let answers = login.step(LEAVE, input, STEP, patience).await?;
    let log: Vec<String> = answers.all("log").map(str::to_owned).collect();
    match must(&answers, LEAVE, "state")? {
        "done" => Ok(None),
        "running" => Ok(Some(log.last().cloned().unwrap_or_default())),
        _ => Err(match answers.get("code").unwrap_or_default() {
            "75" => K3sFault::Blocked { log },
            "76" => K3sFault::LastServer,
            "77" => K3sFault::Quorum { log },
            "78" => K3sFault::Member { log },
            code => K3sFault::Leaving { code: code.to_owned(), log },
        }),
    }
}

/// Takes away, through a server, what is left of a node that is gone: its Node and its password, so that another
/// machine may come under the same name.
///
/// # Errors
/// [`K3sError`] of the server.
pub async fn forget(access: &Access, server: &str, node: &str, patience: &Patience) -> Result<(), K3sError> {
    let work = async {
        let login = enter(access, patience).await?;
        login.step(FORGET, Input::new().line("node", node), STEP, patience).await?;
        Ok(())
    };
    work.await.map_err(|fault: K3sFault| K3sError { node: server.to_owned(), fault })
}
