//! The tree of a template, with positions, and its text form for errors.

use super::number::Number;
use super::piece::Piece;
use crate::helm::render::functions::Function;
use crate::helm::render::text::Str;
use std::fmt::{self, Write as _};
use std::sync::Arc;

/// One named template.
#[derive(Debug)]
pub(crate) struct Tree {
    /// Its name, by which it is called.
    pub(crate) name: Str,
    /// The file (or `tpl`) that it stands in, for errors.
    pub(crate) parse_name: Arc<str>,
    /// The whole text of that file.
    pub(crate) text: Str,
    /// Shared with the trees of other files of the same text, as charts have that bring the same library.
    pub(crate) root: Arc<List>,
}

impl Tree {
    /// `file:line:column` of a position, line from 1 and column from 0, as Go counts.
    pub(crate) fn place(&self, pos: usize) -> (usize, usize) {
        let before = &self.text.bytes()[..pos];
        let column = memchr::memrchr(b'\n', before).map_or(pos, |newline| pos - newline - 1);
        (1 + memchr::memchr_iter(b'\n', before).count(), column)
    }
}

/// Nodes one after the other.
#[derive(Debug, Default)]
pub(crate) struct List {
    pub(crate) pos: usize,
    pub(crate) nodes: Box<[Node]>,
}

impl List {
    /// Whether there is nothing but white space and definitions, which Go does not let replace another.
    pub(crate) fn is_empty(&self) -> bool {
        self.nodes.iter().all(|node| match node {
            Node::Text { text, .. } => {
                super::super::text::trim(text.bytes(), super::super::text::is_space).is_empty()
            }
            _ => false,
        })
    }
}

/// Text or an action.
#[derive(Debug)]
pub(crate) enum Node {
    Text { pos: usize, text: Piece },
    Action { pos: usize, pipe: Pipe },
    If(Box<Branch>),
    Range(Box<Branch>),
    With(Box<Branch>),
    Template { pos: usize, name: Str, pipe: Option<Box<Pipe>> },
    Break { pos: usize },
    Continue { pos: usize },
}

/// `if`, `range` or `with`.
#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) pos: usize,
    pub(crate) pipe: Pipe,
    pub(crate) list: List,
    pub(crate) otherwise: Option<List>,
}

/// `$a := x | y z`.
#[derive(Debug)]
pub(crate) struct Pipe {
    pub(crate) pos: usize,
    pub(crate) is_assign: bool,
    pub(crate) declared: Box<[Str]>,
    pub(crate) commands: Box<[Command]>,
}

/// One stage of a pipeline; never without arguments.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) pos: usize,
    pub(crate) args: Box<[Term]>,
}

