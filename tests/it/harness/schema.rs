//! The schema as a host sees it: attributes with their types, and nothing of how we declare them.

use std::collections::BTreeMap;

use bud::schema::{Nesting as OurNesting, Presence, Shape};
use bud::value::Kind;
use bud::wire::proto::tfplugin6 as proto;
use bud::wire::proto::tfplugin6::schema::object::NestingMode;

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

/// Everything a provider offers, as it says so itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Offer {
    pub(crate) provider: Block,
    pub(crate) resources: BTreeMap<String, Block>,
    /// The type of each resource's identity, where it has one.
    pub(crate) identities: BTreeMap<String, Kind>,
    pub(crate) identity_versions: BTreeMap<String, i64>,
}

impl Offer {
    /// Reads the provider's answers; what would break a host breaks the test.
    pub(crate) fn read(
        schema: &proto::get_provider_schema::Response,
        identities: &proto::get_resource_identity_schemas::Response,
    ) -> Self {
        let kinds = identities.identity_schemas.iter().map(|(name, schema)| {
            let attributes = schema.identity_attributes.iter();
            let attributes = attributes.map(|attribute| (attribute.name.clone(), kind(&attribute.r#type)));
            (name.clone(), Kind::Object(attributes.collect()))
        });
        let versions =
            identities.identity_schemas.iter().map(|(name, schema)| (name.clone(), schema.version));
        Self {
            provider: schema.provider.as_ref().expect("missing provider schema").into(),
            resources: schema
                .resource_schemas
                .iter()
                .map(|(name, schema)| (name.clone(), schema.into()))
                .collect(),
            identities: kinds.collect(),
            identity_versions: versions.collect(),
        }
    }
}

fn kind(json: &[u8]) -> Kind {
    let json = serde_json::from_slice(json).unwrap();
    Kind::from_json(&json).unwrap_or_else(|| panic!("{json} is no type and crashes a host"))
}

impl From<&proto::Schema> for Block {
    fn from(sent: &proto::Schema) -> Self {
        let block = sent.block.as_ref().expect("a schema without a block crashes a host");
        assert!(block.block_types.is_empty(), "everything shaped like an object is a nested attribute");
        Self { version: sent.version, attributes: sent_attributes(&block.attributes) }
    }
}

fn sent_attributes(sent: &[proto::schema::Attribute]) -> Attributes {
    let attributes: Attributes = sent.iter().map(|one| (one.name.clone(), one.into())).collect();
    assert_eq!(attributes.len(), sent.len(), "an attribute is there twice");
    attributes
}

impl From<&proto::schema::Attribute> for Attribute {
    fn from(sent: &proto::schema::Attribute) -> Self {
        let nested = sent.nested_type.as_ref().map(|below| Nested {
            nesting: match below.nesting() {
                NestingMode::Single => Nesting::Single,
                NestingMode::List => Nesting::List,
                NestingMode::Set => Nesting::Set,
                NestingMode::Map => Nesting::Map,
                NestingMode::Invalid => panic!("{}: nested without nesting", sent.name),
            },
            attributes: sent_attributes(&below.attributes),
        });
        assert_eq!(sent.r#type.is_empty(), nested.is_some(), "{}: one of type and nested_type", sent.name);
        assert!(sent.required || sent.optional || sent.computed, "{}: nobody gives the value", sent.name);
        assert!(!(sent.required && (sent.optional || sent.computed)), "{}: required and more", sent.name);
        Self {
            kind: nested.as_ref().map_or_else(|| kind(&sent.r#type), Nested::kind),
            nested,
            required: sent.required,
            optional: sent.optional,
            computed: sent.computed,
            sensitive: sent.sensitive,
            write_only: sent.write_only,
        }
    }
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
