//! Public keys of version 4, and whether a signature is one of theirs.

use aws_lc_rs::signature::{self as lc, EcdsaVerificationAlgorithm, RsaParameters, UnparsedPublicKey};
use sha1::Digest as _;

use super::packet::Reader;
use super::signature::{Hash, Signature};

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublicKey {
    /// When it was made, in seconds of Unix.
    pub(super) created: u64,
    /// The last eight bytes of its fingerprint.
    pub(super) id: u64,
    pub(super) fingerprint: [u8; 20],
    /// What is hashed where the key is signed.
    hashed: Vec<u8>,
    material: Material,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Material {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    Ecdsa {
        curve: Curve,
        point: Vec<u8>,
    },
    Ed25519 {
        point: Vec<u8>,
    },
    /// It cannot sign, or not in a way that is known here.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Curve {
    P256,
    P384,
    P521,
}

const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];
const ED25519: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01];

impl PublicKey {
    /// Reads the body of a packet; of a secret key only the public half. Nothing where the key is of another
    /// version or cut off.
    pub(super) fn read(body: &[u8], is_secret: bool) -> Option<Self> {
        let mut reader = Reader(body);
        if reader.byte()? != 4 {
            return None;
        }
        let created = u64::from(reader.u32()?);
        let material = Self::material(&mut reader)?;
        let public = if is_secret { &body[..body.len() - reader.0.len()] } else { body };
        // Secret halves of unknown kinds cannot be told from the public ones.
        if is_secret && material == Material::Other {
            return None;
        }
        let mut hashed = vec![0x99];
        hashed.extend(u16::try_from(public.len()).ok()?.to_be_bytes());
        hashed.extend_from_slice(public);
        let fingerprint: [u8; 20] = sha1::Sha1::digest(&hashed).into();
        let id = fingerprint[12..].iter().fold(0, |id, byte| (id << 8) | u64::from(*byte));
        Some(Self { created, id, fingerprint, hashed, material })
    }

    fn material(reader: &mut Reader<'_>) -> Option<Material> {
        Some(match reader.byte()? {
            1 | 3 => Material::Rsa { n: reader.number()?.to_vec(), e: reader.number()?.to_vec() },
            19 => {
                let length = usize::from(reader.byte()?);
                let curve = match reader.take(length)? {
                    P256 => Some(Curve::P256),
                    P384 => Some(Curve::P384),
                    P521 => Some(Curve::P521),
                    _ => None,
                };
                let point = reader.number()?.to_vec();
                curve.map_or(Material::Other, |curve| Material::Ecdsa { curve, point })
            }
            22 => {
                let length = usize::from(reader.byte()?);
                let is_known = reader.take(length)? == ED25519;
                let point = reader.number()?;
                match point.strip_prefix(&[0x40]) {
                    Some(point) if is_known => Material::Ed25519 { point: point.to_vec() },
                    _ => Material::Other,
                }
            }
            27 => Material::Ed25519 { point: reader.take(32)?.to_vec() },
            _ => Material::Other,
        })
    }

    /// The key's part of what is hashed where it, its names and its subkeys are signed.
    pub(super) fn hashed(&self) -> &[u8] {
        &self.hashed
    }

    /// Whether it has made the signature of this message.
    pub(super) fn has_signed(&self, message: &[u8], signature: &Signature) -> bool {
        let mut text = message.to_vec();
        text.extend_from_slice(&signature.trailer);
        match (&self.material, signature.algorithm) {
            (Material::Rsa { n, e }, 1 | 3) => {
                let Some(number) = Reader(&signature.material).number() else { return false };
                let Some(padded) = padded(number, n.len()) else { return false };
                let key = lc::RsaPublicKeyComponents { n, e };
                rsa(signature.hash).is_some_and(|rule| key.verify(rule, &text, &padded).is_ok())
            }
            (Material::Ecdsa { curve, point }, 19) => {
                let mut reader = Reader(&signature.material);
                let (Some(r), Some(s)) = (reader.number(), reader.number()) else { return false };
                let Some(rule) = ecdsa(*curve, signature.hash) else { return false };
                UnparsedPublicKey::new(rule, point).verify(&text, &der(r, s)).is_ok()
            }
            (Material::Ed25519 { point }, 22 | 27) => {
                let Some(both) = halves(signature) else { return false };
                let digest = signature.hash.digest(&text);
                UnparsedPublicKey::new(&lc::ED25519, point).verify(&digest, &both).is_ok()
            }
            _ => false,
        }
    }
}

