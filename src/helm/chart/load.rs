//! A chart from its files: metadata, templates, values, and the charts that lie in `charts/`.

use std::sync::Arc;

use super::archive::{self, ArchiveError, Limits};
use super::decode::{Place, WrongKind, names};
use super::metadata::{Declared, Invalid, dependency};
use super::source::SourceFile;
use super::values::{BadValues, read_values};
use crate::helm::render::{ChartFile, Dependency};
use crate::helm::value::Map;
use crate::helm::yaml::{self, YamlError};

/// How deep charts may lie in charts.
const DEEPEST: usize = 40;

/// A chart with everything that lay in it; nothing is switched off yet.
#[derive(Clone, Debug, Default)]
pub struct Chart {
    /// Chart.yaml.
    pub declared: Declared,
    /// Chart.lock, or an old requirements.lock.
    pub lock: Option<Lock>,
    /// Files below `templates/`.
    pub templates: Vec<ChartFile>,
    /// values.yaml.
    pub values: Map,
    /// values.schema.json.
    pub schema: Option<Arc<[u8]>>,
    /// Every other file.
    pub files: Vec<ChartFile>,
    /// All files as they were, in their order.
    pub raw: Vec<SourceFile>,
    /// What lay in `charts/`, by file name.
    pub dependencies: Vec<Chart>,
    /// The name of the folder or archive in the parent's `charts/`.
    pub entry: String,
    /// What Helm would print beside the result.
    pub warnings: Vec<String>,
}

/// A lock file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lock {
    /// When it was written.
    pub generated: String,
    /// The hash of what Chart.yaml asks for and what was found.
    pub digest: String,
    /// One version each.
    pub dependencies: Vec<Dependency>,
}

/// Why a chart is none, in Helm's words.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file is no YAML.
    #[error("cannot load {file}: {error}")]
    Yaml {
        /// Which file.
        file: &'static str,
        /// Why.
        error: YamlError,
    },
    /// A file is YAML, with a value of the wrong kind.
    #[error("cannot load {file}: error unmarshaling JSON: while decoding JSON: {error}")]
    Kind {
        /// Which file.
        file: &'static str,
        /// Which value.
        error: Box<dyn std::error::Error + Send + Sync>,
    },
    /// values.yaml cannot be read.
    #[error("cannot load values.yaml: {0}")]
    Values(#[from] BadValues),
    /// There is no Chart.yaml.
    #[error("Chart.yaml file is missing")]
    NoMetadata,
    /// Chart.yaml says what it may not say.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// A chart of a kind that this Helm does not install.
    #[error("unsupported chart version")]
    Unsupported,
    /// A folder in `charts/` is called like an archive.
    #[error("error unpacking subchart tar in {chart}: expected {expected}, got {found}")]
    NotArchive {
        /// The chart around it.
        chart: String,
        /// The archive's name.
        expected: String,
        /// The file that is there.
        found: String,
    },
    /// The archive of a chart cannot be unpacked.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A chart in `charts/` is none.
    #[error("error unpacking subchart {entry} in {chart}: {error}")]
    Subchart {
        /// Its folder or archive.
        entry: String,
        /// The chart around it.
        chart: String,
        /// Why.
        error: Box<LoadError>,
    },
    /// Charts lie in charts beyond any use.
    #[error("charts are nested more than {DEEPEST} deep")]
    Nested,
}

impl Chart {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.declared.metadata.name
    }

    /// Its version.
    pub fn version(&self) -> &str {
        &self.declared.metadata.version
    }

    /// Reads the files of a chart.
    pub fn load(files: Vec<SourceFile>, limits: Limits) -> Result<Self, LoadError> {
        let meta = files.iter().rev().find(|file| file.name == "Chart.yaml").ok_or(LoadError::NoMetadata)?;
        let document =
            yaml::read(&meta.data).map_err(|error| LoadError::Yaml { file: "Chart.yaml", error })?;
        let version = document.as_map().and_then(|map| {
            map.iter().rev().find(|(key, _)| names(key, "apiVersion")).and_then(|(_, value)| value.as_str())
        });
        if !matches!(version, None | Some("" | "v1" | "v2")) {
            return Err(LoadError::Unsupported);
        }
        // Bombs within archives within archives count together.
        let mut left = limits;
        load(files, String::new(), &mut left, 0)
    }

    /// Reads the archive of a chart.
    pub fn unpack(bytes: &[u8], limits: Limits) -> Result<Self, LoadError> {
        Self::load(archive::unpack(bytes, limits)?, limits)
    }
}

