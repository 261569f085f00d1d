//! Our own small host: it does with the real binary what Terraform and OpenTofu do, in their order,
//! with everything that they check checked, and can be told to kill, stop and taint.
//!
//! An object is remembered as a state file remembers it: JSON, private bytes, identity, and whether it
//! is tainted. Each phase upgrades it first. What the judge finds fails the test at once.

mod apply;
mod interruption;
mod plan;
mod session;

use std::collections::BTreeMap;

use bud::diagnostics::{Diagnostics, Severity};
use bud::value::{Kind, Value};

use super::client::{By, ask_offer};
use super::codec;
use super::judge::{self, Action, Violations};
use super::logs::Log;
use super::process::{Launch, Process};
use super::schema::{Block, Offer};

pub(crate) use apply::Outcome;
pub(crate) use interruption::{Interruption, Means};
pub(crate) use plan::Plan;
use session::{Current, Session};

/// How many processes a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Processes {
    /// One for each phase, as the hosts do it.
    Separate,
    /// One for everything, as with a provider that hosts attach to.
    Shared,
}

/// One object in the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Instance {
    pub(crate) json: String,
    pub(crate) version: i64,
    pub(crate) private: Vec<u8>,
    /// Identity as JSON, where there is one.
    pub(crate) identity: Option<String>,
    pub(crate) tainted: bool,
}

/// What is known under one address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) current: Option<Instance>,
    /// What a create-before-destroy replacement has still to delete.
    pub(crate) deposed: Option<Instance>,
}

/// A whole state.
pub(crate) type State = BTreeMap<String, Stored>;

/// The host.
pub(crate) struct Host {
    launch: Launch,
    /// The body of the provider block.
    provider: String,
    offer: Offer,
    processes: Processes,
    shared: Option<Process>,
    state: State,
    configurations: BTreeMap<String, String>,
    logs: Vec<Log>,
    /// Replacements create before they destroy.
    pub(crate) create_before_destroy: bool,
    interruption: Option<Interruption>,
}

impl Host {
    /// A host with an empty state. The schema is asked of a process of its own, as hosts do it.
    pub(crate) async fn start(launch: Launch, processes: Processes) -> Self {
        let process = Process::start(&launch).await.unwrap();
        let offer = ask_offer(process.client()).await;
        assert!(!process.shut_down().await.killed, "the schema process did not end by itself");
        Self {
            launch,
            provider: String::new(),
            offer,
            processes,
            shared: None,
            state: State::new(),
            configurations: BTreeMap::new(),
            logs: Vec::new(),
            create_before_destroy: false,
            interruption: None,
        }
    }

    /// Another body of the provider block.
    pub(crate) fn provider(&mut self, body: &str) {
        body.clone_into(&mut self.provider);
    }

