//! What an attribute is: the declarations that feed wire schema, codec, plan rules, docs and JSON.
//!
//! Invariants: pure data and functions; this room knows no wire format and no resource by name.

mod attribute;
mod declare;
mod draft;
mod field;
mod golden;
pub mod page;
mod rule;

pub use attribute::{
    Attribute, Block, DataSource, Ephemeral, Function, IdentityAttribute, Nesting, Parameter, Presence,
    ProviderSchema, Resource, Shape,
};
pub(crate) use declare::declare;
pub use declare::{Attributes, merge, plain_name};
pub use draft::{Draft, Planned};
pub use field::{Field, Timeouts, Unread};
pub use golden::to_json;
pub use rule::{Rule, anywhere};
