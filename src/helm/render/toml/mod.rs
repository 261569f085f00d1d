//! TOML as `BurntSushi`'s library, which Helm uses, reads and writes it, to the byte and to the error.

mod cursor;
mod escapes;
mod read;
mod scalars;
mod tables;
mod write;

pub(crate) use read::read;
pub(crate) use write::write;

/// How deep values may nest before it counts as a circle.
const DEEPEST: usize = 500;

/// The names of the zones of what was written without one, by which it is written so again.
const DATE_TIME: &str = "datetime-local";
const DATE: &str = "date-local";
const TIME: &str = "time-local";
