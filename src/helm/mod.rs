//! Helm, natively: charts are loaded, rendered and compared without the helm program.
//!
//! `value` and `yaml` are the common ground: plain data and its text form, exactly as Helm reads and
//! writes it. `render` turns a chart with its coalesced values into manifests. Neither does any I/O:
//! time, chance and the cluster are arguments.

pub mod capabilities;
pub mod chart;
pub mod fetch;
pub mod manifest;
pub mod outside;
pub mod render;
pub mod template;
pub mod value;
pub mod yaml;
