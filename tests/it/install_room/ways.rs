//! Each way to NixOS from its beginning to its end.

use bud::node::install::{Fault, Refusal, Way, look};
use bud::node::progress::State;

use super::archive::brought;
use super::{on_machine, run};

const SYSTEM: &str = "/nix/store/aaaaaaaa-nixos-system-worker";

#[tokio::test]
async fn by_the_boot_loader_once() {
    let machine = on_machine!(ubuntu);
    let wanted = machine.wanted();
    let (done, told) = run(&machine.access(), &wanted).await;
    let installed = done.unwrap_or_else(|error| panic!("{error}\n{}\n{:?}", told.text(), machine.log()));
    assert_eq!((installed.system.as_str(), installed.is_new), (SYSTEM, true));
    assert_eq!(installed.digest, wanted.system.digest);
    assert_eq!(told.phases(State::Finished), ["facts", "boot", "disk", "install", "reboot"]);
    assert_eq!(
        machine.log().iter().filter(|line| line.starts_with("runs ")).collect::<Vec<_>>(),
        ["runs old", "runs installer", "runs sda2"]
    );
    // The entry was taken once, and no kernel was loaded.
    assert!(!machine.read("systems/old/boot/grub/grubenv").contains("next_entry"));
    assert_eq!(machine.count("kexec --load"), 0);

    // What the installer was started with.
    let line = machine.read("systems/old/boot/grub/custom.cfg");
    let line = line.lines().find(|line| line.contains("linux ")).unwrap();
    for part in [
        "init=/nix/store/iiii-nixos-system-nixos-installer/init console=ttyS0,115200 loglevel=4 root=fstab ",
        " bud.node=gpu-0 bud.disk=serial:600224800000001e bud.from=",
        " panic=30 module_blacklist=mlx4_core,mlx4_en,mlx5_core,mana",
    ] {
        assert!(line.contains(part), "{line}");
    }
    let brought = brought(&std::fs::read(machine.path("started.initrd")).unwrap());
    let names: Vec<_> = brought.keys().map(String::as_str).collect();
    let expected = [
        "addrs.json",
        "machine-id",
        "routes-v4.json",
        "routes-v6.json",
        "ssh",
        "ssh/authorized_keys",
        "ssh/ssh_host_ed25519_key",
        "ssh/ssh_host_ed25519_key.pub",
    ];
    assert_eq!(names, expected);
    assert_eq!(brought["ssh"].mode, 0o040_700);
    assert_eq!(brought["ssh/ssh_host_ed25519_key"].mode, 0o100_600);
    assert_eq!(brought["ssh/ssh_host_ed25519_key"].bytes, std::fs::read(machine.path("host")).unwrap());
    // The key that logged in, without what it may not do elsewhere.
    assert_eq!(brought["ssh/authorized_keys"].bytes, machine.server.key.public().as_bytes());
    assert_eq!(brought["addrs.json"].bytes, b"[\"--json addr\"]\n");

    // What was installed, and how.
    let install = "nixos-install --root /mnt --flake /mnt/etc/nixos#";
    let expected = format!("{install}{} --no-root-passwd --no-channel-copy", wanted.system.name);
    assert_eq!(
        machine.log().iter().filter(|line| line.starts_with("nixos-install")).collect::<Vec<_>>(),
        [&expected]
    );
    for (path, text) in wanted.system.flake.iter() {
        let there = std::fs::read_to_string(machine.installed("/etc/nixos").join(path)).unwrap();
        assert_eq!(&there, text, "{path}");
    }
    let own = std::fs::read(machine.path("host")).unwrap();
    assert_eq!(std::fs::read(machine.installed("/etc/ssh/ssh_host_ed25519_key")).unwrap(), own);
    assert!(machine.installed("/var/lib/bud/finished").exists());
    let recorded = std::fs::read_to_string(machine.installed("/var/lib/bud/install")).unwrap();
    assert!(recorded.contains("node=gpu-0\n") && recorded.contains("reached=proven\n"), "{recorded}");

    // Once more: nothing is done.
    let before = machine.log();
    let (again, told) = run(&machine.access(), &wanted).await;
    let again = again.unwrap();
    assert_eq!((again.system.as_str(), again.is_new), (SYSTEM, false));
    assert_eq!(machine.log(), before);
    assert_eq!(told.phases(State::Resumed), ["reboot"]);
}

#[tokio::test]
async fn from_the_running_kernel() {
    let machine = on_machine!(ubuntu);
    let mut wanted = machine.wanted();
    wanted.way = Some(Way::Kexec);
    let (done, told) = run(&machine.access(), &wanted).await;
    assert_eq!(done.unwrap().system, SYSTEM);
    assert_eq!(told.phases(State::Finished), ["facts", "kexec", "disk", "install", "reboot"]);
    assert_eq!((machine.count("kexec --load"), machine.count("kexec auto")), (1, 1));
    assert_eq!(machine.count("systemctl reboot"), 1, "only into what was installed");
}

