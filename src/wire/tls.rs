//! Mutual TLS with a host: each side shows a certificate that it made for this one run.
//!
//! The host's certificate is a self-signed P-521 authority, which the usual verification refuses as an
//! end entity; here it is right exactly if it is, byte for byte, the one from the environment.

use std::sync::Arc;

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::NoServerSessionStorage;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName as Subject, ServerConfig, SignatureScheme,
};
use time::{Duration, OffsetDateTime};

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The variable holds no certificate.
    #[error("the client certificate in PLUGIN_CLIENT_CERT cannot be read")]
    ClientCertificate,
    /// Our own certificate could not be made.
    #[error("a certificate cannot be made")]
    Certificate(#[from] rcgen::Error),
    /// Key and certificate cannot be used.
    #[error("the certificate cannot be used")]
    Configuration(#[from] rustls::Error),
}

/// Our side of the connection.
pub(super) struct Tls {
    /// Accepts the one host and nobody else.
    pub(super) config: Arc<ServerConfig>,
    /// The certificate that the host has to trust.
    pub(super) certificate: CertificateDer<'static>,
}

/// Makes a key and a certificate, and trusts the host's certificates in the PEM text.
pub(super) fn mutual(host_pem: &str, now: OffsetDateTime) -> Result<Tls, TlsError> {
    let trusted = CertificateDer::pem_slice_iter(host_pem.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| TlsError::ClientCertificate)?;
    if trusted.is_empty() {
        return Err(TlsError::ClientCertificate);
    }
    // P-521, which hosts use, is not in every provider: this one is named, whatever the default is.
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = ExactVerifier { trusted, provider: Arc::clone(&provider) };

    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
    let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Backdated, since the two clocks may be read in the other order.
    params.not_before = now - Duration::HOUR;
    params.not_after = now + Duration::days(365);
    let certificate = params.self_signed(&key)?.der().clone();

    let private = PrivatePkcs8KeyDer::from(key.serialize_der());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(Arc::new(verifier))
        .with_single_cert(vec![certificate.clone()], private.into())?;
    // OpenTofu refuses a server that does not say that it speaks HTTP/2.
    config.alpn_protocols = vec![b"h2".to_vec()];
    // A host connects once: nothing is resumed.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Tls { config: Arc::new(config), certificate })
}

/// Accepts exactly the given certificates, and only from who holds their key.
#[derive(Debug)]
struct ExactVerifier {
    trusted: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
}

impl ClientCertVerifier for ExactVerifier {
    fn root_hint_subjects(&self) -> &[Subject] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        if intermediates.is_empty() && self.trusted.iter().any(|trusted| trusted == end_entity) {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
