//! What one context of a kubeconfig says: the server, whom to trust, and how to log in.
//!
//! Files are read here, once, when the client is opened; token files are read again while it runs.

use std::collections::HashMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::CertificateDer;
use serde::Deserialize;
use url::Url;

use super::super::access::Access;
use super::super::error::KubeError;
use crate::https;
use crate::secret::Secret;

/// One server and one user.
pub(in crate::kube) struct Target {
    /// The API server, perhaps with a path.
    pub(in crate::kube) server: Url,
    /// The only authorities that are trusted; `None` for those of the machine.
    pub(super) authorities: Option<Vec<CertificateDer<'static>>>,
    /// The name that the server's certificate must be for, where it is not the server's own.
    pub(super) server_name: Option<String>,
    /// Whether any certificate of the server will do.
    pub(super) unverified: bool,
    /// The proxy, checked to be one that is understood.
    pub(super) proxy: Option<Url>,
    /// Who we are.
    pub(super) identity: Identity,
    /// Headers that ask to act as somebody else.
    pub(super) impersonation: Vec<(String, String)>,
    /// What an exec plugin is told of the cluster.
    pub(super) cluster: ClusterEntry,
}

/// Who we are, in the order in which a kubeconfig's fields win.
#[derive(Debug)]
pub(super) enum Identity {
    /// Nobody.
    Anonymous,
    /// By a certificate and its key, in PEM form.
    Certificate { chain: Vec<u8>, key: Secret },
    /// By a token.
    Token(Secret),
    /// By a token in a file, which others renew.
    TokenFile(String),
    /// By name and password.
    Password(String, Secret),
    /// By what a program says.
    Plugin(Plugin),
    /// By OpenID Connect, whose settings these are.
    Oidc(HashMap<String, String>),
}

/// The `exec` of a user.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Plugin {
    pub(super) api_version: String,
    pub(super) command: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub(super) args: Vec<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub(super) env: Vec<Variable>,
    #[serde(default)]
    pub(super) install_hint: Option<String>,
    #[serde(default)]
    pub(super) provide_cluster_info: bool,
    #[serde(default)]
    pub(super) interactive_mode: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Document {
    #[serde(default)]
    current_context: Option<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    clusters: Vec<Named>,
    #[serde(default, deserialize_with = "null_is_empty")]
    contexts: Vec<Named>,
    #[serde(default, deserialize_with = "null_is_empty")]
    users: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    #[serde(flatten)]
    rest: HashMap<String, serde_norway::Value>,
}

#[derive(Default, Deserialize)]
struct ContextEntry {
    #[serde(default)]
    cluster: String,
    #[serde(default)]
    user: String,
}

/// The `cluster` of an entry.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct ClusterEntry {
    #[serde(default)]
    pub(super) server: String,
    #[serde(default)]
    pub(super) tls_server_name: Option<String>,
    #[serde(default)]
    pub(super) insecure_skip_tls_verify: bool,
    #[serde(default)]
    certificate_authority: Option<String>,
    #[serde(default)]
    pub(super) certificate_authority_data: Option<String>,
    #[serde(default)]
    pub(super) proxy_url: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct UserEntry {
    client_certificate: Option<String>,
    client_certificate_data: Option<String>,
    client_key: Option<String>,
    client_key_data: Option<String>,
    token: Option<String>,
    #[serde(rename = "tokenFile")]
    token_file: Option<String>,
    username: Option<String>,
    password: Option<String>,
    #[serde(rename = "as")]
    act_as: Option<String>,
    as_uid: Option<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    as_groups: Vec<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    as_user_extra: HashMap<String, Vec<String>>,
    exec: Option<Plugin>,
    auth_provider: Option<Provider>,
}

#[derive(Deserialize)]
struct Provider {
    name: String,
    #[serde(default)]
    config: HashMap<String, String>,
}

// === impl Target ===

