//! Access tokens: which credential is used, and one token for all callers.

mod assertion;
mod authority;
mod certificate;
mod cli;
mod managed_identity;
mod oidc;

use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::endpoints::Endpoints;
use super::http::{NoAnswer, Transport};
use super::retry::{self, Chance};
use super::settings::Settings;
use crate::cloud::CloudError;
use crate::secret::Secret;
use crate::time::{Ended, Patience};

/// How long before its end a token is replaced.
const MARGIN: Duration = Duration::from_secs(300);
/// How often an authority is asked for one token.
const TRIES: u32 = 4;

/// A token as a source gave it.
#[derive(Debug)]
struct Issued {
    token: Secret,
    lifetime: Duration,
}

/// Why a source gave none.
#[derive(Debug)]
enum Failure {
    /// Final: it was refused, or something of the configuration is missing.
    Final(CloudError),
    /// The authority did not answer, or not now.
    Passing(CloudError),
}

impl From<CloudError> for Failure {
    fn from(error: CloudError) -> Self {
        Self::Final(error)
    }
}

/// What every source needs.
struct Desk {
    settings: Settings,
    endpoints: Endpoints,
    transport: Arc<Transport>,
    metadata: Transport,
}

/// A credential, in the order in which they are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Certificate,
    Secret,
    Oidc,
    ManagedIdentity,
    Cli,
}

impl Source {
    /// In the user's words.
    const fn name(self) -> &'static str {
        match self {
            Self::Certificate => "client certificate",
            Self::Secret => "client secret",
            Self::Oidc => "OIDC token",
            Self::ManagedIdentity => "managed identity",
            Self::Cli => "Azure CLI",
        }
    }

    /// The provider argument to look at.
    const fn argument(self) -> &'static str {
        match self {
            Self::Certificate => "client_certificate_path",
            Self::Secret => "client_secret",
            Self::Oidc => "use_oidc",
            Self::ManagedIdentity => "use_msi",
            Self::Cli => "use_cli",
        }
    }

    /// The first that is configured.
    fn of(settings: &Settings) -> Option<Self> {
        let secret = |text: &Option<Secret>| text.as_ref().is_some_and(|text| !text.is_empty());
        if settings.client_certificate_path.is_some() {
            return Some(Self::Certificate);
        }
        if secret(&settings.client_secret) {
            return Some(Self::Secret);
        }
        // A token or its file is set for this purpose; CI systems set the request address for everyone.
        let given = secret(&settings.oidc_token) || settings.oidc_token_file_path.is_some();
        if settings.use_oidc.unwrap_or(given) {
            return Some(Self::Oidc);
        }
        if settings.use_msi == Some(true) {
            return Some(Self::ManagedIdentity);
        }
        (settings.use_cli != Some(false)).then_some(Self::Cli)
    }
}

struct Held {
    token: Secret,
    renew_at: Instant,
    ends_at: Instant,
}

/// The one login of an account.
pub(super) struct Login {
    desk: Desk,
    chance: Chance,
    held: Mutex<Option<Held>>,
    /// What the last try of all callers came to, where the authority did not answer or not now.
    passing: StdMutex<Option<CloudError>>,
}

impl Login {
    /// Contacts nothing and reads nothing.
    pub(super) fn new(settings: Settings, endpoints: Endpoints, transport: Arc<Transport>) -> Self {
        let desk = Desk { settings, endpoints, transport, metadata: Transport::direct() };
        Self { desk, chance: retry::dice(), held: Mutex::new(None), passing: StdMutex::default() }
    }

    /// A token that is good for some time. Callers that come while one is fetched wait for it.
    pub(super) async fn token(&self, patience: &Patience) -> Result<Secret, CloudError> {
        let mut held = patience.finish(self.held.lock()).await.map_err(|why| self.ended(why))?;
        if let Some(now) = held.as_ref().filter(|held| Instant::now() < held.renew_at) {
            return Ok(now.token.clone());
        }
        match self.fetch(patience).await {
            Ok(issued) => {
                let now = Instant::now();
                let margin = MARGIN.min(issued.lifetime / 2);
                *held = Some(Held {
                    token: issued.token.clone(),
                    renew_at: now + issued.lifetime.saturating_sub(margin),
                    ends_at: now + issued.lifetime,
                });
                Ok(issued.token)
            }
            Err(error) => match held.as_ref().filter(|held| Instant::now() < held.ends_at) {
                // Renewal is early enough to live through an outage of the authority.
                Some(now) => {
                    tracing::warn!(error = %error, "the access token could not be renewed yet");
                    Ok(now.token.clone())
                }
                None => Err(error),
            },
        }
    }

