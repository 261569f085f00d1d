//! Helm, natively: charts are loaded, rendered and compared without the helm program.
//!
//! `value` and `yaml` are the common ground: plain data and its text form, exactly as Helm reads and
//! writes it. `render` turns a chart with its coalesced values into manifests. Neither does any I/O:
//! time, chance and the cluster are arguments.

#![allow(
    clippy::float_cmp,
    clippy::many_single_char_names,
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    clippy::case_sensitive_file_extension_comparisons,
    clippy::too_many_lines,
    clippy::type_complexity,
    clippy::unused_self,
    clippy::format_collect,
    clippy::nonminimal_bool,
    clippy::manual_strip,
    clippy::sliced_string_as_bytes,
    clippy::maybe_infinite_iter,
    reason = "Go's comparisons are exact, its file names have their case, and tables of functions share one form"
)]

pub mod action;
pub mod capabilities;
pub mod chart;
pub mod checks;
pub mod fetch;
pub mod manifest;
pub mod outside;
mod re2;
pub mod release;
pub mod render;
pub mod stable;
pub mod template;
pub mod value;
pub mod version;
pub mod yaml;
