//! Reads native syntax: expressions become nodes, bodies become entries.

use std::path::Path;
use std::rc::Rc;

use hcl_edit::Span;
use hcl_edit::expr::{Expression, FuncCall, ObjectKey, TraversalOperator};
use hcl_edit::structure::{Block, Body, Structure};
use hcl_edit::template::{Element, StringTemplate, Template};

use super::CheckError;
use super::node::{Entry, Node, Place, Step};

/// Functions whose result is one of their arguments, a merger of them, or one of them converted.
const HANDING_ON: [&str; 17] = [
    "merge",
    "try",
    "coalesce",
    "coalescelist",
    "tolist",
    "toset",
    "tomap",
    "sensitive",
    "nonsensitive",
    "ephemeralasnull",
    "distinct",
    "reverse",
    "slice",
    "compact",
    "setunion",
    "setintersection",
    "setsubtract",
];

/// Turns byte offsets of a text into places.
pub(super) enum Places {
    /// The text is a file; offsets of the starts of its lines.
    File {
        /// Which.
        file: Rc<Path>,
        /// The text.
        text: Rc<str>,
        /// Where each line starts.
        starts: Vec<usize>,
    },
    /// The text stands inside something else, whose place is all that is known.
    Inside(Place),
}

impl Places {
    /// Of a whole file.
    pub(super) fn of_file(file: &Path, text: &str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self::File { file: file.into(), text: text.into(), starts }
    }

    /// The place of an offset.
    pub(super) fn at(&self, offset: usize) -> Place {
        match self {
            Self::Inside(place) => place.clone(),
            Self::File { file, text, starts } => {
                let line = starts.partition_point(|start| *start <= offset);
                let start = starts[line - 1];
                let column = text.get(start..offset).map_or(0, |before| before.chars().count()) + 1;
                Place { file: file.clone(), line, column }
            }
        }
    }

    fn of(&self, spanned: &impl Span) -> Place {
        self.at(spanned.span().map_or(0, |span| span.start))
    }
}

/// A block or attribute of a body.
pub(super) struct Item {
    /// Name of the attribute or type of the block.
    pub(super) name: String,
    /// Where the name stands.
    pub(super) place: Place,
    /// Labels of the block with their places, none for an attribute.
    pub(super) labels: Vec<(String, Place)>,
    /// The attribute's value, or the block's body as an object.
    pub(super) value: Node,
    /// Items of the block's body, none for an attribute.
    pub(super) items: Vec<Item>,
}

/// Reads a file of native syntax.
pub(super) fn read(file: &Path, text: &str) -> Result<Vec<Item>, CheckError> {
    let body = hcl_edit::parser::parse_body(text).map_err(|error| CheckError::Parse {
        file: file.to_owned(),
        line: error.location().line(),
        column: error.location().column(),
        message: error.message().to_owned(),
    })?;
    Ok(items(&body, &Places::of_file(file, text)))
}

/// The value of a JSON string that stands at a place: what is in it is a template.
pub(super) fn template(text: &str, place: &Place) -> Node {
    if !text.contains("${") && !text.contains("%{") {
        return Node::Text(text.to_owned());
    }
    let places = Places::Inside(place.clone());
    hcl_edit::parser::parse_template(text).map_or(Node::Opaque, |parsed| of_template(&parsed, &places))
}

fn items(body: &Body, places: &Places) -> Vec<Item> {
    body.iter()
        .map(|structure| match structure {
            Structure::Attribute(attribute) => Item {
                name: attribute.key.as_str().to_owned(),
                place: places.of(&attribute.key),
                labels: Vec::new(),
                value: node(&attribute.value, places),
                items: Vec::new(),
            },
            Structure::Block(block) => of_block(block, places),
        })
        .collect()
}

fn of_block(block: &Block, places: &Places) -> Item {
    let items = items(&block.body, places);
    let entry = |item: &Item| Entry {
        key: Some(item.name.clone()),
        place: item.place.clone(),
        value: item.value.clone(),
    };
    Item {
        name: block.ident.as_str().to_owned(),
        place: places.of(&block.ident),
        labels: block.labels.iter().map(|label| (label.as_str().to_owned(), places.of(label))).collect(),
        value: Node::Object(items.iter().map(entry).collect()),
        items,
    }
}

/// What can be seen of an expression.
fn node(expression: &Expression, places: &Places) -> Node {
    match expression {
        Expression::String(text) => Node::Text(text.as_str().to_owned()),
        Expression::Array(array) => Node::Tuple(array.iter().map(|item| node(item, places)).collect()),
        Expression::Object(object) => Node::Object(
            object
                .iter()
                .map(|(key, value)| Entry {
                    key: key_of(key, places),
                    place: places.of(key),
                    value: node(value.expr(), places),
                })
                .collect(),
        ),
        Expression::Parenthesis(inner) => node(inner.inner(), places),
        Expression::Conditional(conditional) => {
            Node::Either(vec![node(&conditional.true_expr, places), node(&conditional.false_expr, places)])
        }
        Expression::ForExpr(each) => {
            let value = node(&each.value_expr, places);
            Node::Elements(vec![if each.grouping { Node::Elements(vec![value]) } else { value }])
        }
        Expression::FuncCall(call) => of_call(call, places),
        Expression::Traversal(traversal) => of_traversal(&traversal.expr, &traversal.operators, places),
        Expression::StringTemplate(template) => of_string(template, places),
        Expression::HeredocTemplate(heredoc) => of_template(&heredoc.template, places),
        Expression::Null(_)
        | Expression::Bool(_)
        | Expression::Number(_)
        | Expression::Variable(_)
        | Expression::UnaryOp(_)
        | Expression::BinaryOp(_) => Node::Opaque,
    }
}

