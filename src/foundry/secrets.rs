//! The kinds of secrets, where they live and how they rotate.

/// A kind of secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretKind {
    /// Key in maps.
    pub key: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// Name of the Kubernetes Secret, where the architecture fixes it.
    pub secret_name: Option<&'static str>,
    /// What makes and renews it, where that is not the provider or the user.
    pub managed_by: Option<&'static str>,
    /// When it is replaced.
    pub rotation: Rotation,
}

/// When a secret is replaced. All of them are stored as Kubernetes Secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// Somebody does it.
    Manual,
    /// When somebody asks for it.
    OnDemand,
    /// The provider does it, every so many days.
    Days(u32),
    /// What manages it does it, every so many days.
    Automatic(u32),
}

/// The kinds, in the order of the architecture.
pub const SECRETS: [SecretKind; 6] = [
    SecretKind {
        key: "rsa_keys",
        name: "RSA Keys",
        secret_name: Some("bud-rsa-keys"),
        managed_by: None,
        rotation: Rotation::Manual,
    },
    SecretKind {
        key: "database_credentials",
        name: "Database Credentials",
        secret_name: None,
        managed_by: None,
        rotation: Rotation::Days(90),
    },
    SecretKind {
        key: "api_keys",
        name: "API Keys",
        secret_name: None,
        managed_by: None,
        rotation: Rotation::OnDemand,
    },
    SecretKind {
        key: "keycloak_admin",
        name: "Keycloak Admin",
        secret_name: None,
        managed_by: None,
        rotation: Rotation::Days(90),
    },
    SecretKind {
        key: "dapr_api_token",
        name: "Dapr API Token",
        secret_name: None,
        managed_by: None,
        rotation: Rotation::Days(90),
    },
    SecretKind {
        key: "tls_certificates",
        name: "TLS Certificates",
        secret_name: None,
        managed_by: Some("cert-manager"),
        rotation: Rotation::Automatic(60),
    },
];

impl SecretKind {
    /// Where it is stored, in the architecture's words.
    #[must_use]
    pub fn storage(&self) -> String {
        match (self.secret_name, self.managed_by) {
            (Some(name), _) => format!("Kubernetes Secret ({name})"),
            (None, Some(manager)) => format!("Kubernetes Secret (auto via {manager})"),
            (None, None) => "Kubernetes Secret".into(),
        }
    }
}

impl Rotation {
    /// The time between two rotations as a duration that `bud_secret` takes, absent where only
    /// somebody's wish rotates.
    #[must_use]
    pub fn interval(self) -> Option<String> {
        match self {
            Self::Manual | Self::OnDemand => None,
            Self::Days(days) | Self::Automatic(days) => Some(format!("{days}d")),
        }
    }

    /// The rotation in the architecture's words.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Manual => "Manual".into(),
            Self::OnDemand => "On demand".into(),
            Self::Days(days) => format!("{days} days"),
            Self::Automatic(days) => format!("Auto ({days} days)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::seed;
    use super::SECRETS;

    #[test]
    fn secrets_are_the_architectures() {
        let ours: Vec<_> = SECRETS
            .iter()
            .map(|kind| vec![kind.name.to_owned(), kind.storage(), kind.rotation.words()])
            .collect();
        assert_eq!(ours, seed::rows("Secret Types and Storage"));
    }

    #[test]
    fn keys_are_the_names_in_lower_case() {
        for kind in SECRETS {
            assert_eq!(kind.key, kind.name.to_lowercase().replace(' ', "_"));
        }
    }

    #[test]
    fn intervals_are_durations_in_days() {
        let intervals: Vec<_> = SECRETS.iter().map(|kind| kind.rotation.interval()).collect();
        let days = |days: &str| Some(days.to_owned());
        assert_eq!(intervals, [None, days("90d"), None, days("90d"), days("90d"), days("60d")]);
    }
}
