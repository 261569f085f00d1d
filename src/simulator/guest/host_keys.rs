//! Host keys: those that a machine draws for itself, and those that its SSH server can use.

use russh::keys::{Certificate, PrivateKey};
use ssh_key::LineEnding;
use ssh_key::private::Ed25519Keypair;

use super::Guest;
use super::system::Kind;

/// The key of the first contact, on every system.
pub(crate) const FIRST: &str = "/etc/ssh/ssh_host_ed25519_key";
/// The key that an installed system draws for itself.
pub(crate) const OWN: &str = "/etc/ssh/ssh_host_bud_ed25519_key";

/// Draws a pair: the private half in OpenSSH's form, and the public line.
pub(crate) fn draw() -> (String, String) {
    let mut seed = [0; 32];
    seed[..16].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    seed[16..].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    let key = PrivateKey::from(Ed25519Keypair::from_seed(&seed));
    let private = key.to_openssh(LineEnding::LF).map(|text| text.to_string()).unwrap_or_default();
    (private, key.public_key().to_openssh().unwrap_or_default())
}

impl Guest {
    /// Draws a host key where there is none, as every system does when its SSH server starts.
    pub(crate) fn draw_host_keys(&mut self) {
        let paths: &[&str] =
            if matches!(self.system.kind, Kind::Nixos { .. }) { &[FIRST, OWN] } else { &[FIRST] };
        for path in paths {
            if self.text(path).is_none() {
                let (private, public) = draw();
                let public_path = format!("{path}.pub");
                // A full disk has no room for a key either; its server does not start then.
                let _ = self.write(path, 0o600, private);
                let _ = self.write(&public_path, 0o644, public + "\n");
            }
        }
    }

    /// What its SSH server proves to be: keys, the first contact's first, and certificates.
    pub(crate) fn host_keys(&self) -> (Vec<PrivateKey>, Vec<Certificate>) {
        let keys = [FIRST, OWN].iter().filter_map(|path| self.text(path));
        let keys = keys.filter_map(|text| PrivateKey::from_openssh(&text).ok()).collect();
        let certificate = self.text(&format!("{OWN}-cert.pub"));
        let certificate = certificate.and_then(|text| Certificate::from_openssh(text.trim()).ok());
        (keys, certificate.into_iter().collect())
    }
}
