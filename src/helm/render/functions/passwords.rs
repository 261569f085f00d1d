//! Passwords: bcrypt, derived ones, and AES with a password.

use super::{Function, Outcome, Param, int, ok, plain, text, utf8, world};
use crate::helm::render::datum::Datum;
use crate::helm::render::exec::Machine;
use aes::cipher::{
    BlockDecryptMut, BlockEncryptMut, KeyIvInit,
    block_padding::{NoPadding, Pkcs7},
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Mac as _;

use Param::{Str as S, Uint32};

pub(super) const TABLE: &[Function] = &[
    world("bcrypt", &[S], |machine, args| Ok(Datum::str(hashed(machine, text(&args[0]))))),
    world("htpasswd", &[S, S], |machine, args| {
        let name = utf8(&args[0]);
        if name.contains(':') {
            return Ok(Datum::str(format!("invalid username: {name}")));
        }
        let hash = hashed(machine, text(&args[1]));
        Ok(Datum::str(format!("{name}:{hash}")))
    }),
    plain("derivePassword", &[Uint32, S, S, S, S], |args| {
        let counter = match &args[0] {
            Datum::Uint64(counter) => u32::try_from(*counter).unwrap_or(0),
            other => u32::try_from(int(other)).unwrap_or(0),
        };
        derive(counter, &utf8(&args[1]), [text(&args[2]), text(&args[3]), text(&args[4])])
    }),
    world("encryptAES", &[S, S], |machine, args| {
        let content = text(&args[1]);
        if content.is_empty() {
            return Ok(Datum::str(""));
        }
        let mut iv = [0; 16];
        machine.outside.chance.fill(&mut iv);
        let cipher = cbc::Encryptor::<aes::Aes256>::new(&key(text(&args[0])).into(), &iv.into());
        let encrypted = cipher.encrypt_padded_vec_mut::<Pkcs7>(content);
        Ok(Datum::str(STANDARD.encode([iv.as_slice(), &encrypted].concat())))
    }),
    plain("decryptAES", &[S, S], decrypt),
];

fn hashed(machine: &mut Machine<'_, '_>, password: &[u8]) -> String {
    if password.len() > 72 {
        return "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes".to_owned();
    }
    let mut salt = [0; 16];
    machine.outside.chance.fill(&mut salt);
    match bcrypt::hash_with_salt(password, 10, salt) {
        Ok(parts) => parts.format_for_version(bcrypt::Version::TwoA),
        Err(error) => format!("failed to encrypt string with bcrypt: {error}"),
    }
}

/// A key of 32 bytes out of a password: cut, or filled with zeros.
fn key(password: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    let length = password.len().min(32);
    key[..length].copy_from_slice(&password[..length]);
    key
}

fn decrypt(args: &[Datum]) -> Outcome {
    if text(&args[1]).is_empty() {
        return ok("");
    }
    let bytes = super::hashes::decode64(text(&args[1]))
        .map_err(|at| format!("illegal base64 data at input byte {at}"))?;
    let Some((iv, content)) = bytes.split_first_chunk::<16>() else {
        return Err(format!("runtime error: slice bounds out of range [:16] with capacity {}", bytes.len()));
    };
    let cipher = cbc::Decryptor::<aes::Aes256>::new(&key(text(&args[0])).into(), iv.into());
    let Ok(plain) = cipher.decrypt_padded_vec_mut::<NoPadding>(content) else {
        return Err("crypto/cipher: input not full blocks".to_owned());
    };
    let Some(padding) = plain.last() else {
        return Err("runtime error: index out of range [-1]".to_owned());
    };
    match plain.len().checked_sub(usize::from(*padding)) {
        Some(end) => ok(&plain[..end]),
        None => Err(format!(
            "runtime error: slice bounds out of range [:{}]",
            i64::try_from(plain.len()).unwrap_or(0) - i64::from(*padding)
        )),
    }
}

const SEED: &[u8] = b"com.lyndir.masterpassword";

/// The Master Password algorithm.
fn derive(counter: u32, kind: &str, [password, user, site]: [&[u8]; 3]) -> Outcome {
    let templates: &[&str] = match kind {
        "maximum" => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        "long" => &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
        "medium" => &["CvcnoCvc", "CvcCvcno"],
        "short" => &["Cvcn"],
        "basic" => &["aaanaaan", "aannaaan", "aaannaaa"],
        "pin" => &["nnnn"],
        _ => return ok(format!("cannot find password template {kind}")),
    };
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(0).to_be_bytes();
    let salt = [SEED, &length(user), user].concat();
    let mut key = [0; 64];
    let failed = |error: &dyn std::fmt::Display| format!("failed to derive password: {error}");
    match scrypt::Params::new(15, 8, 2, 64) {
        Ok(params) => scrypt::scrypt(password, &salt, &params, &mut key).map_err(|error| failed(&error))?,
        Err(error) => return ok(failed(&error)),
    }
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(&key).map_err(|error| failed(&error))?;
    mac.update(&[SEED, &length(site), site, &counter.to_be_bytes()].concat());
    let seed = mac.finalize().into_bytes();
    let template = templates[usize::from(seed[0]) % templates.len()];
    let letters = template.bytes().zip(&seed[1..]).map(|(class, byte)| {
        let letters: &[u8] = match class {
            b'V' => b"AEIOU",
            b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
            b'v' => b"aeiou",
            b'c' => b"bcdfghjklmnpqrstvwxyz",
            b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
            b'n' => b"0123456789",
            b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
            _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
        };
        letters[usize::from(*byte) % letters.len()]
    });
    ok(letters.collect::<Vec<u8>>())
}
