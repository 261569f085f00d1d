//! MessagePack, by the type of the value.

use std::collections::BTreeMap;

use bud::value::{Kind, Number, Refinement, Value};
use rmp::Marker;
use rmp::{decode, encode};

/// The extension type of an unknown value of which something is known.
const REFINED: i8 = 0x0c;

pub(crate) fn to_msgpack(kind: &Kind, value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes, kind, value);
    bytes
}

fn write(bytes: &mut Vec<u8>, kind: &Kind, value: &Value) {
    match (kind, value) {
        (Kind::Dynamic, Value::Typed(kind, value)) => {
            encode::write_array_len(bytes, 2).unwrap();
            encode::write_bin(bytes, kind.to_json().to_string().as_bytes()).unwrap();
            write(bytes, kind, value);
        }
        (_, Value::Null) => encode::write_nil(bytes).unwrap(),
        (_, Value::Unknown(Refinement(known))) if known.is_empty() => bytes.extend([0xd4, 0, 0]),
        (_, Value::Unknown(Refinement(known))) => {
            bytes.extend([0xc7, u8::try_from(known.len()).unwrap(), REFINED.to_ne_bytes()[0]]);
            bytes.extend(known);
        }
        (_, Value::Bool(truth)) => encode::write_bool(bytes, *truth).unwrap(),
        (_, Value::Number(number)) => write_number(bytes, number),
        (_, Value::String(text)) => encode::write_str(bytes, text).unwrap(),
        (Kind::Tuple(kinds), Value::List(elements)) => {
            encode::write_array_len(bytes, u32::try_from(elements.len()).unwrap()).unwrap();
            kinds.iter().zip(elements).for_each(|(kind, element)| write(bytes, kind, element));
        }
        (Kind::List(element) | Kind::Set(element), Value::List(elements)) => {
            encode::write_array_len(bytes, u32::try_from(elements.len()).unwrap()).unwrap();
            elements.iter().for_each(|one| write(bytes, element, one));
        }
        (Kind::Map(element), Value::Map(entries)) => {
            encode::write_map_len(bytes, u32::try_from(entries.len()).unwrap()).unwrap();
            for (key, entry) in entries {
                encode::write_str(bytes, key).unwrap();
                write(bytes, element, entry);
            }
        }
        (Kind::Object(attributes), Value::Map(_)) => {
            encode::write_map_len(bytes, u32::try_from(attributes.len()).unwrap()).unwrap();
            for (name, kind) in attributes {
                encode::write_str(bytes, name).unwrap();
                write(bytes, kind, value.get(name));
            }
        }
        _ => panic!("{value:?} is no {}", kind.words()),
    }
}

/// A whole number that fits is one, what a float holds exactly is a float, the rest is text.
fn write_number(bytes: &mut Vec<u8>, number: &Number) {
    if let Some(whole) = number.as_i64() {
        encode::write_sint(bytes, whole).unwrap();
        return;
    }
    let float = number.as_f64();
    let exact = Number::parse(&format!("{float:.1074}")).is_some_and(|exact| exact == *number);
    if exact && float.fract() != 0.0 {
        encode::write_f64(bytes, float).unwrap();
    } else {
        encode::write_str(bytes, number.text()).unwrap();
    }
}

pub(crate) fn from_msgpack(kind: &Kind, mut bytes: &[u8]) -> Result<Value, String> {
    let value = read(kind, &mut bytes)?;
    if bytes.is_empty() { Ok(value) } else { Err(format!("{} bytes follow the value", bytes.len())) }
}

