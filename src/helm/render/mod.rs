//! Renders a chart as Helm 4 does: Go's text/template with the functions of Sprig and Helm.
//!
//! A pure function from a [`RenderInput`] and the [`Outside`] to texts: time, chance, names of hosts and
//! the cluster are arguments, so that a render can be repeated. The engine is our own, not the crate
//! gotmpl: error positions, typed nils, mutation of shared maps (`set`), invalid UTF-8 and limits against
//! hostile templates must be Go's to the byte, which needs the evaluator to know Go's static types.
//!
//! What this room does not know: how charts are loaded and values coalesced, what a manifest means.

mod datum;
mod drawn;
mod engine;
mod error;
mod exec;
mod functions;
mod go;
mod hash;
mod input;
mod json;
mod keys;
mod parse;
mod reach;
mod reads;
mod text;
mod time;
mod toml;

#[cfg(test)]
mod hostile_tests;

pub use drawn::{Drawn, Draws, Touched};
pub use engine::Watched;
pub use error::{RenderError, RenderErrorKind};
pub use input::{
    Capabilities, Chance, ChartFile, ChartInput, ChartMetadata, Clock, Dependency, Dns, KubeVersion, Limits,
    Lookup, LookupError, Maintainer, Outside, Release, RenderInput,
};

pub use reads::{Inner, Unfilled, ValueReads};

pub(crate) use go::{float_json, float_key, float_shortest, parse_float, parse_int, parse_uint, quote};
pub(crate) use json::compact;

use std::collections::BTreeMap;

/// Renders templates and keeps those it has parsed, so that the next render of the same chart is fast.
///
/// Cheap to make; share one within a process.
#[derive(Debug, Default)]
pub struct Engine {
    cache: engine::Cache,
}

impl Engine {
    /// An engine that has parsed nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Renders every template that is not a partial (`_…`), NOTES.txt included. The keys are
    /// `chart/templates/x.yaml`, `chart/charts/sub/templates/y.yaml`. Empty texts are kept.
    pub fn render(
        &self,
        input: &RenderInput<'_>,
        outside: &mut Outside<'_>,
    ) -> Result<BTreeMap<String, String>, RenderError> {
        Ok(engine::render(&self.cache, input, outside, engine::Attention::Texts)?.files)
    }

    /// The same, and what the templates read of the values. What they would read on a way that these values
    /// do not take counts as well: a value is unread only if nothing in the templates asks for it.
    pub fn render_watched(
        &self,
        input: &RenderInput<'_>,
        outside: &mut Outside<'_>,
    ) -> Result<Watched, RenderError> {
        engine::render(&self.cache, input, outside, engine::Attention::Reads)
    }
}
