//! Machines that are not the one that was meant, and disks that are somebody's.

use bud::node::install::{Fault, InstallError, Phase, Refusal, Way};
use bud::node::nixos::{Cloud, DiskRefusal};
use bud::ssh::{HostPin, SshError};

use super::machine::Machine;
use super::{on_machine, run};
use crate::ssh_room::keys::Pair;

/// The error of a run, after which nothing on the machine is written or restarted.
async fn untouched(machine: &Machine, change: impl FnOnce(&mut bud::node::install::Wanted)) -> InstallError {
    let mut wanted = machine.wanted();
    change(&mut wanted);
    let before = machine.log();
    let (done, told) = run(&machine.access(), &wanted).await;
    let error = done.expect_err(&told.text());
    let tools = ["sgdisk", "wipefs", "mkfs", "systemctl", "kexec", "nixos-install", "runs "];
    let after: Vec<String> = machine.log().split_off(before.len());
    assert!(!after.iter().any(|line| tools.iter().any(|tool| line.starts_with(tool))), "{after:?}");
    error
}

#[tokio::test]
async fn another_host_key_is_another_machine() {
    let machine = on_machine!(ubuntu);
    let other = Pair::ed25519(machine.server.folder.path(), "other");
    let mut target = machine.server.target();
    target.pin = HostPin::key(&other.public()).unwrap();
    let (done, _) = run(&machine.access_to(target), &machine.wanted()).await;
    let error = done.unwrap_err();
    assert_eq!(error.phase, Phase::Banner, "{error}");
    assert!(matches!(&*error.fault, Fault::Ssh(SshError::HostKey { .. })), "{error}");
    assert_eq!(machine.read("commands"), "", "nothing was sent");
}

#[tokio::test]
async fn a_key_that_is_not_known_there() {
    let machine = on_machine!(ubuntu);
    let other = Pair::ed25519(machine.server.folder.path(), "other");
    let mut target = machine.server.target();
    target.identities = vec![bud::ssh::Identity::key(&other.private(), None).unwrap()];
    let (done, _) = run(&machine.access_to(target), &machine.wanted()).await;
    let error = done.unwrap_err();
    assert_eq!(error.phase, Phase::Auth, "{error}");
    assert!(error.to_string().starts_with("gpu-0: auth: "), "{error}");
}

#[tokio::test]
async fn nothing_listens() {
    let machine = on_machine!(ubuntu);
    let mut target = machine.server.target();
    target.port = 1;
    let mut wanted = machine.wanted();
    wanted.deadlines.answer = std::time::Duration::from_millis(300);
    let (done, _) = run(&machine.access_to(target), &wanted).await;
    let error = done.unwrap_err();
    assert_eq!(error.phase, Phase::Tcp, "{error}");
    assert!(error.last.is_some(), "what was seen before the end");
}

#[tokio::test]
async fn a_user_who_is_asked_for_a_password() {
    let machine = on_machine!(ubuntu);
    machine.write("uid", "1000\n");
    let (done, _) = run(&machine.access(), &machine.wanted()).await;
    assert!(done.is_ok(), "sudo asks for nothing: {done:?}");
    assert!(machine.count("sudo -n") > 5);

    let machine = on_machine!(ubuntu);
    machine.write("uid", "1000\n");
    machine.fault("sudo");
    let error = untouched(&machine, |_| {}).await;
    assert_eq!(error.phase, Phase::Auth);
    let refusal = Refusal::RootAsks { user: machine.server.user.clone(), program: "sudo" };
    assert_eq!(*error.fault, Fault::Refused(refusal));
}

#[tokio::test]
async fn a_disk_that_is_not_there_or_not_confirmed() {
    let machine = on_machine!(ubuntu);
    machine.write("serial", "another\n");
    let error = untouched(&machine, |_| {}).await;
    assert!(matches!(&*error.fault, Fault::Refused(Refusal::NoDisk { .. })), "{error}");
    machine.write("serial", "600224800000001e\n");
    let error = untouched(&machine, |wanted| wanted.cloud = Cloud::Hosts).await;
    assert!(matches!(&*error.fault, Fault::Refused(Refusal::NotConfirmed { .. })), "{error}");
}

#[tokio::test]
async fn a_disk_that_is_another_one_in_the_installer() {
    let machine = on_machine!(ubuntu);
    // The disk is exchanged while the machine restarts.
    machine.fault("exchanged");
    let mut wanted = machine.wanted();
    wanted.way = Some(Way::Boot);
    let (done, told) = run(&machine.access(), &wanted).await;
    let error = done.expect_err(&told.text());
    assert_eq!(error.phase, Phase::Disk, "{error}");
    let Fault::Disk { refusal, said } = &*error.fault else { panic!("{error}") };
    assert_eq!((*refusal, said.as_str()), (DiskRefusal::NotFound, "no disk with serial 600224800000001e"));
    assert_eq!((machine.count("wipefs"), machine.count("mkfs")), (0, 0));
}

#[tokio::test]
async fn an_installer_of_somebody_else() {
    let machine = on_machine!(ubuntu);
    machine.run_installer("init=/nix/store/x/init");
    let error = untouched(&machine, |_| {}).await;
    assert_eq!(*error.fault, Fault::Refused(Refusal::ForeignInstaller), "{error}");
    machine
        .run_installer("init=/nix/store/x/init bud.node=gpu-7 bud.disk=serial:600224800000001e bud.from=x");
    let error = untouched(&machine, |_| {}).await;
    assert!(
        matches!(&*error.fault, Fault::Refused(Refusal::OtherNode { is, .. }) if is == "gpu-7"),
        "{error}"
    );
}
