//! An admission webhook that refuses everything.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::certificates::Pair;

/// It listens until it is dropped.
pub(crate) struct Refuser {
    pub(crate) url: String,
    task: tokio::task::JoinHandle<()>,
}

impl Refuser {
    pub(crate) async fn start(pair: &Pair, words: &'static str) -> Self {
        let chain = vec![CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
        let crypto = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ServerConfig::builder_with_provider(crypto)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://127.0.0.1:{}/", listener.local_addr().unwrap().port());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut request = Vec::new();
                let review: Value = loop {
                    let mut part = [0; 4_096];
                    let Ok(length @ 1..) = stream.read(&mut part).await else { break Value::Null };
                    request.extend_from_slice(&part[..length]);
                    let body =
                        request.windows(4).position(|four| four == b"\r\n\r\n").map(|at| &request[at + 4..]);
                    if let Some(review) = body.and_then(|body| serde_json::from_slice(body).ok()) {
                        break review;
                    }
                };
                let answer = json!({
                    "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
                    "response": { "uid": review["request"]["uid"], "allowed": false, "status": { "message": words } },
                })
                .to_string();
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                    answer.len()
                );
                let _ = stream.write_all(&[head.as_bytes(), answer.as_bytes()].concat()).await;
                let _ = stream.shutdown().await;
            }
        });
        Self { url, task }
    }
}

impl Drop for Refuser {
    fn drop(&mut self) {
        self.task.abort();
    }
}
