//! A kubeconfig with a token, made from one with another login: the way to the cluster stays as it is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use crate::secret::Secret;

/// What a kubeconfig says of the way to its cluster.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Way {
    /// Name of the cluster.
    name: String,
    /// Its entry, word by word.
    cluster: Json,
}

impl Way {
    /// The way of the current context; nothing where there is none.
    pub(super) fn of(kubeconfig: &Secret) -> Option<Self> {
        let config = serde_norway::from_str::<Json>(kubeconfig.expose()).ok()?;
        let named = |list: &str, name: &Json| {
            config[list].as_array()?.iter().find(|one| one["name"] == *name).cloned()
        };
        let context = named("contexts", &config["current-context"])?;
        let cluster = named("clusters", &context["context"]["cluster"])?;
        Some(Self { name: cluster["name"].as_str()?.to_owned(), cluster: cluster["cluster"].clone() })
    }

    /// Address of the API.
    pub(super) fn server(&self) -> Option<&str> {
        self.cluster["server"].as_str()
    }

    /// Its authority in PEM form, where it stands in the kubeconfig.
    pub(super) fn authority(&self) -> Option<String> {
        let encoded = self.cluster["certificate-authority-data"].as_str()?;
        String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()
    }

    /// The kubeconfig of a user who logs in with a token. JSON, which is YAML.
    pub(super) fn with(&self, user: &str, token: &Secret, namespace: Option<&str>) -> Secret {
        let name = format!("{user}@{}", self.name);
        let mut context = json!({ "cluster": self.name, "user": user });
        if let Some(namespace) = namespace {
            context["namespace"] = namespace.into();
        }
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{ "name": self.name, "cluster": self.cluster }],
            "users": [{ "name": user, "user": { "token": token.expose() } }],
            "contexts": [{ "name": name, "context": context }],
            "current-context": name,
        });
        Secret::new(format!("{config:#}\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KUBECONFIG: &str = "apiVersion: v1\nkind: Config\ncurrent-context: two\ncontexts:\n- name: one\n  context: {cluster: a, user: u}\n- name: two\n  context: {cluster: b, user: u}\n\
        clusters:\n- name: a\n  cluster: {server: 'https://a:6443'}\n- name: b\n  cluster:\n    server: https://b:6443\n    certificate-authority-data: QVVUSE9SSVRZ\n    proxy-url: http://proxy:1\n\
        users:\n- name: u\n  user: {token: of-the-administrator}\n";

    #[test]
    fn the_way_stays_and_the_login_changes() {
        let way = Way::of(&Secret::new(KUBECONFIG)).unwrap();
        assert_eq!((way.server(), way.authority().as_deref()), (Some("https://b:6443"), Some("AUTHORITY")));
        let text = way.with("bud-view", &Secret::new("short"), Some("shop"));
        assert!(!text.expose().contains("of-the-administrator"), "{}", text.expose());
        let made: Json = serde_norway::from_str(text.expose()).unwrap();
        assert_eq!(made["clusters"][0]["cluster"]["proxy-url"], "http://proxy:1");
        assert_eq!(made["users"][0]["user"], json!({ "token": "short" }));
        assert_eq!(made["contexts"][0]["context"]["namespace"], "shop");
        assert_eq!(made["contexts"][0]["name"], made["current-context"]);
    }

    #[test]
    fn without_a_current_context_there_is_no_way() {
        assert_eq!(Way::of(&Secret::new(KUBECONFIG.replace("current-context: two\n", ""))), None);
        assert_eq!(Way::of(&Secret::new("[")), None);
    }
}
