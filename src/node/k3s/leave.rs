//! A node leaves its cluster before its machine goes; and servers forget one whose machine is gone.

use std::time::Duration;

use crate::node::install::{Answers, Fault, Input};
use crate::outcome::Recovery;
use crate::time::Patience;

use super::error::{K3sError, K3sFault};
use super::node::Node;
use super::step::{FORGET, LEAVE};

/// How long one look follows the node.
const LOOK: Duration = Duration::from_secs(30);

/// What a server needs beside its evictions: etcd lets it go.
const MEMBER: Duration = Duration::from_secs(330);

/// What happens to the pods of a node that leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drain {
    /// They are evicted as their budgets allow; where they stay for too long, the node stays.
    Wait,
    /// The same, but what stays for too long is deleted.
    Force,
    /// Nothing.
    Skip,
}

impl Drain {
    /// Its word, in configurations and for the node.
    pub fn word(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::Force => "force",
            Self::Skip => "skip",
        }
    }

    /// The one of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Wait, Self::Force, Self::Skip].into_iter().find(|drain| drain.word() == word)
    }
}

/// How a node leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaving {
    /// What happens to its pods.
    pub drain: Drain,
    /// How long evictions may take.
    pub drain_timeout: Duration,
}

/// Lets a node leave: no new pods, its pods evicted, on a server its member out of etcd and never below quorum. It
/// goes on by itself on the node: whoever asks again follows what runs. A node that has left is content.
///
/// # Errors
/// [`K3sFault::Blocked`], [`K3sFault::LastServer`], [`K3sFault::NoQuorum`], [`K3sFault::StillMember`]: it is in its
/// cluster as before, cordoned.
pub async fn leave(node: Node<'_>, how: Leaving, patience: &Patience) -> Result<(), K3sError> {
    let ends = patience.at_most(how.drain_timeout + MEMBER + LOOK);
    let work = async {
        let mut begin = true;
        loop {
            match follow(node, how, begin, &ends).await {
                Ok(Seen::Left) => return Ok(()),
                // A failure from now on is this run's.
                Ok(Seen::Leaving) => begin = false,
                // The machine was restarted meanwhile.
                Ok(Seen::Idle) => begin = true,
                // It goes on without us.
                Err(K3sFault::Node(fault)) if matches!(fault.recovery(), Recovery::Retry(_)) => {
                    ends.pause(node.deadlines.pause).await?;
                }
                Err(fault) => return Err(fault),
            }
            ends.check()?;
        }
    };
    node.told(work.await)
}

/// What a look finds.
enum Seen {
    Left,
    Leaving,
    Idle,
}

async fn follow(node: Node<'_>, how: Leaving, begin: bool, ends: &Patience) -> Result<Seen, K3sFault> {
    let login = node.login(ends).await?;
    let input = Input::new()
        .line("begin", if begin { "yes" } else { "no" })
        .line("drain", how.drain.word())
        .line("drain_seconds", &how.drain_timeout.as_secs().to_string())
        .line("seconds", &LOOK.as_secs().to_string());
    let answers = login.step(LEAVE, input, LOOK + node.deadlines.step, ends).await?;
    match answers.get("state").unwrap_or_default() {
        "left" => Ok(Seen::Left),
        "idle" => Ok(Seen::Idle),
        "failed" => Err(failed(&answers)),
        _ => Ok(Seen::Leaving),
    }
}

/// What the status of the unit says.
fn failed(answers: &Answers) -> K3sFault {
    let said = answers.all("said").collect::<Vec<_>>().join("\n");
    match answers.get("status") {
        Some("75") => K3sFault::Blocked(said),
        Some("76") => K3sFault::LastServer,
        Some("77") => K3sFault::NoQuorum(said),
        Some("78") => K3sFault::StillMember(said),
        status => K3sFault::Leaving { status: status.unwrap_or("unknown").to_owned(), said },
    }
}

/// A server forgets a node whose machine is gone, so that another machine can have its name.
///
/// # Errors
/// What the server says about it.
pub async fn forget(server: Node<'_>, gone: &str, patience: &Patience) -> Result<(), K3sError> {
    let work = async {
        let login = server.login(patience).await?;
        let input = Input::new().line("node", gone);
        let answers = login.step(FORGET, input, server.deadlines.step, patience).await?;
        match answers.get("forgotten") {
            Some("yes") => Ok(()),
            _ => Err(Fault::Unanswered { step: FORGET.name, key: "forgotten" }.into()),
        }
    };
    server.told(work.await)
}
