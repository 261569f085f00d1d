//! Applying: the plan made again, the halves of a replacement, and what is stored of each answer.

use std::time::Duration;

use bud::diagnostics::{Diagnostic, Diagnostics};
use bud::value::Value;

use super::super::client::{Applied, ApplyOf};
use super::super::judge::{self, Action};
use super::super::{codec, hcl};
use super::plan::Plan;
use super::session::{Current, Session};
use super::{Host, Instance, judged, told, type_of};

/// The longest that an apply may take in a world in which nothing takes time.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came of an apply.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// What was planned; none where it did not come to a plan.
    pub(crate) action: Option<Action>,
    pub(crate) diagnostics: Diagnostics,
    /// Whether the interruption's moment came, and how long the provider worked on from there.
    pub(crate) interrupted: Option<Duration>,
}

impl Outcome {
    /// What came of a plan that was refused.
    pub(super) fn refused(diagnostics: Diagnostics) -> Self {
        Self { action: None, diagnostics, interrupted: None }
    }

    /// Whether there were errors.
    pub(crate) fn failed(&self) -> bool {
        self.diagnostics.has_errors()
    }

    /// Everything that was told.
    pub(crate) fn text(&self) -> String {
        told(&self.diagnostics)
    }

    /// The action, of an apply that must have gone well.
    #[track_caller]
    pub(crate) fn done(&self) -> Action {
        assert!(!self.failed(), "{}", self.text());
        self.action.unwrap()
    }

    /// Everything that was told, of an apply that must have failed.
    #[track_caller]
    pub(crate) fn error(&self) -> String {
        assert!(self.failed(), "it went well: {self:?}");
        self.text()
    }
}

/// What is stored after an answer, and whether the run goes on.
struct Result {
    stored: Option<Instance>,
    diagnostics: Diagnostics,
}

impl Host {
    /// Applies a plan, at once or much later.
    pub(crate) async fn apply_plan(&mut self, plan: Plan) -> Outcome {
        let text = plan.text.clone();
        self.apply_resolved(plan, text.as_deref()).await
    }

    /// Applies a plan whose unknown values are known by now: the text says which they are.
    pub(crate) async fn apply_resolved(&mut self, plan: Plan, text: Option<&str>) -> Outcome {
        let address = plan.address.clone();
        let mut outcome =
            Outcome { action: Some(plan.action), diagnostics: plan.diagnostics.clone(), interrupted: None };
        self.store(&address, plan.refreshed.clone());
        if plan.is_empty() {
            return outcome;
        }
        let config = match text {
            Some(text) => hcl::body(self.block(&address), text).unwrap_or_else(|faults| panic!("{faults:?}")),
            None => Value::Null,
        };
        assert!(config.is_wholly_known(), "a host does not apply what is not known");
        let mut session = match self.begin().await {
            Ok(session) => session,
            Err(diagnostics) => {
                outcome.diagnostics.extend(diagnostics);
                return outcome;
            }
        };
        session.armed = self.interruption.take().map(|interruption| interruption.arm(&session.process));
        let log = session.process.log.clone();
        let done = tokio::time::timeout(PATIENCE, self.applied(&mut session, &plan, &config)).await;
        outcome
            .diagnostics
            .extend(done.unwrap_or_else(|_| panic!("the apply does not end:\n{}", log.text())));
        outcome.interrupted = session.armed.as_ref().and_then(super::interruption::Armed::since);
        self.end(session).await;
        outcome
    }

    async fn applied(&mut self, session: &mut Session, plan: &Plan, config: &Value) -> Diagnostics {
        let mut told = Diagnostics::none();
        if let Some(deposed) = &plan.deposed {
            told.extend(self.delete_deposed(session, plan, deposed).await);
        }
        match plan.action {
            Action::Nothing => {}
            Action::Delete => told.extend(self.delete(session, plan, &plan.identity).await),
            Action::Create | Action::Update => told.extend(self.bring_about(session, plan, config).await),
            Action::Replace if self.create_before_destroy => {
                told.extend(self.create_then_delete(session, plan, config).await);
            }
            Action::Replace => {
                // The delete is told the new object's bytes, and no identity.
                told.extend(self.delete(session, plan, &Value::Null).await);
                if !told.has_errors() && !stopped(session) {
                    told.extend(self.bring_about(session, plan, config).await);
                }
            }
        }
        if stopped(session) {
            told.push(Diagnostic::error("Interrupted", "The run was interrupted."));
        }
        told
    }

    async fn create_then_delete(
        &mut self,
        session: &mut Session,
        plan: &Plan,
        config: &Value,
    ) -> Diagnostics {
        let address = plan.address.as_str();
        let stored = self.state.get_mut(address).unwrap();
        assert!(stored.deposed.is_none(), "what was deposed before is still there");
        stored.deposed = stored.current.take();
        let mut told = self.bring_about(session, plan, config).await;
        let stored = self.state.get_mut(address).unwrap();
        if stored.current.is_none() {
            // Nothing came into being: the old object stays the object.
            stored.current = stored.deposed.take();
            return told;
        }
        if told.has_errors() || stopped(session) {
            return told;
        }
        let old = stored.deposed.clone().unwrap();
        let current = match self.upgraded(session, address, &old).await {
            Ok((current, _)) => current,
            Err(diagnostics) => return diagnostics,
        };
        match self.null_plan(session, address, &current).await {
            Ok(planned) => {
                let deposed = super::plan::Deposed {
                    before: current.value,
                    private: planned.private,
                    identity: planned.identity,
                };
                told.extend(self.delete_deposed(session, plan, &deposed).await);
            }
            Err(diagnostics) => told.extend(diagnostics),
        }
        told
    }

