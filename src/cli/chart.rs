//! Where a command's chart is, and getting it.

use std::path::Path;
use std::time::Duration;

use bud::helm::chart::{Chart, missing_dependencies};
use bud::helm::fetch::{
    ChartSource, Choice, Credentials, DependencyOptions, Keyring, Logins as _, Mirrors, dependencies, fetch,
    host_of,
};
use bud::secret::Secret;
use bud::time::{Patience, now};
use clap::Args;
use time::format_description::well_known::Rfc3339;
use tokio_util::sync::CancellationToken;

use super::logins::FileLogins;
use super::release::Failed;

/// How long everything may take.
const LIMIT: Duration = Duration::from_secs(300);

/// The arguments about a chart's place that `helm template` has as well.
#[derive(Args)]
pub(super) struct Place {
    /// Address of a chart repository, where the chart is a name
    #[arg(long)]
    repo: Option<String>,
    /// Version or range of versions
    #[arg(long)]
    version: Option<String>,
    /// Take pre-releases as well where no version is given
    #[arg(long)]
    devel: bool,
    /// User of the repository or registry
    #[arg(long, requires = "password")]
    username: Option<String>,
    /// Password of the repository or registry
    #[arg(long, requires = "username")]
    password: Option<String>,
    /// Send user and password to other hosts as well that the repository names
    #[arg(long)]
    pass_credentials: bool,
    /// File with further certificate authorities
    #[arg(long)]
    ca_file: Option<String>,
    /// File with a client certificate
    #[arg(long, requires = "key_file")]
    cert_file: Option<String>,
    /// File with the key of the client certificate
    #[arg(long, requires = "cert_file")]
    key_file: Option<String>,
    /// Ask another address in the place of one, for charts and what they depend on
    #[arg(long = "chart-mirror", value_name = "ADDRESS=OTHER")]
    chart_mirrors: Vec<String>,
    /// File with logins of registries, as docker and helm write it
    #[arg(long)]
    registry_config: Option<String>,
    /// Speak to registries without TLS
    #[arg(long)]
    plain_http: bool,
    /// Refuse a chart that is not signed with a key of the keyring
    #[arg(long, requires = "keyring")]
    verify: bool,
    /// File with the public keys whose signatures count
    #[arg(long)]
    keyring: Option<String>,
    /// Fetch missing dependencies into charts/ of the chart's folder, and write its lock file
    #[arg(long)]
    dependency_update: bool,
}

impl Place {
    /// The chart.
    pub(super) fn chart(&self, name: &str) -> Result<Chart, Failed> {
        let is_here = Path::new(name).exists();
        if !is_here && self.repo.is_none() && !name.contains("://") {
            return Err(Failed(format!("path {name:?} not found")));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failed(format!("no runtime: {error}")))?;
        runtime.block_on(self.fetched(name, is_here))
    }

    async fn fetched(&self, name: &str, is_here: bool) -> Result<Chart, Failed> {
        let failed = |error: &dyn std::fmt::Display| Failed(error.to_string());
        let patience = Patience::new(LIMIT, CancellationToken::new());
        let mut source = self.source(name, is_here)?;
        let mirrors = self.mirrors()?;
        let logins = self.registry_config.as_ref().map(|file| FileLogins::read(file)).transpose()?;
        let logins = logins.unwrap_or_default();
        // A login is for where the question goes, as in the provider block.
        let address = mirrors.of(source.repository.as_deref().unwrap_or(&source.chart));
        if let (None, Some(host)) = (&source.credentials, host_of(&address)) {
            source.credentials = logins.of(host, &patience).await.map_err(|error| failed(&error))?;
        }
        let chart = fetch(&source, &mirrors, &patience).await.map_err(|error| failed(&error))?.chart;
        if !self.dependency_update || missing_dependencies(&chart).is_empty() {
            return Ok(chart);
        }
        let generated = now().format(&Rfc3339).map_err(|error| failed(&error))?;
        let (choice, mirrors, logins) = (Choice::Update, &mirrors, &logins);
        let options = DependencyOptions { choice, mirrors, logins, source, generated };
        let resolved =
            dependencies(Path::new(name), &options, &patience).await.map_err(|error| failed(&error))?;
        resolved.write().map_err(|error| failed(&error))?;
        Ok(resolved.chart)
    }

    fn mirrors(&self) -> Result<Mirrors, Failed> {
        let pair = |text: &String| match text.split_once('=') {
            Some((from, to)) if !from.is_empty() && !to.is_empty() => Ok((from.to_owned(), to.to_owned())),
            _ => Err(Failed(format!("--chart-mirror {text}: wanted ADDRESS=OTHER"))),
        };
        self.chart_mirrors.iter().map(pair).collect::<Result<_, _>>().map(Mirrors)
    }

    fn source(&self, name: &str, is_here: bool) -> Result<ChartSource, Failed> {
        let read = |file: &String| std::fs::read(file).map_err(|error| Failed(format!("{file}: {error}")));
        let credentials = self.username.clone().zip(self.password.clone());
        let verify = match &self.keyring {
            Some(file) if self.verify => {
                let keyring = Keyring::read(&read(file)?);
                Some(keyring.map_err(|error| Failed(format!("keyring {file}: {error}")))?)
            }
            _ => None,
        };
        let client_certificate = match (&self.cert_file, &self.key_file) {
            (Some(certificate), Some(key)) => {
                let key = String::from_utf8_lossy(&read(key)?).into_owned();
                Some((read(certificate)?, Secret::new(key)))
            }
            _ => None,
        };
        Ok(ChartSource {
            chart: name.to_owned(),
            // What lies here goes first, as it does for Helm.
            repository: self.repo.clone().filter(|_| !is_here),
            version: self.version.clone(),
            devel: self.devel,
            credentials: credentials.map(|(username, password)| {
                let password = Secret::new(password);
                Credentials { username, password }
            }),
            pass_credentials: self.pass_credentials,
            ca: self.ca_file.as_ref().map(read).transpose()?,
            client_certificate,
            plain_http: self.plain_http,
            verify,
        })
    }
}
