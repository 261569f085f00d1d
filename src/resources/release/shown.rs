//! What a plan and a state show of what is rendered: summary, manifest and difference.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::declaration::ReleaseSpec;
use super::notes::Key;
use super::outputs::unknown;
use super::plan::revision_to_come;
use super::summary::{Document, documents, rendered};
use super::{diff, masked};
use crate::diagnostics::Diagnostic;
use crate::helm::release::{Record, plain};
use crate::helm::render::Touched;
use crate::helm::template::Rendered;
use crate::helm::value::{Map, Value as Datum};
use crate::lifecycle::Planning;
use crate::secret::Secret;
use crate::value::{Path, Value};

/// What is shown of a render.
#[derive(Debug, Default)]
pub(super) struct Shown {
    manifest: String,
    summary: BTreeMap<String, String>,
    namespace: String,
    pub(super) notes: String,
    /// The objects that hold something drawn.
    pub(super) drawing: BTreeSet<String>,
    /// What is masked wherever it stands.
    pub(super) secrets: Vec<Secret>,
}

/// A render in a plan, and what is known about how far it will hold.
pub(super) struct Claim<'a> {
    pub(super) rendered: &'a Rendered,
    /// The same with everything else that the plan cannot know.
    pub(super) other: Option<&'a Rendered>,
    /// Whether the cluster was asked what it can do.
    pub(super) live: bool,
    /// The key of digests; none before the first apply.
    pub(super) key: Option<&'a Key>,
    pub(super) namespace: &'a str,
    /// Whether draws stay.
    pub(super) stable: bool,
}

/// Whether a second render would tell what hangs on chance and clock.
pub(super) fn varies(rendered: &Rendered) -> bool {
    rendered.touched.values().any(|touched| touched.chance || touched.clock)
}

/// Whether what is rendered runs already: texts and values are those of a record.
pub(super) fn is_what_runs(now: &Rendered, last: &Record, values: &Map) -> bool {
    let texts = |documents: Vec<Document>| -> Vec<(String, String)> {
        documents.into_iter().map(|one| (one.key, body(&one.text))).collect()
    };
    let mut before = texts(documents(&last.manifest, &last.namespace));
    for hook in &last.hooks {
        before.extend(texts(documents(&hook.manifest, &last.namespace)));
    }
    let mut after = texts(rendered(now, &last.namespace));
    before.sort();
    after.sort();
    before == after && plain(&Datum::Map(values.clone())) == config(last)
}

/// The values of a record; none are an empty mapping.
fn config(last: &Record) -> serde_json::Value {
    if last.config.is_null() { serde_json::json!({}) } else { last.config.clone() }
}

/// The text of an object without the line that names its template.
pub(super) fn body(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("# Source: "));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

impl Shown {
    /// What a render shows, hidden values masked. In one with stand-ins there are none to be found.
    pub(super) fn new(seen: &Rendered, key: &Key, spec: &ReleaseSpec, secrets: &[Secret]) -> Self {
        let documents = rendered(seen, &spec.namespace);
        Self {
            manifest: text(seen, secrets),
            summary: hashes(&documents, Some(key), secrets)
                .into_iter()
                .filter_map(|(key, hash)| Some((key, hash?)))
                .collect(),
            namespace: spec.namespace.clone(),
            notes: seen.notes.clone(),
            drawing: documents
                .iter()
                .filter(|one| {
                    seen.touched.get(&one.path).is_some_and(|touched| touched.chance || touched.clock)
                })
                .map(|one| one.key.clone())
                .collect(),
            secrets: secrets.to_vec(),
        }
    }

    /// What a record shows.
    pub(super) fn recorded(last: &Record, key: &Key, secrets: &[Secret]) -> Self {
        let mut all = documents(&last.manifest, &last.namespace);
        for hook in &last.hooks {
            all.extend(documents(&hook.manifest, &last.namespace));
        }
        let shown =
            |one: &Document| format!("---\n{}\n", masked::object(one.text.trim_end(), &one.kind, secrets));
        Self {
            manifest: all.iter().map(shown).collect(),
            summary: hashes(&all, Some(key), secrets)
                .into_iter()
                .filter_map(|(key, hash)| Some((key, hash?)))
                .collect(),
            namespace: last.namespace.clone(),
            notes: last.info.notes.clone(),
            drawing: BTreeSet::new(),
            secrets: secrets.to_vec(),
        }
    }

    /// Writes it into a state; the difference is that to the prior state's manifest.
    pub(super) fn write(&self, state: &mut Value, prior: &Value) {
        let before = prior.get("manifest").as_str();
        let changed = before.and_then(|before| diff::diff(before, &self.manifest, &self.namespace));
        state.set("manifest", Value::string(self.manifest.clone()));
        let summary = self.summary.iter().map(|(key, hash)| (key.clone(), Value::string(hash.clone())));
        state.set("manifest_summary", Value::Map(summary.collect()));
        state.set("manifest_diff", changed.map_or(Value::Null, Value::string));
    }
}

