//! A secret that is planted in the provider's configuration is found nowhere: in no log at TRACE, plan, state,
//! output, diagnostic or command line.

use std::path::Path;

use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKeyChain};

use super::{Folder, World, each};

/// A secret that opens nothing.
const WRONG: &str = "canary~wrong.secret-9d1f0c7e";

/// A secret as the provider gets it.
struct Planted {
    name: &'static str,
    /// The provider's arguments, which take the secret from `var.secret`.
    provider: String,
    secret: String,
    /// What is made with it.
    rest: String,
    /// Whether it is what the provider logs in with.
    logs_in: bool,
}

/// Fails if the secret, or a line of it, is in the text.
#[track_caller]
fn is_clean(text: &str, secret: &str, place: &str) {
    // What a key begins and ends with is no secret.
    for line in secret.lines().filter(|line| line.len() > 8 && !line.starts_with("-----")) {
        if let Some(at) = text.find(line) {
            let from = text[..at].rfind('\n').map_or(0, |end| end + 1);
            panic!("the secret is in {place}: {}", text[from..].lines().next().unwrap_or_default());
        }
    }
}

/// Command lines of all processes that run now.
fn command_lines() -> String {
    let mut all = String::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        // A process may end between the two looks.
        if let Ok(line) = std::fs::read(entry.path().join("cmdline")) {
            all.push_str(&String::from_utf8_lossy(&line));
            all.push('\n');
        }
    }
    all
}

/// A certificate with its key, locked with a password.
fn locked(path: &Path, password: &str) {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let names = vec!["client.example".to_owned()];
    let own = rcgen::CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
    let chain = PrivateKeyChain::new(key.serialize_der(), b"id", [Certificate::from_der(own.der()).unwrap()]);
    let mut store = KeyStore::new();
    store.add_entry("client", KeyStoreEntry::PrivateKeyChain(chain));
    std::fs::write(path, store.writer(password).write().unwrap()).unwrap();
}

/// What GitHub would give a job: a token for an identity, from the simulator's issuer.
fn oidc_token(world: &World) -> String {
    let ready = world.ready();
    let url = format!("{}&audience=api://AzureADTokenExchange", text(&ready["endpoints"]["github_oidc"]));
    let authority = std::fs::read(&world.env()["BUD_AZURE_CA_FILE"]).unwrap();
    let answer = world.block_on(async {
        // Fails where another test was first, which is as good.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let authority = reqwest::Certificate::from_pem(&authority).unwrap();
        let client = reqwest::Client::builder().add_root_certificate(authority).build().unwrap();
        let request = client.get(url).bearer_auth(text(&ready["oidc_request_token"]));
        request.send().await.unwrap().bytes().await.unwrap()
    });
    text(&serde_json::from_slice::<serde_json::Value>(&answer).unwrap()["value"])
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().unwrap().to_owned()
}

const NETWORK: &str = "resource \"bud_network\" \"lab\" { name = \"lab\" }\n";

/// A pool that lets in whoever has the provider's private key.
const POOL: &str = "resource \"bud_node_pool\" \"w\" {\n  name = \"w\"\n  role = \"worker\"\n  network_id = bud_network.lab.id\n  \
                    sku = \"D2s_v5\"\n}\n";

/// Every sensitive input with which something can be done, and one that works.
fn planted(world: &World, certificate: &Path) -> Vec<Planted> {
    let network = |name, provider: &str, secret: &str| Planted {
        name,
        provider: format!("azure = {{ {provider} }}"),
        secret: secret.to_owned(),
        rest: NETWORK.to_owned(),
        logs_in: true,
    };
    let password = "canary~certificate.password-51f2";
    locked(certificate, password);
    let ready = world.ready();
    let url = text(&ready["endpoints"]["github_oidc"]);
    let path = certificate.display();
    vec![
        network("client secret", "client_secret = var.secret", &world.env()["ARM_CLIENT_SECRET"]),
        network(
            "client certificate password",
            &format!("client_certificate_path = \"{path}\", client_certificate_password = var.secret"),
            password,
        ),
        network("OIDC token", "use_oidc = true, oidc_token = var.secret", &oidc_token(world)),
        network(
            "OIDC request token",
            &format!("use_oidc = true, oidc_request_url = \"{url}\", oidc_request_token = var.secret"),
            &text(&ready["oidc_request_token"]),
        ),
        Planted {
            name: "SSH private key",
            provider: "ssh = { private_key = var.secret }".to_owned(),
            secret: bud::ssh::host_key::HostKey::draw().unwrap().private.expose().to_owned(),
            rest: format!("{NETWORK}{POOL}"),
            logs_in: false,
        },
    ]
}

