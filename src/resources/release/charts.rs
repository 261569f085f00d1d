//! The charts of a run: what comes over the network is fetched once, however many releases use it.

use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use crate::diagnostics::Diagnostic;
use crate::helm::chart::Chart;
use crate::provider::{Context, Settings};
use crate::resources::chart_place::ChartPlace;
use crate::time::Patience;

/// A chart and its digest.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) chart: Chart,
    /// `sha256:…`: of the archive, or of a folder's files.
    pub(super) digest: String,
}

/// How many charts are kept; more than any configuration has.
const MOST: usize = 64;

/// The charts that were fetched in this process, by their places.
#[derive(Debug, Default)]
pub(super) struct Charts(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// Under which configuration of the provider they were fetched: another one may have other mirrors.
    settings: Option<Arc<Settings>>,
    charts: Vec<(ChartPlace, Arc<OnceCell<Arc<Loaded>>>)>,
}

impl Charts {
    /// The chart of a place. Those on this machine's disk are read anew: they may have been edited.
    pub(super) async fn get(
        &self,
        context: &Arc<Context>,
        place: &ChartPlace,
        patience: &Patience,
    ) -> Result<Arc<Loaded>, Diagnostic> {
        if place.repository.is_none() && !place.chart.contains("://") {
            return load(context, place, patience).await;
        }
        let cell = self.cell(context.settings(), place);
        cell.get_or_try_init(|| load(context, place, patience)).await.cloned()
    }

    fn cell(&self, settings: Arc<Settings>, place: &ChartPlace) -> Arc<OnceCell<Arc<Loaded>>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.settings.as_ref().is_none_or(|known| !Arc::ptr_eq(known, &settings)) {
            *kept = Kept { settings: Some(settings), charts: Vec::new() };
        }
        let kept = &mut kept.charts;
        if let Some((_, cell)) = kept.iter().find(|(known, _)| known == place) {
            return Arc::clone(cell);
        }
        if kept.len() >= MOST {
            kept.remove(0);
        }
        let cell = Arc::<OnceCell<Arc<Loaded>>>::default();
        kept.push((place.clone(), Arc::clone(&cell)));
        cell
    }
}

async fn load(
    context: &Arc<Context>,
    place: &ChartPlace,
    patience: &Patience,
) -> Result<Arc<Loaded>, Diagnostic> {
    let fetched = place.fetch(context, patience).await?;
    let digest = fetched.digest.unwrap_or_else(|| digest(&fetched.chart));
    Ok(Arc::new(Loaded { chart: fetched.chart, digest }))
}

/// The digest of everything that a chart is made of.
fn digest(chart: &Chart) -> String {
    let mut hasher = Sha256::new();
    feed(chart, &mut hasher);
    format!("sha256:{}", hex(&hasher.finalize()))
}

fn feed(chart: &Chart, hasher: &mut Sha256) {
    let mut files: Vec<_> = chart.raw.iter().map(|file| (&file.name, &file.data)).collect();
    files.sort_unstable();
    // Lengths stand before texts, so that no two charts are fed alike.
    let mut text = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    text(chart.entry.as_bytes());
    for (name, data) in files {
        text(name.as_bytes());
        text(data);
    }
    for dependency in &chart.dependencies {
        feed(dependency, hasher);
    }
}

/// Bytes in lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helm::chart::SourceFile;

    #[test]
    fn a_digest_sees_names_contents_and_dependencies_and_no_order() {
        let file = |name: &str, data: &str| SourceFile { name: name.into(), data: data.as_bytes().into() };
        let chart = |files: Vec<SourceFile>| Chart { raw: files, ..Chart::default() };
        let one = chart(vec![file("a", "1"), file("b", "2")]);
        assert_eq!(digest(&one), digest(&chart(vec![file("b", "2"), file("a", "1")])));
        assert_ne!(digest(&one), digest(&chart(vec![file("a", "12"), file("b", "")])));
        assert_ne!(digest(&one), digest(&chart(vec![file("ab", "1"), file("", "2")])));
        let with = Chart { dependencies: vec![chart(vec![file("x", "")])], ..one.clone() };
        assert_ne!(digest(&one), digest(&with));
    }
}
