//! What Helm stores of a release: one Secret for each revision.
//!
//! `record` is the revision, `stored` its form in a Secret, `history` all revisions of one release, `store`
//! the place they lie in. Helm 3 and 4 read what is written here, and what they wrote is read here, with
//! the fields that only they know.
//!
//! Source: Helm 4.3, `pkg/release/v1`, `pkg/storage`, `pkg/chart/v2`.

mod chart;
mod drawn_store;
mod error;
mod history;
mod hook;
mod record;
mod stamp;
mod status;
mod store;
mod stored;

pub(crate) use chart::plain;
pub use chart::stored_chart;
pub use error::RecordError;
pub use history::History;
pub use hook::{Execution, Phase, StoredHook};
pub use record::{ApplyMethod, Info, Record};
pub use status::Status;
pub use store::Store;
pub use stored::{LIMIT, Moment, SYSTEM_LABELS, key, read, selector, write};

#[cfg(test)]
mod tests;
