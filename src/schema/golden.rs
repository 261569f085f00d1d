//! The whole schema as JSON, in the shape of the hosts' `providers schema -json`.

use serde_json::{Map, Value as Json, json};

use super::{Attribute, Block, Function, Nesting, Presence, ProviderSchema, Shape};

/// The schema of one provider, as it stands under its address in `provider_schemas`.
#[must_use]
pub fn to_json(schema: &ProviderSchema) -> Json {
    let resources: Map<_, _> = schema
        .resources
        .iter()
        .map(|(name, resource)| ((*name).to_owned(), block(&resource.block)))
        .collect();
    let data: Map<_, _> =
        schema.data_sources.iter().map(|(name, data)| ((*name).to_owned(), block(&data.block))).collect();
    let ephemerals: Map<_, _> = schema
        .ephemerals
        .iter()
        .map(|(name, ephemeral)| ((*name).to_owned(), block(&ephemeral.block)))
        .collect();
    let functions: Map<_, _> =
        schema.functions.iter().map(|(name, declared)| ((*name).to_owned(), function(declared))).collect();
    let identities: Map<_, _> = schema
        .resources
        .iter()
        .filter(|(_, resource)| !resource.identity.is_empty())
        .map(|(name, resource)| {
            let attributes: Map<_, _> = resource
                .identity
                .iter()
                .map(|attribute| {
                    let necessity =
                        if attribute.required { "required_for_import" } else { "optional_for_import" };
                    let shown = json!({
                        "type": attribute.kind.to_json(), "description": attribute.doc, necessity: true
                    });
                    (attribute.name.to_owned(), shown)
                })
                .collect();
            ((*name).to_owned(), json!({ "version": resource.identity_version, "attributes": attributes }))
        })
        .collect();
    let mut shown = Map::new();
    shown.insert("provider".into(), block(&schema.provider));
    for (name, part) in [
        ("resource_schemas", resources),
        ("data_source_schemas", data),
        ("ephemeral_resource_schemas", ephemerals),
        ("functions", functions),
        ("resource_identity_schemas", identities),
    ] {
        if !part.is_empty() {
            shown.insert(name.into(), Json::Object(part));
        }
    }
    Json::Object(shown)
}

fn block(block: &Block) -> Json {
    json!({
        "version": block.version,
        "block": {
            "attributes": attributes(&block.attributes),
            "description": block.doc,
            "description_kind": "markdown",
        }
    })
}

fn attributes(declared: &[Attribute]) -> Json {
    Json::Object(declared.iter().map(|one| (one.name.to_owned(), attribute(one))).collect())
}

fn attribute(attribute: &Attribute) -> Json {
    let mut shown = Map::new();
    match &attribute.shape {
        Shape::Plain(kind) => {
            shown.insert("type".into(), kind.to_json());
        }
        Shape::Nested(nesting, nested) => {
            let mode = match nesting {
                Nesting::Single => "single",
                Nesting::List => "list",
                Nesting::Map => "map",
            };
            shown.insert(
                "nested_type".into(),
                json!({ "attributes": attributes(nested), "nesting_mode": mode }),
            );
        }
    }
    shown.insert("description".into(), attribute.doc.into());
    shown.insert("description_kind".into(), "markdown".into());
    let flags = [
        ("required", attribute.presence == Presence::Required),
        ("optional", matches!(attribute.presence, Presence::Optional | Presence::OptionalComputed)),
        ("computed", matches!(attribute.presence, Presence::Computed | Presence::OptionalComputed)),
        ("sensitive", attribute.sensitive),
        ("write_only", attribute.write_only),
        ("deprecated", attribute.deprecated.is_some()),
    ];
    for (name, set) in flags {
        if set {
            shown.insert(name.into(), true.into());
        }
    }
    Json::Object(shown)
}

fn function(function: &Function) -> Json {
    let parameters: Vec<Json> = function
        .parameters
        .iter()
        .map(|parameter| {
            let mut shown = json!({
                "name": parameter.name, "description": parameter.doc, "type": parameter.kind.to_json()
            });
            if parameter.allow_null {
                shown["is_nullable"] = true.into();
            }
            shown
        })
        .collect();
    json!({
        "description": function.doc,
        "summary": function.summary,
        "return_type": function.returns.to_json(),
        "parameters": parameters,
    })
}
