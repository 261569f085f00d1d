//! What to log in with: a private key in any usual form, with or without a certificate, or an agent.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use russh::keys::decode_secret_key;
use ssh_key::{Certificate, PrivateKey, PublicKey};

use crate::secret::Secret;

use super::pin::shown;

/// Something to log in with.
#[derive(Clone)]
pub enum Identity {
    /// A private key.
    Key {
        /// The key.
        key: Arc<PrivateKey>,
        /// The certificate of a user authority for it, where servers ask for one.
        certificate: Option<Box<Certificate>>,
    },
    /// An agent's keys.
    Agent {
        /// Its socket, which `SSH_AUTH_SOCK` names.
        socket: PathBuf,
        /// The only key to ask it for; all where there is none. A server counts each as an attempt.
        only: Option<Box<PublicKey>>,
    },
}

/// Why a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// It is encrypted, and there is no passphrase.
    #[error("the private key is encrypted, and no passphrase is given")]
    Encrypted,
    /// The passphrase does not open it.
    #[error("the passphrase does not open the private key")]
    Passphrase,
    /// It is the public half.
    #[error("it is a public key")]
    Public,
    /// It is in none of the forms that are read: OpenSSH, PKCS#8, PKCS#1, SEC 1.
    #[error("it is no private key in OpenSSH's form or PEM: {0}")]
    NotRead(String),
    /// The certificate cannot be read.
    #[error("the certificate cannot be read: {0}")]
    Certificate(String),
    /// The certificate is for another key.
    #[error("the certificate is for the key {certified}, not for {given}")]
    OtherKey {
        /// The key that is certified.
        certified: String,
        /// The key that is given.
        given: String,
    },
}

impl Identity {
    /// Reads a private key: OpenSSH's own form, or PEM as PKCS#8, PKCS#1 or SEC 1.
    ///
    /// # Errors
    /// [`IdentityError`] with the reason.
    pub fn key(private: &Secret, passphrase: Option<&Secret>) -> Result<Self, IdentityError> {
        Ok(Self::Key { key: Arc::new(open(private, passphrase)?), certificate: None })
    }

    /// Reads a private key and the certificate that goes with it, the text of `id_…-cert.pub`.
    ///
    /// # Errors
    /// [`IdentityError`] with the reason.
    pub fn certified(
        private: &Secret,
        passphrase: Option<&Secret>,
        certificate: &str,
    ) -> Result<Self, IdentityError> {
        let key = open(private, passphrase)?;
        let certificate = Certificate::from_openssh(certificate.trim())
            .map_err(|error| IdentityError::Certificate(error.to_string()))?;
        if certificate.public_key() != key.public_key().key_data() {
            let certified = PublicKey::new(certificate.public_key().clone(), "");
            let (certified, given) = (shown(&certified), shown(key.public_key()));
            return Err(IdentityError::OtherKey { certified, given });
        }
        Ok(Self::Key { key: Arc::new(key), certificate: Some(Box::new(certificate)) })
    }

    /// Uses the keys of an agent.
    #[must_use]
    pub fn agent(socket: PathBuf) -> Self {
        Self::Agent { socket, only: None }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key { key, certificate } => {
                let certified = if certificate.is_some() { " with a certificate" } else { "" };
                write!(formatter, "{}{certified}", shown(key.public_key()))
            }
            Self::Agent { socket, .. } => write!(formatter, "agent {}", socket.display()),
        }
    }
}

fn open(private: &Secret, passphrase: Option<&Secret>) -> Result<PrivateKey, IdentityError> {
    let text = private.expose().trim();
    if !text.contains("PRIVATE KEY-----") {
        let public = PublicKey::from_openssh(text).is_ok();
        return Err(if public {
            IdentityError::Public
        } else {
            IdentityError::NotRead("no PEM header".into())
        });
    }
    // A passphrase for a key that has none is a mistake without consequences.
    let encrypted = is_encrypted(text)?;
    let passphrase = passphrase.filter(|_| encrypted);
    if encrypted && passphrase.is_none() {
        return Err(IdentityError::Encrypted);
    }
    // OpenSSH itself ends the text with a newline, people copy without it, and forms keep carriage returns.
    let text = format!("{}\n", text.replace("\r\n", "\n"));
    decode_secret_key(&text, passphrase.map(Secret::expose)).map_err(|error| match passphrase {
        // Each form has another error for a wrong passphrase, down to bytes that make no sense.
        Some(_) => IdentityError::Passphrase,
        None => IdentityError::NotRead(error.to_string()),
    })
}

/// Whether a passphrase is needed, by what each form says about itself.
fn is_encrypted(text: &str) -> Result<bool, IdentityError> {
    if text.contains("BEGIN OPENSSH PRIVATE KEY") {
        return PrivateKey::from_openssh(text)
            .map(|key| key.is_encrypted())
            .map_err(|error| IdentityError::NotRead(error.to_string()));
    }
    Ok(text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ssh::host_key::HostKey;

    #[test]
    fn a_key_is_read_and_shows_only_its_fingerprint() {
        let drawn = HostKey::draw().unwrap();
        let identity = Identity::key(&drawn.private, Some(&Secret::new("not needed"))).unwrap();
        let shown = format!("{identity:?}");
        assert!(shown.starts_with("ssh-ed25519 SHA256:"), "{shown}");
        let windows = Secret::new(drawn.private.expose().trim_end().replace('\n', "\r\n"));
        assert_eq!(format!("{:?}", Identity::key(&windows, None).unwrap()), shown);
    }

    #[test]
    fn what_is_no_key_is_refused_by_what_it_is() {
        let drawn = HostKey::draw().unwrap();
        let of = |text: &str| Identity::key(&Secret::new(text), None).unwrap_err();
        assert_eq!(of(&drawn.public), IdentityError::Public);
        assert!(matches!(of("hello"), IdentityError::NotRead(_)));
        assert!(matches!(of(&drawn.private.expose()[..80]), IdentityError::NotRead(_)));
        let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----";
        assert_eq!(of(encrypted), IdentityError::Encrypted);
        let wrong = Identity::key(&Secret::new(encrypted), Some(&Secret::new("x"))).unwrap_err();
        assert_eq!(wrong, IdentityError::Passphrase);
    }
}
