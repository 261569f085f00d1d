//! Builds the trees of a template file from its tokens.

use super::lexer::Lexer;
use super::node::{Branch, List, Node, Tree};
use super::piece::Piece;
use super::token::{Item, Kind};
use crate::helm::render::go;
use crate::helm::render::hash::FastSet;
use crate::helm::render::text::Str;
use std::sync::Arc;

/// Why a template is none. The text is Go's, as `template: x.yaml:3: unexpected …`.
#[derive(Debug, Clone)]
pub(crate) struct ParseError {
    pub(crate) line: usize,
    pub(crate) cause: String,
}

impl ParseError {
    /// Go's whole message.
    pub(crate) fn message(&self, name: &str) -> String {
        format!("template: {name}:{}: {}", self.line, self.cause)
    }
}

/// How deep blocks and parentheses may nest. Go allows 10,000 parentheses and does not limit blocks.
const DEEPEST: usize = 1000;

/// What a text means, whatever its file is called.
#[derive(Debug)]
pub(crate) struct Parsed {
    text: Str,
    definitions: Vec<(Str, Arc<List>)>,
    root: Arc<List>,
    /// The line of the end, for errors.
    line: usize,
}

impl Parsed {
    /// The trees of a file with this text: those of its definitions, and that of the file itself.
    pub(crate) fn trees(&self, name: &str) -> Result<Vec<Arc<Tree>>, ParseError> {
        let mut all = self.definitions.clone();
        let own = Str::from(name);
        define(&mut all, own, Arc::clone(&self.root))
            .map_err(|cause| ParseError { line: self.line, cause })?;
        let parse_name: Arc<str> = Arc::from(name);
        let tree = |(name, root)| {
            Arc::new(Tree { name, parse_name: Arc::clone(&parse_name), text: self.text.clone(), root })
        };
        Ok(all.into_iter().map(tree).collect())
    }
}

/// Adds a definition, or says why it cannot be. What is empty does not replace another, and is replaced.
fn define(all: &mut Vec<(Str, Arc<List>)>, name: Str, root: Arc<List>) -> Result<(), String> {
    match all.iter_mut().find(|(other, _)| *other == name) {
        None => all.push((name, root)),
        Some((_, other)) if other.is_empty() => *other = root,
        Some(_) if root.is_empty() => {}
        Some(_) => {
            let name = go::quote(name.bytes());
            return Err(format!("template: multiple definition of template {name}"));
        }
    }
    Ok(())
}

/// Parses a file, whose name some errors show.
pub(crate) fn parse(name: &str, text: &Str) -> Result<Parsed, ParseError> {
    let mut parser = Parser {
        lexer: Lexer::new(text.bytes()),
        tokens: Vec::with_capacity(3),
        line: 1,
        parse_name: name,
        text: text.clone(),
        definitions: Vec::new(),
        names: FastSet::default(),
        variables: vec![Str::from("$")],
        range_depth: 0,
        action_line: 0,
        depth: 0,
    };
    let root = parser.file()?;
    let Parser { definitions, line, .. } = parser;
    Ok(Parsed { text: text.clone(), definitions, root: Arc::new(root), line })
}

/// How a list of nodes ended.
enum Ending {
    End,
    Else { pos: usize },
}

impl Ending {
    fn shown(&self) -> &'static str {
        match self {
            Self::End => "{{end}}",
            Self::Else { .. } => "{{else}}",
        }
    }
}

enum Found {
    Node(Node),
    Ending(Ending),
}

/// Where the parser stands in a file.
pub(super) struct Parser<'a> {
    lexer: Lexer<'a>,
    /// Tokens that were given back, the next one last.
    tokens: Vec<Item<'a>>,
    /// The line of the token read last, for errors.
    line: usize,
    parse_name: &'a str,
    text: Str,
    definitions: Vec<(Str, Arc<List>)>,
    /// Names that stand in the text again and again, so that each is there once.
    names: FastSet<Str>,
    /// The variables that are known here, `$` first.
    pub(super) variables: Vec<Str>,
    range_depth: usize,
    action_line: usize,
    depth: usize,
}

pub(super) type Result<T, E = ParseError> = std::result::Result<T, E>;

impl<'a> Parser<'a> {
    /// A name that may have stood here before.
    pub(super) fn name(&mut self, name: &[u8]) -> Str {
        if let Some(known) = self.names.get(name) {
            return known.clone();
        }
        let name = Str::new(name);
        self.names.insert(name.clone());
        name
    }

    /// The text of a token as it stands in the file.
    pub(super) fn piece(&self, item: &Item<'_>) -> Piece {
        Piece::new(&self.text, item.pos..item.pos + item.text.len())
    }

