//! An installer's archive as nixos-images makes them, and what an initrd brings.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

/// What stands for the initrd's own part: odd in length, so that what follows must be moved to a multiple of
/// four.
pub(crate) const INITRD: &[u8] = b"\xfd7zXZ\0 the installer's own initrd";

/// The kernel's parameters as the image's script quotes them.
const RUN: &str = "#!/bin/sh\ninit=\"/nix/store/iiii-nixos-system-nixos-installer/init\"\nkernelParams=\"'console=ttyS0,115200' loglevel=4 'root=fstab'\"\n";

/// The tools in it are the machine's: `kexec` is what the machine makes of it, `ip` says which card there is.
pub(crate) fn write(path: &Path) {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    {
        let mut builder = tar::Builder::new(&mut encoder);
        let files: [(&str, &[u8]); 5] = [
            ("bzImage", b"a kernel"),
            ("initrd", INITRD),
            ("kexec", b"#!/bin/sh\nexec kexec \"$@\"\n"),
            ("ip", b"#!/bin/sh\necho \"[\\\"$*\\\"]\"\n"),
            ("run", RUN.as_bytes()),
        ];
        for (name, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o755);
            builder.append_data(&mut header, format!("kexec/{name}"), bytes).unwrap();
        }
        builder.finish().unwrap();
    }
    let bytes = encoder.finish().unwrap();
    std::fs::File::create(path).unwrap().write_all(&bytes).unwrap();
}

/// A file that an initrd brings.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Brought {
    pub(crate) mode: u32,
    pub(crate) bytes: Vec<u8>,
}

/// What stands behind the initrd's own part, read as the kernel does (`init/initramfs.c`): zeros are skipped, a
/// plain archive begins at a multiple of four.
pub(crate) fn brought(initrd: &[u8]) -> BTreeMap<String, Brought> {
    assert!(initrd.starts_with(INITRD), "the installer's own part comes first, unchanged");
    let mut at = INITRD.len();
    while initrd[at] == 0 {
        at += 1;
    }
    assert_eq!(at % 4, 0, "a plain archive begins at a multiple of four bytes");
    let mut files = BTreeMap::new();
    loop {
        assert_eq!(&initrd[at..at + 6], b"070701");
        let field = |number: usize| {
            let begin = at + 6 + number * 8;
            usize::from_str_radix(std::str::from_utf8(&initrd[begin..begin + 8]).unwrap(), 16).unwrap()
        };
        let (mode, size, name_size) = (field(1), field(6), field(11));
        let name = std::str::from_utf8(&initrd[at + 110..at + 110 + name_size - 1]).unwrap();
        let data = (at + 110 + name_size).next_multiple_of(4);
        if name == "TRAILER!!!" {
            return files;
        }
        let bytes = initrd[data..data + size].to_vec();
        files.insert(name.to_owned(), Brought { mode: u32::try_from(mode).unwrap(), bytes });
        at = (data + size).next_multiple_of(4);
    }
}
