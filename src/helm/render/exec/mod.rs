//! Carries out templates: the walk over a tree, the values of expressions, the calls of functions.
//!
//! Follows Go's text/template in every order of evaluation, because errors show it.

mod attentive;
mod call;
mod expression;
mod failure;
mod field;
mod glance;
mod may;
mod set;
mod slot;
mod told;
mod walk;

pub(crate) use attentive::Attentive;
pub(crate) use failure::Failure;
pub(crate) use set::Set;
pub(crate) use slot::Slot;

use super::datum::Datum;
use super::engine::Cache;
use super::hash::FastMap;
use super::parse::{At, Tree};
use super::text::{self, Str};
use super::{Limits, Outside};
use std::rc::Rc;

pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

/// What is shared by all templates of one render.
#[derive(Debug)]
pub(crate) struct Machine<'r, 'o> {
    pub(crate) outside: &'r mut Outside<'o>,
    pub(crate) limits: Limits,
    cache: &'r Cache,
    set: Rc<Set>,
    /// How often each name is being included right now.
    included: FastMap<Str, usize>,
    depth: usize,
    steps: u64,
    written: usize,
    /// The name `$`, which every template starts with.
    dollar: Str,
    /// Buffers that templates have written to, for those to come: most texts are small, and there are many.
    spare: Vec<Vec<u8>>,
    /// What is kept of a render that is watched.
    pub(crate) attentive: Option<Box<Attentive>>,
    /// Regular expressions that were compiled already.
    pub(crate) regexes: FastMap<Str, std::result::Result<Rc<crate::helm::re2::Expression>, String>>,
}

/// The state of one template that is carried out.
struct State<'t> {
    tree: &'t Tree,
    at: At<'t>,
    variables: Vec<(Str, Slot)>,
    out: Vec<u8>,
}

impl<'r, 'o> Machine<'r, 'o> {
    pub(crate) fn new(outside: &'r mut Outside<'o>, limits: Limits, cache: &'r Cache, set: Rc<Set>) -> Self {
        Self {
            outside,
            limits,
            cache,
            set,
            included: FastMap::default(),
            depth: 0,
            steps: 0,
            written: 0,
            dollar: Str::from("$"),
            spare: Vec::new(),
            attentive: None,
            regexes: FastMap::default(),
        }
    }

    /// Go's `ExecuteTemplate`.
    pub(crate) fn execute(&mut self, name: &[u8], data: Datum, associated: &str) -> Result<Vec<u8>> {
        let Some(tree) = self.set.get(name).cloned() else {
            return Err(Failure::text(format!(
                "template: no template {} associated with template {}",
                super::go::quote(name),
                super::go::quote(associated.as_bytes())
            )));
        };
        self.run(&tree, Slot::of(data))
    }

    fn run(&mut self, tree: &Tree, dot: Slot) -> Result<Vec<u8>> {
        if self.depth >= self.limits.depth {
            let depth = self.limits.depth;
            return Err(Failure::limit(format!("templates nested more than {depth} deep")));
        }
        self.depth += 1;
        self.reaches(tree);
        let mut state = State {
            tree,
            at: At::List(&tree.root),
            variables: vec![(self.dollar.clone(), dot.clone())],
            out: self.spare.pop().unwrap_or_default(),
        };
        let result = self.walk_list(&mut state, &dot, &tree.root);
        self.depth -= 1;
        result.map(|_| state.out)
    }

    /// Helm's `include`.
    pub(crate) fn include(&mut self, name: &Str, data: Datum) -> Result<Datum> {
        let count = self.included.entry(name.clone()).or_insert(0);
        if *count > self.limits.includes {
            return Err(Failure::text(format!(
                "rendering template has a nested reference name: {name}: unable to execute template"
            )));
        }
        *count += 1;
        let result = self.execute(name.bytes(), data, "gotpl");
        if let Some(count) = self.included.get_mut(name) {
            *count -= 1;
        }
        result.map(|text| {
            let datum = Datum::str(&text);
            self.spares(text);
            datum
        })
    }

    /// Keeps a buffer for another template.
    pub(crate) fn spares(&mut self, mut buffer: Vec<u8>) {
        const LARGEST: usize = 1 << 16;
        const MOST: usize = 64;
        if buffer.capacity() <= LARGEST && self.spare.len() < MOST {
            buffer.clear();
            self.spare.push(buffer);
        }
    }

    /// Helm's `tpl`.
    pub(crate) fn tpl(&mut self, template: &Str, data: Datum) -> Result<Datum> {
        if let Some(done) = self.without_actions(template) {
            return Ok(done);
        }
        let quoted = || super::go::quote(template.bytes());
        let trees = self.cache.parse("gotpl", template).map_err(|error| {
            Failure::text(format!("cannot parse template {}: {}", quoted(), error.message("gotpl")))
        })?;
        let mut set = Set::within(self.set.clone());
        set.add(&trees);
        let outer = std::mem::replace(&mut self.set, Rc::new(set));
        // The tree of the text itself is the last one.
        let result = match trees.iter().rfind(|tree| tree.name.bytes() == b"gotpl") {
            Some(tree) => self.run(tree, Slot::of(data)),
            None => Ok(Vec::new()),
        };
        self.set = outer;
        match result {
            Ok(text) => Ok(Datum::Str(Str::from(text::replace(&text, b"<no value>", b"")))),
            Err(failure) => {
                Err(failure.wrap(format!("error during tpl function execution for {}: ", quoted())))
            }
        }
    }

    /// What a text is that holds no action: itself. Values that may be templates mostly are none.
    fn without_actions(&mut self, text: &Str) -> Option<Datum> {
        let within_limits = self.depth < self.limits.depth
            && self.steps < self.limits.steps
            && self.written + text.len() <= self.limits.bytes;
        let is_plain = within_limits
            && self.attentive.is_none()
            && text::find(text.bytes(), b"{{").is_none()
            && text::find(text.bytes(), b"<no value>").is_none();
        if is_plain {
            self.steps += 1;
            self.written += text.len();
        }
        is_plain.then(|| Datum::Str(text.clone()))
    }

    /// Counts one step of work.
    fn step(&mut self, state: &State<'_>) -> Result<()> {
        self.steps += 1;
        if self.steps > self.limits.steps {
            let steps = self.limits.steps;
            return Err(self.fail_with(
                state,
                "",
                Failure::limit(format!("rendering took more than {steps} steps")),
            ));
        }
        Ok(())
    }

    /// Counts bytes of output.
    fn write(&mut self, state: &mut State<'_>, bytes: &[u8]) -> Result<()> {
        self.written += bytes.len();
        if self.written > self.limits.bytes {
            let most = self.limits.bytes;
            return Err(self.fail_with(
                state,
                "",
                Failure::limit(format!("rendering wrote more than {most} bytes")),
            ));
        }
        state.out.extend_from_slice(bytes);
        Ok(())
    }

    /// Go's `errorf` at the current node.
    fn fail(&self, state: &State<'_>, cause: &str) -> Failure {
        Failure::at(place(state), cause, None)
    }

    fn fail_with(&self, state: &State<'_>, cause: &str, inner: Failure) -> Failure {
        Failure::at(place(state), cause, Some(inner))
    }
}

fn place(state: &State<'_>) -> failure::Where {
    let (line, column) = state.tree.place(state.at.pos());
    failure::Where {
        template: state.tree.name.to_string(),
        file: state.tree.parse_name.to_string(),
        line,
        column,
        expression: state.at.to_string(),
    }
}
