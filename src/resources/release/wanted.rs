//! A release as it is asked for, with every argument known.

use super::declaration::ReleaseSpec;
use super::notes::Key;
use crate::diagnostics::Diagnostic;
use crate::resources::chart_place::ChartPlace;
use crate::schema::{Attribute, Attributes as _, Draft, Planned, Unread};
use crate::secret::Secret;
use crate::value::{Path, Value};

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) spec: ReleaseSpec,
    pub(super) hidden: Hidden,
}

/// What stands in the configuration alone; unknown in a plan where it comes from something ephemeral.
#[derive(Clone, Debug)]
pub(super) struct Hidden {
    pub(super) values: Planned<Option<Secret>>,
    pub(super) password: Planned<Option<Secret>>,
}

/// What a revision is made of: a change of one of these makes another revision, a change of anything else
/// sends nothing.
const INPUTS: [&str; 21] = [
    "name",
    "namespace",
    "values",
    "set",
    "set_list",
    "set_sensitive",
    "set_wo_revision",
    "values_wo_version",
    "values_from",
    "reuse_values",
    "reset_values",
    "skip_crds",
    "crds",
    "disable_webhooks",
    "disable_openapi_validation",
    "disable_crd_hooks",
    "postrender",
    "description",
    "render_subchart_notes",
    "recreate_pods",
    "random",
];

impl Wanted {
    /// Reads a plan. Unknown is what a render needs and does not have yet; the kubeconfig is not read here.
    ///
    /// # Errors
    /// The diagnostic on the argument that is wrong.
    pub(super) fn read(planned: &Value, config: &Value) -> Result<Planned<Self>, Diagnostic> {
        let mut arguments = planned.clone();
        for name in ["kubeconfig", "timeouts"] {
            arguments.set(name, Value::Null);
        }
        let version = planned.get("version");
        let version = if config.get("version").is_null() { version } else { config.get("version") };
        // A version that nobody has chosen yet is the newest.
        let version =
            if version.is_unknown() && config.get("version").is_null() { &Value::Null } else { version };
        arguments.set("version", version.clone());
        let spec = match ReleaseSpec::from_object(&arguments, &Path::root()) {
            Ok(spec) => spec,
            Err(Unread::Unknown) => return Ok(Planned::Unknown),
            Err(Unread::Wrong(diagnostic)) => return Err(*diagnostic),
        };
        let draft = Draft::root(config);
        let hidden = Hidden {
            values: draft.planned("values_wo")?,
            password: draft.planned("repository_password_wo")?,
        };
        Ok(Planned::Known(Self { spec, hidden }))
    }

    /// Where the chart is. Unknown while the password is.
    pub(super) fn place(&self) -> Planned<ChartPlace> {
        let spec = &self.spec;
        let Planned::Known(hidden) = &self.hidden.password else { return Planned::Unknown };
        let local = spec.repository.is_none() && !spec.chart.contains("://");
        Planned::Known(ChartPlace {
            chart: spec.chart.clone(),
            repository: spec.repository.clone(),
            // A folder has the version that it has.
            version: spec.version.clone().filter(|_| !local),
            devel: spec.devel,
            username: spec.repository_username.clone(),
            password: spec.repository_password.clone().or_else(|| hidden.clone()),
            ca_file: spec.repository_ca_file.clone(),
            cert_file: spec.repository_cert_file.clone(),
            key_file: spec.repository_key_file.clone(),
            pass_credentials: spec.pass_credentials,
            dependency_update: spec.dependency_update,
            verify: spec.verify,
            keyring: spec.keyring.clone(),
        })
    }
}

/// The digest of everything that a revision is made of.
pub(super) fn inputs(key: &Key, planned: &Value, chart_digest: &str) -> String {
    let attributes = ReleaseSpec::attributes();
    let written = |attribute: &&Attribute| INPUTS.contains(&attribute.name);
    let parts: Vec<String> = attributes
        .iter()
        .filter(written)
        .map(|attribute| {
            let text = planned.get(attribute.name).to_json(&attribute.kind()).unwrap_or_default();
            format!("{}={text}", attribute.name)
        })
        .collect();
    key.digest(&format!("{chart_digest}\n{}", parts.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_arguments_that_exist() {
        let attributes = ReleaseSpec::attributes();
        for name in INPUTS {
            assert!(attributes.iter().any(|attribute| attribute.name == name), "{name}");
        }
    }
}
