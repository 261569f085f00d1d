//! A secret that is planted in the provider's configuration is found nowhere.

use super::{Folder, World, each};

/// A secret that opens nothing.
const WRONG: &str = "canary~wrong.secret-9d1f0c7e";

/// Fails if the secret is in the text.
#[track_caller]
fn is_clean(text: &str, secret: &str, place: &str) {
    if let Some(at) = text.find(secret) {
        let from = text[..at].rfind('\n').map_or(0, |end| end + 1);
        panic!("the secret is in {place}: {}", text[from..].lines().next().unwrap_or_default());
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

/// A network whose provider takes the client secret from an ephemeral variable.
fn write(folder: &Folder<'_>) {
    folder.write(
        "location = \"westus\"\nazure = { client_secret = var.secret }",
        "variable \"secret\" {\n  type = string\n  sensitive = true\n  ephemeral = true\n}\n\
         resource \"bud_network\" \"lab\" { name = \"lab\" }",
    );
}

#[test]
fn a_secret_is_in_no_log_plan_state_output_or_command_line() {
    each(|host| {
        let world = World::prompt();
        let mut folder = Folder::new(&world, host);
        let secret = folder.env.remove("ARM_CLIENT_SECRET").unwrap();
        folder.env.insert("TF_VAR_secret".to_owned(), secret.clone());
        folder.env.insert("TF_LOG".to_owned(), "TRACE".to_owned());
        write(&folder);
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
            let run = folder
                .run_with(arguments, |_| is_clean(&command_lines(), &secret, "a command line"))
                .succeeded();
            is_clean(&run.out, &secret, &format!("the output and log of {arguments:?}"));
            if arguments[0] == "apply" {
                // The log is one with something in it, and the secret was really used.
                assert!(
                    run.out.contains("[TRACE]") && run.out.contains("provider.terraform-provider-bud"),
                    "{}",
                    run.out
                );
                assert!(world.logins() > logins);
            }
        }
        for name in ["terraform.tfstate", "terraform.tfstate.backup"] {
            let text = std::fs::read_to_string(folder.path(name)).unwrap();
            is_clean(&text, &secret, name);
        }
        world.is_empty("after destroy");
    });
}

#[test]
fn a_secret_that_is_refused_is_not_quoted() {
    each(|host| {
        let world = World::prompt();
        let mut folder = Folder::new(&world, host);
        folder.env.remove("ARM_CLIENT_SECRET");
        folder.env.insert("TF_VAR_secret".to_owned(), WRONG.to_owned());
        folder.env.insert("TF_LOG".to_owned(), "TRACE".to_owned());
        write(&folder);
        let run = folder.apply().failed();
        assert!(run.out.contains("Login failed"), "{}", run.out);
        is_clean(&run.out, WRONG, "the output and log");
        world.is_empty("after a refused login");
    });
}
