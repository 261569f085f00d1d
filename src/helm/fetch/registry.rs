//! Charts in an OCI registry.
//!
//! Sources: OCI distribution specification 1.1 (pull), the token scheme of the CNCF distribution project,
//! and the media types and tags of Helm 4's `pkg/registry` (a plus sign is an underscore in a tag).

use bytes::Bytes;
use reqwest::header::{HeaderValue, WWW_AUTHENTICATE};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::error::FetchError;
use super::http::{Http, Reply, basic, bearer, shown};
use super::remote::{ChartSource, LARGEST_ARCHIVE};
use super::select::{highest, select};
use crate::helm::version::Version;
use crate::time::Patience;

/// The largest manifest, list of tags or token.
const LARGEST_TEXT: u64 = 8 << 20;
/// Media types of manifests.
const MANIFESTS: &str =
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";
/// Media types of a packed chart, today's and an earlier one.
const CONTENT: [&str; 2] = ["application/vnd.cncf.helm.chart.content.v1.tar+gzip", "application/tar+gzip"];

/// Media type of a provenance file.
const PROVENANCE: &str = "application/vnd.cncf.helm.chart.provenance.v1.prov";

/// A chart's place: `oci://HOST[:PORT]/PATH[:TAG][@DIGEST]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    host: String,
    path: String,
    tag: Option<String>,
    digest: Option<String>,
}

impl Reference {
    /// Reads a reference without `oci://`.
    pub(super) fn parse(text: &str) -> Result<Self, FetchError> {
        let bad =
            |reason: &str| FetchError::Address { text: format!("oci://{text}"), reason: reason.to_owned() };
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.to_owned())),
            None => (text, None),
        };
        let (host, path) =
            rest.trim_end_matches('/').split_once('/').ok_or_else(|| bad("it names no repository"))?;
        let (path, tag) = match path.rsplit_once(':') {
            Some((path, tag)) => (path, Some(tag.to_owned())),
            None => (path, None),
        };
        if host.is_empty() || path.is_empty() {
            return Err(bad("it names no repository"));
        }
        if digest.as_ref().is_some_and(|digest| !digest.starts_with("sha256:")) {
            return Err(bad("only digests of sha256 can be checked"));
        }
        Ok(Self { host: host.to_owned(), path: path.to_owned(), tag, digest })
    }

    /// The last part of the path: the chart's name.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// A conversation with one registry about one repository.
struct Registry<'a> {
    http: &'a Http,
    source: &'a ChartSource,
    reference: &'a Reference,
    authorization: Option<HeaderValue>,
    patience: &'a Patience,
}

/// What a registry gave.
pub(super) struct Pulled {
    pub(super) bytes: Bytes,
    /// The address of the manifest.
    pub(super) origin: String,
    /// The version that the tag means; nothing where a digest was asked for.
    pub(super) version: Option<String>,
    /// The provenance file, where it was asked for and is there.
    pub(super) provenance: Option<Bytes>,
}

