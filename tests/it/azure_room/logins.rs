//! Every way to log in, against the simulated authority.

use std::sync::Arc;

use bud::cloud::azure::{Azure, Settings};
use bud::cloud::{Cloud, CloudError, NetworkSeen};
use bud::outcome::{Presence, Recovery};
use bud::secret::Secret;
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKeyChain};

use super::bench::{Bench, patience, plan};

/// Looks for a network that does not exist, with these settings.
async fn look(settings: Settings) -> Result<Presence<NetworkSeen>, CloudError> {
    let networks = Azure::new(settings).unwrap().networks();
    networks.get(&networks.place(&plan("one")), &patience()).await
}

/// The simulator's settings without its secret.
fn without_secret(bench: &Bench) -> Settings {
    Settings { client_secret: None, use_cli: Some(false), ..bench.settings() }
}

#[tokio::test]
async fn every_credential_gets_a_token() {
    let bench = Bench::new().await;
    let bearer = Some(Secret::new(bench.text("/oidc_request_token")));
    let github = Settings {
        use_oidc: Some(true),
        oidc_request_url: Some(bench.text("/endpoints/github_oidc")),
        oidc_request_token: bearer.clone(),
        ..without_secret(&bench)
    };
    let devops = Settings {
        oidc_request_url: Some(bench.text("/endpoints/azure_devops_oidc")),
        ado_service_connection_id: Some("5c000000-0000-4000-8000-000000000001".to_owned()),
        ..github.clone()
    };
    let machine = Settings {
        use_msi: Some(true),
        client_id: None,
        msi_endpoint: Some(bench.text("/endpoints/managed_identity")),
        ..without_secret(&bench)
    };
    for (name, settings) in
        [("secret", bench.settings()), ("github", github), ("devops", devops), ("msi", machine)]
    {
        assert_eq!(look(settings).await, Ok(Presence::Gone), "{name}");
    }
}

#[tokio::test]
async fn a_certificate_logs_in_from_pem_and_from_pfx() {
    let bench = Bench::new().await;
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let own =
        rcgen::CertificateParams::new(vec!["client.example".to_owned()]).unwrap().self_signed(&key).unwrap();
    let pem = folder.path().join("client.pem");
    std::fs::write(&pem, format!("{}{}", own.pem(), key.serialize_pem())).unwrap();
    let chain = PrivateKeyChain::new(key.serialize_der(), b"id", [Certificate::from_der(own.der()).unwrap()]);
    let mut store = KeyStore::new();
    store.add_entry("client", KeyStoreEntry::PrivateKeyChain(chain));
    let pfx = folder.path().join("client.pfx");
    std::fs::write(&pfx, store.writer("open sesame").write().unwrap()).unwrap();
    let with = |path: &std::path::Path, password: &str| Settings {
        client_certificate_path: Some(path.to_owned()),
        client_certificate_password: Some(Secret::new(password)),
        ..without_secret(&bench)
    };
    assert_eq!(look(with(&pem, "")).await, Ok(Presence::Gone));
    assert_eq!(look(with(&pfx, "open sesame")).await, Ok(Presence::Gone));
    for (path, password) in [(pfx, "wrong"), (folder.path().join("none.pfx"), "")] {
        let error = look(with(&path, password)).await.unwrap_err();
        assert!(
            matches!(error, CloudError::Setting { argument: "azure.client_certificate_path", .. }),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn what_the_authority_says_is_reported_and_proves_no_absence() {
    let bench = Bench::new().await;
    let wrong = Settings { client_secret: Some(Secret::new("wrong")), ..bench.settings() };
    let error = look(wrong).await.unwrap_err();
    let CloudError::Login { source_name, argument, reason, unreachable } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(
        (source_name.as_str(), *argument, *unreachable),
        ("client secret", Some("client_secret"), false)
    );
    assert!(reason.contains("AADSTS7000215"), "{reason}");
    assert_eq!(error.recovery(), Recovery::Denied);

    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "no.real.token").unwrap();
    let foreign = Settings { oidc_token_file_path: Some(file.path().to_owned()), ..without_secret(&bench) };
    assert!(matches!(look(foreign).await, Err(CloudError::Login { unreachable: false, .. })));

    let tenant =
        Settings { tenant_id: Some("7e4a0000-0000-4000-8000-000000000002".to_owned()), ..bench.settings() };
    let error = look(tenant).await.unwrap_err();
    assert_eq!(error.recovery(), Recovery::Denied, "{error:?}");
    let subscription = Some("5b1d0000-0000-4000-8000-0000000000ff".to_owned());
    let error = look(Settings { subscription_id: subscription, ..bench.settings() }).await.unwrap_err();
    let CloudError::Refused { answer, recovery, .. } = error else { panic!("{error:?}") };
    assert_eq!((answer.code.as_str(), recovery), ("SubscriptionNotFound", Recovery::Denied));
}

#[tokio::test]
async fn callers_share_one_token() {
    let bench = Bench::new().await;
    let networks: Arc<_> = bench.networks();
    let place = networks.place(&plan("one"));
    let looks = (0..8).map(|_| {
        let (networks, place) = (Arc::clone(&networks), place.clone());
        async move { networks.get(&place, &patience()).await }
    });
    assert!(futures::future::join_all(looks).await.into_iter().all(|seen| seen == Ok(Presence::Gone)));
    assert_eq!(bench.logins().await, 1);
}

#[tokio::test]
async fn an_authority_or_certificate_that_cannot_be_trusted_ends_soon() {
    let bench = Bench::new().await;
    let away = Settings { authority_host: Some("https://127.0.0.1:1".to_owned()), ..bench.settings() };
    assert!(matches!(look(away).await, Err(CloudError::Login { unreachable: true, .. })));
    let error = look(Settings { ca_file: None, ..bench.settings() }).await.unwrap_err();
    let CloudError::Login { unreachable: true, reason, .. } = &error else { panic!("{error:?}") };
    assert!(reason.contains("certificate"), "{reason}");
    let error =
        look(Settings { ca_file: Some("/nowhere/ca.pem".into()), ..bench.settings() }).await.unwrap_err();
    assert!(matches!(error, CloudError::Setting { argument: "azure.ca_file", .. }), "{error:?}");
}
