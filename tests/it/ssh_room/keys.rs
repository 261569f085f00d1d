//! Keys and certificates, made by OpenSSH's own program.

use std::path::{Path, PathBuf};
use std::process::Command;

use bud::secret::Secret;

/// A pair of keys in a folder.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) path: PathBuf,
}

impl Pair {
    /// Draws a pair with `ssh-keygen`, with more arguments such as `-t rsa -b 2048`.
    pub(crate) fn draw(folder: &Path, name: &str, arguments: &[&str]) -> Self {
        let path = folder.join(name);
        let passphrase = if arguments.contains(&"-N") { &[][..] } else { &["-N", ""] };
        keygen(&[&["-q", "-C", name, "-f", path.to_str().unwrap()], passphrase, arguments].concat());
        Self { path }
    }

    pub(crate) fn ed25519(folder: &Path, name: &str) -> Self {
        Self::draw(folder, name, &["-t", "ed25519"])
    }

    pub(crate) fn private(&self) -> Secret {
        Secret::new(std::fs::read_to_string(&self.path).unwrap())
    }

    pub(crate) fn public(&self) -> String {
        std::fs::read_to_string(self.path.with_extension("pub")).unwrap()
    }

    /// Signs this pair's public half: `ssh-keygen -s AUTHORITY …`; gives the certificate.
    pub(crate) fn certify(&self, authority: &Self, arguments: &[&str]) -> String {
        let public = self.path.with_extension("pub");
        let signing = ["-q", "-s", authority.path.to_str().unwrap(), "-I", "test"];
        keygen(&[&signing, arguments, &[public.to_str().unwrap()]].concat());
        std::fs::read_to_string(self.certificate()).unwrap()
    }

    /// Where its certificate is.
    pub(crate) fn certificate(&self) -> PathBuf {
        let name = self.path.file_name().unwrap().to_str().unwrap();
        self.path.with_file_name(format!("{name}-cert.pub"))
    }
}

fn keygen(arguments: &[&str]) {
    let output = Command::new("ssh-keygen").args(arguments).output().expect("ssh-keygen");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}
