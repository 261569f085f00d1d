//! What a release drew from chance and the clock stays as it is until the object it stands in changes otherwise.
//!
//! A render with all earlier draws shows which objects have changed otherwise; a second one, with new draws
//! for their templates, shows which objects hang on these. New draws are taken only where everything that
//! hangs on them has changed anyway: nothing else restarts, and templates that share a draw keep sharing it.

use std::collections::{BTreeMap, BTreeSet};

use crate::helm::manifest::documents;
use crate::helm::release::Record;
use crate::helm::render::{Drawn, Draws};
use crate::helm::template::Rendered;

/// Renders with the draws that stay. `render` is called once, and up to twice more where objects with draws
/// have changed; equal inputs give equal results once the result's draws are kept.
///
/// # Errors
/// Whatever `render` says.
pub fn settle<E>(
    previous: Option<&Record>,
    kept: Drawn,
    mut render: impl FnMut(&mut Draws) -> Result<Rendered, E>,
) -> Result<(Rendered, Drawn), E> {
    let mut draws = Draws::again(kept.clone());
    let first = render(&mut draws)?;
    let made = draws.made();
    let Some(previous) = previous.filter(|_| !kept.is_empty()) else { return Ok((first, made)) };
    let before = objects_of(previous);
    let now = objects(&first);
    // Templates whose draws were made again, and some of whose objects differ from those that run.
    let candidates: BTreeSet<&str> = kept
        .templates()
        .filter(|template| now.get(*template).is_some_and(|now| before.get(*template) != Some(now)))
        .collect();
    if candidates.is_empty() {
        return Ok((first, made));
    }
    let mut draws = Draws::again(kept.without(|template| candidates.contains(template)));
    let second = render(&mut draws)?;
    let made_anew = draws.made();
    let anew = objects(&second);
    let mut fresh = BTreeSet::new();
    for (template, texts) in &now {
        let empty = Vec::new();
        let other = anew.get(template).unwrap_or(&empty);
        let hanging: Vec<&String> = texts.iter().filter(|text| !other.contains(text)).collect();
        let runs = |text: &&&String| before.get(template).is_some_and(|before| before.contains(text));
        if hanging.is_empty() {
            continue;
        }
        if !candidates.contains(template.as_str()) {
            // Something else hangs on these draws, and it has not changed.
            return Ok((first, made));
        }
        if hanging.iter().find(runs).is_none() {
            fresh.insert(template.as_str());
        }
    }
    if fresh.is_empty() {
        return Ok((first, made));
    }
    if fresh.len() == candidates.len() {
        return Ok((second, made_anew));
    }
    // Those that stay as drawn, and the new ones of the others.
    let stays = kept.without(|template| fresh.contains(template));
    let mut draws = Draws::again(stays.or(&made_anew));
    let last = render(&mut draws)?;
    Ok((last, draws.made()))
}

/// Texts of objects and hooks by template.
type Texts = BTreeMap<String, Vec<String>>;

fn objects(rendered: &Rendered) -> Texts {
    let mut texts = Texts::new();
    let manifests = rendered.manifests.iter().map(|one| (&one.path, &one.content));
    let hooks = rendered.hooks.iter().map(|one| (&one.path, &one.manifest));
    for (path, text) in manifests.chain(hooks) {
        texts.entry(path.clone()).or_default().push(text.trim().to_owned());
    }
    texts
}

/// The same of a record: its manifest names the template of each object.
fn objects_of(record: &Record) -> Texts {
    let mut texts = Texts::new();
    for document in documents(&record.manifest) {
        let text = document.trim_start_matches('\n');
        let Some((path, text)) = text.strip_prefix("# Source: ").and_then(|rest| rest.split_once('\n'))
        else {
            continue;
        };
        texts.entry(path.trim().to_owned()).or_default().push(text.trim().to_owned());
    }
    for hook in &record.hooks {
        texts.entry(hook.path.clone()).or_default().push(hook.manifest.trim().to_owned());
    }
    texts
}
