//! The simulator's own certificate authority, made anew at each start.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::options::SimulatorError;

/// What https needs.
pub(crate) struct Certificates {
    /// The authority's certificate, for clients.
    pub(crate) authority_pem: String,
    /// The server's side.
    pub(crate) server: Arc<rustls::ServerConfig>,
}

/// Makes an authority and a server certificate for localhost and 127.0.0.1 and the like.
pub(crate) fn make(address: std::net::IpAddr) -> Result<Certificates, SimulatorError> {
    let broken = |error: &dyn std::fmt::Display| SimulatorError::Certificates(error.to_string());
    let mut authority = CertificateParams::new(Vec::new()).map_err(|error| broken(&error))?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    authority.distinguished_name.push(DnType::CommonName, "bud simulator authority");
    let key = KeyPair::generate().map_err(|error| broken(&error))?;
    let issuer = CertifiedIssuer::self_signed(authority, key).map_err(|error| broken(&error))?;

    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    if !names.contains(&address.to_string()) {
        names.push(address.to_string());
    }
    let mut leaf = CertificateParams::new(names).map_err(|error| broken(&error))?;
    leaf.distinguished_name.push(DnType::CommonName, "bud simulator");
    leaf.use_authority_key_identifier_extension = true;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let leaf_key = KeyPair::generate().map_err(|error| broken(&error))?;
    let certificate = leaf.signed_by(&leaf_key, &issuer).map_err(|error| broken(&error))?;

    let mut server =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| broken(&error))?
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(leaf_key.serialize_der())),
            )
            .map_err(|error| broken(&error))?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Certificates { authority_pem: issuer.pem(), server: Arc::new(server) })
}
