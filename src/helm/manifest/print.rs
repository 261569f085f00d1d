//! The text of a release: as it is stored, and as `helm template` prints it.

use super::hook::{Hook, HookEvent};
use super::sort::Manifest;
use super::split::documents;
use crate::helm::chart::glob;

/// Whether objects that are only there for tests are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestHooks {
    /// They are.
    Print,
    /// As with `--skip-tests`.
    Skip,
}

/// A template that was asked for and gives nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("could not find template {0} in chart")]
pub struct NoSuchTemplate(pub String);

/// The manifest of a release: definitions in front where they are wanted, then its objects.
pub fn manifest<'a>(
    definitions: impl IntoIterator<Item = (&'a str, &'a str)>,
    manifests: &'a [Manifest],
) -> String {
    let objects = manifests.iter().map(|one| (one.path.as_str(), one.content.as_str()));
    let mut text = String::new();
    for (path, content) in definitions.into_iter().chain(objects) {
        put(&mut text, path, content);
    }
    text
}

/// What `helm template` prints.
pub fn template(manifest: &str, hooks: &[Hook], tests: TestHooks) -> String {
    let mut text = format!("{}\n", manifest.trim());
    for hook in hooks {
        if tests == TestHooks::Print || !hook.events.contains(&HookEvent::Test) {
            put(&mut text, &hook.path, &hook.manifest);
        }
    }
    text
}

fn put(text: &mut String, path: &str, content: &str) {
    for part in ["---\n# Source: ", path, "\n", content, "\n"] {
        text.push_str(part);
    }
}

/// What `helm template --show-only` prints: only what comes from templates that match.
pub fn show_only(text: &str, patterns: &[String]) -> Result<String, NoSuchTemplate> {
    let documents: Vec<(Option<&str>, &str)> =
        documents(text).into_iter().map(|document| (source(document), document)).collect();
    let mut shown = String::new();
    for pattern in patterns {
        let before = shown.len();
        for (source, document) in &documents {
            if source.is_some_and(|source| glob::matches(pattern, source).unwrap_or(false)) {
                shown.push_str("---\n");
                shown.push_str(document);
                shown.push('\n');
            }
        }
        if shown.len() == before {
            return Err(NoSuchTemplate(pattern.clone()));
        }
    }
    Ok(shown)
}

/// The path of a document's template within its chart, from the first comment that has one.
fn source(document: &str) -> Option<&str> {
    document.match_indices("# Source: ").find_map(|(at, mark)| {
        let path = &document[at + mark.len()..];
        let (chart, rest) = path.split_once('/')?;
        let name = rest.split('\n').next().unwrap_or(rest);
        (!chart.is_empty() && !name.is_empty()).then_some(name)
    })
}
