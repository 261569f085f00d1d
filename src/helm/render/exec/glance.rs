//! What the ways of a template that these values do not take would read of them.
//!
//! Nothing is carried out: fields are looked up in the values that are there, and what a function would do
//! with its arguments is not followed but counted as a read of everything below them.

use std::hash::{DefaultHasher, Hasher as _};
use std::rc::Rc;
use std::sync::Arc;

use super::may::{
    DEEPEST, Many, May, TELLING, drain_all, elements, identify, keyed, narrow, one, strings, walk,
};
use super::{Machine, State};
use crate::helm::render::datum::Datum;
use crate::helm::render::parse::{Command, Node, Pipe, Term, Tree};
use crate::helm::render::text::{self, Str};

/// Looks at nodes that are not carried out.
pub(super) fn untaken(machine: &mut Machine<'_, '_>, state: &State<'_>, dot: Many, nodes: &[Node]) {
    let mut glance = Glance { machine, variables: variables(state), depth: 0 };
    glance.nodes(&dot, nodes);
}

/// Looks at operands that are not evaluated.
pub(super) fn operands(machine: &mut Machine<'_, '_>, state: &State<'_>, dot: &Datum, terms: &[Term]) {
    let mut glance = Glance { machine, variables: variables(state), depth: 0 };
    for term in terms {
        let found = glance.term(&one(dot), term);
        // What it gives goes on from here, nobody knows where to.
        drain_all(&found);
    }
}

fn variables(state: &State<'_>) -> Vec<(Str, Many)> {
    state.variables.iter().map(|(name, slot)| (name.clone(), one(slot.as_datum()))).collect()
}

struct Glance<'g, 'r, 'o> {
    machine: &'g mut Machine<'r, 'o>,
    variables: Vec<(Str, Many)>,
    depth: usize,
}

