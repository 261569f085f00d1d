//! Logging in: one identity after the other, until the server accepts one.

use std::path::Path;
use std::sync::Arc;

use russh::client::{AuthResult, Handle};
use russh::keys::PrivateKeyWithHashAlg;
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::ssh_key::{
    self, Algorithm, Certificate, HashAlg, PrivateKey, PublicKey, Signature, SigningKey,
};
use russh::{AgentAuthError, MethodKind, MethodSet, SendError, Signer};

use super::error::{Phase, SshError};
use super::handler::{Fate, Watch};
use super::identity::Identity;
use super::pin::shown;
use super::target::Target;

/// One login under way.
struct Login<'a> {
    handle: &'a mut Handle<Watch>,
    target: &'a Target,
    fate: &'a Fate,
    /// Type and fingerprint of each key that was tried.
    tried: Vec<String>,
    /// Why an agent could not be asked.
    agent: Option<SshError>,
}

/// Logs in.
pub(super) async fn login(handle: &mut Handle<Watch>, target: &Target, fate: &Fate) -> Result<(), SshError> {
    let mut login = Login { handle, target, fate, tried: Vec::new(), agent: None };
    for identity in &target.identities {
        let accepted = match identity {
            Identity::Key { key, certificate } => login.with_key(key, certificate.as_deref()).await?,
            Identity::Agent { socket, only } => login.with_agent(socket, only.as_deref()).await?,
        };
        if accepted {
            return Ok(());
        }
    }
    if let (true, Some(error)) = (login.tried.is_empty(), login.agent) {
        return Err(error);
    }
    Err(SshError::NoKeyAccepted { at: target.place(), tried: login.tried, said: fate.said() })
}

impl Login<'_> {
    async fn with_key(
        &mut self,
        key: &Arc<PrivateKey>,
        certificate: Option<&Certificate>,
    ) -> Result<bool, SshError> {
        let hash = self.hash_for(&key.algorithm()).await?;
        let mut name = shown(key.public_key());
        if certificate.is_some() {
            name.push_str(" with its certificate");
        }
        self.tried.push(name);
        let user = self.target.user.clone();
        let result = match certificate {
            None => {
                let key = PrivateKeyWithHashAlg::new(Arc::clone(key), hash);
                self.handle.authenticate_publickey(user, key).await.map_err(|_| self.cut())?
            }
            Some(certificate) => {
                let mut signer = Certified(Arc::clone(key));
                let (certificate, hash) = (certificate.clone(), hash.map(|_| HashAlg::Sha512));
                self.handle
                    .authenticate_certificate_with(user, certificate, hash, &mut signer)
                    .await
                    .map_err(|error| match error {
                        NoSignature::Connection => self.cut(),
                        NoSignature::Key(error) => self.broken(error.to_string()),
                    })?
            }
        };
        self.judge(result)
    }

    async fn with_agent(&mut self, socket: &Path, only: Option<&PublicKey>) -> Result<bool, SshError> {
        let refuse = |reason: String| SshError::Agent { socket: socket.display().to_string(), reason };
        let mut agent = match AgentClient::connect_uds(socket).await {
            Ok(agent) => agent,
            Err(error) => {
                self.agent = Some(refuse(error.to_string()));
                return Ok(false);
            }
        };
        let identities = match agent.request_identities().await {
            Ok(identities) => identities,
            Err(error) => {
                self.agent = Some(refuse(error.to_string()));
                return Ok(false);
            }
        };
        let wanted =
            |identity: &AgentIdentity| only.is_none_or(|only| key_of(identity).key_data() == only.key_data());
        let identities: Vec<_> = identities.into_iter().filter(wanted).collect();
        if identities.is_empty() {
            self.agent = Some(refuse("it holds no key that could be tried".to_owned()));
        }
        for identity in identities {
            let key = key_of(&identity);
            let hash = self.hash_for(&key.algorithm()).await?;
            self.tried.push(format!("{} of the agent", shown(&key)));
            let user = self.target.user.clone();
            let result = match identity {
                AgentIdentity::PublicKey { key, .. } => {
                    self.handle.authenticate_publickey_with(user, key, hash, &mut agent).await
                }
                AgentIdentity::Certificate { certificate, .. } => {
                    self.handle.authenticate_certificate_with(user, certificate, hash, &mut agent).await
                }
            };
            match result {
                Ok(result) => {
                    if self.judge(result)? {
                        return Ok(true);
                    }
                }
                Err(AgentAuthError::Send(_)) => return Err(self.cut()),
                // The agent does not sign: its user said no, or the key has gone. The next may do.
                Err(AgentAuthError::Key(error)) => self.agent = Some(refuse(error.to_string())),
            }
        }
        Ok(false)
    }

    /// The hash to sign with, which only RSA leaves open. SHA-1 is not taken even where the server knows
    /// nothing else.
    async fn hash_for(&mut self, algorithm: &Algorithm) -> Result<Option<HashAlg>, SshError> {
        if !matches!(algorithm, Algorithm::Rsa { .. }) {
            return Ok(None);
        }
        let best = self.handle.best_supported_rsa_hash().await.map_err(|_| self.cut())?;
        Ok(Some(best.flatten().unwrap_or(HashAlg::Sha512)))
    }

    fn judge(&self, result: AuthResult) -> Result<bool, SshError> {
        match result {
            AuthResult::Success => Ok(true),
            AuthResult::Failure { .. } if self.handle.is_closed() => Err(self.cut()),
            AuthResult::Failure { remaining_methods, partial_success } => {
                if partial_success || !remaining_methods.contains(&MethodKind::PublicKey) {
                    let (at, offered) = (self.target.place(), names(&remaining_methods));
                    return Err(SshError::WrongMethod { at, offered });
                }
                Ok(false)
            }
        }
    }

    fn cut(&self) -> SshError {
        let said = self.fate.end().unwrap_or_default();
        SshError::Cut { at: self.target.place(), phase: Phase::Login, said }
    }

    fn broken(&self, reason: String) -> SshError {
        SshError::Protocol { at: self.target.place(), phase: Phase::Login, reason }
    }
}

