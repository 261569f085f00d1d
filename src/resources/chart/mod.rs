//! `data.bud_chart`: a chart's metadata, values and objects, without a cluster.

mod declaration;
mod explain;
mod rendering;

pub(super) use declaration::source;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;

use self::declaration::{ChartSpec, ChartStatus};
use super::registries::Registries;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::helm::chart::missing_dependencies;
use crate::helm::fetch::{
    ChartSource, Choice, Credentials, DependencyError, DependencyOptions, FetchError, Fetched, Keyring,
    Logins as _, Mirrors, dependencies, fetch, host_of,
};
use crate::helm::render::Engine;
use crate::lifecycle::Source;
use crate::provider::Context;
use crate::schema::{Attributes, DataSource, Planned, Unread};
use crate::secret::Secret;
use crate::time::Patience;
use crate::value::{Path, Value};

/// The data source, bound to the configured provider.
pub(super) struct Chart {
    context: Arc<Context>,
    engine: Arc<Engine>,
}

impl Chart {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context, engine: Arc::new(Engine::new()) }
    }

    fn source(&self, spec: &ChartSpec) -> Result<(ChartSource, Mirrors, Registries), Diagnostic> {
        let settings = self.context.settings();
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
        let credentials = if let Some(username) = &spec.repository_username {
            let password = spec.repository_password.clone().unwrap_or_default();
            Some(Credentials { username: username.clone(), password })
        } else {
            None
        };
        let client_certificate = match (&spec.repository_cert_file, &spec.repository_key_file) {
            (Some(certificate), Some(key)) => {
                let key = read(key, "repository_key_file")?;
                Some((
                    read(certificate, "repository_cert_file")?,
                    Secret::new(String::from_utf8_lossy(&key).into_owned()),
                ))
            }
            _ => None,
        };
        let verify = match (spec.verify, &spec.keyring) {
            (true, Some(file)) => Some(Keyring::read(&read(file, "keyring")?).map_err(|error| {
                Diagnostic::error("Bad keyring", format!("{file}: {error}.")).at(Path::of("keyring"))
            })?),
            _ => None,
        };
        let source = ChartSource {
            chart: spec.chart.clone(),
            repository: spec.repository.clone(),
            version: spec.version.clone(),
            devel: spec.devel,
            credentials,
            pass_credentials: spec.pass_credentials,
            ca: spec.repository_ca_file.as_ref().map(|file| read(file, "repository_ca_file")).transpose()?,
            client_certificate,
            plain_http: false,
            verify,
        };
        let logins = Registries::new(Arc::clone(&self.context), logins.clone(), source.clone());
        Ok((source, mirrors, logins))
    }

    /// The chart, with what it depends on where that is asked for.
    async fn fetch(&self, spec: &ChartSpec, patience: &Patience) -> Result<Fetched, Diagnostic> {
        let (mut source, mirrors, logins) = self.source(spec)?;
        let repository = spec.repository.is_some();
        let failed = |error: FetchError| explain::fetch(&error, repository);
        if source.credentials.is_none() {
            let address = mirrors.of(spec.repository.as_ref().unwrap_or(&spec.chart));
            if let Some(host) = host_of(&address) {
                source.credentials = logins.of(host, patience).await.map_err(failed)?;
            }
        }
        let mut fetched = fetch(&source, &mirrors, patience).await.map_err(failed)?;
        if spec.dependency_update && !missing_dependencies(&fetched.chart).is_empty() {
            let folder =
                if repository { std::path::Path::new("") } else { std::path::Path::new(&spec.chart) };
            if !folder.is_dir() {
                return Err(explain::dependency(&DependencyError::Packed));
            }
            // A fixed time, so that two reads are equal.
            let generated = "1970-01-01T00:00:00Z".to_owned();
            let (choice, mirrors, logins) = (Choice::Update, &mirrors, &logins);
            let options = DependencyOptions { choice, mirrors, logins, source, generated };
            let resolved = dependencies(folder, &options, patience).await;
            fetched.chart = resolved.map_err(|error| explain::dependency(&error))?.chart;
        }
        Ok(fetched)
    }
}

fn read(file: &str, attribute: &'static str) -> Result<Vec<u8>, Diagnostic> {
    std::fs::read(file).map_err(|error| {
        Diagnostic::error("File cannot be read", format!("{file}: {error}.")).at(Path::of(attribute))
    })
}

#[async_trait]
impl Source for Chart {
    fn schema(&self) -> &DataSource {
        static SOURCE: LazyLock<DataSource> = LazyLock::new(declaration::source);
        &SOURCE
    }

    fn limit(&self) -> Duration {
        Duration::from_secs(300)
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::none();
        let alone = |one: &str, other: &str| {
            let (one, other) = (config.get(one), config.get(other));
            !one.is_null() && other.is_null()
        };
        for (given, missing) in [
            ("repository_password", "repository_username"),
            ("repository_cert_file", "repository_key_file"),
            ("repository_key_file", "repository_cert_file"),
            ("keyring", "verify"),
        ] {
            if alone(given, missing) {
                let problem = format!("{given} is of use with {missing} only.");
                diagnostics.push(Diagnostic::error("Argument missing", problem).at(Path::of(missing)));
            }
        }
        if config.get("verify").as_bool() == Some(true) && config.get("keyring").is_null() {
            let problem = "verify needs a keyring: the file with the keys whose signatures count, as `gpg --export` writes it.";
            diagnostics.push(Diagnostic::error("Argument missing", problem).at(Path::of("keyring")));
        }
        rendering::check(config, &mut diagnostics);
        diagnostics
    }

    async fn read(&self, object: &Value, patience: &Patience) -> Result<(Value, Diagnostics), Diagnostics> {
        let spec = ChartSpec::from_object(object, &Path::root()).map_err(|unread| match unread {
            Unread::Unknown => Diagnostic::bug("A data source was read before its arguments were known."),
            Unread::Wrong(diagnostic) => *diagnostic,
        })?;
        let fetched = self.fetch(&spec, patience).await?;
        let (engine, asked) = (Arc::clone(&self.engine), spec.clone());
        let (status, warnings): (ChartStatus, Vec<String>) =
            rendering::on_a_large_stack(move || rendering::status(&engine, &asked, fetched)).await?;
        let mut state = BTreeMap::new();
        spec.write_into(&mut state);
        status.write_into(&mut state);
        let warnings = warnings
            .into_iter()
            .map(|text| Diagnostic::warning("Told by the chart", text).at(Path::of("values")));
        Ok((Value::Map(state), Diagnostics(warnings.collect())))
    }
}
