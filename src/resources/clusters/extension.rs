//! The extension of our kubeconfigs that says how a cluster's servers are reached otherwise (operations.md B3), as
//! `kube::credential` writes it: other addresses of the API, and the servers by SSH.

use serde_json::Value as Json;
use url::Url;

use crate::kube::credential::{EXTENSION, SshServer};
use crate::secret::Secret;

/// What a kubeconfig says beside its server; nothing where it is none of ours.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Extension {
    /// Other addresses of the API.
    pub(super) servers: Vec<Url>,
    /// The servers by SSH.
    pub(super) ssh: Vec<SshServer>,
    /// The authority of their host keys.
    pub(super) ssh_authority: Option<String>,
}

/// Whether a kubeconfig may have the extension.
pub(super) fn is_in(kubeconfig: &Secret) -> bool {
    kubeconfig.expose().contains(EXTENSION)
}

/// The extension of the clusters in a kubeconfig.
pub(super) fn read(kubeconfig: &Secret) -> Extension {
    let mut found = Extension::default();
    if !is_in(kubeconfig) {
        return found;
    }
    let Ok(config) = serde_norway::from_str::<Json>(kubeconfig.expose()) else { return found };
    let list = |value: &Json| value.as_array().cloned().unwrap_or_default();
    let extensions =
        list(&config["clusters"]).into_iter().flat_map(|one| list(&one["cluster"]["extensions"]));
    for one in extensions.filter(|one| one["name"] == EXTENSION) {
        let extension = &one["extension"];
        let servers = list(&extension["servers"]);
        found.servers.extend(servers.iter().filter_map(|server| Url::parse(server.as_str()?).ok()));
        found.ssh.extend(list(&extension["ssh"]).iter().filter_map(ssh));
        found.ssh_authority = extension["ssh_authority"].as_str().map(str::to_owned).or(found.ssh_authority);
    }
    found
}

fn ssh(entry: &Json) -> Option<SshServer> {
    let text = |key: &str| entry[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let port = |key: &str| entry[key].as_u64().and_then(|port| u16::try_from(port).ok());
    Some(SshServer {
        node: text("node")?,
        host: text("host")?,
        port: port("port").unwrap_or(22),
        user: text("user")?,
        api_port: port("api_port").unwrap_or(6443),
    })
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;
    use crate::kube::credential::{Credential, Kubeconfig};

    #[test]
    fn what_is_written_is_read() {
        let ssh = SshServer {
            node: "primary-0".into(),
            host: "203.0.113.7".into(),
            port: 22,
            user: "bud".into(),
            api_port: 6443,
        };
        let kubeconfig = Kubeconfig {
            name: "dev".into(),
            server: "https://one:6443".parse().unwrap(),
            authority: "authority".into(),
            proxy: None,
            servers: vec!["https://two:6443".parse().unwrap()],
            ssh: vec![ssh.clone()],
            ssh_authority: Some("ssh-ed25519 AAAA".into()),
        };
        let credential = Credential {
            certificate: String::new(),
            key: Secret::new(""),
            expires: OffsetDateTime::UNIX_EPOCH,
        };
        let extension = read(&kubeconfig.text(&credential));
        assert_eq!(extension.servers.iter().map(Url::as_str).collect::<Vec<_>>(), ["https://two:6443/"]);
        assert_eq!((extension.ssh, extension.ssh_authority), (vec![ssh], Some("ssh-ed25519 AAAA".into())));
    }

    #[test]
    fn only_the_extension_is_read_and_what_is_wrong_in_it_is_passed_over() {
        let text = "clusters:\n- name: a\n  cluster:\n    server: https://one:6443\n    extensions:\n    - name: bud.studio/access\n      \
                    extension: {servers: ['https://two:6443', 'no address'], ssh: [{node: a}, 7]}\n    - name: other\n      extension: {servers: ['https://x']}\n";
        let found = read(&Secret::new(text));
        assert_eq!(found.servers.iter().map(Url::as_str).collect::<Vec<_>>(), ["https://two:6443/"]);
        assert!(found.ssh.is_empty());
        assert_eq!(read(&Secret::new("clusters: []")), Extension::default());
    }
}
