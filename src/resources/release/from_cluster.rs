//! `values_from`: values that live in Secrets of the cluster. They are read where they are needed and held
//! nowhere else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::declaration::{ReleaseSpec, ValueFrom};
use super::notes::Key;
use crate::diagnostics::Diagnostic;
use crate::kube::{Client, Kind, Scope};
use crate::outcome::Presence;
use crate::resources::clusters;
use crate::secret::Secret;
use crate::value::Path;

/// What the Secrets hold, in the order of `values_from`.
#[derive(Debug, Default)]
pub(super) struct FromCluster {
    pub(super) values: Vec<(Option<String>, Secret)>,
}

impl FromCluster {
    /// The keyed digest that decides about change; none where there is nothing.
    pub(super) fn digest(&self, key: &Key) -> Option<String> {
        let parts: Vec<_> =
            self.values.iter().map(|(path, secret)| (path, key.digest(secret.expose()))).collect();
        (!parts.is_empty()).then(|| key.digest_of(&parts))
    }
}

/// Reads the Secrets.
pub(super) async fn read(client: &Client, spec: &ReleaseSpec) -> Result<FromCluster, Diagnostic> {
    let mut from = FromCluster::default();
    for (index, one) in spec.values_from.iter().flatten().enumerate() {
        let secret = value(client, one, &spec.namespace)
            .await
            .map_err(|problem| problem.at(Path::of("values_from").index(index)))?;
        from.values.push((one.path.clone(), secret));
    }
    Ok(from)
}

async fn value(client: &Client, from: &ValueFrom, namespace: &str) -> Result<Secret, Diagnostic> {
    let namespace = from.namespace.as_deref().unwrap_or(namespace);
    let at = Kind::new("v1", "Secret", "secrets", Scope::Namespaced).at(Some(namespace), &from.secret);
    let missing = |what: String| {
        Diagnostic::error(
            "Value is not in the cluster",
            format!(
                "{what} Make it first, for instance with bud_secret and depends_on, or correct the names."
            ),
        )
    };
    let found = client.get(&at).await.map_err(|error| clusters::explain(&error, "Reading values_from"))?;
    let Presence::Here(found) = found else {
        return Err(missing(format!("There is no Secret {} in the namespace {namespace}.", from.secret)));
    };
    let data = found["data"][from.key.as_str()].as_str().and_then(|text| STANDARD.decode(text).ok());
    let Some(data) = data else {
        let secret = &from.secret;
        return Err(missing(format!("The Secret {namespace}/{secret} has no key {:?}.", from.key)));
    };
    String::from_utf8(data).map(Secret::new).map_err(|_| {
        let secret = &from.secret;
        Diagnostic::error(
            "Value is no text",
            format!("The key {:?} of {namespace}/{secret} is no UTF-8.", from.key),
        )
    })
}