/// The two halves of a signature of Ed25519.
fn halves(signature: &Signature) -> Option<Vec<u8>> {
    let mut reader = Reader(&signature.material);
    if signature.algorithm == 27 {
        return reader.take(64).map(<[u8]>::to_vec);
    }
    let mut both = padded(reader.number()?, 32)?;
    both.extend(padded(reader.number()?, 32)?);
    Some(both)
}

/// A number with zeros in front; nothing where it is too long.
fn padded(number: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut padded = vec![0; length.checked_sub(number.len())?];
    padded.extend_from_slice(number);
    Some(padded)
}

/// SHA-1 counts for what keys say of themselves, as it does for Helm; messages are refused before.
fn rsa(hash: Hash) -> Option<&'static RsaParameters> {
    match hash {
        Hash::Sha1 => Some(&lc::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY),
        Hash::Sha256 => Some(&lc::RSA_PKCS1_2048_8192_SHA256),
        Hash::Sha384 => Some(&lc::RSA_PKCS1_2048_8192_SHA384),
        Hash::Sha512 => Some(&lc::RSA_PKCS1_2048_8192_SHA512),
    }
}

fn ecdsa(curve: Curve, hash: Hash) -> Option<&'static EcdsaVerificationAlgorithm> {
    match (curve, hash) {
        (_, Hash::Sha1) => None,
        (Curve::P256, Hash::Sha256) => Some(&lc::ECDSA_P256_SHA256_ASN1),
        (Curve::P256, Hash::Sha384) => Some(&lc::ECDSA_P256_SHA384_ASN1),
        (Curve::P256, Hash::Sha512) => Some(&lc::ECDSA_P256_SHA512_ASN1),
        (Curve::P384, Hash::Sha256) => Some(&lc::ECDSA_P384_SHA256_ASN1),
        (Curve::P384, Hash::Sha384) => Some(&lc::ECDSA_P384_SHA384_ASN1),
        (Curve::P384, Hash::Sha512) => Some(&lc::ECDSA_P384_SHA512_ASN1),
        (Curve::P521, Hash::Sha256) => Some(&lc::ECDSA_P521_SHA256_ASN1),
        (Curve::P521, Hash::Sha384) => Some(&lc::ECDSA_P521_SHA384_ASN1),
        (Curve::P521, Hash::Sha512) => Some(&lc::ECDSA_P521_SHA512_ASN1),
    }
}

/// Two numbers as a sequence of ASN.1.
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let mut inner = Vec::new();
    for number in [r, s] {
        // A leading bit would make it negative.
        let zero = number.first().is_none_or(|first| *first >= 0x80);
        inner.push(2);
        lengthy(&mut inner, number.len() + usize::from(zero));
        if zero {
            inner.push(0);
        }
        inner.extend_from_slice(number);
    }
    let mut sequence = vec![0x30];
    lengthy(&mut sequence, inner.len());
    sequence.extend(inner);
    sequence
}

fn lengthy(out: &mut Vec<u8>, length: usize) {
    match u8::try_from(length) {
        Ok(short @ 0..=0x7f) => out.push(short),
        Ok(long) => out.extend([0x81, long]),
        // No number of a curve is longer than 66 bytes; one that is verifies nothing.
        Err(_) => out.extend([0x81, 0xff]),
    }
}
