//! Simulated machines answer for these scripts. Whoever changes one looks at `src/simulator/guest/steps`, too.

use std::collections::BTreeMap;
use std::time::Duration;

use bud::ssh::{Command, Content, Exit, Placed, Privilege, Upload};
use expect_test::expect;
use sha2::{Digest as _, Sha256};

use super::lab::Lab;
use super::patience;

/// The folder of the sources.
pub(super) fn root() -> String {
    let own = std::path::Path::new(file!());
    let root = own.ancestors().find(|folder| folder.is_absolute() && folder.join("src/node").is_dir());
    root.map_or_else(|| env!("CARGO_MANIFEST_DIR").to_owned(), |root| root.display().to_string())
}

#[test]
fn what_a_machine_was_taught_is_what_is_sent() {
    let folder = format!("{}/src/node/install/steps", root());
    let mut sums = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read(&path).unwrap();
        let sum: String = Sha256::digest(&text).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        let first = String::from_utf8_lossy(&text).lines().next().unwrap_or_default().to_owned();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert_eq!(first, format!("# bud-step: {name}"), "a script names itself");
        sums.insert(name, sum);
    }
    expect![[r#"
        {
            "boot": "0c00b5fb30cb",
            "certify": "bee16e1130f8",
            "disk": "4e59def01200",
            "facts": "1036a7778158",
            "finish": "224b18f20281",
            "follow": "b53bee0c97e2",
            "install": "83220492dada",
            "kexec": "be211c375f60",
            "privilege": "eae547dd742e",
            "reboot": "56ebc8963796",
            "record": "0a26f63544c3",
            "serve": "4ca47a52ca96",
            "stage": "268d2bc356c0",
            "tree": "41ddc2905622",
        }
    "#]]
    .assert_debug_eq(&sums);
}

/// Whatever the rooms of the provider send, a machine knows.
#[tokio::test]
async fn every_script_of_the_provider_is_known() {
    let lab = Lab::new().await;
    let mut known = 0;
    for room in std::fs::read_dir(format!("{}/src/node", root())).unwrap() {
        let Ok(scripts) = std::fs::read_dir(room.unwrap().path().join("steps")) else { continue };
        for script in scripts {
            let path = script.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            let machine = lab.ubuntu(&format!("m-{name}")).await;
            let line = format!("sudo -n -- sh -c {} bud-{name}", bud::ssh::quote(&text));
            let command = Command::new("test", line, Duration::from_secs(20));
            let output = machine.session("ubuntu").await.exec(command, &patience()).await.unwrap();
            assert_ne!(output.exit, Exit::Status(127), "{name}: {}", output.stderr);
            known += 1;
        }
    }
    assert!(known >= 14, "{known}");
}

async fn exec(line: &str, user: &str) -> (Exit, String, String) {
    let lab = Lab::new().await;
    let machine = lab.ubuntu("gpu-0").await;
    let session = machine.session(user).await;
    let command = Command::new("test", line, Duration::from_secs(10));
    let output = session.exec(command, &patience()).await.unwrap();
    (output.exit, String::from_utf8(output.stdout).unwrap(), output.stderr)
}

#[tokio::test]
async fn simple_programs_look_and_shells_are_refused() {
    let (exit, out, _) = exec("cat /etc/hostname", "ubuntu").await;
    assert_eq!((exit, out.as_str()), (Exit::Status(0), "gpu-0\n"));
    let (exit, out, _) = exec("sudo -n -- id -un", "ubuntu").await;
    assert_eq!((exit, out.as_str()), (Exit::Status(0), "root\n"));
    let (exit, ..) = exec("test -e /boot/grub/grub.cfg", "ubuntu").await;
    assert_eq!(exit, Exit::Status(0));
    let (exit, _, err) = exec("cat /etc/ssh/ssh_host_ed25519_key", "ubuntu").await;
    assert_eq!(
        (exit, err.as_str()),
        (Exit::Status(1), "cat: /etc/ssh/ssh_host_ed25519_key: Permission denied")
    );
    for unknown in
        ["rm -rf /", "echo a | sh", "sh -c '# bud-step: dance\ntrue' bud-dance", "sh -c 'x=1; echo $x'"]
    {
        let (exit, out, err) = exec(unknown, "ubuntu").await;
        assert_eq!((exit, out.as_str()), (Exit::Status(127), ""), "{unknown}");
        assert!(!err.is_empty(), "{unknown}");
    }
    // cloud-init lets root's key in only to say so.
    let (exit, out, _) = exec("id -u", "root").await;
    assert_eq!(exit, Exit::Status(142));
    assert!(out.starts_with("Please login as the user \"ubuntu\" rather than the user \"root\"."), "{out}");
}

#[tokio::test]
async fn files_arrive_whole_with_mode_and_owner() {
    let lab = Lab::new().await;
    let machine = lab.ubuntu("gpu-0").await;
    let session = machine.session("ubuntu").await;
    let mut upload = Upload {
        path: "/var/lib/bud/a file".to_owned(),
        mode: 0o640,
        owner: Some("root:systemd-network".to_owned()),
        content: Content::Bytes(vec![7; 300_000].into()),
        privilege: Privilege::Sudo,
        limit: Duration::from_secs(20),
    };
    assert_eq!(session.place_file(&upload, &patience()).await.unwrap(), Placed::Written);
    upload.mode = 0o600;
    assert_eq!(session.place_file(&upload, &patience()).await.unwrap(), Placed::Same);
    let there = super::ways::file(&machine.inside().await, 1, "/var/lib/bud/a file");
    assert_eq!(
        (&there["mode"], &there["owner"], &there["bytes"]),
        (&"600".into(), &"root:systemd-network".into(), &300_000.into())
    );
    upload.privilege = Privilege::Own;
    upload.content = Content::Bytes("other".into());
    let error = session.place_file(&upload, &patience()).await.unwrap_err();
    assert!(error.to_string().contains("Permission denied"), "{error}");
}