fn key_of(key: &ObjectKey, places: &Places) -> Option<String> {
    match key {
        ObjectKey::Ident(ident) => Some(ident.as_str().to_owned()),
        // A variable stands for its name unless it is in parentheses, which make another expression.
        ObjectKey::Expression(Expression::Variable(variable)) => Some(variable.as_str().to_owned()),
        ObjectKey::Expression(expression) => node(expression, places).text().map(str::to_owned),
    }
}

fn of_string(template: &StringTemplate, places: &Places) -> Node {
    let mut elements = template.iter();
    match (elements.next(), elements.next()) {
        (Some(element), None) => of_element(element, places),
        _ => Node::Opaque,
    }
}

fn of_template(template: &Template, places: &Places) -> Node {
    template.as_single_element().map_or(Node::Opaque, |element| of_element(element, places))
}

/// A template that is one interpolation and nothing else has the value of its expression.
fn of_element(element: &Element, places: &Places) -> Node {
    match element {
        Element::Literal(text) => Node::Text(text.as_str().to_owned()),
        Element::Interpolation(interpolation) => node(&interpolation.expr, places),
        Element::Directive(_) => Node::Opaque,
    }
}

fn of_traversal(
    base: &Expression,
    operators: &[hcl_edit::Decorated<TraversalOperator>],
    places: &Places,
) -> Node {
    let mut operators = operators.iter();
    let mut found = match base {
        Expression::Variable(variable) if variable.as_str() == "local" => {
            match operators.next().map(|one| &**one) {
                Some(TraversalOperator::GetAttr(name)) => Node::Local(name.as_str().to_owned(), Vec::new()),
                _ => Node::Opaque,
            }
        }
        base => node(base, places),
    };
    for operator in operators {
        let step = match &**operator {
            TraversalOperator::GetAttr(name) => Step::Key(name.as_str().to_owned()),
            TraversalOperator::LegacyIndex(position) => position_step(**position),
            TraversalOperator::Index(Expression::Number(number)) => {
                number.as_u64().map_or(Step::Any, position_step)
            }
            TraversalOperator::Index(index) => match node(index, places) {
                Node::Text(key) => Step::Key(key),
                _ => Step::Any,
            },
            TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => return Node::Opaque,
        };
        found = found.select(&step);
    }
    found
}

fn position_step(position: u64) -> Step {
    usize::try_from(position).map_or(Step::Any, Step::Position)
}

fn of_call(call: &FuncCall, places: &Places) -> Node {
    if call.name.is_namespaced() {
        return Node::Opaque;
    }
    let mut arguments: Vec<Node> = call.args.iter().map(|argument| node(argument, places)).collect();
    if call.args.expand_final() {
        arguments = match arguments.pop() {
            // Written out, the elements of a list literal are as good as arguments.
            Some(Node::Tuple(items)) => arguments.into_iter().chain(items).collect(),
            Some(last) => arguments.into_iter().chain([last.select(&Step::Any)]).collect(),
            None => arguments,
        };
    }
    let argument = |position: usize| arguments.get(position).cloned().unwrap_or(Node::Opaque);
    match call.name.name.as_str() {
        name if HANDING_ON.contains(&name) => Node::Either(arguments),
        "concat" => concat(arguments),
        "flatten" => {
            let mut leaves = Vec::new();
            flatten(argument(0), &mut leaves);
            Node::Elements(leaves)
        }
        "lookup" => Node::Either(vec![argument(0).select(&Step::Any), argument(2)]),
        "element" | "one" => argument(0).select(&Step::Any),
        "values" => Node::Elements(vec![argument(0).select(&Step::Any)]),
        "zipmap" => Node::Elements(vec![argument(1).select(&Step::Any)]),
        _ => Node::Opaque,
    }
}

/// Lists one after the other: positions show up to the first list whose length does not.
fn concat(arguments: Vec<Node>) -> Node {
    let mut front = Vec::new();
    let mut behind = Vec::new();
    for argument in arguments {
        match argument {
            Node::Tuple(items) if behind.is_empty() => front.extend(items),
            Node::Tuple(items) => behind.push(Node::Elements(items)),
            other => behind.push(Node::Elements(vec![other.select(&Step::Any)])),
        }
    }
    if behind.is_empty() {
        Node::Tuple(front)
    } else {
        Node::Either([vec![Node::Tuple(front)], behind].concat())
    }
}

fn flatten(node: Node, leaves: &mut Vec<Node>) {
    match node {
        Node::Tuple(items) | Node::Elements(items) | Node::Either(items) => {
            for item in items {
                flatten(item, leaves);
            }
        }
        other => leaves.push(other),
    }
}