/// One operand.
#[derive(Debug)]
pub(crate) enum Term {
    Bool { pos: usize, truth: bool },
    Chain { pos: usize, node: Box<Term>, fields: Box<[Str]> },
    Dot { pos: usize },
    Field { pos: usize, idents: Box<[Str]> },
    Identifier { pos: usize, function: &'static Function },
    Nil { pos: usize },
    Number { pos: usize, number: Box<Number> },
    Pipe(Box<Pipe>),
    String { pos: usize, literal: Box<Literal> },
    Variable { pos: usize, idents: Box<[Str]> },
}

/// A text between quotes.
#[derive(Debug)]
pub(crate) struct Literal {
    /// As it stands in the file.
    pub(crate) quoted: Piece,
    /// What it means.
    pub(crate) text: Str,
}

impl Node {
    pub(crate) fn pos(&self) -> usize {
        match self {
            Self::Text { pos, .. }
            | Self::Action { pos, .. }
            | Self::Template { pos, .. }
            | Self::Break { pos }
            | Self::Continue { pos } => *pos,
            Self::If(branch) | Self::Range(branch) | Self::With(branch) => branch.pos,
        }
    }
}

impl Term {
    pub(crate) fn pos(&self) -> usize {
        match self {
            Self::Bool { pos, .. }
            | Self::Chain { pos, .. }
            | Self::Dot { pos }
            | Self::Field { pos, .. }
            | Self::Identifier { pos, .. }
            | Self::Nil { pos }
            | Self::Number { pos, .. }
            | Self::String { pos, .. }
            | Self::Variable { pos, .. } => *pos,
            Self::Pipe(pipe) => pipe.pos,
        }
    }
}

/// The node that is being carried out, for errors.
#[derive(Debug, Clone, Copy)]
pub(crate) enum At<'t> {
    List(&'t List),
    Node(&'t Node),
    Pipe(&'t Pipe),
    Command(&'t Command),
    Term(&'t Term),
}

impl At<'_> {
    pub(crate) fn pos(self) -> usize {
        match self {
            Self::List(list) => list.pos,
            Self::Node(node) => node.pos(),
            Self::Pipe(pipe) => pipe.pos,
            Self::Command(command) => command.pos,
            Self::Term(term) => term.pos(),
        }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(list) => list.fmt(f),
            Self::Node(node) => node.fmt(f),
            Self::Pipe(pipe) => pipe.fmt(f),
            Self::Command(command) => command.fmt(f),
            Self::Term(term) => term.fmt(f),
        }
    }
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.nodes.iter().try_for_each(|node| node.fmt(f))
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { text, .. } => text.fmt(f),
            Self::Action { pipe, .. } => write!(f, "{{{{{pipe}}}}}"),
            Self::If(branch) => branch.write(f, "if"),
            Self::Range(branch) => branch.write(f, "range"),
            Self::With(branch) => branch.write(f, "with"),
            Self::Template { name, pipe, .. } => {
                write!(f, "{{{{template {}", crate::helm::render::go::quote(name.bytes()))?;
                if let Some(pipe) = pipe {
                    write!(f, " {pipe}")?;
                }
                f.write_str("}}")
            }
            Self::Break { .. } => f.write_str("{{break}}"),
            Self::Continue { .. } => f.write_str("{{continue}}"),
        }
    }
}

impl Branch {
    fn write(&self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
        write!(f, "{{{{{name} {}}}}}{}", self.pipe, self.list)?;
        if let Some(otherwise) = &self.otherwise {
            write!(f, "{{{{else}}}}{otherwise}")?;
        }
        f.write_str("{{end}}")
    }
}

impl fmt::Display for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, variable) in self.declared.iter().enumerate() {
            write!(f, "{}{variable}", if index > 0 { ", " } else { "" })?;
        }
        if !self.declared.is_empty() {
            f.write_str(if self.is_assign { " = " } else { " := " })?;
        }
        for (index, command) in self.commands.iter().enumerate() {
            write!(f, "{}{command}", if index > 0 { " | " } else { "" })?;
        }
        Ok(())
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, arg) in self.args.iter().enumerate() {
            if index > 0 {
                f.write_char(' ')?;
            }
            match arg {
                Term::Pipe(pipe) => write!(f, "({pipe})")?,
                arg => arg.fmt(f)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool { truth, .. } => truth.fmt(f),
            Self::Chain { node, fields, .. } => {
                match &**node {
                    Self::Pipe(pipe) => write!(f, "({pipe})")?,
                    node => node.fmt(f)?,
                }
                fields.iter().try_for_each(|field| write!(f, ".{field}"))
            }
            Self::Dot { .. } => f.write_char('.'),
            Self::Field { idents, .. } => idents.iter().try_for_each(|ident| write!(f, ".{ident}")),
            Self::Identifier { function, .. } => f.write_str(function.name),
            Self::Nil { .. } => f.write_str("nil"),
            Self::Number { number, .. } => f.write_str(&number.text),
            Self::Pipe(pipe) => pipe.fmt(f),
            Self::String { literal, .. } => literal.quoted.fmt(f),
            Self::Variable { idents, .. } => {
                for (index, ident) in idents.iter().enumerate() {
                    write!(f, "{}{ident}", if index > 0 { "." } else { "" })?;
                }
                Ok(())
            }
        }
    }
}
