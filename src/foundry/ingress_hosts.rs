//! The hosts that the ingress answers for.

/// One host of the ingress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IngressHost {
    /// First label of the host name; also the host's key in maps.
    pub label: &'static str,
    /// Service behind it.
    pub service: &'static str,
    /// Path pattern that is routed.
    pub path: &'static str,
    /// What it is for.
    pub purpose: &'static str,
}

/// The hosts, in the order of the architecture.
pub const INGRESS_HOSTS: [IngressHost; 6] = [
    IngressHost { label: "app", service: "budadmin", path: "/", purpose: "Main dashboard" },
    IngressHost { label: "api", service: "budapp", path: "/api/*", purpose: "REST API" },
    IngressHost { label: "gateway", service: "budgateway", path: "/v1/*", purpose: "Inference API" },
    IngressHost { label: "play", service: "budplayground", path: "/", purpose: "Model playground" },
    IngressHost { label: "auth", service: "keycloak", path: "/", purpose: "Authentication" },
    IngressHost { label: "grafana", service: "grafana", path: "/", purpose: "Monitoring" },
];

/// Why a text is no domain under which hosts can stand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DomainError {
    /// Nothing is given.
    #[error("the domain is empty")]
    Empty,
    /// A scheme, port, path or blank is part of it.
    #[error("the domain is more than a name: it must hold no scheme, port, path or blank")]
    NotOnlyAName,
    /// It is an address.
    #[error("the domain is an IP address, under which no host can stand")]
    Address,
    /// A label is empty, too long, or holds something else than a-z, 0-9 and inner hyphens.
    #[error("the label {0:?} is not one to 63 letters, digits and inner hyphens")]
    Label(String),
    /// The longest host would be longer than 253 characters.
    #[error("the domain is too long: a host name has at most 253 characters")]
    TooLong,
}

impl IngressHost {
    /// The full host name under a domain.
    #[must_use]
    pub fn host(&self, domain: &str) -> String {
        format!("{}.{domain}", self.label)
    }
}

/// Checks a domain and returns it in lower case, as Kubernetes demands it of ingress hosts.
///
/// # Errors
/// When no host name can be made with it.
pub fn domain(text: &str) -> Result<String, DomainError> {
    if text.is_empty() {
        return Err(DomainError::Empty);
    }
    if text.contains(|character: char| character.is_whitespace() || matches!(character, '/' | ':' | '@')) {
        return Err(DomainError::NotOnlyAName);
    }
    let name = text.to_ascii_lowercase();
    for label in name.split('.') {
        let good = (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-');
        if !good {
            return Err(DomainError::Label(label.to_owned()));
        }
    }
    // No top-level domain consists of digits, so a name that ends in digits is meant as an address.
    if name.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(DomainError::Address);
    }
    let longest = INGRESS_HOSTS.iter().map(|host| host.host(&name).len()).max().unwrap_or_default();
    if longest > 253 { Err(DomainError::TooLong) } else { Ok(name) }
}

#[cfg(test)]
mod tests {
    use super::super::seed;
    use super::{DomainError, INGRESS_HOSTS, domain};

    #[test]
    fn hosts_are_the_architectures() {
        let ours: Vec<_> = INGRESS_HOSTS
            .iter()
            .map(|host| {
                [&host.host("{domain}"), host.service, host.path, host.purpose].map(str::to_owned).to_vec()
            })
            .collect();
        assert_eq!(ours, seed::rows("Ingress Hosts"));
    }

    #[test]
    fn domains_are_names_and_nothing_more() {
        assert_eq!(domain("Dev.Bud.Studio").as_deref(), Ok("dev.bud.studio"));
        assert_eq!(domain("localhost").as_deref(), Ok("localhost"));
        assert_eq!(domain("xn--bcher-kva.example").as_deref(), Ok("xn--bcher-kva.example"));
        assert_eq!(domain(""), Err(DomainError::Empty));
        for text in ["https://bud.studio", "bud.studio:443", "bud.studio/app", "bud studio", "fd12::1"] {
            assert_eq!(domain(text), Err(DomainError::NotOnlyAName), "{text}");
        }
        for text in [
            ".bud.studio",
            "bud.studio.",
            "bud..studio",
            "-a.studio",
            "a-.studio",
            "b_d.studio",
            "büd.studio",
        ] {
            assert!(matches!(domain(text), Err(DomainError::Label(_))), "{text}");
        }
        assert_eq!(domain("10.177.2.69"), Err(DomainError::Address));
    }

    #[test]
    fn the_longest_host_still_fits() {
        let labels = |count: usize, last: usize| format!("{}{}", "a.".repeat(count), "b".repeat(last));
        // "gateway." and "grafana." take eight characters of the 253.
        let fits = labels(100, 45);
        assert_eq!(fits.len(), 245);
        assert_eq!(domain(&fits), Ok(fits.clone()));
        assert_eq!(domain(&labels(100, 46)), Err(DomainError::TooLong));
    }
}
