//! The three environments and the matrix of what differs between them.

/// An environment of the foundry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Environment {
    /// `dev`: nightly builds that deploy themselves.
    Development,
    /// `stage`: validation before production.
    Staging,
    /// `prod`: live traffic.
    Production,
}

/// Who signs the certificates of the ingress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsIssuer {
    /// A self-signed authority inside the cluster.
    Internal,
    /// Let's Encrypt.
    LetsEncrypt,
}

/// How often the databases are backed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backups {
    /// Once a day.
    Daily,
    /// Continuously.
    Continuous,
}

/// How much is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Monitoring {
    /// The basics.
    Basic,
    /// Everything.
    Full,
    /// Everything, and somebody is called.
    FullWithAlerting,
}

/// One column of the environment matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Address of the environment itself.
    pub domain: &'static str,
    /// What `{domain}` means in the names of the ingress hosts. In production it is the parent of
    /// [`Self::domain`], else the dashboard would be at `app.app.bud.studio`.
    pub ingress_domain: &'static str,
    /// Image tag; `{semver}` stands for the version.
    pub image_tag: &'static str,
    /// Replicas of each service.
    pub replicas: u32,
    /// Whether [`Self::replicas`] is a lower bound only.
    pub replicas_are_minimum: bool,
    /// Whether the services run in development mode.
    pub dev_mode: bool,
    /// Log level of the services.
    pub log_level: &'static str,
    /// Who signs the certificates of the ingress.
    pub tls_issuer: TlsIssuer,
    /// Whether new images are rolled out by themselves.
    pub auto_deploy: bool,
    /// What does so.
    pub auto_deploy_by: Option<&'static str>,
    /// Backups of the databases.
    pub backups: Backups,
    /// Monitoring.
    pub monitoring: Monitoring,
}

const DEVELOPMENT: Settings = Settings {
    domain: "dev.bud.studio",
    ingress_domain: "dev.bud.studio",
    image_tag: "nightly",
    replicas: 1,
    replicas_are_minimum: false,
    dev_mode: true,
    log_level: "DEBUG",
    tls_issuer: TlsIssuer::Internal,
    auto_deploy: true,
    auto_deploy_by: Some("Keel"),
    backups: Backups::Daily,
    monitoring: Monitoring::Basic,
};

const STAGING: Settings = Settings {
    domain: "stage.bud.studio",
    ingress_domain: "stage.bud.studio",
    image_tag: "staging",
    replicas: 2,
    replicas_are_minimum: false,
    dev_mode: false,
    log_level: "INFO",
    tls_issuer: TlsIssuer::LetsEncrypt,
    auto_deploy: false,
    auto_deploy_by: None,
    backups: Backups::Daily,
    monitoring: Monitoring::Full,
};

const PRODUCTION: Settings = Settings {
    domain: "app.bud.studio",
    ingress_domain: "bud.studio",
    image_tag: "v{semver}",
    replicas: 3,
    replicas_are_minimum: true,
    dev_mode: false,
    log_level: "INFO",
    tls_issuer: TlsIssuer::LetsEncrypt,
    auto_deploy: false,
    auto_deploy_by: None,
    backups: Backups::Continuous,
    monitoring: Monitoring::FullWithAlerting,
};

impl Environment {
    /// All of them, from the least to the most careful.
    pub const ALL: [Self; 3] = [Self::Development, Self::Staging, Self::Production];

    /// Every name that [`Self::parse`] knows, short ones first.
    pub const NAMES: [&'static str; 6] = ["dev", "stage", "prod", "development", "staging", "production"];

    /// The environment of a short or long name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|environment| environment.short() == name || environment.long() == name)
    }

    /// The short name: `dev`, `stage` or `prod`.
    #[must_use]
    pub fn short(self) -> &'static str {
        match self {
            Self::Development => "dev",
            Self::Staging => "stage",
            Self::Production => "prod",
        }
    }

    /// The long name: `development`, `staging` or `production`.
    #[must_use]
    pub fn long(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }

    /// What the matrix says of it.
    #[must_use]
    pub fn settings(self) -> &'static Settings {
        match self {
            Self::Development => &DEVELOPMENT,
            Self::Staging => &STAGING,
            Self::Production => &PRODUCTION,
        }
    }
}

impl TlsIssuer {
    /// The word in configurations: `internal` or `letsencrypt`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::LetsEncrypt => "letsencrypt",
        }
    }
}

impl Backups {
    /// The word in configurations: `daily` or `continuous`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Continuous => "continuous",
        }
    }
}

impl Monitoring {
    /// The word in configurations: `basic`, `full` or `full_with_alerting`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Full => "full",
            Self::FullWithAlerting => "full_with_alerting",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::seed;
    use super::{Backups, Environment, Monitoring, Settings, TlsIssuer};

    /// A cell of the matrix in the words of the architecture.
    fn cell(aspect: &str, settings: &Settings) -> String {
        match aspect {
            "Domain" => settings.domain.into(),
            "Image Tag" => settings.image_tag.into(),
            "Replicas" => {
                format!("{}{}", settings.replicas, if settings.replicas_are_minimum { "+" } else { "" })
            }
            "Dev Mode" => if settings.dev_mode { "Enabled" } else { "Disabled" }.into(),
            "Log Level" => settings.log_level.into(),
            "TLS" => match settings.tls_issuer {
                TlsIssuer::Internal => "Internal (self-signed)".into(),
                TlsIssuer::LetsEncrypt => "Let's Encrypt".into(),
            },
            "Auto-Deploy" => match (settings.auto_deploy, settings.auto_deploy_by) {
                (true, Some(by)) => format!("Yes ({by})"),
                (true, None) => "Yes".into(),
                (false, _) => "No".into(),
            },
            "DB Backups" => match settings.backups {
                Backups::Daily => "Daily".into(),
                Backups::Continuous => "Continuous".into(),
            },
            "Monitoring" => match settings.monitoring {
                Monitoring::Basic => "Basic".into(),
                Monitoring::Full => "Full".into(),
                Monitoring::FullWithAlerting => "Full + Alerting".into(),
            },
            other => panic!("the matrix has an aspect {other:?} that we do not promise"),
        }
    }

    #[test]
    fn the_matrix_is_the_architectures() {
        let rows = seed::rows("Environment Configuration Matrix");
        assert_eq!(rows.len(), 9);
        for row in rows {
            let ours: Vec<_> = Environment::ALL.iter().map(|each| cell(&row[0], each.settings())).collect();
            assert_eq!(ours, row[1..], "{}", row[0]);
        }
    }

    #[test]
    fn names_and_domains_are_the_architectures() {
        for (name, domain, text) in seed::items("Standard Environment Layout: Environment Configuration") {
            let environment = Environment::parse(&name.to_lowercase()).expect("a long name");
            assert_eq!(environment.settings().domain, domain);
            assert_eq!(environment.settings().auto_deploy_by.is_some_and(|by| text.contains(by)), {
                environment == Environment::Development
            });
        }
    }

    #[test]
    fn every_name_leads_to_its_environment_and_nothing_else_does() {
        for name in Environment::NAMES {
            let environment = Environment::parse(name).expect(name);
            assert!(environment.short() == name || environment.long() == name);
        }
        for name in ["", "DEV", "pde", "prd", "stage "] {
            assert_eq!(Environment::parse(name), None, "{name:?}");
        }
    }

    #[test]
    fn the_production_dashboard_is_the_production_domain() {
        let settings = Environment::Production.settings();
        assert_eq!(format!("app.{}", settings.ingress_domain), settings.domain);
    }
}
