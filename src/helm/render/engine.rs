//! The engine: the scopes of the charts, the order of parsing, the texts of the templates.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use super::datum::{Datum, List, ListKind, Map, MapKind, Object, Pairs, plain_map};
use super::exec::{Attentive, Machine, Set};
use super::hash::FastMap;
use super::parse::{ParseError, Parsed, Tree, parse};
use super::reads::{Before, Unfilled, ValueReads, texts, watched_map};
use super::text::{self, Str};
use super::{ChartInput, ChartMetadata, Outside, RenderError, RenderErrorKind, RenderInput};

/// The most text whose trees are kept.
const KEPT: usize = 64 << 20;

/// What texts of files mean, by the text alone: charts of a chart often bring the same library.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    parsed: FastMap<Str, Arc<Parsed>>,
    bytes: usize,
}

impl Cache {
    /// The trees of a file, parsed once.
    pub(crate) fn parse(&self, name: &str, text: &Str) -> Result<Vec<Arc<Tree>>, ParseError> {
        let known = self.kept.lock().ok().and_then(|kept| kept.parsed.get(text).cloned());
        if let Some(parsed) = known {
            return parsed.trees(name);
        }
        let parsed = Arc::new(parse(name, text)?);
        if let Ok(mut kept) = self.kept.lock() {
            kept.bytes += text.len() + 256;
            if kept.bytes > KEPT {
                *kept = Kept::default();
            }
            kept.parsed.insert(text.clone(), Arc::clone(&parsed));
        }
        parsed.trees(name)
    }
}

/// One file that is rendered or holds definitions.
struct Renderable {
    text: Str,
    scope: Map,
    base: String,
}

/// What a render is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attention {
    /// The texts alone.
    Texts,
    /// Also what is read of the values.
    Reads,
}

/// A render with what was seen of it.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// The texts, as [`Engine::render`](super::Engine::render) gives them.
    pub files: BTreeMap<String, String>,
    /// The texts that held `<no value>`, with it.
    pub unfilled: BTreeMap<String, String>,
    /// Where templates printed `<no value>` or what a format could not print.
    pub places: Vec<Unfilled>,
    /// What was read of the values; nothing where the templates are beyond what can be followed.
    pub reads: Option<ValueReads>,
}

pub(super) fn render(
    cache: &Cache,
    input: &RenderInput<'_>,
    outside: &mut Outside<'_>,
    attention: Attention,
) -> Result<Watched, RenderError> {
    let mut files = BTreeMap::new();
    let shared = Shared { release: release(input), capabilities: capabilities(input), attention };
    let values = match attention {
        Attention::Texts => plain_map(input.values, MapKind::Values),
        Attention::Reads => watched_map(input.values, MapKind::Values),
    };
    let before = (attention == Attention::Reads).then(|| Before::of(&values));
    collect(input.chart, &input.chart.metadata.name, true, values, &shared, &mut files);
    let mut names: Vec<&String> = files.keys().collect();
    // Deeper files first, so that what lies higher replaces their definitions.
    names.sort_by(|a, b| {
        let depth = |name: &str| memchr::memchr_iter(b'/', name.as_bytes()).count();
        depth(b).cmp(&depth(a)).then_with(|| b.cmp(a))
    });
    let mut set = Set::default();
    for name in &names {
        let trees = cache.parse(name, &files[*name].text).map_err(|error| parse_error(name, &error))?;
        set.add(&trees);
    }
    let mut machine = Machine::new(outside, input.limits, cache, Rc::new(set));
    if attention == Attention::Reads {
        let mut found = BTreeSet::new();
        texts(input.values, &mut found);
        file_texts(input.chart, &mut found);
        machine.attentive = Some(Box::new(Attentive::new(found)));
    }
    let mut rendered = Watched::default();
    for name in names {
        if name.rsplit('/').next().is_some_and(|base| base.starts_with('_')) {
            continue;
        }
        let file = &files[name];
        if let Some(draws) = &mut machine.outside.draws {
            draws.starts(name);
        }
        if let Some(attentive) = &mut machine.attentive {
            attentive.starts(name);
        }
        let template = Pairs::from([
            (Str::from("Name"), Datum::str(name)),
            (Str::from("BasePath"), Datum::str(&file.base)),
        ]);
        let template = Datum::Map(Map::new(MapKind::Values, template));
        file.scope.pairs_mut().insert(Str::from("Template"), template);
        let out = machine
            .execute(name.as_bytes(), Datum::Map(file.scope.with_kind(MapKind::Values)), "gotpl")
            .map_err(super::exec::Failure::into_error)?;
        if text::find(&out, b"<no value>").is_none() {
            rendered.files.insert(name.clone(), owned(&out));
        } else {
            rendered.files.insert(name.clone(), owned(&text::replace(&out, b"<no value>", b"")));
            if attention == Attention::Reads {
                rendered.unfilled.insert(name.clone(), owned(&out));
            }
        }
        machine.spares(out);
    }
    if let (Some(before), Some(mut attentive)) = (before, machine.attentive.take()) {
        let scopes: BTreeMap<usize, &Map> =
            files.values().map(|file| (file.scope.address(), &file.scope)).collect();
        let scopes = scopes.into_values().map(|scope| Datum::Map(scope.clone())).collect();
        rendered.reads = attentive.finish(&mut machine, scopes).then(|| before.reads());
        rendered.places = attentive.places();
    }
    Ok(rendered)
}

