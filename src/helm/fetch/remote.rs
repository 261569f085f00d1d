//! A chart from wherever its source says.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;
use url::Url;

use super::error::FetchError;
use super::folder::{self, DiskError};
use super::http::{Http, basic, shown};
use super::index::{Entry, Index};
use super::provenance::{Keyring, ProvenanceError, Signer};
use super::registry::{self, Pulled, Reference};
use super::select::{highest, select};
use crate::helm::chart::Chart;
use crate::helm::chart::archive::Limits;
use crate::secret::Secret;
use crate::time::Patience;

/// The largest packed chart.
pub(super) const LARGEST_ARCHIVE: u64 = 100 << 20;
/// The largest index.
const LARGEST_INDEX: u64 = 200 << 20;
/// The largest provenance file.
const LARGEST_PROVENANCE: u64 = 8 << 20;

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
    /// Whose signature the chart must carry.
    pub verify: Option<Keyring>,
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
    /// Who signed it; absent where nobody asked.
    pub signer: Option<Signer>,
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
    if source.repository.is_some() || source.chart.contains("://") {
        return packed(source, mirrors, &Indexes::default(), patience).await?.unpack(source);
    }
    let (path, limits) = (Path::new(&source.chart), Limits::default());
    if path.is_dir() {
        if source.verify.is_some() {
            return Err(ProvenanceError::Unpacked.into());
        }
        let chart = folder::load(path, limits)?;
        return Ok(Fetched { chart, digest: None, origin: source.chart.clone(), signer: None });
    }
    let bytes = folder::read_archive(path, limits)?;
    let provenance = match &source.verify {
        Some(_) => folder::read_beside(path, "prov")?.map(Bytes::from),
        None => None,
    };
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let signer = source.verified(&file, &bytes, provenance.as_deref())?;
    let chart = Chart::unpack(&bytes, limits).map_err(DiskError::from)?;
    let digest = Some(digest(&Sha256::digest(&bytes)));
    Ok(Fetched { chart, digest, origin: source.chart.clone(), signer })
}

/// A chart as it was packed.
pub(super) struct Packed {
    pub(super) bytes: Bytes,
    /// Where it came from.
    pub(super) origin: String,
    /// The name under which it would lie in a folder.
    pub(super) file: String,
    provenance: Option<Bytes>,
}

/// Gets a packed chart from elsewhere.
pub(super) async fn packed(
    source: &ChartSource,
    mirrors: &Mirrors,
    indexes: &Indexes,
    patience: &Patience,
) -> Result<Packed, FetchError> {
    match &source.repository {
        Some(repository) => {
            let repository = mirrors.of(repository);
            if let Some(place) = repository.strip_prefix("oci://") {
                return from_registry(source, &format!("{place}/{}", source.chart), patience).await;
            }
            let http = Http::new(source)?;
            let repository = indexes.open(&http, source, &repository, patience).await?;
            let entry = repository.choose(source)?;
            repository.download(&http, source, entry, patience).await
        }
        None if source.chart.starts_with("oci://") => {
            let place = mirrors.of(&source.chart);
            let place = place.strip_prefix("oci://").ok_or_else(|| FetchError::Address {
                text: place.clone(),
                reason: "a registry's mirror is a registry, oci://".to_owned(),
            })?;
            from_registry(source, place, patience).await
        }
        None => {
            let http = Http::new(source)?;
            let url = address(&mirrors.of(&source.chart))?;
            download(&http, source, &url, true, patience).await
        }
    }
}

/// The version that a source means, without fetching it.
pub(super) async fn choose(
    source: &ChartSource,
    mirrors: &Mirrors,
    indexes: &Indexes,
    patience: &Patience,
) -> Result<String, FetchError> {
    let http = Http::new(source)?;
    let repository = mirrors.of(source.repository.as_deref().unwrap_or_default());
    if let Some(place) = repository.strip_prefix("oci://") {
        let reference = Reference::parse(&format!("{place}/{}", source.chart))?;
        return registry::version(&http, source, &reference, patience).await;
    }
    let repository = indexes.open(&http, source, &repository, patience).await?;
    Ok(repository.choose(source)?.version.clone())
}

async fn from_registry(source: &ChartSource, place: &str, patience: &Patience) -> Result<Packed, FetchError> {
    let http = Http::new(source)?;
    let reference = Reference::parse(place)?;
    let pulled = registry::pull(&http, source, &reference, patience).await?;
    let file = match &pulled.version {
        Some(version) => format!("{}-{version}.tgz", reference.name()),
        None => format!("{}.tgz", reference.name()),
    };
    let Pulled { bytes, origin, provenance, .. } = pulled;
    Ok(Packed { bytes, origin, file, provenance })
}

/// The indexes that were read already: some are large, and several dependencies come from one repository.
#[derive(Default)]
pub(super) struct Indexes(Mutex<BTreeMap<String, Arc<Repository>>>);

impl Indexes {
    async fn open(
        &self,
        http: &Http,
        source: &ChartSource,
        repository: &str,
        patience: &Patience,
    ) -> Result<Arc<Repository>, FetchError> {
        let ended = |ended| FetchError::Ended { url: repository.to_owned(), ended };
        let mut known = patience.finish(self.0.lock()).await.map_err(ended)?;
        if let Some(known) = known.get(repository) {
            return Ok(Arc::clone(known));
        }
        let opened = Arc::new(Repository::open(http, source, repository, patience).await?);
        known.insert(repository.to_owned(), Arc::clone(&opened));
        Ok(opened)
    }
}

