//! What a machine refuses as a real one does, and what is refused because of what a machine is: nothing is
//! destroyed then.

use bud::node::install::{Fault, InstallError, Phase, Refusal, Wanted, Way};
use bud::node::nixos::{Cloud, DiskRefusal};
use bud::ssh::host_key::HostKey;
use bud::ssh::{HostPin, Identity, SshError};
use serde_json::{Value, json};

use super::lab::{Lab, Machine};
use super::run;

/// The error of a run on an odd machine, after which everything is as it was.
async fn untouched(traits: Value, change: impl FnOnce(&mut Wanted)) -> InstallError {
    let lab = Lab::new().await;
    let machine = lab.ubuntu("gpu-0").await;
    machine.odd(traits).await;
    is_untouched(&machine, change).await
}

async fn is_untouched(machine: &Machine<'_>, change: impl FnOnce(&mut Wanted)) -> InstallError {
    let mut wanted = machine.wanted().await;
    change(&mut wanted);
    let before = machine.inside().await;
    let (done, told) = run(&machine.access(), &wanted).await;
    let error = done.expect_err(&told.text());
    assert_eq!(machine.inside().await, before, "{error}");
    error
}

fn refusal(error: &InstallError) -> &Refusal {
    match &*error.fault {
        Fault::Refused(refusal) => refusal,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn machines_that_cannot_become_a_node() {
    let error = untouched(json!({ "machine": "aarch64" }), |_| {}).await;
    assert!(matches!(refusal(&error), Refusal::Architecture { .. }), "{error}");
    let error = untouched(json!({ "efi": false }), |_| {}).await;
    assert!(matches!(refusal(&error), Refusal::Firmware { .. }), "{error}");
    let error = untouched(json!({ "container": "lxc" }), |_| {}).await;
    assert!(matches!(refusal(&error), Refusal::Container { .. }), "{error}");
    let error = untouched(json!({ "memory_mib": 2000 }), |_| {}).await;
    assert!(matches!(refusal(&error), Refusal::Memory { has_mib: 2000, .. }), "{error}");
    let error = untouched(json!({ "clock_seconds": 900 }), |_| {}).await;
    assert!(matches!(refusal(&error), Refusal::Clock { direction: "ahead", .. }), "{error}");
    let error = untouched(json!({ "uplink": "bond" }), |_| {}).await;
    assert!(matches!(refusal(&error), Refusal::Network { .. }), "{error}");
    let error = untouched(json!({ "without": ["tar"] }), |_| {}).await;
    assert_eq!(*refusal(&error), Refusal::NoTool { tool: "tar" });
    let error = untouched(json!({ "has_k3s": true }), |_| {}).await;
    assert_eq!(*refusal(&error), Refusal::ForeignCluster);
    let error = untouched(json!({ "root_free_mib": 20 }), |_| {}).await;
    assert!(matches!(refusal(&error), Refusal::NoSpace { .. }), "{error}");
}

#[tokio::test]
async fn ways_that_a_machine_does_not_have() {
    let by = |way| move |wanted: &mut Wanted| wanted.way = Some(way);
    let secure = json!({ "secure_boot": true });
    for way in [Way::Boot, Way::Kexec] {
        let error = untouched(secure.clone(), by(way)).await;
        assert_eq!(*refusal(&error), Refusal::SecureBoot);
    }
    let error = untouched(json!({ "lockdown": "integrity" }), by(Way::Kexec)).await;
    assert!(matches!(refusal(&error), Refusal::Lockdown { .. }), "{error}");
    let error = untouched(json!({ "kexec": "off" }), by(Way::Kexec)).await;
    assert_eq!(*refusal(&error), Refusal::KexecOff);
    let error = untouched(json!({ "kexec": "missing" }), by(Way::Kexec)).await;
    assert_eq!(*refusal(&error), Refusal::NoKexec);
    let error = untouched(json!({ "no_loader": true }), by(Way::Boot)).await;
    assert_eq!(*refusal(&error), Refusal::NoLoader);
    // systemd-boot reads its own partition alone.
    let small = json!({ "born": "nixos", "boot_free_mib": 10 });
    let error = untouched(small, by(Way::Boot)).await;
    assert!(matches!(refusal(&error), Refusal::NoSpace { .. }), "{error}");
    for way in [Way::Switch, Way::Image] {
        let error = untouched(json!({}), by(way)).await;
        assert!(matches!(refusal(&error), Refusal::NotThere { .. }), "{error}");
    }
}

#[tokio::test]
async fn nobody_becomes_root() {
    let error = untouched(json!({ "sudo": "asks" }), |_| {}).await;
    assert_eq!(error.phase, Phase::Auth);
    assert!(matches!(refusal(&error), Refusal::RootAsks { program: "sudo", .. }), "{error}");
    let error = untouched(json!({ "sudo": "no" }), |_| {}).await;
    assert!(matches!(refusal(&error), Refusal::NoRoot { .. }), "{error}");
}

#[tokio::test]
async fn another_key_and_another_machine() {
    let lab = Lab::new().await;
    let machine = lab.ubuntu("gpu-0").await;
    let wanted = machine.wanted().await;
    let other = HostKey::draw().unwrap();

    let mut target = machine.target("ubuntu");
    target.pin = HostPin::key(&other.public).unwrap();
    let (done, _) = run(&machine.access_to(target), &wanted).await;
    let error = done.unwrap_err();
    assert!(matches!(&*error.fault, Fault::Ssh(SshError::HostKey { .. })), "{error}");

    let mut target = machine.target("ubuntu");
    target.identities = vec![Identity::key(&other.private, None).unwrap()];
    let (done, _) = run(&machine.access_to(target), &wanted).await;
    let error = done.unwrap_err();
    assert!(matches!(&*error.fault, Fault::Ssh(SshError::NoKeyAccepted { .. })), "{error}");

    // The address belongs to another machine now: its key is another one.
    let second = lab.ubuntu("gpu-1").await;
    let mut target = machine.target("ubuntu");
    target.host.clone_from(&second.address);
    let before = second.inside().await;
    let (done, _) = run(&machine.access_to(target), &wanted).await;
    assert!(matches!(&*done.unwrap_err().fault, Fault::Ssh(SshError::HostKey { .. })));
    assert_eq!(second.inside().await, before);
    assert_eq!(lab.steps().await, Vec::<Value>::new(), "nothing was sent");
}

#[tokio::test]
async fn an_installed_machine_is_no_other_node_and_knows_the_first_user_no_more() {
    let lab = Lab::new().await;
    let machine = lab.ubuntu("gpu-0").await;
    let wanted = machine.wanted().await;
    run(&machine.access(), &wanted).await.0.unwrap();
    let session = machine.link(machine.target("ubuntu")).session(&super::patience()).await;
    assert!(matches!(session, Err(SshError::NoKeyAccepted { .. })), "Ubuntu's user is gone");

    let before = machine.inside().await;
    let mut other = wanted.clone();
    other.node = "gpu-9".to_owned();
    let (done, _) = run(&machine.access(), &other).await;
    let error = done.unwrap_err();
    assert!(matches!(refusal(&error), Refusal::OtherNode { is, .. } if is == "gpu-0"), "{error}");
    assert_eq!(machine.inside().await, before);
}

#[tokio::test]
async fn disks_that_are_not_the_one() {
    let error = untouched(json!({}), |wanted| {
        wanted.system_disk = bud::node::nixos::DiskAt::Serial("another".to_owned());
    })
    .await;
    assert!(matches!(refusal(&error), Refusal::NoDisk { .. }), "{error}");
    let error = untouched(json!({}), |wanted| wanted.cloud = Cloud::Hosts).await;
    assert!(matches!(refusal(&error), Refusal::NotConfirmed { .. }), "{error}");

    // A script for another disk than the one that was confirmed stops before it writes.
    let lab = Lab::new().await;
    let machine = lab.ubuntu("gpu-0").await;
    let mut wanted = machine.wanted().await;
    let serial = machine.serial().await;
    wanted.disks = wanted.disks.replace(&serial, "another");
    let (done, told) = run(&machine.access(), &wanted).await;
    let error = done.expect_err(&told.text());
    assert!(
        matches!(&*error.fault, Fault::Disk { refusal: DiskRefusal::NotFound, said } if said == "no disk with serial another"),
        "{error}"
    );
    let inside = machine.inside().await;
    assert!(
        super::ways::file(&inside, 16, "/vmlinuz")["bytes"].is_number(),
        "Ubuntu is still there: {inside}"
    );
}

/// A machine whose installer is staged, and a session on it.
async fn staged<'a>(lab: &'a Lab, name: &str) -> Machine<'a> {
    let machine = lab.ubuntu(name).await;
    let mut wanted = machine.wanted().await;
    lab.faults(json!([{ "step": "boot", "do": "cut_before", "times": 0 }])).await;
    wanted.way = Some(Way::Boot);
    run(&machine.access(), &wanted).await.0.unwrap_err();
    lab.faults(json!([])).await;
    machine
}

