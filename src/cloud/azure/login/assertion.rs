//! The signed statement by which a certificate logs in.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// A private key with its certificate first and the certificates of its issuers after it.
pub(super) struct KeyWithChain {
    /// Ready to sign.
    pub(super) key: EncodingKey,
    /// DER, the key's own certificate first.
    pub(super) chain: Vec<Vec<u8>>,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    sub: &'a str,
    jti: &'a str,
    nbf: u64,
    exp: u64,
}

/// The statement, good for ten minutes. It names the certificate by its SHA-256 and carries the chain,
/// so that applications that trust a subject name instead of one certificate accept it too.
pub(super) fn sign(
    pair: &KeyWithChain,
    client: &str,
    audience: &str,
    id: &str,
    now: u64,
) -> Result<String, jsonwebtoken::errors::Error> {
    let mut header = Header::new(Algorithm::RS256);
    header.x5t_s256 = pair.chain.first().map(|own| URL_SAFE_NO_PAD.encode(Sha256::digest(own)));
    header.x5c = Some(pair.chain.iter().map(|one| STANDARD.encode(one)).collect());
    // A little in the past, for clocks that differ.
    let claims = Claims {
        aud: audience,
        iss: client,
        sub: client,
        jti: id,
        nbf: now.saturating_sub(60),
        exp: now + 600,
    };
    encode(&header, &claims, &pair.key)
}