fn read(kind: &Kind, bytes: &mut &[u8]) -> Result<Value, String> {
    let marker = Marker::from_u8(*bytes.first().ok_or("the value ends early")?);
    if marker == Marker::Null {
        *bytes = &bytes[1..];
        return Ok(Value::Null);
    }
    if let Some(unknown) = read_unknown(marker, bytes)? {
        return Ok(unknown);
    }
    match kind {
        Kind::Dynamic => read_dynamic(bytes),
        Kind::Bool => decode::read_bool(bytes).map(Value::Bool).map_err(|_| "a bool is required".to_owned()),
        Kind::String => read_text(bytes).map(|text| super::text(&text)),
        Kind::Number => read_number(marker, bytes).map(Value::Number),
        Kind::List(element) | Kind::Set(element) => {
            let length = array(bytes)?;
            (0..length).map(|_| read(element, bytes)).collect::<Result<_, _>>().map(Value::List)
        }
        Kind::Tuple(kinds) => {
            let length = array(bytes)?;
            if length as usize != kinds.len() {
                return Err(format!("a tuple of length {} is required", kinds.len()));
            }
            kinds.iter().map(|kind| read(kind, bytes)).collect::<Result<_, _>>().map(Value::List)
        }
        Kind::Map(element) => {
            let length = map(bytes)?;
            (0..length)
                .map(|_| Ok((read_text(bytes)?, read(element, bytes)?)))
                .collect::<Result<_, String>>()
                .map(Value::Map)
        }
        Kind::Object(attributes) => {
            let length = map(bytes)? as usize;
            if length != attributes.len() {
                let count = attributes.len();
                return Err(format!("an object with {count} attributes is required ({length} given)"));
            }
            let mut entries = BTreeMap::new();
            for _ in 0..length {
                let name = read_text(bytes)?;
                let kind = attributes.get(&name).ok_or_else(|| format!("unsupported attribute {name:?}"))?;
                let value = read(kind, bytes).map_err(|fault| format!("{name}: {fault}"))?;
                entries.insert(name, value);
            }
            Ok(Value::Map(entries))
        }
    }
}

/// Any extension of at most one byte is unknown, and the one whose type says that more is known.
fn read_unknown(marker: Marker, bytes: &mut &[u8]) -> Result<Option<Value>, String> {
    let is_extension = matches!(
        marker,
        Marker::FixExt1
            | Marker::FixExt2
            | Marker::FixExt4
            | Marker::FixExt8
            | Marker::FixExt16
            | Marker::Ext8
            | Marker::Ext16
            | Marker::Ext32
    );
    if !is_extension {
        return Ok(None);
    }
    let meta = decode::read_ext_meta(bytes).map_err(|error| error.to_string())?;
    let length = meta.size as usize;
    let (known, rest) = bytes.split_at_checked(length).ok_or("the value ends early")?;
    *bytes = rest;
    match (length, meta.typeid) {
        (_, REFINED) => Ok(Some(Value::Unknown(Refinement(known.to_vec())))),
        (0 | 1, _) => Ok(Some(Value::unknown())),
        (_, other) => Err(format!("unsupported extension type {other}")),
    }
}

fn read_dynamic(bytes: &mut &[u8]) -> Result<Value, String> {
    if array(bytes)? != 2 {
        return Err("a dynamic value is its type and itself".to_owned());
    }
    let length = match Marker::from_u8(*bytes.first().ok_or("the value ends early")?) {
        Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => {
            decode::read_bin_len(bytes).map_err(|error| error.to_string())?
        }
        _ => decode::read_str_len(bytes).map_err(|error| error.to_string())?,
    };
    let (json, rest) = bytes.split_at_checked(length as usize).ok_or("the value ends early")?;
    *bytes = rest;
    let json = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    let kind = Kind::from_json(&json).ok_or_else(|| format!("{json} is no type"))?;
    let value = read(&kind, bytes)?;
    Ok(Value::Typed(Box::new(kind), Box::new(value)))
}

fn read_text(bytes: &mut &[u8]) -> Result<String, String> {
    let whole: &[u8] = bytes;
    let (text, rest) = decode::read_str_from_slice(whole).map_err(|_| "a string is required".to_owned())?;
    let text = text.to_owned();
    *bytes = rest;
    Ok(text)
}

fn read_number(marker: Marker, bytes: &mut &[u8]) -> Result<Number, String> {
    let found = match marker {
        Marker::F32 => decode::read_f32(bytes).ok().and_then(|float| Number::from_f64(f64::from(float))),
        Marker::F64 => decode::read_f64(bytes).ok().and_then(Number::from_f64),
        Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => Number::parse(&read_text(bytes)?),
        _ => decode::read_int::<i128, _>(bytes).ok().and_then(|whole| Number::parse(&whole.to_string())),
    };
    found.ok_or_else(|| "a number is required".to_owned())
}

fn array(bytes: &mut &[u8]) -> Result<u32, String> {
    decode::read_array_len(bytes).map_err(|_| "a list is required".to_owned())
}

fn map(bytes: &mut &[u8]) -> Result<u32, String> {
    decode::read_map_len(bytes).map_err(|_| "a map is required".to_owned())
}