/// A chart repository, once its index is read.
pub(super) struct Repository {
    base: Url,
    listing: Url,
    index: Index,
}

impl Repository {
    async fn open(
        http: &Http,
        source: &ChartSource,
        repository: &str,
        patience: &Patience,
    ) -> Result<Self, FetchError> {
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
        Ok(Self { base, listing, index })
    }

    /// The version that is meant.
    fn choose(&self, source: &ChartSource) -> Result<&Entry, FetchError> {
        let entries = self.index.versions(&source.chart).ok_or_else(|| FetchError::NoChart {
            place: shown(&self.base),
            name: source.chart.clone(),
            nearest: self.index.nearest(&source.chart),
        })?;
        let versions: Vec<&str> = entries.iter().map(|entry| entry.version.as_str()).collect();
        let wanted = source.version.as_deref().unwrap_or_default();
        let chosen = select(&versions, wanted, source.devel)?.ok_or_else(|| FetchError::NoVersion {
            place: shown(&self.base),
            name: source.chart.clone(),
            wanted: wanted.to_owned(),
            known: highest(&versions),
        })?;
        Ok(entries[chosen])
    }

    async fn download(
        &self,
        http: &Http,
        source: &ChartSource,
        entry: &Entry,
        patience: &Patience,
    ) -> Result<Packed, FetchError> {
        let first = entry.urls.first().ok_or_else(|| FetchError::Unreadable {
            url: shown(&self.listing),
            what: "index of a chart repository",
            reason: format!("it has no address for version {} of {}", entry.version, source.chart),
        })?;
        if let Some(place) = first.strip_prefix("oci://") {
            return from_registry(source, place, patience).await;
        }
        let url = self
            .base
            .join(first)
            .map_err(|error| FetchError::Address { text: first.clone(), reason: error.to_string() })?;
        let place = |url: &Url| {
            (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port_or_known_default())
        };
        let trusted = place(&url) == place(&self.base) || source.pass_credentials;
        download(http, source, &url, trusted, patience).await
    }
}

async fn download(
    http: &Http,
    source: &ChartSource,
    url: &Url,
    trusted: bool,
    patience: &Patience,
) -> Result<Packed, FetchError> {
    let credentials = source.credentials.as_ref().filter(|_| trusted).and_then(basic);
    let reply = http.get(url, "*/*", credentials.as_ref(), LARGEST_ARCHIVE, patience).await?;
    let bytes = reply.body(url, credentials.is_some())?;
    let provenance = if source.verify.is_some() {
        let mut beside = url.clone();
        beside.set_path(&format!("{}.prov", url.path()));
        let reply = http.get(&beside, "*/*", credentials.as_ref(), LARGEST_PROVENANCE, patience).await?;
        if reply.status == 404 { None } else { Some(reply.body(&beside, credentials.is_some())?) }
    } else {
        None
    };
    Ok(Packed { bytes, origin: shown(url), file: file_name(url), provenance })
}

/// The last part of an address, as the name of a file.
fn file_name(url: &Url) -> String {
    let path: String = percent_decode(url.path());
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let fine = !matches!(last, "" | "." | "..") && !last.contains(['\\', '\0']);
    if fine { last.to_owned() } else { "chart.tgz".to_owned() }
}

/// A path with its escapes undone.
fn percent_decode(path: &str) -> String {
    // A form knows the plus sign as a space; a path does not.
    let form = format!("={}", path.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(form.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

impl Packed {
    /// The chart in it, its signature checked where that is asked for.
    pub(super) fn unpack(self, source: &ChartSource) -> Result<Fetched, FetchError> {
        let signer = source.verified(&self.file, &self.bytes, self.provenance.as_deref())?;
        let chart = Chart::unpack(&self.bytes, Limits::default())
            .map_err(|error| FetchError::Load { url: self.origin.clone(), error })?;
        let digest = Some(digest(&Sha256::digest(&self.bytes)));
        Ok(Fetched { chart, digest, origin: self.origin, signer })
    }
}

impl ChartSource {
    fn verified(
        &self,
        file: &str,
        archive: &[u8],
        provenance: Option<&[u8]>,
    ) -> Result<Option<Signer>, FetchError> {
        let Some(keyring) = &self.verify else { return Ok(None) };
        let text = provenance.ok_or_else(|| ProvenanceError::Missing { file: file.to_owned() })?;
        Ok(Some(keyring.verify(file, archive, text)?))
    }
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

    use super::{Mirrors, file_name};

    #[test]
    fn a_file_is_called_as_the_end_of_its_address() {
        let name = |text: &str| file_name(&url::Url::parse(text).unwrap());
        assert_eq!(name("https://a/b/c-1.0.0+d.tgz?x=y"), "c-1.0.0+d.tgz");
        assert_eq!(name("https://a/b/c-1.0.0%2Bd%20e.tgz"), "c-1.0.0+d e.tgz");
        assert_eq!(name("https://a/b/..%2F..%2Fc.tgz"), "c.tgz");
        assert_eq!(name("https://a/%2E%2E%2f"), "chart.tgz");
        assert_eq!(name("https://a/b%5Cc"), "chart.tgz");
    }

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
