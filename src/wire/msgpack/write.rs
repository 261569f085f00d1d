//! From a value to MessagePack.

use std::collections::BTreeMap;

use rmp::encode::{self, ByteBuf};

use super::number::{Form, form};
use super::{DEPTH, REFINED, REFINEMENT};
use crate::value::{Kind, Number, Refinement, Step, Value};
use crate::wire::fault::{Fault, Problem};

/// Writes a value of the given type: every attribute of an object, null where the value has none.
///
/// # Errors
/// [`Fault`] where the value is not of the type.
pub fn write(value: &Value, kind: &Kind) -> Result<Vec<u8>, Fault> {
    let mut into = ByteBuf::new();
    put(value, kind, &mut into, DEPTH)?;
    Ok(into.into_vec())
}

fn put(value: &Value, kind: &Kind, into: &mut ByteBuf, depth: usize) -> Result<(), Fault> {
    let depth = depth.checked_sub(1).ok_or(Problem::Depth(DEPTH))?;
    match (kind, value) {
        (_, Value::Null) => {
            let Ok(()) = encode::write_nil(into);
        }
        (_, Value::Unknown(refinement)) => unknown(refinement, into)?,
        (Kind::Dynamic, Value::Typed(kind, value)) => {
            header(2, into, encode::write_array_len)?;
            let json = kind.to_json().to_string();
            sent(encode::write_bin(into, json.as_bytes()))?;
            put(value, kind, into, depth)?;
        }
        (Kind::Bool, Value::Bool(truth)) => {
            let Ok(()) = encode::write_bool(into, *truth);
        }
        (Kind::Number, Value::Number(number)) => put_number(number, into)?,
        (Kind::String, Value::String(text)) => put_text(text, into)?,
        (Kind::List(element), Value::List(values)) => {
            elements(values, |_| element, into, depth)?;
        }
        (Kind::Set(element), Value::List(values)) => {
            elements(values, |_| element, into, depth).map_err(Fault::under_set)?;
        }
        (Kind::Tuple(kinds), Value::List(values)) => {
            if kinds.len() != values.len() {
                return Err(Problem::Length { expected: kinds.len(), found: values.len() }.into());
            }
            put_each(values, |index| &kinds[index], into, depth)?;
        }
        (Kind::Map(element), Value::Map(values)) => {
            one_type(values.values())?;
            header(values.len(), into, encode::write_map_len)?;
            for (key, value) in values {
                put_text(key, into)?;
                put(value, element, into, depth).map_err(|fault| fault.under(Step::Key(key.clone())))?;
            }
        }
        (Kind::Object(attributes), Value::Map(values)) => object(values, attributes, into, depth)?,
        (kind, value) => return Err(Fault::mismatch(kind, words(value))),
    }
    Ok(())
}

fn object(
    values: &BTreeMap<String, Value>,
    attributes: &BTreeMap<String, Kind>,
    into: &mut ByteBuf,
    depth: usize,
) -> Result<(), Fault> {
    if let Some(name) = values.keys().find(|name| !attributes.contains_key(*name)) {
        return Err(Fault::from(Problem::Surplus).under(Step::Attribute(name.clone())));
    }
    header(attributes.len(), into, encode::write_map_len)?;
    for (name, kind) in attributes {
        put_text(name, into)?;
        let value = values.get(name).unwrap_or(&Value::Null);
        put(value, kind, into, depth).map_err(|fault| fault.under(Step::Attribute(name.clone())))?;
    }
    Ok(())
}

/// The elements of a list or set, which the hosts' types want alike.
fn elements<'kind>(
    values: &[Value],
    kind: impl Fn(usize) -> &'kind Kind,
    into: &mut ByteBuf,
    depth: usize,
) -> Result<(), Fault> {
    one_type(values.iter())?;
    put_each(values, kind, into, depth)
}

fn put_each<'kind>(
    values: &[Value],
    kind: impl Fn(usize) -> &'kind Kind,
    into: &mut ByteBuf,
    depth: usize,
) -> Result<(), Fault> {
    header(values.len(), into, encode::write_array_len)?;
    for (index, value) in values.iter().enumerate() {
        put(value, kind(index), into, depth).map_err(|fault| fault.under(Step::Index(index)))?;
    }
    Ok(())
}

/// Refuses dynamic elements of different types in one collection, on which a host breaks down.
fn one_type<'value>(values: impl Iterator<Item = &'value Value>) -> Result<(), Fault> {
    let mut kinds = values.filter_map(|value| match value {
        Value::Typed(kind, _) => Some(kind),
        _ => None,
    });
    match kinds.next() {
        Some(first) if kinds.any(|kind| kind != first) => Err(Problem::Mixed.into()),
        _ => Ok(()),
    }
}

fn put_number(number: &Number, into: &mut ByteBuf) -> Result<(), Fault> {
    match form(number) {
        Form::Whole(whole) => sent(encode::write_sint(into, whole)),
        Form::Float(float) => sent(encode::write_f64(into, float)),
        Form::Text(text) => put_text(text, into),
    }
}

fn put_text(text: &str, into: &mut ByteBuf) -> Result<(), Fault> {
    // The header holds 32 bits of length.
    u32::try_from(text.len()).map_err(|_| Problem::Size(u32::MAX as usize))?;
    sent(encode::write_str(into, text))
}

fn unknown(refinement: &Refinement, into: &mut ByteBuf) -> Result<(), Fault> {
    let payload = &refinement.0;
    if payload.is_empty() {
        sent(encode::write_ext_meta(into, 1, 0))?;
        into.as_mut_vec().push(0);
        return Ok(());
    }
    if payload.len() > REFINEMENT {
        return Err(Problem::Refinement(payload.len()).into());
    }
    header(payload.len(), into, |into, length| encode::write_ext_meta(into, length, REFINED))?;
    into.as_mut_vec().extend_from_slice(payload);
    Ok(())
}

fn header<M, E>(
    length: usize,
    into: &mut ByteBuf,
    write: impl FnOnce(&mut ByteBuf, u32) -> Result<M, E>,
) -> Result<(), Fault> {
    let length = u32::try_from(length).map_err(|_| Problem::Size(u32::MAX as usize))?;
    sent(write(into, length))
}

/// What a write into memory answers; it has no way to fail.
fn sent<M, E>(written: Result<M, E>) -> Result<(), Fault> {
    written.map(drop).map_err(|_| Problem::Truncated.into())
}

fn words(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Unknown(_) => "an unknown value",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
        Value::Typed(..) => "a value with a type of its own",
    }
}