    /// Forgets a token that Azure refused, if it is still the one that is held.
    pub(super) async fn forget(&self, refused: &Secret) {
        let mut held = self.held.lock().await;
        if held.as_ref().is_some_and(|held| held.token == *refused) {
            *held = None;
        }
    }

    async fn fetch(&self, patience: &Patience) -> Result<Issued, CloudError> {
        let Some(source) = Source::of(&self.desk.settings) else { return Err(none_configured()) };
        self.note(None);
        let mut tries = 0;
        loop {
            patience.check().map_err(|why| self.ended(why))?;
            tries += 1;
            tracing::debug!(source = source.name(), tries, "asking for an access token");
            match patience.finish(self.desk.ask(source)).await.map_err(|why| self.ended(why))? {
                Ok(issued) => {
                    self.note(None);
                    return Ok(issued);
                }
                Err(Failure::Final(error)) => {
                    self.note(None);
                    return Err(error);
                }
                Err(Failure::Passing(error)) => {
                    let pause = retry::pause(tries, None, &self.chance);
                    let late = pause >= patience.left() && patience.check() != Err(Ended::Stopped);
                    if tries >= TRIES || late {
                        return Err(error);
                    }
                    self.note(Some(error));
                    patience.pause(pause).await.map_err(|why| self.ended(why))?;
                }
            }
        }
    }

    fn note(&self, passing: Option<CloudError>) {
        *self.passing.lock().unwrap_or_else(PoisonError::into_inner) = passing;
    }

    /// The error of a wait that ended: an authority that did not answer is named, not the time that it cost,
    /// to the caller who asked as well as to those who waited for it.
    fn ended(&self, why: Ended) -> CloudError {
        let passing = self.passing.lock().unwrap_or_else(PoisonError::into_inner).clone();
        passing.filter(|_| why == Ended::Deadline).unwrap_or_else(|| CloudError::Waited {
            what: "an access token".to_owned(),
            last_seen: "no token yet".to_owned(),
            why,
        })
    }
}

impl Desk {
    async fn ask(&self, source: Source) -> Result<Issued, Failure> {
        match source {
            Source::Certificate => self.by_certificate().await,
            Source::Secret => self.by_secret().await,
            Source::Oidc => self.by_oidc().await,
            Source::ManagedIdentity => self.by_managed_identity().await,
            Source::Cli => self.by_cli("az").await,
        }
    }

    /// A setting that the source cannot do without.
    fn needed<'a>(
        setting: Option<&'a String>,
        argument: &'static str,
        source: Source,
    ) -> Result<&'a str, Failure> {
        setting.map(String::as_str).filter(|text| !text.is_empty()).ok_or_else(|| {
            Failure::Final(CloudError::Setting {
                argument,
                reason: format!("a login with a {} needs it", source.name()),
            })
        })
    }
}

/// The sources refused or did not answer.
fn refused(source: Source, reason: impl Into<String>) -> Failure {
    Failure::Final(CloudError::Login {
        source_name: source.name().to_owned(),
        argument: Some(source.argument()),
        reason: reason.into(),
        unreachable: false,
    })
}

fn passing(source: Source, reason: impl Into<String>) -> Failure {
    Failure::Passing(CloudError::Login {
        source_name: source.name().to_owned(),
        argument: Some(source.argument()),
        reason: reason.into(),
        unreachable: true,
    })
}

fn silent(source: Source, host: &str, error: NoAnswer) -> Failure {
    match error {
        NoAnswer::Trust(reason) => Failure::Final(CloudError::Setting { argument: "azure.ca_file", reason }),
        NoAnswer::Cut { reason, .. } => passing(source, format!("{host}: {reason}")),
    }
}

