//! From tokens to nodes: libyaml's parser, with anchors, aliases and the limits of both.

use std::collections::HashMap;

use super::construct::{LONG_TAG, Late, Node, NodeKind, Numbers, checked_key, put, scalar, settled};
use super::encoding::decode;
use super::scan::{DEEPEST, Fault, Scanner};
use super::token::Kind;
use crate::helm::value::{Map, Value};

type Result<T, E = Fault> = std::result::Result<T, E>;

/// Reads the first document.
pub(super) fn read(text: &[u8], numbers: Numbers) -> Result<Value> {
    let text = decode(text)?;
    let mut composer = Composer {
        scanner: Scanner::new(&text),
        numbers,
        tags: Vec::new(),
        anchors: HashMap::new(),
        decoded: 0,
        aliased: 0,
        depth: 0,
        decoding: None,
        converting: None,
    };
    composer.document()
}

/// What an anchor stands for.
struct Anchored {
    value: Value,
    size: usize,
    is_mapping: bool,
}

struct Composer<'a> {
    scanner: Scanner<'a>,
    numbers: Numbers,
    tags: Vec<(String, String)>,
    /// None while the value is still being read.
    anchors: HashMap<String, Option<Anchored>>,
    decoded: usize,
    aliased: usize,
    depth: usize,
    /// The first fault of each of the rounds that come after the parser's.
    decoding: Option<Fault>,
    converting: Option<Fault>,
}

/// Whose entries are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Block,
    BlockOrIndentless,
    Flow,
}

