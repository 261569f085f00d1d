//! Only the host that started us gets in.

use rustls::version::{TLS12, TLS13};
use time::OffsetDateTime;

use super::host::{Identity, serve};
use crate::wire::proto::tfplugin6::get_metadata;
use crate::wire::tls::{TlsError, mutual};

#[tokio::test]
async fn the_host_gets_in_with_either_version() {
    let host = Identity::new();
    let served = serve(Some(&host));
    for version in [&TLS12, &TLS13] {
        let mut client = served.encrypted(Some(&host), &[version]).await.unwrap();
        let answer = client.get_metadata(get_metadata::Request {}).await.unwrap().into_inner();
        assert_eq!(answer.resources[0].type_name, "echo_thing");
    }
}

#[tokio::test]
async fn nobody_else_does() {
    let (host, other) = (Identity::new(), Identity::new());
    let served = serve(Some(&host));
    let stolen = Identity::stolen(&host, &other);
    for (who, version) in [
        (Some(&other), &TLS12),
        (Some(&other), &TLS13),
        (Some(&stolen), &TLS12),
        (Some(&stolen), &TLS13),
        (None, &TLS12),
        (None, &TLS13),
    ] {
        // With version 1.3 a client learns of the refusal only after its own handshake.
        let answer = match served.encrypted(who, &[version]).await {
            Ok(mut client) => client.get_metadata(get_metadata::Request {}).await.is_ok(),
            Err(_) => false,
        };
        assert!(!answer);
    }
    // The refusals did no harm.
    let mut client = served.encrypted(Some(&host), &[&TLS13]).await.unwrap();
    assert!(client.get_metadata(get_metadata::Request {}).await.is_ok());
}

#[tokio::test]
async fn nobody_gets_in_without_encryption() {
    let served = serve(Some(&Identity::new()));
    let mut client =
        crate::wire::proto::tfplugin6::provider_client::ProviderClient::new(served.connect().await);
    assert!(client.get_metadata(get_metadata::Request {}).await.is_err());
}

#[test]
fn a_text_without_a_certificate_is_refused() {
    let pem = "-----BEGIN CERTIFICATE-----\nnot base64!\n-----END CERTIFICATE-----\n";
    for text in ["", "nonsense", pem] {
        let refusal = mutual(text, OffsetDateTime::now_utc()).map(drop);
        assert!(matches!(refusal, Err(TlsError::ClientCertificate)), "{text}");
    }
}
