//! How a machine is reached while it becomes another: as whom, and what can be done when it does not answer.

use std::sync::Arc;

use async_trait::async_trait;

use crate::outcome::Recovery;
use crate::ssh::{Link, Privilege, SshError};
use crate::time::Patience;

use super::answers::Input;
use super::error::Fault;
use super::phase::Deadlines;
use super::refusal::Refusal;
use super::step::{Login, PRIVILEGE};

/// How a machine is reached.
pub struct Access {
    /// The login that the machine was made with; its pin is the host key of the first contact, which the
    /// installer and the installed system keep.
    pub machine: Link,
    /// The user of the installed system.
    pub installed_user: String,
    /// What can be done to a machine that does not answer.
    pub power: Option<Arc<dyn Power>>,
}

/// What a cloud can do to a machine that does not answer.
#[async_trait]
pub trait Power: Send + Sync {
    /// Restarts it by its firmware.
    ///
    /// # Errors
    /// Why it was not restarted.
    async fn restart(&self, patience: &Patience) -> Result<(), String>;

    /// The end of its serial console; nothing where there is none.
    async fn console(&self, patience: &Patience) -> Option<String>;
}

/// Whom to log in as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// The user that the machine was made with.
    Made,
    /// The installer's only user.
    Root,
    /// The installed system's user.
    Installed,
}

/// The logins of one machine.
pub(super) struct Doors(Vec<(Who, Link)>);

impl Doors {
    pub(super) fn new(access: &Access) -> Self {
        let as_user = |user: &str| {
            let mut target = access.machine.target().clone();
            user.clone_into(&mut target.user);
            access.machine.to(target)
        };
        let made = access.machine.target().user.clone();
        Self(vec![
            (Who::Made, as_user(&made)),
            (Who::Root, as_user("root")),
            (Who::Installed, as_user(&access.installed_user)),
        ])
    }

    /// Logs in anew as the first of these who is let in and can become root.
    pub(super) async fn enter(
        &self,
        order: &[Who],
        deadlines: &Deadlines,
        patience: &Patience,
    ) -> Result<Login, Fault> {
        let mut first = None;
        let mut tried: Vec<&str> = Vec::new();
        for who in order {
            let Some((_, link)) = self.0.iter().find(|(other, _)| other == who) else { continue };
            let user = link.target().user.as_str();
            if tried.contains(&user) {
                continue;
            }
            tried.push(user);
            let fault = match enter(link, deadlines, patience).await {
                Ok(login) => return Ok(login),
                Err(fault) => fault,
            };
            // Another user may be let in; another way to the machine is no other machine.
            if !turned_away(&fault) {
                return Err(fault);
            }
            first.get_or_insert(fault);
        }
        Err(first.unwrap_or(Fault::Unanswered { step: PRIVILEGE.name, key: "uid" }))
    }
}

/// Whether it is this user who is not let in.
pub(super) fn turned_away(fault: &Fault) -> bool {
    match fault {
        Fault::Ssh(SshError::Command { .. }) => true,
        Fault::Ssh(error) => error.recovery() == Recovery::Denied,
        Fault::Refused(_) | Fault::Unanswered { .. } => true,
        _ => false,
    }
}

async fn enter(link: &Link, deadlines: &Deadlines, patience: &Patience) -> Result<Login, Fault> {
    let session = link.fresh(patience).await?;
    let user = link.target().user.clone();
    let login = Login { session, user, privilege: Privilege::Own };
    let answers = login.step(PRIVILEGE, Input::new(), deadlines.step, patience).await?;
    let user = login.user.clone();
    let privilege = match (answers.get("uid"), answers.get("sudo"), answers.get("doas")) {
        // Somebody's root that runs another command instead of ours says nothing of this.
        (None, ..) => return Err(Fault::Unanswered { step: PRIVILEGE.name, key: "uid" }),
        (Some("0"), ..) => Privilege::Own,
        (_, Some("yes"), _) => Privilege::Sudo,
        (_, _, Some("yes")) => Privilege::Doas,
        (_, Some("asks"), _) => return Err(Refusal::RootAsks { user, program: "sudo" }.into()),
        (_, _, Some("asks")) => return Err(Refusal::RootAsks { user, program: "doas" }.into()),
        _ => return Err(Refusal::NoRoot { user }.into()),
    };
    Ok(Login { privilege, ..login })
}