impl Glance<'_, '_, '_> {
    /// Counts a step; whether there is still one to take.
    fn step(&mut self) -> bool {
        let Some(attentive) = &mut self.machine.attentive else { return false };
        attentive.left = attentive.left.saturating_sub(1);
        attentive.left > 0
    }

    fn nodes(&mut self, dot: &Many, nodes: &[Node]) {
        let mark = self.variables.len();
        for node in nodes {
            if !self.step() {
                break;
            }
            match node {
                Node::Action { pipe, .. } => {
                    let found = self.pipe(dot, pipe);
                    if pipe.declared.is_empty() {
                        drain_all(&found);
                    }
                }
                Node::If(branch) | Node::With(branch) | Node::Range(branch) => {
                    let mark = self.variables.len();
                    let found = self.pipe(dot, &branch.pipe);
                    let inner = match node {
                        Node::If(_) => dot.clone(),
                        Node::With(_) => found,
                        _ => {
                            let inner = elements(&found);
                            self.loops(&branch.pipe, &inner);
                            inner
                        }
                    };
                    self.nodes(&inner, &branch.list.nodes);
                    if let Some(otherwise) = &branch.otherwise {
                        self.nodes(dot, &otherwise.nodes);
                    }
                    self.variables.truncate(mark);
                }
                Node::Template { name, pipe, .. } => {
                    let dot = pipe.as_ref().map(|pipe| self.pipe(dot, pipe)).unwrap_or_default();
                    self.call(std::slice::from_ref(name), dot);
                }
                Node::Text { .. } | Node::Break { .. } | Node::Continue { .. } => {}
            }
        }
        self.variables.truncate(mark);
    }

    /// The variables of a loop.
    fn loops(&mut self, pipe: &Pipe, elements: &Many) {
        if pipe.is_assign {
            drain_all(elements);
            return;
        }
        let count = self.variables.len();
        match pipe.declared.len() {
            0 => {}
            1 => self.variables[count - 1].1.clone_from(elements),
            declared => {
                self.variables[count - declared].1 = Vec::new();
                self.variables[count - 1].1.clone_from(elements);
            }
        }
    }

    fn pipe(&mut self, dot: &Many, pipe: &Pipe) -> Many {
        let mut value: Option<Many> = None;
        for command in &pipe.commands {
            value = Some(self.command(dot, command, value));
        }
        let value = value.unwrap_or_default();
        for name in &pipe.declared {
            if pipe.is_assign {
                // The variable may be used where this branch has ended.
                drain_all(&value);
            } else {
                self.variables.push((name.clone(), value.clone()));
            }
        }
        value
    }

    fn command(&mut self, dot: &Many, command: &Command, last: Option<Many>) -> Many {
        let (first, terms) = (&command.args[0], &command.args[1..]);
        if let Term::Identifier { function, .. } = first {
            let mut args: Vec<Many> = terms.iter().map(|term| self.term(dot, term)).collect();
            args.extend(last);
            return self.function(function.name, &args, terms);
        }
        // Arguments of a method.
        for term in terms {
            let found = self.term(dot, term);
            drain_all(&found);
        }
        last.iter().for_each(drain_all);
        self.term(dot, first)
    }

    fn term(&mut self, dot: &Many, term: &Term) -> Many {
        if !self.step() {
            return Vec::new();
        }
        match term {
            Term::Dot { .. } => dot.clone(),
            Term::Field { idents, .. } => walk(dot.clone(), idents),
            Term::Variable { idents, .. } => {
                let found = self.variables.iter().rev().find(|(name, _)| *name == idents[0]);
                walk(found.map(|(_, many)| many.clone()).unwrap_or_default(), &idents[1..])
            }
            Term::Chain { node, fields, .. } => walk(self.term(dot, node), fields),
            Term::Pipe(pipe) => self.pipe(dot, pipe),
            Term::String { literal, .. } => one(&Datum::Str(literal.text.clone())),
            Term::Identifier { function, .. } => self.function(function.name, &[], &[]),
            Term::Number { number, .. } => number.int.map(|int| one(&Datum::Int(int))).unwrap_or_default(),
            Term::Bool { .. } | Term::Nil { .. } => Vec::new(),
        }
    }

    fn function(&mut self, name: &str, args: &[Many], terms: &[Term]) -> Many {
        let at = |index: usize| args.get(index).cloned().unwrap_or_default();
        let all = || narrow(args.iter().flatten().cloned().collect());
        match name {
            "include" => {
                match strings(&at(0)) {
                    Some(names) => self.call(&names, at(1)),
                    // A file is rendered anyway, whoever includes it.
                    None if terms.first().is_some_and(|term| has_text(term, &names_a_file)) => {}
                    None => drain_all(&at(1)),
                }
                Vec::new()
            }
            "tpl" => {
                drain_all(&at(0));
                self.tpl(&at(0), at(1), terms);
                Vec::new()
            }
            "dict" => {
                let pairs = args.chunks(2).flat_map(|pair| {
                    let names = strings(&pair[0]).unwrap_or_default();
                    let value = pair.get(1).cloned().unwrap_or_default();
                    if names.is_empty() {
                        drain_all(&value);
                    }
                    names.into_iter().map(move |name| (name, value.clone()))
                });
                vec![May::Dict(Rc::new(pairs.collect()))]
            }
            "list" | "tuple" => vec![May::List(Rc::new(args.to_vec()))],
            "append" | "push" | "prepend" | "mustAppend" | "mustPush" | "mustPrepend" => {
                let mut found = at(0);
                found.push(May::List(Rc::new(vec![at(1)])));
                found
            }
            "rest" | "mustRest" => vec![May::List(Rc::new(match at(0).as_slice() {
                [May::List(items)] => items.iter().skip(1).cloned().collect(),
                other => vec![elements(&other.to_vec())],
            }))],
            "initial" | "reverse" | "uniq" | "compact" | "without" | "slice" | "mustInitial"
            | "mustReverse" | "mustUniq" | "mustCompact" | "mustWithout" | "mustSlice" => {
                vec![May::List(Rc::new(vec![elements(&at(0))]))]
            }
            "default" | "coalesce" | "and" | "or" | "ternary" | "required" | "merge" | "mustMerge"
            | "mergeOverwrite" | "mustMergeOverwrite" | "deepCopy" | "mustDeepCopy" | "concat" | "pick"
            | "omit" | "unset" => all(),
            "set" => {
                drain_all(&at(2));
                at(0)
            }
            "first" | "last" | "mustFirst" | "mustLast" | "values" => elements(&all()),
            "get" => keyed(&at(0), &at(1)),
            "hasKey" => {
                keyed(&at(0), &at(1));
                Vec::new()
            }
            "pluck" => {
                let found = args.iter().skip(1).flat_map(|many| keyed(many, &at(0))).collect();
                vec![May::List(Rc::new(vec![found]))]
            }
            "index" => args.iter().skip(1).fold(at(0), |found, key| keyed(&found, key)),
            "dig" if args.len() > 2 => {
                let (keys, rest) = args.split_at(args.len() - 2);
                let mut found = keys.iter().fold(rest[1].clone(), |found, key| keyed(&found, key));
                found.extend(rest[0].iter().cloned());
                narrow(found)
            }
            "not" | "empty" | "all" | "any" | "kindIs" | "kindOf" | "typeIs" | "typeOf" | "typeIsLike"
            | "len" => Vec::new(),
            "keys" => {
                elements(&all());
                Vec::new()
            }
            _ => {
                args.iter().for_each(drain_all);
                Vec::new()
            }
        }
    }

    /// Looks at templates by name.
    fn call(&mut self, names: &[Str], dot: Many) {
        for name in names {
            if let Some(tree) = self.machine.set.get(name.bytes()).cloned() {
                self.tree(&tree, &dot);
            }
        }
    }

    fn tree(&mut self, tree: &Arc<Tree>, dot: &Many) {
        self.machine.reaches(tree);
        let mut hasher = DefaultHasher::new();
        if identify(dot, &mut hasher, &mut { TELLING }) {
            // The same text is the same list of nodes, however often it is handed to `tpl`.
            let key = (Arc::as_ptr(&tree.root).addr(), hasher.finish());
            let Some(attentive) = &mut self.machine.attentive else { return };
            if attentive.seen.insert(key, Arc::clone(tree)).is_some() {
                return;
            }
        }
        if self.depth >= DEEPEST {
            drain_all(dot);
            return;
        }
        let outer = std::mem::replace(&mut self.variables, vec![(Str::from("$"), dot.clone())]);
        self.depth += 1;
        self.nodes(dot, &tree.root.nodes);
        self.depth -= 1;
        self.variables = outer;
    }

    /// Looks at a text that would be carried out: where it is not known, at each that it could be.
    fn tpl(&mut self, text: &Many, dot: Many, terms: &[Term]) {
        if terms.first().is_some_and(|term| has_text(term, &writes_paths)) {
            drain_all(&dot);
            return;
        }
        let texts = match strings(text) {
            Some(texts) => texts,
            None => {
                self.machine.attentive.as_ref().map(|attentive| attentive.texts.clone()).unwrap_or_default()
            }
        };
        for one in texts.iter().filter(|one| text::find(one.bytes(), b"{{").is_some()) {
            if let Ok(trees) = self.machine.cache.parse("gotpl", one)
                && let Some(tree) = trees.iter().rfind(|tree| tree.name.bytes() == b"gotpl")
            {
                self.tree(tree, &dot);
            }
        }
    }
}

/// Whether a text puts a path of values together, as `printf "{{ .Values.%s }}"` does.
fn writes_paths(text: &[u8]) -> bool {
    text::find(text, b"{{").is_some() && text::find(text, b"%").is_some()
}

/// Whether a text is the end of a file's path.
fn names_a_file(text: &[u8]) -> bool {
    [&b".yaml"[..], b".yml", b".tpl"].iter().any(|end| text.ends_with(end))
}

/// Whether there is such a text in an operand.
fn has_text(term: &Term, fits: &dyn Fn(&[u8]) -> bool) -> bool {
    match term {
        Term::String { literal, .. } => fits(literal.text.bytes()),
        Term::Pipe(pipe) => {
            pipe.commands.iter().flat_map(|command| &command.args).any(|term| has_text(term, fits))
        }
        Term::Chain { node, .. } => has_text(node, fits),
        _ => false,
    }
}
