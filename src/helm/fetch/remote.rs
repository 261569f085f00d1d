//! A chart from wherever its source says.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::error::FetchError;
use super::folder::{self, DiskError};
use super::http::{Http, basic, shown};
use super::index::Index;
use super::registry::{self, Reference};
use super::select::{highest, select};
use crate::helm::chart::Chart;
use crate::helm::chart::archive::Limits;
use crate::secret::Secret;
use crate::time::Patience;

/// The largest packed chart.
pub(super) const LARGEST_ARCHIVE: u64 = 100 << 20;
/// The largest index.
const LARGEST_INDEX: u64 = 200 << 20;

/// A name and a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Name.
    pub username: String,
    /// Password.
    pub password: Secret,
}

/// Where a chart is, in the words of `helm install`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChartSource {
    /// Name in the repository, or else a folder, an archive, or the address of an archive or a registry.
    pub chart: String,
    /// Address of a chart repository (`https://`) or of a registry (`oci://`).
    pub repository: Option<String>,
    /// Version or range; by default the highest that is no pre-release.
    pub version: Option<String>,
    /// Whether pre-releases count where no version is given.
    pub devel: bool,
    /// For the repository or registry.
    pub credentials: Option<Credentials>,
    /// Whether the credentials go to other hosts as well that the index names.
    pub pass_credentials: bool,
    /// Further certificate authorities, PEM.
    pub ca: Option<Vec<u8>>,
    /// Client certificate and its key, PEM.
    pub client_certificate: Option<(Vec<u8>, Secret)>,
    /// Whether a registry is spoken to without TLS.
    pub plain_http: bool,
}

/// Addresses in whose place others are asked, for sites without a way out: `https://a/b` to `oci://c/d`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mirrors(pub BTreeMap<String, String>);

impl Mirrors {
    /// The address in the place of another: that of the longest beginning, at the end of a part.
    #[must_use]
    pub fn of(&self, address: &str) -> String {
        let address = address.trim_end_matches('/');
        let fits = |from: &str| {
            let rest = address.strip_prefix(from.trim_end_matches('/'))?;
            (rest.is_empty() || rest.starts_with('/')).then_some(rest)
        };
        let best = self.0.iter().filter_map(|(from, to)| Some((from.len(), to, fits(from)?)));
        match best.max_by_key(|(length, ..)| *length) {
            Some((_, to, rest)) => format!("{}{rest}", to.trim_end_matches('/')),
            None => address.to_owned(),
        }
    }
}

/// A chart and where it came from.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The chart.
    pub chart: Chart,
    /// Digest of the archive, `sha256:…`; absent where the chart is a folder.
    pub digest: Option<String>,
    /// The folder, file or address.
    pub origin: String,
}

/// Gets a chart.
///
/// # Errors
/// [`FetchError`]; an unreachable or unwilling server is named by its address.
pub async fn fetch(
    source: &ChartSource,
    mirrors: &Mirrors,
    patience: &Patience,
) -> Result<Fetched, FetchError> {
    match &source.repository {
        Some(repository) => {
            let repository = mirrors.of(repository);
            if let Some(place) = repository.strip_prefix("oci://") {
                return from_registry(source, &format!("{place}/{}", source.chart), patience).await;
            }
            from_repository(source, &repository, patience).await
        }
        None if source.chart.starts_with("oci://") => {
            let place = mirrors.of(&source.chart);
            let place = place.strip_prefix("oci://").ok_or_else(|| FetchError::Address {
                text: place.clone(),
                reason: "a registry's mirror is a registry, oci://".to_owned(),
            })?;
            from_registry(source, place, patience).await
        }
        None if source.chart.starts_with("https://") || source.chart.starts_with("http://") => {
            let http = Http::new(source)?;
            let url = address(&mirrors.of(&source.chart))?;
            let bytes = download(&http, source, &url, true, patience).await?;
            unpack(&bytes, shown(&url))
        }
        None => {
            let (path, limits) = (Path::new(&source.chart), Limits::default());
            let (chart, digest) = if path.is_file() {
                let bytes = folder::read_archive(path, limits)?;
                let chart = Chart::unpack(&bytes, limits).map_err(DiskError::from)?;
                (chart, Some(digest(&Sha256::digest(&bytes))))
            } else {
                (folder::load(path, limits)?, None)
            };
            Ok(Fetched { chart, digest, origin: source.chart.clone() })
        }
    }
}

