//! A node that runs its system comes to its cluster, and leaves it.
//!
//! Who founds, whom to join and by which token is decided by files that are there before the first start
//! ([`Joining`]); what runs afterwards are the fixed scripts in `steps/`. What only a server knows (the kubeconfig of its
//! administrator, the tokens) is read over the pinned SSH connection and stays in memory.

mod admin;
mod error;
mod joining;
mod leave;
mod member;
mod node;
mod step;
mod up;

pub use admin::{Admin, admin};
pub use error::{K3sError, K3sFault};
pub use joining::{Joining, Tokens};
pub use leave::{Drain, Leaving, forget, leave};
pub use member::{Member, Server, membership, remember};
pub use node::Node;
pub use up::up;
