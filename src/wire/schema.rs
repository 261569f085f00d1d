//! The provider's declarations as the protocol's schema messages.
//!
//! Hosts break down where a block, a nested block or the result of a function is absent, so all of them
//! are always there.

use super::proto::tfplugin6 as proto;
use proto::StringKind::Markdown;
use proto::schema::object::NestingMode;

use crate::schema::{
    Attribute, Block, Function, Nesting, Parameter, Presence, ProviderSchema, Resource, Shape,
};
use crate::value::Kind;

/// What the provider can do beyond the base of the protocol.
pub(super) fn capabilities() -> proto::ServerCapabilities {
    proto::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: true,
        generate_resource_config: false,
    }
}

/// The answer to `GetProviderSchema`.
pub(super) fn everything(schema: &ProviderSchema) -> proto::get_provider_schema::Response {
    proto::get_provider_schema::Response {
        provider: Some(block(&schema.provider)),
        resource_schemas: by_name(&schema.resources, |resource| block(&resource.block)),
        data_source_schemas: by_name(&schema.data_sources, |source| block(&source.block)),
        ephemeral_resource_schemas: by_name(&schema.ephemerals, |ephemeral| block(&ephemeral.block)),
        functions: functions(schema),
        server_capabilities: Some(capabilities()),
        ..Default::default()
    }
}

/// The answer to `GetMetadata`.
pub(super) fn names(schema: &ProviderSchema) -> proto::get_metadata::Response {
    use proto::get_metadata as of;
    let type_name = |name: &&str| (*name).to_owned();
    proto::get_metadata::Response {
        server_capabilities: Some(capabilities()),
        data_sources: schema
            .data_sources
            .keys()
            .map(|name| of::DataSourceMetadata { type_name: type_name(name) })
            .collect(),
        resources: schema
            .resources
            .keys()
            .map(|name| of::ResourceMetadata { type_name: type_name(name) })
            .collect(),
        functions: schema
            .functions
            .keys()
            .map(|name| of::FunctionMetadata { name: type_name(name) })
            .collect(),
        ephemeral_resources: schema
            .ephemerals
            .keys()
            .map(|name| of::EphemeralMetadata { type_name: type_name(name) })
            .collect(),
        ..Default::default()
    }
}

/// The answer to `GetResourceIdentitySchemas`.
pub(super) fn identities(schema: &ProviderSchema) -> proto::get_resource_identity_schemas::Response {
    let with_identity = schema.resources.iter().filter(|(_, resource)| !resource.identity.is_empty());
    proto::get_resource_identity_schemas::Response {
        identity_schemas: with_identity
            .map(|(name, resource)| ((*name).to_owned(), identity(resource)))
            .collect(),
        diagnostics: Vec::new(),
    }
}

/// All functions by name.
pub(super) fn functions(schema: &ProviderSchema) -> std::collections::HashMap<String, proto::Function> {
    by_name(&schema.functions, function)
}

fn by_name<T, M>(
    declared: &std::collections::BTreeMap<&'static str, T>,
    message: impl Fn(&T) -> M,
) -> std::collections::HashMap<String, M> {
    declared.iter().map(|(name, of)| ((*name).to_owned(), message(of))).collect()
}

fn block(block: &Block) -> proto::Schema {
    proto::Schema {
        version: block.version,
        block: Some(proto::schema::Block {
            attributes: block.attributes.iter().map(attribute).collect(),
            description: block.doc.to_owned(),
            description_kind: Markdown.into(),
            ..Default::default()
        }),
    }
}

fn attribute(attribute: &Attribute) -> proto::schema::Attribute {
    // Exactly one of the two, else no host accepts the schema.
    let (plain, nested) = match &attribute.shape {
        Shape::Plain(kind) => (type_json(kind), None),
        Shape::Nested(nesting, attributes) => (Vec::new(), Some(object(*nesting, attributes))),
    };
    proto::schema::Attribute {
        name: attribute.name.to_owned(),
        r#type: plain,
        nested_type: nested,
        description: attribute.doc.to_owned(),
        description_kind: Markdown.into(),
        required: attribute.presence == Presence::Required,
        optional: matches!(attribute.presence, Presence::Optional | Presence::OptionalComputed),
        computed: matches!(attribute.presence, Presence::Computed | Presence::OptionalComputed),
        sensitive: attribute.sensitive,
        write_only: attribute.write_only,
        deprecated: attribute.deprecated.is_some(),
        deprecation_message: attribute.deprecated.unwrap_or_default().to_owned(),
    }
}

fn object(nesting: Nesting, attributes: &[Attribute]) -> proto::schema::Object {
    let nesting = match nesting {
        Nesting::Single => NestingMode::Single,
        Nesting::List => NestingMode::List,
        Nesting::Map => NestingMode::Map,
    };
    proto::schema::Object {
        attributes: attributes.iter().map(attribute).collect(),
        nesting: nesting.into(),
        ..Default::default()
    }
}

fn identity(resource: &Resource) -> proto::ResourceIdentitySchema {
    let attributes =
        resource.identity.iter().map(|attribute| proto::resource_identity_schema::IdentityAttribute {
            name: attribute.name.to_owned(),
            r#type: type_json(&attribute.kind),
            required_for_import: attribute.required,
            optional_for_import: !attribute.required,
            description: attribute.doc.to_owned(),
        });
    proto::ResourceIdentitySchema {
        version: resource.identity_version,
        identity_attributes: attributes.collect(),
    }
}

fn function(function: &Function) -> proto::Function {
    proto::Function {
        parameters: function.parameters.iter().map(parameter).collect(),
        variadic_parameter: None,
        r#return: Some(proto::function::Return { r#type: type_json(&function.returns) }),
        summary: function.summary.to_owned(),
        description: function.doc.to_owned(),
        description_kind: Markdown.into(),
        deprecation_message: String::new(),
    }
}

fn parameter(parameter: &Parameter) -> proto::function::Parameter {
    proto::function::Parameter {
        name: parameter.name.to_owned(),
        r#type: type_json(&parameter.kind),
        allow_null_value: parameter.allow_null,
        allow_unknown_values: parameter.allow_unknown,
        description: parameter.doc.to_owned(),
        description_kind: Markdown.into(),
    }
}

fn type_json(kind: &Kind) -> Vec<u8> {
    kind.to_json().to_string().into_bytes()
}
