//! From MessagePack to a value.

use std::collections::BTreeMap;

use rmp::Marker;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::{DEPTH, PARTS, REFINED, REFINEMENT, number};
use crate::value::{Kind, Number, Refinement, Step, Value};
use crate::wire::fault::{Fault, Problem};

/// Reads one value of the given type. A missing attribute is null, one that the type does not have is
/// refused.
///
/// # Errors
/// [`Fault`] with the place and what is wrong there.
pub fn read(bytes: &[u8], kind: &Kind) -> Result<Value, Fault> {
    let mut reader = Reader { rest: bytes, parts: PARTS };
    let value = reader.value(kind, DEPTH)?;
    match reader.rest.len() {
        0 => Ok(value),
        surplus => Err(Problem::Trailing(surplus).into()),
    }
}

struct Reader<'bytes> {
    rest: &'bytes [u8],
    /// How many more values there may be.
    parts: usize,
}

impl<'bytes> Reader<'bytes> {
    fn value(&mut self, kind: &Kind, depth: usize) -> Result<Value, Fault> {
        let depth = depth.checked_sub(1).ok_or(Problem::Depth(DEPTH))?;
        self.count(1)?;
        let marker = self.marker()?;
        if marker == Marker::Null {
            return Ok(Value::Null);
        }
        if let Some(length) = self.extension(marker)? {
            return self.unknown(length);
        }
        match kind {
            Kind::String => Ok(Value::String(self.text(marker, kind)?)),
            Kind::Number => self.number(marker),
            Kind::Bool => match marker {
                Marker::True => Ok(Value::Bool(true)),
                Marker::False => Ok(Value::Bool(false)),
                other => Err(Fault::mismatch(kind, words(other))),
            },
            Kind::Dynamic => self.dynamic(marker, depth),
            Kind::List(element) => {
                let length = self.array(marker, kind)?;
                self.elements(length, |_| element, depth)
            }
            Kind::Set(element) => {
                let length = self.array(marker, kind)?;
                self.elements(length, |_| element, depth).map_err(Fault::under_set)
            }
            Kind::Tuple(elements) => {
                let length = self.array(marker, kind)?;
                if length != elements.len() {
                    return Err(Problem::Length { expected: elements.len(), found: length }.into());
                }
                self.elements(length, |index| &elements[index], depth)
            }
            Kind::Map(element) => self.map(marker, element, depth),
            Kind::Object(attributes) => self.object(marker, attributes, depth),
        }
    }

