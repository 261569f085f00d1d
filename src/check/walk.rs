//! Compares what is written with what the schema has.

use std::collections::BTreeMap;

use crate::schema::{Attribute, Block, Nesting, Presence, ProviderSchema, Shape};
use crate::value::{Kind, Path, nearest};

use super::Finding;
use super::module::{Declared, Module, Sort};
use super::node::{Entry, Node, Place, Step};

/// Arguments and blocks that the hosts themselves read, in every kind of block but the provider's.
const OF_EVERY_BLOCK: [&str; 6] = ["count", "for_each", "depends_on", "provider", "lifecycle", "dynamic"];

/// More of them in a managed resource.
const OF_RESOURCES: [&str; 2] = ["connection", "provisioner"];

/// Those of a provider block.
const OF_PROVIDERS: [&str; 3] = ["alias", "version", "for_each"];

/// What the schema has at one place.
#[derive(Clone, Copy)]
enum Want<'s> {
    /// An object with attributes of their own.
    Object(&'s [Attribute]),
    /// A list of such objects.
    List(&'s [Attribute]),
    /// A map of such objects.
    Map(&'s [Attribute]),
    /// A plain type.
    Plain(&'s Kind),
}

/// One walk through one module.
struct Walk<'m> {
    locals: &'m BTreeMap<String, Node>,
    findings: &'m mut Vec<Finding>,
    /// Local values that are being looked into, so that one which names itself ends.
    inside: Vec<String>,
}

/// Adds what a module says that the schema does not have.
pub(super) fn walk(module: &Module, schema: &ProviderSchema, findings: &mut Vec<Finding>) {
    let mut walk = Walk { locals: &module.locals, findings, inside: Vec::new() };
    for declared in &module.declared {
        let (kind, block): (&str, Option<&Block>) = match declared.sort {
            Sort::Provider => ("provider", Some(&schema.provider)),
            Sort::Resource => ("resource", schema.resources.get(&*declared.type_name).map(|one| &one.block)),
            Sort::Data => ("data", schema.data_sources.get(&*declared.type_name).map(|one| &one.block)),
            Sort::Ephemeral => {
                ("ephemeral", schema.ephemerals.get(&*declared.type_name).map(|one| &one.block))
            }
        };
        if let Some(block) = block {
            walk.body(declared, block);
        } else {
            let known: Vec<&str> = match declared.sort {
                Sort::Provider => Vec::new(),
                Sort::Resource => schema.resources.keys().copied().collect(),
                Sort::Data => schema.data_sources.keys().copied().collect(),
                Sort::Ephemeral => schema.ephemerals.keys().copied().collect(),
            };
            walk.unknown(&declared.place, &Path::of(kind), &declared.type_name, known);
        }
    }
}

impl Walk<'_> {
    fn body(&mut self, declared: &Declared, block: &Block) {
        let path = address(declared);
        for item in &declared.items {
            let of_the_host = match declared.sort {
                Sort::Provider => OF_PROVIDERS.contains(&item.name.as_str()),
                Sort::Resource if OF_RESOURCES.contains(&item.name.as_str()) => true,
                Sort::Resource | Sort::Data | Sort::Ephemeral => OF_EVERY_BLOCK.contains(&item.name.as_str()),
            };
            if let Some(attribute) = block.attribute(&item.name) {
                self.node(&item.value, of_attribute(attribute), &path.attribute(&item.name));
            } else if !of_the_host {
                self.unknown(&item.place, &path, &item.name, names(&block.attributes));
            }
        }
    }

    fn node(&mut self, node: &Node, want: Want<'_>, path: &Path) {
        match node {
            Node::Either(alternatives) => {
                for alternative in alternatives {
                    self.node(alternative, want, path);
                }
            }
            Node::Local(name, steps) => self.local(name, steps, want, path),
            Node::Object(entries) => self.object(entries, want, path),
            Node::Tuple(items) => {
                for (index, item) in items.iter().enumerate() {
                    match want {
                        Want::List(attributes) => {
                            self.node(item, Want::Object(attributes), &path.index(index));
                        }
                        Want::Plain(Kind::List(element)) => {
                            self.node(item, Want::Plain(element), &path.index(index));
                        }
                        // Elements of a set have no place in a path.
                        Want::Plain(Kind::Set(element)) => self.node(item, Want::Plain(element), path),
                        Want::Plain(Kind::Tuple(elements)) => {
                            if let Some(element) = elements.get(index) {
                                self.node(item, Want::Plain(element), &path.index(index));
                            }
                        }
                        Want::Object(_) | Want::Map(_) | Want::Plain(_) => {}
                    }
                }
            }
            Node::Elements(items) => {
                if let Some(element) = element(want) {
                    for item in items {
                        self.node(item, element, path);
                    }
                }
            }
            Node::Text(_) | Node::Opaque => {}
        }
    }

    fn object(&mut self, entries: &[Entry], want: Want<'_>, path: &Path) {
        for entry in entries {
            let place_of = |key: &str, is_map: bool| if is_map { path.key(key) } else { path.attribute(key) };
            match (want, &entry.key) {
                (Want::Object(attributes), Some(key)) => {
                    if let Some(attribute) = attributes.iter().find(|attribute| attribute.name == key) {
                        self.node(&entry.value, of_attribute(attribute), &place_of(key, false));
                    } else {
                        self.unknown(&entry.place, path, key, names(attributes));
                    }
                }
                (Want::Plain(Kind::Object(kinds)), Some(key)) => {
                    if let Some(kind) = kinds.get(key) {
                        self.node(&entry.value, Want::Plain(kind), &place_of(key, false));
                    } else {
                        self.unknown(&entry.place, path, key, kinds.keys().map(String::as_str).collect());
                    }
                }
                (Want::Map(_) | Want::Plain(Kind::Map(_)), key) => {
                    let path = key.as_ref().map_or_else(|| path.clone(), |key| place_of(key, true));
                    if let Some(element) = element(want) {
                        self.node(&entry.value, element, &path);
                    }
                }
                (Want::Object(_) | Want::List(_) | Want::Plain(_), _) => {}
            }
        }
    }

    fn local(&mut self, name: &str, steps: &[Step], want: Want<'_>, path: &Path) {
        let Some(value) = self.locals.get(name) else { return };
        if self.inside.iter().any(|outer| outer == name) {
            return;
        }
        self.inside.push(name.to_owned());
        match steps.split_first() {
            None => self.node(value, want, path),
            Some((first, rest)) => {
                let part = rest.iter().fold(value.select(first), |part, step| part.select(step));
                self.node(&part, want, path);
            }
        }
        self.inside.pop();
    }

    fn unknown(&mut self, place: &Place, path: &Path, key: &str, known: Vec<&str>) {
        self.findings.push(Finding {
            file: place.file.to_path_buf(),
            line: place.line,
            column: place.column,
            path: path.clone(),
            key: key.to_owned(),
            nearest: nearest(key, known.iter().copied()).map(str::to_owned),
            known: known.into_iter().map(str::to_owned).collect(),
        });
    }
}

/// The address of a block as the hosts write it.
fn address(declared: &Declared) -> Path {
    let root = match declared.sort {
        Sort::Provider => Path::of("provider"),
        Sort::Resource => return Path::of(&declared.type_name).attribute(&declared.name),
        Sort::Data => Path::of("data"),
        Sort::Ephemeral => Path::of("ephemeral"),
    };
    let path = root.attribute(&declared.type_name);
    if declared.name.is_empty() { path } else { path.attribute(&declared.name) }
}

fn of_attribute(attribute: &Attribute) -> Want<'_> {
    match &attribute.shape {
        Shape::Plain(kind) => Want::Plain(kind),
        Shape::Nested(Nesting::Single, attributes) => Want::Object(attributes),
        Shape::Nested(Nesting::List, attributes) => Want::List(attributes),
        Shape::Nested(Nesting::Map, attributes) => Want::Map(attributes),
    }
}

/// What the elements of a collection are, absent for everything else.
fn element(want: Want<'_>) -> Option<Want<'_>> {
    match want {
        Want::List(attributes) | Want::Map(attributes) => Some(Want::Object(attributes)),
        Want::Plain(Kind::List(element) | Kind::Set(element) | Kind::Map(element)) => {
            Some(Want::Plain(element))
        }
        Want::Object(_) | Want::Plain(_) => None,
    }
}

/// Names that a configuration can write, in the order of the declaration.
fn names(attributes: &[Attribute]) -> Vec<&str> {
    let written = attributes.iter().filter(|attribute| attribute.presence != Presence::Computed);
    written.map(|attribute| attribute.name).collect()
}
