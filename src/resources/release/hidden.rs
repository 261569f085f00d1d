//! The user's values in Helm's order, with and without what is hidden in them.
//!
//! A plan never sees what is hidden: each hidden leaf is a token there that says which version of it is meant,
//! so that a render with tokens is the same in plan and apply, whatever something ephemeral gives (hosts.md
//! HB4).

use super::declaration::{ReleaseSpec, SetWriteOnly};
use super::from_cluster::FromCluster;
use super::wanted::Wanted;
use crate::diagnostics::Diagnostic;
use crate::helm::chart::set::{self, Kind};
use crate::helm::chart::{merge, read_values};
use crate::helm::release::Record;
use crate::helm::value::{Map, Value as Datum};
use crate::resources::chart::values_document;
use crate::schema::{Field as _, Planned, Unread};
use crate::secret::Secret;
use crate::value::{Path, Value};

/// What stands for hidden leaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tokens {
    /// The tokens that plan and apply share.
    Usual,
    /// Others for what the plan cannot know, to see what hangs on it. `sensitive`: also for `set_sensitive`.
    Other { sensitive: bool },
}

/// The values, and what an upgrade that reuses the last ones takes in place of the chart's own.
#[derive(Clone, Debug, Default)]
pub(super) struct Built {
    pub(super) values: Map,
    pub(super) defaults: Option<Map>,
}

/// One of `set_wo`, its value known or not.
struct Hidden {
    name: String,
    value: Planned<Secret>,
    kind: String,
}

/// A release's values before they are put together.
pub(super) struct Leaves<'a> {
    spec: &'a ReleaseSpec,
    values_wo: Option<Map>,
    set_wo: Vec<Hidden>,
    /// Whether the deployed hidden values stay: their versions are the last apply's.
    keeps: Keeps,
}

/// Which hidden values stay as they are deployed.
#[derive(Clone, Copy, Debug, Default)]
struct Keeps {
    values: bool,
    set: bool,
}

impl<'a> Leaves<'a> {
    /// Reads what is hidden. Unknown where not even its shape is known. `prior` is null on create.
    pub(super) fn read(
        wanted: &'a Wanted,
        config: &Value,
        prior: &Value,
    ) -> Result<Planned<Self>, Diagnostic> {
        let spec = &wanted.spec;
        let Planned::Known(values) = &wanted.hidden.values else { return Ok(Planned::Unknown) };
        let values_wo = values.as_ref().map(|text| hidden_document(text, "values_wo")).transpose()?;
        let Some(set_wo) = set_wo(config.get("set_wo"))? else { return Ok(Planned::Unknown) };
        let same = |name: &str, now: Option<i64>| {
            !prior.is_null() && prior.get(name) == &now.map_or(Value::Null, Value::int)
        };
        let keeps = Keeps {
            values: same("values_wo_version", spec.values_wo_version),
            set: same("set_wo_revision", spec.set_wo_revision),
        };
        Ok(Planned::Known(Self { spec, values_wo, set_wo, keeps }))
    }

    /// Whether anything is hidden.
    pub(super) fn has_tokens(&self) -> bool {
        let spec = self.spec;
        self.values_wo.is_some()
            || !self.set_wo.is_empty()
            || spec.values_from.as_ref().is_some_and(|from| !from.is_empty())
            || spec.set_sensitive.as_ref().is_some_and(|set| !set.is_empty())
    }

    /// The values with tokens for what is hidden.
    pub(super) fn tokens(&self, last: Option<&Record>, tokens: Tokens) -> Result<Built, Diagnostic> {
        let spec = self.spec;
        let other = |other: bool, text: &str| if other { format!("other-{text}") } else { text.to_owned() };
        let mut values = self.plain()?;
        if let Some(hidden) = &self.values_wo {
            let token = format!("sensitive-v{}", spec.values_wo_version.unwrap_or(0));
            merge(&mut values, with_token(hidden, &token));
        }
        let from = other(tokens != Tokens::Usual, "from-cluster");
        for (index, one) in spec.values_from.iter().flatten().enumerate() {
            // A whole document from the cluster has no shape that a plan knows.
            let Some(path) = &one.path else { continue };
            assign(&mut values, path, &from, "string").map_err(|error| at(error, "values_from", index))?;
        }
        self.set_plain(&mut values)?;
        let sensitive = other(tokens == Tokens::Other { sensitive: true }, "sensitive");
        for (index, one) in spec.set_sensitive.iter().flatten().enumerate() {
            assign(&mut values, &one.name, &sensitive, "string")
                .map_err(|error| at(error, "set_sensitive", index))?;
        }
        let token = format!("sensitive-r{}", spec.set_wo_revision.unwrap_or(0));
        for (index, one) in self.set_wo.iter().enumerate() {
            assign(&mut values, &one.name, &token, "string").map_err(|error| at(error, "set_wo", index))?;
        }
        Ok(self.reused(values, last))
    }