    fn elements<'kind>(
        &mut self,
        length: usize,
        kind: impl Fn(usize) -> &'kind Kind,
        depth: usize,
    ) -> Result<Value, Fault> {
        // Each element takes a byte, so a length that was made up reserves nothing beyond the message.
        let mut values = Vec::with_capacity(length.min(self.rest.len()).min(self.parts));
        for index in 0..length {
            let value = self.value(kind(index), depth);
            values.push(value.map_err(|fault| fault.under(Step::Index(index)))?);
        }
        Ok(Value::List(values))
    }

    fn map(&mut self, marker: Marker, element: &Kind, depth: usize) -> Result<Value, Fault> {
        let length = self.entries(marker).ok_or_else(|| wrong_map(marker, element))??;
        let mut values = BTreeMap::new();
        for _ in 0..length {
            let key = self.key()?;
            let value = self.value(element, depth).map_err(|fault| fault.under(Step::Key(key.clone())))?;
            if values.insert(key.clone(), value).is_some() {
                return Err(Fault::from(Problem::Twice).under(Step::Key(key)));
            }
        }
        Ok(Value::Map(values))
    }

    fn object(
        &mut self,
        marker: Marker,
        attributes: &BTreeMap<String, Kind>,
        depth: usize,
    ) -> Result<Value, Fault> {
        let length = self
            .entries(marker)
            .ok_or_else(|| Problem::Mismatch { expected: "object".into(), found: words(marker) })??;
        let mut values = BTreeMap::new();
        for _ in 0..length {
            let name = self.key()?;
            let place = || Step::Attribute(name.clone());
            let Some(kind) = attributes.get(&name) else {
                return Err(Fault::from(Problem::Surplus).under(place()));
            };
            let value = self.value(kind, depth).map_err(|fault| fault.under(place()))?;
            if values.insert(name.clone(), value).is_some() {
                return Err(Fault::from(Problem::Twice).under(place()));
            }
        }
        self.count(attributes.len() - values.len())?;
        for name in attributes.keys() {
            if !values.contains_key(name) {
                values.insert(name.clone(), Value::Null);
            }
        }
        Ok(Value::Map(values))
    }

    /// The pair of a type and a value of it.
    fn dynamic(&mut self, marker: Marker, depth: usize) -> Result<Value, Fault> {
        if self.array(marker, &Kind::Dynamic)? != 2 {
            return Err(Problem::Type.into());
        }
        let marker = self.marker()?;
        let json = match self.binary(marker)? {
            Some(json) => json,
            None => self.raw_text(marker, &Kind::Dynamic)?,
        };
        // The type takes memory by its length, too.
        self.count(json.len() / 4)?;
        let json = serde_json::from_slice(json).ok();
        let kind = json.and_then(|json| Kind::from_json(&json)).ok_or(Problem::Type)?;
        if kind == Kind::Dynamic {
            // Only null and unknown have no type of their own, and a pair around them says no more.
            let value = self.value(&Kind::Dynamic, depth)?;
            let bare = matches!(value, Value::Null | Value::Unknown(_));
            return if bare { Ok(value) } else { Err(Problem::Type.into()) };
        }
        let value = self.value(&kind, depth)?;
        Ok(Value::Typed(Box::new(kind), Box::new(value)))
    }

    fn number(&mut self, marker: Marker) -> Result<Value, Fault> {
        let number = match marker {
            Marker::FixPos(number) => Some(Number::from(i64::from(number))),
            Marker::FixNeg(number) => Some(Number::from(i64::from(number))),
            Marker::I8 => Some(Number::from(i64::from(i8::from_be_bytes(self.array_of()?)))),
            Marker::I16 => Some(Number::from(i64::from(i16::from_be_bytes(self.array_of()?)))),
            Marker::I32 => Some(Number::from(i64::from(i32::from_be_bytes(self.array_of()?)))),
            Marker::I64 => Some(Number::from(i64::from_be_bytes(self.array_of()?))),
            Marker::U8 => Some(Number::from(i64::from(u8::from_be_bytes(self.array_of()?)))),
            Marker::U16 => Some(Number::from(i64::from(u16::from_be_bytes(self.array_of()?)))),
            Marker::U32 => Some(Number::from(i64::from(u32::from_be_bytes(self.array_of()?)))),
            Marker::U64 => Number::parse(&u64::from_be_bytes(self.array_of()?).to_string()),
            Marker::F32 => number::of_float(f64::from(f32::from_be_bytes(self.array_of()?))),
            Marker::F64 => number::of_float(f64::from_be_bytes(self.array_of()?)),
            other => Number::parse(&self.text(other, &Kind::Number)?),
        };
        number.map(Value::Number).ok_or_else(|| Problem::Number.into())
    }

    /// The payload of an extension: everything that is an extension is an unknown value.
    fn unknown(&mut self, length: usize) -> Result<Value, Fault> {
        let kind = self.array_of::<1>()?[0];
        let payload = self.take(length)?;
        // Shorter than a refinement can be: the plain unknown value. Other long extensions are
        // refinements of a future kind, which nobody has to understand.
        if length <= 1 || i8::from_be_bytes([kind]) != REFINED {
            return Ok(Value::unknown());
        }
        if length > REFINEMENT {
            return Err(Problem::Refinement(length).into());
        }
        Ok(Value::Unknown(Refinement(payload.to_vec())))
    }

    fn key(&mut self) -> Result<String, Fault> {
        let marker = self.marker()?;
        self.text(marker, &Kind::String)
    }

    fn text(&mut self, marker: Marker, kind: &Kind) -> Result<String, Fault> {
        let text = std::str::from_utf8(self.raw_text(marker, kind)?).map_err(|_| Problem::Utf8)?;
        Ok(match is_nfc_quick(text.chars()) {
            IsNormalized::Yes => text.to_owned(),
            _ => text.nfc().collect(),
        })
    }

    // === Headers and bytes ===

    fn raw_text(&mut self, marker: Marker, kind: &Kind) -> Result<&'bytes [u8], Fault> {
        let length = match marker {
            Marker::FixStr(length) => usize::from(length),
            Marker::Str8 => self.length8()?,
            Marker::Str16 => self.length16()?,
            Marker::Str32 => self.length32()?,
            other => return Err(Fault::mismatch(kind, words(other))),
        };
        self.take(length)
    }

    fn binary(&mut self, marker: Marker) -> Result<Option<&'bytes [u8]>, Fault> {
        let length = match marker {
            Marker::Bin8 => self.length8()?,
            Marker::Bin16 => self.length16()?,
            Marker::Bin32 => self.length32()?,
            _ => return Ok(None),
        };
        self.take(length).map(Some)
    }

    fn array(&mut self, marker: Marker, kind: &Kind) -> Result<usize, Fault> {
        match marker {
            Marker::FixArray(length) => Ok(usize::from(length)),
            Marker::Array16 => self.length16(),
            Marker::Array32 => self.length32(),
            other => Err(Fault::mismatch(kind, words(other))),
        }
    }

    /// How many entries the map has; absent where the marker is not that of a map.
    fn entries(&mut self, marker: Marker) -> Option<Result<usize, Fault>> {
        match marker {
            Marker::FixMap(length) => Some(Ok(usize::from(length))),
            Marker::Map16 => Some(self.length16()),
            Marker::Map32 => Some(self.length32()),
            _ => None,
        }
    }

    /// The payload length of an extension; absent where the marker is not that of an extension.
    fn extension(&mut self, marker: Marker) -> Result<Option<usize>, Fault> {
        Ok(Some(match marker {
            Marker::FixExt1 => 1,
            Marker::FixExt2 => 2,
            Marker::FixExt4 => 4,
            Marker::FixExt8 => 8,
            Marker::FixExt16 => 16,
            Marker::Ext8 => self.length8()?,
            Marker::Ext16 => self.length16()?,
            Marker::Ext32 => self.length32()?,
            _ => return Ok(None),
        }))
    }

    fn marker(&mut self) -> Result<Marker, Fault> {
        Ok(Marker::from_u8(self.array_of::<1>()?[0]))
    }

    fn length8(&mut self) -> Result<usize, Fault> {
        Ok(usize::from(u8::from_be_bytes(self.array_of()?)))
    }

    fn length16(&mut self) -> Result<usize, Fault> {
        Ok(usize::from(u16::from_be_bytes(self.array_of()?)))
    }

    fn length32(&mut self) -> Result<usize, Fault> {
        let length = u32::from_be_bytes(self.array_of()?);
        usize::try_from(length).map_err(|_| Problem::Truncated.into())
    }

    fn array_of<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], Fault> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(Problem::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn take(&mut self, length: usize) -> Result<&'bytes [u8], Fault> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Problem::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn count(&mut self, parts: usize) -> Result<(), Fault> {
        self.parts = self.parts.checked_sub(parts).ok_or(Problem::Size(PARTS))?;
        Ok(())
    }
}

fn wrong_map(marker: Marker, element: &Kind) -> Fault {
    Problem::Mismatch { expected: format!("map of {}", element.words()), found: words(marker) }.into()
}

/// What a marker begins, in the words of a message.
fn words(marker: Marker) -> &'static str {
    match marker {
        Marker::Null => "null",
        Marker::True | Marker::False => "bool",
        Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => "string",
        Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => "bytes",
        Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => "a list",
        Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => "a map",
        Marker::FixPos(_) | Marker::FixNeg(_) => "number",
        Marker::U8 | Marker::U16 | Marker::U32 | Marker::U64 => "number",
        Marker::I8 | Marker::I16 | Marker::I32 | Marker::I64 | Marker::F32 | Marker::F64 => "number",
        _ => "nothing that the protocol knows",
    }
}