    /// Deletes the object. There is no second plan of a delete.
    async fn delete(&mut self, session: &mut Session, plan: &Plan, identity: &Value) -> Diagnostics {
        let address = plan.address.as_str();
        let Some(stored) = self.instance(address).cloned() else { return Diagnostics::none() };
        if let Err(diagnostics) = self.upgraded(session, address, &stored).await {
            return diagnostics;
        }
        let of = ApplyOf {
            prior: &plan.before,
            planned: &Value::Null,
            config: &Value::Null,
            private: &plan.private,
            identity,
        };
        let answer = session.client.apply(type_of(address), of).await;
        let result = self.result(address, Action::Delete, &of, Some(&stored), answer);
        self.store(address, result.stored);
        result.diagnostics
    }

    async fn delete_deposed(
        &mut self,
        session: &mut Session,
        plan: &Plan,
        deposed: &super::plan::Deposed,
    ) -> Diagnostics {
        let address = plan.address.as_str();
        let of = ApplyOf {
            prior: &deposed.before,
            planned: &Value::Null,
            config: &Value::Null,
            private: &deposed.private,
            identity: &deposed.identity,
        };
        let stored = self.state.get(address).and_then(|stored| stored.deposed.clone());
        let answer = session.client.apply(type_of(address), of).await;
        let result = self.result(address, Action::Delete, &of, stored.as_ref(), answer);
        self.state.entry(address.to_owned()).or_default().deposed = result.stored;
        let current = self.instance(address).cloned();
        self.store(address, current);
        result.diagnostics
    }

    /// Creates or updates: plans again from what is stored, and applies that plan.
    async fn bring_about(&mut self, session: &mut Session, plan: &Plan, config: &Value) -> Diagnostics {
        let address = plan.address.as_str();
        let stored = self.instance(address).cloned();
        let current = match &stored {
            Some(stored) => match self.upgraded(session, address, stored).await {
                Ok((current, _)) => Some(current),
                Err(diagnostics) => return diagnostics,
            },
            None => None,
        };
        let forced = plan.forced && current.is_some();
        let change = match self.propose(session, address, config, current.as_ref(), forced).await {
            Ok(change) => change,
            Err(diagnostics) => return diagnostics,
        };
        // The old object is gone by now, so that a replacement looks like a create.
        let action = match (plan.action, change.action) {
            (Action::Replace, Action::Create) => Action::Replace,
            (_, action) => action,
        };
        let block = self.block(address);
        judged(
            "the final plan",
            judge::final_plan(block, (plan.action, &plan.after), (action, &change.after)),
        );
        if change.action == Action::Nothing {
            return change.diagnostics;
        }
        let of = ApplyOf {
            prior: &change.before,
            planned: &change.after,
            config,
            private: &change.private,
            identity: &change.identity,
        };
        let answer = session.client.apply(type_of(address), of).await;
        if change.action == Action::Update
            && let (Some(current), Some(_), false) =
                (&current, &answer.state, answer.diagnostics.has_errors())
        {
            let kind = self.identity_kind(address);
            judged("an update", judge::identity_kept(&kind, &current.identity, &answer.identity));
        }
        let result = self.result(address, change.action, &of, stored.as_ref(), answer);
        self.store(address, result.stored);
        result.diagnostics
    }

    /// What a host stores of an answer.
    fn result(
        &self,
        address: &str,
        action: Action,
        of: &ApplyOf<'_>,
        stored: Option<&Instance>,
        answer: Applied,
    ) -> Result {
        let block = self.block(address);
        let failed = answer.diagnostics.has_errors();
        let value = match answer.state {
            Some(value) => {
                judged(&format!("{action:?}"), judge::applied(block, action, of.planned, &value, failed));
                value
            }
            // No answer at all: the prior object is taken for the new one, its private bytes are lost.
            None if action == Action::Delete => Value::Null,
            None => of.prior.clone(),
        };
        let stored = match (failed, value.is_null()) {
            (true, true) => stored.cloned(),
            (false, true) => None,
            (failed, false) => {
                let tainted =
                    failed && (action == Action::Create || stored.is_some_and(|stored| stored.tainted));
                let current = Current { value, private: answer.private, identity: answer.identity, tainted };
                let instance = self.instance_of(address, &current);
                // What is stored can be read again.
                codec::from_json(&block.kind(), instance.json.as_bytes()).unwrap();
                Some(instance)
            }
        };
        Result { stored, diagnostics: answer.diagnostics }
    }
}

fn stopped(session: &Session) -> bool {
    session.armed.as_ref().is_some_and(super::interruption::Armed::stopped)
}
