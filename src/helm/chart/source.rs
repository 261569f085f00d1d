//! A chart before it is understood: its files by their names.

use std::sync::Arc;

/// One file of a chart, wherever it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path relative to the chart, with slashes.
    pub name: String,
    /// Its bytes, without a byte order mark.
    pub data: Arc<[u8]>,
}
