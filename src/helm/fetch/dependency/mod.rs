//! What a chart depends on: resolved, fetched and laid into `charts/`, in memory first.
//!
//! Source: Helm 4, `pkg/downloader/manager.go` and `internal/resolver/resolver.go`. What is not followed: the list
//! of repositories that a helm program keeps on its machine; here a repository is its address.

mod error;
mod resolve;
mod write;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};

pub use error::DependencyError;

use self::resolve::{Kind, Resolver};
use super::folder;
use super::login::Logins;
use super::remote::{ChartSource, Mirrors};
use crate::helm::chart::archive::Limits;
use crate::helm::chart::ignore::PathKind;
use crate::helm::chart::{Chart, LoadError, Lock, SourceFile, digest, digest_of_helm_2};
use crate::helm::render::Dependency;
use crate::time::Patience;

/// How many dependencies are fetched at a time.
const AT_ONCE: usize = 4;

/// Which versions are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The highest that Chart.yaml allows, as `helm dependency update`.
    Update,
    /// Those of the lock file, as `helm dependency build`; without one, those of an update.
    Build,
}

/// How dependencies are fetched.
#[derive(Clone)]
pub struct DependencyOptions<'a> {
    /// Which versions are taken.
    pub choice: Choice,
    /// Where others are asked in the place of an address.
    pub mirrors: &'a Mirrors,
    /// Who is known to which host.
    pub logins: &'a dyn Logins,
    /// Trust and scheme of every host; nothing else of it is looked at.
    pub source: ChartSource,
    /// What the lock file says of when it was written, in RFC 3339.
    pub generated: String,
}

/// A chart with what it depends on.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The chart as it is once everything lies in `charts/`.
    pub chart: Chart,
    /// What was chosen.
    pub lock: Lock,
    /// The archives for `charts/`, each with its name there.
    pub archives: Vec<(String, Arc<[u8]>)>,
    /// Whether the lock file on the disk is another one.
    pub lock_changed: bool,
    /// The chart's folder.
    folder: PathBuf,
}

/// Resolves and fetches what the chart in a folder depends on. Nothing is written: see [`Resolved::write`].
///
/// # Errors
/// [`DependencyError`].
pub async fn dependencies(
    folder: &Path,
    options: &DependencyOptions<'_>,
    patience: &Patience,
) -> Result<Resolved, DependencyError> {
    let limits = Limits::default();
    if folder.is_file() {
        return Err(DependencyError::Packed);
    }
    let files = folder::read_folder(folder, limits)?;
    let chart = Chart::load(files.clone(), limits)?;
    let asked = &chart.declared.metadata.dependencies;
    let old = chart.lock.clone().unwrap_or_default();
    if !chart.declared.has_dependencies {
        let folder = folder.to_owned();
        return Ok(Resolved { chart, lock: old, archives: Vec::new(), lock_changed: false, folder });
    }
    let resolver = Resolver::new(folder, options);
    let locked = match (options.choice, &chart.lock) {
        (Choice::Build, Some(lock)) => {
            in_sync(&chart, lock)?;
            lock.dependencies.clone()
        }
        _ => resolver.resolve(asked, patience).await?,
    };
    let fetching: Vec<_> = locked.iter().map(|one| resolver.archive(one, patience)).collect();
    let fetched: Vec<_> = futures::stream::iter(fetching).buffered(AT_ONCE).try_collect().await?;
    let mut archives: Vec<(String, Arc<[u8]>)> = Vec::new();
    let mut dependencies = locked;
    for (dependency, found) in dependencies.iter_mut().zip(fetched) {
        let Some(found) = found else { continue };
        dependency.version = found.version;
        // Two dependencies with an alias each may be one archive.
        archives.retain(|(file, _)| *file != found.file);
        archives.push((found.file, found.bytes));
    }
    let digest = digest(asked, &dependencies);
    let is_built = options.choice == Choice::Build && chart.lock.is_some();
    let lock_changed = !is_built && digest != old.digest;
    let lock =
        if lock_changed { Lock { generated: options.generated.clone(), digest, dependencies } } else { old };
    let local = local_names(asked);
    let chart = with(folder, &chart, files, &archives, &local, lock_changed.then_some(&lock))?;
    Ok(Resolved { chart, lock, archives, lock_changed, folder: folder.to_owned() })
}

