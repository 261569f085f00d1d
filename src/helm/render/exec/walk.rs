//! The statements of the language: text, actions, branches, loops and calls of templates.

use super::may::one;
use super::{Machine, Result, Slot, State};
use crate::helm::render::datum::{Datum, Object};
use crate::helm::render::go;
use crate::helm::render::parse::{At, Branch, List, Node, Pipe};
use crate::helm::render::text::Str;

/// How a piece of a template ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    Break,
    Continue,
}

impl Machine<'_, '_> {
    pub(super) fn walk_list<'t>(
        &mut self,
        state: &mut State<'t>,
        dot: &Slot,
        list: &'t List,
    ) -> Result<Flow> {
        state.at = At::List(list);
        for (index, node) in list.nodes.iter().enumerate() {
            let flow = self.walk(state, dot, node)?;
            if flow != Flow::Next {
                self.glance(state, one(dot.as_datum()), &list.nodes[index + 1..]);
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn walk<'t>(&mut self, state: &mut State<'t>, dot: &Slot, node: &'t Node) -> Result<Flow> {
        state.at = At::Node(node);
        self.step(state)?;
        match node {
            Node::Text { text, .. } => self.write(state, text.bytes())?,
            Node::Action { pipe, .. } => {
                let value = self.pipeline(state, dot, pipe)?;
                if pipe.declared.is_empty() {
                    state.at = At::Node(node);
                    self.print(state, &value)?;
                }
            }
            Node::If(branch) => return self.walk_if(state, dot, branch, false),
            Node::With(branch) => return self.walk_if(state, dot, branch, true),
            Node::Range(branch) => return self.walk_range(state, dot, branch),
            Node::Template { name, pipe, .. } => self.walk_template(state, dot, name, pipe.as_deref())?,
            Node::Break { .. } => return Ok(Flow::Break),
            Node::Continue { .. } => return Ok(Flow::Continue),
        }
        Ok(Flow::Next)
    }

    fn walk_if<'t>(
        &mut self,
        state: &mut State<'t>,
        dot: &Slot,
        branch: &'t Branch,
        is_with: bool,
    ) -> Result<Flow> {
        let mark = state.variables.len();
        let value = self.pipeline(state, dot, &branch.pipe)?;
        let flow = if value.as_datum().is_true() {
            if let Some(otherwise) = &branch.otherwise {
                self.glance(state, one(dot.as_datum()), &otherwise.nodes);
            }
            self.walk_list(state, if is_with { &value } else { dot }, &branch.list)
        } else {
            let inner = if is_with { &value } else { dot };
            self.glance(state, one(inner.as_datum()), &branch.list.nodes);
            match &branch.otherwise {
                Some(otherwise) => self.walk_list(state, dot, otherwise),
                None => Ok(Flow::Next),
            }
        };
        state.variables.truncate(mark);
        flow
    }

    fn walk_range<'t>(&mut self, state: &mut State<'t>, dot: &Slot, branch: &'t Branch) -> Result<Flow> {
        let mark = state.variables.len();
        let value = self.pipeline(state, dot, &branch.pipe)?;
        let flow = self.iterate(state, branch, value);
        let flow = match flow {
            Ok(Some(flow)) => {
                if let Some(otherwise) = &branch.otherwise {
                    self.glance(state, one(dot.as_datum()), &otherwise.nodes);
                }
                Ok(flow)
            }
            Ok(None) => {
                self.glance(state, Vec::new(), &branch.list.nodes);
                match &branch.otherwise {
                    Some(otherwise) => self.walk_list(state, dot, otherwise),
                    None => Ok(Flow::Next),
                }
            }
            Err(failure) => Err(failure),
        };
        state.variables.truncate(mark);
        flow
    }

    /// All iterations; `None` if there were none.
    fn iterate<'t>(
        &mut self,
        state: &mut State<'t>,
        branch: &'t Branch,
        value: Slot,
    ) -> Result<Option<Flow>> {
        let mut ran = false;
        self.told_value(value.as_datum());
        match value.datum() {
            Datum::Nil => {}
            datum @ (Datum::Int(_)
            | Datum::Int64(_)
            | Datum::Uint8(_)
            | Datum::Uint64(_)
            | Datum::Duration(_)
            | Datum::Named(..)) => {
                if branch.pipe.declared.len() > 1 {
                    let shown = String::from_utf8_lossy(&go::sprint(&[datum])).into_owned();
                    let cause = format!("can't use {shown} to iterate over more than one variable");
                    return Err(self.fail(state, &cause));
                }
                let count =
                    datum.as_int().or_else(|| datum.as_uint().and_then(|count| i64::try_from(count).ok()));
                for index in 0..count.unwrap_or(0) {
                    ran = true;
                    let element = match datum {
                        Datum::Int(_) => Datum::Int(index),
                        Datum::Duration(_) => Datum::Duration(index),
                        Datum::Named(names, _) => Datum::Named(names, index),
                        Datum::Uint8(_) => Datum::Uint8(u8::try_from(index).unwrap_or(0)),
                        Datum::Uint64(_) => Datum::Uint64(index.unsigned_abs()),
                        _ => Datum::Int64(index),
                    };
                    if self.iteration(state, branch, Slot::Invalid, Slot::Own(element))? == Flow::Break {
                        break;
                    }
                }
            }
            Datum::List(list) => {
                let any = list.kind().holds_any();
                let count = list.len();
                for index in 0..count {
                    ran = true;
                    let Some(element) = list.items().get(index).cloned() else { break };
                    let element = if any { Slot::Any(element) } else { Slot::Own(element) };
                    let number = i64::try_from(index).unwrap_or(i64::MAX);
                    if self.iteration(state, branch, Slot::Own(Datum::Int(number)), element)? == Flow::Break {
                        self.glance_rest(state, branch, &Datum::List(list.clone()));
                        break;
                    }
                }
            }
            Datum::Bytes(bytes) => {
                for (index, byte) in bytes.bytes().iter().enumerate() {
                    ran = true;
                    let number = Slot::Own(Datum::Int(i64::try_from(index).unwrap_or(i64::MAX)));
                    if self.iteration(state, branch, number, Slot::Own(Datum::Uint8(*byte)))? == Flow::Break {
                        break;
                    }
                }
            }
            Datum::Map(map) => {
                let any = map.kind().holds_any();
                // A copy, because the body may change the map.
                let pairs: Vec<(Str, Datum)> =
                    map.pairs().iter().map(|(key, value)| (key.clone(), value.clone())).collect();
                for (key, element) in pairs {
                    ran = true;
                    let element = if any { Slot::Any(element) } else { Slot::Own(element) };
                    if self.iteration(state, branch, Slot::Own(Datum::Str(key)), element)? == Flow::Break {
                        self.glance_rest(state, branch, &Datum::Map(map.clone()));
                        break;
                    }
                }
            }
            other => {
                let shown = String::from_utf8_lossy(&go::sprint(&[other])).into_owned();
                return Err(self.fail(state, &format!("range can't iterate over {shown}")));
            }
        }
        Ok(ran.then_some(Flow::Next))
    }

    fn iteration<'t>(
        &mut self,
        state: &mut State<'t>,
        branch: &'t Branch,
        index: Slot,
        element: Slot,
    ) -> Result<Flow> {
        self.step(state)?;
        let declared = &branch.pipe.declared;
        let mark = state.variables.len();
        match &**declared {
            [] => {}
            [one] if branch.pipe.is_assign => self.set_variable(state, one, element.clone())?,
            [first, second] if branch.pipe.is_assign => {
                self.set_variable(state, first, index)?;
                self.set_variable(state, second, element.clone())?;
            }
            [_] => state.variables[mark - 1].1 = element.clone(),
            _ => {
                state.variables[mark - 1].1 = element.clone();
                state.variables[mark - 2].1 = index;
            }
        }
        let flow = self.walk_list(state, &element, &branch.list);
        state.variables.truncate(mark);
        flow
    }

    fn walk_template<'t>(
        &mut self,
        state: &mut State<'t>,
        dot: &Slot,
        name: &Str,
        pipe: Option<&'t Pipe>,
    ) -> Result<()> {
        let Some(tree) = self.set.get(name.bytes()).cloned() else {
            return Err(self.fail(state, &format!("template {} not defined", go::quote(name.bytes()))));
        };
        if self.depth >= self.limits.depth {
            let cause = format!("exceeded maximum template depth ({})", self.limits.depth);
            return Err(self.fail(state, &cause));
        }
        let dot = match pipe {
            Some(pipe) => self.pipeline(state, dot, pipe)?,
            None => Slot::Invalid,
        };
        let text = self.run(&tree, dot)?;
        // The bytes were counted when they were written there.
        state.out.extend_from_slice(&text);
        self.spares(text);
        Ok(())
    }

    /// Looks at the iterations behind a `break`: everything in them counts as read.
    fn glance_rest(&mut self, state: &State<'_>, branch: &Branch, over: &Datum) {
        if self.is_watched() {
            super::may::drain(over);
            self.glance(state, Vec::new(), &branch.list.nodes);
        }
    }

    fn print(&mut self, state: &mut State<'_>, value: &Slot) -> Result<()> {
        self.told_value(value.as_datum());
        match value {
            Slot::Invalid | Slot::Any(Datum::Nil) => {
                self.notes(state, b"<no value>");
                self.write(state, b"<no value>")
            }
            Slot::Own(Datum::Str(text)) | Slot::Any(Datum::Str(text)) => {
                self.notes(state, text.bytes());
                self.write(state, text.bytes())
            }
            Slot::Own(Datum::Object(object)) => {
                // The addressable struct has its String method here.
                let text = match &**object {
                    Object::KubeVersion { version, normalized, .. } => {
                        if normalized.is_empty() {
                            version.bytes().to_vec()
                        } else {
                            normalized.bytes().to_vec()
                        }
                    }
                    _ => go::sprint(&[value.as_datum().clone()]),
                };
                self.write(state, &text)
            }
            value => {
                let text = go::sprint(std::slice::from_ref(value.as_datum()));
                self.write(state, &text)
            }
        }
    }
}
