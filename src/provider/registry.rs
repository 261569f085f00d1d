//! `registry_auth`: how registries are logged in to.

use std::collections::BTreeMap;

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::schema::Planned;
use crate::secret::Secret;
use crate::value::{Path, Value};

/// How a registry is logged in to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryLogin {
    /// With a name and a password.
    Basic {
        /// Name.
        username: String,
        /// Password.
        password: Secret,
    },
    /// Azure Container Registry: with a token of the account of the provider block.
    Acr,
}

/// The logins by host; a host that is not among them is spoken to without.
pub(super) fn logins(block: &Value) -> Planned<BTreeMap<String, RegistryLogin>> {
    if !block.is_wholly_known() {
        return Planned::Unknown;
    }
    let hosts = block.as_map().into_iter().flatten();
    let logins = hosts.filter_map(|(host, login)| {
        let login = match kind(login) {
            "acr" => RegistryLogin::Acr,
            "basic" => RegistryLogin::Basic {
                username: login.get("username").as_str()?.to_owned(),
                password: Secret::new(login.get("password").as_str().unwrap_or_default()),
            },
            _ => return None,
        };
        Some((host.clone(), login))
    });
    Planned::Known(logins.collect())
}

/// A name without a type is a login with it.
fn kind(login: &Value) -> &str {
    let given = login.get("type");
    given.as_str().unwrap_or(if login.get("username").is_null() { "anonymous" } else { "basic" })
}

/// What is wrong with the logins, one error for each host.
#[must_use]
pub fn check(block: &Value) -> Diagnostics {
    let mut diagnostics = Diagnostics::none();
    for (host, login) in block.as_map().into_iter().flatten() {
        if login.get("type").is_unknown() || login.get("username").is_unknown() {
            continue;
        }
        let at = Path::of("registry_auth").key(host);
        let named = !login.get("username").is_null() || !login.get("password").is_null();
        let problem = match kind(login) {
            "ecr" => Diagnostic::error(
                "Login not available",
                format!(
                    "This version of the provider cannot log in to {host} with type = \"ecr\". Set type = \"basic\", \
                     username = \"AWS\" and the password that `aws ecr get-login-password` prints; it is good for 12 \
                     hours."
                ),
            ),
            "basic" if login.get("username").is_null() => Diagnostic::error(
                "Argument missing",
                format!("The login of {host} with type = \"basic\" needs a username and a password."),
            ),
            other @ ("acr" | "anonymous") if named => Diagnostic::error(
                "Argument of no use",
                format!(
                    "The login of {host} with type = {other:?} takes no username and no password: set type = \"basic\" to \
                     use them, or leave them out."
                ),
            ),
            _ => continue,
        };
        diagnostics.push(problem.at(at));
    }
    diagnostics
}
