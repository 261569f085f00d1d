//! Import: a release of Helm's, or one whose state was lost, by `namespace/name`.

use std::collections::BTreeMap;

use super::notes::Key;
use super::shown::Shown;
use super::whose::OWNER;
use super::{Release, explain, outputs};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::helm::action;
use crate::helm::chart::set;
use crate::helm::release::{Record, Status};
use crate::helm::yaml;
use crate::lifecycle::Managed as _;
use crate::state::Private;
use crate::time::Patience;
use crate::value::Value;

impl Release {
    pub(super) async fn bring_in(
        &self,
        id: &str,
        identity: &Value,
        patience: &Patience,
    ) -> Result<(Value, Private), Diagnostics> {
        let given = |name: &str| identity.get(name).as_str().unwrap_or_default().to_owned();
        let (namespace, name) = if id.is_empty() {
            (given("namespace"), given("name"))
        } else {
            let parts: Vec<&str> = id.split('/').collect();
            match parts[..] {
                [namespace, name] if !namespace.is_empty() && !name.is_empty() => {
                    (namespace.to_owned(), name.to_owned())
                }
                _ => {
                    return Err(Diagnostic::error(
                        "Bad import id",
                        format!("{id:?} is no id of a release. Write NAMESPACE/NAME, such as bud/bud."),
                    )
                    .into());
                }
            }
        };
        let mut state = self.blank();
        let client = self.client(&state, patience)?;
        let said = |error: &action::ActionError| explain::explain(error, &namespace, &name);
        let history = action::history(&client, &namespace, &name).await.map_err(|error| said(&error))?;
        let Some(last) = history.last().filter(|last| last.info.status != Status::Uninstalled) else {
            return Err(Diagnostic::error(
                "Nothing to import",
                format!("There is no release {name} in the namespace {namespace} of {}.", client.server()),
            )
            .into());
        };
        let mut private = Private { owner: last.labels.get(OWNER).cloned(), ..Private::default() };
        let key = Key::draw(&mut private);
        state.set("name", Value::string(name.clone()));
        state.set("namespace", Value::string(namespace.clone()));
        state.set("id", Value::string(format!("{namespace}/{name}")));
        fill(&mut state, last, &key);
        state.set("cluster_uid", client.cluster_uid().await.map_or(Value::Null, Value::string));
        Ok((state, private))
    }

    /// A state with defaults alone.
    fn blank(&self) -> Value {
        let attributes = &self.schema().block.attributes;
        let default = |one: &crate::schema::Attribute| one.rule.default.clone().unwrap_or(Value::Null);
        let mut state =
            Value::Map(attributes.iter().map(|one| (one.name.to_owned(), default(one))).collect());
        state.set("drifted", Value::Map(BTreeMap::new()));
        state
    }
}

/// What a record says of the arguments and of what is computed.
fn fill(state: &mut Value, last: &Record, key: &Key) {
    outputs::stamp(state, last);
    let text = |key: &str| last.chart["metadata"][key].as_str().unwrap_or_default().to_owned();
    state.set("chart", Value::string(text("name")));
    state.set("version", Value::string(text("version")));
    if last.config.as_object().is_some_and(|config| !config.is_empty()) {
        let values = yaml::write(&set::json(&last.config));
        state.set("values", Value::List(vec![Value::string(values)]));
    }
    let secrets = outputs::secrets_of(last);
    Shown::recorded(last, key, &secrets).write(state, &Value::Null);
    state.set("manifest_diff", Value::Null);
    state.set("notes", outputs::notes(&last.info.notes, &secrets));
    // Nobody knows the archive that it came from: the first apply writes the digest of the configured one.
    state.set("chart_digest", Value::string(String::new()));
    state.set("resources", Value::Map(BTreeMap::new()));
}
