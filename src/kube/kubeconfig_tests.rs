//! Tests of `kubeconfig`.

use std::process::Command;

use expect_test::expect;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{KubeconfigError, merge};

/// A kubeconfig as k3s writes it: everything is called `default`.
fn k3s(server: &str, secret: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\nclusters:\n- name: default\n  cluster:\n    certificate-authority-data: Q0E=\n    \
         server: {server}\ncontexts:\n- name: default\n  context:\n    cluster: default\n    user: default\n\
         current-context: default\npreferences: {{}}\nusers:\n- name: default\n  user:\n    token: {secret}\n"
    )
}

fn merged(kubeconfigs: &[&str]) -> String {
    let texts: Vec<String> = kubeconfigs.iter().map(|text| (*text).to_owned()).collect();
    merge(&texts).expect("a merge")
}

fn refused(kubeconfigs: &[&str]) -> KubeconfigError {
    let texts: Vec<String> = kubeconfigs.iter().map(|text| (*text).to_owned()).collect();
    merge(&texts).expect_err("a refusal")
}

#[test]
fn two_clusters_of_one_name_are_both_kept() {
    let text = merged(&[&k3s("https://10.0.0.1:6443", "one"), &k3s("https://10.0.0.2:6443", "two")]);
    expect![[r#"
        apiVersion: v1
        kind: Config
        clusters:
        - name: default
          cluster:
            certificate-authority-data: Q0E=
            server: https://10.0.0.1:6443
        - name: default-10.0.0.2
          cluster:
            certificate-authority-data: Q0E=
            server: https://10.0.0.2:6443
        contexts:
        - name: default
          context:
            cluster: default
            user: default
        - name: default-10.0.0.2
          context:
            cluster: default-10.0.0.2
            user: default-10.0.0.2
        current-context: default
        users:
        - name: default
          user:
            token: one
        - name: default-10.0.0.2
          user:
            token: two
        preferences: {}
    "#]]
    .assert_eq(&text);
}

#[test]
fn equal_entries_are_one_and_merging_again_changes_nothing() {
    let (one, two) = (k3s("https://a.example:6443", "one"), k3s("https://b.example:6443", "two"));
    let both = merged(&[&one, &two]);
    assert_eq!(merged(&[&one, &two, &one, &two]), both);
    assert_eq!(merged(&[&both]), both);
    assert_eq!(merged(&[&both, &two]), both);
}

#[test]
fn one_host_twice_is_numbered() {
    let text = merged(&[
        &k3s("https://[fd12::1]:6443", "one"),
        &k3s("https://[fd12::1]:6444", "two"),
        &k3s("https://[fd12::1]:6445", "three"),
    ]);
    for name in ["default", "\"default-fd12::1\"", "\"default-fd12::1-2\""] {
        let name = name.trim_matches('"');
        assert_eq!(text.matches(&format!("- name: {name}\n")).count(), 3, "{name} in\n{text}");
    }
}

#[test]
fn a_name_that_a_kubeconfig_brings_along_is_not_taken_from_it() {
    let second = "clusters:\n- {name: c, cluster: {server: https://h}}\n- {name: c-h, cluster: {server: https://x}}\n\
                  contexts:\n- {name: k, context: {cluster: c-h, user: ''}}\n";
    let text = merged(&["clusters:\n- {name: c, cluster: {server: https://g}}\n", second]);
    expect![[r#"
        apiVersion: v1
        kind: Config
        clusters:
        - name: c
          cluster:
            server: https://g
        - name: c-h-2
          cluster:
            server: https://h
        - name: c-h
          cluster:
            server: https://x
        contexts:
        - name: k
          context:
            cluster: c-h
            user: ""
        current-context: ""
        users: []
    "#]]
    .assert_eq(&text);
}

#[test]
fn a_context_may_name_what_another_kubeconfig_has() {
    let contexts =
        "contexts:\n- {name: k, context: {cluster: c, user: u, namespace: space}}\ncurrent-context: k\n";
    let text =
        merged(&["clusters:\n- {name: c, cluster: {server: https://g}}\nusers:\n- {name: u}\n", contexts]);
    assert!(
        text.contains("    cluster: c\n    user: u\n    namespace: space\ncurrent-context: k\n"),
        "{text}"
    );
}

#[test]
fn unknown_fields_are_kept_at_every_place() {
    let first = "extensions:\n- {name: bud, extension: {a: 1}}\npreferences: {colors: true}\nx-note: first\n\
                 clusters:\n- {name: c, cluster: {server: https://g, extensions: [{name: ssh, extension: {port: 22}}]}}\n";
    let second = "extensions:\n- {name: bud, extension: {a: 2}}\n- {name: more, extension: {}}\n\
                  preferences: {colors: false, extensions: []}\nx-note: second\n";
    expect![[r#"
        apiVersion: v1
        kind: Config
        clusters:
        - name: c
          cluster:
            server: https://g
            extensions:
            - name: ssh
              extension:
                port: 22
        contexts: []
        current-context: ""
        users: []
        extensions:
        - name: bud
          extension:
            a: 1
        - name: more
          extension: {}
        preferences:
          colors: true
          extensions: []
        x-note: first
    "#]]
    .assert_eq(&merged(&[first, second]));
}

#[test]
fn the_current_context_is_the_first_that_is_set_and_follows_its_renaming() {
    let mut first = k3s("https://10.0.0.1", "one");
    first = first.replace("current-context: default\n", "");
    let text = merged(&["", &first, &k3s("https://10.0.0.2", "two")]);
    assert!(text.contains("current-context: default-10.0.0.2\n"), "{text}");
}

#[test]
fn nothing_merges_to_an_empty_kubeconfig() {
    let empty = merged(&[]);
    assert_eq!(merged(&["", " \n", "{}", "---\n", "clusters: null\n"]), empty);
    assert!(empty.contains("clusters: []\n"));
}

#[test]
fn what_is_no_kubeconfig_is_refused_with_its_number() {
    let good = k3s("https://a", "x");
    for (text, error) in [
        ("a: b: c", KubeconfigError::Syntax { document: 1, line: 1, column: 5 }),
        ("just text", KubeconfigError::OtherKind { document: 1 }),
        ("- a", KubeconfigError::OtherKind { document: 1 }),
        ("kind: Secret", KubeconfigError::OtherKind { document: 1 }),
        ("apiVersion: v2", KubeconfigError::OtherKind { document: 1 }),
        ("clusters: {}", KubeconfigError::Unnamed { document: 1, section: "clusters" }),
        ("users: [1]", KubeconfigError::Unnamed { document: 1, section: "users" }),
        ("contexts: [{context: {}}]", KubeconfigError::Unnamed { document: 1, section: "contexts" }),
        (
            "users: [{name: a}, {name: a}]",
            KubeconfigError::Twice { document: 1, section: "users", name: "a".into() },
        ),
    ] {
        let refusal = refused(&[&good, text]);
        assert_eq!(refusal, error, "{text}");
        assert_eq!(refusal.document(), 1);
        assert!(refusal.to_string().contains("kubeconfig 2"), "{refusal}");
    }
}

#[test]
fn no_error_shows_a_secret() {
    for text in [
        "users:\n- name: a\n  user: {token: CANARY\n",
        "CANARY",
        "users: [{user: {token: CANARY}}]",
        "users: [{name: a, user: {token: CANARY}}, {name: a}]",
        "kind: CANARY",
        "token: CANARY\ntoken: CANARY",
        "CANARY: &a [*b]",
        "\"CANARY",
        "users: !CANARY [CANARY]",
        "CANARY: 1\nCANARY: 2",
    ] {
        let error = refused(&[text]);
        assert!(!format!("{error} {error:?}").contains("CANARY"), "{error:?}");
    }
}

/// Writes a kubeconfig and lets the real `kubectl` show it; absent without `kubectl`.
fn kubectl(kubeconfig: &str, arguments: &[&str]) -> Option<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config");
    std::fs::write(&path, kubeconfig).expect("a file");
    let mut command = Command::new("kubectl");
    let output = match command.arg("--kubeconfig").arg(&path).args(arguments).output() {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: no kubectl");
            return None;
        }
        Err(error) => panic!("{error}"),
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).expect("text"))
}

#[test]
fn kubectl_reads_every_context_of_the_merge() {
    let text = merged(&[&k3s("https://10.0.0.1:6443", "one"), &k3s("https://[fd12::2]:6443", "two")]);
    for (context, server, token) in
        [("default", "https://10.0.0.1:6443", "one"), ("default-fd12::2", "https://[fd12::2]:6443", "two")]
    {
        let arguments = ["config", "view", "--raw", "--minify", "-o", "json", "--context", context];
        let Some(shown) = kubectl(&text, &arguments) else { return };
        let shown: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
        assert_eq!(shown["clusters"][0]["cluster"]["server"], server);
        assert_eq!(shown["users"][0]["user"]["token"], token);
    }
}

#[test]
fn kubectl_reads_awkward_strings_as_they_are_meant() {
    let words = [
        "on",
        "no",
        "y",
        "1e3",
        "0123",
        "12:30:45",
        "null",
        "~",
        "a: b",
        "# x",
        " x ",
        "ä\u{2028}b",
        "2026-11-23",
    ];
    let user = |word: &str| {
        let quoted = serde_json::Value::from(word);
        format!("{{name: {quoted}, user: {{token: {quoted}}}}}")
    };
    let users: Vec<String> = words.iter().map(|word| user(word)).collect();
    let text = merged(&[&format!("users: [{}]", users.join(", "))]);
    let Some(shown) = kubectl(&text, &["config", "view", "--raw", "-o", "json"]) else { return };
    let shown: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    let mut found: Vec<(&str, &str)> = shown["users"]
        .as_array()
        .expect("users")
        .iter()
        .map(|user| {
            (user["name"].as_str().expect("a name"), user["user"]["token"].as_str().expect("a token"))
        })
        .collect();
    found.sort_unstable();
    let mut expected: Vec<(&str, &str)> = words.iter().map(|word| (*word, *word)).collect();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn without_collisions_kubectl_merges_alike() {
    let kubeconfig = |letter: &str, current: &str| {
        format!(
            "apiVersion: v1\nkind: Config\nclusters:\n- {{name: c{letter}, cluster: {{server: 'https://{letter}'}}}}\n\
             - {{name: shared, cluster: {{server: 'https://shared'}}}}\n\
             contexts:\n- {{name: k{letter}, context: {{cluster: c{letter}, user: u{letter}}}}}\n\
             users:\n- {{name: u{letter}, user: {{token: t{letter}}}}}\ncurrent-context: '{current}'\n"
        )
    };
    let (one, two) = (kubeconfig("a", ""), kubeconfig("b", "kb"));
    let folder = tempfile::tempdir().expect("a folder");
    let paths = ["one", "two"].map(|name| folder.path().join(name));
    std::fs::write(&paths[0], &one).expect("a file");
    std::fs::write(&paths[1], &two).expect("a file");
    let Some(ours) = kubectl(&merged(&[&one, &two]), &["config", "view", "--raw", "-o", "json"]) else {
        return;
    };
    let joined = std::env::join_paths(&paths).expect("paths");
    let theirs = Command::new("kubectl")
        .env("KUBECONFIG", joined)
        .args(["config", "view", "--raw", "-o", "json"])
        .output()
        .expect("kubectl");
    let theirs: serde_json::Value = serde_json::from_slice(&theirs.stdout).expect("JSON");
    let ours: serde_json::Value = serde_json::from_str(&ours).expect("JSON");
    assert_eq!(ours, theirs);
}

/// A kubeconfig of few names, so that they collide.
fn any_kubeconfig() -> impl Strategy<Value = Value> {
    let name = || "[ab]|a-h|a-h-2";
    let named = |key: &'static str| {
        move |entries: std::collections::BTreeMap<String, Value>| -> Value {
            entries.into_iter().map(|(name, inner)| json!({ "name": name, key: inner })).collect()
        }
    };
    let clusters = prop::collection::btree_map(
        name(),
        "[gh]".prop_map(|host| json!({ "server": format!("https://{host}") })),
        0..3,
    );
    let users = prop::collection::btree_map(name(), "[st]".prop_map(|token| json!({ "token": token })), 0..3);
    let context = (name(), name()).prop_map(|(cluster, user)| json!({ "cluster": cluster, "user": user }));
    let contexts = prop::collection::btree_map(name(), context, 0..4);
    (clusters, users, contexts).prop_map(move |(clusters, users, contexts)| {
        json!({
            "clusters": named("cluster")(clusters),
            "users": named("user")(users),
            "contexts": named("context")(contexts),
        })
    })
}

/// What each context of a kubeconfig leads to, if all of it is there.
fn meanings(kubeconfig: &Value) -> Vec<(Value, Value)> {
    let find = |list: &str, key: &str, name: &Value| {
        let entries = kubeconfig[list].as_array()?;
        entries.iter().find(|entry| entry["name"] == *name).map(|entry| entry[key].clone())
    };
    let contexts = kubeconfig["contexts"].as_array().expect("contexts").iter();
    contexts
        .filter_map(|context| {
            let context = &context["context"];
            Some((
                find("clusters", "cluster", &context["cluster"])?,
                find("users", "user", &context["user"])?,
            ))
        })
        .collect()
}

proptest! {
    #[test]
    fn every_context_still_leads_where_it_led(kubeconfigs in prop::collection::vec(any_kubeconfig(), 0..5)) {
        let texts: Vec<String> = kubeconfigs.iter().map(Value::to_string).collect();
        let text = merge(&texts).expect("a merge");
        let merged: Value = serde_norway::from_str(&text).expect("YAML");
        let after = meanings(&merged);
        for meaning in kubeconfigs.iter().flat_map(meanings) {
            prop_assert!(after.contains(&meaning), "{meaning:?} is lost in\n{text}");
        }
        // Nothing is merged twice, and what is merged is a kubeconfig again.
        let again = merge(&[text.clone(), text.clone()]).expect("a merge");
        prop_assert_eq!(again, text);
    }
}
