//! Kubeconfigs that cannot be used: each says where, and none says a secret.

use bud::kube::{Access, Client};
use bud::secret::Secret;
use serde_json::{Value, json};

#[test]
fn kubeconfigs_that_cannot_be_used_say_where() {
    let open = |text: &str, context: Option<&str>| {
        let access = Access {
            kubeconfig: Secret::new(text),
            context: context.map(str::to_owned),
            ..Access::default()
        };
        Client::open(&access).err().map(|error| error.to_string())
    };
    let config = |cluster: Value, user: Value| {
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{ "name": "k", "cluster": cluster }], "users": [{ "name": "u", "user": user }],
            "contexts": [{ "name": "c", "context": { "cluster": "k", "user": "u" } }],
        })
        .to_string()
    };
    let server = json!({ "server": "https://one.test:6443" });
    let good = config(server.clone(), json!({ "token": "canary" }));
    assert_eq!(open(&good, None), None);
    let cases = [
        ("", None, "kubeconfig: it is empty"),
        ("a: [", None, "kubeconfig: it is not valid (line 2, column 1)"),
        ("- 1", None, "kubeconfig: it is no mapping of clusters, contexts and users"),
        ("{}", None, "kubeconfig: it has no current context, and none is chosen"),
        (&good, Some("d"), "context \"d\": the kubeconfig has no such context; it has: c"),
        (&config(json!({}), json!({})), None, "cluster \"k\": server \"\": empty host"),
        (
            &config(json!({ "server": "ftp://x" }), json!({})),
            None,
            "cluster \"k\": server \"ftp://x\" is no https:// address",
        ),
        (
            &config(json!({ "server": "https://x", "certificate-authority-data": "%" }), json!({})),
            None,
            "cluster \"k\": certificate-authority-data is not base64",
        ),
        (
            &config(json!({ "server": "https://x", "certificate-authority-data": "eA==" }), json!({})),
            None,
            "cluster \"k\": certificate-authority: it holds no certificate in PEM form",
        ),
        (
            &config(json!({ "server": "https://x", "proxy-url": "ftp://p" }), json!({})),
            None,
            "cluster \"k\": a proxy is http:// or socks5://, not ftp://",
        ),
        (
            &config(server.clone(), json!({ "token": ["canary"] })),
            None,
            "user \"u\": a field of it has another type than kubeconfigs have there",
        ),
        (
            &config(server.clone(), json!({ "client-certificate-data": "eA==" })),
            None,
            "user \"u\": it has a client-certificate without its client-key",
        ),
        (
            &config(server.clone(), json!({ "auth-provider": { "name": "gcp" } })),
            None,
            "user \"u\": auth-provider \"gcp\" is no longer part of Kubernetes; use its exec plugin",
        ),
        (
            &config(server.clone(), json!({ "exec": { "apiVersion": "x", "command": "y" } })),
            None,
            "user \"u\": exec: unknown apiVersion \"x\"",
        ),
        (
            &config(
                server,
                json!({ "client-certificate": "/nowhere/a.crt", "client-key": "/nowhere/a.key" }),
            ),
            None,
            "user \"u\": client-certificate \"/nowhere/a.crt\": No such file or directory (os error 2)",
        ),
    ];
    for (text, context, wanted) in cases {
        let found = open(text, context);
        assert_eq!(found.as_deref(), Some(wanted), "{text}");
    }
    let relative =
        open(&config(json!({ "server": "https://x", "certificate-authority": "ca.crt" }), json!({})), None)
            .unwrap();
    assert!(relative.contains("relative path") && relative.contains("--flatten"), "{relative}");
}
