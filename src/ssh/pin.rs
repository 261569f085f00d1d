//! What a server must prove to be: the owner of one key, or of a certificate of an authority.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use russh::keys::PublicKeyOrCertificate;
use ssh_key::certificate::CertType;
use ssh_key::{Algorithm, Certificate, EcdsaCurve, HashAlg, PublicKey};

/// What is believed about a server.
#[derive(Clone, Debug)]
pub enum HostPin {
    /// It has this key.
    Key(Box<PublicKey>),
    /// It has a certificate of this authority for one of these names.
    Authority {
        /// The authority's key.
        key: Box<PublicKey>,
        /// Names or addresses, one of which must be among the certificate's principals.
        names: Vec<String>,
    },
}

/// Why a pin cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    /// It is no public key in OpenSSH's form.
    #[error("{0}")]
    NotRead(String),
    /// An authority without a name would be believed about every machine.
    #[error("an authority of host keys needs the names that its certificates must be for")]
    NoName,
}

/// Why a server is not the one that is pinned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostKeyFault {
    /// It has another key.
    #[error("it has the key {offered}, and {pinned} is pinned")]
    Other {
        /// Type and fingerprint of the pinned key.
        pinned: String,
        /// Type and fingerprint of the key it has.
        offered: String,
    },
    /// It has a key where a certificate is asked for.
    #[error("it has the key {offered} without a certificate of the authority {authority}")]
    Uncertified {
        /// Type and fingerprint of the authority.
        authority: String,
        /// Type and fingerprint of the key it has.
        offered: String,
    },
    /// Its certificate does not hold.
    #[error("its certificate {key_id:?} {fault}")]
    Certificate {
        /// The name of the certificate.
        key_id: String,
        /// What is wrong with it.
        fault: CertificateFault,
    },
}

/// What is wrong with a host's certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFault {
    /// Another authority has signed it, or nobody has.
    #[error("is of the authority {offered}, and {pinned} is pinned")]
    Authority {
        /// Type and fingerprint of the pinned authority.
        pinned: String,
        /// Type and fingerprint of the one that it names.
        offered: String,
    },
    /// The signature is not the authority's.
    #[error("is not signed by the authority that it names")]
    Signature,
    /// It is one for users.
    #[error("is not for hosts")]
    Kind,
    /// It is not valid yet.
    #[error("is not valid yet: the clock of this machine or of the authority is wrong")]
    Early,
    /// It is not valid any more.
    #[error("has expired")]
    Expired,
    /// It is for another machine.
    #[error("is for {principals:?}, not for {names:?}")]
    Names {
        /// Whom it is for.
        principals: Vec<String>,
        /// Whom it should be for.
        names: Vec<String>,
    },
    /// It has conditions that we do not know (PROTOCOL.certkeys: unknown critical options must be refused).
    #[error("has conditions that are not known here: {0:?}")]
    Conditions(Vec<String>),
}

impl HostPin {
    /// Pins one key, written as in `known_hosts` or `authorized_keys`: `ssh-ed25519 AAAA…`.
    ///
    /// # Errors
    /// [`PinError`] with the reason.
    pub fn key(text: &str) -> Result<Self, PinError> {
        Ok(Self::Key(Box::new(read(text)?)))
    }

    /// Pins an authority for a machine's names.
    ///
    /// # Errors
    /// [`PinError`] with the reason.
    pub fn authority(text: &str, names: Vec<String>) -> Result<Self, PinError> {
        if names.is_empty() {
            return Err(PinError::NoName);
        }
        Ok(Self::Authority { key: Box::new(read(text)?), names })
    }

    /// The algorithm of the pinned key, such as `ssh-ed25519`; none where an authority is pinned.
    #[must_use]
    pub fn algorithm(&self) -> Option<String> {
        match self {
            Self::Key(key) => Some(key.algorithm().to_string()),
            Self::Authority { .. } => None,
        }
    }

    /// Whether what a server has proved to own is what is pinned.
    pub(super) fn check(
        &self,
        offered: &PublicKeyOrCertificate,
        now: SystemTime,
    ) -> Result<(), HostKeyFault> {
        match self {
            Self::Key(pinned) => {
                let key = offered.public_key();
                if key.key_data() == pinned.key_data() {
                    return Ok(());
                }
                Err(HostKeyFault::Other { pinned: shown(pinned), offered: shown(&key) })
            }
            Self::Authority { key, names } => match offered.certificate() {
                None => Err(HostKeyFault::Uncertified {
                    authority: shown(key),
                    offered: shown(&offered.public_key()),
                }),
                Some(certificate) => check_certificate(certificate, key, names, now).map_err(|fault| {
                    HostKeyFault::Certificate { key_id: certificate.key_id().to_owned(), fault }
                }),
            },
        }
    }

