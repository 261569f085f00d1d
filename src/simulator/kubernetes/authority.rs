//! A cluster's own certificate authority: servers, clients, and tokens of service accounts.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use time::{Duration, OffsetDateTime};
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) groups: Vec<String>,
}

/// The authority of one founding.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// Tokens that were given out, with whose they are and until when.
    tokens: Vec<(String, User, OffsetDateTime)>,
}

impl Authority {
    /// A new one.
    pub(crate) fn new(name: &str) -> Result<Self, String> {
        let mut params = CertificateParams::new(Vec::new()).map_err(|error| error.to_string())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        params.distinguished_name.push(DnType::CommonName, format!("{name}-ca"));
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|error| error.to_string())?;
        let issuer = CertifiedIssuer::self_signed(params, key).map_err(|error| error.to_string())?;
        Ok(Self { issuer, tokens: Vec::new() })
    }

    /// Its certificate.
    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate and key for a user, both PEM.
    pub(crate) fn client(&self, user: &User, life: Duration) -> Result<(String, String), String> {
        let mut params = CertificateParams::new(Vec::new()).map_err(|error| error.to_string())?;
        params.distinguished_name.push(DnType::CommonName, user.name.as_str());
        for group in &user.groups {
            params.distinguished_name.push(DnType::OrganizationName, group.as_str());
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let now = OffsetDateTime::now_utc();
        (params.not_before, params.not_after) = (now - Duration::minutes(5), now + life);
        let key = KeyPair::generate().map_err(|error| error.to_string())?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(|error| error.to_string())?;
        Ok((certificate.pem(), key.serialize_pem()))
    }

    /// Signs a request for a client's certificate.
    pub(crate) fn sign(&self, request: &str, from: OffsetDateTime, life: Duration) -> Result<String, String> {
        let mut request =
            CertificateSigningRequestParams::from_pem(request).map_err(|error| error.to_string())?;
        request.params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        (request.params.not_before, request.params.not_after) = (from - Duration::minutes(5), from + life);
        request.signed_by(&self.issuer).map(|signed| signed.pem()).map_err(|error| error.to_string())
    }

    /// A server's side of TLS for names and addresses; clients may show a certificate of this authority.
    pub(crate) fn server(&self, names: &[String]) -> Result<Arc<rustls::ServerConfig>, String> {
        let mut params = CertificateParams::new(names.to_vec()).map_err(|error| error.to_string())?;
        params.distinguished_name.push(DnType::CommonName, "k3s");
        params.use_authority_key_identifier_extension = true;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().map_err(|error| error.to_string())?;
        let leaf = params.signed_by(&key, &self.issuer).map_err(|error| error.to_string())?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.issuer.der().clone()).map_err(|error| error.to_string())?;
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .allow_unauthenticated()
            .build()
            .map_err(|error| error.to_string())?;
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_client_cert_verifier(clients)
            .with_single_cert(
                vec![leaf.der().clone(), self.issuer.der().clone()],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )
            .map_err(|error| error.to_string())?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// A token for a user until a date.
    pub(crate) fn token(&mut self, user: User, until: OffsetDateTime) -> String {
        let token = format!("simulated.{}.{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
        self.tokens.push((token.clone(), user, until));
        token
    }

    /// Whose token it is.
    pub(crate) fn holder(&self, token: &str, now: OffsetDateTime) -> Option<User> {
        self.tokens
            .iter()
            .find(|(known, _, until)| known == token && now < *until)
            .map(|(_, user, _)| user.clone())
    }
}

/// Whom a certificate that TLS has verified names.
pub(crate) fn named(certificate: &CertificateDer<'_>) -> Option<User> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let subject = certificate.subject();
    let text = |attribute: &x509_parser::x509::AttributeTypeAndValue<'_>| {
        attribute.as_str().unwrap_or_default().to_owned()
    };
    Some(User {
        name: subject.iter_common_name().next().map(text)?,
        groups: subject.iter_organization().map(text).collect(),
    })
}

/// The subject of a request for a certificate.
pub(crate) fn subject(request: &str) -> Option<User> {
    let (_, pem) = x509_parser::pem::parse_x509_pem(request.as_bytes()).ok()?;
    let (_, request) =
        x509_parser::certification_request::X509CertificationRequest::from_der(&pem.contents).ok()?;
    let subject = &request.certification_request_info.subject;
    let text = |attribute: &x509_parser::x509::AttributeTypeAndValue<'_>| {
        attribute.as_str().unwrap_or_default().to_owned()
    };
    Some(User {
        name: subject.iter_common_name().next().map(text)?,
        groups: subject.iter_organization().map(text).collect(),
    })
}
