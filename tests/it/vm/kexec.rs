//! By kexec: the power goes twice, and the old system comes back where the installer is expected.

use bud::node::install::{Fault, Refusal, Way, install};
use bud::node::nixos::Cloud;
use bud::node::progress::State;

use super::machine::{FIRST_USER, Machine, SERIAL};
use super::told::Told;
use super::{patience, run};

const TABLE: &str = "blkid -s PTUUID -o value /dev/vda; lsblk -nro NAME,LABEL,UUID /dev/vda";

#[tokio::test]
#[ignore = "make test-vm"]
async fn by_kexec_with_the_power_lost_on_the_way() {
    let mut machine = Machine::start(3072);
    let mut wanted = machine.wanted();
    (wanted.cloud, wanted.way) = (Cloud::Hosts, Some(Way::Kexec));

    // A host's disk is somebody's until it is said that it is not.
    let error = run(&machine.access(), &wanted).await.0.unwrap_err();
    let Fault::Refused(Refusal::NotConfirmed { disk, serial, given: None }) = &*error.fault else {
        panic!("{error}\n{}", machine.console())
    };
    assert!(serial == SERIAL && disk.starts_with("vda ("), "{error}");
    wanted.wipe = Some(SERIAL.to_owned());
    let before = machine.ask(FIRST_USER, TABLE).await;

    // The power goes when the kernel is about to be exchanged: the same Debian answers on the same port with the
    // same host key, in another start.
    let told = Told::awaiting("kexec", "the machine is leaving");
    let (access, patience) = (machine.access(), patience());
    let going = install(&access, &wanted, &told, &patience);
    tokio::pin!(going);
    tokio::select! {
        done = &mut going => panic!("{done:?}\n{}", machine.console()),
        () = told.came() => machine.lose_power(),
    }
    let done = going.await;
    told.end(&done);
    let error = done.unwrap_err();
    let Fault::CameBack { way: Way::Kexec, runs } = &*error.fault else {
        panic!("{error}\n{}", machine.console())
    };
    assert_eq!(runs, "debian 12");
    assert_eq!(machine.ask(FIRST_USER, TABLE).await, before, "nothing was laid out");
    let recorded = machine.ask(FIRST_USER, "cat /var/lib/bud/install").await;
    assert!(recorded.contains("reached=left") && recorded.contains("tried=kexec"), "{recorded}");

    // The next run goes the same way to its end, and the power goes again when the system is there.
    let told = Told::awaiting("reboot", "the machine restarts");
    let access = machine.access();
    let going = install(&access, &wanted, &told, &patience);
    tokio::pin!(going);
    tokio::select! {
        done = &mut going => panic!("{done:?}\n{}", machine.console()),
        () = told.came() => machine.lose_power(),
    }
    let done = going.await;
    told.end(&done);
    let installed = done.unwrap_or_else(|error| panic!("{error}\n{}", machine.console()));
    assert!(installed.is_new);
    assert_eq!(told.phases(State::Finished), ["facts", "kexec", "disk", "install", "reboot"]);
    assert_ne!(machine.ask("bud", TABLE).await, before);
    let recorded = machine.ask("bud", "cat /var/lib/bud/install").await;
    assert!(recorded.contains("reached=proven"), "{recorded}");
}
