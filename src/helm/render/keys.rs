//! Private keys out of given randomness, which no library of keys takes, and PEM.
//!
//! What is made here is what charts make with Helm: keys that a cluster's components use among themselves.

use super::Chance;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use num_bigint::BigUint;
use rcgen::KeyPair;

/// Candidates with one of these factors are no primes.
const SMALL: usize = 2000;

/// A PEM block as Go encodes it.
pub(crate) fn pem(kind: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut out = format!("-----BEGIN {kind}-----\n");
    for line in body.as_bytes().chunks(64) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push('\n');
    }
    out.push_str(&format!("-----END {kind}-----\n"));
    out
}

/// The first PEM block of a text: its kind and its bytes.
fn block(text: &str) -> Option<(String, Vec<u8>)> {
    let (_, rest) = text.split_once("-----BEGIN ")?;
    let (kind, rest) = rest.split_once("-----")?;
    let (body, _) = rest.split_once(&format!("-----END {kind}-----"))?;
    let body: String = body.lines().filter(|line| !line.contains(':')).flat_map(str::chars).collect();
    let body: String = body.chars().filter(|letter| !letter.is_whitespace()).collect();
    Some((kind.to_owned(), STANDARD.decode(body).ok()?))
}

/// The certificate in a PEM, held to be one.
pub(crate) fn certificate(text: &str) -> Result<Vec<u8>, String> {
    let (_, der) = block(text).ok_or_else(|| "unable to decode certificate".to_owned())?;
    match x509_parser::parse_x509_certificate(&der) {
        Ok(_) => Ok(der),
        Err(error) => Err(format!("error parsing certificate: decodedCert.Bytes: {error}")),
    }
}

/// The key pair in a PEM.
pub(crate) fn pair(text: &str) -> Result<KeyPair, String> {
    let (kind, der) = block(text).ok_or_else(|| "no PEM data in input".to_owned())?;
    let der = match kind.as_str() {
        "PRIVATE KEY" => rustls::pki_types::PrivateKeyDer::Pkcs8(der.into()),
        "RSA PRIVATE KEY" => rustls::pki_types::PrivateKeyDer::Pkcs1(der.into()),
        "EC PRIVATE KEY" => rustls::pki_types::PrivateKeyDer::Sec1(der.into()),
        _ => {
            return Err(match kind.strip_suffix(" PRIVATE KEY") {
                Some(kind) => format!("invalid private key type {kind}"),
                None => format!("no private key data in PEM block of type {kind}"),
            });
        }
    };
    KeyPair::try_from(&der).map_err(|error| error.to_string())
}

/// An RSA key.
#[derive(Debug)]
pub(crate) struct Rsa {
    der: Vec<u8>,
}

impl Rsa {
    /// PKCS#1, as Helm writes it.
    pub(crate) fn pem(&self) -> String {
        pem("RSA PRIVATE KEY", &self.der)
    }
}

/// Draws an RSA key of so many bits.
pub(crate) fn rsa(chance: &mut dyn Chance, bits: u64) -> Rsa {
    let one = BigUint::from(1_u8);
    let exponent = BigUint::from(65_537_u32);
    loop {
        let (p, q) = (prime(chance, bits / 2, true), prime(chance, bits / 2, true));
        let (p, q) = if p > q { (p, q) } else { (q, p) };
        let modulus = &p * &q;
        let (p1, q1) = (&p - &one, &q - &one);
        if p == q || modulus.bits() != bits {
            continue;
        }
        let (Some(d), Some(inverse)) = (exponent.modinv(&(&p1 * &q1)), q.modinv(&p)) else { continue };
        let numbers = [BigUint::ZERO, modulus, exponent, d.clone(), p, q, &d % &p1, &d % &q1, inverse]
            .map(|n| integer(&n));
        return Rsa { der: sequence(&numbers.concat()) };
    }
}

/// A DSA key in OpenSSL's form, with parameters of its own.
pub(crate) fn dsa(chance: &mut dyn Chance) -> String {
    let one = BigUint::from(1_u8);
    let q = prime(chance, 256, false);
    let p = loop {
        let candidate = number(chance, 2048, true);
        let candidate = &candidate - (&candidate % (&q * 2_u8)) + &one;
        if candidate.bits() == 2048 && is_prime(chance, &candidate) {
            break candidate;
        }
    };
    let mut base = BigUint::from(2_u8);
    let g = loop {
        let g = base.modpow(&((&p - &one) / &q), &p);
        if g != one {
            break g;
        }
        base += 1_u8;
    };
    let x = loop {
        let x = number(chance, 256, false);
        if x > BigUint::ZERO && x < q {
            break x;
        }
    };
    let y = g.modpow(&x, &p);
    let numbers = [BigUint::ZERO, p, q, g, y, x].map(|n| integer(&n));
    pem("DSA PRIVATE KEY", &sequence(&numbers.concat()))
}

