//! Who we are: certificates, tokens, files with tokens, programs, other people's names.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use bud::kube::KubeError;
use bud::outcome::Recovery;
use serde_json::{Value, json};

use super::certificates::When;
use super::config_maps;
use super::control_plane::{ADMIN_TOKEN, ControlPlane, User, encoded, open};

/// What the API server takes the user for.
async fn name(client: &bud::kube::Client) -> Result<String, KubeError> {
    let kind = bud::kube::Kind::new(
        "authentication.k8s.io/v1",
        "SelfSubjectReview",
        "selfsubjectreviews",
        bud::kube::Scope::Cluster,
    );
    let review = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview" });
    let answer = client.create(&kind, None, &review, &super::by("tests")).await?;
    Ok(answer["status"]["userInfo"]["username"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn certificates_tokens_and_files() {
    let Some(plane) = ControlPlane::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let pair = plane.authority.user("carol", "cs", When::Now);
    let cases = [
        (User::Admin, "admin"),
        (User::AdminToken, "admin"),
        (User::Nobody, "nobody"),
        (User::As(json!({ "tokenFile": file("token", &format!("{ADMIN_TOKEN}\n")) })), "admin"),
        (
            User::As(json!({
                "client-certificate": file("carol.crt", &pair.certificate),
                "client-key": file("carol.key", &pair.key),
            })),
            "carol",
        ),
        (User::As(json!({ "token": ADMIN_TOKEN, "as": "dave", "as-groups": ["system:masters"] })), "dave"),
    ];
    for (user, wanted) in cases {
        assert_eq!(name(&plane.client(&user)).await.as_deref(), Ok(wanted), "{user:?}");
    }
    // An authority in a file, too.
    let cluster =
        json!({ "server": plane.server, "certificate-authority": file("ca.crt", &plane.authority.pem) });
    assert_eq!(name(&open(&plane.kubeconfig_with(&User::Admin, cluster))).await.as_deref(), Ok("admin"));
    let missing = plane.client(&User::As(json!({ "tokenFile": "/nowhere/token" })));
    let error = name(&missing).await.unwrap_err();
    assert!(
        matches!(&error, KubeError::Login { source_name, .. } if source_name.contains("/nowhere/token")),
        "{error:?}"
    );
}

/// A credential plugin: a shell script.
struct Plugin {
    _folder: tempfile::TempDir,
    path: PathBuf,
    /// A line for each run, with what it was told.
    told: PathBuf,
}

impl Plugin {
    /// A plugin that prints what `credential` says, which is put into a function of the shell.
    fn new(body: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (path, told) = (folder.path().join("plugin"), folder.path().join("told"));
        let script =
            format!("#!/bin/sh\nprintf '%s\\n' \"$KUBERNETES_EXEC_INFO\" >> {}\n{body}\n", told.display());
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        Self { _folder: folder, path, told }
    }

    fn printing(status: &Value) -> Self {
        let answer = json!({ "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status });
        Self::new(&format!("cat <<'END'\n{answer}\nEND"))
    }

    fn user(&self) -> User {
        let command = self.path.to_str().unwrap().to_owned();
        User::Plugin { command, args: vec!["get-token".into()], env: vec![("WHO".into(), "me".into())] }
    }

    fn told(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.told).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

#[tokio::test]
async fn a_program_gives_a_token_once_and_is_told_of_the_cluster() {
    let Some(plane) = ControlPlane::shared() else { return };
    let plugin = Plugin::printing(&json!({ "token": ADMIN_TOKEN }));
    let client = plane.client(&plugin.user());
    assert!(plugin.told().is_empty(), "opening runs no program");
    assert_eq!(name(&client).await.as_deref(), Ok("admin"));
    assert_eq!(name(&client.clone()).await.as_deref(), Ok("admin"));
    let told = plugin.told();
    assert_eq!(told.len(), 1);
    assert_eq!(
        (&told[0]["kind"], &told[0]["spec"]["interactive"]),
        (&json!("ExecCredential"), &json!(false))
    );
    assert_eq!(told[0]["spec"]["cluster"]["server"], json!(plane.server));
    assert_eq!(
        told[0]["spec"]["cluster"]["certificate-authority-data"],
        json!(encoded(&plane.authority.pem))
    );
}

#[tokio::test]
async fn a_program_gives_a_certificate_and_is_run_again_when_its_credential_ends() {
    let Some(plane) = ControlPlane::shared() else { return };
    let pair = plane.authority.user("erin", "es", When::Now);
    let plugin = Plugin::printing(&json!({
        "clientCertificateData": pair.certificate, "clientKeyData": pair.key,
        "expirationTimestamp": "2001-01-01T00:00:00Z",
    }));
    let client = plane.client(&plugin.user());
    assert_eq!(name(&client).await.as_deref(), Ok("erin"));
    assert_eq!(name(&client).await.as_deref(), Ok("erin"));
    assert_eq!(plugin.told().len(), 2, "a credential that has ended is not used twice");

    // The server refuses the first token; the program is run once more and gives a good one.
    let body = r#"if [ -e "$0.second" ]; then token=GOOD; else token=old; fi; : > "$0.second"
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}' "$token""#;
    let plugin = Plugin::new(&body.replace("GOOD", ADMIN_TOKEN));
    let client = plane.client(&plugin.user());
    assert_eq!(name(&client).await.as_deref(), Ok("admin"));
    assert_eq!(plugin.told().len(), 2);

    // It goes on giving one that is refused: said after the second, not asked for ever.
    let plugin = Plugin::printing(&json!({ "token": "canary-token" }));
    let error = name(&plane.client(&plugin.user())).await.unwrap_err();
    assert!(matches!(error, KubeError::Unauthorised { .. }), "{error:?}");
    assert_eq!(plugin.told().len(), 2);
}

#[tokio::test]
async fn programs_that_fail_say_why_and_no_secret_is_told() {
    let Some(plane) = ControlPlane::shared() else { return };
    let at = config_maps().at(Some("default"), "one");
    let run = async |user: User| plane.client(&user).get(&at).await.unwrap_err();
    let missing = run(User::Plugin { command: "/nowhere/plugin".into(), args: vec![], env: vec![] }).await;
    let KubeError::Login { source_name, reason, passing } = &missing else { panic!("{missing:?}") };
    assert_eq!(source_name, "plugin \"/nowhere/plugin\"");
    assert!(
        reason.contains("No such file") && reason.contains("get it from the shop") && !passing,
        "{reason}"
    );
    assert_eq!(missing.recovery(), Recovery::Denied);

    let failing = Plugin::new("echo 'you are not logged in' >&2; exit 7");
    let error = run(failing.user()).await;
    let KubeError::Login { reason, .. } = &error else { panic!("{error:?}") };
    assert!(reason.contains("exit status: 7") && reason.contains("you are not logged in"), "{reason}");

    for (printed, wanted) in [
        ("echo canary", "no ExecCredential"),
        (
            r#"echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"canary"}}'"#,
            "v1beta1",
        ),
        (
            r#"echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{}}'"#,
            "neither",
        ),
        (
            r#"echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"clientCertificateData":"canary"}}'"#,
            "without a key",
        ),
        (
            r#"echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"clientCertificateData":"canary","clientKeyData":"canary"}}'"#,
            "no certificate in PEM form",
        ),
    ] {
        let error = run(Plugin::new(printed).user()).await;
        let text = format!("{error:?}");
        assert!(text.contains(wanted) && !text.contains("canary"), "{printed}: {text}");
    }
    let silent = Plugin::new(
        "cat; echo '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"'$WHO$1'\"}}'",
    );
    let error = run(silent.user()).await;
    assert!(matches!(error, KubeError::Unauthorised { .. }), "its standard input is empty: {error:?}");
}

#[tokio::test]
async fn openid_connect_sends_the_token_while_it_holds() {
    let Some(plane) = ControlPlane::shared() else { return };
    use base64::Engine as _;
    let part = |value: Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    let token =
        |until: i64| format!("{}.{}.eA", part(json!({ "alg": "none" })), part(json!({ "exp": until })));
    let user = |token: String| {
        User::As(json!({ "auth-provider": { "name": "oidc", "config": {
            "idp-issuer-url": "https://127.0.0.1:1", "client-id": "x", "client-secret": "canary",
            "id-token": token, "refresh-token": "canary",
        } } }))
    };
    // The server knows no issuer: a token that holds is sent, and refused.
    let error = name(&plane.client(&user(token(4_000_000_000)))).await.unwrap_err();
    assert!(matches!(error, KubeError::Unauthorised { .. }), "{error:?}");
    // One that has ended is to be renewed, and nobody is there to do it.
    let error = name(&plane.client(&user(token(1_000_000_000)))).await.unwrap_err();
    let KubeError::Login { source_name, .. } = &error else { panic!("{error:?}") };
    assert_eq!(source_name, "OpenID Connect issuer https://127.0.0.1:1");
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
}
