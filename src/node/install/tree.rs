//! The flake as one archive: the same bytes for the same files.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::error::Fault;

/// The flake as an archive.
pub(super) struct Tree {
    pub(super) bytes: Vec<u8>,
    /// SHA-256 in hexadecimal.
    pub(super) sum: String,
}

impl Tree {
    pub(super) fn pack(flake: &BTreeMap<String, String>) -> Result<Self, Fault> {
        let bytes = archive(flake).map_err(|error| Fault::Pack(error.to_string()))?;
        let sum =
            Sha256::digest(&bytes).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        Ok(Self { bytes, sum })
    }
}

fn archive(flake: &BTreeMap<String, String>) -> std::io::Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, text) in flake {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        // Nix knows no times either.
        header.set_mtime(1);
        builder.append_data(&mut header, path, text.as_bytes())?;
    }
    builder.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_are_the_same_bytes() {
        let flake = |text: &str| {
            BTreeMap::from([
                ("flake.nix".to_owned(), text.to_owned()),
                ("systems/worker/configuration.nix".to_owned(), "{ }\n".to_owned()),
            ])
        };
        let [one, same, other] = ["{ }", "{ }", "{  }"].map(|text| Tree::pack(&flake(text)).unwrap());
        assert_eq!((&one.sum, &one.bytes), (&same.sum, &same.bytes));
        assert_ne!(one.sum, other.sum);
        let mut archive = tar::Archive::new(&one.bytes[..]);
        let names: Vec<_> = archive
            .entries()
            .unwrap()
            .map(|entry| entry.unwrap().path().unwrap().display().to_string())
            .collect();
        assert_eq!(names, ["flake.nix", "systems/worker/configuration.nix"]);
    }
}