impl Composer<'_> {
    fn kind(&mut self) -> Result<&Kind> {
        Ok(&self.scanner.peek()?.kind)
    }

    fn line(&mut self) -> Result<usize> {
        Ok(self.scanner.peek()?.line)
    }

    fn skip(&mut self) {
        self.scanner.take();
    }

    fn fault(&mut self, message: &str, context: usize) -> Fault {
        match self.line() {
            Ok(0) => Fault::at_line(context, message),
            Ok(line) => Fault::at_line(line, message),
            Err(fault) => fault,
        }
    }

    fn document(&mut self) -> Result<Value> {
        let explicit = match self.kind()? {
            Kind::StreamEnd => return Ok(Value::Null),
            Kind::Version { .. } | Kind::TagDirective { .. } | Kind::DocumentStart => true,
            _ => false,
        };
        self.directives()?;
        if explicit {
            if *self.kind()? != Kind::DocumentStart {
                return Err(self.fault("did not find expected <document start>", 0));
            }
            self.skip();
            let empty = matches!(
                self.kind()?,
                Kind::Version { .. }
                    | Kind::TagDirective { .. }
                    | Kind::DocumentStart
                    | Kind::DocumentEnd
                    | Kind::StreamEnd
            );
            if empty {
                return Ok(Value::Null);
            }
        }
        let node = self.node(Style::Block)?;
        // The token behind the document must be one.
        self.kind()?;
        let value = self.settle(node);
        self.decoding.take().or_else(|| self.converting.take()).map_or(Ok(value), Err)
    }

    /// Keeps the fault of a later round until the parser has had its say.
    fn late<T>(&mut self, done: Result<T, Late>) -> Option<T> {
        match done {
            Ok(done) => return Some(done),
            Err(Late::Decoding(fault)) => _ = self.decoding.get_or_insert(fault),
            Err(Late::Converting(fault)) => _ = self.converting.get_or_insert(fault),
        }
        None
    }

    fn settle(&mut self, node: Node) -> Value {
        let settled = settled(node.value, self.numbers);
        self.late(settled).unwrap_or(Value::Null)
    }

    fn scalar(&mut self, text: String, tag: &str, is_implicit: bool) -> Node {
        let scalar = scalar(text, tag, is_implicit);
        self.late(scalar).unwrap_or(Node { value: Value::Null, kind: NodeKind::Scalar })
    }

    fn put(&mut self, map: &mut Map, key: Node, value: Node) {
        // What is wrong already has its word.
        if self.decoding.is_none() {
            let done = put(map, key, value, self.numbers);
            self.late(done);
        }
    }

    fn directives(&mut self) -> Result<()> {
        let mut version = false;
        loop {
            match self.kind()?.clone() {
                Kind::Version { major, minor } => {
                    if version {
                        return Err(self.fault("found duplicate %YAML directive", 0));
                    }
                    if (major, minor) != (1, 1) {
                        return Err(self.fault("found incompatible YAML document", 0));
                    }
                    version = true;
                }
                Kind::TagDirective { handle, prefix } => {
                    if self.tags.iter().any(|(other, _)| *other == handle) {
                        return Err(self.fault("found duplicate %TAG directive", 0));
                    }
                    self.tags.push((handle, prefix));
                }
                _ => break,
            }
            self.skip();
        }
        for (handle, prefix) in [("!", "!"), ("!!", LONG_TAG)] {
            if !self.tags.iter().any(|(other, _)| other == handle) {
                self.tags.push((handle.to_owned(), prefix.to_owned()));
            }
        }
        Ok(())
    }

    fn count(&mut self, more: usize, aliased: usize) {
        self.decoded += more;
        self.aliased += aliased;
        #[allow(clippy::cast_precision_loss, reason = "a ratio of counts")]
        let excessive = || {
            let decoded = self.decoded as f64;
            let allowed = match self.decoded {
                0..=400_000 => 0.99,
                4_000_000.. => 0.10,
                _ => 0.99 - 0.89 * ((decoded - 400_000.0) / 3_600_000.0),
            };
            self.aliased as f64 / decoded > allowed
        };
        if self.aliased > 100 && self.decoded > 1000 && excessive() {
            self.late::<()>(Err(Late::Decoding(Fault::new("document contains excessive aliasing"))));
        }
    }

    fn node(&mut self, style: Style) -> Result<Node> {
        self.depth += 1;
        if self.depth > DEEPEST * 2 {
            return Err(self.fault("exceeded max depth of 10000", 0));
        }
        let node = self.node_at(style);
        self.depth -= 1;
        node
    }

    fn node_at(&mut self, style: Style) -> Result<Node> {
        let start = self.line()?;
        if let Kind::Alias(name) = self.kind()? {
            let name = name.clone();
            return self.alias(&name);
        }
        let (mut anchor, mut tag) = (None, None);
        for _ in 0..2 {
            match self.kind()? {
                Kind::Anchor(name) if anchor.is_none() => anchor = Some(name.clone()),
                Kind::Tag { handle, suffix } if tag.is_none() => {
                    tag = Some((handle.clone(), suffix.clone()));
                }
                _ => break,
            }
            self.skip();
        }
        let tag = match tag {
            None => String::new(),
            Some((handle, suffix)) if handle.is_empty() => suffix,
            Some((handle, suffix)) => match self.tags.iter().find(|(known, _)| *known == handle) {
                Some((_, prefix)) => format!("{prefix}{suffix}"),
                None => return Err(Fault::at_line(start, "found undefined tag handle")),
            },
        };
        if let Some(name) = &anchor {
            self.anchors.insert(name.clone(), None);
        }
        let before = self.decoded;
        self.count(1, 0);
        let node = self.content(style, &tag, anchor.is_some(), start)?;
        if let Some(name) = anchor {
            let is_mapping = node.kind == NodeKind::Mapping;
            let size = self.decoded - before;
            self.anchors.insert(name, Some(Anchored { value: node.value.clone(), size, is_mapping }));
        }
        Ok(node)
    }

    fn alias(&mut self, name: &str) -> Result<Node> {
        self.skip();
        let (value, size, is_mapping) = match self.anchors.get(name) {
            None => return Err(Fault::new(format!("unknown anchor '{name}' referenced"))),
            Some(None) => {
                let fault = Fault::new(format!("anchor '{name}' value contains itself"));
                self.late::<()>(Err(Late::Decoding(fault)));
                return Ok(self.nothing());
            }
            // A document that is refused anyway needs no more copies.
            Some(Some(_)) if self.decoding.is_some() => return Ok(self.nothing()),
            Some(Some(anchored)) => (anchored.value.clone(), anchored.size, anchored.is_mapping),
        };
        self.count(size + 1, size);
        Ok(Node { value, kind: NodeKind::Alias(is_mapping) })
    }

    fn content(&mut self, style: Style, tag: &str, has_anchor: bool, start: usize) -> Result<Node> {
        let block = style != Style::Flow;
        match self.kind()? {
            Kind::BlockEntry if style == Style::BlockOrIndentless => self.indentless(),
            Kind::Scalar { .. } => {
                let Some(Kind::Scalar { text, is_plain }) = self.scanner.take().map(|token| token.kind)
                else {
                    return Err(Fault::new("unknown problem parsing YAML content"));
                };
                let is_implicit = (tag.is_empty() && is_plain) || tag == "!";
                Ok(self.scalar(text, tag, is_implicit))
            }
            Kind::FlowSequenceStart => self.flow_sequence(),
            Kind::FlowMappingStart => self.flow_mapping(),
            Kind::BlockSequenceStart if block => self.block_sequence(),
            Kind::BlockMappingStart if block => self.block_mapping(),
            _ if has_anchor || !tag.is_empty() => Ok(self.scalar(String::new(), tag, tag.is_empty())),
            _ => Err(self.fault("did not find expected node content", start)),
        }
    }

    fn empty(&mut self) -> Node {
        self.count(1, 0);
        self.nothing()
    }

    fn nothing(&self) -> Node {
        Node { value: Value::Null, kind: NodeKind::Scalar }
    }

    /// A key, refused before its value is looked at.
    fn key(&mut self, key: Node) -> Node {
        let checked = checked_key(&key);
        self.late(checked);
        key
    }

    fn block_sequence(&mut self) -> Result<Node> {
        let start = self.line()?;
        self.skip();
        let mut items = Vec::new();
        loop {
            match self.kind()? {
                Kind::BlockEntry => {
                    self.skip();
                    let node = match self.kind()? {
                        Kind::BlockEntry | Kind::BlockEnd => self.empty(),
                        _ => self.node(Style::Block)?,
                    };
                    items.push(self.settle(node));
                }
                Kind::BlockEnd => {
                    self.skip();
                    return Ok(Node { value: Value::List(items), kind: NodeKind::Sequence });
                }
                _ => return Err(self.fault("did not find expected '-' indicator", start)),
            }
        }
    }

    fn indentless(&mut self) -> Result<Node> {
        let mut items = Vec::new();
        while *self.kind()? == Kind::BlockEntry {
            self.skip();
            let node = match self.kind()? {
                Kind::BlockEntry | Kind::Key | Kind::Value | Kind::BlockEnd => self.empty(),
                _ => self.node(Style::Block)?,
            };
            items.push(self.settle(node));
        }
        Ok(Node { value: Value::List(items), kind: NodeKind::Sequence })
    }

    fn block_mapping(&mut self) -> Result<Node> {
        let start = self.line()?;
        self.skip();
        let mut map = Map::new();
        loop {
            match self.kind()? {
                Kind::Key => {
                    self.skip();
                    let key = match self.kind()? {
                        Kind::Key | Kind::Value | Kind::BlockEnd => self.empty(),
                        _ => self.node(Style::BlockOrIndentless)?,
                    };
                    let key = self.key(key);
                    let value = self.block_value()?;
                    self.put(&mut map, key, value);
                }
                // A value without a key has an empty one.
                Kind::BlockEnd => {
                    self.skip();
                    return Ok(Node { value: Value::Map(map), kind: NodeKind::Mapping });
                }
                _ => return Err(self.fault("did not find expected key", start)),
            }
        }
    }

    fn block_value(&mut self) -> Result<Node> {
        if *self.kind()? != Kind::Value {
            return Ok(self.empty());
        }
        self.skip();
        match self.kind()? {
            Kind::Key | Kind::Value | Kind::BlockEnd => Ok(self.empty()),
            _ => self.node(Style::BlockOrIndentless),
        }
    }

    fn flow_sequence(&mut self) -> Result<Node> {
        let start = self.line()?;
        self.skip();
        let mut items = Vec::new();
        loop {
            if *self.kind()? == Kind::FlowSequenceEnd {
                break;
            }
            if !items.is_empty() {
                if *self.kind()? != Kind::FlowEntry {
                    return Err(self.fault("did not find expected ',' or ']'", start));
                }
                self.skip();
            }
            match self.kind()? {
                Kind::Key => {
                    self.skip();
                    items.push(self.pair()?);
                }
                Kind::FlowSequenceEnd => break,
                _ => {
                    let node = self.node(Style::Flow)?;
                    items.push(self.settle(node));
                }
            }
        }
        self.skip();
        Ok(Node { value: Value::List(items), kind: NodeKind::Sequence })
    }

    /// `[a: b]`: a mapping of one.
    fn pair(&mut self) -> Result<Value> {
        self.count(1, 0);
        let key = match self.kind()? {
            Kind::Value | Kind::FlowEntry | Kind::FlowSequenceEnd => {
                // libyaml takes the token with it.
                self.skip();
                self.empty()
            }
            _ => self.node(Style::Flow)?,
        };
        let key = self.key(key);
        let value = self.flow_value(&Kind::FlowSequenceEnd)?;
        let mut map = Map::new();
        self.put(&mut map, key, value);
        Ok(Value::Map(map))
    }

    /// What stands behind a key inside brackets that `end` closes; nothing where there is no colon.
    fn flow_value(&mut self, end: &Kind) -> Result<Node> {
        if *self.kind()? != Kind::Value {
            return Ok(self.empty());
        }
        self.skip();
        let kind = self.kind()?;
        if *kind == Kind::FlowEntry || kind == end { Ok(self.empty()) } else { self.node(Style::Flow) }
    }

    fn flow_mapping(&mut self) -> Result<Node> {
        let start = self.line()?;
        self.skip();
        let mut map = Map::new();
        let mut first = true;
        loop {
            if *self.kind()? == Kind::FlowMappingEnd {
                break;
            }
            if !first {
                if *self.kind()? != Kind::FlowEntry {
                    return Err(self.fault("did not find expected ',' or '}'", start));
                }
                self.skip();
            }
            first = false;
            match self.kind()? {
                Kind::Key => {
                    self.skip();
                    let key = match self.kind()? {
                        Kind::Value | Kind::FlowEntry | Kind::FlowMappingEnd => self.empty(),
                        _ => self.node(Style::Flow)?,
                    };
                    let key = self.key(key);
                    let value = self.flow_value(&Kind::FlowMappingEnd)?;
                    self.put(&mut map, key, value);
                }
                Kind::FlowMappingEnd => break,
                _ => {
                    let key = self.node(Style::Flow)?;
                    let key = self.key(key);
                    let value = self.empty();
                    self.put(&mut map, key, value);
                }
            }
        }
        self.skip();
        Ok(Node { value: Value::Map(map), kind: NodeKind::Mapping })
    }
}
