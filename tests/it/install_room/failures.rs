//! What goes wrong after the machine has left its old self: named, and gone on with by the next run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bud::node::install::{Fault, Phase, Power, Way};
use bud::outcome::Recovery;
use bud::time::Patience;

use super::{on_machine, run};

const SYSTEM: &str = "/nix/store/aaaaaaaa-nixos-system-worker";

/// A cloud that restarts the machine, which is its old self then.
struct Cloud {
    start: std::path::PathBuf,
    restarts: AtomicUsize,
}

#[async_trait]
impl Power for Cloud {
    async fn restart(&self, _: &Patience) -> Result<(), String> {
        self.restarts.fetch_add(1, Ordering::SeqCst);
        let folder = self.start.parent().unwrap().parent().unwrap();
        let status = std::process::Command::new(&self.start).env("BUD_MACHINE", folder).status().unwrap();
        assert!(status.success());
        Ok(())
    }

    async fn console(&self, _: &Patience) -> Option<String> {
        Some("[    7.1] hv_vmbus: probe failed".to_owned())
    }
}

#[tokio::test]
async fn a_kernel_that_hangs_is_restarted_by_the_cloud_and_sent_the_other_way() {
    let machine = on_machine!(ubuntu);
    machine.fault("hang");
    let mut wanted = machine.wanted();
    wanted.cloud = bud::node::nixos::Cloud::Aws;
    // The way that does not hang has to fit as well, on a busy machine.
    wanted.deadlines.installer = Duration::from_secs(8);
    let cloud = Arc::new(Cloud { start: machine.path("bin/start"), restarts: AtomicUsize::new(0) });
    let mut access = machine.access();
    access.power = Some(cloud.clone());
    let (done, told) = run(&access, &wanted).await;
    let installed = done.unwrap_or_else(|error| panic!("{error}\n{}", told.text()));
    assert_eq!(installed.system, SYSTEM);
    assert_eq!(cloud.restarts.load(Ordering::SeqCst), 1);
    assert!(told.text().contains("after `kexec` the machine runs ubuntu 24.04 again"), "{}", told.text());
}

#[tokio::test]
async fn a_kernel_that_hangs_for_good_is_named_with_what_to_do() {
    let machine = on_machine!(ubuntu);
    machine.fault("hang");
    let mut wanted = machine.wanted();
    wanted.way = Some(Way::Kexec);
    wanted.deadlines.installer = Duration::from_secs(6);
    let (done, _) = run(&machine.access(), &wanted).await;
    let error = done.unwrap_err();
    assert_eq!(error.phase, Phase::Kexec);
    assert!(matches!(&*error.fault, Fault::NoInstaller { way: Way::Kexec, .. }), "{error}");
    assert_eq!(error.fault.recovery(), Recovery::Retry(None));
    assert!(error.to_string().contains("(last seen: it has not left yet)"), "{error}");
    // Somebody restarts it: the next run takes the other way, because this one is known to fail.
    machine.start();
    let (done, told) = run(&machine.access(), &machine.wanted()).await;
    assert_eq!(done.unwrap().system, SYSTEM, "{}", told.text());
}

#[tokio::test]
async fn a_kernel_that_cannot_be_loaded_says_why() {
    let machine = on_machine!(ubuntu);
    machine.fault("kexec");
    let mut wanted = machine.wanted();
    wanted.way = Some(Way::Kexec);
    let (done, _) = run(&machine.access(), &wanted).await;
    let error = done.unwrap_err();
    let Fault::Step { step: "kexec", word, said } = &*error.fault else { panic!("{error}") };
    assert_eq!(word, "not-loaded");
    assert!(said.starts_with("kexec_load failed: Operation not permitted"), "{said}");
    assert_eq!(machine.count("runs "), 1, "it still runs what it ran");
}

#[tokio::test]
async fn a_build_that_fails_shows_the_end_of_its_log_and_is_gone_on_with() {
    let machine = on_machine!(ubuntu);
    machine.fault("build");
    let (done, _) = run(&machine.access(), &machine.wanted()).await;
    let error = done.unwrap_err();
    assert_eq!(error.phase, Phase::Install);
    let Fault::Installation { status, said } = &*error.fault else { panic!("{error}") };
    assert_eq!(status, "1");
    assert!(said.ends_with("Could not resolve host"), "{said}");
    machine.mend("build");
    let (done, _) = run(&machine.access(), &machine.wanted()).await;
    assert_eq!(done.unwrap().system, SYSTEM);
    assert_eq!(machine.count("mkfs.ext4"), 1, "the disk was laid out already");
}

#[tokio::test]
async fn a_disk_that_cannot_be_written_is_named() {
    let machine = on_machine!(ubuntu);
    machine.fault("mkfs");
    let (done, _) = run(&machine.access(), &machine.wanted()).await;
    let error = done.unwrap_err();
    assert_eq!(error.phase, Phase::Disk);
    let expected = Fault::DiskTool { status: 1, said: "mkfs.ext4: Input/output error".into() };
    assert_eq!(*error.fault, expected);
}

#[tokio::test]
async fn a_firmware_that_starts_another_disk_is_told() {
    let machine = on_machine!(ubuntu);
    machine.fault("other-disk");
    let (done, _) = run(&machine.access(), &machine.wanted()).await;
    let error = done.unwrap_err();
    assert_eq!(error.phase, Phase::Reboot);
    let expected = Fault::OtherSystem { runs: "ubuntu 24.04".into(), installed: SYSTEM.into() };
    assert_eq!(*error.fault, expected, "{error}");
}

#[tokio::test]
async fn what_runs_must_be_what_was_built() {
    let machine = on_machine!(ubuntu);
    machine.fault("other-system");
    let (done, _) = run(&machine.access(), &machine.wanted()).await;
    let error = done.unwrap_err();
    let expected = Fault::OtherSystem { runs: "NixOS /nix/store/other".into(), installed: SYSTEM.into() };
    assert_eq!(*error.fault, expected, "{error}");
}

#[tokio::test]
async fn an_archive_that_is_none_is_refused_before_anything_is_destroyed() {
    let machine = on_machine!(ubuntu);
    machine.write("installer.tar.gz", "<html>not found</html>");
    let (done, _) = run(&machine.access(), &machine.wanted()).await;
    let error = done.unwrap_err();
    assert!(
        matches!(&*error.fault, Fault::Step { step: "stage", word, .. } if word == "not-unpacked"),
        "{error}"
    );
    assert_eq!(machine.count("runs "), 1);
}

#[tokio::test]
async fn a_mount_that_is_busy_keeps_the_machine_where_it_is() {
    let machine = on_machine!(ubuntu);
    machine.fault("busy");
    let (done, _) = run(&machine.access(), &machine.wanted()).await;
    let error = done.unwrap_err();
    assert!(matches!(&*error.fault, Fault::Step { step: "reboot", word, .. } if word == "busy"), "{error}");
    machine.mend("busy");
    let (done, _) = run(&machine.access(), &machine.wanted()).await;
    assert_eq!(done.unwrap().system, SYSTEM);
    assert_eq!((machine.count("mkfs.ext4"), machine.count("nixos-install")), (1, 1));
}
