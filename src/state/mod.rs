//! What is remembered: the private bytes beside a state, and what an operation holds while it runs.
//!
//! Invariants: pure data; this room neither asks the world nor knows a resource.

mod held;
mod private;

pub use held::Held;
pub use private::{Half, Identity, Private};
