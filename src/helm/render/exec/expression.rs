//! The values of pipelines, commands and operands.

use super::{Machine, Result, Slot, State};
use crate::helm::render::datum::Datum;
use crate::helm::render::parse::{At, Command, Number, Pipe, Term};
use crate::helm::render::text::Str;

impl Machine<'_, '_> {
    pub(super) fn pipeline<'t>(&mut self, state: &mut State<'t>, dot: &Slot, pipe: &'t Pipe) -> Result<Slot> {
        state.at = At::Pipe(pipe);
        let mut value = None;
        for command in &pipe.commands {
            value = Some(self.command(state, dot, command, value)?.bare());
        }
        let value = value.unwrap_or(Slot::Invalid);
        for name in &pipe.declared {
            if pipe.is_assign {
                self.set_variable(state, name, value.clone())?;
            } else {
                state.variables.push((name.clone(), value.clone()));
            }
        }
        Ok(value)
    }

    pub(super) fn set_variable(&self, state: &mut State<'_>, name: &Str, value: Slot) -> Result<()> {
        match state.variables.iter_mut().rev().find(|(other, _)| other == name) {
            Some((_, slot)) => *slot = value,
            None => return Err(self.fail(state, &format!("undefined variable: {name}"))),
        }
        Ok(())
    }

    fn variable(&self, state: &State<'_>, name: &Str) -> Result<Slot> {
        let found = state.variables.iter().rev().find(|(other, _)| other == name);
        found
            .map(|(_, value)| value.clone())
            .ok_or_else(|| self.fail(state, &format!("undefined variable: {name}")))
    }

    fn command<'t>(
        &mut self,
        state: &mut State<'t>,
        dot: &Slot,
        command: &'t Command,
        last: Option<Slot>,
    ) -> Result<Slot> {
        let first = &command.args[0];
        let args = &command.args[1..];
        match first {
            Term::Field { idents, .. } => {
                state.at = At::Term(first);
                self.fields(state, dot, dot.clone(), At::Term(first), idents, args, last)
            }
            Term::Chain { .. } => self.chain(state, dot, first, args, last),
            Term::Identifier { function, .. } => {
                state.at = At::Term(first);
                self.call_function(state, dot, function, At::Command(command), args, last)
            }
            Term::Pipe(pipe) => {
                self.no_function(state, command, last.as_ref())?;
                self.pipeline(state, dot, pipe)
            }
            Term::Variable { idents, .. } => {
                state.at = At::Term(first);
                let value = self.variable(state, &idents[0])?;
                if idents.len() == 1 {
                    self.no_function(state, command, last.as_ref())?;
                    return Ok(value);
                }
                self.fields(state, dot, value, At::Term(first), &idents[1..], args, last)
            }
            constant => {
                state.at = At::Term(constant);
                self.no_function(state, command, last.as_ref())?;
                match constant {
                    Term::Bool { truth, .. } => Ok(Slot::Own(Datum::Bool(*truth))),
                    Term::Dot { .. } => Ok(dot.clone()),
                    Term::Number { number, .. } => self.number(state, constant, number),
                    Term::String { literal, .. } => Ok(Slot::Own(Datum::Str(literal.text.clone()))),
                    _ => Err(self.fail(state, "nil is not a command")),
                }
            }
        }
    }

    fn no_function(&self, state: &State<'_>, command: &Command, last: Option<&Slot>) -> Result<()> {
        if command.args.len() > 1 || last.is_some() {
            let cause = format!("can't give argument to non-function {}", command.args[0]);
            return Err(self.fail(state, &cause));
        }
        Ok(())
    }

    pub(super) fn number<'t>(&self, state: &mut State<'t>, term: &'t Term, number: &Number) -> Result<Slot> {
        state.at = At::Term(term);
        if let (true, Some(float)) = (number.looks_like_float(), number.float) {
            return Ok(Slot::Own(Datum::Float(float)));
        }
        match number.int {
            Some(int) => Ok(Slot::Own(Datum::Int(int))),
            None if number.uint.is_some() => Err(self.fail(state, &format!("{} overflows int", number.text))),
            None => Ok(Slot::Invalid),
        }
    }

    fn chain<'t>(
        &mut self,
        state: &mut State<'t>,
        dot: &Slot,
        term: &'t Term,
        args: &'t [Term],
        last: Option<Slot>,
    ) -> Result<Slot> {
        let Term::Chain { node, fields, .. } = term else { return Ok(Slot::Invalid) };
        state.at = At::Term(term);
        if matches!(**node, Term::Nil { .. }) {
            return Err(self.fail(state, &format!("indirection through explicit nil in {term}")));
        }
        let value = self.operand(state, dot, node)?;
        self.fields(state, dot, value, At::Term(term), fields, args, last)
    }

    /// An operand without arguments, its interface kept.
    pub(super) fn operand<'t>(&mut self, state: &mut State<'t>, dot: &Slot, term: &'t Term) -> Result<Slot> {
        state.at = At::Term(term);
        match term {
            Term::Dot { .. } => Ok(dot.clone()),
            Term::Nil { .. } => Ok(Slot::Invalid),
            Term::Bool { truth, .. } => Ok(Slot::Own(Datum::Bool(*truth))),
            Term::String { literal, .. } => Ok(Slot::Own(Datum::Str(literal.text.clone()))),
            Term::Number { number, .. } => self.number(state, term, number),
            Term::Field { idents, .. } => {
                self.fields(state, dot, dot.clone(), At::Term(term), idents, &[], None)
            }
            Term::Variable { idents, .. } => {
                let value = self.variable(state, &idents[0])?;
                if idents.len() == 1 {
                    return Ok(value);
                }
                self.fields(state, dot, value, At::Term(term), &idents[1..], &[], None)
            }
            Term::Pipe(pipe) => self.pipeline(state, dot, pipe),
            Term::Identifier { function, .. } => {
                self.call_function(state, dot, function, At::Term(term), &[], None)
            }
            Term::Chain { .. } => self.chain(state, dot, term, &[], None),
        }
    }
}
