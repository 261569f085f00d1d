//! Public keys: reading what a user wrote, and the public half of a private key.

use ssh_key::{PrivateKey, PublicKey};

use crate::secret::Secret;

/// Why a text is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is a private key, which belongs nowhere near a machine's list of public ones.
    #[error("it is a private key")]
    Private,
    /// It is not in OpenSSH's form.
    #[error("{0}")]
    NotRead(String),
}

/// Checks a line of `authorized_keys` without options, and returns its type and key without the comment.
///
/// # Errors
/// [`KeyError`] with the reason.
pub fn public(text: &str) -> Result<String, KeyError> {
    if text.contains("PRIVATE KEY") {
        return Err(KeyError::Private);
    }
    let key = PublicKey::from_openssh(text.trim()).map_err(|error| KeyError::NotRead(error.to_string()))?;
    let mut key = key;
    key.set_comment("");
    key.to_openssh()
        .map(|text| text.trim_end().to_owned())
        .map_err(|error| KeyError::NotRead(error.to_string()))
}

/// The public half of a private key in OpenSSH's form, which holds it readable even when it is encrypted.
///
/// # Errors
/// [`KeyError::NotRead`] for other forms.
pub fn half_of(private: &Secret) -> Result<String, KeyError> {
    let key =
        PrivateKey::from_openssh(private.expose()).map_err(|error| KeyError::NotRead(error.to_string()))?;
    let mut key = key.public_key().clone();
    key.set_comment("");
    key.to_openssh()
        .map(|text| text.trim_end().to_owned())
        .map_err(|error| KeyError::NotRead(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ssh::host_key::HostKey;

    #[test]
    fn a_public_key_is_read_without_its_comment() {
        let key = HostKey::draw().unwrap();
        assert_eq!(public(&format!("{} me@home\n", key.public)).unwrap(), key.public);
        assert_eq!(half_of(&key.private).unwrap(), key.public);
    }

    #[test]
    fn what_is_no_public_key_is_refused() {
        let key = HostKey::draw().unwrap();
        assert_eq!(public(key.private.expose()), Err(KeyError::Private));
        for text in ["", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-rsa !!!", "AAAAC3NzaC1lZDI1NTE5AAAAIA"] {
            assert!(matches!(public(text), Err(KeyError::NotRead(_))), "{text}");
        }
    }
}
