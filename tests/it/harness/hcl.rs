//! Configurations as text: the body of a resource or provider block, evaluated and converted to the
//! types of a schema as the hosts do it.
//!
//! Literals, lists, objects and null; `unknown()` stands for a value that is not known yet.

use std::collections::BTreeMap;

use bud::value::{Kind, Number, Value};
use hcl_edit::expr::{Expression, ObjectKey, UnaryOperator};
use hcl_edit::structure::{Body, Structure};
use hcl_edit::template::Element;

use super::alike::alike;
use super::schema::{Attribute, Attributes, Block, Nested, Nesting};

/// Reads the body of a block. What a host would refuse is an error, one text per fault.
pub(crate) fn body(block: &Block, text: &str) -> Result<Value, Vec<String>> {
    let body: Body = text.parse().map_err(|error| vec![format!("{error}")])?;
    let mut given = BTreeMap::new();
    let mut faults = Vec::new();
    for structure in &body {
        match structure {
            Structure::Block(other) => {
                faults.push(format!(
                    "Unsupported block type: Blocks of type {:?} are not expected here.",
                    other.ident.as_str()
                ));
            }
            Structure::Attribute(attribute) => {
                let name = attribute.key.as_str();
                match (block.attributes.contains_key(name), evaluate(&attribute.value)) {
                    (false, _) => faults.push(format!(
                        "Unsupported argument: An argument named {name:?} is not expected here."
                    )),
                    (true, Ok(value)) => {
                        given.insert(name.to_owned(), value);
                    }
                    (true, Err(fault)) => faults.push(format!("{name}: {fault}")),
                }
            }
        }
    }
    for (name, attribute) in &block.attributes {
        if attribute.required && !given.contains_key(name) {
            faults.push(format!(
                "Missing required argument: The argument {name:?} is required, but no definition was found."
            ));
        }
    }
    let value = Value::object(block.attributes.iter().map(|(name, attribute)| {
        let given = given.get(name).unwrap_or(&Value::Null);
        let converted = convert_attribute(attribute, given).unwrap_or_else(|fault| {
            faults.push(format!(
                "Incorrect attribute value type: Inappropriate value for attribute {name:?}: {fault}."
            ));
            Value::Null
        });
        (name.clone(), converted)
    }));
    if faults.is_empty() { Ok(value) } else { Err(faults) }
}

/// Reads one expression, such as an argument of a function, as a value of the given type.
pub(crate) fn expression(kind: &Kind, text: &str) -> Result<Value, String> {
    let expression: Expression = text.parse().map_err(|error| format!("{error}"))?;
    convert(kind, &evaluate(&expression)?)
}

fn evaluate(expression: &Expression) -> Result<Value, String> {
    let value = match expression {
        Expression::Null(_) => Value::Null,
        Expression::Bool(truth) => Value::Bool(*truth.value()),
        Expression::Number(number) => {
            // The text as it was written: a float would lose digits.
            let text = number.as_repr().map_or_else(|| number.value().to_string(), |repr| repr.to_string());
            Value::Number(Number::parse(text.trim()).ok_or_else(|| format!("{text} is no number"))?)
        }
        Expression::String(text) => Value::string(text.value().as_str()),
        Expression::StringTemplate(template) => Value::string(literal(template.iter())?),
        Expression::HeredocTemplate(heredoc) => Value::string(literal(heredoc.template.iter())?),
        Expression::Array(array) => Value::List(array.iter().map(evaluate).collect::<Result<_, _>>()?),
        Expression::Object(object) => {
            let mut entries = BTreeMap::new();
            for (key, value) in object {
                let key = match key {
                    ObjectKey::Ident(ident) => ident.as_str().to_owned(),
                    ObjectKey::Expression(key) => match evaluate(key)? {
                        Value::String(text) => text,
                        Value::Number(number) => number.to_string(),
                        _ => return Err("a key is no string".to_owned()),
                    },
                };
                entries.insert(key, evaluate(value.expr())?);
            }
            Value::Map(entries)
        }
        Expression::Parenthesis(inner) => evaluate(inner.inner())?,
        Expression::UnaryOp(operation) if *operation.operator.value() == UnaryOperator::Neg => {
            match evaluate(&operation.expr)? {
                Value::Number(number) => Number::parse(&format!("-{number}"))
                    .map(Value::Number)
                    .ok_or_else(|| format!("-{number} is no number"))?,
                _ => return Err("only numbers can be negative".to_owned()),
            }
        }
        Expression::FuncCall(call) if call.name.name.as_str() == "unknown" && call.args.is_empty() => {
            Value::unknown()
        }
        other => return Err(format!("only literals and unknown() can be evaluated here, not {other:?}")),
    };
    Ok(value)
}

