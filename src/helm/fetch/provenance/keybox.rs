//! GnuPG's keybox, `pubring.kbx`: OpenPGP keys among GnuPG's own notes (`kbx/keybox-blob.c` of GnuPG).

use super::packet::Reader;

/// Whether this is a keybox.
pub(super) fn is_keybox(data: &[u8]) -> bool {
    data.get(4) == Some(&1) && data.get(8..12) == Some(b"KBXf")
}

/// The OpenPGP keys in it, one behind another.
pub(super) fn keys(data: &[u8]) -> Option<Vec<u8>> {
    let mut rest = Reader(data);
    let mut found = Vec::new();
    while !rest.0.is_empty() {
        let whole = rest.0;
        let length = rest.u32()? as usize;
        let blob = whole.get(..length).filter(|blob| blob.len() >= 5)?;
        rest = Reader(&whole[length..]);
        if blob[4] != 2 {
            continue;
        }
        let mut head = Reader(blob.get(6..16)?);
        let flags = head.u16()?;
        let (offset, length) = (head.u32()? as usize, head.u32()? as usize);
        let key = blob.get(offset..offset.checked_add(length)?)?;
        // GnuPG itself does not count keys that it only came across.
        if flags & 2 == 0 {
            found.extend_from_slice(key);
        }
    }
    Some(found)
}
