//! Provenance files: whether a packed chart is what one of the known signers has signed.
//!
//! A provenance file is a message that its signer has signed in clear (RFC 9580, 7): Chart.yaml, a line of
//! three dots, and the digest of the archive by its file name. Helm 4 judges (`pkg/provenance`): what it refuses
//! is refused here. Signatures over SHA-1, which it still takes, are refused as well: they can be forged.
//!
//! Own code over aws-lc-rs, which checks the signatures: of the libraries, sequoia-openpgp is under the LGPL,
//! and pgp brings seventy crates, most of them ciphers and curves that nothing here may use.

mod armor;
mod error;
mod key;
mod keybox;
mod keyring;
mod message;
mod packet;
mod signature;
#[cfg(test)]
mod tests;

pub use error::{BadKeyring, ProvenanceError};
pub use keyring::{Keyring, Signer};