    /// The values as they are installed; unknown while one of them is.
    pub(super) fn real(
        &self,
        last: Option<&Record>,
        from: &FromCluster,
    ) -> Result<Planned<Built>, Diagnostic> {
        let spec = self.spec;
        let deployed = last.map(|last| match set::json(&last.config) {
            Datum::Map(map) => map,
            _ => Map::new(),
        });
        let mut values = self.plain()?;
        if let Some(hidden) = &self.values_wo {
            let mut hidden = hidden.clone();
            if let (true, Some(deployed)) = (self.keeps.values, &deployed) {
                keep(&mut hidden, deployed);
            }
            merge(&mut values, hidden);
        }
        for (index, (path, secret)) in from.values.iter().enumerate() {
            match path {
                Some(path) => assign(&mut values, path, &escaped(secret.expose()), "string")
                    .map_err(|error| at(error, "values_from", index))?,
                None => merge(
                    &mut values,
                    hidden_document(secret, "values_from")
                        .map_err(|problem| problem.at(Path::of("values_from").index(index)))?,
                ),
            }
        }
        self.set_plain(&mut values)?;
        for (index, one) in spec.set_sensitive.iter().flatten().enumerate() {
            assign(&mut values, &one.name, one.value.expose(), one.r#type.as_deref().unwrap_or_default())
                .map_err(|error| at(error, "set_sensitive", index))?;
        }
        let before = values.clone();
        for (index, one) in self.set_wo.iter().enumerate() {
            let Planned::Known(secret) = &one.value else { return Ok(Planned::Unknown) };
            assign(&mut values, &one.name, secret.expose(), &one.kind)
                .map_err(|error| at(error, "set_wo", index))?;
        }
        if let (true, Some(deployed)) = (self.keeps.set, &deployed) {
            kept_where_changed(&mut values, &before, deployed);
        }
        Ok(Planned::Known(self.reused(values, last)))
    }

    /// Every hidden text, so that it can be masked where a chart prints it.
    pub(super) fn secrets(&self, from: &FromCluster) -> Vec<Secret> {
        let mut secrets: Vec<Secret> = Vec::new();
        secrets.extend(self.spec.set_sensitive.iter().flatten().map(|one| one.value.clone()));
        secrets.extend(self.set_wo.iter().filter_map(|one| one.value.clone().known()));
        secrets.extend(from.values.iter().map(|(_, secret)| secret.clone()));
        self.values_wo.iter().for_each(|map| texts(map, &mut secrets));
        secrets
    }

    /// `values`.
    fn plain(&self) -> Result<Map, Diagnostic> {
        let mut values = Map::new();
        for (index, text) in self.spec.values.iter().flatten().enumerate() {
            merge(&mut values, values_document(index, text)?);
        }
        Ok(values)
    }

    /// `set` and `set_list`.
    fn set_plain(&self, values: &mut Map) -> Result<(), Diagnostic> {
        for (index, one) in self.spec.set.iter().flatten().enumerate() {
            assign(values, &one.name, &one.value, one.r#type.as_deref().unwrap_or_default())
                .map_err(|error| at(error, "set", index))?;
        }
        for (index, one) in self.spec.set_list.iter().flatten().enumerate() {
            let list = format!("{{{}}}", one.value.join(","));
            assign(values, &one.name, &list, "").map_err(|error| at(error, "set_list", index))?;
        }
        Ok(())
    }

    /// `reuse_values`, as Helm's upgrade does it (pkg/action/upgrade.go, reuseValues).
    fn reused(&self, values: Map, last: Option<&Record>) -> Built {
        let Some(last) = last.filter(|_| self.spec.reuse_values && !self.spec.reset_values) else {
            return Built { values, defaults: None };
        };
        let (mut config, mut defaults) = match (set::json(&last.config), set::json(&last.chart["values"])) {
            (Datum::Map(config), Datum::Map(defaults)) => (config, defaults),
            (Datum::Map(config), _) => (config, Map::new()),
            _ => (Map::new(), Map::new()),
        };
        merge(&mut defaults, config.clone());
        merge(&mut config, values);
        Built { values: config, defaults: Some(defaults) }
    }
}

/// What `set_wo` says, its values perhaps not known; nothing where not even the names are.
fn set_wo(list: &Value) -> Result<Option<Vec<Hidden>>, Diagnostic> {
    if list.is_null() {
        return Ok(Some(Vec::new()));
    }
    let Some(elements) = list.as_list() else { return Ok(None) };
    let mut hidden = Vec::new();
    for (index, element) in elements.iter().enumerate() {
        let path = Path::of("set_wo").index(index);
        match SetWriteOnly::read(element, &path) {
            Ok(one) => hidden.push(Hidden {
                name: one.name,
                value: Planned::Known(one.value),
                kind: one.r#type.unwrap_or_default(),
            }),
            Err(Unread::Wrong(problem)) => return Err(*problem),
            Err(Unread::Unknown) => match element.get("name").as_str() {
                Some(name) => hidden.push(Hidden {
                    name: name.to_owned(),
                    value: Planned::Unknown,
                    kind: element.get("type").as_str().unwrap_or_default().to_owned(),
                }),
                None => return Ok(None),
            },
        }
    }
    Ok(Some(hidden))
}

/// A hidden document; the error does not quote it.
fn hidden_document(text: &Secret, argument: &'static str) -> Result<Map, Diagnostic> {
    read_values(text.expose().as_bytes()).map_err(|_| {
        Diagnostic::error("Values are no YAML mapping", format!("{argument} holds what is no YAML mapping."))
            .at(Path::of(argument))
    })
}

/// One path set to one value, as `helm --set`, `--set-string` and `--set-literal` do it.
fn assign(values: &mut Map, name: &str, value: &str, kind: &str) -> Result<(), set::BadSet> {
    let line = format!("{name}={value}");
    match kind {
        "string" => set::set(&line, values, Kind::Text),
        "literal" => set::set_literal(&line, values),
        _ => set::set(&line, values, Kind::Typed),
    }
}

/// A text that `--set-string` takes as one value.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(',', "\\,")
}

/// Names the entry; what stands in it may be secret.
fn at(_: set::BadSet, argument: &'static str, index: usize) -> Diagnostic {
    let detail =
        format!("The path or the value of {argument}[{index}] cannot be read as helm --set reads it.");
    Diagnostic::error("Value cannot be set", detail).at(Path::of(argument).index(index))
}

/// The same mapping with a token for every text and number in it.
fn with_token(map: &Map, token: &str) -> Map {
    fn replaced(value: &Datum, token: &str) -> Datum {
        match value {
            Datum::Map(map) => Datum::Map(with_token(map, token)),
            Datum::List(list) => Datum::List(list.iter().map(|one| replaced(one, token)).collect()),
            Datum::Null | Datum::Bool(_) => value.clone(),
            _ => Datum::String(token.to_owned()),
        }
    }
    map.iter().map(|(key, value)| (key.clone(), replaced(value, token))).collect()
}

/// Takes what is deployed in the place of each leaf that is deployed.
fn keep(hidden: &mut Map, deployed: &Map) {
    for (key, value) in hidden {
        match (value, deployed.get(key)) {
            (Datum::Map(hidden), Some(Datum::Map(deployed))) => keep(hidden, deployed),
            (value, Some(deployed)) => *value = deployed.clone(),
            (_, None) => {}
        }
    }
}

/// The same where setting single values has changed something.
fn kept_where_changed(values: &mut Map, before: &Map, deployed: &Map) {
    for (key, value) in values {
        let Some(deployed) = deployed.get(key) else { continue };
        match (value, before.get(key), deployed) {
            (Datum::Map(now), before, Datum::Map(deployed)) => {
                let nothing = Map::new();
                let before = before.and_then(Datum::as_map).unwrap_or(&nothing);
                kept_where_changed(now, before, deployed);
            }
            (value, before, deployed) if before != Some(value) => *value = deployed.clone(),
            _ => {}
        }
    }
}

fn texts(map: &Map, secrets: &mut Vec<Secret>) {
    fn of(value: &Datum, secrets: &mut Vec<Secret>) {
        match value {
            Datum::String(text) => secrets.push(Secret::new(text.clone())),
            Datum::Map(map) => texts(map, secrets),
            Datum::List(list) => list.iter().for_each(|one| of(one, secrets)),
            _ => {}
        }
    }
    for value in map.values() {
        of(value, secrets);
    }
}