/// A key on P-256 in SEC 1's form.
pub(crate) fn ecdsa(chance: &mut dyn Chance) -> String {
    use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
    loop {
        let mut scalar = [0; 32];
        chance.fill(&mut scalar);
        // A scalar beyond the order is drawn again.
        let Ok(key) = PrivateKey::from_private_key(&ECDH_P256, &scalar) else { continue };
        let Ok(public) = key.compute_public_key() else { continue };
        let curve = tagged(0xA0, &[0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]);
        let bits = tagged(0x03, &[&[0], public.as_ref()].concat());
        let parts = [vec![0x02, 0x01, 0x01], tagged(0x04, &scalar), curve, tagged(0xA1, &bits)];
        return pem("EC PRIVATE KEY", &sequence(&parts.concat()));
    }
}

/// A key for Ed25519 in PKCS#8.
pub(crate) fn ed25519(chance: &mut dyn Chance) -> String {
    let mut seed = [0; 32];
    chance.fill(&mut seed);
    let algorithm = sequence(&[0x06, 0x03, 0x2B, 0x65, 0x70]);
    let parts = [vec![0x02, 0x01, 0x00], algorithm, tagged(0x04, &tagged(0x04, &seed))];
    pem("PRIVATE KEY", &sequence(&parts.concat()))
}

fn number(chance: &mut dyn Chance, bits: u64, top: bool) -> BigUint {
    let mut bytes = vec![0; usize::try_from(bits / 8).unwrap_or(0)];
    chance.fill(&mut bytes);
    let mut number = BigUint::from_bytes_be(&bytes);
    if top {
        number.set_bit(bits - 1, true);
    }
    number
}

/// A prime of so many bits; with two top bits set, the product of two has twice as many.
fn prime(chance: &mut dyn Chance, bits: u64, two_top: bool) -> BigUint {
    let small = small_primes();
    'candidates: loop {
        let mut start = number(chance, bits, true);
        start.set_bit(0, true);
        if two_top {
            start.set_bit(bits - 2, true);
        }
        let rests: Vec<u32> = small.iter().map(|prime| remainder(&start, *prime)).collect();
        'steps: for step in (0..u32::try_from(bits).unwrap_or(0) * 8).step_by(2) {
            for (prime, rest) in small.iter().zip(&rests) {
                if (rest + step) % prime == 0 {
                    continue 'steps;
                }
            }
            let candidate = &start + step;
            if candidate.bits() != bits {
                continue 'candidates;
            }
            if is_prime(chance, &candidate) {
                return candidate;
            }
        }
    }
}

fn remainder(number: &BigUint, by: u32) -> u32 {
    (number % by).iter_u32_digits().next().unwrap_or(0)
}

fn small_primes() -> Vec<u32> {
    let limit = u32::try_from(SMALL).unwrap_or(2);
    (3..limit).step_by(2).filter(|n| (3..).take_while(|d| d * d <= *n).all(|d| n % d != 0)).collect()
}

/// Miller and Rabin's test, often enough for numbers of this size that are drawn at random.
fn is_prime(chance: &mut dyn Chance, candidate: &BigUint) -> bool {
    let one = BigUint::from(1_u8);
    let below = candidate - &one;
    if !candidate.bit(0) || small_primes().iter().any(|prime| remainder(candidate, *prime) == 0) {
        return false;
    }
    let twos = below.trailing_zeros().unwrap_or(0);
    let odd = &below >> twos;
    'witnesses: for round in 0..16 {
        let base = if round == 0 { BigUint::from(2_u8) } else { number(chance, 64, true) };
        let mut value = base.modpow(&odd, candidate);
        if value == one || value == below {
            continue;
        }
        for _ in 1..twos {
            value = value.modpow(&BigUint::from(2_u8), candidate);
            if value == below {
                continue 'witnesses;
            }
        }
        return false;
    }
    true
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len();
    if length < 0x80 {
        out.push(u8::try_from(length).unwrap_or(0));
    } else {
        let bytes = length.to_be_bytes();
        let bytes = &bytes[bytes.iter().position(|byte| *byte != 0).unwrap_or(0)..];
        out.push(0x80 | u8::try_from(bytes.len()).unwrap_or(0));
        out.extend_from_slice(bytes);
    }
    out.extend_from_slice(content);
    out
}

fn sequence(content: &[u8]) -> Vec<u8> {
    tagged(0x30, content)
}

fn integer(number: &BigUint) -> Vec<u8> {
    let mut bytes = number.to_bytes_be();
    if bytes.first().is_some_and(|byte| *byte >= 0x80) {
        bytes.insert(0, 0);
    }
    tagged(0x02, &bytes)
}