fn literal<'element>(elements: impl Iterator<Item = &'element Element>) -> Result<String, String> {
    elements
        .map(|element| match element {
            Element::Literal(text) => Ok(text.value().as_str()),
            _ => Err("templates with interpolations cannot be evaluated here".to_owned()),
        })
        .collect()
}

fn convert_attribute(attribute: &Attribute, value: &Value) -> Result<Value, String> {
    match &attribute.nested {
        Some(nested) => convert_nested(nested, value),
        None => convert(&attribute.kind, value),
    }
}

fn convert_nested(nested: &Nested, value: &Value) -> Result<Value, String> {
    if value.is_null() || value.is_unknown() {
        return Ok(value.clone());
    }
    let object = |value: &Value| convert_object(&nested.attributes, value);
    match (nested.nesting, value) {
        (Nesting::Single, _) => object(value),
        (Nesting::Map, Value::Map(entries)) => entries
            .iter()
            .map(|(key, entry)| {
                Ok((key.clone(), object(entry).map_err(|fault| format!("element {key:?}: {fault}"))?))
            })
            .collect::<Result<_, String>>()
            .map(Value::Map),
        (Nesting::List | Nesting::Set, Value::List(elements)) => {
            let elements = elements
                .iter()
                .enumerate()
                .map(|(index, element)| object(element).map_err(|fault| format!("element {index}: {fault}")))
                .collect::<Result<Vec<_>, _>>()?;
            Ok(Value::List(if nested.nesting == Nesting::Set {
                distinct(&nested.element(), elements)
            } else {
                elements
            }))
        }
        (Nesting::Map, _) => Err("map of object required".to_owned()),
        (Nesting::List, _) => Err("list of object required".to_owned()),
        (Nesting::Set, _) => Err("set of object required".to_owned()),
    }
}

/// Nested objects may leave out what is not required; what they have too much is dropped without a
/// word, as the hosts do (R14).
fn convert_object(attributes: &Attributes, value: &Value) -> Result<Value, String> {
    if value.is_null() || value.is_unknown() {
        return Ok(value.clone());
    }
    let Value::Map(entries) = value else { return Err("object required".to_owned()) };
    attributes
        .iter()
        .map(|(name, attribute)| {
            let given = match entries.get(name) {
                Some(given) => given,
                None if attribute.required => return Err(format!("attribute {name:?} is required")),
                None => &Value::Null,
            };
            let converted = convert_attribute(attribute, given)
                .map_err(|fault| format!("attribute {name:?}: {fault}"))?;
            Ok((name.clone(), converted))
        })
        .collect::<Result<_, String>>()
        .map(Value::Map)
}

