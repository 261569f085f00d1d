//! A client of the `kube` crate over our own connections, logged in, and made anew when its credential ends.

use std::sync::Arc;
use std::time::Duration;

use hyper::header::{AUTHORIZATION, HeaderName, HeaderValue};
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use kube::client::{Body, ConfigExt as _};
use kube::config::AuthProviderConfig;
use tokio::sync::Mutex;
use tower::{BoxError, ServiceBuilder};
use url::Url;

use super::super::access::{Access, Channel};
use super::super::error::{Expired, KubeError};
use super::certificate::Dates;
use super::dial::{Dialer, NoWay};
use super::fault;
use super::login::{Shows, log_in};
use super::target::{Identity, Target, wrong};
use super::tls;

/// How long an unused connection is kept: less than the idle timeouts of common load balancers (Azure's 4 minutes).
const IDLE: Duration = Duration::from_secs(90);

/// The way to one server, with a login.
pub(in crate::kube) struct Session {
    pub(in crate::kube) target: Target,
    servers: Vec<Url>,
    channel: Option<Channel>,
    impersonation: Vec<(HeaderName, HeaderValue)>,
    open: Mutex<Option<Arc<Open>>>,
}

/// A login that holds.
pub(in crate::kube) struct Open {
    client: kube::Client,
    headers: Vec<(HeaderName, HeaderValue)>,
    shows: Shows,
}

/// Why there is no answer.
#[derive(Debug)]
pub(in crate::kube) enum Silence {
    /// No way led to the server, or the connection ended.
    Unreachable {
        tried: Vec<(String, String)>,
        perhaps_sent: bool,
        /// Whether trying again at once would only wait as long once more.
        slow: bool,
    },
    /// Anything that a retry does not mend.
    Error(KubeError),
}

// === impl Session ===

impl Session {
    /// Reads the kubeconfig and the files that it names; no network, no program.
    pub(in crate::kube) fn new(access: &Access) -> Result<Self, KubeError> {
        let target = Target::read(access)?;
        // What cannot be used is said now and not at the first request.
        let client = match &target.identity {
            Identity::Certificate { chain, key } => {
                let shown = tls::shown(chain, key.expose().as_bytes())
                    .map_err(|reason| wrong("kubeconfig", reason))?;
                Some(shown)
            }
            _ => None,
        };
        Dialer::new(&target, &access.servers, access.channel.clone(), tls::config(&target, client)?)?;
        let impersonation = target
            .impersonation
            .iter()
            .map(|(name, value)| {
                Ok((HeaderName::try_from(name.as_str())?, HeaderValue::try_from(value.as_str())?))
            })
            .collect::<Result<_, hyper::http::Error>>()
            .map_err(|_| wrong("kubeconfig", "whom to act as cannot be sent in a header"))?;
        let (servers, channel) = (access.servers.clone(), access.channel.clone());
        Ok(Self { target, servers, channel, impersonation, open: Mutex::new(None) })
    }

    /// The login, made where there is none or it ends.
    pub(in crate::kube) async fn open(&self) -> Result<Arc<Open>, KubeError> {
        let mut open = self.open.lock().await;
        match open.as_ref() {
            Some(good) if !good.shows.is_stale() => Ok(Arc::clone(good)),
            _ => {
                let fresh = Arc::new(self.log_in().await?);
                *open = Some(Arc::clone(&fresh));
                Ok(fresh)
            }
        }
    }

    /// Forgets a login that the server does not take; says whether another one may be had.
    pub(in crate::kube) async fn refused(&self, refused: &Arc<Open>) -> bool {
        let mut open = self.open.lock().await;
        if open.as_ref().is_some_and(|current| Arc::ptr_eq(current, refused)) {
            *open = None;
        }
        matches!(self.target.identity, Identity::Plugin(_) | Identity::TokenFile(_))
    }

    async fn log_in(&self) -> Result<Open, KubeError> {
        let mut shows = log_in(&self.target).await?;
        let tls = tls::config(&self.target, shows.certificate.take())?;
        let dialer = Dialer::new(&self.target, &self.servers, self.channel.clone(), tls)?;
        let http = legacy::Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_timer(TokioTimer::new())
            .build::<_, Body>(dialer);
        let layer = match &self.target.identity {
            Identity::Oidc(settings) => Some(Self::oidc(settings.clone())?),
            _ => None,
        };
        let service = ServiceBuilder::new().option_layer(layer).map_err(BoxError::from).service(http);
        let mut headers = self.impersonation.clone();
        headers.extend(shows.authorization.clone().map(|header| (AUTHORIZATION, header)));
        Ok(Open { client: kube::Client::new(service, "default"), headers, shows })
    }

    /// OpenID Connect as the kube crate does it: the token of the kubeconfig while it holds, then a new
    /// one by its refresh token.
    fn oidc(
        settings: std::collections::HashMap<String, String>,
    ) -> Result<kube::client::middleware::AuthLayer, KubeError> {
        let source_name = match settings.get("idp-issuer-url") {
            Some(issuer) => format!("OpenID Connect issuer {issuer}"),
            None => "OpenID Connect".to_owned(),
        };
        // The kube crate's own TLS to the issuer takes the process's crypto; whoever set one before wins.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let mut config = kube::Config::new(hyper::Uri::from_static("https://localhost"));
        config.auth_info.auth_provider = Some(AuthProviderConfig {
            name: "oidc".to_owned(),
            config: settings,
            ..AuthProviderConfig::default()
        });
        match config.auth_layer() {
            Ok(Some(layer)) => Ok(layer),
            Ok(None) => {
                Err(KubeError::Login { source_name, reason: "it gave no token".to_owned(), passing: false })
            }
            Err(error) => Err(KubeError::Login { source_name, reason: fault::words(&error), passing: false }),
        }
    }
}

// === impl Open ===

impl Open {
    /// Sends one request, once.
    pub(in crate::kube) async fn send(
        &self,
        session: &Session,
        mut request: hyper::Request<Body>,
    ) -> Result<hyper::Response<Body>, Silence> {
        for (name, value) in &self.headers {
            request.headers_mut().append(name, value.clone());
        }
        self.client.send(request).await.map_err(|error| silence(session, &error))
    }

    /// What is wrong with the dates of the certificate that is shown.
    pub(in crate::kube) fn expired(&self) -> Option<Expired> {
        self.shows.dates.and_then(Dates::expired)
    }
}

fn silence(session: &Session, error: &(dyn std::error::Error + 'static)) -> Silence {
    if let Some(problem) = fault::tls(error) {
        return Silence::Error(KubeError::Tls { server: session.target.server_name_for_people(), problem });
    }
    if let Some(NoWay { tried, slow }) = fault::cause::<NoWay>(error) {
        return Silence::Unreachable { tried: tried.clone(), perhaps_sent: false, slow: *slow };
    }
    if let (Identity::Oidc(settings), Some(kube::client::AuthError::Oidc(_))) =
        (&session.target.identity, fault::cause::<kube::client::AuthError>(error))
    {
        let issuer = settings.get("idp-issuer-url").map_or("", String::as_str);
        let source_name = format!("OpenID Connect issuer {issuer}");
        return Silence::Error(KubeError::Login { source_name, reason: fault::words(error), passing: true });
    }
    let perhaps_sent = fault::cause::<legacy::Error>(error).is_none_or(|error| !error.is_connect());
    let way = session.target.server_name_for_people();
    Silence::Unreachable { tried: vec![(way, fault::words(error))], perhaps_sent, slow: false }
}
