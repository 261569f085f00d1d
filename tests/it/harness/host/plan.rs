//! Planning: what a host asks, what it makes of the answers, and what it writes into a plan file.

use bud::diagnostics::{Diagnostic, Diagnostics};
use bud::value::{Path, Value};

use super::super::client::PlanOf;
use super::super::judge::{self, Action};
use super::super::proposed::proposed_new;
use super::super::{codec, hcl};
use super::session::{Current, Session};
use super::{Host, Instance, Processes, judged, type_of};

/// A plan as a plan file holds it: it may be applied much later.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) address: String,
    pub(crate) action: Action,
    /// What forces a replacement.
    pub(crate) replace: Vec<Path>,
    /// The object before, null where there is none.
    pub(crate) before: Value,
    /// The planned object, null for a delete.
    pub(crate) after: Value,
    pub(crate) private: Vec<u8>,
    pub(crate) identity: Value,
    /// What to tell; no errors.
    pub(crate) diagnostics: Diagnostics,
    /// What a refresh found, which an apply stores first.
    pub(super) refreshed: Option<Instance>,
    /// The text of the configuration; none for a destroy.
    pub(super) text: Option<String>,
    /// The order was forced by the user.
    pub(super) forced: bool,
    /// What is left of an earlier replacement and goes with this plan.
    pub(super) deposed: Option<Deposed>,
}

/// The planned delete of a deposed object.
#[derive(Clone, Debug)]
pub(super) struct Deposed {
    pub(super) before: Value,
    pub(super) private: Vec<u8>,
    pub(super) identity: Value,
}

/// What follows from one round of planning.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) action: Action,
    pub(super) replace: Vec<Path>,
    pub(super) before: Value,
    pub(super) after: Value,
    pub(super) private: Vec<u8>,
    pub(super) identity: Value,
    pub(super) diagnostics: Diagnostics,
}

impl Plan {
    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.action == Action::Nothing && self.deposed.is_none()
    }
}

impl Host {
    /// `plan`.
    pub(crate) async fn plan(&mut self, address: &str, text: &str) -> Result<Plan, Diagnostics> {
        self.plan_as(address, text, false).await
    }

    /// `plan -replace`.
    pub(crate) async fn plan_replaced(&mut self, address: &str, text: &str) -> Result<Plan, Diagnostics> {
        self.plan_as(address, text, true).await
    }

    async fn plan_as(&mut self, address: &str, text: &str, forced: bool) -> Result<Plan, Diagnostics> {
        let config = self.config(address, text)?;
        self.configurations.insert(address.to_owned(), text.to_owned());
        if self.processes == Processes::Separate {
            self.validated(address, &config).await?;
        }
        let mut session = self.begin().await?;
        let done = self.planned(&mut session, address, text, &config, forced).await;
        self.end(session).await;
        done
    }

    /// The value of a configuration; what a host refuses by itself is a diagnostic, as with the hosts.
    fn config(&self, address: &str, text: &str) -> Result<Value, Diagnostics> {
        hcl::body(self.block(address), text).map_err(|faults| {
            Diagnostics(
                faults.into_iter().map(|fault| Diagnostic::error("Invalid configuration", fault)).collect(),
            )
        })
    }

    /// Validation, in a process that is not configured.
    async fn validated(&mut self, address: &str, config: &Value) -> Result<(), Diagnostics> {
        let provider = self.provider_config();
        let mut session = self.unconfigured().await;
        let mut diagnostics = session.client.validate_provider(&provider).await;
        diagnostics.extend(session.client.validate(type_of(address), config).await);
        self.end(session).await;
        if diagnostics.has_errors() { Err(diagnostics) } else { Ok(()) }
    }

    async fn planned(
        &self,
        session: &mut Session,
        address: &str,
        text: &str,
        config: &Value,
        forced: bool,
    ) -> Result<Plan, Diagnostics> {
        let stored = self.state.get(address).cloned().unwrap_or_default();
        let (refreshed, mut diagnostics) = self.refreshed(session, address, stored.current.as_ref()).await?;
        let deposed = match &stored.deposed {
            Some(deposed) => self.planned_deposed(session, address, deposed).await?,
            None => None,
        };
        let current = refreshed.as_ref().map(|instance| self.decoded(address, instance));
        let change = self.propose(session, address, config, current.as_ref(), forced).await?;
        diagnostics.extend(change.diagnostics);
        Ok(Plan {
            address: address.to_owned(),
            action: change.action,
            replace: change.replace,
            before: change.before,
            after: change.after,
            private: change.private,
            identity: change.identity,
            diagnostics,
            refreshed,
            text: Some(text.to_owned()),
            forced,
            deposed,
        })
    }

