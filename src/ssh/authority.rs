//! An authority of host keys: whoever believes it knows every machine of a cluster, also one made anew.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::crypto::aws_lc_rs;
use ssh_key::certificate::{Builder, CertType};
use ssh_key::{PrivateKey, PublicKey};

use super::host_key::{HostKey, HostKeyError};
use crate::secret::Secret;

/// How far the clock of whoever looks at a certificate may be behind ours.
const SKEW: Duration = Duration::from_secs(60 * 60);

/// The two halves of an authority.
#[derive(Clone, Debug)]
pub struct Authority(HostKey);

impl Authority {
    /// Draws a new one.
    ///
    /// # Errors
    /// [`HostKeyError::NoRandomness`] where the system gives none.
    pub fn draw() -> Result<Self, HostKeyError> {
        HostKey::draw().map(Self)
    }

    /// The authority with this private half, in OpenSSH's form and not encrypted.
    ///
    /// # Errors
    /// [`HostKeyError::NotRead`] where it is none.
    pub fn of(private: &Secret) -> Result<Self, HostKeyError> {
        let not_read = |error: ssh_key::Error| HostKeyError::NotRead(error.to_string());
        let key = PrivateKey::from_openssh(private.expose()).map_err(not_read)?;
        let public = key.public_key().key_data().clone();
        let public = PublicKey::new(public, "").to_openssh().map_err(not_read)?;
        Ok(Self(HostKey { public, private: private.clone() }))
    }

    /// Its public half, `ssh-ed25519 AAAA…`: what is believed.
    #[must_use]
    pub fn public(&self) -> &str {
        &self.0.public
    }

    /// Its private half.
    #[must_use]
    pub fn private(&self) -> &Secret {
        &self.0.private
    }

    /// A certificate of a host's key, in the form of a `-cert.pub` file without comment. It holds for one of
    /// these names and has no end: it ends with the key, or with the authority.
    ///
    /// # Errors
    /// [`HostKeyError`] where the key is no public key, or there is no name.
    pub fn certify(&self, host_key: &str, name: &str, addresses: &[String]) -> Result<String, HostKeyError> {
        let not_read = |error: ssh_key::Error| HostKeyError::NotRead(error.to_string());
        let not_written = |error: ssh_key::Error| HostKeyError::NotWritten(error.to_string());
        let subject = PublicKey::from_openssh(host_key.trim()).map_err(not_read)?;
        let signer = PrivateKey::from_openssh(self.0.private.expose()).map_err(not_read)?;
        let mut nonce = [0; Builder::RECOMMENDED_NONCE_SIZE];
        let random = aws_lc_rs::default_provider().secure_random;
        random.fill(&mut nonce).map_err(|_| HostKeyError::NoRandomness)?;
        let since = SystemTime::now().checked_sub(SKEW).unwrap_or(UNIX_EPOCH);
        let since = since.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let mut builder =
            Builder::new(nonce, subject.key_data().clone(), since, FOR_EVER).map_err(not_written)?;
        builder.cert_type(CertType::Host).map_err(not_written)?;
        builder.key_id(name).map_err(not_written)?;
        for name in std::iter::once(name).chain(addresses.iter().map(String::as_str)) {
            builder.valid_principal(name).map_err(not_written)?;
        }
        builder.sign(&signer).and_then(|certificate| certificate.to_openssh()).map_err(not_written)
    }
}

/// The last moment that every reader of certificates takes: what is later than a signed number of seconds is
/// refused by some.
const FOR_EVER: u64 = i64::MAX as u64;

#[cfg(test)]
mod tests {
    use ssh_key::Certificate;

    use super::*;

    #[test]
    fn a_certificate_is_the_authoritys_and_for_its_names() {
        let authority = Authority::draw().unwrap();
        let host = HostKey::draw().unwrap();
        let text = authority.certify(&host.public, "gpu-0", &["10.0.0.7".to_owned()]).unwrap();
        let certificate = Certificate::from_openssh(&text).unwrap();
        assert_eq!(certificate.cert_type(), CertType::Host);
        assert_eq!(certificate.valid_principals(), ["gpu-0", "10.0.0.7"]);
        let key = PublicKey::new(certificate.public_key().clone(), "").to_openssh().unwrap();
        assert_eq!(key, host.public);
        let fingerprint =
            PublicKey::from_openssh(authority.public()).unwrap().fingerprint(ssh_key::HashAlg::Sha256);
        certificate.validate([&fingerprint]).unwrap();
        let other = Authority::draw().unwrap();
        let other = PublicKey::from_openssh(other.public()).unwrap().fingerprint(ssh_key::HashAlg::Sha256);
        certificate.validate([&other]).unwrap_err();
    }

    #[test]
    fn an_authority_is_known_again_by_its_private_half() {
        let authority = Authority::draw().unwrap();
        let again = Authority::of(authority.private()).unwrap();
        assert_eq!(again.public(), authority.public());
        assert!(!format!("{again:?}").contains("PRIVATE"));
        assert!(matches!(Authority::of(&Secret::new("x")), Err(HostKeyError::NotRead(_))));
        assert!(matches!(authority.certify("x", "n", &[]), Err(HostKeyError::NotRead(_))));
    }
}