/// The dependencies that lie in `charts/` and come from nowhere.
fn local_names(asked: &[Dependency]) -> Vec<String> {
    asked.iter().filter(|one| one.repository.is_empty()).map(|one| one.name.clone()).collect()
}

/// The name of a chart's lock file, and of what it is a lock of.
fn lock_names(chart: &Chart) -> (&'static str, &'static str) {
    if chart.declared.metadata.api_version == "v1" {
        ("requirements.lock", "requirements.yaml")
    } else {
        ("Chart.lock", "Chart.yaml")
    }
}

/// Whether the lock file is of this Chart.yaml.
fn in_sync(chart: &Chart, lock: &Lock) -> Result<(), DependencyError> {
    let asked = &chart.declared.metadata.dependencies;
    let (name, file) = lock_names(chart);
    let old = || name == "requirements.lock" && digest_of_helm_2(asked) == lock.digest;
    if digest(asked, &lock.dependencies) == lock.digest || old() {
        return Ok(());
    }
    Err(DependencyError::OutOfSync { lock: name, file })
}

/// Whether a file in `charts/` is an earlier download, which goes: an archive of a chart that is not one of
/// those that lie there of their own.
fn is_outdated(bytes: &[u8], local: &[String]) -> bool {
    Chart::unpack(bytes, Limits::default()).is_ok_and(|chart| !local.iter().any(|name| name == chart.name()))
}

/// The chart as it would be read after everything was written.
fn with(
    folder: &Path,
    chart: &Chart,
    files: Vec<SourceFile>,
    archives: &[(String, Arc<[u8]>)],
    local: &[String],
    lock: Option<&Lock>,
) -> Result<Chart, DependencyError> {
    let ignore = folder::ignored(folder)?;
    let lock_name = lock_names(chart).0;
    let is_new = |name: &str| archives.iter().any(|(file, _)| file == name);
    let mut files: Vec<SourceFile> = files
        .into_iter()
        .filter(|file| match file.name.strip_prefix("charts/") {
            Some(name) if !name.contains('/') => !is_new(name) && !is_outdated(&file.data, local),
            _ => lock.is_none() || file.name != lock_name,
        })
        .collect();
    let mut lay = |name: String, data: Arc<[u8]>| {
        if !ignore.leaves_out(&name, PathKind::File) {
            files.push(SourceFile { name, data });
        }
    };
    if let Some(lock) = lock {
        lay(lock_name.to_owned(), lock.text().into_bytes().into());
    }
    if !ignore.leaves_out("charts", PathKind::Folder) {
        for (name, data) in archives {
            lay(format!("charts/{name}"), Arc::clone(data));
        }
    }
    files.sort_by(|left, right| left.name.cmp(&right.name));
    Chart::load(files, Limits::default()).map_err(LoadError::into)
}

/// How a repository is written in Chart.yaml.
fn kind(dependency: &Dependency) -> Result<Kind<'_>, DependencyError> {
    let (name, repository) = (dependency.name.clone(), dependency.repository.clone());
    let address = dependency.repository.as_str();
    Ok(match address {
        "" => Kind::Local,
        _ if address.starts_with('@') || address.starts_with("alias:") => {
            return Err(DependencyError::Alias { name, repository });
        }
        _ => match address.strip_prefix("file://") {
            Some(path) => Kind::Folder(path),
            None if address.starts_with("oci://") => Kind::Registry,
            None if address.starts_with("https://") || address.starts_with("http://") => Kind::Repository,
            None => return Err(DependencyError::NoAddress { name, repository }),
        },
    })
}