fn load(files: Vec<SourceFile>, entry: String, left: &mut Limits, depth: usize) -> Result<Chart, LoadError> {
    if depth > DEEPEST {
        return Err(LoadError::Nested);
    }
    let mut chart = Chart { entry, ..Chart::default() };
    let mut has_metadata = false;
    for file in files.iter().filter(|file| file.name == "Chart.yaml") {
        lay(&mut chart.declared, "Chart.yaml", &file.data)?;
        if chart.declared.metadata.api_version.is_empty() {
            "v1".clone_into(&mut chart.declared.metadata.api_version);
        }
        has_metadata = true;
    }
    let mut inner: Vec<(String, Vec<SourceFile>)> = Vec::new();
    for file in &files {
        let as_file = || ChartFile { name: file.name.clone(), data: Arc::clone(&file.data) };
        match file.name.as_str() {
            "Chart.yaml" => {}
            "Chart.lock" => chart.lock = Some(lock("Chart.lock", &file.data)?),
            "values.yaml" => chart.values = read_values(&file.data)?,
            "values.schema.json" => chart.schema = Some(Arc::clone(&file.data)),
            "requirements.yaml" => {
                has_metadata = true;
                if chart.declared.metadata.api_version != "v1" {
                    chart.warnings.push(MOVED.to_owned());
                }
                lay(&mut chart.declared, "requirements.yaml", &file.data)?;
                if chart.declared.metadata.api_version == "v1" {
                    chart.files.push(as_file());
                }
            }
            "requirements.lock" => {
                chart.lock = Some(lock("requirements.lock", &file.data)?);
                if chart.declared.metadata.api_version == "v1" {
                    chart.files.push(as_file());
                } else {
                    chart.warnings.push(LOCK_MOVED.to_owned());
                }
            }
            name if name.starts_with("templates/") => chart.templates.push(as_file()),
            name => match name.strip_prefix("charts/") {
                Some(below) if !has_extension(name, "prov") => {
                    let entry = below.split('/').next().unwrap_or(below);
                    let file = SourceFile { name: below.to_owned(), data: Arc::clone(&file.data) };
                    match inner.iter_mut().find(|(name, _)| name == entry) {
                        Some((_, list)) => list.push(file),
                        None => inner.push((entry.to_owned(), vec![file])),
                    }
                }
                _ => chart.files.push(as_file()),
            },
        }
    }
    if !has_metadata {
        return Err(LoadError::NoMetadata);
    }
    chart.declared.check()?;
    chart.raw = files;
    // Helm takes them in the order of a Go map, which is none; a folder stands before its archive here.
    inner.sort_by(|left, right| left.0.cmp(&right.0));
    for (entry, files) in inner {
        if entry.starts_with(['_', '.']) {
            continue;
        }
        let within = |error: LoadError| LoadError::Subchart {
            entry: entry.clone(),
            chart: chart.declared.metadata.name.clone(),
            error: Box::new(error),
        };
        let sub = if has_extension(&entry, "tgz") {
            let file = &files[0];
            if file.name != entry {
                return Err(LoadError::NotArchive {
                    chart: chart.declared.metadata.name.clone(),
                    expected: entry,
                    found: file.name.clone(),
                });
            }
            let files = archive::unpack(&file.data, *left).map_err(|error| within(error.into()))?;
            left.files = left.files.saturating_sub(files.len());
            left.bytes = left.bytes.saturating_sub(files.iter().map(|file| file.data.len() as u64).sum());
            load(files, entry.clone(), left, depth + 1).map_err(within)?
        } else {
            let below = |file: SourceFile| {
                let name = file.name.split_once('/')?.1.to_owned();
                Some(SourceFile { name, data: file.data })
            };
            load(files.into_iter().filter_map(below).collect(), entry.clone(), left, depth + 1)
                .map_err(within)?
        };
        chart.dependencies.push(sub);
    }
    Ok(chart)
}

const MOVED: &str = "Warning: Dependencies are handled in Chart.yaml since apiVersion \"v2\". We recommend migrating dependencies to Chart.yaml.";
const LOCK_MOVED: &str = "Warning: Dependency locking is handled in Chart.lock since apiVersion \"v2\". We recommend migrating to Chart.lock.";

/// Whether the last part of a path ends with the dot and these letters.
pub(crate) fn has_extension(name: &str, extension: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    last.rsplit_once('.').is_some_and(|(_, found)| found == extension)
}

fn lay(declared: &mut Declared, file: &'static str, data: &[u8]) -> Result<(), LoadError> {
    let document = yaml::read(data).map_err(|error| LoadError::Yaml { file, error })?;
    declared.lay(&document).map_err(|error| kind(file, error))
}

fn kind(file: &'static str, error: WrongKind) -> LoadError {
    LoadError::Kind { file, error: Box::new(error) }
}

fn lock(file: &'static str, data: &[u8]) -> Result<Lock, LoadError> {
    let document = yaml::read(data).map_err(|error| LoadError::Yaml { file, error })?;
    let place = Place::root("Lock");
    let read = || -> Result<Lock, WrongKind> {
        let mut lock = Lock::default();
        let Some(map) = place.map(&document, "v2.Lock")? else { return Ok(lock) };
        for (key, value) in map {
            match key {
                _ if names(key, "generated") => lock.generated = place.field("generated").text(value)?,
                _ if names(key, "digest") => lock.digest = place.field("digest").text(value)?,
                _ if names(key, "dependencies") => {
                    let place = place.field("dependencies");
                    let list = place.list(value, "[]*v2.Dependency")?;
                    lock.dependencies =
                        list.iter().map(|one| dependency(&place, one)).collect::<Result<_, _>>()?;
                }
                _ => {}
            }
        }
        Ok(lock)
    };
    read().map_err(|error| kind(file, error))
}
