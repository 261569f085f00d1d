//! Ways to a server: proxies, other servers, a channel.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bud::kube::{Access, Channel, Client, KubeError, Stream};
use bud::secret::Secret;
use serde_json::json;
use tokio::net::TcpStream;
use url::Url;

use super::control_plane::{ControlPlane, User, encoded};
use super::forwarders::{Forwarder, LOGIN, Speaks};

fn access(kubeconfig: String) -> Access {
    Access::new(Secret::new(kubeconfig))
}

/// A kubeconfig whose server's name only the proxies can resolve.
fn behind(plane: &ControlPlane, proxy: Option<String>) -> String {
    let port = plane.server.rsplit_once(':').unwrap().1;
    let mut cluster = json!({
        "server": format!("https://kubernetes.test:{port}"),
        "certificate-authority-data": encoded(&plane.authority.pem),
    });
    if let Some(proxy) = proxy {
        cluster["proxy-url"] = json!(proxy);
    }
    plane.kubeconfig_with(&User::Admin, cluster)
}

#[tokio::test]
async fn proxies_of_both_kinds_with_and_without_a_login() {
    let Some(plane) = ControlPlane::shared() else { return };
    for (speaks, scheme) in [(Speaks::Socks5, "socks5"), (Speaks::HttpConnect, "http")] {
        let proxy = Forwarder::start(speaks).await;
        let direct = Client::open(&access(behind(plane, None))).unwrap().version().await;
        assert!(matches!(direct, Err(KubeError::Unreachable { .. })), "{direct:?}");
        let plain = format!("{scheme}://{}", proxy.address);
        let client = Client::open(&access(behind(plane, Some(plain.clone())))).unwrap();
        client.version().await.unwrap();
        client.cluster_uid().await.unwrap();
        assert_eq!(proxy.passed(), 1, "one connection serves both");
        let with_login = format!("{scheme}://{}:p%40ss%3Aword@{}", LOGIN.0, proxy.address);
        Client::open(&access(behind(plane, Some(with_login)))).unwrap().version().await.unwrap();
        assert_eq!(proxy.passed(), 2);
        let wrong = format!("{scheme}://ann:canary@{}", proxy.address);
        let error = Client::open(&access(behind(plane, Some(wrong)))).unwrap().version().await.unwrap_err();
        let KubeError::Unreachable { tried, .. } = &error else { panic!("{error:?}") };
        assert!(tried[0].0.contains(&proxy.address), "{tried:?}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");

        // The access's own proxy wins over the kubeconfig's.
        let other = Forwarder::start(speaks).await;
        let mut chosen = access(behind(plane, Some(plain)));
        chosen.proxy = Some(Url::parse(&format!("{scheme}://{}", other.address)).unwrap());
        Client::open(&chosen).unwrap().version().await.unwrap();
        assert_eq!((proxy.passed(), other.passed()), (2, 1));
    }
    let mut dead = access(behind(plane, None));
    dead.proxy = Some(Url::parse("socks5://127.0.0.1:1").unwrap());
    let error = Client::open(&dead).unwrap().version().await.unwrap_err();
    let KubeError::Unreachable { tried, .. } = &error else { panic!("{error:?}") };
    assert!(tried[0].0.contains("through socks5://127.0.0.1:1"), "{tried:?}");
}

#[tokio::test]
async fn another_server_and_then_a_channel_and_the_good_way_is_remembered() {
    let Some(plane) = ControlPlane::shared() else { return };
    let address = plane.server.strip_prefix("https://").unwrap().to_owned();
    // The name is right for the certificate, and nobody listens at that port.
    let away = plane.kubeconfig_with(
        &User::Admin,
        json!({ "server": "https://127.0.0.1:1", "certificate-authority-data": encoded(&plane.authority.pem) }),
    );
    let opened = Arc::new(AtomicUsize::new(0));
    let channel = {
        let (opened, address) = (Arc::clone(&opened), address.clone());
        Channel::new(move || {
            opened.fetch_add(1, Ordering::Relaxed);
            let address = address.clone();
            Box::pin(async move { Ok(Box::new(TcpStream::connect(address).await?) as Box<dyn Stream>) })
        })
    };
    let mut ways = access(away.clone());
    ways.servers = vec![Url::parse("https://127.0.0.1:2").unwrap(), Url::parse(&plane.server).unwrap()];
    ways.channel = Some(channel.clone());
    Client::open(&ways).unwrap().version().await.unwrap();
    assert_eq!(opened.load(Ordering::Relaxed), 0, "the channel is the last way");

    let mut last = access(away.clone());
    last.channel = Some(channel);
    let client = Client::open(&last).unwrap();
    client.version().await.unwrap();
    assert_eq!(opened.load(Ordering::Relaxed), 1);

    let mut none = access(away);
    none.servers = vec![Url::parse("https://127.0.0.1:2").unwrap()];
    none.channel = Some(Channel::new(|| Box::pin(async { Err(std::io::Error::other("no SSH")) })));
    let error = Client::open(&none).unwrap().version().await.unwrap_err();
    let KubeError::Unreachable { tried, .. } = &error else { panic!("{error:?}") };
    let ways: Vec<&str> = tried.iter().map(|(way, _)| way.as_str()).collect();
    assert_eq!(ways, ["127.0.0.1:1", "127.0.0.1:2", "channel"]);
    assert_eq!(tried[2].1, "no SSH");
}
