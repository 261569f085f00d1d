//! A chart as a record holds it.
//!
//! Source: Helm 4.3, the JSON names of `pkg/chart/v2/{chart,metadata,dependency}.go`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map as JsonMap, Value as Json, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::helm::chart::{Chart, Lock};
use crate::helm::render::{ChartFile, ChartMetadata, Dependency, Maintainer, compact};
use crate::helm::value::{Map, Value};

/// What Go writes for no time at all.
const NO_TIME: &str = "0001-01-01T00:00:00Z";

/// The chart of a record. `values` are those that the templates saw: Helm keeps them instead of the chart's
/// own where the chart has dependencies, so that `helm get values --all` shows theirs too.
pub fn stored_chart(chart: &Chart, values: &Map) -> Json {
    let values = if chart.declared.has_dependencies { values } else { &chart.values };
    json!({
        "metadata": metadata(&chart.declared.metadata),
        "lock": chart.lock.as_ref().map(lock),
        "templates": files(&chart.templates),
        "values": plain(&Value::Map(values.clone())),
        "schema": chart.schema.as_ref().map(|schema| STANDARD.encode(schema)),
        "files": files(&chart.files),
    })
}

/// Plain data as JSON, numbers as Go writes them.
pub(crate) fn plain(value: &Value) -> Json {
    // What Go's encoder writes is JSON.
    serde_json::from_str(&compact(value)).unwrap_or(Json::Null)
}

/// Files as Go writes a list of them: nothing where there are none.
fn files(files: &[ChartFile]) -> Json {
    let one = |file: &ChartFile| json!({ "name": file.name, "data": STANDARD.encode(&file.data) });
    if files.is_empty() { Json::Null } else { files.iter().map(one).collect() }
}

fn metadata(from: &ChartMetadata) -> Json {
    let mut fields = JsonMap::new();
    for (name, text) in [
        ("name", &from.name),
        ("home", &from.home),
        ("version", &from.version),
        ("description", &from.description),
        ("icon", &from.icon),
        ("apiVersion", &from.api_version),
        ("condition", &from.condition),
        ("tags", &from.tags),
        ("appVersion", &from.app_version),
        ("kubeVersion", &from.kube_version),
        ("type", &from.chart_type),
    ] {
        if !text.is_empty() {
            fields.insert(name.to_owned(), Json::String(text.clone()));
        }
    }
    for (name, list) in [("sources", &from.sources), ("keywords", &from.keywords)] {
        if !list.is_empty() {
            fields.insert(name.to_owned(), json!(list));
        }
    }
    if !from.maintainers.is_empty() {
        fields.insert("maintainers".to_owned(), from.maintainers.iter().map(maintainer).collect());
    }
    if from.deprecated {
        fields.insert("deprecated".to_owned(), Json::Bool(true));
    }
    if let Some(annotations) = from.annotations.as_ref().filter(|annotations| !annotations.is_empty()) {
        fields.insert("annotations".to_owned(), json!(annotations));
    }
    if !from.dependencies.is_empty() {
        fields.insert("dependencies".to_owned(), from.dependencies.iter().map(dependency).collect());
    }
    Json::Object(fields)
}

fn maintainer(one: &Maintainer) -> Json {
    let pairs = [("name", &one.name), ("email", &one.email), ("url", &one.url)];
    json!(pairs.into_iter().filter(|(_, text)| !text.is_empty()).collect::<BTreeMap<_, _>>())
}

fn dependency(one: &Dependency) -> Json {
    let mut fields = JsonMap::new();
    fields.insert("name".to_owned(), json!(one.name));
    fields.insert("repository".to_owned(), json!(one.repository));
    for (name, text) in [("version", &one.version), ("condition", &one.condition), ("alias", &one.alias)] {
        if !text.is_empty() {
            fields.insert(name.to_owned(), json!(text));
        }
    }
    if !one.tags.is_empty() {
        fields.insert("tags".to_owned(), json!(one.tags));
    }
    if one.enabled {
        fields.insert("enabled".to_owned(), Json::Bool(true));
    }
    if !one.import_values.is_empty() {
        fields.insert("import-values".to_owned(), one.import_values.iter().map(plain).collect());
    }
    Json::Object(fields)
}

fn lock(lock: &Lock) -> Json {
    // A time that Go cannot read would make the whole record unreadable for Helm.
    let generated = Some(&lock.generated).filter(|text| OffsetDateTime::parse(text, &Rfc3339).is_ok());
    json!({
        "generated": generated.map_or(NO_TIME, String::as_str),
        "digest": lock.digest,
        "dependencies": lock.dependencies.iter().map(dependency).collect::<Vec<_>>(),
    })
}