    /// One round of planning of an object that shall exist: validation, the plan, and for a replacement
    /// the plan of the new object.
    pub(super) async fn propose(
        &self,
        session: &mut Session,
        address: &str,
        config: &Value,
        current: Option<&Current>,
        forced: bool,
    ) -> Result<Change, Diagnostics> {
        let (type_name, block) = (type_of(address), self.block(address));
        let mut diagnostics = session.client.validate(type_name, config).await;
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        // What is tainted is planned as if it were not there, and its private bytes are not shown.
        let kept = current.filter(|current| !current.tainted);
        let prior = kept.map_or(Value::Null, |current| current.value.clone());
        let identity = kept.map_or(Value::Null, |current| current.identity.clone());
        let private = kept.map(|current| current.private.clone()).unwrap_or_default();
        let proposed = proposed_new(block, &prior, config);
        let of =
            PlanOf { prior: &prior, proposed: &proposed, config, private: &private, identity: &identity };
        let first = session.client.plan(type_name, of).await;
        diagnostics.extend(first.diagnostics);
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        judged("a plan", judge::planned(block, &prior, config, &first.state));
        judged("a plan", judge::identity_planned(&first.identity));
        let (replace, violations) = judge::replace_paths(block, &prior, &first.state, &first.replace);
        judged("a plan", violations);
        let mut action = judge::action(block, &prior, &first.state, &replace);
        if forced && action != Action::Create {
            action = Action::Replace;
        }
        if action == Action::Update && !first.identity.is_null() {
            let kind = self.identity_kind(address);
            judged("the plan of an update", judge::identity_kept(&kind, &identity, &first.identity));
        }
        let mut change = Change {
            action,
            replace,
            before: prior,
            after: first.state,
            private: first.private,
            identity: first.identity,
            diagnostics,
        };
        if action == Action::Replace {
            self.propose_anew(session, address, config, &mut change).await?;
        }
        if let (Action::Create, Some(tainted)) = (action, current) {
            change.action = Action::Replace;
            change.before = tainted.value.clone();
        }
        Ok(change)
    }

    /// The plan of the object that takes the place of another; it receives the first plan's bytes.
    async fn propose_anew(
        &self,
        session: &mut Session,
        address: &str,
        config: &Value,
        change: &mut Change,
    ) -> Result<(), Diagnostics> {
        let block = self.block(address);
        let proposed = proposed_new(block, &Value::Null, config);
        let of = PlanOf {
            prior: &Value::Null,
            proposed: &proposed,
            config,
            private: &change.private,
            identity: &Value::Null,
        };
        let second = session.client.plan(type_of(address), of).await;
        if second.diagnostics.has_errors() {
            change.diagnostics.extend(second.diagnostics);
            return Err(change.diagnostics.clone());
        }
        judged("the plan of a replacement", judge::planned(block, &Value::Null, config, &second.state));
        judged("the plan of a replacement", judge::identity_planned(&second.identity));
        change.after = second.state;
        change.private = second.private;
        change.identity = second.identity;
        Ok(())
    }

    /// `plan -destroy`: what is there is read, planned as it is configured, and then planned away.
    pub(crate) async fn plan_destroy(&mut self, address: &str) -> Result<Plan, Diagnostics> {
        let text = self.configurations.get(address).cloned();
        let refreshed = match &text {
            // Hosts make a normal plan first, for what it refreshes.
            Some(text) => self.plan(address, text).await?.refreshed,
            None => {
                let mut session = self.begin().await?;
                let stored = self.instance(address).cloned();
                let done = self.refreshed(&mut session, address, stored.as_ref()).await;
                self.end(session).await;
                done?.0
            }
        };
        let mut session = self.begin().await?;
        let done = self.planned_away(&mut session, address, refreshed).await;
        self.end(session).await;
        done
    }

    async fn planned_away(
        &self,
        session: &mut Session,
        address: &str,
        refreshed: Option<Instance>,
    ) -> Result<Plan, Diagnostics> {
        let deposed = match self.state.get(address).and_then(|stored| stored.deposed.as_ref()) {
            Some(deposed) => self.planned_deposed(session, address, deposed).await?,
            None => None,
        };
        let mut plan = Plan {
            address: address.to_owned(),
            action: Action::Nothing,
            replace: Vec::new(),
            before: Value::Null,
            after: Value::Null,
            private: Vec::new(),
            identity: Value::Null,
            diagnostics: Diagnostics::none(),
            refreshed,
            text: None,
            forced: false,
            deposed,
        };
        if let Some(instance) = &plan.refreshed {
            let (current, diagnostics) = self.upgraded(session, address, instance).await?;
            plan.diagnostics.extend(diagnostics);
            let planned = self.null_plan(session, address, &current).await?;
            plan.diagnostics.extend(planned.diagnostics);
            plan.action = Action::Delete;
            plan.before = current.value;
            plan.private = planned.private;
            plan.identity = planned.identity;
        }
        Ok(plan)
    }

    /// What is left of an earlier replacement: read, and if it is still there, planned away.
    async fn planned_deposed(
        &self,
        session: &mut Session,
        address: &str,
        deposed: &Instance,
    ) -> Result<Option<Deposed>, Diagnostics> {
        let (Some(now), _) = self.refreshed(session, address, Some(deposed)).await? else { return Ok(None) };
        let current = self.decoded(address, &now);
        let planned = self.null_plan(session, address, &current).await?;
        Ok(Some(Deposed { before: current.value, private: planned.private, identity: planned.identity }))
    }

    /// The plan of a delete.
    pub(super) async fn null_plan(
        &self,
        session: &mut Session,
        address: &str,
        current: &Current,
    ) -> Result<super::super::client::Planned, Diagnostics> {
        let of = PlanOf {
            prior: &current.value,
            proposed: &Value::Null,
            config: &Value::Null,
            private: &current.private,
            identity: &current.identity,
        };
        let planned = session.client.plan(type_of(address), of).await;
        if planned.diagnostics.has_errors() {
            return Err(planned.diagnostics);
        }
        judged("the plan of a delete", judge::destroy_planned(&planned.state));
        judged("the plan of a delete", judge::identity_planned(&planned.identity));
        Ok(planned)
    }

    /// A stored object of the present version, as a phase holds it.
    pub(super) fn decoded(&self, address: &str, instance: &Instance) -> Current {
        let identity = instance.identity.as_ref().map_or(Value::Null, |json| {
            codec::from_json(&self.identity_kind(address), json.as_bytes()).unwrap()
        });
        Current {
            value: codec::from_json(&self.block(address).kind(), instance.json.as_bytes()).unwrap(),
            private: instance.private.clone(),
            identity,
            tainted: instance.tainted,
        }
    }
}
