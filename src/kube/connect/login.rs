//! Who we are, at this moment: the header and the certificate that a request shows.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::HeaderValue;
use time::OffsetDateTime;

use super::super::error::KubeError;
use super::certificate::Dates;
use super::exec;
use super::target::{Identity, Target};
use super::tls::{Shown, shown};

/// How long a token from a file is used before the file is read again: a minute, as Go's client does.
const FILE: Duration = Duration::from_secs(60);

/// How long before its end a credential is renewed.
const MARGIN: Duration = Duration::from_secs(60);

/// What is shown to the server.
pub(super) struct Shows {
    /// The `Authorization` header.
    pub(super) authorization: Option<HeaderValue>,
    /// Certificates and key.
    pub(super) certificate: Option<Shown>,
    /// The dates of that certificate.
    pub(super) dates: Option<Dates>,
    /// When it is to be made anew.
    pub(super) until: Option<OffsetDateTime>,
}

impl Shows {
    fn authorization(header: HeaderValue, until: Option<OffsetDateTime>) -> Self {
        Self { authorization: Some(header), certificate: None, dates: None, until }
    }

    /// Whether it is about to end.
    pub(super) fn is_stale(&self) -> bool {
        self.until.is_some_and(|until| crate::time::now() + MARGIN >= until)
    }
}

/// Logs in. OpenID Connect shows nothing here: it has a layer of its own.
pub(super) async fn log_in(target: &Target) -> Result<Shows, KubeError> {
    let place = "token";
    match &target.identity {
        Identity::Anonymous | Identity::Oidc(_) => {
            Ok(Shows { authorization: None, certificate: None, dates: None, until: None })
        }
        Identity::Token(token) => Ok(Shows::authorization(bearer(token.expose(), place)?, None)),
        Identity::TokenFile(file) => {
            let source_name = format!("token file {file:?}");
            let text = tokio::fs::read_to_string(file).await.map_err(|error| KubeError::Login {
                source_name: source_name.clone(),
                reason: error.to_string(),
                passing: false,
            })?;
            let until = crate::time::now() + FILE + MARGIN;
            Ok(Shows::authorization(bearer(text.trim(), &source_name)?, Some(until)))
        }
        Identity::Password(name, password) => {
            let text = format!("Basic {}", STANDARD.encode(format!("{name}:{}", password.expose())));
            Ok(Shows::authorization(header(text, "user name and password")?, None))
        }
        Identity::Certificate { chain, key } => {
            let certificate = shown(chain, key.expose().as_bytes())
                .map_err(|reason| KubeError::Kubeconfig { place: "kubeconfig".to_owned(), reason })?;
            Ok(Shows {
                authorization: None,
                dates: dates(&certificate),
                certificate: Some(certificate),
                until: None,
            })
        }
        Identity::Plugin(plugin) => {
            let credential = exec::run(plugin, &target.cluster).await?;
            let source_name = format!("plugin {:?}", plugin.command);
            let authorization =
                credential.token.map(|token| bearer(token.expose().trim(), &source_name)).transpose()?;
            let dates = credential.certificate.as_ref().and_then(dates);
            Ok(Shows { authorization, dates, certificate: credential.certificate, until: credential.until })
        }
    }
}

fn dates(shown: &Shown) -> Option<Dates> {
    shown.0.first().and_then(Dates::of)
}

fn bearer(token: &str, source_name: &str) -> Result<HeaderValue, KubeError> {
    header(format!("Bearer {token}"), source_name)
}

fn header(text: String, source_name: &str) -> Result<HeaderValue, KubeError> {
    let mut header = HeaderValue::try_from(text).map_err(|_| KubeError::Login {
        source_name: source_name.to_owned(),
        reason: "it holds characters that cannot be sent".to_owned(),
        passing: false,
    })?;
    header.set_sensitive(true);
    Ok(header)
}