/// Converts a value to a type, as the hosts' type system does where it must.
fn convert(kind: &Kind, value: &Value) -> Result<Value, String> {
    if let (Kind::Dynamic, value) = (kind, value) {
        return Ok(if value.is_null() || value.is_unknown() {
            value.clone()
        } else {
            Value::Typed(Box::new(own_kind(value)), Box::new(typed(value)))
        });
    }
    if value.is_null() || value.is_unknown() {
        return Ok(value.clone());
    }
    match (kind, value) {
        (Kind::String, Value::String(_))
        | (Kind::Number, Value::Number(_))
        | (Kind::Bool, Value::Bool(_)) => Ok(value.clone()),
        (Kind::String, Value::Number(number)) => Ok(Value::string(number.text())),
        (Kind::String, Value::Bool(truth)) => Ok(Value::string(truth.to_string())),
        (Kind::Number, Value::String(text)) => {
            Number::parse(text).map(Value::Number).ok_or_else(|| "a number is required".to_owned())
        }
        (Kind::Bool, Value::String(text)) => match text.as_str() {
            "true" | "1" => Ok(Value::Bool(true)),
            "false" | "0" => Ok(Value::Bool(false)),
            _ => Err("a bool is required".to_owned()),
        },
        (Kind::List(element), Value::List(elements)) => convert_elements(element, elements).map(Value::List),
        (Kind::Set(element), Value::List(elements)) => {
            Ok(Value::List(distinct(element, convert_elements(element, elements)?)))
        }
        (Kind::Tuple(kinds), Value::List(elements)) if kinds.len() == elements.len() => kinds
            .iter()
            .zip(elements)
            .map(|(kind, element)| convert(kind, element))
            .collect::<Result<_, _>>()
            .map(Value::List),
        (Kind::Map(element), Value::Map(entries)) => entries
            .iter()
            .map(|(key, entry)| {
                Ok((
                    key.clone(),
                    convert(element, entry).map_err(|fault| format!("element {key:?}: {fault}"))?,
                ))
            })
            .collect::<Result<_, String>>()
            .map(Value::Map),
        (Kind::Object(attributes), Value::Map(entries)) => attributes
            .iter()
            .map(|(name, kind)| {
                let given = entries.get(name).ok_or_else(|| format!("attribute {name:?} is required"))?;
                Ok((
                    name.clone(),
                    convert(kind, given).map_err(|fault| format!("attribute {name:?}: {fault}"))?,
                ))
            })
            .collect::<Result<_, String>>()
            .map(Value::Map),
        (Kind::String | Kind::Number | Kind::Bool, _) => Err(format!("{} required", kind.words())),
        _ => Err(format!("{} required", kind.words())),
    }
}

fn convert_elements(kind: &Kind, elements: &[Value]) -> Result<Vec<Value>, String> {
    let convert =
        |(index, element)| convert(kind, element).map_err(|fault| format!("element {index}: {fault}"));
    elements.iter().enumerate().map(convert).collect()
}

/// The elements of a set in the hosts' order: texts and numbers sorted, each value once.
fn distinct(kind: &Kind, elements: Vec<Value>) -> Vec<Value> {
    let mut once: Vec<Value> = Vec::new();
    for element in elements {
        if element.is_unknown() || !once.iter().any(|other| alike(kind, other, &element)) {
            once.push(element);
        }
    }
    match kind {
        Kind::String => once.sort_by(|left, right| left.as_str().cmp(&right.as_str())),
        Kind::Number => once.sort_by(|left, right| match (left, right) {
            (Value::Number(left), Value::Number(right)) => left.as_f64().total_cmp(&right.as_f64()),
            _ => std::cmp::Ordering::Equal,
        }),
        _ => {}
    }
    once
}

/// The type that a literal has by itself.
fn own_kind(value: &Value) -> Kind {
    match value {
        Value::Bool(_) => Kind::Bool,
        Value::Number(_) => Kind::Number,
        Value::String(_) => Kind::String,
        Value::List(elements) => Kind::Tuple(elements.iter().map(own_kind).collect()),
        Value::Map(entries) => {
            Kind::Object(entries.iter().map(|(key, entry)| (key.clone(), own_kind(entry))).collect())
        }
        Value::Typed(kind, _) => kind.as_ref().clone(),
        Value::Null | Value::Unknown(_) => Kind::Dynamic,
    }
}

