//! Host keys that we make: a machine gets one at its first boot, so that its first connection is pinned.

use rustls::crypto::aws_lc_rs;
use ssh_key::private::{Ed25519Keypair, Ed25519PrivateKey};
use ssh_key::{LineEnding, PrivateKey};

use crate::secret::Secret;

/// An ed25519 host key.
#[derive(Clone, Debug)]
pub struct HostKey {
    /// Public half in OpenSSH's form, `ssh-ed25519 AAAA…`, without comment.
    pub public: String,
    /// Private half, OpenSSH's PEM, not encrypted.
    pub private: Secret,
}

/// Why there is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostKeyError {
    /// The system gives no randomness.
    #[error("the operating system gives no random numbers")]
    NoRandomness,
    /// A key cannot be read.
    #[error("the key cannot be read: {0}")]
    NotRead(String),
    /// The key cannot be written in OpenSSH's form.
    #[error("the key cannot be written: {0}")]
    NotWritten(String),
}

impl HostKey {
    /// Draws a new key.
    ///
    /// # Errors
    /// [`HostKeyError::NoRandomness`] where the system gives none.
    pub fn draw() -> Result<Self, HostKeyError> {
        let mut seed = [0; Ed25519PrivateKey::BYTE_SIZE];
        let random = aws_lc_rs::default_provider().secure_random;
        random.fill(&mut seed).map_err(|_| HostKeyError::NoRandomness)?;
        Self::from_seed(&seed)
    }

    /// The key of a seed.
    fn from_seed(seed: &[u8; Ed25519PrivateKey::BYTE_SIZE]) -> Result<Self, HostKeyError> {
        let not_written = |error: ssh_key::Error| HostKeyError::NotWritten(error.to_string());
        let key = PrivateKey::from(Ed25519Keypair::from_seed(seed));
        let private = key.to_openssh(LineEnding::LF).map_err(not_written)?;
        Ok(Self {
            public: key.public_key().to_openssh().map_err(not_written)?,
            private: Secret::new(private.as_str()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_halves_are_openssh_and_belong_together() {
        let key = HostKey::draw().unwrap();
        assert!(key.public.starts_with("ssh-ed25519 AAAA") && key.public.split(' ').count() == 2);
        assert!(key.public.len() <= 256, "it must fit into a tag");
        let read = PrivateKey::from_openssh(key.private.expose()).unwrap();
        assert!(!read.is_encrypted());
        assert_eq!(read.public_key().to_openssh().unwrap(), key.public);
    }

    #[test]
    fn each_is_another_and_neither_shows_its_private_half() {
        let (one, other) = (HostKey::draw().unwrap(), HostKey::draw().unwrap());
        assert_ne!(one.public, other.public);
        assert!(!format!("{one:?}").contains("PRIVATE"));
    }

    #[test]
    fn a_seed_gives_the_key_that_others_make_of_it() {
        // RFC 8032, section 7.1, test 1.
        let seed = [
            0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
            0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
        ];
        let key = HostKey::from_seed(&seed).unwrap();
        assert_eq!(
            key.public,
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"
        );
    }
}
