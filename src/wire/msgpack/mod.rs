//! MessagePack, the form in which the hosts send values, by the type that the schema gives them.
//!
//! Source: the hosts' object wire format and cty's codec. Pure functions; whatever the bytes are, they
//! give a value or a [`Fault`], in bounded memory and stack.

mod number;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::read;
pub use write::write;

/// How deep values may be nested; only `dynamic` can nest deeper than its own schema.
const DEPTH: usize = 128;

/// How many values one message may hold, so that a message of empty parts cannot fill the memory.
const PARTS: usize = 4 << 20;

/// The extension type of an unknown value with a refinement.
const REFINED: i8 = 0x0c;

/// How long a refinement may be.
const REFINEMENT: usize = 1024;