/// With the provider's guard out, the machine itself does not go into an unsigned system.
#[tokio::test]
async fn secure_boot_is_the_machines_own() {
    let lab = Lab::new().await;
    for (name, secure, runs) in [("gpu-0", false, "installer"), ("gpu-1", true, "ubuntu")] {
        let machine = staged(&lab, name).await;
        machine.odd(json!({ "secure_boot": secure })).await;
        let inside = machine.inside().await;
        let volumes = inside["disks"][0]["volumes"].as_array().unwrap();
        let boot = volumes.iter().find(|volume| volume["partition"] == 16).unwrap();
        let input = format!(
            "loader=grub\nloader_folder=/boot/grub\nplace=/boot\nplace_mount=/boot\nplace_uuid={}\ncommand_line=init=/x\n\n",
            boot["uuid"].as_str().unwrap()
        );
        let said = step(&machine, "boot", &input).await;
        assert_eq!(said, "leaving=yes\n");
        let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while machine.inside().await["boot_id"] == inside["boot_id"] {
            assert!(std::time::Instant::now() < until, "{}", machine.inside().await);
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(machine.inside().await["runs"], runs);
    }
    let machine = staged(&lab, "gpu-2").await;
    for (traits, reason) in [
        (json!({ "secure_boot": true }), "kexec_load failed: Operation not permitted; Lockdown: "),
        (json!({ "kexec": "missing" }), "kexec_load failed: Function not implemented"),
        (json!({ "memory_mib": 900 }), "Killed; Out of memory"),
    ] {
        machine.odd(traits).await;
        let said = step(&machine, "kexec", "command_line=init=/x\nsyscall=auto\n\n").await;
        assert!(said.starts_with(&format!("refused=not-loaded\nsaid={reason}")), "{said}");
    }
}

/// A step of the install, sent by hand.
async fn step(machine: &Machine<'_>, name: &'static str, input: &str) -> String {
    let file = format!("{}/src/node/install/steps/{name}.sh", super::steps::root());
    let text = std::fs::read_to_string(file).unwrap();
    let script = bud::ssh::Script { name, text: Box::leak(text.into_boxed_str()) };
    let line = script.line(bud::ssh::Privilege::Sudo, &[]);
    let command = bud::ssh::Command::new(name, line, std::time::Duration::from_secs(10))
        .reading(bud::ssh::Stdin::Bytes(input.to_owned().into()));
    let session = machine.session("ubuntu").await;
    session.run(command, &super::patience()).await.unwrap()
}
