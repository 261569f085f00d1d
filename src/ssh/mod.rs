//! SSH: keys and, for whoever needs them, connections to machines.
//!
//! Invariants: this room knows nothing of Terraform and of no cloud. A private key is a [`Secret`]
//! from the moment it is drawn.
//!
//! [`Secret`]: crate::secret::Secret

pub mod host_key;
pub mod public_key;