fn owned(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

/// Files beside the templates that hold actions: a template may hand them to `tpl`.
fn file_texts(chart: &ChartInput, found: &mut BTreeSet<Vec<u8>>) {
    let files = chart.files.iter().map(|file| &file.data);
    found.extend(files.filter(|data| text::find(data, b"{{").is_some()).map(|data| data.to_vec()));
    chart.dependencies.iter().for_each(|sub| file_texts(sub, found));
}

fn parse_error(name: &str, error: &ParseError) -> RenderError {
    let cause = error.cause.rsplit(": ").next().unwrap_or(&error.cause).to_owned();
    RenderError {
        kind: RenderErrorKind::Parse,
        message: format!("parse error at ({name}:{}): {cause}", error.line),
        template: name.to_owned(),
        line: error.line,
        column: 0,
        expression: String::new(),
        cause,
    }
}

/// What every chart sees.
struct Shared {
    release: Datum,
    capabilities: Datum,
    attention: Attention,
}

fn collect(
    chart: &ChartInput,
    path: &str,
    is_root: bool,
    values: Map,
    shared: &Shared,
    files: &mut BTreeMap<String, Renderable>,
) -> Map {
    let mut metadata = metadata(&chart.metadata);
    metadata.insert(Str::from("IsRoot"), Datum::Bool(is_root));
    let own_files = chart
        .files
        .iter()
        .map(|file| (Str::from(file.name.as_str()), Datum::Bytes(Str::shared(file.data.clone()))));
    let mut subcharts = Pairs::new();
    for sub in &chart.dependencies {
        let name = sub.metadata.name.as_str();
        let values = match values.get(name.as_bytes()) {
            Some(Datum::Map(values)) => values.with_kind(MapKind::Values),
            _ => Map::new(MapKind::Values, Pairs::new()),
        };
        let scope = collect(sub, &format!("{path}/charts/{name}"), false, values, shared, files);
        subcharts.insert(Str::from(name), Datum::Map(scope));
    }
    let new = match shared.attention {
        Attention::Texts => Map::new,
        Attention::Reads => Map::watched,
    };
    let scope = new(
        MapKind::Any,
        Pairs::from([
            (Str::from("Chart"), Datum::map(metadata)),
            (Str::from("Files"), Datum::Map(Map::new(MapKind::Files, own_files.collect()))),
            (Str::from("Release"), shared.release.clone()),
            (Str::from("Capabilities"), shared.capabilities.clone()),
            (Str::from("Values"), Datum::Map(values)),
            (Str::from("Subcharts"), Datum::map(subcharts)),
        ]),
    );
    let is_library = chart.metadata.chart_type.eq_ignore_ascii_case("library");
    for file in &chart.templates {
        let base = file.name.rsplit('/').next().unwrap_or(&file.name);
        if is_library && !base.starts_with('_') {
            continue;
        }
        files.insert(
            format!("{path}/{}", file.name),
            Renderable {
                text: Str::shared(file.data.clone()),
                scope: scope.clone(),
                base: format!("{path}/templates"),
            },
        );
    }
    scope
}

fn release(input: &RenderInput<'_>) -> Datum {
    let release = input.release;
    Datum::map(Pairs::from([
        (Str::from("Name"), Datum::str(&release.name)),
        (Str::from("Namespace"), Datum::str(&release.namespace)),
        (Str::from("IsUpgrade"), Datum::Bool(release.is_upgrade)),
        (Str::from("IsInstall"), Datum::Bool(release.is_install)),
        (Str::from("Revision"), Datum::Int(release.revision)),
        (Str::from("Service"), Datum::str("Helm")),
    ]))
}

fn capabilities(input: &RenderInput<'_>) -> Datum {
    let capabilities = input.capabilities;
    let version = &capabilities.kube_version;
    let versions = capabilities.api_versions.iter().map(Datum::str).collect();
    let build = vec![
        ("Version", Str::from(capabilities.helm_version.as_str())),
        ("GitCommit", Str::from("")),
        ("GitTreeState", Str::from("")),
        ("GoVersion", Str::from("go1.26.8")),
        ("KubeClientVersion", Str::from("v1.37")),
    ];
    Datum::Object(Rc::new(Object::Capabilities {
        kube_version: Datum::Object(Rc::new(Object::KubeVersion {
            version: Str::from(version.version.as_str()),
            normalized: Str::from(version.normalized.as_str()),
            major: Str::from(version.major.as_str()),
            minor: Str::from(version.minor.as_str()),
        })),
        api_versions: Datum::List(List::new(ListKind::Versions, versions)),
        helm_version: Datum::Object(Rc::new(Object::BuildInfo(build))),
    }))
}

/// Chart.yaml as Helm shows it: Go's names of the fields, structs as maps.
fn metadata(metadata: &ChartMetadata) -> Pairs {
    let texts = |list: &[String]| Datum::list(list.iter().map(Datum::str).collect());
    let maintainers = metadata.maintainers.iter().map(|one| {
        Datum::map(Pairs::from([
            (Str::from("Name"), Datum::str(&one.name)),
            (Str::from("Email"), Datum::str(&one.email)),
            (Str::from("URL"), Datum::str(&one.url)),
        ]))
    });
    let dependencies = metadata.dependencies.iter().map(|one| {
        Datum::map(Pairs::from([
            (Str::from("Name"), Datum::str(&one.name)),
            (Str::from("Version"), Datum::str(&one.version)),
            (Str::from("Repository"), Datum::str(&one.repository)),
            (Str::from("Condition"), Datum::str(&one.condition)),
            (Str::from("Tags"), texts(&one.tags)),
            (Str::from("Enabled"), Datum::Bool(one.enabled)),
            (Str::from("ImportValues"), Datum::list(one.import_values.iter().map(Datum::from).collect())),
            (Str::from("Alias"), Datum::str(&one.alias)),
        ]))
    });
    let annotations = match &metadata.annotations {
        None => Map::nil(MapKind::Strings),
        Some(pairs) => Map::new(
            MapKind::Strings,
            pairs.iter().map(|(key, value)| (Str::from(key.as_str()), Datum::str(value))).collect(),
        ),
    };
    Pairs::from([
        (Str::from("Name"), Datum::str(&metadata.name)),
        (Str::from("Home"), Datum::str(&metadata.home)),
        (Str::from("Sources"), texts(&metadata.sources)),
        (Str::from("Version"), Datum::str(&metadata.version)),
        (Str::from("Description"), Datum::str(&metadata.description)),
        (Str::from("Keywords"), texts(&metadata.keywords)),
        (Str::from("Maintainers"), Datum::list(maintainers.collect())),
        (Str::from("Icon"), Datum::str(&metadata.icon)),
        (Str::from("APIVersion"), Datum::str(&metadata.api_version)),
        (Str::from("Condition"), Datum::str(&metadata.condition)),
        (Str::from("Tags"), Datum::str(&metadata.tags)),
        (Str::from("AppVersion"), Datum::str(&metadata.app_version)),
        (Str::from("Deprecated"), Datum::Bool(metadata.deprecated)),
        (Str::from("Annotations"), Datum::Map(annotations)),
        (Str::from("KubeVersion"), Datum::str(&metadata.kube_version)),
        (Str::from("Dependencies"), Datum::list(dependencies.collect())),
        (Str::from("Type"), Datum::str(&metadata.chart_type)),
    ])
}
