//! The extension of our kubeconfigs that says how a cluster's other servers are reached (operations.md B3).
//!
//! It stands under `extensions` of the cluster entry, where kubectl keeps what it does not know:
//! `{ name: bud.studio/access, extension: { servers: [ "https://…:6443", … ] } }`.

use serde_json::Value as Json;
use url::Url;

use crate::secret::Secret;

/// Name of the extension.
const NAME: &str = "bud.studio/access";

/// The other servers that a kubeconfig names; none where it has no such extension.
pub(super) fn servers(kubeconfig: &Secret) -> Vec<Url> {
    if !kubeconfig.expose().contains(NAME) {
        return Vec::new();
    }
    let Ok(config) = serde_norway::from_str::<Json>(kubeconfig.expose()) else { return Vec::new() };
    let list = |value: &Json| value.as_array().cloned().unwrap_or_default();
    let extensions =
        list(&config["clusters"]).into_iter().flat_map(|one| list(&one["cluster"]["extensions"]));
    extensions
        .filter(|one| one["name"] == NAME)
        .flat_map(|one| list(&one["extension"]["servers"]))
        .filter_map(|server| server.as_str().and_then(|text| Url::parse(text).ok()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_read_from_the_extension_alone() {
        let text = "clusters:\n- name: a\n  cluster:\n    server: https://one:6443\n    extensions:\n    - name: bud.studio/access\n      \
                    extension: {servers: ['https://two:6443', 'no address']}\n    - name: other\n      extension: {servers: ['https://x']}\n";
        let found = servers(&Secret::new(text));
        assert_eq!(found.iter().map(Url::as_str).collect::<Vec<_>>(), ["https://two:6443/"]);
        assert!(servers(&Secret::new("clusters: []")).is_empty());
    }
}