impl Target {
    /// Reads what the access says.
    pub(in crate::kube) fn read(access: &Access) -> Result<Self, KubeError> {
        let document = Document::parse(access.kubeconfig.expose())?;
        let context = match access.context.as_deref().filter(|name| !name.is_empty()) {
            Some(name) => name.to_owned(),
            None => document
                .current_context
                .clone()
                .filter(|name| !name.is_empty())
                .ok_or_else(|| wrong("kubeconfig", "it has no current context, and none is chosen"))?,
        };
        let place = format!("context {context:?}");
        let chosen: ContextEntry = entry(&document.contexts, &context, "context", &place)?
            .ok_or_else(|| unknown(&place, "the kubeconfig has no such context", &document.contexts))?;
        let place = format!("cluster {:?}", chosen.cluster);
        let cluster: ClusterEntry = entry(&document.clusters, &chosen.cluster, "cluster", &place)?
            .ok_or_else(|| unknown(&place, "the kubeconfig has no such cluster", &document.clusters))?;
        // A user that is not there is nobody, as for kubectl.
        let user_place = format!("user {:?}", chosen.user);
        let user: UserEntry = entry(&document.users, &chosen.user, "user", &user_place)?.unwrap_or_default();

        let server = server(&cluster, &place)?;
        let authorities = cluster.authorities(&place)?;
        if cluster.insecure_skip_tls_verify && authorities.is_some() {
            return Err(wrong(
                &place,
                "insecure-skip-tls-verify and a certificate authority exclude each other",
            ));
        }
        let proxy = match (&access.proxy, cluster.proxy_url.as_deref().filter(|url| !url.is_empty())) {
            (Some(proxy), _) => Some(understood(proxy.clone(), "proxy")?),
            (None, Some(text)) => {
                let proxy = Url::parse(text).map_err(|error| wrong(&place, format!("proxy-url: {error}")))?;
                Some(understood(proxy, &place)?)
            }
            (None, None) => None,
        };
        Ok(Self {
            server,
            authorities,
            server_name: cluster.tls_server_name.clone().filter(|name| !name.is_empty()),
            unverified: cluster.insecure_skip_tls_verify,
            proxy,
            impersonation: user.impersonation(),
            identity: user.identity(&user_place)?,
            cluster,
        })
    }

    /// The server as errors name it: without a user or a query.
    pub(in crate::kube) fn server_name_for_people(&self) -> String {
        let mut shown = self.server.clone();
        // Both succeed for an address with a host, which `server` has made sure of.
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        shown.set_query(None);
        shown.as_str().trim_end_matches('/').to_owned()
    }
}

impl Document {
    fn parse(text: &str) -> Result<Self, KubeError> {
        if text.trim().is_empty() {
            return Err(wrong("kubeconfig", "it is empty"));
        }
        // The YAML crate's own texts can quote the input, so only the place of the fault is passed on.
        let at = |error: &serde_norway::Error| match error.location() {
            Some(place) => wrong(
                "kubeconfig",
                format!("it is not valid (line {}, column {})", place.line(), place.column()),
            ),
            None => wrong("kubeconfig", "it is not valid"),
        };
        let mut value: serde_norway::Value = serde_norway::from_str(text).map_err(|error| at(&error))?;
        value.apply_merge().map_err(|error| at(&error))?;
        if !value.is_mapping() {
            return Err(wrong("kubeconfig", "it is no mapping of clusters, contexts and users"));
        }
        serde_norway::from_value(value)
            .map_err(|_| wrong("kubeconfig", "clusters, contexts and users must be lists of named entries"))
    }
}

/// The entry of a name, read as what it must be.
fn entry<T: serde::de::DeserializeOwned>(
    list: &[Named],
    name: &str,
    key: &'static str,
    place: &str,
) -> Result<Option<T>, KubeError> {
    let Some(found) = list.iter().find(|entry| entry.name == name) else {
        return Ok(None);
    };
    let Some(value) = found.rest.get(key).filter(|value| !value.is_null()) else {
        return Err(wrong(place, format!("its entry has no {key}")));
    };
    // The text of the error could quote a secret.
    let read = serde_norway::from_value(value.clone())
        .map_err(|_| wrong(place, "a field of it has another type than kubeconfigs have there"))?;
    Ok(Some(read))
}

fn server(cluster: &ClusterEntry, place: &str) -> Result<Url, KubeError> {
    let text = if cluster.server.contains("://") {
        cluster.server.clone()
    } else {
        format!("https://{}", cluster.server)
    };
    let url =
        Url::parse(&text).map_err(|error| wrong(place, format!("server {:?}: {error}", cluster.server)))?;
    match url.scheme() {
        "https" | "http" if url.has_host() => Ok(url),
        _ => Err(wrong(place, format!("server {:?} is no https:// address", cluster.server))),
    }
}

fn understood(proxy: Url, place: &str) -> Result<Url, KubeError> {
    match proxy.scheme() {
        "http" | "socks5" | "socks5h" if proxy.has_host() => Ok(proxy),
        scheme => Err(wrong(place, format!("a proxy is http:// or socks5://, not {scheme}://"))),
    }
}

// === impl entries ===

impl ClusterEntry {
    fn authorities(&self, place: &str) -> Result<Option<Vec<CertificateDer<'static>>>, KubeError> {
        let field = "certificate-authority";
        let Some(pem) = data_or_file(
            self.certificate_authority_data.as_deref(),
            self.certificate_authority.as_deref(),
            field,
            place,
        )?
        else {
            return Ok(None);
        };
        https::certificates(&pem).map(Some).map_err(|reason| wrong(place, format!("{field}: {reason}")))
    }
}

