//! The addresses of an Azure environment.

use url::Url;

use super::settings::Settings;
use crate::cloud::CloudError;

/// Where requests and logins go.
#[derive(Clone, Debug)]
pub(super) struct Endpoints {
    /// Resource manager, without a trailing slash in its path.
    pub(super) manager: Url,
    /// Login authority.
    pub(super) authority: Url,
    /// What a token must be good for. The environment's own, also behind another address.
    pub(super) scope: String,
}

impl Endpoints {
    /// The environment's addresses, with those that are set in their place.
    pub(super) fn of(settings: &Settings) -> Result<Self, CloudError> {
        let environment = settings.environment.as_deref().unwrap_or("public").to_ascii_lowercase();
        let (manager, authority, audience) = match environment.as_str() {
            "public" | "azurecloud" | "azurepubliccloud" => (
                "https://management.azure.com",
                "https://login.microsoftonline.com",
                "https://management.azure.com",
            ),
            "usgovernment" | "azureusgovernment" | "azureusgovernmentcloud" => (
                "https://management.usgovcloudapi.net",
                "https://login.microsoftonline.us",
                "https://management.usgovcloudapi.net",
            ),
            "china" | "azurechinacloud" => (
                "https://management.chinacloudapi.cn",
                "https://login.chinacloudapi.cn",
                "https://management.chinacloudapi.cn",
            ),
            _ => {
                return Err(CloudError::Setting {
                    argument: "azure.environment",
                    reason: format!("{environment:?} is none of public, usgovernment, china"),
                });
            }
        };
        let manager = settings.resource_manager_endpoint.as_deref().unwrap_or(manager);
        let authority = settings.authority_host.as_deref().unwrap_or(authority);
        Ok(Self {
            manager: address("azure.resource_manager_endpoint", manager)?,
            authority: address("azure.authority_host", authority)?,
            scope: format!("{audience}/.default"),
        })
    }

    /// Whether an address that Azure named is the resource manager's, so that it may see our token.
    pub(super) fn is_manager(&self, url: &Url) -> bool {
        url.origin() == self.manager.origin()
    }
}

/// Parses an address; one without a scheme is taken for https, as other providers do.
pub(super) fn address(argument: &'static str, text: &str) -> Result<Url, CloudError> {
    let bad = |reason: String| CloudError::Setting { argument, reason };
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let mut url = Url::parse(&whole).map_err(|error| bad(format!("{text:?} is no address: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(bad(format!("{text:?} is no http or https address")));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("it must not hold a user name or password".to_owned()));
    }
    url.set_query(None);
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(change: impl FnOnce(&mut Settings)) -> Result<Endpoints, CloudError> {
        let mut settings = Settings::default();
        change(&mut settings);
        Endpoints::of(&settings)
    }

    #[test]
    fn the_environment_decides_the_addresses() {
        let public = with(|_| ()).unwrap();
        assert_eq!(public.manager.as_str(), "https://management.azure.com/");
        assert_eq!(public.scope, "https://management.azure.com/.default");
        let government = with(|s| s.environment = Some("usgovernment".into())).unwrap();
        assert_eq!(government.authority.host_str(), Some("login.microsoftonline.us"));
        assert!(matches!(
            with(|s| s.environment = Some("mars".into())),
            Err(CloudError::Setting { argument: "azure.environment", .. })
        ));
    }

    #[test]
    fn an_endpoint_of_its_own_keeps_the_audience() {
        let own = with(|s| s.resource_manager_endpoint = Some("http://127.0.0.1:4711/".into())).unwrap();
        assert_eq!(own.manager.as_str(), "http://127.0.0.1:4711/");
        assert_eq!(own.scope, "https://management.azure.com/.default");
        assert!(own.is_manager(&Url::parse("http://127.0.0.1:4711/subscriptions/x").unwrap()));
        assert!(!own.is_manager(&Url::parse("https://127.0.0.1:4711/").unwrap()));
        assert!(!own.is_manager(&Url::parse("http://example.net:4711/").unwrap()));
    }

    #[test]
    fn an_address_that_cannot_be_used_names_its_argument() {
        for bad in ["ftp://x", "http://", "https://user:pass@host"] {
            let error = with(|s| s.authority_host = Some(bad.into())).unwrap_err();
            assert!(matches!(error, CloudError::Setting { argument: "azure.authority_host", .. }), "{bad}");
        }
        assert_eq!(
            with(|s| s.authority_host = Some("login.example".into())).unwrap().authority.as_str(),
            "https://login.example/"
        );
    }
}
