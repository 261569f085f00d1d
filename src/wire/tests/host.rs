//! A host in small: it starts the server in this process and connects like go-plugin does.

use std::path::PathBuf;
use std::sync::Arc;

use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use rustls::client::ResolvesClientCert;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, SignatureScheme, SupportedProtocolVersion};
use time::OffsetDateTime;
use tokio::net::UnixStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};

use super::service::provider;
use crate::wire::proto::tfplugin6::provider_client::ProviderClient;
use crate::wire::serve::{ServeError, serve_on};
use crate::wire::tls;
use crate::wire::transport::Socket;

/// A server that runs.
pub(super) struct Served {
    pub(super) path: PathBuf,
    pub(super) end: CancellationToken,
    pub(super) task: JoinHandle<Result<(), ServeError>>,
    certificate: Option<CertificateDer<'static>>,
    _inside: tempfile::TempDir,
}

/// Serves the echo; encrypted where the host's certificate is given.
pub(super) fn serve(host: Option<&Identity>) -> Served {
    let inside = tempfile::tempdir().unwrap();
    let socket = Socket::unix(inside.path()).unwrap();
    let path = PathBuf::from(&socket.address().text);
    let tls = host.map(|host| tls::mutual(&host.pem, OffsetDateTime::now_utc()).unwrap());
    let certificate = tls.as_ref().map(|tls| tls.certificate.clone());
    let (connections, folder, _) = socket.accept(tls.map(|tls| tls.config));
    let end = CancellationToken::new();
    let serving = serve_on(provider(), connections, end.clone());
    let task = tokio::spawn(async move {
        let ended = serving.await;
        drop(folder);
        ended
    });
    Served { path, end, task, certificate, _inside: inside }
}

impl Served {
    /// A connection without encryption.
    pub(super) async fn connect(&self) -> Channel {
        let path = self.path.clone();
        let connector = tower::service_fn(move |_| {
            let path = path.clone();
            async move { UnixStream::connect(path).await.map(TokioIo::new) }
        });
        Endpoint::from_static("http://localhost").connect_with_connector(connector).await.unwrap()
    }

    /// A client of the provider without encryption.
    pub(super) async fn provider(&self) -> ProviderClient<Channel> {
        ProviderClient::new(self.connect().await).max_decoding_message_size(256 << 20)
    }

    /// A client of the provider that shows the given certificate, if any.
    pub(super) async fn encrypted(
        &self,
        host: Option<&Identity>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Result<ProviderClient<Channel>, tonic::transport::Error> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone().unwrap()).unwrap();
        let crypto = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(crypto)
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match host {
            Some(host) => config.with_client_cert_resolver(Arc::new(Shown(host.shown()))),
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        let (path, tls) = (self.path.clone(), TlsConnector::from(Arc::new(config)));
        let connector = tower::service_fn(move |_| {
            let (path, tls) = (path.clone(), tls.clone());
            async move {
                let io = UnixStream::connect(path).await?;
                let name = ServerName::try_from("localhost").map_err(std::io::Error::other)?;
                tls.connect(name, io).await.map(TokioIo::new)
            }
        });
        let channel = Endpoint::from_static("http://localhost").connect_with_connector(connector).await?;
        Ok(ProviderClient::new(channel))
    }
}

/// What a host shows: a self-signed P-521 authority.
pub(super) struct Identity {
    pub(super) pem: String,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    pub(super) fn new() -> Self {
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512).unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        Self {
            pem: certificate.pem(),
            certificate: certificate.der().clone(),
            key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        }
    }

    /// The certificate of the one with the key of the other.
    pub(super) fn stolen(certificate: &Self, key: &Self) -> Self {
        Self {
            pem: certificate.pem.clone(),
            certificate: certificate.certificate.clone(),
            key: key.key.clone_key(),
        }
    }
}

impl Identity {
    fn shown(&self) -> Arc<CertifiedKey> {
        let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&self.key).unwrap();
        Arc::new(CertifiedKey::new(vec![self.certificate.clone()], key))
    }
}

/// Shows the certificate whatever is asked for, even with a key that is not its own.
#[derive(Debug)]
struct Shown(Arc<CertifiedKey>);

impl ResolvesClientCert for Shown {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}
