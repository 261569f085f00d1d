//! `kexec`: the installer's kernel is loaded, and started from the running one.

use super::super::initrd;
use super::super::power::Leaving;
use super::super::shell::{Said, Shell};
use super::RECORD;
use super::stage::WORK;

/// Memory in which the installer's kernel and initrd find no room, and the program that loads them is killed.
const LEAST_KIB: u64 = 1000 * 1024;

pub(super) fn run(shell: &mut Shell<'_>) -> Said {
    let input = shell.input();
    if let Err(reason) = shell.guest.write(RECORD, 0o600, input.record()) {
        return shell.complain(reason);
    }
    let (hardware, traits) = (shell.guest.hardware(), shell.guest.traits.clone());
    let loads = shell.guest.has(&format!("{WORK}/bzImage"));
    let initrd = shell.guest.bytes(&format!("{WORK}/initrd")).filter(|_| loads);
    let Some(initrd) = initrd else {
        return shell
            .refuse("not-loaded", &format!("Cannot open '{WORK}/bzImage': No such file or directory; "));
    };
    let lockdown = hardware.lockdown(&traits);
    let refused = match traits.kexec.as_deref() {
        Some("missing") => Some("kexec_load failed: Function not implemented; ".to_owned()),
        Some("off") => Some("kexec_load failed: Operation not permitted; ".to_owned()),
        _ if lockdown != "none" => Some(
            "kexec_load failed: Operation not permitted; Lockdown: kexec: kexec of unsigned images is restricted; see man \
             kernel_lockdown.7"
                .to_owned(),
        ),
        _ if hardware.memory_kib < LEAST_KIB => Some("Killed; Out of memory: Killed process (kexec)".to_owned()),
        _ => None,
    };
    if let Some(said) = refused {
        return shell.refuse("not-loaded", &said);
    }
    shell.guest.loaded = Some((input.get("command_line").to_owned(), initrd::brought(&initrd)));
    shell.guest.sync();
    shell.say("leaving", "yes");
    shell.leaves = Some(Leaving::Kexec);
    Said::After(6.0)
}
