//! Tokens: those we give out, and those that clients present to get one.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

/// Lifetime of an access token, in seconds.
pub(crate) const LIFETIME: i64 = 3599;

/// All access tokens that were given out and are still known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    known: BTreeMap<String, Issued>,
    count: u64,
}

/// One access token's meaning.
#[derive(Clone, Debug)]
pub(crate) struct Issued {
    /// Tenant that issued it.
    pub(crate) tenant: String,
    /// Until when it is valid.
    pub(crate) expires: OffsetDateTime,
}

impl Tokens {
    /// Gives out a token.
    pub(crate) fn issue(
        &mut self,
        tenant: &str,
        audience: &str,
        client: &str,
        now: OffsetDateTime,
    ) -> String {
        self.count += 1;
        let expires = now + time::Duration::seconds(LIFETIME);
        let token = signed(&json!({
            "aud": audience,
            "iss": format!("https://sts.windows.net/{tenant}/"),
            "tid": tenant,
            "appid": client,
            "oid": super::settings::PRINCIPAL,
            "sub": super::settings::PRINCIPAL,
            "iat": now.unix_timestamp(),
            "nbf": now.unix_timestamp(),
            "exp": expires.unix_timestamp(),
            "uti": format!("{:022}", self.count),
            "ver": "1.0",
        }));
        self.known.insert(token.clone(), Issued { tenant: tenant.to_owned(), expires });
        token
    }

    /// What a presented token means.
    pub(crate) fn find(&self, token: &str) -> Option<&Issued> {
        self.known.get(token)
    }

    /// Makes every token that was given out so far worthless.
    pub(crate) fn expire_all(&mut self, now: OffsetDateTime) {
        for issued in self.known.values_mut() {
            issued.expires = issued.expires.min(now - time::Duration::seconds(11));
        }
    }
}

/// A JSON web token of ours. The signature is no cryptography: it only shows that we made the token.
pub(crate) fn signed(claims: &Value) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"RS256","kid":"simulator"}"#);
    let payload = URL_SAFE_NO_PAD.encode(claims.to_string());
    let signature = signature(&header, &payload);
    format!("{header}.{payload}.{signature}")
}

/// The parts of a JSON web token.
pub(crate) struct Assertion {
    /// Header.
    pub(crate) header: Value,
    /// Claims.
    pub(crate) claims: Value,
    /// Whether we made it.
    pub(crate) ours: bool,
}

impl Assertion {
    /// Takes a token apart; absent if it is none.
    pub(crate) fn parse(token: &str) -> Option<Self> {
        let mut parts = token.split('.');
        let (header, payload, mark) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || mark.is_empty() {
            return None;
        }
        let open = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
        Some(Self { header: open(header)?, claims: open(payload)?, ours: mark == signature(header, payload) })
    }

    /// A claim that is a text, or empty.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.claims.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether the token's time has come and not gone. A few minutes of difference are allowed.
    pub(crate) fn valid_at(&self, now: OffsetDateTime) -> bool {
        let number = |name: &str| self.claims.get(name).and_then(Value::as_i64);
        let now = now.unix_timestamp();
        number("exp").is_some_and(|end| end > now) && number("nbf").is_none_or(|begin| begin <= now + 300)
    }
}

fn signature(header: &str, payload: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"bud simulator\n");
    hash.update(header);
    hash.update(b".");
    hash.update(payload);
    URL_SAFE_NO_PAD.encode(hash.finalize())
}