fn none_configured() -> CloudError {
    let all = [Source::Certificate, Source::Secret, Source::Oidc, Source::ManagedIdentity, Source::Cli];
    CloudError::NoCredentials { tried: all.iter().map(|source| source.name().to_owned()).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_looked_for_in_azurerms_order() {
        let mut settings = Settings { use_cli: Some(true), ..Settings::default() };
        assert_eq!(Source::of(&settings), Some(Source::Cli));
        settings.use_msi = Some(true);
        assert_eq!(Source::of(&settings), Some(Source::ManagedIdentity));
        settings.oidc_request_url = Some("https://ci".into());
        assert_eq!(Source::of(&settings), Some(Source::ManagedIdentity), "CI sets the address for everyone");
        settings.use_oidc = Some(true);
        assert_eq!(Source::of(&settings), Some(Source::Oidc));
        settings.client_secret = Some(Secret::new("s"));
        assert_eq!(Source::of(&settings), Some(Source::Secret));
        settings.client_certificate_path = Some("c.pfx".into());
        assert_eq!(Source::of(&settings), Some(Source::Certificate));
    }

    #[test]
    fn a_token_alone_is_enough_for_oidc_unless_it_is_switched_off() {
        let mut settings = Settings { oidc_token: Some(Secret::new("t")), ..Settings::default() };
        assert_eq!(Source::of(&settings), Some(Source::Oidc));
        settings.use_oidc = Some(false);
        settings.use_cli = Some(false);
        assert_eq!(Source::of(&settings), None);
        settings.oidc_token = None;
        settings.client_secret = Some(Secret::default());
        assert_eq!(Source::of(&settings), None, "an empty secret is none");
    }

    fn login(settings: Settings) -> Login {
        let endpoints = Endpoints::of(&settings).unwrap();
        Login::new(settings, endpoints, Arc::new(Transport::new(None)))
    }

    #[tokio::test]
    async fn a_missing_cli_is_an_error_only_for_who_asked_for_it() {
        let nobody = login(Settings::default()).desk.by_cli("/nowhere/az").await;
        assert!(
            matches!(nobody, Err(Failure::Final(CloudError::NoCredentials { tried })) if tried.len() == 5)
        );
        let asked =
            login(Settings { use_cli: Some(true), ..Settings::default() }).desk.by_cli("/nowhere/az").await;
        assert!(matches!(asked, Err(Failure::Final(CloudError::Login { argument: Some("use_cli"), .. }))));
    }

    #[tokio::test]
    async fn a_login_that_lacks_a_setting_names_it() {
        let settings = Settings { client_secret: Some(Secret::new("s")), ..Settings::default() };
        let patience = Patience::new(Duration::from_secs(5), tokio_util::sync::CancellationToken::new());
        let error = login(settings).token(&patience).await.unwrap_err();
        assert!(matches!(error, CloudError::Setting { argument: "azure.tenant_id", .. }), "{error:?}");
    }

    /// It broke like this: the timeout of a plan passed between two tries of an authority that never
    /// answered, and the user read "Timed out" in the place of the name of what cannot be reached.
    #[tokio::test]
    async fn an_authority_that_never_answers_is_named_whenever_the_time_ends() {
        let away = Settings {
            tenant_id: Some("t".to_owned()),
            client_id: Some("c".to_owned()),
            client_secret: Some(Secret::new("s")),
            authority_host: Some("https://127.0.0.1:1".to_owned()),
            ..Settings::default()
        };
        let mut login = login(away);
        login.chance = Box::new(|| 0.999);
        // The pause behind the first try would outlast it, that behind the second, and none.
        for limit in [200, 900, 60_000] {
            let patience =
                Patience::new(Duration::from_millis(limit), tokio_util::sync::CancellationToken::new());
            let error = login.token(&patience).await.unwrap_err();
            assert!(matches!(error, CloudError::Login { unreachable: true, .. }), "{limit} ms: {error:?}");
        }
        login.note(Some(CloudError::NoCredentials { tried: Vec::new() }));
        assert!(matches!(login.ended(Ended::Deadline), CloudError::NoCredentials { .. }));
        assert!(matches!(login.ended(Ended::Stopped), CloudError::Waited { why: Ended::Stopped, .. }));
    }
}
