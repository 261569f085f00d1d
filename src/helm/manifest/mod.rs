//! Rendered files as objects and hooks, in the order in which they are installed, and as the text that
//! `helm template` prints.
//!
//! Pure, and knows nothing of charts' values, of clusters or of Terraform.

mod head;
mod hook;
mod kinds;
mod print;
mod sort;
mod split;

pub use hook::{Hook, HookEvent};
pub use kinds::{Order, sort_by_kind};
pub use print::{NoSuchTemplate, TestHooks, manifest, show_only, template};
pub use sort::{BadManifest, Manifest, Sorted, sort};
pub use split::documents;