/// A literal as its own type wants it; what is null or unknown inside stays of any type.
fn typed(value: &Value) -> Value {
    match value {
        Value::Typed(_, inner) => inner.as_ref().clone(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::sample::{block, computed, nested, optional, required};
    use super::*;

    fn network() -> Block {
        block([
            ("name", required(Kind::String)),
            ("count_of", optional(Kind::Number)),
            ("enabled", optional(Kind::Bool)),
            ("tags", optional(Kind::map(Kind::String))),
            ("zones", optional(Kind::Set(Box::new(Kind::String)))),
            ("anything", optional(Kind::Dynamic)),
            ("id", computed(Kind::String)),
            (
                "rules",
                nested(
                    Nesting::Map,
                    [("priority", required(Kind::Number)), ("ports", optional(Kind::list(Kind::String)))],
                ),
            ),
        ])
    }

    #[test]
    fn literals_become_the_types_of_the_schema() {
        let value = body(
            &network(),
            r#"
            name     = 12
            count_of = "0.10"
            enabled  = "true"
            tags     = { a = 1, "b" = true }
            zones    = ["2", 1, "2"]
            rules    = { ssh = { priority = 100, ports = [22, "80"], prts = ["443"] } }
            "#,
        )
        .unwrap();
        assert_eq!(value.get("name"), &Value::string("12"));
        assert_eq!(value.get("count_of"), &Value::Number(Number::parse("0.1").unwrap()));
        assert_eq!(value.get("enabled"), &Value::Bool(true));
        assert_eq!(
            value.get("tags"),
            &Value::object([("a", Value::string("1")), ("b", Value::string("true"))])
        );
        assert_eq!(value.get("zones"), &Value::List(vec![Value::string("1"), Value::string("2")]));
        assert_eq!(value.get("id"), &Value::Null);
        let ports = Value::List(vec![Value::string("22"), Value::string("80")]);
        let rule = Value::object([("priority", Value::int(100)), ("ports", ports)]);
        assert_eq!(value.get("rules"), &Value::object([("ssh", rule)]));
    }

    #[test]
    fn unknown_values_stand_anywhere() {
        let value = body(
            &network(),
            "name = unknown()\nrules = { a = { priority = 1, ports = [unknown()] }, b = unknown() }",
        );
        let value = value.unwrap();
        assert!(value.get("name").is_unknown());
        assert_eq!(value.get("rules").get("a").get("ports"), &Value::List(vec![Value::unknown()]));
        assert!(value.get("rules").get("b").is_unknown());
    }

    #[test]
    fn numbers_keep_their_digits() {
        let value = body(&network(), "name = \"a\"\ncount_of = -1234567890.12345678901").unwrap();
        let Value::Number(number) = value.get("count_of") else { panic!("{value:?}") };
        assert_eq!(number.text(), "-1234567890.12345678901");
    }

    #[test]
    fn what_a_host_refuses_is_refused() {
        let refused = |text: &str| body(&network(), text).unwrap_err().join("\n");
        assert!(refused("name = \"a\"\nnmae = 1").contains("Unsupported argument"));
        assert!(refused("count_of = 1").contains("Missing required argument"));
        assert!(refused("name = []").contains("string required"));
        assert!(refused("name = \"a\"\nenabled = \"yes\"").contains("a bool is required"));
        assert!(refused("name = \"a\"\nrules = { a = {} }").contains("attribute \"priority\" is required"));
        assert!(refused("name = \"a\"\nrules = [1]").contains("map of object required"));
        assert!(refused("name = \"a\"\nrules {}").contains("Unsupported block type"));
        assert!(refused("name = ").contains("-->"));
    }

    #[test]
    fn dynamic_values_carry_their_own_type() {
        let value = body(&network(), "name = \"a\"\nanything = [1, \"x\"]").unwrap();
        let kind = Kind::Tuple(vec![Kind::Number, Kind::String]);
        let inner = Value::List(vec![Value::int(1), Value::string("x")]);
        assert_eq!(value.get("anything"), &Value::Typed(Box::new(kind), Box::new(inner)));
        assert_eq!(
            expression(&Kind::list(Kind::String), "[1]").unwrap(),
            Value::List(vec![Value::string("1")])
        );
    }
}
