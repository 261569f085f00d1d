//! A client certificate, by a request that we make and approve ourselves.
//!
//! Source: Kubernetes, certificates.k8s.io/v1, signer `kubernetes.io/kube-apiserver-client`.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::binding::Administrators;
use crate::kube::kind::{Kind, Scope};
use crate::kube::wait::{Verdict, Waited};
use crate::kube::{Client, Deletion, KubeError, Writing};
use crate::outcome::Recovery;
use crate::secret::Secret;
use crate::time::{Ended, Patience};

/// The shortest time that the API takes for a certificate.
const SHORTEST: Duration = Duration::from_secs(600);

/// A client certificate and its key.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The certificate in PEM form, with those that lead to its authority.
    pub certificate: String,
    /// The private key in PEM form (PKCS#8).
    pub key: Secret,
    /// When the certificate ends.
    pub expires: OffsetDateTime,
}

/// Why there is no certificate.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CredentialError {
    /// The API could not be asked, or refused.
    #[error(transparent)]
    Kube(#[from] KubeError),
    /// Somebody in the cluster denied the request, or its signer failed.
    #[error("the certificate request was turned down: {0}")]
    TurnedDown(String),
    /// Nobody signed it in time.
    #[error("nobody signed the certificate request: {0}")]
    Unsigned(Ended),
    /// What was signed cannot be used.
    #[error("the signed certificate cannot be read: {0}")]
    NotRead(String),
    /// No key can be made.
    #[error("no key can be made: {0}")]
    Key(String),
}

impl CredentialError {
    /// What may be done about it.
    pub fn recovery(&self) -> Recovery {
        match self {
            Self::Kube(error) => error.recovery(),
            Self::Unsigned(_) => Recovery::Retry(None),
            Self::TurnedDown(_) => Recovery::Denied,
            Self::NotRead(_) | Self::Key(_) => Recovery::Fatal,
        }
    }
}

/// Mints a certificate for the administrators. The caller may approve requests for their group.
///
/// # Errors
/// [`CredentialError`]; the request is taken away whatever happens.
pub async fn mint(
    client: &Client,
    whom: &Administrators,
    lasts: Duration,
    patience: &Patience,
) -> Result<Credential, CredentialError> {
    let not_made = |error: rcgen::Error| CredentialError::Key(error.to_string());
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(not_made)?;
    let mut params = CertificateParams::default();
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, whom.user());
    name.push(DnType::OrganizationName, whom.group());
    params.distinguished_name = name;
    let request = params.serialize_request(&key).and_then(|request| request.pem()).map_err(not_made)?;

    let writing = Writing::by("bud");
    let kind = Kind::new(
        "certificates.k8s.io/v1",
        "CertificateSigningRequest",
        "certificatesigningrequests",
        Scope::Cluster,
    );
    let object = json!({
        "apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest",
        "metadata": { "generateName": "bud-" },
        "spec": {
            "request": STANDARD.encode(request),
            "signerName": "kubernetes.io/kube-apiserver-client",
            "expirationSeconds": lasts.max(SHORTEST).as_secs().min(i32::MAX as u64),
            "usages": ["client auth", "digital signature"],
        },
    });
    let client = client.within(patience);
    let mut made = client.create(&kind, None, &object, &writing).await?;
    let at = kind.at(None, made["metadata"]["name"].as_str().unwrap_or_default());
    made["status"]["conditions"] = json!([{
        "type": "Approved", "status": "True", "reason": "BudCluster",
        "message": "Asked for by whoever approves it.",
    }]);
    let signed = async {
        client.replace_part(&at, "approval", &made, &writing).await?;
        match client.wait_for(&at, patience, verdict).await? {
            Waited::Holds(object) => Ok(object.unwrap_or_default()),
            Waited::Never { reason, .. } => Err(CredentialError::TurnedDown(reason)),
            Waited::Ended { ended, .. } => Err(CredentialError::Unsigned(ended)),
        }
    }
    .await;
    // Requests are cleaned up by the cluster an hour later anyway.
    if let Err(error) = client.delete(&at, &Deletion::default()).await {
        tracing::debug!(%error, "the certificate request is left to the cluster");
    }
    read(&signed?, &key)
}

fn verdict(object: Option<&Value>) -> Verdict {
    let Some(object) = object else { return Verdict::Never("it was deleted".to_owned()) };
    for condition in object["status"]["conditions"].as_array().into_iter().flatten() {
        if matches!(condition["type"].as_str(), Some("Denied" | "Failed")) {
            let text = |key: &str| condition[key].as_str().unwrap_or_default();
            return Verdict::Never(format!("{}: {}", text("reason"), text("message")));
        }
    }
    if object["status"]["certificate"].is_string() { Verdict::Holds } else { Verdict::NotYet }
}

fn read(object: &Value, key: &KeyPair) -> Result<Credential, CredentialError> {
    let not_read = |reason: &str| CredentialError::NotRead(reason.to_owned());
    let text = object["status"]["certificate"].as_str().unwrap_or_default();
    let pem = STANDARD.decode(text).map_err(|_| not_read("it is not in base64"))?;
    let certificate = String::from_utf8(pem).map_err(|_| not_read("it is no text"))?;
    let (_, first) = x509_parser::pem::parse_x509_pem(certificate.as_bytes())
        .map_err(|_| not_read("it is not in PEM form"))?;
    let parsed = first.parse_x509().map_err(|_| not_read("it is no X.509 certificate"))?;
    let expires = parsed.validity().not_after.to_datetime();
    Ok(Credential { certificate, key: Secret::new(key.serialize_pem()), expires })
}
