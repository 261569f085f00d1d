//! The host's side of the encryption: the certificate that Go's AutoMTLS makes, and the one it trusts.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use time::{Duration, OffsetDateTime};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::Duplex;

/// A certificate as hosts make one for each start: P-521, self-signed, an authority.
pub(crate) struct Identity {
    /// What goes into the environment.
    pub(crate) pem: String,
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
}

impl Identity {
    pub(crate) fn make() -> Self {
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512).unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "localhost");
        params.distinguished_name.push(DnType::OrganizationName, "HashiCorp");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyEncipherment,
            KeyUsagePurpose::KeyAgreement,
            KeyUsagePurpose::KeyCertSign,
        ];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
        let now = OffsetDateTime::now_utc();
        params.not_before = now - Duration::seconds(30);
        params.not_after = now + Duration::days(30 * 365);
        let certificate = params.self_signed(&key).unwrap();
        Self {
            pem: certificate.pem(),
            certificate: certificate.der().clone(),
            key: PrivatePkcs8KeyDer::from(key.serialize_der()),
        }
    }
}

/// Trusts exactly one server certificate, for the name `localhost`.
pub(crate) struct Trust(TlsConnector);

impl Trust {
    pub(crate) fn only(certificate: &[u8], shown: Option<&Identity>) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(certificate.to_vec())).map_err(|error| error.to_string())?;
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match shown {
            Some(identity) => {
                let key = PrivateKeyDer::from(identity.key.clone_key());
                config.with_client_auth_cert(vec![identity.certificate.clone()], key).unwrap()
            }
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    /// Encrypts a connection; a server that does not say that it speaks HTTP/2 is refused, as OpenTofu
    /// does.
    pub(super) async fn connect(self, stream: Box<dyn Duplex>) -> Result<TlsStream<Box<dyn Duplex>>, String> {
        let name = ServerName::try_from("localhost").unwrap();
        let stream = self.0.connect(name, stream).await.map_err(|error| error.to_string())?;
        match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => Ok(stream),
            other => Err(format!("the server speaks {other:?}, not h2")),
        }
    }
}
