//! The room that writes NixOS: goldens for each role, every file read by Nix itself, hostile text, bad
//! data, and the disk script run against a machine of paper.

pub(crate) use bud::node::nixos;
pub(crate) use bud::secret::Secret;

mod disks;
mod goldens;
mod hostile;
mod leave;
mod nix;
mod refused;
pub(crate) mod sample;
mod shared;
mod systems;
