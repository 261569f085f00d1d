//! Versions for what Chart.yaml asks for, and their archives.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::{DependencyError, DependencyOptions, kind};
use crate::helm::chart::archive::Limits;
use crate::helm::chart::{Chart, pack};
use crate::helm::fetch::error::FetchError;
use crate::helm::fetch::folder;
use crate::helm::fetch::login::host_of;
use crate::helm::fetch::remote::{self, ChartSource, Indexes};
use crate::helm::render::Dependency;
use crate::helm::version::{Range, Version};
use crate::time::Patience;

/// Where a dependency is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    /// In `charts/` already.
    Local,
    /// In a folder on this machine.
    Folder(&'a str),
    /// In a chart repository.
    Repository,
    /// In a registry.
    Registry,
}

/// An archive for `charts/`.
pub(super) struct Found {
    pub(super) version: String,
    pub(super) file: String,
    pub(super) bytes: Arc<[u8]>,
}

pub(super) struct Resolver<'a> {
    folder: &'a Path,
    options: &'a DependencyOptions<'a>,
    indexes: Indexes,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(folder: &'a Path, options: &'a DependencyOptions<'a>) -> Self {
        Self { folder, options, indexes: Indexes::default() }
    }

    /// One version for each, in the order in which they are asked for. All that have none are named at once.
    pub(super) async fn resolve(
        &self,
        asked: &[Dependency],
        patience: &Patience,
    ) -> Result<Vec<Dependency>, DependencyError> {
        let mut found = Vec::new();
        let mut missing = Vec::new();
        for one in asked {
            // What is wrong in Chart.yaml is said before anybody is asked.
            kind(one)?;
            range(one)?;
        }
        for one in asked {
            match self.version(one, patience).await? {
                Some(version) => found.push(Dependency {
                    name: one.name.clone(),
                    repository: one.repository.clone(),
                    version,
                    ..Dependency::default()
                }),
                None => missing.push(format!(
                    "{:?} (repository {:?}, version {:?})",
                    one.name, one.repository, one.version
                )),
            }
        }
        if missing.is_empty() { Ok(found) } else { Err(DependencyError::NoVersion(missing)) }
    }

    async fn version(
        &self,
        one: &Dependency,
        patience: &Patience,
    ) -> Result<Option<String>, DependencyError> {
        match kind(one)? {
            Kind::Local => {
                self.folder_of(one, &format!("charts/{}", one.name))?;
                Ok(Some(one.version.clone()))
            }
            Kind::Folder(path) => {
                let chart = load(&self.folder_of(one, path)?)?;
                Ok(fits(&range(one)?, chart.version()).then(|| chart.version().to_owned()))
            }
            // A registry is asked for exactly this, even where it is half a version.
            Kind::Registry if Version::parse(&one.version).is_ok() => Ok(Some(one.version.clone())),
            Kind::Registry | Kind::Repository => {
                let source = self.source(one, patience).await?;
                match remote::choose(&source, self.options.mirrors, &self.indexes, patience).await {
                    Ok(version) => Ok(Some(version)),
                    Err(FetchError::NoVersion { .. }) => Ok(None),
                    Err(error) => Err(failed(one, error)),
                }
            }
        }
    }

    /// The archive of a dependency whose version is settled; nothing where it lies in `charts/`.
    pub(super) async fn archive(
        &self,
        one: &Dependency,
        patience: &Patience,
    ) -> Result<Option<Found>, DependencyError> {
        match kind(one)? {
            Kind::Local => {
                let chart = load(&self.folder_of(one, &format!("charts/{}", one.name))?)?;
                if fits(&range(one)?, chart.version()) {
                    return Ok(None);
                }
                let (name, wanted) = (one.name.clone(), one.version.clone());
                Err(DependencyError::OtherVersion { name, found: chart.version().to_owned(), wanted })
            }
            Kind::Folder(path) => {
                let path = self.folder_of(one, path)?;
                let chart = load(&path)?;
                if !fits(&range(one)?, chart.version()) {
                    let (name, wanted) = (one.name.clone(), one.version.clone());
                    return Err(DependencyError::OtherVersion {
                        name,
                        found: chart.version().to_owned(),
                        wanted,
                    });
                }
                let bytes = pack(&chart).map_err(|error| DependencyError::Write { path, error })?;
                let version = chart.version().to_owned();
                let file = format!("{}-{version}.tgz", chart.name());
                Ok(Some(Found { version, file, bytes: bytes.into() }))
            }
            kind => {
                let mut source = self.source(one, patience).await?;
                if kind == Kind::Registry && self.options.mirrors.of(&one.repository).starts_with("oci://") {
                    // The tag as it is written.
                    source.chart = format!("{}:{}", source.chart, one.version.replace('+', "_"));
                    source.version = None;
                }
                let packed = remote::packed(&source, self.options.mirrors, &self.indexes, patience);
                let packed = packed.await.map_err(|error| failed(one, error))?;
                let (file, bytes) = (packed.file.clone(), packed.bytes.clone());
                // What is no chart is said here, with its address, and not when everything is laid together.
                packed.unpack(&source).map_err(|error| failed(one, error))?;
                Ok(Some(Found { version: one.version.clone(), file, bytes: bytes.to_vec().into() }))
            }
        }
    }

    async fn source(&self, one: &Dependency, patience: &Patience) -> Result<ChartSource, DependencyError> {
        let address = self.options.mirrors.of(&one.repository);
        let credentials = match host_of(&address) {
            Some(host) => self.options.logins.of(host, patience).await.map_err(|error| failed(one, error))?,
            None => None,
        };
        let given = &self.options.source;
        Ok(ChartSource {
            chart: one.name.clone(),
            repository: Some(one.repository.clone()),
            version: Some(one.version.clone()),
            credentials,
            ca: given.ca.clone(),
            client_certificate: given.client_certificate.clone(),
            plain_http: given.plain_http,
            ..ChartSource::default()
        })
    }

    /// A folder relative to the chart, which must be there.
    fn folder_of(&self, one: &Dependency, path: &str) -> Result<PathBuf, DependencyError> {
        let path = clean(&self.folder.join(path));
        if path.exists() { Ok(path) } else { Err(DependencyError::NoFolder { name: one.name.clone(), path }) }
    }
}

fn failed(one: &Dependency, error: FetchError) -> DependencyError {
    DependencyError::Fetch { name: one.name.clone(), error: Box::new(error) }
}

fn load(path: &Path) -> Result<Chart, DependencyError> {
    let limits = Limits::default();
    Ok(Chart::load(folder::read_folder(path, limits)?, limits)?)
}

fn range(one: &Dependency) -> Result<Range, DependencyError> {
    Range::parse(&one.version).map_err(|error| DependencyError::Range { name: one.name.clone(), error })
}

fn fits(range: &Range, version: &str) -> bool {
    Version::parse(version).is_ok_and(|version| range.contains(&version))
}

/// A path without `.` and `..`, by its letters alone, as Go joins paths.
fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(clean.components().next_back(), Some(Component::Normal(_))) => {
                clean.pop();
            }
            Component::ParentDir if clean.has_root() => {}
            part => clean.push(part),
        }
    }
    if clean.as_os_str().is_empty() { PathBuf::from(".") } else { clean }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::clean;

    #[test]
    fn paths_are_joined_by_their_letters() {
        for (path, joined) in
            [("a/./b/../c", "a/c"), ("../a/../../b", "../../b"), ("/../a", "/a"), ("a/..", ".")]
        {
            assert_eq!(clean(Path::new(path)), Path::new(joined), "{path}");
        }
    }
}
