//! Where a chart comes from, for everything that takes one: the arguments as users write them, through the
//! provider's mirrors and logins, to the chart.

use std::path::Path as FilePath;
use std::sync::Arc;

use super::chart::{dependency_problem, fetch_problem};
use super::registries::Registries;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::helm::chart::missing_dependencies;
use crate::helm::fetch::{
    ChartSource, Choice, Credentials, DependencyError, DependencyOptions, FetchError, Fetched, Keyring,
    Logins as _, Mirrors, dependencies, fetch, host_of,
};
use crate::provider::Context;
use crate::schema::Planned;
use crate::secret::Secret;
use crate::time::Patience;
use crate::value::{Path, Value};

/// The arguments that say where a chart is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ChartPlace {
    pub(super) chart: String,
    pub(super) repository: Option<String>,
    pub(super) version: Option<String>,
    pub(super) devel: bool,
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) ca_file: Option<String>,
    pub(super) cert_file: Option<String>,
    pub(super) key_file: Option<String>,
    pub(super) pass_credentials: bool,
    pub(super) dependency_update: bool,
    pub(super) verify: bool,
    pub(super) keyring: Option<String>,
}

impl ChartPlace {
    fn source(&self, context: &Arc<Context>) -> Result<(ChartSource, Mirrors, Registries), Diagnostic> {
        let settings = context.settings();
        let (Planned::Known(mirrors), Planned::Known(logins)) =
            (&settings.chart_mirrors, &settings.registry_auth)
        else {
            return Err(Diagnostic::error(
                "Provider not configured yet",
                "chart_mirrors or registry_auth of the provider block are not known yet. Apply what they depend on \
                 first, for instance with -target.",
            ));
        };
        let mirrors = Mirrors(mirrors.clone());
        let credentials = self.username.as_ref().map(|username| {
            let password = self.password.clone().unwrap_or_default();
            Credentials { username: username.clone(), password }
        });
        let client_certificate = match (&self.cert_file, &self.key_file) {
            (Some(certificate), Some(key)) => {
                let key = read(key, "repository_key_file")?;
                Some((
                    read(certificate, "repository_cert_file")?,
                    Secret::new(String::from_utf8_lossy(&key).into_owned()),
                ))
            }
            _ => None,
        };
        let verify = match (self.verify, &self.keyring) {
            (true, Some(file)) => Some(Keyring::read(&read(file, "keyring")?).map_err(|error| {
                Diagnostic::error("Bad keyring", format!("{file}: {error}.")).at(Path::of("keyring"))
            })?),
            _ => None,
        };
        let source = ChartSource {
            chart: self.chart.clone(),
            repository: self.repository.clone(),
            version: self.version.clone(),
            devel: self.devel,
            credentials,
            pass_credentials: self.pass_credentials,
            ca: self.ca_file.as_ref().map(|file| read(file, "repository_ca_file")).transpose()?,
            client_certificate,
            plain_http: false,
            verify,
        };
        let logins = Registries::new(Arc::clone(context), logins.clone(), source.clone());
        Ok((source, mirrors, logins))
    }

    /// The chart, with what it depends on where that is asked for.
    pub(super) async fn fetch(
        &self,
        context: &Arc<Context>,
        patience: &Patience,
    ) -> Result<Fetched, Diagnostic> {
        let (mut source, mirrors, logins) = self.source(context)?;
        let repository = self.repository.is_some();
        let failed = |error: FetchError| fetch_problem(&error, repository);
        if source.credentials.is_none() {
            let address = mirrors.of(self.repository.as_ref().unwrap_or(&self.chart));
            if let Some(host) = host_of(&address) {
                source.credentials = logins.of(host, patience).await.map_err(failed)?;
            }
        }
        let mut fetched = fetch(&source, &mirrors, patience).await.map_err(failed)?;
        if self.dependency_update && !missing_dependencies(&fetched.chart).is_empty() {
            let folder = if repository { FilePath::new("") } else { FilePath::new(&self.chart) };
            if !folder.is_dir() {
                return Err(dependency_problem(&DependencyError::Packed));
            }
            // A fixed time, so that two reads are equal.
            let generated = "1970-01-01T00:00:00Z".to_owned();
            let (choice, mirrors, logins) = (Choice::Update, &mirrors, &logins);
            let options = DependencyOptions { choice, mirrors, logins, source, generated };
            let resolved = dependencies(folder, &options, patience).await;
            fetched.chart = resolved.map_err(|error| dependency_problem(&error))?.chart;
        }
        Ok(fetched)
    }
}

fn read(file: &str, attribute: &'static str) -> Result<Vec<u8>, Diagnostic> {
    std::fs::read(file).map_err(|error| {
        Diagnostic::error("File cannot be read", format!("{file}: {error}.")).at(Path::of(attribute))
    })
}

/// What is wrong with the arguments by themselves. `passwords`: the arguments that may hold the password.
pub(super) fn check(config: &Value, passwords: &[&str], diagnostics: &mut Diagnostics) {
    let alone = |one: &str, other: &str| !config.get(one).is_null() && config.get(other).is_null();
    let pairs = passwords.iter().map(|password| (*password, "repository_username")).chain([
        ("repository_cert_file", "repository_key_file"),
        ("repository_key_file", "repository_cert_file"),
        ("keyring", "verify"),
    ]);
    for (given, missing) in pairs {
        if alone(given, missing) {
            let problem = format!("{given} is of use with {missing} only.");
            diagnostics.push(Diagnostic::error("Argument missing", problem).at(Path::of(missing)));
        }
    }
    if config.get("verify").as_bool() == Some(true) && config.get("keyring").is_null() {
        let problem = "verify needs a keyring: the file with the keys whose signatures count, as `gpg --export` writes it.";
        diagnostics.push(Diagnostic::error("Argument missing", problem).at(Path::of("keyring")));
    }
}
