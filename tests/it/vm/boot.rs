//! By the boot loader: GRUB takes an entry once, the firmware restarts twice.

use bud::node::install::{Fault, Phase, Way, install};
use bud::node::progress::State;
use bud::ssh::{HostPin, Identity, SshError};

use super::machine::{FIRST_USER, Machine};
use super::told::Told;
use super::{patience, run};
use crate::ssh_room::keys::Pair;

#[tokio::test]
#[ignore = "make test-vm"]
async fn by_the_boot_loader() {
    let machine = Machine::start(3072);
    let mut wanted = machine.wanted();
    wanted.way = Some(Way::Boot);
    let first = machine.ask(FIRST_USER, "cat /proc/sys/kernel/random/boot_id").await;
    // Not every Debian has these.
    let gone =
        "for tool in cpio sgdisk mkfs.vfat; do rm -f \"$(command -v $tool)\"; command -v $tool; done; true";
    assert_eq!(machine.ask(FIRST_USER, gone).await, "");
    strangers(&machine).await;
    assert_eq!(machine.ask(FIRST_USER, "ls -A /var/lib/bud 2> /dev/null || true").await, "");

    // Whoever starts it goes away while the installation runs.
    let told = Told::awaiting("install", "the installation runs");
    let (access, patience) = (machine.access(), patience());
    tokio::select! {
        done = install(&access, &wanted, &told, &patience) => panic!("{done:?}\n{}", machine.console()),
        () = told.came() => {}
    }
    assert_eq!(told.phases(State::Finished), ["facts", "boot", "disk"]);
    let installer = told.details("boot", State::Finished).remove(0);
    let formatted = machine.ask("root", "blkid -s PTUUID -o value /dev/vda; cat /proc/uptime").await;

    // The next run finds the installer, the disk, and the installation that goes on.
    let (done, told) = run(&machine.access(), &wanted).await;
    let installed = done.unwrap_or_else(|error| panic!("{error}\n{}", machine.console()));
    assert!(installed.is_new);
    assert_eq!(installed.digest, wanted.system.digest);
    assert!(told.phases(State::Resumed).contains(&"disk"), "it was laid out already");
    assert!(installer != first && installed.boot_id != installer && installed.boot_id != first);
    assert_eq!(machine.ask("bud", "cat /proc/sys/kernel/random/boot_id").await, installed.boot_id);

    what_was_installed(&machine, &wanted, &installed.system).await;
    // The table is the one of the node's script, written once.
    let table = wanted.disks.lines().find_map(|line| line.strip_prefix("table=")).unwrap().trim_matches('\'');
    assert!(formatted.to_lowercase().starts_with(&table.to_lowercase()), "{formatted}");
    assert_eq!(
        machine.ask("bud", "blkid -s PTUUID -o value /dev/vda").await.to_lowercase(),
        table.to_lowercase()
    );

    // Once more: it is seen, and nothing else is done.
    let (done, told) = run(&machine.access(), &wanted).await;
    let again = done.unwrap();
    assert!(!again.is_new);
    assert_eq!((again.system, again.boot_id), (installed.system, installed.boot_id));
    assert_eq!((told.phases(State::Started), told.phases(State::Resumed)), (vec!["facts"], vec!["reboot"]));
}

/// Neither another machine behind the address nor somebody whom it does not know gets anywhere.
async fn strangers(machine: &Machine) {
    let folder = tempfile::tempdir().unwrap();
    let other = Pair::ed25519(folder.path(), "other");
    let mut target = machine.target(FIRST_USER);
    target.pin = HostPin::key(&other.public()).unwrap();
    let error = run(&machine.access_to(target), &machine.wanted()).await.0.unwrap_err();
    assert_eq!(error.phase, Phase::Banner, "{error}");
    assert!(matches!(&*error.fault, Fault::Ssh(SshError::HostKey { .. })), "{error}");

    let mut target = machine.target(FIRST_USER);
    target.identities = vec![Identity::key(&other.private(), None).unwrap()];
    let mut wanted = machine.wanted();
    wanted.deadlines.denied = std::time::Duration::from_secs(5);
    let error = run(&machine.access_to(target), &wanted).await.0.unwrap_err();
    assert_eq!(error.phase, Phase::Auth, "{error}");
    assert!(matches!(&*error.fault, Fault::Ssh(SshError::NoKeyAccepted { .. })), "{error}");
}

/// How the installation was called, on what disk, and what was there before it.
async fn what_was_installed(machine: &Machine, wanted: &bud::node::install::Wanted, system: &str) {
    let arguments = machine.ask("bud", "cat /var/lib/stand-in/arguments").await;
    let flake = format!("/mnt/etc/nixos#{}", wanted.system.name);
    assert_eq!(arguments, format!("--root /mnt --flake {flake} --no-root-passwd --no-channel-copy"));
    let disks = machine.ask("bud", "cat /var/lib/stand-in/disks").await;
    let lines: Vec<Vec<&str>> = disks.lines().map(|line| line.split(' ').collect()).collect();
    // Name, file system, label, UUID, name of the partition, mount point.
    let part = |name: &str| lines.iter().find(|line| line[0] == name).unwrap_or_else(|| panic!("{disks}"));
    let (boot, root) = (part("vda1"), part("vda2"));
    assert_eq!((boot[1], boot[2], boot[4], boot[5]), ("vfat", "BUDBOOT", "bud-boot", "/mnt/boot"));
    assert_eq!((root[1], root[2], root[4], root[5]), ("ext4", "bud-root", "bud-root", "/mnt"));

    let recorded = machine.ask("bud", "cat /var/lib/bud/install").await;
    for line in ["node=worker-0", "reached=proven", &format!("system={system}")] {
        assert!(recorded.lines().any(|there| there == line), "{recorded}");
    }
    for (path, text) in wanted.system.flake.iter() {
        assert_eq!(machine.ask("bud", &format!("cat /etc/nixos/{path}")).await, text.trim(), "{path}");
    }
    for file in &wanted.placed {
        let said = machine.ask("bud", &format!("stat -c '%a %U %G' {}", bud::ssh::quote(&file.path))).await;
        assert_eq!(said, format!("{:o} root {}", file.mode, file.group), "{}", file.path);
    }
}
