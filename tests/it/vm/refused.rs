//! What a real machine says it is, and one that is too small.

use bud::node::install::{Fault, Loader, Phase, Refusal, look};
use bud::node::nixos::Firmware;

use super::machine::{FIRST_USER, Machine, SERIAL};
use super::told::Told;
use super::{patience, run};

#[tokio::test]
#[ignore = "make test-vm"]
async fn too_little_memory() {
    let machine = Machine::start(900);
    let wanted = machine.wanted();
    let told = Told::new();
    let facts = look(&machine.access(), "worker-0", wanted.deadlines, &told, &patience()).await;
    let facts = facts.unwrap_or_else(|error| panic!("{error}\n{}", machine.console()));
    assert_eq!(facts.describe(), "debian 12");
    assert_eq!((facts.firmware, facts.secure_boot, facts.container.clone()), (Firmware::Efi, false, None));
    assert_eq!((facts.lockdown.clone(), facts.kexec), (None, Some(true)));
    assert_eq!(facts.loader, Some(Loader::Grub("/boot/grub".to_owned())));
    assert_eq!((facts.uplink.device.as_str(), facts.uplink.kind.as_str()), ("eth0", "card"));
    let [disk] = &facts.disks[..] else { panic!("{:?}", facts.disks) };
    assert_eq!((disk.name.as_str(), disk.serial.as_deref()), ("vda", Some(SERIAL)));
    assert!(disk.is_root && !disk.is_local && disk.mounts == ["/"], "{disk:?}");

    let error = run(&machine.access(), &wanted).await.0.unwrap_err();
    assert_eq!(error.phase, Phase::Facts, "{error}");
    let Fault::Refused(Refusal::Memory { has_mib, .. }) = &*error.fault else { panic!("{error}") };
    assert!((600..900).contains(has_mib), "{error}");
    assert_eq!(machine.ask(FIRST_USER, "ls -A /var/lib/bud 2> /dev/null || true").await, "");
}
