//! `boot`: the installer lies beside the system's own kernels, the boot loader takes it once, and the machine
//! restarts.

use super::super::power::Leaving;
use super::super::shell::{Said, Shell};
use super::RECORD;
use super::stage::WORK;

pub(super) fn run(shell: &mut Shell<'_>) -> Said {
    let input = shell.input();
    let [loader, folder, place, mount, uuid, line] =
        ["loader", "loader_folder", "place", "place_mount", "place_uuid", "command_line"]
            .map(|key| input.get(key).to_owned());
    let kernels = super::super::files::plain(&format!("{place}/bud-installer"));
    shell.guest.remove(&kernels);
    for part in ["bzImage", "initrd"] {
        let from = format!("{WORK}/{part}");
        let Some(bytes) = shell.guest.bytes(&from) else {
            let said = format!("cp: cannot stat '{from}': No such file or directory");
            return shell.refuse("not-copied", &said);
        };
        if let Err(reason) = shell.guest.put(&format!("{kernels}/{part}"), "root:root", 0o600, bytes) {
            shell.guest.remove(&kernels);
            return shell.refuse("not-copied", &format!("cp: error writing '{kernels}/{part}': {reason}"));
        }
    }
    let inside = if mount == "/" { kernels } else { kernels[mount.len()..].to_owned() };
    match loader.as_str() {
        "grub" => {
            let custom = format!("{folder}/custom.cfg");
            let entry = format!(
                "# bud-installer begins\nmenuentry 'NixOS installer (once)' --id bud-installer {{\n  search --no-floppy \
                 --fs-uuid --set=root {uuid}\n  linux {inside}/bzImage {line}\n  initrd {inside}/initrd\n}}\n# \
                 bud-installer ends\n"
            );
            let environment = shell.guest.text(&format!("{folder}/grubenv")).unwrap_or_default();
            let kept = environment.lines().filter(|line| !line.starts_with("next_entry="));
            let kept = kept.fold(String::new(), |all, line| all + line + "\n");
            let written = shell.guest.write(&custom, 0o600, entry).and_then(|()| {
                shell.guest.write(&format!("{folder}/grubenv"), 0o644, kept + "next_entry=bud-installer\n")
            });
            if written.is_err() {
                return shell.refuse("no-one-shot", &format!("{folder}/grubenv"));
            }
        }
        "systemd-boot" => {
            let entry = format!(
                "title NixOS installer (once)\nlinux {inside}/bzImage\ninitrd {inside}/initrd\noptions {line}\n"
            );
            if shell.guest.write(&format!("{place}/loader/entries/bud-installer.conf"), 0o600, entry).is_err()
            {
                return shell.complain("sh: 1: cannot create: No space left on device");
            }
            shell.guest.once = Some("bud-installer.conf".to_owned());
        }
        other => return shell.refuse("no-loader", other),
    }
    if let Err(reason) = shell.guest.write(RECORD, 0o600, input.record()) {
        return shell.complain(reason);
    }
    shell.guest.sync();
    shell.guest.loaded = None;
    shell.say("leaving", "yes");
    shell.leaves = Some(Leaving::Restart);
    Said::Exit(0)
}
