//! Checksums and base encodings.

use super::{Function, Param, ok, plain, text};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::Digest as _;

const ONE: &[Param] = &[Param::Str];

pub(super) const TABLE: &[Function] = &[
    plain("sha1sum", ONE, |args| ok(hex(&sha1::Sha1::digest(text(&args[0]))))),
    plain("sha256sum", ONE, |args| ok(hex(&sha2::Sha256::digest(text(&args[0]))))),
    plain("sha512sum", ONE, |args| ok(hex(&sha2::Sha512::digest(text(&args[0]))))),
    plain("adler32sum", ONE, |args| ok(adler32(text(&args[0])).to_string())),
    plain("b64enc", ONE, |args| ok(STANDARD.encode(text(&args[0])))),
    plain("b64dec", ONE, |args| {
        ok(match decode64(text(&args[0])) {
            Ok(bytes) => bytes,
            Err(at) => format!("illegal base64 data at input byte {at}").into_bytes(),
        })
    }),
    plain("b32enc", ONE, |args| ok(encode32(text(&args[0])))),
    plain("b32dec", ONE, |args| {
        ok(match decode32(text(&args[0])) {
            Ok(bytes) => bytes,
            Err(at) => format!("illegal base32 data at input byte {at}").into_bytes(),
        })
    }),
];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        out.push_str(&format!("{byte:02x}"));
        out
    })
}

fn adler32(bytes: &[u8]) -> u32 {
    let (mut a, mut b) = (1u32, 0u32);
    for byte in bytes {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    (b << 16) | a
}

/// Go's base64 with padding: line breaks are skipped, the error names the byte.
pub(super) fn decode64(text: &[u8]) -> Result<Vec<u8>, usize> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut at = 0;
    let skip = |mut at: usize| {
        while text.get(at).is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
            at += 1;
        }
        at
    };
    loop {
        let mut group = [0u8; 4];
        let mut count = 0;
        let mut ended = false;
        while count < 4 {
            at = skip(at);
            let Some(&byte) = text.get(at) else {
                if count == 0 {
                    return Ok(out);
                }
                return Err(at - count);
            };
            at += 1;
            if let Some(value) = value(byte) {
                group[count] = value;
                count += 1;
                continue;
            }
            if byte != b'=' || count < 2 {
                return Err(at - 1);
            }
            if count == 2 {
                at = skip(at);
                match text.get(at) {
                    None => return Err(text.len()),
                    Some(b'=') => at += 1,
                    Some(_) => return Err(at),
                }
            }
            at = skip(at);
            if at < text.len() {
                return Err(at);
            }
            ended = true;
            break;
        }
        let bits = group.iter().fold(0u32, |bits, value| (bits << 6) | u32::from(*value));
        let [_, first, second, third] = bits.to_be_bytes();
        out.extend_from_slice(&[first, second, third][..count.min(4) - 1]);
        if ended {
            return Ok(out);
        }
    }
}

const ALPHABET32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn encode32(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(5) {
        let bits = (0..5).fold(0u64, |bits, index| (bits << 8) | u64::from(*chunk.get(index).unwrap_or(&0)));
        let digits = (chunk.len() * 8).div_ceil(5);
        for index in 0..8 {
            let digit = usize::try_from((bits >> (35 - 5 * index)) & 31).unwrap_or(0);
            out.push(if index < digits { char::from(ALPHABET32[digit]) } else { '=' });
        }
    }
    out
}

fn decode32(text: &[u8]) -> Result<Vec<u8>, usize> {
    let clean: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let body = clean.iter().position(|byte| *byte == b'=').unwrap_or(clean.len());
    let mut out = Vec::new();
    let (mut bits, mut count) = (0u64, 0);
    for (at, byte) in clean[..body].iter().enumerate() {
        let value = ALPHABET32.iter().position(|letter| letter == byte).ok_or(at)?;
        bits = (bits << 5) | value as u64;
        count += 5;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from((bits >> count) & 0xff).unwrap_or(0));
        }
    }
    let padded = clean.len().is_multiple_of(8) && clean[body..].iter().all(|byte| *byte == b'=');
    let fits = matches!(body % 8, 0 | 2 | 4 | 5 | 7);
    if !padded || !fits || clean.len() - body > 6 {
        return Err(if clean.len().is_multiple_of(8) { body } else { clean.len() });
    }
    Ok(out)
}
