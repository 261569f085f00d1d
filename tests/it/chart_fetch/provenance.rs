//! Charts that real Helm has signed with keys of real GnuPG: `helm verify` and ours say the same.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{error, printed};
use crate::chart_server::Bench;

/// GnuPG with a home of its own; nothing where there is none on this machine.
struct Gpg {
    home: tempfile::TempDir,
}

impl Gpg {
    fn new() -> Option<Self> {
        let is_there = Command::new("gpg").arg("--version").stdout(Stdio::null()).status();
        if !is_there.is_ok_and(|status| status.success()) {
            println!("skipped: there is no gpg");
            return None;
        }
        let home = tempfile::Builder::new().prefix("gpg").tempdir().unwrap();
        Some(Self { home })
    }

    fn run(&self, arguments: &[&str]) -> Vec<u8> {
        let output = Command::new("gpg")
            .args(["--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", "", "--homedir"])
            .arg(self.home.path())
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "gpg {arguments:?}: {told}");
        output.stdout
    }

    fn key(&self, name: &str, kind: &str) {
        self.run(&["--quick-gen-key", &format!("{name} <{name}@example.com>"), kind, "sign", "never"]);
    }

    fn export(&self, name: &str, secret: bool, armor: bool, to: &Path) {
        let export = if secret { "--export-secret-keys" } else { "--export" };
        let name = format!("{name}@example.com");
        let mut arguments = vec![export, name.as_str()];
        if armor {
            arguments.insert(0, "--armor");
        }
        std::fs::write(to, self.run(&arguments)).unwrap();
    }
}

impl Drop for Gpg {
    fn drop(&mut self) {
        // The agent that GnuPG has started for this home ends with it.
        let _ =
            Command::new("gpgconf").arg("--homedir").arg(self.home.path()).args(["--kill", "all"]).status();
    }
}

/// Packs and signs a chart.
fn signed(bench: &Bench, gpg: &Gpg, name: &str, signer: &str) -> PathBuf {
    bench.pack(name, "1.0.0+b");
    let ring = bench.path("secret.gpg");
    gpg.export(signer, true, false, &ring);
    bench.done(&[
        "package",
        name,
        "-d",
        "signed",
        "--sign",
        "--key",
        signer,
        "--keyring",
        ring.to_str().unwrap(),
    ]);
    bench.path("signed").join(format!("{name}-1.0.0+b.tgz"))
}

#[test]
fn what_helm_has_signed_holds_and_what_it_refuses_is_refused() {
    let (Some(bench), Some(gpg)) = (Bench::new(None), Gpg::new()) else { return };
    for (name, kind) in [("ann", "ed25519"), ("ben", "rsa3072"), ("cat", "nistp384")] {
        gpg.key(name, kind);
    }
    let home = bench.home.path();
    let keyring = bench.path("keyring");
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let good = |chart: &Path| {
        bench.done(&["verify", &text(chart), "--keyring", &text(&keyring)]);
        let shown =
            printed(home, &["template", "it", &text(chart), "--verify", "--keyring", &text(&keyring)]);
        assert!(shown.contains("kind: ConfigMap"), "{shown}");
    };
    let bad = |chart: &Path, helm: &str, says: &str| {
        let told = bench.refused(&["verify", &text(chart), "--keyring", &text(&keyring)]);
        assert!(told.contains(helm), "{told}");
        let said = error(home, &["template", "it", &text(chart), "--verify", "--keyring", &text(&keyring)]);
        assert!(said.contains(says), "{said}");
    };
    for name in ["ann", "ben", "cat"] {
        let chart = signed(&bench, &gpg, &format!("of-{name}"), name);
        for armor in [false, true] {
            gpg.export(name, false, armor, &keyring);
            good(&chart);
        }
        std::fs::copy(gpg.home.path().join("pubring.kbx"), &keyring).unwrap();
        good(&chart);
    }
    let chart = signed(&bench, &gpg, "chart", "ann");
    let provenance = PathBuf::from(format!("{}.prov", text(&chart)));
    let (bytes, message) = (std::fs::read(&chart).unwrap(), std::fs::read_to_string(&provenance).unwrap());
    gpg.export("ben", false, false, &keyring);
    bad(&chart, "unknown entity", "which the keyring does not have");
    gpg.export("ann", false, false, &keyring);
    std::fs::write(&provenance, message.replace("tests", "Tests")).unwrap();
    bad(&chart, "invalid signature", "was changed after it was signed");
    std::fs::write(&provenance, &message).unwrap();
    let other = bench.path("chart-other.tgz");
    std::fs::copy(&chart, &other).unwrap();
    std::fs::write(bench.path("chart-other.tgz.prov"), &message).unwrap();
    bad(&other, "does not contain a SHA for a file named", "and not for chart-other.tgz");
    std::fs::copy(bench.path("signed/of-ann-1.0.0+b.tgz"), &chart).unwrap();
    bad(&chart, "sha256 sum does not match", "is not what ann <ann@example.com> has signed");
    std::fs::write(&chart, &bytes).unwrap();
    std::fs::remove_file(&provenance).unwrap();
    bad(&chart, "could not load provenance file", "is not signed");
    bad(&bench.path("chart"), "unpacked charts cannot be verified", "unpacked charts cannot be verified");
    bench.end();
}

#[test]
fn signatures_come_from_repositories_and_registries() {
    let (Some(packer), Some(gpg)) = (Bench::new(None), Gpg::new()) else { return };
    gpg.key("ann", "ed25519");
    let chart = signed(&packer, &gpg, "one", "ann");
    packer.pack("two", "1.0.0");
    std::fs::copy(packer.path("packed/two-1.0.0.tgz"), chart.parent().unwrap().join("two-1.0.0.tgz"))
        .unwrap();
    let bench = Bench::new(chart.parent()).unwrap();
    let (http, oci, ca) = (bench.endpoint("charts_http"), bench.endpoint("charts_oci"), bench.ca());
    let keyring = bench.path("keyring");
    gpg.export("ann", false, false, &keyring);
    let keyring = keyring.to_str().unwrap();
    let checked = ["--verify", "--keyring", keyring, "--ca-file", &ca];
    let from = |name: &str| {
        [
            vec!["template".to_owned(), "it".to_owned(), name.to_owned(), "--repo".to_owned(), http.clone()],
            vec!["template".to_owned(), "it".to_owned(), format!("{oci}/{name}")],
            vec![
                "template".to_owned(),
                "it".to_owned(),
                format!("{http}/{}", if name == "one" { "one-1.0.0+b.tgz" } else { "two-1.0.0.tgz" }),
            ],
        ]
    };
    for arguments in from("one") {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(checked).collect();
        let theirs = bench.done(&arguments);
        let shown = printed(bench.home.path(), &arguments);
        assert!(theirs.contains(shown.trim_end()), "{arguments:?}: {shown}\n{theirs}");
    }
    for arguments in from("two") {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(checked).collect();
        bench.refused(&arguments);
        let said = error(bench.home.path(), &arguments);
        assert!(said.contains("two-1.0.0.tgz is not signed"), "{said}");
    }
    packer.end();
    bench.end();
}