/// The configuration, with the secret in an ephemeral variable and the host at its most talkative.
fn write(folder: &mut Folder<'_>, planted: &Planted, secret: &str) {
    if planted.logs_in {
        folder.env.remove("ARM_CLIENT_SECRET");
    }
    folder.env.insert("TF_VAR_secret".to_owned(), secret.to_owned());
    folder.env.insert("TF_LOG".to_owned(), "TRACE".to_owned());
    folder.write(
        &format!("location = \"westus\"\n{}", planted.provider),
        &format!(
            "variable \"secret\" {{\n  type = string\n  sensitive = true\n  ephemeral = true\n}}\n{}",
            planted.rest
        ),
    );
}

#[test]
fn a_secret_is_in_no_log_plan_state_output_or_command_line() {
    each(|host| {
        let world = World::prompt();
        let certificates = tempfile::tempdir().unwrap();
        for planted in planted(&world, &certificates.path().join("client.pfx")) {
            let (mut folder, name) = (Folder::new(&world, host), planted.name);
            let secret = planted.secret.clone();
            write(&mut folder, &planted, &secret);
            for arguments in [
                &["plan", "-no-color", "-out=saved"][..],
                &["show", "-json", "saved"],
                &["show", "-no-color", "saved"],
                &["apply", "-no-color", "saved"],
                &["plan", "-no-color"],
                &["show", "-json"],
                &["destroy", "-no-color", "-auto-approve"],
            ] {
                let logins = world.logins();
                let looked = |_| is_clean(&command_lines(), &secret, &format!("a command line: {name}"));
                let run = folder.run_with(arguments, looked).succeeded();
                is_clean(&run.out, &secret, &format!("the output and log of {arguments:?}: {name}"));
                if arguments[0] == "apply" {
                    // The log is one with something in it, and the secret was really used.
                    assert!(
                        run.out.contains("[TRACE]") && run.out.contains("provider.terraform-provider-bud"),
                        "{}",
                        run.out
                    );
                    assert!(world.logins() > logins, "{name}");
                }
            }
            for name in ["saved", "terraform.tfstate", "terraform.tfstate.backup"] {
                let bytes = std::fs::read(folder.path(name)).unwrap();
                is_clean(&String::from_utf8_lossy(&bytes), &secret, name);
            }
            world.is_empty("after destroy");
        }
    });
}

#[test]
fn a_secret_that_is_refused_is_not_quoted() {
    each(|host| {
        let world = World::prompt();
        let certificates = tempfile::tempdir().unwrap();
        for planted in planted(&world, &certificates.path().join("client.pfx")) {
            // A token must look like one to get as far as the authority.
            let wrong = if planted.name == "OIDC token" {
                format!("eyJhbGciOiJub25lIn0.{WRONG}.x")
            } else {
                WRONG.to_owned()
            };
            let mut folder = Folder::new(&world, host);
            write(&mut folder, &planted, &wrong);
            let run = folder.apply().failed();
            let says = if planted.logs_in { "Error: " } else { "Error: SSH key cannot be read" };
            assert!(run.out.contains(says), "{}: {}", planted.name, run.out);
            is_clean(&run.out, WRONG, &format!("the output and log: {}", planted.name));
            if planted.logs_in {
                world.is_empty(planted.name);
            }
            folder.env.insert("TF_VAR_secret".to_owned(), planted.secret.clone());
            folder.destroy().succeeded();
            world.is_empty("after destroy");
        }
    });
}
