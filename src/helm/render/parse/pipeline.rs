//! Parses what stands between the delimiters: pipelines, commands and their terms.

use super::node::{Command, Literal, Pipe, Term};
use super::number::Number;
use super::parser::{Parser, Result};
use super::token::{Item, Kind};
use crate::helm::render::functions;
use crate::helm::render::go;
use crate::helm::render::text::Str;

impl<'a> Parser<'a> {
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Result<Pipe> {
        let pos = self.peek_non_space().pos;
        let mut pipe = Pipe { pos, is_assign: false, declared: Box::default(), commands: Box::default() };
        self.declarations(&mut pipe, context)?;
        // Most pipelines are of one command.
        let mut commands = Vec::with_capacity(1);
        loop {
            let item = self.next_non_space();
            match item.kind {
                kind if kind == end => {
                    pipe.commands = commands.into();
                    self.check_pipeline(&pipe, context)?;
                    return Ok(pipe);
                }
                Kind::Bool
                | Kind::CharConstant
                | Kind::Complex
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawString
                | Kind::String
                | Kind::Variable
                | Kind::LeftParen => {
                    self.back(item);
                    let command = self.command()?;
                    commands.push(command);
                }
                _ => return self.unexpected(&item, context),
            }
        }
    }

    fn declarations(&mut self, pipe: &mut Pipe, context: &str) -> Result<()> {
        let mut declared = Vec::new();
        while self.peek_non_space().kind == Kind::Variable {
            let variable = self.next();
            let space = (self.peek().kind == Kind::Space).then(|| self.next());
            let next = self.peek_non_space();
            let is_comma = next.kind == Kind::Char && &*next.text == b",";
            match next.kind {
                kind @ (Kind::Assign | Kind::Declare) => {
                    pipe.is_assign = kind == Kind::Assign;
                    self.next_non_space();
                    self.declare(&mut declared, &variable);
                    pipe.declared = declared.into();
                    return Ok(());
                }
                _ if is_comma => {
                    self.next_non_space();
                    self.declare(&mut declared, &variable);
                    if context == "range" && declared.len() < 2 {
                        match self.peek_non_space().kind {
                            Kind::Variable | Kind::RightDelim | Kind::RightParen => continue,
                            _ => return self.error("range can only initialize variables"),
                        }
                    }
                    return self.error(format!("too many declarations in {context}"));
                }
                _ => {
                    if let Some(space) = space {
                        self.back(space);
                    }
                    self.back(variable);
                    pipe.declared = declared.into();
                    return Ok(());
                }
            }
        }
        pipe.declared = declared.into();
        Ok(())
    }

    fn declare(&mut self, declared: &mut Vec<Str>, variable: &Item<'a>) {
        let name = self.name(&variable.text);
        self.variables.push(name.clone());
        declared.push(name);
    }

    fn check_pipeline(&self, pipe: &Pipe, context: &str) -> Result<()> {
        if pipe.commands.is_empty() {
            return self.error(format!("missing value for {context}"));
        }
        for (index, command) in pipe.commands.iter().enumerate().skip(1) {
            let constant = matches!(
                command.args[0],
                Term::Bool { .. }
                    | Term::Dot { .. }
                    | Term::Nil { .. }
                    | Term::Number { .. }
                    | Term::String { .. }
            );
            if constant {
                return self.error(format!("non executable command in pipeline stage {}", index + 1));
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Result<Command> {
        let pos = self.peek_non_space().pos;
        let mut args = Vec::with_capacity(1);
        loop {
            self.peek_non_space();
            if let Some(operand) = self.operand()? {
                args.push(operand);
            }
            let item = self.next();
            match item.kind {
                Kind::Space => continue,
                Kind::RightDelim | Kind::RightParen => self.back(item),
                Kind::Pipe => {}
                _ => return self.unexpected(&item, "operand"),
            }
            break;
        }
        if args.is_empty() {
            return self.error("empty command");
        }
        Ok(Command { pos, args: args.into() })
    }

    fn operand(&mut self) -> Result<Option<Term>> {
        let Some(node) = self.term()? else { return Ok(None) };
        if self.peek().kind != Kind::Field {
            return Ok(Some(node));
        }
        let pos = self.peek().pos;
        let mut fields = Vec::new();
        while self.peek().kind == Kind::Field {
            let item = self.next();
            fields.push(self.name(&item.text[1..]));
        }
        Ok(Some(match node {
            Term::Field { idents, .. } => {
                fields.splice(0..0, idents);
                Term::Field { pos, idents: fields.into() }
            }
            Term::Variable { idents, .. } => {
                fields.splice(0..0, idents);
                Term::Variable { pos, idents: fields.into() }
            }
            Term::Bool { .. }
            | Term::String { .. }
            | Term::Number { .. }
            | Term::Nil { .. }
            | Term::Dot { .. } => {
                let shown = go::quote(node.to_string().as_bytes());
                return self.error(format!("unexpected . after term {shown}"));
            }
            node => Term::Chain { pos, node: Box::new(node), fields: fields.into() },
        }))
    }

    fn term(&mut self) -> Result<Option<Term>> {
        let item = self.next_non_space();
        let pos = item.pos;
        Ok(Some(match item.kind {
            Kind::Identifier => match functions::find(&item.text) {
                Some(function) => Term::Identifier { pos, function },
                None => return self.error(format!("function {} not defined", go::quote(&item.text))),
            },
            Kind::Dot => Term::Dot { pos },
            Kind::Nil => Term::Nil { pos },
            Kind::Variable => {
                let name = self.name(&item.text);
                if !self.variables.contains(&name) {
                    return self.error(format!("undefined variable {}", go::quote(&item.text)));
                }
                Term::Variable { pos, idents: [name].into() }
            }
            Kind::Field => Term::Field { pos, idents: [self.name(&item.text[1..])].into() },
            Kind::Bool => Term::Bool { pos, truth: &*item.text == b"true" },
            Kind::CharConstant | Kind::Complex | Kind::Number => {
                let text = String::from_utf8_lossy(&item.text);
                match Number::new(&text, item.kind == Kind::CharConstant) {
                    Ok(number) => Term::Number { pos, number: Box::new(number) },
                    Err(cause) => return self.error(cause),
                }
            }
            Kind::LeftParen => {
                let pipe =
                    self.deeper(|parser| parser.pipeline("parenthesized pipeline", Kind::RightParen))?;
                Term::Pipe(Box::new(pipe))
            }
            Kind::String | Kind::RawString => {
                let text = self.unquote(&item)?;
                Term::String { pos, literal: Box::new(Literal { quoted: self.piece(&item), text }) }
            }
            _ => {
                self.back(item);
                return Ok(None);
            }
        }))
    }
}