    /// The algorithms to ask the server for: with a pinned key those of that key alone, because a server with
    /// several keys would else prove another one.
    pub(super) fn algorithms(&self) -> Vec<Algorithm> {
        match self {
            Self::Key(key) => match key.algorithm() {
                Algorithm::Rsa { .. } => rsa().to_vec(),
                other => vec![other],
            },
            Self::Authority { .. } => all(),
        }
    }

    /// The algorithms of certificates to ask the server for.
    pub(super) fn certificate_algorithms(&self) -> Vec<Algorithm> {
        match self {
            Self::Key(_) => Vec::new(),
            Self::Authority { .. } => all(),
        }
    }
}

/// RSA without SHA-1, which OpenSSH has refused since 8.8.
fn rsa() -> [Algorithm; 2] {
    [HashAlg::Sha512, HashAlg::Sha256].map(|hash| Algorithm::Rsa { hash: Some(hash) })
}

fn all() -> Vec<Algorithm> {
    let curves = [EcdsaCurve::NistP256, EcdsaCurve::NistP384, EcdsaCurve::NistP521];
    let ecdsa = curves.map(|curve| Algorithm::Ecdsa { curve });
    [Algorithm::Ed25519].into_iter().chain(ecdsa).chain(rsa()).collect()
}

fn read(text: &str) -> Result<PublicKey, PinError> {
    let mut key =
        PublicKey::from_openssh(text.trim()).map_err(|error| PinError::NotRead(error.to_string()))?;
    key.set_comment("");
    Ok(key)
}

fn check_certificate(
    certificate: &Certificate,
    authority: &PublicKey,
    names: &[String],
    now: SystemTime,
) -> Result<(), CertificateFault> {
    if certificate.signature_key() != authority.key_data() {
        let offered = PublicKey::new(certificate.signature_key().clone(), "");
        return Err(CertificateFault::Authority { pinned: shown(authority), offered: shown(&offered) });
    }
    certificate.verify_signature().map_err(|_| CertificateFault::Signature)?;
    if certificate.cert_type() != CertType::Host {
        return Err(CertificateFault::Kind);
    }
    let now = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    if now < certificate.valid_after() {
        return Err(CertificateFault::Early);
    }
    if now >= certificate.valid_before() {
        return Err(CertificateFault::Expired);
    }
    let conditions: Vec<String> = certificate.critical_options().keys().cloned().collect();
    if !conditions.is_empty() {
        return Err(CertificateFault::Conditions(conditions));
    }
    // Empty principals mean "every machine", which OpenSSH has refused since 10.0 as well.
    let principals = certificate.valid_principals();
    if !principals.iter().any(|principal| names.contains(principal)) {
        return Err(CertificateFault::Names { principals: principals.to_vec(), names: names.to_vec() });
    }
    Ok(())
}

/// `ssh-ed25519 SHA256:…`, as `ssh-keygen -l` shows keys.
pub(super) fn shown(key: &PublicKey) -> String {
    format!("{} {}", key.algorithm(), key.fingerprint(HashAlg::Sha256))
}

impl fmt::Display for HostPin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => formatter.write_str(&shown(key)),
            Self::Authority { key, .. } => write!(formatter, "the authority {}", shown(key)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ssh::host_key::HostKey;

    #[test]
    fn a_pin_reads_what_known_hosts_holds_and_nothing_else() {
        let key = HostKey::draw().unwrap().public;
        assert!(matches!(HostPin::key(&format!(" {key} gpu-0\n")), Ok(HostPin::Key(_))));
        assert!(matches!(HostPin::key("ssh-ed25519 AAAA"), Err(PinError::NotRead(_))));
        assert_eq!(HostPin::authority(&key, Vec::new()).unwrap_err(), PinError::NoName);
        assert!(HostPin::authority(&key, vec!["gpu-0".into()]).is_ok());
    }

    #[test]
    fn only_the_pinned_kind_of_key_is_asked_for() {
        let pin = HostPin::key(&HostKey::draw().unwrap().public).unwrap();
        assert_eq!(pin.algorithms(), [Algorithm::Ed25519]);
        assert!(pin.certificate_algorithms().is_empty());
        assert!(!all().contains(&Algorithm::Rsa { hash: None }), "SHA-1");
    }

    #[test]
    fn another_key_is_refused_with_both_fingerprints() {
        let [mine, other] = [HostKey::draw().unwrap(), HostKey::draw().unwrap()];
        let offered = PublicKeyOrCertificate::from(PublicKey::from_openssh(&other.public).unwrap());
        let fault = HostPin::key(&mine.public).unwrap().check(&offered, SystemTime::now()).unwrap_err();
        let text = fault.to_string();
        assert_eq!(text.matches("ssh-ed25519 SHA256:").count(), 2, "{text}");
        assert!(HostPin::key(&other.public).unwrap().check(&offered, SystemTime::now()).is_ok());
        let authority = HostPin::authority(&mine.public, vec!["gpu-0".into()]).unwrap();
        let fault = authority.check(&offered, SystemTime::now()).unwrap_err();
        assert!(matches!(fault, HostKeyFault::Uncertified { .. }), "{fault}");
    }
}