    /// A variable of the environment of all processes from now on.
    pub(crate) fn environment(&mut self, name: &str, value: &str) {
        self.launch.environment.retain(|(other, _)| other != name);
        self.launch.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Interrupts the next apply.
    pub(crate) fn interrupt(&mut self, interruption: Interruption) {
        self.interruption = Some(interruption);
    }

    /// The largest resident size of the shared process so far; 0 where there is none.
    pub(crate) fn peak_kib(&self) -> u64 {
        self.shared.as_ref().map_or(0, Process::peak_kib)
    }

    /// What the provider offers.
    pub(crate) fn offer(&self) -> &Offer {
        &self.offer
    }

    /// Everything that all processes so far wrote to stderr.
    pub(crate) fn log(&self) -> String {
        self.logs.iter().map(Log::text).collect::<Vec<_>>().join("\n")
    }

    /// The whole state, to come back to.
    pub(crate) fn state(&self) -> State {
        self.state.clone()
    }

    /// Comes back to a state.
    pub(crate) fn restore(&mut self, state: State) {
        self.state = state;
    }

    /// What is stored of an object; none: nothing.
    pub(crate) fn instance(&self, address: &str) -> Option<&Instance> {
        self.state.get(address).and_then(|stored| stored.current.as_ref())
    }

    /// The stored value of an object, null where there is none.
    pub(crate) fn value(&self, address: &str) -> Value {
        let kind = self.block(address).kind();
        self.instance(address)
            .map_or(Value::Null, |one| codec::from_json(&kind, one.json.as_bytes()).unwrap())
    }

    /// `taint`.
    pub(crate) fn taint(&mut self, address: &str) {
        self.state.get_mut(address).and_then(|stored| stored.current.as_mut()).unwrap().tainted = true;
    }

    /// `state rm`.
    pub(crate) fn forget(&mut self, address: &str) {
        self.state.remove(address);
    }

    /// `apply`: plans and applies at once.
    pub(crate) async fn apply(&mut self, address: &str, text: &str) -> Outcome {
        match self.plan(address, text).await {
            Ok(plan) => self.apply_plan(plan).await,
            Err(diagnostics) => Outcome::refused(diagnostics),
        }
    }

    /// `destroy`.
    pub(crate) async fn destroy(&mut self, address: &str) -> Outcome {
        match self.plan_destroy(address).await {
            Ok(plan) => self.apply_plan(plan).await,
            Err(diagnostics) => Outcome::refused(diagnostics),
        }
    }

    /// `apply -refresh-only`: what is there is stored.
    pub(crate) async fn refresh(&mut self, address: &str) -> Result<Diagnostics, Diagnostics> {
        let mut session = self.begin().await?;
        let stored = self.instance(address).cloned();
        let done = self.refreshed(&mut session, address, stored.as_ref()).await;
        self.end(session).await;
        let (current, diagnostics) = done?;
        self.store(address, current);
        Ok(diagnostics)
    }

    /// The same for several objects in one configured process, as in one run.
    pub(crate) async fn refresh_together(&mut self, addresses: &[&str]) -> Result<(), Diagnostics> {
        let mut session = self.begin().await?;
        let mut done = Vec::new();
        for address in addresses {
            let stored = self.instance(address).cloned();
            done.push((*address, self.refreshed(&mut session, address, stored.as_ref()).await));
        }
        self.end(session).await;
        for (address, refreshed) in done {
            let (current, _) = refreshed?;
            self.store(address, current);
        }
        Ok(())
    }

    /// `import`: asks for the object and reads it.
    pub(crate) async fn import(&mut self, address: &str, by: By<'_>) -> Result<Diagnostics, Diagnostics> {
        let mut session = self.begin().await?;
        let done = self.imported(&mut session, address, by).await;
        self.end(session).await;
        let (current, diagnostics) = done?;
        self.store(address, Some(current));
        Ok(diagnostics)
    }

    async fn imported(
        &self,
        session: &mut Session,
        address: &str,
        by: By<'_>,
    ) -> Result<(Instance, Diagnostics), Diagnostics> {
        let (block, kind) = (self.block(address), self.identity_kind(address));
        let imported = session.client.import(type_of(address), by).await;
        if imported.diagnostics.has_errors() {
            return Err(imported.diagnostics);
        }
        assert!(!imported.state.is_null(), "an import without errors gives an object");
        judged("import", judge::write_only_null(block, &imported.state));
        let known = judge::wholly_known(&imported.state);
        judged(
            "import",
            known.into_iter().map(|place| format!("{place}: unknown after an import")).collect(),
        );
        if let By::Identity(identity) = by {
            judged("import", judge::identity_kept(&kind, identity, &imported.identity));
        }
        let current = Current {
            value: imported.state,
            private: imported.private,
            identity: imported.identity,
            tainted: false,
        };
        let mut diagnostics = imported.diagnostics;
        let (current, more) = self.read(session, address, current).await?;
        diagnostics.extend(more);
        let current = current.ok_or_else(|| {
            Diagnostics::from(bud::diagnostics::Diagnostic::error(
                "Cannot import non-existent remote object",
                format!("There is nothing to import to {address}."),
            ))
        })?;
        Ok((self.instance_of(address, &current), diagnostics))
    }

    fn block(&self, address: &str) -> &Block {
        let type_name = type_of(address);
        self.offer.resources.get(type_name).unwrap_or_else(|| panic!("there is no resource {type_name}"))
    }

    fn identity_kind(&self, address: &str) -> Kind {
        self.offer.identities.get(type_of(address)).cloned().unwrap_or(Kind::Object(BTreeMap::new()))
    }

    fn instance_of(&self, address: &str, current: &Current) -> Instance {
        let block = self.block(address);
        let identity = &current.identity;
        Instance {
            json: codec::to_json(&block.kind(), &current.value),
            version: block.version,
            private: current.private.clone(),
            identity: (!identity.is_null()).then(|| codec::to_json(&self.identity_kind(address), identity)),
            tainted: current.tainted,
        }
    }

    fn store(&mut self, address: &str, current: Option<Instance>) {
        let stored = self.state.entry(address.to_owned()).or_default();
        stored.current = current;
        if *stored == Stored::default() {
            self.state.remove(address);
        }
    }
}

/// The type of the resource at an address `type.name`.
fn type_of(address: &str) -> &str {
    address.split('.').next().unwrap()
}

/// What a host would refuse in the provider's answer is a fault of the provider: the test fails.
fn judged(what: &str, violations: Violations) {
    assert!(
        violations.is_empty(),
        "the provider's answer to {what} is wrong:\n  {}",
        violations.join("\n  ")
    );
}

/// Diagnostics as a text, for messages and searches.
pub(crate) fn told(diagnostics: &Diagnostics) -> String {
    let one = |one: &bud::diagnostics::Diagnostic| {
        let severity = if one.severity == Severity::Error { "Error" } else { "Warning" };
        let path = one.path.as_ref().map(|path| format!(" [{path}]")).unwrap_or_default();
        format!("{severity}: {}{path}\n{}", one.summary, one.detail)
    };
    diagnostics.0.iter().map(one).collect::<Vec<_>>().join("\n\n")
}