/// Fetches a packed chart.
pub(super) async fn pull(
    http: &Http,
    source: &ChartSource,
    reference: &Reference,
    patience: &Patience,
) -> Result<Pulled, FetchError> {
    let mut registry = Registry { http, source, reference, authorization: None, patience };
    let wanted = match (&reference.digest, &reference.tag) {
        (Some(digest), _) => digest.clone(),
        (None, Some(tag)) => tag.clone(),
        (None, None) => registry.tag().await?,
    };
    let url = registry.url(&format!("manifests/{wanted}"))?;
    let manifest =
        registry.get(&url, MANIFESTS, LARGEST_TEXT).await?.body(&url, source.credentials.is_some())?;
    if let Some(expected) = &reference.digest {
        check(&manifest, expected, &url)?;
    }
    let manifest: Value =
        serde_json::from_slice(&manifest).map_err(|error| unreadable(&url, &error.to_string()))?;
    let layers = manifest["layers"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_chart = |layer: &&Value| layer["mediaType"].as_str().is_some_and(|media| CONTENT.contains(&media));
    let digest = layers
        .iter()
        .find(is_chart)
        .and_then(|layer| layer["digest"].as_str())
        .ok_or_else(|| unreadable(&url, "it has no layer with a chart"))?;
    let bytes = registry.blob(digest, LARGEST_ARCHIVE).await?;
    let is_signature = |layer: &&Value| layer["mediaType"].as_str() == Some(PROVENANCE);
    let signature = layers.iter().find(is_signature).filter(|_| source.verify.is_some());
    let provenance = match signature.and_then(|layer| layer["digest"].as_str()) {
        Some(digest) => Some(registry.blob(digest, LARGEST_TEXT).await?),
        None => None,
    };
    let version = reference.digest.is_none().then(|| wanted.replace('_', "+"));
    Ok(Pulled { bytes, origin: shown(&url), version, provenance })
}

/// The version that a source means.
pub(super) async fn version(
    http: &Http,
    source: &ChartSource,
    reference: &Reference,
    patience: &Patience,
) -> Result<String, FetchError> {
    let mut registry = Registry { http, source, reference, authorization: None, patience };
    Ok(registry.tag().await?.replace('_', "+"))
}

fn unreadable(url: &Url, reason: &str) -> FetchError {
    FetchError::Unreadable { url: shown(url), what: "manifest of a chart", reason: reason.to_owned() }
}

fn check(bytes: &[u8], expected: &str, url: &Url) -> Result<(), FetchError> {
    let found = super::remote::digest(&Sha256::digest(bytes));
    if found == expected {
        return Ok(());
    }
    Err(FetchError::Digest { url: shown(url), found, expected: expected.to_owned() })
}

impl Registry<'_> {
    fn url(&self, rest: &str) -> Result<Url, FetchError> {
        let scheme = if self.source.plain_http { "http" } else { "https" };
        let text = format!("{scheme}://{}/v2/{}/{rest}", self.reference.host, self.reference.path);
        Url::parse(&text).map_err(|error| FetchError::Address { text, reason: error.to_string() })
    }

    /// A blob that has the digest it is asked for by.
    async fn blob(&mut self, digest: &str, limit: u64) -> Result<Bytes, FetchError> {
        let url = self.url(&format!("blobs/{digest}"))?;
        let reply = self.get(&url, "*/*", limit).await?;
        let bytes = reply.body(&url, self.source.credentials.is_some())?;
        check(&bytes, digest, &url)?;
        Ok(bytes)
    }

    /// The tag of the version that is meant.
    async fn tag(&mut self) -> Result<String, FetchError> {
        let wanted = self.source.version.as_deref().unwrap_or_default();
        let exact = wanted.strip_prefix('v').unwrap_or(wanted).split('.').count() == 3
            && Version::parse(wanted).is_ok();
        if exact {
            return Ok(wanted.replace('+', "_"));
        }
        let mut tags: Vec<String> = Vec::new();
        let mut next = Some(self.url("tags/list")?);
        let mut pages = 0;
        while let Some(url) = next.take() {
            let reply = self.get(&url, "application/json", LARGEST_TEXT).await?;
            let link = reply.headers.get("link").and_then(|value| value.to_str().ok()).map(str::to_owned);
            let body = reply.body(&url, self.source.credentials.is_some())?;
            let page: Value = serde_json::from_slice(&body).map_err(|error| FetchError::Unreadable {
                url: shown(&url),
                what: "list of tags",
                reason: error.to_string(),
            })?;
            let found = page["tags"].as_array().map(Vec::as_slice).unwrap_or_default();
            tags.extend(found.iter().filter_map(Value::as_str).map(str::to_owned));
            pages += 1;
            // A list without an end is none.
            if pages < 1000 {
                next = link.as_deref().and_then(next_page).and_then(|rest| url.join(rest).ok());
            }
        }
        // As Helm does, only tags that are a version to the letter count: `latest` is none, nor is `v1.2`.
        let strict = |text: &String| Version::parse(text).is_ok_and(|version| version.to_string() == *text);
        let versions: Vec<String> = tags.iter().map(|tag| tag.replace('_', "+")).filter(strict).collect();
        let known: Vec<&str> = versions.iter().map(String::as_str).collect();
        match select(&known, wanted, self.source.devel)? {
            Some(at) => Ok(versions[at].replace('+', "_")),
            None => Err(FetchError::NoVersion {
                place: format!("oci://{}", self.reference.host),
                name: self.reference.name().to_owned(),
                wanted: wanted.to_owned(),
                known: highest(&known),
            }),
        }
    }

    /// Asks, and once more with what the registry wants to see.
    async fn get(&mut self, url: &Url, accept: &str, limit: u64) -> Result<Reply, FetchError> {
        let http = self.http;
        let reply = http.get(url, accept, self.authorization.as_ref(), limit, self.patience).await?;
        if reply.status != 401 {
            return Ok(reply);
        }
        let challenges = reply.headers.get_all(WWW_AUTHENTICATE).iter();
        let challenges: Vec<String> =
            challenges.filter_map(|value| value.to_str().ok()).map(str::to_owned).collect();
        let Some(authorization) = self.answer(url, &challenges).await? else { return Ok(reply) };
        self.authorization = Some(authorization);
        http.get(url, accept, self.authorization.as_ref(), limit, self.patience).await
    }

    /// What answers a challenge; nothing where there is no answer to it.
    async fn answer(&self, url: &Url, challenges: &[String]) -> Result<Option<HeaderValue>, FetchError> {
        for challenge in challenges {
            let (scheme, rest) = challenge.split_once(' ').unwrap_or((challenge, ""));
            if scheme.eq_ignore_ascii_case("basic") {
                if let Some(credentials) = &self.source.credentials {
                    return Ok(basic(credentials));
                }
            } else if scheme.eq_ignore_ascii_case("bearer") {
                return self.token(url, rest).await;
            }
        }
        Ok(None)
    }

    async fn token(&self, url: &Url, challenge: &str) -> Result<Option<HeaderValue>, FetchError> {
        let Some(realm) = parameter(challenge, "realm") else { return Ok(None) };
        let mut asked = url
            .join(&realm)
            .map_err(|error| FetchError::Address { text: realm.clone(), reason: error.to_string() })?;
        let service = parameter(challenge, "service");
        let scope = parameter(challenge, "scope")
            .unwrap_or_else(|| format!("repository:{}:pull", self.reference.path));
        {
            let mut query = asked.query_pairs_mut();
            if let Some(service) = service {
                query.append_pair("service", &service);
            }
            query.append_pair("scope", &scope);
        }
        let credentials = self.source.credentials.as_ref().and_then(basic);
        let reply = self
            .http
            .get(&asked, "application/json", credentials.as_ref(), LARGEST_TEXT, self.patience)
            .await?;
        let body = reply.body(&asked, self.source.credentials.is_some())?;
        let unreadable = |reason: &str| FetchError::Unreadable {
            url: shown(&asked),
            what: "token",
            reason: reason.to_owned(),
        };
        let answer: Value = serde_json::from_slice(&body).map_err(|error| unreadable(&error.to_string()))?;
        let token = ["token", "access_token"].into_iter().find_map(|name| answer[name].as_str());
        token.map(bearer).ok_or_else(|| unreadable("there is no token in it"))
    }
}

