//! Terraform's types, written as the hosts write them in JSON.

use std::collections::BTreeMap;

/// A type: what the hosts call a type constraint, without optional attributes.
///
/// Source: facts of plugin protocol 6, "Type JSON"; cty's own JSON form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `"string"`.
    String,
    /// `"number"`.
    Number,
    /// `"bool"`.
    Bool,
    /// `"dynamic"`: any value, which then carries its own type.
    Dynamic,
    /// `["list", T]`.
    List(Box<Kind>),
    /// `["set", T]`.
    Set(Box<Kind>),
    /// `["map", T]`.
    Map(Box<Kind>),
    /// `["tuple", [T…]]`.
    Tuple(Vec<Kind>),
    /// `["object", {"name": T}]`.
    Object(BTreeMap<String, Kind>),
}

impl Kind {
    /// A list of the given kind.
    #[must_use]
    pub fn list(element: Kind) -> Self {
        Self::List(Box::new(element))
    }

    /// A map of the given kind.
    #[must_use]
    pub fn map(element: Kind) -> Self {
        Self::Map(Box::new(element))
    }

    /// The type as the hosts write it.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::json;
        match self {
            Self::String => json!("string"),
            Self::Number => json!("number"),
            Self::Bool => json!("bool"),
            Self::Dynamic => json!("dynamic"),
            Self::List(element) => json!(["list", element.to_json()]),
            Self::Set(element) => json!(["set", element.to_json()]),
            Self::Map(element) => json!(["map", element.to_json()]),
            Self::Tuple(elements) => json!(["tuple", elements.iter().map(Self::to_json).collect::<Vec<_>>()]),
            Self::Object(attributes) => {
                let attributes: serde_json::Map<_, _> =
                    attributes.iter().map(|(name, kind)| (name.clone(), kind.to_json())).collect();
                json!(["object", attributes])
            }
        }
    }

    /// Reads a type as the hosts write it; absent where the JSON is no type.
    #[must_use]
    pub fn from_json(json: &serde_json::Value) -> Option<Self> {
        match json {
            serde_json::Value::String(name) => match name.as_str() {
                "string" => Some(Self::String),
                "number" => Some(Self::Number),
                "bool" => Some(Self::Bool),
                "dynamic" => Some(Self::Dynamic),
                _ => None,
            },
            serde_json::Value::Array(parts) => {
                let (name, argument) = (parts.first()?.as_str()?, parts.get(1)?);
                match name {
                    "list" => Some(Self::List(Box::new(Self::from_json(argument)?))),
                    "set" => Some(Self::Set(Box::new(Self::from_json(argument)?))),
                    "map" => Some(Self::Map(Box::new(Self::from_json(argument)?))),
                    "tuple" => argument
                        .as_array()?
                        .iter()
                        .map(Self::from_json)
                        .collect::<Option<Vec<_>>>()
                        .map(Self::Tuple),
                    "object" => argument
                        .as_object()?
                        .iter()
                        .map(|(name, kind)| Some((name.clone(), Self::from_json(kind)?)))
                        .collect::<Option<BTreeMap<_, _>>>()
                        .map(Self::Object),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The type in the words of the hosts' error messages, such as `list of string`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::String => "string".into(),
            Self::Number => "number".into(),
            Self::Bool => "bool".into(),
            Self::Dynamic => "any type".into(),
            Self::List(element) => format!("list of {}", element.words()),
            Self::Set(element) => format!("set of {}", element.words()),
            Self::Map(element) => format!("map of {}", element.words()),
            Self::Tuple(_) => "tuple".into(),
            Self::Object(_) => "object".into(),
        }
    }
}
