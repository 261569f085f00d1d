//! Attributes, blocks and the catalogue of everything the provider offers.

use std::collections::BTreeMap;

use crate::value::Kind;

/// Who gives an attribute its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The configuration must.
    Required,
    /// The configuration may.
    Optional,
    /// The configuration may, else the provider does.
    OptionalComputed,
    /// Only the provider does.
    Computed,
}

/// How nested objects are arranged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// One object.
    Single,
    /// A list of objects.
    List,
    /// A map of objects.
    Map,
}

/// A plain type or nested objects.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A value of one type.
    Plain(Kind),
    /// Objects with attributes of their own.
    Nested(Nesting, Vec<Attribute>),
}

/// One attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Name in HCL.
    pub name: &'static str,
    /// What it is for: one or more sentences of Markdown, the first ends with a full stop.
    pub doc: &'static str,
    /// Type.
    pub shape: Shape,
    /// Who gives the value.
    pub presence: Presence,
    /// Hidden in plans.
    pub sensitive: bool,
    /// Never stored.
    pub write_only: bool,
    /// Why it should not be used any more.
    pub deprecated: Option<&'static str>,
    /// What happens to it in a plan.
    pub rule: super::Rule,
}

impl Attribute {
    /// The type of the attribute's value on the wire.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match &self.shape {
            Shape::Plain(kind) => kind.clone(),
            Shape::Nested(nesting, attributes) => {
                let object = object_kind(attributes);
                match nesting {
                    Nesting::Single => object,
                    Nesting::List => Kind::list(object),
                    Nesting::Map => Kind::map(object),
                }
            }
        }
    }
}

/// The type of an object with the given attributes.
fn object_kind(attributes: &[Attribute]) -> Kind {
    Kind::Object(attributes.iter().map(|attribute| (attribute.name.to_owned(), attribute.kind())).collect())
}

/// The attributes of a resource, data source, ephemeral resource or of the provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Version of the stored state, 0 for what has no state.
    pub version: i64,
    /// What it is for, Markdown.
    pub doc: &'static str,
    /// Attributes in the order of the declaration.
    pub attributes: Vec<Attribute>,
}

impl Block {
    /// The type of the whole object on the wire.
    #[must_use]
    pub fn kind(&self) -> Kind {
        object_kind(&self.attributes)
    }

    /// The attribute of that name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }
}

/// An attribute of a resource's identity.
#[derive(Clone, Debug, PartialEq)]
pub struct IdentityAttribute {
    /// Name in HCL.
    pub name: &'static str,
    /// What it is, one sentence.
    pub doc: &'static str,
    /// Type: a primitive, or a list of one.
    pub kind: Kind,
    /// Whether an import must give it; else it may.
    pub required: bool,
}

/// A managed resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Its attributes.
    pub block: Block,
    /// Version of the identity.
    pub identity_version: i64,
    /// Its identity; empty: none.
    pub identity: Vec<IdentityAttribute>,
}

/// A data source.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSource {
    /// Its attributes.
    pub block: Block,
}

/// An ephemeral resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Ephemeral {
    /// Its attributes.
    pub block: Block,
}

/// A parameter of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Name, for messages and docs.
    pub name: &'static str,
    /// What it is, one sentence.
    pub doc: &'static str,
    /// Type.
    pub kind: Kind,
    /// Whether null may be given.
    pub allow_null: bool,
    /// Whether unknown values may be given; else the host answers with unknown itself.
    pub allow_unknown: bool,
}

/// A provider function.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// One line.
    pub summary: &'static str,
    /// What it is for, Markdown.
    pub doc: &'static str,
    /// Parameters in order.
    pub parameters: Vec<Parameter>,
    /// Type of the result.
    pub returns: Kind,
    /// An expression that shows its use.
    pub example: &'static str,
}

/// Everything the provider offers, by name.
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderSchema {
    /// The provider block.
    pub provider: Block,
    /// Managed resources.
    pub resources: BTreeMap<&'static str, Resource>,
    /// Data sources.
    pub data_sources: BTreeMap<&'static str, DataSource>,
    /// Ephemeral resources.
    pub ephemerals: BTreeMap<&'static str, Ephemeral>,
    /// Functions.
    pub functions: BTreeMap<&'static str, Function>,
}