/// A parameter of a challenge, quoted or not.
fn parameter(challenge: &str, name: &str) -> Option<String> {
    let mut rest = challenge;
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=')?;
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_at(after.find(',').unwrap_or(after.len())),
        };
        if key.trim_matches([' ', ',']).eq_ignore_ascii_case(name) {
            return Some(value.to_owned());
        }
        rest = after.trim_start_matches([' ', ',']);
    }
    None
}

/// The next page of a list: `<ADDRESS>; rel="next"`.
fn next_page(link: &str) -> Option<&str> {
    let (address, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
    rest.contains("next").then_some(address)
}

#[cfg(test)]
mod tests {
    use super::{Reference, next_page, parameter};

    #[test]
    fn a_reference_is_taken_apart() {
        let plain = Reference::parse("host:5000/a/b").unwrap();
        assert_eq!((plain.host.as_str(), plain.path.as_str(), plain.name()), ("host:5000", "a/b", "b"));
        let whole = Reference::parse("host/a:1.0.0@sha256:ab").unwrap();
        assert_eq!((whole.tag.as_deref(), whole.digest.as_deref()), (Some("1.0.0"), Some("sha256:ab")));
        for bad in ["host", "/a", "host/", "host/a@md5:ab"] {
            assert!(Reference::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn challenges_and_links_are_read() {
        let challenge = r#"realm="https://a/token",service="b c",scope="repository:d:pull,push",plain=e"#;
        assert_eq!(parameter(challenge, "realm").as_deref(), Some("https://a/token"));
        assert_eq!(parameter(challenge, "scope").as_deref(), Some("repository:d:pull,push"));
        assert_eq!(parameter(challenge, "plain").as_deref(), Some("e"));
        assert_eq!(parameter(challenge, "none"), None);
        assert_eq!(
            next_page("</v2/a/tags/list?n=1&last=b>; rel=\"next\""),
            Some("/v2/a/tags/list?n=1&last=b")
        );
        assert_eq!(next_page("nothing"), None);
    }
}
