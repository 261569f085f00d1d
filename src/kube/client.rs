//! The client of one cluster.

use std::sync::Arc;
use std::time::Duration;

use hyper::Method;
use serde_json::Value;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use super::access::Access;
use super::connect::Session;
use super::discovery::Discovery;
use super::error::{Asked, KubeError};
use super::kind::{Kind, Scope};
use super::request::{Answer, Request};
use crate::time::Patience;

/// A client of one cluster. Cheap to clone; clones share connections, login and discovery.
///
/// Each call has a limit of its own (65 s), is sent again where that is harmless, and ends with the
/// patience that [`Client::within`] gave it. A call that is dropped is given up; what it did is then unknown.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    pub(super) patience: Patience,
}

struct Inner {
    session: Session,
    version: OnceCell<ServerVersion>,
    cluster_uid: OnceCell<String>,
    discovery: Discovery,
}

/// What a server says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerVersion {
    /// Such as `1`.
    pub major: String,
    /// Such as `36`; some clouds write `36+`.
    pub minor: String,
    /// Such as `v1.36.3` or `v1.33.4+k3s1`.
    pub git_version: String,
}

/// How long a client waits that was given no patience: a day, which no operation of a host lasts.
const UNBOUNDED: Duration = Duration::from_secs(24 * 60 * 60);

// === impl Client ===

impl Client {
    /// Reads what the access says. No network is read and no program is run before the first call.
    ///
    /// # Errors
    /// [`KubeError::Kubeconfig`] names the entry of the kubeconfig that cannot be used, and why.
    pub fn open(access: &Access) -> Result<Self, KubeError> {
        let inner = Inner {
            session: Session::new(access)?,
            version: OnceCell::new(),
            cluster_uid: OnceCell::new(),
            discovery: Discovery::default(),
        };
        Ok(Self { inner: Arc::new(inner), patience: Patience::new(UNBOUNDED, CancellationToken::new()) })
    }

    /// The same client for one operation: its calls, their retries and pauses end with it.
    #[must_use]
    pub fn within(&self, patience: &Patience) -> Self {
        Self { inner: Arc::clone(&self.inner), patience: patience.clone() }
    }

    /// The server of the kubeconfig, such as `https://10.0.0.4:6443`.
    pub fn server(&self) -> String {
        self.session().target.server_name_for_people()
    }

    /// What the server says of itself; asked once.
    ///
    /// # Errors
    /// As every call. Nobody needs rights for it.
    pub async fn version(&self) -> Result<ServerVersion, KubeError> {
        let ask = async || {
            let asked = Asked::new("read", "/version");
            let answer = self.ask(&self.request(Method::GET, &["version"], asked.clone())).await?;
            let read = answer.json(&asked)?;
            let text = |key: &str| read[key].as_str().unwrap_or_default().to_owned();
            Ok(ServerVersion { major: text("major"), minor: text("minor"), git_version: text("gitVersion") })
        };
        self.inner.version.get_or_try_init(ask).await.cloned()
    }

    /// The uid of the namespace kube-system, which tells clusters apart; asked once.
    ///
    /// # Errors
    /// As every call; [`KubeError::Forbidden`] where the user may not read that namespace.
    pub async fn cluster_uid(&self) -> Result<String, KubeError> {
        let ask = async || {
            let at = Kind::new("v1", "Namespace", "namespaces", Scope::Cluster).at(None, "kube-system");
            let asked = Asked::new("get", &at);
            let missing =
                |reason: &str| KubeError::Answer { asked: asked.clone(), reason: reason.to_owned() };
            let found = self.get(&at).await?.here().ok_or_else(|| missing("there is no such namespace"))?;
            found["metadata"]["uid"].as_str().map(str::to_owned).ok_or_else(|| missing("it has no uid"))
        };
        self.inner.cluster_uid.get_or_try_init(ask).await.cloned()
    }

    pub(super) fn session(&self) -> &Session {
        &self.inner.session
    }

    pub(super) fn discovery(&self) -> &Discovery {
        &self.inner.discovery
    }

    pub(super) fn request(&self, method: Method, segments: &[&str], asked: Asked) -> Request {
        Request::new(&self.session().target.server, method, segments, asked)
    }
}

impl Answer {
    pub(super) fn json(&self, asked: &Asked) -> Result<Value, KubeError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            let reason = format!("it is no JSON ({place}), its type is {:?}", self.content_type);
            KubeError::Answer { asked: asked.clone(), reason }
        })
    }
}