fn names(methods: &MethodSet) -> Vec<String> {
    methods.iter().map(String::from).collect()
}

fn key_of(identity: &AgentIdentity) -> PublicKey {
    match identity {
        AgentIdentity::PublicKey { key, .. } => key.clone(),
        AgentIdentity::Certificate { certificate, .. } => {
            PublicKey::new(certificate.public_key().clone(), "")
        }
    }
}

/// A key of ours that signs under a certificate. The library's own way announces SHA-1 for RSA, which servers
/// refuse; keys of RSA sign with SHA-512 here, whatever else a server may know.
struct Certified(Arc<PrivateKey>);

/// Why there is no signature.
enum NoSignature {
    Connection,
    Key(ssh_key::Error),
}

impl From<SendError> for NoSignature {
    fn from(_: SendError) -> Self {
        Self::Connection
    }
}

impl Signer for Certified {
    type Error = NoSignature;

    async fn auth_sign(
        &mut self,
        _key: &AgentIdentity,
        _hash: Option<HashAlg>,
        mut data: Vec<u8>,
    ) -> Result<Vec<u8>, NoSignature> {
        let signature = sign(self.0.as_ref(), &data).map_err(NoSignature::Key)?;
        // RFC 4252, section 7, and RFC 4253, section 6.6: a string that holds two strings.
        let name = signature.algorithm().to_string();
        let (name, value) = (name.as_bytes(), signature.as_bytes());
        let mut inner = Vec::with_capacity(8 + name.len() + value.len());
        string(&mut inner, name);
        string(&mut inner, value);
        string(&mut data, &inner);
        Ok(data)
    }
}

fn sign<K: SigningKey>(key: &K, data: &[u8]) -> Result<Signature, ssh_key::Error> {
    key.try_sign(data).map_err(|_| ssh_key::Error::Crypto)
}

/// A string of the protocol: length and bytes. Signatures are far shorter than 4 GiB.
fn string(into: &mut Vec<u8>, bytes: &[u8]) {
    into.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    into.extend_from_slice(bytes);
}
