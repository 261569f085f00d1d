//! k3s on nodes that run their system: whether it is up, what opens its API, and how a node leaves its cluster. Who
//! founds and whom to join lies in files that are placed before the first boot (`node/nixos/placed.rs`).
//!
//! Invariants, as for `node/install`: what runs on a machine are the fixed scripts in `steps/`; data and secrets come by
//! their standard input, and what they answer that is secret becomes a [`Secret`](crate::secret::Secret) at once.

mod error;
mod leave;
mod member;
mod server;
mod step;
mod up;

pub use error::{K3sError, K3sFault};
pub use leave::{Drain, forget, leave};
pub use member::{Member, remember};
pub use server::{Tokens, admin, tokens};
pub use up::up;
