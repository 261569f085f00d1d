//! Finds the files of a module, the modules it calls, and what they declare of ours.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use super::CheckError;
use super::hcl::Item;
use super::node::{Node, Place};
use super::{hcl, json};

/// What kind of block it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// `provider "bud"`.
    Provider,
    /// `resource "bud_…" "…"`.
    Resource,
    /// `data "bud_…" "…"`.
    Data,
    /// `ephemeral "bud_…" "…"`.
    Ephemeral,
}

/// A block of ours.
pub(super) struct Declared {
    /// What it is.
    pub(super) sort: Sort,
    /// Type of the resource, or local name of the provider.
    pub(super) type_name: String,
    /// Where the type stands.
    pub(super) place: Place,
    /// Name of the resource; alias of the provider or empty.
    pub(super) name: String,
    /// Its attributes and blocks.
    pub(super) items: Vec<Item>,
}

/// A folder of configuration.
#[derive(Default)]
pub(super) struct Module {
    /// Blocks of ours.
    pub(super) declared: Vec<Declared>,
    /// Local values by name.
    pub(super) locals: BTreeMap<String, Node>,
    /// Folders of local modules that it calls, as written.
    calls: Vec<String>,
    /// Local names under which it requires our provider; empty: it says nothing.
    required_as: BTreeSet<String>,
    /// Provider blocks of any name, until it is known which of them are ours.
    providers: Vec<Declared>,
}

/// The provider's name where a module does not give it another one.
const NAME: &str = "bud";

/// The end of the provider's address on every registry.
const SOURCE: &str = "budecosystem/bud";

/// Endings of configuration files in native and in JSON syntax; the second of each only `tofu` reads.
const NATIVE: [&str; 2] = [".tf", ".tofu"];
const JSON: [&str; 2] = [".tf.json", ".tofu.json"];

/// The module in a folder and every local module below it, each once.
pub(super) fn load_all(folder: &Path) -> Result<Vec<Module>, CheckError> {
    let mut modules = Vec::new();
    let mut seen = BTreeSet::new();
    let mut waiting = VecDeque::from([folder.to_owned()]);
    while let Some(folder) = waiting.pop_front() {
        let real =
            folder.canonicalize().map_err(|source| CheckError::Read { path: folder.clone(), source })?;
        if !seen.insert(real) {
            continue;
        }
        let module = load(&folder)?;
        waiting.extend(module.calls.iter().map(|call| join(&folder, call)));
        modules.push(module);
    }
    Ok(modules)
}

/// The path of a local module, without the detours that `.` and `..` make.
fn join(folder: &Path, call: &str) -> PathBuf {
    let mut path = folder.to_owned();
    for part in Path::new(call).components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir if path.file_name().is_some() => {
                path.pop();
            }
            part => path.push(part),
        }
    }
    if path.as_os_str().is_empty() { PathBuf::from(".") } else { path }
}

fn load(folder: &Path) -> Result<Module, CheckError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| CheckError::Read { path, source }
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed(folder))? {
        let name = entry.map_err(failed(folder))?.file_name().to_string_lossy().into_owned();
        // Hidden files and those that editors leave behind are none of the module's.
        let ignored =
            name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#'));
        let known = NATIVE.iter().chain(&JSON).any(|ending| name.ends_with(ending));
        if known && !ignored && !folder.join(&name).is_dir() {
            names.push(name);
        }
    }
    if names.is_empty() {
        return Err(CheckError::Empty { folder: folder.to_owned() });
    }
    names.sort();
    let mut module = Module::default();
    for name in names {
        let path = if folder == Path::new(".") { PathBuf::from(&name) } else { folder.join(&name) };
        let bytes = std::fs::read(&path).map_err(failed(&path))?;
        let text = text(&path, bytes)?;
        let is_json = JSON.iter().any(|ending| name.ends_with(ending));
        let items = if is_json { json::read(&path, &text)? } else { hcl::read(&path, &text)? };
        for item in items {
            module.take(item);
        }
    }
    module.choose_providers();
    Ok(module)
}

/// The text of a file. Some editors put a byte order mark in front, which the parsers would refuse.
fn text(path: &Path, bytes: Vec<u8>) -> Result<String, CheckError> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        CheckError::Parse {
            file: path.to_owned(),
            line: before.split(|byte| *byte == b'\n').count(),
            column: String::from_utf8_lossy(&before[line_start..]).chars().count() + 1,
            message: "the file is not UTF-8".into(),
        }
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

// === impl Module ===

impl Module {
    fn take(&mut self, item: Item) {
        let sort = match item.name.as_str() {
            "provider" => Sort::Provider,
            "resource" => Sort::Resource,
            "data" => Sort::Data,
            "ephemeral" => Sort::Ephemeral,
            // A check may hold a data source of its own.
            "check" => return item.items.into_iter().for_each(|item| self.take(item)),
            "locals" => {
                return item.items.into_iter().for_each(|local| {
                    self.locals.insert(local.name, local.value);
                });
            }
            "module" => return self.calls.extend(local_source(&item.value)),
            "terraform" => return self.required_as.extend(required_names(&item.items)),
            _ => return,
        };
        let mut labels = item.labels.into_iter();
        let Some((type_name, place)) = labels.next() else { return };
        let alias = || item.value.entry("alias").and_then(Node::text).map(str::to_owned);
        let name = labels.next().map(|(name, _)| name).or_else(alias).unwrap_or_default();
        let of_ours = type_name.strip_prefix(NAME).is_some_and(|rest| rest.starts_with('_'));
        let declared = Declared { sort, type_name, place, name, items: item.items };
        if sort == Sort::Provider {
            self.providers.push(declared);
        } else if of_ours {
            self.declared.push(declared);
        }
    }

    /// Takes the provider blocks that are ours, now that every file has been read.
    fn choose_providers(&mut self) {
        if self.required_as.is_empty() {
            self.required_as.insert(NAME.into());
        }
        let (ours, _) = std::mem::take(&mut self.providers)
            .into_iter()
            .partition::<Vec<_>, _>(|provider| self.required_as.contains(&provider.type_name));
        self.declared.extend(ours);
    }
}

/// The source of a module call, if it is a folder.
fn local_source(call: &Node) -> Option<String> {
    let source = call.entry("source").and_then(Node::text)?;
    (source.starts_with("./") || source.starts_with("../")).then(|| source.to_owned())
}

/// Local names under which a `terraform` block requires our provider.
fn required_names(items: &[Item]) -> Vec<String> {
    let requirements = items.iter().filter(|item| item.name == "required_providers").map(|item| &item.value);
    let objects = requirements.flat_map(|value| match value {
        Node::Tuple(list) => list.iter().collect(),
        other => vec![other],
    });
    let entries = objects.flat_map(|object| match object {
        Node::Object(entries) => entries.as_slice(),
        _ => &[],
    });
    entries
        .filter(|entry| {
            let source = entry.value.entry("source").and_then(Node::text).unwrap_or_default();
            source == SOURCE || source.ends_with(&format!("/{SOURCE}"))
        })
        .filter_map(|entry| entry.key.clone())
        .collect()
}