    #[inline]
    pub(super) fn next(&mut self) -> Item<'a> {
        if let Some(item) = self.tokens.pop() {
            item
        } else {
            let item = self.lexer.next_item();
            self.line = item.line;
            item
        }
    }

    pub(super) fn back(&mut self, item: Item<'a>) {
        self.tokens.push(item);
    }

    pub(super) fn peek(&mut self) -> &Item<'a> {
        if self.tokens.is_empty() {
            let item = self.lexer.next_item();
            self.line = item.line;
            self.tokens.push(item);
        }
        &self.tokens[self.tokens.len() - 1]
    }

    pub(super) fn next_non_space(&mut self) -> Item<'a> {
        loop {
            let item = self.next();
            if item.kind != Kind::Space {
                return item;
            }
        }
    }

    pub(super) fn peek_non_space(&mut self) -> &Item<'a> {
        while self.peek().kind == Kind::Space {
            self.next();
        }
        self.peek()
    }

    pub(super) fn error<T>(&self, cause: impl Into<String>) -> Result<T> {
        Err(ParseError { line: self.line, cause: cause.into() })
    }

    pub(super) fn unexpected<T>(&self, item: &Item<'_>, context: &str) -> Result<T> {
        if item.kind == Kind::Error {
            let mut extra = String::new();
            if self.action_line != 0 && self.action_line != item.line {
                extra = format!(" in action started at {}:{}", self.parse_name, self.action_line);
                if item.text.ends_with(b" action") {
                    extra = extra[" in action".len()..].to_owned();
                }
            }
            return self.error(format!("{}{extra}", item.shown()));
        }
        self.error(format!("unexpected {} in {context}", item.shown()))
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Result<Item<'a>> {
        let item = self.next_non_space();
        if item.kind == kind { Ok(item) } else { self.unexpected(&item, context) }
    }

    pub(super) fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= DEEPEST {
            return self.error("max expression depth exceeded");
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn add(&mut self, name: Str, root: List) -> Result<()> {
        define(&mut self.definitions, name, Arc::new(root)).or_else(|cause| self.error(cause))
    }

    fn file(&mut self) -> Result<List> {
        let pos = self.peek().pos;
        let mut nodes = Vec::new();
        while self.peek().kind != Kind::Eof {
            if self.peek().kind == Kind::LeftDelim {
                let delim = self.next();
                let item = self.next_non_space();
                if item.kind == Kind::Define {
                    self.definition()?;
                    continue;
                }
                self.back(item);
                self.back(delim);
            }
            match self.text_or_action()? {
                Found::Node(node) => nodes.push(node),
                Found::Ending(ending) => return self.error(format!("unexpected {}", ending.shown())),
            }
        }
        Ok(List { pos, nodes: nodes.into() })
    }

    /// What a definition and a block start with: no variable but `$`, outside of any `range`.
    fn fresh(&mut self, inner: impl FnOnce(&mut Self) -> Result<(List, Ending)>) -> Result<(List, Ending)> {
        let variables = std::mem::replace(&mut self.variables, vec![Str::from("$")]);
        let (range_depth, action_line) = (self.range_depth, self.action_line);
        (self.range_depth, self.action_line) = (0, 0);
        let result = inner(self);
        self.variables = variables;
        (self.range_depth, self.action_line) = (range_depth, action_line);
        result
    }

    fn definition(&mut self) -> Result<()> {
        const CONTEXT: &str = "define clause";
        let token = self.next_non_space();
        if !matches!(token.kind, Kind::String | Kind::RawString) {
            return self.unexpected(&token, CONTEXT);
        }
        let name = self.unquote(&token)?;
        self.expect(Kind::RightDelim, CONTEXT)?;
        let (root, ending) = self.fresh(Self::item_list)?;
        if !matches!(ending, Ending::End) {
            return self.error(format!("unexpected {} in {CONTEXT}", ending.shown()));
        }
        self.add(name, root)
    }

    pub(super) fn unquote(&mut self, item: &Item<'_>) -> Result<Str> {
        match go::unquote(&item.text) {
            Some(text) => Ok(self.name(&text)),
            None => self.error("invalid syntax"),
        }
    }

    fn item_list(&mut self) -> Result<(List, Ending)> {
        let pos = self.peek_non_space().pos;
        let mut nodes = Vec::new();
        while self.peek_non_space().kind != Kind::Eof {
            match self.text_or_action()? {
                Found::Node(node) => nodes.push(node),
                Found::Ending(ending) => return Ok((List { pos, nodes: nodes.into() }, ending)),
            }
        }
        self.error("unexpected EOF")
    }

    fn text_or_action(&mut self) -> Result<Found> {
        let item = self.next_non_space();
        match item.kind {
            Kind::Text => {
                let text = self.piece(&item);
                Ok(Found::Node(Node::Text { pos: item.pos, text }))
            }
            Kind::LeftDelim => {
                self.action_line = item.line;
                let action = self.deeper(Self::action);
                self.action_line = 0;
                action
            }
            _ => self.unexpected(&item, "input"),
        }
    }

    fn action(&mut self) -> Result<Found> {
        let item = self.next_non_space();
        let node = match item.kind {
            Kind::Block => self.block()?,
            Kind::Break | Kind::Continue => self.jump(&item)?,
            Kind::Else => {
                let next = self.peek_non_space();
                let pos = next.pos;
                if !matches!(next.kind, Kind::If | Kind::With) {
                    let delim = self.expect(Kind::RightDelim, "else")?;
                    return Ok(Found::Ending(Ending::Else { pos: delim.pos }));
                }
                return Ok(Found::Ending(Ending::Else { pos }));
            }
            Kind::End => {
                self.expect(Kind::RightDelim, "end")?;
                return Ok(Found::Ending(Ending::End));
            }
            Kind::If => Node::If(Box::new(self.control("if")?)),
            Kind::Range => Node::Range(Box::new(self.control("range")?)),
            Kind::With => Node::With(Box::new(self.control("with")?)),
            Kind::Template => self.template()?,
            _ => {
                let pos = item.pos;
                self.back(item);
                Node::Action { pos, pipe: self.pipeline("command", Kind::RightDelim)? }
            }
        };
        Ok(Found::Node(node))
    }

    fn jump(&mut self, item: &Item<'a>) -> Result<Node> {
        let shown = if item.kind == Kind::Break { "{{break}}" } else { "{{continue}}" };
        let next = self.next_non_space();
        if next.kind != Kind::RightDelim {
            return self.unexpected(&next, shown);
        }
        if self.range_depth == 0 {
            return self.error(format!("{shown} outside {{{{range}}}}"));
        }
        let pos = item.pos;
        Ok(if item.kind == Kind::Break { Node::Break { pos } } else { Node::Continue { pos } })
    }

    fn control(&mut self, context: &str) -> Result<Branch> {
        let variables = self.variables.len();
        let branch = self.control_inner(context);
        self.variables.truncate(variables);
        branch
    }

    fn control_inner(&mut self, context: &str) -> Result<Branch> {
        let pipe = self.pipeline(context, Kind::RightDelim)?;
        let is_range = usize::from(context == "range");
        self.range_depth += is_range;
        let body = self.item_list();
        self.range_depth -= is_range;
        let (list, ending) = body?;
        let mut otherwise = None;
        if let Ending::Else { pos } = ending {
            let next = self.peek().kind;
            if context == "if" && next == Kind::If {
                self.next();
                let inner = self.deeper(|parser| parser.control("if"))?;
                otherwise = Some(List { pos, nodes: [Node::If(Box::new(inner))].into() });
            } else if context == "with" && next == Kind::With {
                self.next();
                let inner = self.deeper(|parser| parser.control("with"))?;
                otherwise = Some(List { pos, nodes: [Node::With(Box::new(inner))].into() });
            } else {
                let (list, ending) = self.item_list()?;
                if !matches!(ending, Ending::End) {
                    return self.error(format!("expected end; found {}", ending.shown()));
                }
                otherwise = Some(list);
            }
        }
        Ok(Branch { pos: pipe.pos, pipe, list, otherwise })
    }

    fn template_name(&mut self, context: &str) -> Result<(usize, Str)> {
        let token = self.next_non_space();
        if !matches!(token.kind, Kind::String | Kind::RawString) {
            return self.unexpected(&token, context);
        }
        Ok((token.pos, self.unquote(&token)?))
    }

    fn block(&mut self) -> Result<Node> {
        const CONTEXT: &str = "block clause";
        let (pos, name) = self.template_name(CONTEXT)?;
        let pipe = self.pipeline(CONTEXT, Kind::RightDelim)?;
        let (root, ending) = self.fresh(Self::item_list)?;
        if !matches!(ending, Ending::End) {
            return self.error(format!("unexpected {} in {CONTEXT}", ending.shown()));
        }
        self.add(name.clone(), root)?;
        Ok(Node::Template { pos, name, pipe: Some(Box::new(pipe)) })
    }

    fn template(&mut self) -> Result<Node> {
        const CONTEXT: &str = "template clause";
        let (pos, name) = self.template_name(CONTEXT)?;
        let next = self.next_non_space();
        let pipe = if next.kind == Kind::RightDelim {
            None
        } else {
            self.back(next);
            Some(Box::new(self.pipeline(CONTEXT, Kind::RightDelim)?))
        };
        Ok(Node::Template { pos, name, pipe })
    }
}
