//! The schema as a host sees it: attributes with their types, and nothing of how we declare them.

use std::collections::BTreeMap;

use bud::schema::{Nesting as OurNesting, Presence, Shape};
use bud::value::Kind;

/// How nested objects are arranged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nesting {
    Single,
    List,
    Set,
    Map,
}

/// Objects below an attribute.
#[derive(Clone, Debug)]
pub(crate) struct Nested {
    pub(crate) nesting: Nesting,
    pub(crate) attributes: Attributes,
}

/// Attributes by name.
pub(crate) type Attributes = BTreeMap<String, Attribute>;

/// One attribute.
#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    pub(crate) kind: Kind,
    pub(crate) nested: Option<Nested>,
    pub(crate) required: bool,
    pub(crate) optional: bool,
    pub(crate) computed: bool,
    pub(crate) sensitive: bool,
    pub(crate) write_only: bool,
}

/// The attributes of a resource or of the provider. We send no blocks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    pub(crate) version: i64,
    pub(crate) attributes: Attributes,
}

impl Block {
    /// The type of the whole object on the wire.
    pub(crate) fn kind(&self) -> Kind {
        object_kind(&self.attributes)
    }
}

impl Nested {
    /// The type of one of the nested objects.
    pub(crate) fn element(&self) -> Kind {
        object_kind(&self.attributes)
    }

    /// The type of the attribute that holds them.
    pub(crate) fn kind(&self) -> Kind {
        let element = self.element();
        match self.nesting {
            Nesting::Single => element,
            Nesting::List => Kind::list(element),
            Nesting::Set => Kind::Set(Box::new(element)),
            Nesting::Map => Kind::map(element),
        }
    }
}

/// The type of an object with the given attributes.
pub(crate) fn object_kind(attributes: &Attributes) -> Kind {
    Kind::Object(attributes.iter().map(|(name, attribute)| (name.clone(), attribute.kind.clone())).collect())
}

impl From<&bud::schema::Attribute> for Attribute {
    fn from(ours: &bud::schema::Attribute) -> Self {
        let nested = match &ours.shape {
            Shape::Plain(_) => None,
            Shape::Nested(nesting, attributes) => Some(Nested {
                nesting: match nesting {
                    OurNesting::Single => Nesting::Single,
                    OurNesting::List => Nesting::List,
                    OurNesting::Map => Nesting::Map,
                },
                attributes: by_name(attributes),
            }),
        };
        Self {
            kind: ours.kind(),
            nested,
            required: ours.presence == Presence::Required,
            optional: matches!(ours.presence, Presence::Optional | Presence::OptionalComputed),
            computed: matches!(ours.presence, Presence::Computed | Presence::OptionalComputed),
            sensitive: ours.sensitive,
            write_only: ours.write_only,
        }
    }
}

impl From<&bud::schema::Block> for Block {
    fn from(ours: &bud::schema::Block) -> Self {
        Self { version: ours.version, attributes: by_name(&ours.attributes) }
    }
}

fn by_name(attributes: &[bud::schema::Attribute]) -> Attributes {
    attributes.iter().map(|attribute| (attribute.name.to_owned(), attribute.into())).collect()
}

/// Schemas for the tests of the harness itself.
#[cfg(test)]
pub(crate) mod sample {
    use bud::value::Kind;

    use super::{Attribute, Block, Nested, Nesting};

    fn attribute(kind: Kind) -> Attribute {
        Attribute {
            kind,
            nested: None,
            required: false,
            optional: false,
            computed: false,
            sensitive: false,
            write_only: false,
        }
    }

    pub(crate) fn required(kind: Kind) -> Attribute {
        Attribute { required: true, ..attribute(kind) }
    }

    pub(crate) fn optional(kind: Kind) -> Attribute {
        Attribute { optional: true, ..attribute(kind) }
    }

    pub(crate) fn computed(kind: Kind) -> Attribute {
        Attribute { computed: true, ..attribute(kind) }
    }

    pub(crate) fn both(kind: Kind) -> Attribute {
        Attribute { optional: true, computed: true, ..attribute(kind) }
    }

    pub(crate) fn write_only(kind: Kind) -> Attribute {
        Attribute { write_only: true, ..optional(kind) }
    }

    pub(crate) fn sensitive(kind: Kind) -> Attribute {
        Attribute { sensitive: true, ..optional(kind) }
    }

    /// An optional attribute with objects below it.
    pub(crate) fn nested<const N: usize>(nesting: Nesting, attributes: [(&str, Attribute); N]) -> Attribute {
        let nested = Nested { nesting, attributes: named(attributes) };
        Attribute { nested: Some(nested.clone()), ..optional(nested.kind()) }
    }

    /// The same attribute, which the provider may fill as well.
    pub(crate) fn also_computed(attribute: Attribute) -> Attribute {
        Attribute { computed: true, ..attribute }
    }

    pub(crate) fn block<const N: usize>(attributes: [(&str, Attribute); N]) -> Block {
        Block { version: 0, attributes: named(attributes) }
    }

    fn named<const N: usize>(attributes: [(&str, Attribute); N]) -> super::Attributes {
        attributes.into_iter().map(|(name, attribute)| (name.to_owned(), attribute)).collect()
    }
}
