//! The steps that run on machines, and how one is run.

use std::time::Duration;

use bytes::Bytes;

use crate::secret::Secret;
use crate::ssh::{Command, Content, Placed, Privilege, Script, Session, Stdin, Upload};
use crate::time::Patience;

use super::answers::{Answers, Input};
use super::error::Fault;
use super::facts::Facts;

pub(super) const PRIVILEGE: Script = Script { name: "privilege", text: include_str!("steps/privilege.sh") };
pub(super) const FACTS: Script = Script { name: "facts", text: include_str!("steps/facts.sh") };
pub(super) const STAGE: Script = Script { name: "stage", text: include_str!("steps/stage.sh") };
pub(super) const BOOT: Script = Script { name: "boot", text: include_str!("steps/boot.sh") };
pub(super) const KEXEC: Script = Script { name: "kexec", text: include_str!("steps/kexec.sh") };
pub(super) const DISK: Script = Script { name: "disk", text: include_str!("steps/disk.sh") };
pub(super) const TREE: Script = Script { name: "tree", text: include_str!("steps/tree.sh") };
pub(super) const INSTALL: Script = Script { name: "install", text: include_str!("steps/install.sh") };
pub(super) const FOLLOW: Script = Script { name: "follow", text: include_str!("steps/follow.sh") };
pub(super) const FINISH: Script = Script { name: "finish", text: include_str!("steps/finish.sh") };
pub(super) const REBOOT: Script = Script { name: "reboot", text: include_str!("steps/reboot.sh") };
pub(super) const RECORD: Script = Script { name: "record", text: include_str!("steps/record.sh") };
pub(super) const CERTIFY: Script = Script { name: "certify", text: include_str!("steps/certify.sh") };
pub(super) const SERVE: Script = Script { name: "serve", text: include_str!("steps/serve.sh") };

/// A machine that we are logged in to, and how to be root there.
#[derive(Clone, Debug)]
pub(in crate::node) struct Login {
    pub(super) session: Session,
    pub(super) user: String,
    pub(super) privilege: Privilege,
}

impl Login {
    /// The command of a step. Its input may hold secrets, and is treated as one.
    pub(super) fn command(&self, script: Script, input: Input, limit: Duration) -> Command {
        let line = script.line(self.privilege, &[]);
        Command::new(script.name, line, limit).reading(Stdin::Secret(Secret::new(input.text())))
    }

    /// Runs a step.
    pub(in crate::node) async fn step(
        &self,
        script: Script,
        input: Input,
        limit: Duration,
        patience: &Patience,
    ) -> Result<Answers, Fault> {
        let said = self.session.run(self.command(script, input, limit), patience).await?;
        answered(script, &said)
    }

    /// Runs a step that reads bytes behind its lines.
    pub(super) async fn step_with(
        &self,
        script: Script,
        input: Input,
        bytes: &[u8],
        limit: Duration,
        patience: &Patience,
    ) -> Result<Answers, Fault> {
        let mut stdin = input.text().into_bytes();
        stdin.extend_from_slice(bytes);
        let line = script.line(self.privilege, &[]);
        let command = Command::new(script.name, line, limit).reading(Stdin::Bytes(Bytes::from(stdin)));
        let said = self.session.run(command, patience).await?;
        answered(script, &said)
    }

    /// What the machine is.
    pub(super) async fn facts(&self, limit: Duration, patience: &Patience) -> Result<Facts, Fault> {
        let answers = self.step(FACTS, Input::new(), limit, patience).await?;
        Facts::read(&answers).map_err(|key| Fault::Unanswered { step: FACTS.name, key })
    }

    /// Puts a file there, as root.
    pub(in crate::node) async fn place(
        &self,
        path: String,
        mode: u32,
        group: &str,
        content: Content,
        limit: Duration,
        patience: &Patience,
    ) -> Result<Placed, Fault> {
        let owner = Some(format!("root:{group}"));
        let upload = Upload { path, mode, owner, content, privilege: self.privilege, limit };
        Ok(self.session.place_file(&upload, patience).await?)
    }
}

/// What a step answered, unless it refused.
fn answered(script: Script, said: &str) -> Result<Answers, Fault> {
    let answers = Answers::parse(said);
    match answers.get("refused") {
        None => Ok(answers),
        Some(word) => Err(Fault::Step {
            step: script.name,
            word: word.to_owned(),
            said: answers.all("said").collect::<Vec<_>>().join("; "),
        }),
    }
}

/// The answer to a question that a step must have answered.
pub(super) fn must<'a>(answers: &'a Answers, step: Script, key: &'static str) -> Result<&'a str, Fault> {
    answers.get(key).ok_or(Fault::Unanswered { step: step.name, key })
}