/// The manifest with everything secret masked, hooks behind the objects.
fn text(seen: &Rendered, secrets: &[Secret]) -> String {
    let objects = seen.manifests.iter().map(|one| (&one.path, &one.content, &one.kind));
    let hooks = seen.hooks.iter().map(|one| (&one.path, &one.manifest, &one.kind));
    let mut out = String::new();
    for (path, text, kind) in objects.chain(hooks) {
        let text = masked::object(text.trim_end(), kind, secrets);
        // Writing into a string does not fail.
        let _ = writeln!(out, "---\n# Source: {path}\n{}", text.trim_end());
    }
    out
}

/// A hash for each object. That of a Secret is keyed, and unknown without a key.
fn hashes(documents: &[Document], key: Option<&Key>, secrets: &[Secret]) -> BTreeMap<String, Option<String>> {
    let mut texts: BTreeMap<String, (String, bool)> = BTreeMap::new();
    for document in documents {
        let (text, secret) = texts.entry(document.key.clone()).or_default();
        text.push_str(&masked::hide(&body(&document.text), secrets));
        text.push('\n');
        *secret |= document.kind == "Secret";
    }
    let plain = Key::none();
    let hash = |(text, secret): (String, bool)| {
        let key = if secret { key } else { Some(&plain) };
        key.map(|key| key.digest(&text)[..16].to_owned())
    };
    texts.into_iter().map(|(name, text)| (name, hash(text))).collect()
}

impl Claim<'_> {
    /// Whether the render is what a record runs, as far as the plan can know.
    pub(super) fn is_what_runs(&self, last: &Record, values: &Map) -> bool {
        !varies(self.rendered) && self.uncertain().is_empty() && is_what_runs(self.rendered, last, values)
    }

    /// The objects whose text apply may change.
    pub(super) fn uncertain(&self) -> BTreeSet<String> {
        let documents = rendered(self.rendered, self.namespace);
        let moves = |touched: &Touched| touched.lookup || touched.apis || (!self.live && touched.version);
        let mut uncertain: BTreeSet<String> = documents
            .iter()
            .filter(|one| self.rendered.touched.get(&one.path).is_some_and(moves))
            .map(|one| one.key.clone())
            .collect();
        if let Some(other) = self.other {
            let texts = |seen: &Rendered| -> BTreeSet<(String, String)> {
                rendered(seen, self.namespace).into_iter().map(|one| (one.key, one.text)).collect()
            };
            let (one, two) = (texts(self.rendered), texts(other));
            uncertain.extend(one.difference(&two).map(|(key, _)| key.clone()));
        }
        uncertain
    }

    /// Whether the same objects come out whatever the plan cannot know.
    fn keys_hold(&self) -> bool {
        let keys = |seen: &Rendered| -> BTreeSet<String> {
            rendered(seen, self.namespace).into_iter().map(|one| one.key).collect()
        };
        self.other.is_none_or(|other| keys(other) == keys(self.rendered))
    }

    /// Writes what will hold into a plan.
    pub(super) fn write(&self, planning: &mut Planning) {
        let documents = rendered(self.rendered, self.namespace);
        let prior = planning.prior.get("manifest_summary").clone();
        let uncertain = self.uncertain();
        let hashes = hashes(&documents, self.key, &[]);
        let mut all_known = true;
        let mut summary = BTreeMap::new();
        for (key, hash) in &hashes {
            let before = prior.get(key).as_str();
            // What was drawn stays as long as the rest of the object does.
            let stays = self.stable && before.is_some() && before == hash.as_deref();
            let draws_only = |one: &Document| {
                self.rendered.touched.get(&one.path).is_none_or(|touched| {
                    !(touched.lookup || touched.apis || (!self.live && touched.version))
                })
            };
            let kept = stays && documents.iter().filter(|one| one.key == *key).all(draws_only);
            let known = hash.clone().filter(|_| kept || !uncertain.contains(key));
            all_known &= known.is_some();
            summary.insert(key.clone(), known.map_or_else(Value::unknown, Value::string));
        }
        revision_to_come(planning);
        if !self.keys_hold() {
            tell(&documents, planning);
            unknown(&mut planning.planned, super::outputs::RENDERED);
            return;
        }
        planning.planned.set("manifest_summary", Value::Map(summary));
        let secret_unknown = self.key.is_none();
        let only_secrets = uncertain.is_empty() && secret_unknown;
        if !all_known && !only_secrets {
            unknown(&mut planning.planned, ["manifest", "manifest_diff"]);
            if planning.creates() {
                planning.planned.set("manifest_diff", Value::Null);
            }
            return;
        }
        let text = text(self.rendered, &[]);
        let changed = match planning.prior.get("manifest").as_str() {
            Some(before) => diff::diff(before, &text, self.namespace).map_or(Value::Null, Value::string),
            None => Value::Null,
        };
        planning.planned.set("manifest_diff", changed);
        planning.planned.set("manifest", Value::string(text));
    }
}

/// Names the objects where the plan cannot say which there will be.
fn tell(documents: &[Document], planning: &mut Planning) {
    let keys: BTreeSet<&str> = documents.iter().map(|one| one.key.as_str()).collect();
    let list: Vec<String> = keys.into_iter().map(|key| format!("  {key}")).collect();
    planning.diagnostics.push(
        Diagnostic::warning(
            "Objects are known after apply",
            format!(
                "Which objects there are hangs on what only the apply knows. As far as the plan can say:\n{}",
                list.join("\n")
            ),
        )
        .at(Path::of("chart")),
    );
}
