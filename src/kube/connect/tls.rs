//! TLS to an API server: whom we trust and what we show.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::super::error::KubeError;
use super::target::{Target, wrong};
use crate::https;

/// A client's certificates, its own first, and the key.
pub(super) type Shown = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// TLS with the target's server, which is shown `client`.
pub(super) fn config(target: &Target, client: Option<Shown>) -> Result<ClientConfig, KubeError> {
    if target.authorities.is_none() && !target.unverified {
        return https::tls(Vec::new(), client).map_err(|error| wrong("kubeconfig", error.to_string()));
    }
    let crypto = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match &target.authorities {
        Some(authorities) => {
            let mut roots = RootCertStore::empty();
            for authority in authorities {
                roots
                    .add(authority.clone())
                    .map_err(|error| wrong("kubeconfig", format!("certificate-authority: {error}")))?;
            }
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&crypto))
                .build()
                .map_err(|error| wrong("kubeconfig", format!("certificate-authority: {error}")))?
        }
        None => Arc::new(Anyone(Arc::clone(&crypto))),
    };
    let builder = ClientConfig::builder_with_provider(crypto)
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong("kubeconfig", error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut tls = match client {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => builder
            .with_client_auth_cert(chain, key)
            .map_err(|error| wrong("kubeconfig", format!("client-certificate: {error}")))?,
    };
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(tls)
}

/// A client's certificates and key from their PEM forms; the reason names no content.
pub(super) fn shown(chain: &[u8], key: &[u8]) -> Result<Shown, String> {
    let chain = https::certificates(chain).map_err(|reason| format!("client certificate: {reason}"))?;
    let key = PrivateKeyDer::from_pem_slice(key)
        .map_err(|_| "client key: it holds no private key in PEM form".to_owned())?;
    Ok((chain, key))
}

/// Believes every server, which `insecure-skip-tls-verify` asks for. Signatures are checked all the same.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
