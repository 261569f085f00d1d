//! The logins of registries that `docker login` and `helm registry login` have written to a file.

use std::collections::BTreeMap;
use std::path::Path;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bud::helm::fetch::{Credentials, FetchError, Logins};
use bud::secret::Secret;
use bud::time::Patience;
use serde::Deserialize;

use super::release::Failed;

/// Logins by host.
#[derive(Default)]
pub(super) struct FileLogins(BTreeMap<String, Credentials>);

/// The part of the file that holds logins; others leave them to programs, which are not started here.
#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    auths: BTreeMap<String, Auth>,
}

#[derive(Deserialize)]
struct Auth {
    /// `NAME:PASSWORD` in base64.
    #[serde(rename = "auth")]
    packed: Option<String>,
    username: Option<String>,
    password: Option<String>,
}

impl FileLogins {
    /// Reads a file.
    pub(super) fn read(file: &str) -> Result<Self, Failed> {
        let text = std::fs::read(Path::new(file)).map_err(|error| Failed(format!("{file}: {error}")))?;
        Self::parse(&text).map_err(|error| Failed(format!("registry config {file}: {error}")))
    }

    fn parse(text: &[u8]) -> Result<Self, String> {
        let config: Config = serde_json::from_slice(text)
            // serde's words may quote the file, and with it a password.
            .map_err(|error| format!("no logins: line {}, column {}", error.line(), error.column()))?;
        let mut logins = BTreeMap::new();
        for (address, auth) in config.auths {
            // Docker's own registry stands there as an address.
            let host = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
            let host = host.split('/').next().unwrap_or(host).to_owned();
            let named = auth.username.zip(auth.password);
            let packed = || {
                let packed = auth.packed.filter(|packed| !packed.is_empty())?;
                let plain = STANDARD.decode(packed).ok().and_then(|plain| String::from_utf8(plain).ok());
                Some(plain.and_then(|plain| {
                    plain.split_once(':').map(|(name, password)| (name.to_owned(), password.to_owned()))
                }))
            };
            match named.map(Some).or_else(packed) {
                // The password is with a program.
                None => {}
                Some(None) => return Err(format!("the login of {host} is none")),
                Some(Some((username, password))) => {
                    logins.insert(host, Credentials { username, password: Secret::new(password) });
                }
            }
        }
        Ok(Self(logins))
    }
}

#[async_trait]
impl Logins for FileLogins {
    async fn of(&self, host: &str, _: &Patience) -> Result<Option<Credentials>, FetchError> {
        Ok(self.0.get(host).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_those_of_docker_and_helm() {
        let text = br#"{"auths": {"a:5000": {"auth": "bWU6c2U6Y3JldA=="}, "https://b/v1/": {"username": "x", "password": "y"}, "c": {}}, "credsStore": "z"}"#;
        let logins = FileLogins::parse(text).unwrap().0;
        let login = |username: &str, password: &str| Credentials {
            username: username.to_owned(),
            password: Secret::new(password.to_owned()),
        };
        assert_eq!(logins.get("a:5000"), Some(&login("me", "se:cret")));
        assert_eq!(logins.get("b"), Some(&login("x", "y")));
        assert_eq!(logins.len(), 2);
    }

    #[test]
    fn what_is_no_login_is_refused_without_its_text() {
        let refused = |text: &str| FileLogins::parse(text.as_bytes()).err().unwrap();
        assert_eq!(refused(r#"{"auths": {"a": {"auth": "c2VjcmV0"}}}"#), "the login of a is none");
        assert_eq!(refused(r#"{"auths": "secret"}"#), "no logins: line 1, column 18");
    }
}