async fn from_registry(
    source: &ChartSource,
    place: &str,
    patience: &Patience,
) -> Result<Fetched, FetchError> {
    let http = Http::new(source)?;
    let reference = Reference::parse(place)?;
    let (bytes, origin) = registry::pull(&http, source, &reference, patience).await?;
    unpack(&bytes, origin)
}

async fn from_repository(
    source: &ChartSource,
    repository: &str,
    patience: &Patience,
) -> Result<Fetched, FetchError> {
    let http = Http::new(source)?;
    // What an index says is relative to the folder that it lies in.
    let base = address(&format!("{}/", repository.trim_end_matches('/')))?;
    let listing = address(&format!("{base}index.yaml"))?;
    let credentials = source.credentials.as_ref().and_then(basic);
    let reply = http.get(&listing, "*/*", credentials.as_ref(), LARGEST_INDEX, patience).await?;
    let text = reply.body(&listing, credentials.is_some())?;
    let index = Index::read(&text).map_err(|reason| FetchError::Unreadable {
        url: shown(&listing),
        what: "index of a chart repository",
        reason,
    })?;
    let entries = index.versions(&source.chart).ok_or_else(|| FetchError::NoChart {
        place: shown(&base),
        name: source.chart.clone(),
        nearest: index.nearest(&source.chart),
    })?;
    let versions: Vec<&str> = entries.iter().map(|entry| entry.version.as_str()).collect();
    let wanted = source.version.as_deref().unwrap_or_default();
    let chosen = select(&versions, wanted, source.devel)?.ok_or_else(|| FetchError::NoVersion {
        place: shown(&base),
        name: source.chart.clone(),
        wanted: wanted.to_owned(),
        known: highest(&versions),
    })?;
    let entry = entries[chosen];
    let first = entry.urls.first().ok_or_else(|| FetchError::Unreadable {
        url: shown(&listing),
        what: "index of a chart repository",
        reason: format!("it has no address for version {} of {}", entry.version, source.chart),
    })?;
    if let Some(place) = first.strip_prefix("oci://") {
        return from_registry(source, place, patience).await;
    }
    let url = base
        .join(first)
        .map_err(|error| FetchError::Address { text: first.clone(), reason: error.to_string() })?;
    let same = (url.scheme(), url.host(), url.port_or_known_default())
        == (base.scheme(), base.host(), base.port_or_known_default());
    let bytes = download(&http, source, &url, same || source.pass_credentials, patience).await?;
    unpack(&bytes, shown(&url))
}

async fn download(
    http: &Http,
    source: &ChartSource,
    url: &Url,
    trusted: bool,
    patience: &Patience,
) -> Result<Bytes, FetchError> {
    let credentials = source.credentials.as_ref().filter(|_| trusted).and_then(basic);
    let reply = http.get(url, "*/*", credentials.as_ref(), LARGEST_ARCHIVE, patience).await?;
    reply.body(url, credentials.is_some())
}

fn unpack(bytes: &[u8], origin: String) -> Result<Fetched, FetchError> {
    let chart = Chart::unpack(bytes, Limits::default())
        .map_err(|error| FetchError::Load { url: origin.clone(), error })?;
    Ok(Fetched { chart, digest: Some(digest(&Sha256::digest(bytes))), origin })
}

fn address(text: &str) -> Result<Url, FetchError> {
    let bad = |reason: String| FetchError::Address { text: text.to_owned(), reason };
    let url = Url::parse(text).map_err(|error| bad(error.to_string()))?;
    if matches!(url.scheme(), "http" | "https") {
        Ok(url)
    } else {
        Err(bad(format!("the scheme {:?} is neither https nor oci", url.scheme())))
    }
}

/// A digest, as registries write it.
pub(super) fn digest(sum: &[u8]) -> String {
    use std::fmt::Write as _;
    sum.iter().fold("sha256:".to_owned(), |mut text, byte| {
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::Mirrors;

    #[test]
    fn the_longest_beginning_decides_and_only_whole_parts_count() {
        let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        let mirrors =
            Mirrors(BTreeMap::from([pair("https://a", "oci://m/a/"), pair("https://a/b/", "https://n")]));
        assert_eq!(mirrors.of("https://a/"), "oci://m/a");
        assert_eq!(mirrors.of("https://a/c"), "oci://m/a/c");
        assert_eq!(mirrors.of("https://a/b/c"), "https://n/c");
        assert_eq!(mirrors.of("https://ab"), "https://ab");
    }
}
