//! Charts: their files, metadata, values and dependencies, up to what the renderer is given.
//!
//! Pure: files come in as bytes, and what Helm would print beside the result comes out as warnings. What
//! this room does not know: where charts come from, the template language, clusters, Terraform.

pub mod archive;
mod coalesce;
mod decode;
mod dependencies;
pub mod glob;
pub mod ignore;
mod load;
mod lock;
mod metadata;
mod pack;
mod prepare;
pub mod schema;
pub mod set;
mod source;
mod table;
mod values;

pub use coalesce::Mismatch;
pub use load::{Chart, LoadError, Lock};
pub use lock::{digest, digest_of_helm_2};
pub use metadata::{Declared, Invalid};
pub use pack::pack;
pub use prepare::{Crd, PrepareError, Prepared, SchemaCheck, missing_dependencies, prepare};
pub use source::SourceFile;
pub use values::{BadValues, merge, read_values};

pub(crate) use archive::without_mark;
pub(crate) use decode::{Place, WrongKind};
pub(crate) use metadata::called;

#[cfg(test)]
mod hostile_tests;
