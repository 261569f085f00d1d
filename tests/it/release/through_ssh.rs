//! A cluster whose API nobody reaches from here: its kubeconfig says how its servers are reached by SSH, and a
//! release goes through one of them. A real SSH server, and the real API server behind it.

use std::time::Duration;

use bud::kube::credential::{Administrators, Kubeconfig, SshServer, bind, mint};
use bud::ssh::Authority;
use bud::time::Patience;
use tokio_util::sync::CancellationToken;

use super::Room;
use crate::ssh_room::server::Server;

const OBJECT: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web }\ndata: { color: blue }\n";

/// A server of the cluster, whose host key an authority has certified for the node `primary-0`.
async fn server(authority: &Authority) -> Option<Server> {
    let mut server = Server::start(&[]).await?;
    let own = server.host_key.public();
    let certificate = authority.certify(&own, "primary-0", &[]).unwrap();
    std::fs::write(server.path("host-cert.pub"), format!("{certificate}\n")).unwrap();
    server.restart(&["HostCertificate %/host-cert.pub"]);
    Some(server)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_goes_through_a_server_that_is_believed_by_its_authority() {
    let Some(mut room) = Room::new("through-ssh").await else { return };
    let authority = Authority::draw().unwrap();
    let Some(server) = server(&authority).await else { return };
    let patience = Patience::new(Duration::from_secs(60), CancellationToken::new());
    let admin = room.plane.admin();
    let group = Administrators::of("through-ssh", None);
    bind(&admin, &group).await.unwrap();
    let credential = mint(&admin, &group, Duration::from_secs(3600), &patience).await.unwrap();
    let api_port = room.plane.server.rsplit(':').next().unwrap().parse().unwrap();
    let at = |node: &str, port| SshServer {
        node: node.into(),
        host: "127.0.0.1".into(),
        port,
        user: server.user.clone(),
        api_port,
    };
    let kubeconfig = |ssh: Vec<SshServer>, authority: &Authority| {
        let kubeconfig = Kubeconfig {
            name: "dev".into(),
            // Nothing listens there.
            server: "https://127.0.0.1:9".parse().unwrap(),
            authority: room.plane.authority.pem.clone(),
            proxy: None,
            servers: Vec::new(),
            ssh,
            ssh_authority: Some(authority.public().to_owned()),
        };
        kubeconfig.text(&credential).expose().to_owned()
    };
    let chart = room.chart("web", &[("templates/a.yaml", OBJECT)]);
    let release = |kubeconfig: &str| format!("kubeconfig = <<-END\n{kubeconfig}\nEND\n");
    // The first server is gone; the second is asked, and the third believes in nobody.
    let text = kubeconfig(vec![at("gone", 9), at("primary-0", server.port)], &authority);
    let arguments = release(&text);
    let arguments = room.release(&chart, &arguments);

    // Nobody can log in without a key.
    let said = room.refuses(&arguments).await;
    assert!(said.contains("127.0.0.1:9"), "{said}");
    let key = server.key.private().expose().to_owned();
    room.host.provider(&format!("ssh = {{ private_key = <<-END\n{key}\nEND\n}}\n"));
    room.applies(&arguments).await;
    assert_eq!(room.helm_list(), ["web 1 deployed"]);
    assert!(server.log().contains("Accepted publickey"), "{}", server.log());

    // Another authority's cluster is not believed, whatever answers.
    let other = Authority::draw().unwrap();
    let text = kubeconfig(vec![at("primary-0", server.port)], &other);
    let arguments = format!("{}\nset = [{{ name = \"a\", value = \"b\" }}]\n", release(&text));
    let said = room.refuses(&room.release(&chart, &arguments)).await;
    assert!(said.contains("127.0.0.1:9"), "{said}");
    assert_eq!(room.helm_list(), ["web 1 deployed"]);
}
