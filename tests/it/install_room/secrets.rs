//! What is secret is on the disk before the first boot, for root alone, and nowhere else.

use std::os::unix::fs::PermissionsExt as _;

use bud::node::install::{Build, Built};
use bud::secret::Secret;

use super::{on_machine, run};
use crate::nixos_room::sample::SECRETS;

#[tokio::test]
async fn in_files_of_root_and_in_no_command() {
    let machine = on_machine!(ubuntu);
    let mut wanted = machine.wanted();
    wanted.fetching.http_proxy = Some(Secret::new("http://robot:canary-proxy@proxy.local:3128"));
    let (done, told) = run(&machine.access(), &wanted).await;
    done.unwrap();
    let mut seen = 0;
    for file in &wanted.placed {
        let path = machine.installed(&file.path);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), file.content.expose(), "{}", file.path);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode, file.mode, "{}", file.path);
        if SECRETS.iter().any(|secret| file.content.expose().contains(secret)) {
            assert_eq!(mode & 0o077, 0, "{} is for root alone", file.path);
            seen += 1;
        }
    }
    assert!(seen >= 2, "the registry's password and the age key");
    let commands = machine.read("commands");
    assert!(commands.contains("# bud-step: install"), "the commands are kept");
    for secret in SECRETS.into_iter().chain(["canary-proxy", "BEGIN OPENSSH PRIVATE KEY"]) {
        assert!(!commands.contains(secret), "{secret} in a command");
        assert!(!machine.read("told").contains(secret), "{secret} in the arguments of a tool");
        assert!(!told.text().contains(secret), "{secret} in what was told");
    }
    let environment = machine.read("environment");
    assert!(environment.contains("http_proxy=http://robot:canary-proxy@proxy.local:3128"), "{environment}");
    // The archive's folder, with the host keys in the initrd, is for root alone.
    let mode = |path: &str| std::fs::metadata(machine.path(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("systems/old/boot/bud-installer"), 0o700);
    assert_eq!(mode("systems/old/boot/bud-installer/initrd") & 0o077, 0);
    assert_eq!(mode("systems/old/var/lib/bud/installer"), 0o700);
}

#[tokio::test]
async fn what_another_node_has_built_is_fetched_with_a_key_of_its_own() {
    let machine = on_machine!(ubuntu);
    let mut wanted = machine.wanted();
    let path = "/nix/store/aaaaaaaa-nixos-system-worker";
    wanted.system.build = Build::Elsewhere(Box::new(Built {
        path: path.to_owned(),
        host: "10.177.2.20".to_owned(),
        port: 2222,
        host_key: "ssh-ed25519 AAAA".to_owned(),
        key: Secret::new("canary-fetch-key\n"),
        signed_by: "bud-dev:KEY=".to_owned(),
    }));
    wanted.fetching.substituters = vec!["http://cache.local".to_owned()];
    wanted.fetching.ca_certificates = vec!["-----BEGIN CERTIFICATE-----".to_owned()];
    std::fs::create_dir_all(machine.path("systems/old/etc/ssl/certs")).unwrap();
    let (done, told) = run(&machine.access(), &wanted).await;
    done.unwrap_or_else(|error| panic!("{error}\n{}\n{:#?}", told.text(), machine.log()));
    let log = machine.log();
    let copy = format!("nix copy --from ssh://root@10.177.2.20:2222 --to /mnt {path}");
    let install = format!("nixos-install --root /mnt --system {path} --no-root-passwd --no-channel-copy");
    let at =
        |wanted: &String| log.iter().position(|line| line == wanted).unwrap_or_else(|| panic!("{log:#?}"));
    assert!(at(&copy) < at(&install));
    let environment = machine.read("environment");
    for part in [
        "substituters = http://cache.local https://cache.nixos.org/",
        "extra-trusted-public-keys = bud-dev:KEY=",
        "-i /run/bud/fetch-key -o IdentitiesOnly=yes -o UserKnownHostsFile=/run/bud/fetch-hosts",
        "StrictHostKeyChecking=yes",
        "NIX_SSL_CERT_FILE=/run/bud/install/trust.crt",
    ] {
        assert!(environment.contains(part), "{part}: {environment}");
    }
    assert!(!machine.read("commands").contains("canary-fetch-key"));
}
