//! A run that is killed anywhere: whoever comes next goes on there, and nothing is formatted that was finished.

use std::sync::Arc;

use bud::node::install::{Way, install};
use bud::node::progress::{Event, Progress};
use tokio::sync::Notify;

use super::machine::Machine;
use super::{Told, on_machine, patience, run};

/// Runs until so many things were told, and is gone then, in the middle of whatever it did. Whether it came to
/// its end before.
async fn killed(machine: &Machine, way: Option<Way>, after: usize) -> bool {
    let told = Told { enough: Some(after), ..Told::default() };
    let reached = Arc::clone(&told.reached);
    let mut wanted = machine.wanted();
    wanted.way = way;
    let (access, patience) = (machine.access(), patience());
    tokio::select! {
        done = install(&access, &wanted, &told, &patience) => {
            done.unwrap();
            true
        }
        () = reached.notified() => false,
    }
}

/// A sample; with `BUD_MATRIX=all` at three times as many.
async fn at_events(way: Option<Way>, each: usize) {
    let each = if crate::faults::matrix::whole() { each } else { each * 3 };
    for after in (1..).step_by(each) {
        let machine = on_machine!(ubuntu);
        let whole = killed(&machine, way, after).await;
        let mut wanted = machine.wanted();
        wanted.way = way;
        let (done, told) = run(&machine.access(), &wanted).await;
        let installed = done.unwrap_or_else(|error| {
            panic!("killed after {after}: {error}\n{}\n{:#?}", told.text(), machine.log())
        });
        assert_eq!(installed.system, "/nix/store/aaaaaaaa-nixos-system-worker", "killed after {after}");
        assert!(machine.count("mkfs.ext4") <= 2, "killed after {after}: {:#?}", machine.log());
        let log = machine.log();
        let finished = log.iter().position(|line| line.starts_with("nixos-install")).unwrap();
        let formatted = log.iter().rposition(|line| line.starts_with("mkfs.ext4")).unwrap();
        assert!(formatted < finished, "killed after {after}: {log:#?}");
        assert_eq!(machine.count("nothing to start"), 0);
        if whole {
            assert!(after > 10, "{after} events");
            return;
        }
    }
}

#[tokio::test]
async fn at_events_on_the_way_by_the_boot_loader() {
    at_events(None, 1).await;
}

/// Only what comes before the installer is another than by the boot loader.
#[tokio::test]
async fn at_events_on_the_way_by_kexec() {
    at_events(Some(Way::Kexec), 4).await;
}

#[tokio::test]
async fn an_installation_goes_on_without_whoever_started_it() {
    let machine = on_machine!(ubuntu);
    machine.fault("slow");
    let running = Running::default();
    let (access, wanted, patience) = (machine.access(), machine.wanted(), patience());
    tokio::select! {
        done = install(&access, &wanted, &running, &patience) => panic!("{done:?}"),
        () = running.0.notified() => {}
    }
    // It runs still while the next run looks at the disk, and keeps /mnt busy.
    let (access, found) = (machine.access(), Running::default());
    let goes_on = async {
        found.0.notified().await;
        machine.write("go-on", "");
        std::future::pending::<()>().await;
    };
    let done = tokio::select! {
        done = install(&access, &wanted, &found, &patience) => done,
        () = goes_on => unreachable!(),
    };
    assert_eq!(done.unwrap().system, "/nix/store/aaaaaaaa-nixos-system-worker");
    assert_eq!(
        (machine.count("nixos-install"), machine.count("mkfs.ext4")),
        (1, 1),
        "nothing was done twice"
    );
}

/// Says when the installation runs.
#[derive(Default)]
struct Running(Notify);

impl Progress for Running {
    fn tell(&self, event: &Event) {
        // What the installation says comes once it runs.
        if event.phase == "install" && event.detail.starts_with("the installation runs") {
            self.0.notify_one();
        }
    }
}

#[tokio::test]
async fn a_finished_disk_is_never_formatted_again() {
    let machine = on_machine!(ubuntu);
    let (done, _) = run(&machine.access(), &machine.wanted()).await;
    let first = done.unwrap();
    // The machine lands in the installer again, by whatever hand, and asks for another system.
    let line = machine.read("systems/old/boot/grub/custom.cfg");
    let line = line
        .lines()
        .find_map(|line| line.strip_prefix("  linux /bud-installer/bzImage "))
        .unwrap()
        .to_owned();
    machine.run_installer(&line);
    let mut wanted = machine.wanted();
    wanted.system.digest = "another".into();
    let formatted = machine.count("mkfs.ext4");
    let (done, told) = run(&machine.access(), &wanted).await;
    let again = done.unwrap_or_else(|error| panic!("{error}\n{}", told.text()));
    assert_eq!(machine.count("mkfs.ext4"), formatted);
    // It says which system it has, so that the cluster can switch it.
    assert_eq!((again.digest, again.system), (first.digest, first.system));
}