impl UserEntry {
    fn identity(self, place: &str) -> Result<Identity, KubeError> {
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        let chain = data_or_file(
            self.client_certificate_data.as_deref(),
            self.client_certificate.as_deref(),
            "client-certificate",
            place,
        )?;
        let key =
            data_or_file(self.client_key_data.as_deref(), self.client_key.as_deref(), "client-key", place)?;
        // A token beside a certificate is what the server looks at first; both are rare and the token is newer.
        if let Some(token) = filled(self.token) {
            return Ok(Identity::Token(Secret::new(token.trim())));
        }
        if let Some(file) = filled(self.token_file) {
            absolute(&file, "tokenFile", place)?;
            return Ok(Identity::TokenFile(file));
        }
        match (chain, key) {
            (Some(chain), Some(key)) => {
                let key =
                    String::from_utf8(key).map_err(|_| wrong(place, "client-key is not in PEM form"))?;
                return Ok(Identity::Certificate { chain, key: Secret::new(key) });
            }
            (Some(_), None) => {
                return Err(wrong(place, "it has a client-certificate without its client-key"));
            }
            (None, Some(_)) => {
                return Err(wrong(place, "it has a client-key without its client-certificate"));
            }
            (None, None) => {}
        }
        if let (Some(name), Some(password)) = (filled(self.username), filled(self.password)) {
            return Ok(Identity::Password(name, Secret::new(password)));
        }
        if let Some(plugin) = self.exec {
            let known = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];
            if !known.contains(&plugin.api_version.as_str()) {
                return Err(wrong(place, format!("exec: unknown apiVersion {:?}", plugin.api_version)));
            }
            if plugin.interactive_mode.as_deref() == Some("Always") {
                return Err(wrong(
                    place,
                    "exec: its plugin wants to ask at a terminal (interactiveMode Always), and a provider has none",
                ));
            }
            return Ok(Identity::Plugin(plugin));
        }
        match self.auth_provider {
            Some(Provider { name, config }) if name == "oidc" => Ok(Identity::Oidc(config)),
            Some(Provider { name, .. }) => Err(wrong(
                place,
                format!("auth-provider {name:?} is no longer part of Kubernetes; use its exec plugin"),
            )),
            None => Ok(Identity::Anonymous),
        }
    }

    fn impersonation(&self) -> Vec<(String, String)> {
        let mut headers = Vec::new();
        let mut add = |name: &str, value: &str| headers.push((name.to_owned(), value.to_owned()));
        if let Some(name) = &self.act_as {
            add("Impersonate-User", name);
        }
        if let Some(uid) = &self.as_uid {
            add("Impersonate-Uid", uid);
        }
        for group in &self.as_groups {
            add("Impersonate-Group", group);
        }
        for (key, values) in &self.as_user_extra {
            let name = format!("Impersonate-Extra-{}", escaped(key));
            for value in values {
                add(&name, value);
            }
        }
        headers
    }
}

/// A key of extra data as a part of a header's name: what may not stand there is percent-encoded.
fn escaped(key: &str) -> String {
    key.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// What a kubeconfig holds in itself, which wins, or names as a file.
fn data_or_file(
    data: Option<&str>,
    file: Option<&str>,
    field: &str,
    place: &str,
) -> Result<Option<Vec<u8>>, KubeError> {
    if let Some(data) = data.filter(|data| !data.is_empty()) {
        let text: String = data.split_whitespace().collect();
        return STANDARD
            .decode(text)
            .map(Some)
            .map_err(|_| wrong(place, format!("{field}-data is not base64")));
    }
    let Some(file) = file.filter(|file| !file.is_empty()) else {
        return Ok(None);
    };
    absolute(file, field, place)?;
    std::fs::read(file).map(Some).map_err(|error| wrong(place, format!("{field} {file:?}: {error}")))
}

fn absolute(file: &str, field: &str, place: &str) -> Result<(), KubeError> {
    if Path::new(file).is_absolute() {
        return Ok(());
    }
    let reason = format!(
        "{field} {file:?} is a relative path, and a kubeconfig that is given as text has no folder; \
         `kubectl config view --raw --flatten` puts the files into the kubeconfig"
    );
    Err(wrong(place, reason))
}

fn null_is_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

pub(super) fn wrong(place: &str, reason: impl Into<String>) -> KubeError {
    KubeError::Kubeconfig { place: place.to_owned(), reason: reason.into() }
}

fn unknown(place: &str, reason: &str, known: &[Named]) -> KubeError {
    let names: Vec<&str> = known.iter().map(|entry| entry.name.as_str()).collect();
    let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    wrong(place, format!("{reason}; it has: {names}"))
}
