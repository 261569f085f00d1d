//! Chance: texts, numbers and identifiers out of the randomness that the render was given.

use super::{Function, Param, int, utf8, world};
use crate::helm::render::Chance;
use crate::helm::render::datum::Datum;
use crate::helm::render::exec::{Failure, Machine};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use Param::{Int, Str as S};

pub(super) const TABLE: &[Function] = &[
    world("randAlphaNum", &[Int], |machine, args| {
        letters(machine, args, b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    }),
    world("randAlpha", &[Int], |machine, args| {
        letters(machine, args, b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    }),
    world("randNumeric", &[Int], |machine, args| letters(machine, args, b"0123456789")),
    world("randAscii", &[Int], |machine, args| {
        let printable: Vec<u8> = (b' '..=b'~').collect();
        letters(machine, args, &printable)
    }),
    world("randInt", &[Int, Int], |machine, args| {
        let (least, limit) = (int(&args[0]), int(&args[1]));
        match u64::try_from(limit.wrapping_sub(least)) {
            Ok(span) if span > 0 => {
                Ok(Datum::Int(least + i64::try_from(below(machine.outside.chance, span)).unwrap_or(0)))
            }
            _ => Err(Failure::text("invalid argument to Intn")),
        }
    }),
    world("randBytes", &[Int], |machine, args| {
        let mut bytes = vec![0; size(args)?];
        machine.outside.chance.fill(&mut bytes);
        Ok(Datum::str(STANDARD.encode(bytes)))
    }),
    world("shuffle", &[S], |machine, args| {
        let mut runes: Vec<char> = utf8(&args[0]).chars().collect();
        for last in (1..runes.len()).rev() {
            let other = below(machine.outside.chance, last as u64 + 1);
            runes.swap(last, usize::try_from(other).unwrap_or(0));
        }
        Ok(Datum::str(runes.into_iter().collect::<String>()))
    }),
    world("uuidv4", &[], |machine, _| {
        let mut bytes = [0; 16];
        machine.outside.chance.fill(&mut bytes);
        Ok(Datum::str(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()))
    }),
];

/// A number below a limit, each as likely as the others.
pub(crate) fn below(chance: &mut dyn Chance, limit: u64) -> u64 {
    let fair = u64::MAX - u64::MAX % limit;
    loop {
        let mut bytes = [0; 8];
        chance.fill(&mut bytes);
        let number = u64::from_le_bytes(bytes);
        if number < fair {
            return number % limit;
        }
    }
}

fn size(args: &[Datum]) -> Result<usize, Failure> {
    match usize::try_from(int(&args[0])) {
        Ok(count) if count <= super::MOST => Ok(count),
        Ok(_) => Err(Failure::limit(format!("the text would have more than {} bytes", super::MOST))),
        Err(_) => Err(Failure::text("runtime error: makeslice: len out of range")),
    }
}

fn letters(machine: &mut Machine<'_, '_>, args: &[Datum], alphabet: &[u8]) -> Result<Datum, Failure> {
    if int(&args[0]) < 0 {
        return Ok(Datum::str(""));
    }
    let count = size(args)?;
    // One byte at a time, of which the unfair ones are drawn again.
    let fair = 256 - 256 % alphabet.len();
    let mut out = Vec::with_capacity(count);
    let mut bytes = [0; 64];
    while out.len() < count {
        machine.outside.chance.fill(&mut bytes);
        let drawn = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < fair);
        out.extend(drawn.map(|byte| alphabet[byte % alphabet.len()]).take(count - out.len()));
    }
    Ok(Datum::str(out))
}
