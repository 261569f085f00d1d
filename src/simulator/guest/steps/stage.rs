//! `stage`: the installer's archive is unpacked, and its initrd brings who may log in, host keys and network.

use std::collections::BTreeMap;
use std::io::Read as _;

use flate2::read::GzDecoder;

use super::super::initrd::{self, Brought};
use super::super::shell::{Said, Shell};

/// Where the archive is unpacked.
pub(super) const WORK: &str = "/var/lib/bud/installer/kexec";
const ARCHIVE: &str = "/var/lib/bud/installer.tarball";
/// What must be in it.
const PARTS: [&str; 5] = ["bzImage", "initrd", "kexec", "ip", "run"];

pub(super) fn run(shell: &mut Shell<'_>) -> Said {
    let input = shell.input();
    shell.guest.remove("/var/lib/bud/installer");
    let Some(archive) = shell.guest.bytes(ARCHIVE) else {
        return shell
            .refuse("not-unpacked", &format!("tar: {ARCHIVE}: Cannot open: No such file or directory"));
    };
    let Some(files) = unpacked(&archive) else {
        return shell.refuse("not-unpacked", "tar: This does not look like a tar archive");
    };
    if let Some(part) = PARTS.iter().find(|part| !files.contains_key(&format!("kexec/{part}"))) {
        return shell.refuse("incomplete", part);
    }
    let script = String::from_utf8_lossy(&files["kexec/run"]).into_owned();
    let quoted = |name: &str| {
        let lines =
            script.lines().filter_map(|line| line.strip_prefix(&format!("{name}=\""))?.strip_suffix('"'));
        lines.map(str::to_owned).next()
    };
    let Some(init) = quoted("init") else { return shell.refuse("no-command-line", "run") };
    let brought = match extra(shell, &input) {
        Ok(brought) => brought,
        Err((word, said)) => return shell.refuse(word, &said),
    };
    let mut kib = 0;
    for part in PARTS {
        let mut bytes = files[&format!("kexec/{part}")].clone();
        if part == "initrd" {
            initrd::append(&mut bytes, &brought);
        }
        kib += bytes.len().div_ceil(1024);
        let bytes = shell.world.guests.shared(&bytes);
        if let Err(reason) = shell.guest.put(&format!("{WORK}/{part}"), "root:root", 0o600, bytes) {
            return shell.complain(&format!("cat: write error: {reason}"));
        }
    }
    let parameters = quoted("kernelParams").unwrap_or_default().replace('\'', "");
    shell.say("command_line", format!("init={init} {parameters}"));
    shell.say("kib", kib);
    Said::After(5.0)
}

/// The files of an archive; none where it is none.
fn unpacked(archive: &[u8]) -> Option<BTreeMap<String, Vec<u8>>> {
    let mut plain = Vec::new();
    GzDecoder::new(archive).read_to_end(&mut plain).ok()?;
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(plain.as_slice()).entries().ok()? {
        let mut entry = entry.ok()?;
        let path = entry.path().ok()?.to_string_lossy().trim_start_matches("./").to_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).ok()?;
        files.insert(path, bytes);
    }
    Some(files)
}

/// What the initrd shall bring.
fn extra(
    shell: &Shell<'_>,
    input: &super::super::shell::Input,
) -> Result<BTreeMap<String, Brought>, (&'static str, String)> {
    let guest = &shell.guest;
    let user = input.get("user");
    let mut keys: Vec<String> = input.all("key").map(str::to_owned).collect();
    if let Some(home) = guest.home(user) {
        let files = [format!("{home}/.ssh/authorized_keys"), format!("/etc/ssh/authorized_keys.d/{user}")];
        let texts = files.iter().filter_map(|path| guest.text(path)).collect::<String>();
        // Keys with options are left out.
        let plain = |line: &&str| ["ssh-", "ecdsa-", "sk-"].iter().any(|kind| line.starts_with(kind));
        keys.extend(texts.lines().filter(plain).map(str::to_owned));
    }
    keys.sort();
    keys.dedup();
    if keys.is_empty() {
        return Err(("no-keys", user.to_owned()));
    }
    let file = |mode: u32, bytes: &[u8]| Brought { mode, bytes: bytes.to_vec() };
    let mut brought = BTreeMap::from([("ssh".to_owned(), file(0o040_700, &[]))]);
    brought.insert("ssh/authorized_keys".to_owned(), file(0o100_600, (keys.join("\n") + "\n").as_bytes()));
    let host_keys: Vec<_> = guest
        .below("/etc/ssh")
        .into_iter()
        .filter(|(name, _)| {
            name.starts_with("ssh_host_") && (name.ends_with("_key") || name.ends_with("_key.pub"))
        })
        .collect();
    if host_keys.is_empty() {
        return Err(("no-host-keys", "/etc/ssh".to_owned()));
    }
    for (name, bytes) in host_keys {
        let mode = if name.ends_with("pub") { 0o100_644 } else { 0o100_600 };
        brought.insert(format!("ssh/{name}"), file(mode, &bytes));
    }
    if input.get_or("network", "keep") == "keep" {
        brought.insert("addrs.json".to_owned(), file(0o100_600, b"[]\n"));
    }
    Ok(brought)
}
