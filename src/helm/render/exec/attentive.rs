//! A render that is watched: where something unfilled was printed, and which ways were not taken.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::glance;
use super::may::Many;
use super::{Machine, State, place};
use crate::helm::render::datum::Datum;
use crate::helm::render::parse::{List, Node, Pipe, Term, Tree};
use crate::helm::render::reads::Unfilled;
use crate::helm::render::text::{self, Str};

/// How many nodes of ways not taken one render looks at.
const MOST: usize = 5_000_000;
/// How many unfilled places are kept.
const PLACES: usize = 10_000;

/// What a watched render keeps.
#[derive(Debug)]
pub(crate) struct Attentive {
    file: String,
    places: Vec<Unfilled>,
    /// Texts among the values and files that may end up in `tpl`.
    pub(super) texts: Vec<Str>,
    /// Templates that were looked at with these values, held so that their addresses stay theirs.
    pub(super) seen: HashMap<(usize, u64), Arc<Tree>>,
    /// Every template that is carried out on some way.
    pub(super) reached: HashSet<Str>,
    pub(super) left: usize,
}

impl Attentive {
    pub(crate) fn new(texts: BTreeSet<Vec<u8>>) -> Self {
        Self {
            file: String::new(),
            places: Vec::new(),
            texts: texts.into_iter().map(Str::from).collect(),
            seen: HashMap::new(),
            reached: HashSet::new(),
            left: MOST,
        }
    }

    /// The next file is rendered.
    pub(crate) fn starts(&mut self, file: &str) {
        file.clone_into(&mut self.file);
    }

    /// Where something unfilled was printed.
    pub(crate) fn places(&mut self) -> Vec<Unfilled> {
        std::mem::take(&mut self.places)
    }

    /// Counts the fields in templates that nothing carries out as read, for every chart. Whether every way could
    /// be followed to its end.
    pub(crate) fn finish(&mut self, machine: &mut Machine<'_, '_>, scopes: Vec<Datum>) -> bool {
        let set = std::rc::Rc::clone(&machine.set);
        let mut paths = Vec::new();
        for tree in set.trees().filter(|tree| !self.reached.contains(&tree.name)) {
            list(&tree.root, &mut paths);
        }
        for scope in &scopes {
            for path in &paths {
                let mut found = scope.clone();
                for key in std::iter::once(&b"Values"[..]).chain(path.iter().map(Str::bytes)) {
                    let Datum::Map(map) = &found else { break };
                    let Some(next) = map.get(key) else { break };
                    found = next;
                }
            }
        }
        self.left > 0
    }
}

impl Machine<'_, '_> {
    /// Whether anybody wants to know.
    pub(super) fn is_watched(&self) -> bool {
        self.attentive.is_some()
    }

    /// Notes that a template is carried out.
    pub(super) fn reaches(&mut self, tree: &Tree) {
        if let Some(attentive) = &mut self.attentive
            && !attentive.reached.contains(&tree.name)
        {
            attentive.reached.insert(tree.name.clone());
        }
    }

    /// Notes a text that is about to be printed, if something in it is unfilled.
    pub(super) fn notes(&mut self, state: &State<'_>, printed: &[u8]) {
        let depth = self.depth;
        let Some(attentive) = &mut self.attentive else { return };
        if !(printed == b"<no value>" || text::find(printed, b"%!").is_some())
            || attentive.places.len() >= PLACES
        {
            return;
        }
        let at = place(state);
        let file = attentive.file.clone();
        let is_own = depth == 1 && at.template == file;
        attentive.places.push(Unfilled {
            file,
            offset: is_own.then_some(state.out.len()),
            template: at.file,
            line: at.line,
            column: at.column,
            expression: at.expression,
            text: String::from_utf8_lossy(printed).into_owned(),
        });
    }

    /// Looks at a branch that is not taken.
    pub(super) fn glance(&mut self, state: &State<'_>, dot: Many, nodes: &[Node]) {
        if self.is_watched() {
            glance::untaken(self, state, dot, nodes);
        }
    }

    /// Looks at operands that are not needed any more.
    pub(super) fn glance_operands(&mut self, state: &State<'_>, dot: &Datum, terms: &[Term]) {
        if self.is_watched() {
            glance::operands(self, state, dot, terms);
        }
    }
}

/// The paths behind `.Values` in a template, whatever stands in front.
fn list(nodes: &List, paths: &mut Vec<Vec<Str>>) {
    for node in &nodes.nodes {
        match node {
            Node::Action { pipe: one, .. } => pipe(one, paths),
            Node::If(branch) | Node::With(branch) | Node::Range(branch) => {
                pipe(&branch.pipe, paths);
                list(&branch.list, paths);
                branch.otherwise.iter().for_each(|nodes| list(nodes, paths));
            }
            Node::Template { pipe: Some(one), .. } => pipe(one, paths),
            _ => {}
        }
    }
}

fn pipe(one: &Pipe, paths: &mut Vec<Vec<Str>>) {
    one.commands.iter().flat_map(|command| &command.args).for_each(|one| term(one, paths));
}

fn term(one: &Term, paths: &mut Vec<Vec<Str>>) {
    let names = match one {
        Term::Field { idents, .. } | Term::Variable { idents, .. } => idents,
        Term::Chain { node, fields, .. } => {
            term(node, paths);
            fields
        }
        Term::Pipe(inner) => return pipe(inner, paths),
        _ => return,
    };
    if let Some(at) = names.iter().position(|name| name.bytes() == b"Values") {
        paths.push(names[at + 1..].to_vec());
    }
}
