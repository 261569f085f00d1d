//! Login with a client certificate from a PFX or PEM file.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::EncodingKey;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::assertion::{KeyWithChain, sign};
use super::{Desk, Failure, Issued, Source};
use crate::cloud::CloudError;
use crate::secret::Secret;

const ARGUMENT: &str = "azure.client_certificate_path";

impl Desk {
    /// Reads the file, signs a statement, exchanges it.
    pub(super) async fn by_certificate(&self) -> Result<Issued, Failure> {
        let source = Source::Certificate;
        let path = self.settings.client_certificate_path.clone().unwrap_or_default();
        let password = self.settings.client_certificate_password.clone().unwrap_or_default();
        let client = Self::needed(self.settings.client_id.as_ref(), "azure.client_id", source)?.to_owned();
        let audience = self.token_endpoint(source)?.to_string();
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        let id = uuid::Uuid::new_v4().to_string();
        // Opening a PFX derives a key from the password: slow on purpose.
        let assertion = tokio::task::spawn_blocking(move || {
            let pair = load(&path, &password)?;
            sign(&pair, &client, &audience, &id, now)
                .map_err(|error| bad(&path, format!("its key cannot sign: {error}")))
        })
        .await
        .map_err(|error| {
            Failure::Final(CloudError::Setting { argument: ARGUMENT, reason: error.to_string() })
        })??;
        self.by_assertion(source, &assertion).await
    }
}

fn bad(path: &Path, reason: impl std::fmt::Display) -> CloudError {
    CloudError::Setting { argument: ARGUMENT, reason: format!("{}: {reason}", path.display()) }
}

fn load(path: &Path, password: &Secret) -> Result<KeyWithChain, CloudError> {
    let content = std::fs::read(path).map_err(|error| bad(path, error))?;
    let pem = content.windows(10).any(|window| window == b"-----BEGIN");
    let (key, chain) = if pem { from_pem(path, &content)? } else { from_pfx(path, &content, password)? };
    if chain.is_empty() {
        return Err(bad(path, "it holds no certificate"));
    }
    Ok(KeyWithChain { key, chain })
}

fn from_pem(path: &Path, content: &[u8]) -> Result<(EncodingKey, Vec<Vec<u8>>), CloudError> {
    let chain = CertificateDer::pem_slice_iter(content)
        .map(|one| one.map(|one| one.to_vec()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| bad(path, error))?;
    let key = PrivateKeyDer::from_pem_slice(content)
        .map_err(|_| bad(path, "it holds no private key that is not encrypted"))?;
    let key = match key {
        PrivateKeyDer::Pkcs1(key) => EncodingKey::from_rsa_der(key.secret_pkcs1_der()),
        PrivateKeyDer::Pkcs8(key) => rsa_key(path, key.secret_pkcs8_der())?,
        _ => return Err(bad(path, "its private key is not an RSA key")),
    };
    Ok((key, chain))
}

fn from_pfx(
    path: &Path,
    content: &[u8],
    password: &Secret,
) -> Result<(EncodingKey, Vec<Vec<u8>>), CloudError> {
    let store = p12_keystore::KeyStore::from_pkcs12(content, password.expose())
        .map_err(|error| bad(path, format!("it cannot be opened as PFX with the given password: {error}")))?;
    let (_, entry) =
        store.private_key_chain().ok_or_else(|| bad(path, "it holds no private key with certificate"))?;
    let chain = entry.chain().iter().map(|one| one.as_der().to_vec()).collect();
    Ok((rsa_key(path, entry.key())?, chain))
}

/// An RSA key in PKCS#8.
fn rsa_key(path: &Path, der: &[u8]) -> Result<EncodingKey, CloudError> {
    // The library takes PKCS#8 as PEM only.
    let pem =
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines(&STANDARD.encode(der)));
    EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| bad(path, "its private key is not an RSA key"))
}

fn lines(text: &str) -> String {
    let mut broken = String::with_capacity(text.len() + text.len() / 64);
    for (index, letter) in text.chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            broken.push('\n');
        }
        broken.push(letter);
    }
    broken
}
