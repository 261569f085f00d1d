//! What exists of a pool while an apply runs: held step by step, so that it goes back whatever happens.

use std::collections::{BTreeMap, BTreeSet};

use super::{made, names, nodes, recorded};
use crate::cloud::{NodeSeen, Power, SkuSeen};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::state::Private;
use crate::value::Value;

/// The pool in the making.
pub(super) struct Progress {
    /// The arguments that hold while not everything is done: of the state before, or of the plan on create.
    base: Value,
    planned: Value,
    nodes: BTreeMap<String, Value>,
    states: BTreeMap<String, Value>,
    seen: BTreeMap<String, NodeSeen>,
    /// Strings of `replace_nodes` that are done.
    replaced: BTreeMap<String, Value>,
    private: Private,
    /// Nodes whose restart is not known to have come to its end.
    halted: BTreeSet<String>,
    /// What went wrong with single nodes.
    pub(super) errors: Diagnostics,
    /// Warnings, and what was kept.
    pub(super) kept: Vec<String>,
}

impl Progress {
    pub(super) fn new(
        base: &Value,
        planned: &Value,
        seen: &BTreeMap<String, NodeSeen>,
        private: Private,
    ) -> Self {
        let map = |name: &str| base.get(name).as_map().cloned().unwrap_or_default();
        Self {
            halted: halted(&private),
            nodes: map("nodes"),
            states: map("node_states"),
            seen: seen.clone(),
            base: base.clone(),
            planned: planned.clone(),
            replaced: BTreeMap::new(),
            private,
            errors: Diagnostics::none(),
            kept: Vec::new(),
        }
    }

    /// A node is as it shall be.
    pub(super) fn done(&mut self, seen: NodeSeen, skus: &[SkuSeen]) {
        let of = |name: &str| super::plan::find(skus, name).cloned();
        let now = nodes::seen(&self.planned, &seen, &of);
        let planned = self.planned.get("nodes").get(&seen.name);
        let value = if planned.is_null() { now } else { nodes::fill(planned, &now) };
        self.nodes.insert(seen.name.clone(), value);
        self.states.insert(seen.name.clone(), Value::string(nodes::state(Some(&seen))));
        let asked = self.planned.get("replace_nodes").get(&seen.name);
        if asked.as_str().is_some_and(|asked| recorded::replaced_for(&seen.recorded) == Some(asked)) {
            self.replaced.insert(seen.name.clone(), asked.clone());
        }
        // A machine that was stopped in a restart, whether that ended well or not, runs again.
        if seen.machine.as_ref().is_some_and(|machine| machine.power == Power::Running) {
            self.halted.remove(&seen.name);
        }
        self.seen.insert(seen.name.clone(), seen);
    }

    /// A node is about to be stopped, to be started again.
    pub(super) fn halts(&mut self, node: &str) {
        self.halted.insert(node.to_owned());
    }

    /// A node as it was last seen.
    pub(super) fn seen(&self, node: &str) -> Option<NodeSeen> {
        self.seen.get(node).cloned()
    }

    /// The machine of a node is gone, and the node waits for another.
    pub(super) fn bare(&mut self, node: &str) {
        self.states.insert(node.to_owned(), Value::string("missing"));
    }

    /// A node is gone for good.
    pub(super) fn gone(&mut self, node: &str, kept: Vec<String>) {
        self.nodes.remove(node);
        self.states.remove(node);
        self.seen.remove(node);
        self.halted.remove(node);
        self.kept.extend(kept);
    }

    /// Something went wrong.
    pub(super) fn failed(&mut self, diagnostic: Diagnostic) {
        self.errors.push(diagnostic);
    }

    /// What is remembered beside the state.
    pub(super) fn remembered(&self) -> Private {
        let mut private = self.private.clone();
        private.notes.insert(made::NOTE.to_owned(), made::note(self.seen.values()));
        remember_halted(&mut private, &self.halted);
        private
    }

    /// The state in the middle of things: the nodes that exist wholly, under the arguments of before.
    pub(super) fn so_far(&self) -> Value {
        let mut state = self.base.clone();
        let known = |map: &BTreeMap<String, Value>| Value::Map(map.clone());
        state.set("nodes", known(&self.nodes));
        state.set("node_states", known(&self.states));
        state.set("chosen_sku", self.first("sku"));
        // Absent until a create has finished: by that Delete knows that it has not.
        let outdated = match self.base.get("outdated") {
            Value::Map(outdated) => Value::Map(
                outdated.clone().into_iter().filter(|(node, _)| self.nodes.contains_key(node)).collect(),
            ),
            _ => Value::Null,
        };
        state.set("outdated", outdated);
        if !self.replaced.is_empty() {
            let mut all = self.base.get("replace_nodes").as_map().cloned().unwrap_or_default();
            all.extend(self.replaced.clone());
            state.set("replace_nodes", Value::Map(all));
        }
        state
    }

    /// The state when everything is done: the plan with the answers in the place of the unknown.
    pub(super) fn finished(&self) -> Value {
        let mut state = self.planned.clone();
        state.set("nodes", Value::Map(self.nodes.clone()));
        let planned = self.planned.get("node_states");
        let states = self.states.iter().map(|(node, now)| {
            let state = planned.get(node);
            (node.clone(), if state.as_str().is_some() { state.clone() } else { now.clone() })
        });
        state.set("node_states", Value::Map(states.collect()));
        if state.get("chosen_sku").is_unknown() {
            state.set("chosen_sku", self.first("sku"));
        }
        if !state.get("outdated").is_wholly_known() || state.get("outdated").is_null() {
            let note = made::note(self.seen.values());
            state.set("outdated", made::outdated(&self.planned, &self.nodes, &made::facts(Some(&note))));
        }
        state
    }

    fn first(&self, name: &str) -> Value {
        let pool = self.planned.get("name").as_str().unwrap_or_default();
        let mut numbered: Vec<(u32, &String)> =
            self.nodes.keys().filter_map(|node| Some((names::number(pool, node)?, node))).collect();
        numbered.sort();
        numbered
            .first()
            .and_then(|(_, node)| self.nodes.get(*node))
            .map_or(Value::Null, |node| node.get(name).clone())
    }
}

/// Name of the note beside the state that says which nodes a restart may have left stopped.
const HALTED: &str = "halted";

/// The nodes that a restart of ours may have left stopped: what others stop stays stopped.
pub(super) fn halted(private: &Private) -> BTreeSet<String> {
    let noted = private.notes.get(HALTED).map(String::as_str).unwrap_or_default();
    noted.split(',').filter(|node| !node.is_empty()).map(str::to_owned).collect()
}

/// Notes them.
pub(super) fn remember_halted(private: &mut Private, halted: &BTreeSet<String>) {
    if halted.is_empty() {
        private.notes.remove(HALTED);
    } else {
        let nodes: Vec<&str> = halted.iter().map(String::as_str).collect();
        private.notes.insert(HALTED.to_owned(), nodes.join(","));
    }
}
