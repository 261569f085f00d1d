//! What becomes of disk and boot loader where NixOS runs already (`switch`, `image`): both stay as they are, and
//! the system is written for them instead of for our own layout.

/// Disk and boot loader that a running NixOS keeps. Equal ones, as of machines that were made from one image, are
/// parts of one system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The root.
    pub root: KeptMount,
    /// Where the boot loader reads, if it is a file system of its own.
    pub boot: Option<KeptMount>,
    /// The boot loader.
    pub loader: KeptLoader,
}

/// A file system that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptMount {
    /// Where it is mounted: `/`, `/boot`, `/boot/efi` or `/efi`.
    pub mount: String,
    /// Its UUID, as udev names it.
    pub uuid: String,
    /// Its kind: `ext4`, `xfs` or `vfat`.
    pub kind: String,
}

/// A boot loader that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptLoader {
    /// systemd-boot.
    SystemdBoot,
    /// GRUB, started by EFI from the removable path, as in images of clouds.
    GrubEfi,
    /// GRUB in the first sectors of a disk, which is named by its link in `/dev/disk/by-id`.
    GrubBios(String),
}

/// Whether text is a file system's UUID: digits, and dashes between them.
pub(super) fn is_uuid(text: &str) -> bool {
    let digit = |letter: u8| letter.is_ascii_hexdigit() || letter == b'-';
    !text.is_empty() && text.len() <= 36 && text.bytes().all(digit)
}
