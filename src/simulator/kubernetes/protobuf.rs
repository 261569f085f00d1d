//! Bodies in Kubernetes' protocol buffers, of the few kinds that typed clients send so: Helm its releases, kubectl
//! its reviews and tokens. Field numbers are those of the API's published `.proto` files.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// How a field is read.
#[derive(Clone, Copy)]
enum Wire {
    Text,
    Integer,
    Boolean,
    Texts,
    Map,
    /// Values are bytes.
    Bytes,
    Message(Fields),
}

type Fields = &'static [(u64, &'static str, Wire)];

const METADATA: Fields = &[
    (1, "name", Wire::Text),
    (2, "generateName", Wire::Text),
    (3, "namespace", Wire::Text),
    (5, "uid", Wire::Text),
    (6, "resourceVersion", Wire::Text),
    (11, "labels", Wire::Map),
    (12, "annotations", Wire::Map),
    (14, "finalizers", Wire::Texts),
];
const SECRET: Fields = &[
    (1, "metadata", Wire::Message(METADATA)),
    (2, "data", Wire::Bytes),
    (3, "type", Wire::Text),
    (4, "stringData", Wire::Map),
    (5, "immutable", Wire::Boolean),
];
const CONFIG_MAP: Fields = &[
    (1, "metadata", Wire::Message(METADATA)),
    (2, "data", Wire::Map),
    (3, "binaryData", Wire::Bytes),
    (4, "immutable", Wire::Boolean),
];
const PRECONDITIONS: Fields = &[(1, "uid", Wire::Text), (2, "resourceVersion", Wire::Text)];
const DELETE_OPTIONS: Fields = &[
    (1, "gracePeriodSeconds", Wire::Integer),
    (2, "preconditions", Wire::Message(PRECONDITIONS)),
    (4, "propagationPolicy", Wire::Text),
    (5, "dryRun", Wire::Texts),
];
const RESOURCE: Fields = &[
    (1, "namespace", Wire::Text),
    (2, "verb", Wire::Text),
    (3, "group", Wire::Text),
    (4, "version", Wire::Text),
    (5, "resource", Wire::Text),
    (6, "subresource", Wire::Text),
    (7, "name", Wire::Text),
];
const PATH: Fields = &[(1, "path", Wire::Text), (2, "verb", Wire::Text)];
const ACCESS: Fields =
    &[(1, "resourceAttributes", Wire::Message(RESOURCE)), (2, "nonResourceAttributes", Wire::Message(PATH))];
const REVIEW: Fields = &[(1, "metadata", Wire::Message(METADATA)), (2, "spec", Wire::Message(ACCESS))];
const TOKEN: Fields = &[(1, "audiences", Wire::Texts), (4, "expirationSeconds", Wire::Integer)];
const TOKEN_REQUEST: Fields = &[(1, "metadata", Wire::Message(METADATA)), (2, "spec", Wire::Message(TOKEN))];
const NAMESPACE: Fields = &[(1, "metadata", Wire::Message(METADATA))];
const EVICTION: Fields =
    &[(1, "metadata", Wire::Message(METADATA)), (2, "deleteOptions", Wire::Message(DELETE_OPTIONS))];

/// The object that a body holds; none where it is of a kind that is not known here.
pub(crate) fn read(body: &[u8]) -> Option<Value> {
    let outer: Vec<(u64, Found<'_>)> = fields(body.strip_prefix(b"k8s\0")?)?;
    let part = |list: &[(u64, Found<'_>)], wanted: u64| {
        list.iter().find_map(|(number, found)| match found {
            Found::Bytes(bytes) if *number == wanted => Some(bytes.to_vec()),
            _ => None,
        })
    };
    let types = part(&outer, 1)?;
    let types = fields(&types)?;
    let text = |number| part(&types, number).and_then(|bytes| String::from_utf8(bytes).ok());
    let (version, kind) = (text(1).unwrap_or_default(), text(2)?);
    let shape = match kind.as_str() {
        "Secret" => SECRET,
        "ConfigMap" => CONFIG_MAP,
        "DeleteOptions" => DELETE_OPTIONS,
        "SelfSubjectAccessReview" => REVIEW,
        "TokenRequest" => TOKEN_REQUEST,
        "Namespace" => NAMESPACE,
        "Eviction" => EVICTION,
        _ => return None,
    };
    let mut object = message(&part(&outer, 2).unwrap_or_default(), shape)?;
    object["apiVersion"] = json!(version);
    object["kind"] = json!(kind);
    Some(object)
}

enum Found<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn fields(mut bytes: &[u8]) -> Option<Vec<(u64, Found<'_>)>> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let tag = number(&mut bytes)?;
        let found = match tag & 7 {
            0 => Found::Number(number(&mut bytes)?),
            2 => {
                let length = usize::try_from(number(&mut bytes)?).ok()?;
                let (part, rest) = bytes.split_at_checked(length)?;
                bytes = rest;
                Found::Bytes(part)
            }
            _ => return None,
        };
        all.push((tag >> 3, found));
    }
    Some(all)
}

fn message(bytes: &[u8], shape: Fields) -> Option<Value> {
    let mut object = Map::new();
    for (tag, found) in fields(bytes)? {
        let Some((_, name, wire)) = shape.iter().find(|(number, ..)| *number == tag) else { continue };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match (found, wire) {
            (Found::Number(value), Wire::Boolean) => {
                object.insert((*name).to_owned(), json!(value != 0));
            }
            (Found::Number(value), _) => {
                object.insert((*name).to_owned(), json!(value));
            }
            (Found::Bytes(bytes), Wire::Message(inner)) => {
                object.insert((*name).to_owned(), message(bytes, inner)?);
            }
            (Found::Bytes(bytes), Wire::Texts) => {
                let list = object.entry(*name).or_insert_with(|| json!([]));
                if let Some(list) = list.as_array_mut() {
                    list.push(json!(text(bytes)));
                }
            }
            (Found::Bytes(bytes), Wire::Map | Wire::Bytes) => {
                let (mut key, mut value) = (String::new(), Vec::new());
                for (number, found) in fields(bytes)? {
                    match (number, found) {
                        (1, Found::Bytes(bytes)) => key = text(bytes),
                        (2, Found::Bytes(bytes)) => value = bytes.to_vec(),
                        _ => {}
                    }
                }
                let value = if matches!(wire, Wire::Bytes) { STANDARD.encode(&value) } else { text(&value) };
                let map = object.entry(*name).or_insert_with(|| json!({}));
                map[key] = json!(value);
            }
            (Found::Bytes([]), _) => {}
            (Found::Bytes(bytes), _) => {
                object.insert((*name).to_owned(), json!(text(bytes)));
            }
        }
    }
    Some(Value::Object(object))
}
