//! What an attribute is: the declarations that feed wire schema, codec, plan rules, docs and JSON.
//!
//! Invariants: pure data and functions; this room knows no wire format and no resource by name.

mod attribute;
mod declare;
mod field;

pub use attribute::{
    Attribute, Block, DataSource, Ephemeral, Function, IdentityAttribute, Nesting, Parameter, Presence,
    ProviderSchema, Resource, Shape,
};
