//! What an initrd brings besides its own part: archives in the form that the kernel unpacks (newc).

use std::collections::BTreeMap;

/// A file that an initrd brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Brought {
    pub(crate) mode: u32,
    pub(crate) bytes: Vec<u8>,
}

const MAGIC: &[u8] = b"070701";
const END: &str = "TRAILER!!!";
/// Bytes of a member's header.
const HEADER: usize = 110;

/// Appends an archive with these files.
pub(crate) fn append(initrd: &mut Vec<u8>, files: &BTreeMap<String, Brought>) {
    pad(initrd);
    let mut number = 0;
    for (name, file) in files {
        number += 1;
        member(initrd, number, name, file.mode, &file.bytes);
    }
    member(initrd, number + 1, END, 0, &[]);
}

fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

fn member(initrd: &mut Vec<u8>, number: usize, name: &str, mode: u32, bytes: &[u8]) {
    let fields = [number, mode as usize, 0, 0, 1, 0, bytes.len(), 0, 0, 0, 0, name.len() + 1, 0]
        .map(|field| format!("{field:08X}"));
    initrd.extend_from_slice(MAGIC);
    initrd.extend_from_slice(fields.concat().as_bytes());
    initrd.extend_from_slice(name.as_bytes());
    initrd.push(0);
    pad(initrd);
    initrd.extend_from_slice(bytes);
    pad(initrd);
}

/// Reads what stands behind an initrd's own part: from the first plain archive on that begins at a multiple of
/// four and reaches to the end.
pub(crate) fn brought(initrd: &[u8]) -> BTreeMap<String, Brought> {
    let begins = (0..initrd.len()).step_by(4).filter(|at| initrd[*at..].starts_with(MAGIC));
    begins.map(|at| archive(&initrd[at..])).find_map(|found| found).unwrap_or_default()
}

fn archive(bytes: &[u8]) -> Option<BTreeMap<String, Brought>> {
    let mut files = BTreeMap::new();
    let mut at = 0;
    loop {
        let header = bytes.get(at..at + HEADER)?;
        if !header.starts_with(MAGIC) {
            return None;
        }
        let field = |number: usize| {
            let text = std::str::from_utf8(&header[6 + number * 8..14 + number * 8]).ok()?;
            usize::from_str_radix(text, 16).ok()
        };
        let (mode, size, name_size) = (field(1)?, field(6)?, field(11)?);
        let name = bytes.get(at + HEADER..at + HEADER + name_size.checked_sub(1)?)?;
        let name = std::str::from_utf8(name).ok()?.to_owned();
        let data = (at + HEADER + name_size).next_multiple_of(4);
        let content = bytes.get(data..data + size)?.to_vec();
        if name == END {
            return Some(files);
        }
        files.insert(name, Brought { mode: u32::try_from(mode).ok()?, bytes: content });
        at = (data + size).next_multiple_of(4);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_appended_is_brought() {
        let mut initrd = b"\xfd7zXZ\0 070701 its own part".to_vec();
        assert_eq!(brought(&initrd), BTreeMap::new());
        let file = |mode, bytes: &[u8]| Brought { mode, bytes: bytes.to_vec() };
        let files = BTreeMap::from([
            ("ssh".to_owned(), file(0o040_700, b"")),
            ("ssh/authorized_keys".to_owned(), file(0o100_600, b"ssh-ed25519 AAAA\n")),
        ]);
        append(&mut initrd, &files);
        assert_eq!(brought(&initrd), files);
    }
}