#[tokio::test]
async fn older_kernels_and_refusing_ones_are_asked_the_older_way() {
    let machine = on_machine!(ubuntu);
    let mut wanted = machine.wanted();
    wanted.way = Some(Way::Kexec);
    machine.fault("kexec-auto");
    let (done, told) = run(&machine.access(), &wanted).await;
    assert_eq!(done.unwrap().system, SYSTEM);
    assert_eq!(machine.count("kexec --load"), 2);
    assert!(told.text().contains("kexec_file_load failed: Operation not permitted"), "{}", told.text());

    let machine = on_machine!(ubuntu);
    machine.write("release", "5.15.0-1089-azure");
    let (done, _) = run(&machine.access(), &wanted_of(&machine)).await;
    assert_eq!(done.unwrap().system, SYSTEM);
    assert_eq!(machine.count("kexec auto"), 0);
}

fn wanted_of(machine: &super::machine::Machine) -> bud::node::install::Wanted {
    let mut wanted = machine.wanted();
    wanted.way = Some(Way::Kexec);
    wanted
}

#[tokio::test]
async fn a_machine_that_comes_back_as_its_old_self_is_sent_the_other_way() {
    let machine = on_machine!(ubuntu);
    machine.fault("no-boot");
    let (done, told) = run(&machine.access(), &machine.wanted()).await;
    assert_eq!(done.unwrap().system, SYSTEM);
    let text = told.text();
    assert!(text.contains("after `boot` the machine runs ubuntu 24.04 again"), "{text}");
    assert_eq!(told.phases(State::Started), ["facts", "boot", "kexec", "disk", "install", "reboot"]);
    let runs: Vec<_> = machine.log().into_iter().filter(|line| line.starts_with("runs ")).collect();
    assert_eq!(runs, ["runs old", "runs old", "runs installer", "runs sda2"]);
}

#[tokio::test]
async fn a_nixos_of_the_cloud_is_switched_where_it_is() {
    let machine = on_machine!(nixos);
    let mut wanted = machine.wanted();
    wanted.cloud = bud::node::nixos::Cloud::Aws;
    wanted.installer = None;
    // What was written for another disk than the one that runs would not start.
    let before = machine.log();
    let (done, _) = run(&machine.access(), &wanted).await;
    assert_eq!(*done.unwrap_err().fault, Fault::Refused(Refusal::OtherDisk));
    assert_eq!(machine.log(), before, "nothing was done");
    let silent = &bud::node::progress::Silent;
    let facts = look(&machine.access(), "gpu-0", wanted.deadlines, silent, &super::patience()).await.unwrap();
    wanted.keeps = Some(facts.kept().unwrap());
    let (done, told) = run(&machine.access(), &wanted).await;
    let installed = done.unwrap_or_else(|error| panic!("{error}\n{}\n{:?}", told.text(), machine.log()));
    assert_eq!(installed.system, SYSTEM);
    let log = machine.log();
    let build = format!(
        "nix build --no-link --print-out-paths /etc/nixos#nixosConfigurations.{}",
        wanted.system.name
    );
    assert!(log.iter().any(|line| line.starts_with(&build)), "{log:?}");
    assert!(log.iter().any(|line| line == "switch-to-configuration boot"), "{log:?}");
    assert_eq!((machine.count("sgdisk"), machine.count("mkfs"), machine.count("kexec")), (0, 0, 0));
    assert!(machine.path("systems/old/etc/nixos/flake.nix").exists());
    assert!(machine.read("systems/old/var/lib/bud/install").contains("reached=proven"));
}

#[tokio::test]
async fn a_machine_that_has_no_way_says_why_for_each() {
    let machine = on_machine!(ubuntu);
    std::fs::remove_file(machine.path("systems/old/boot/grub/grub.cfg")).unwrap();
    machine.write("root/proc/sys/kernel/kexec_load_disabled", "1\n");
    let before = machine.log();
    let (done, _) = run(&machine.access(), &machine.wanted()).await;
    let error = done.unwrap_err();
    assert!(matches!(&*error.fault, Fault::Refused(_)), "{error}");
    let text = error.to_string();
    assert!(
        text.starts_with("gpu-0: facts: there is no way to the installer: boot: no boot loader"),
        "{text}"
    );
    assert!(text.contains("kexec: starting another kernel was switched off"), "{text}");
    assert_eq!(machine.log(), before, "nothing was done");
    assert!(!machine.path("systems/old/var/lib/bud").exists());
}
