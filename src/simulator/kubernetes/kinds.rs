//! The kinds that an API server has: the built-in ones as data of a real server, and those of definitions.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::shape::Shape;

/// One line for each kind, as `scripts/kubernetes-shapes` writes it.
const BUILT_IN: &str = include_str!("kinds.txt");

/// One kind in one version.
#[derive(Clone, Debug)]
pub(crate) struct Kind {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) plural: String,
    pub(crate) singular: String,
    pub(crate) name: String,
    pub(crate) namespaced: bool,
    pub(crate) short: Vec<String>,
    pub(crate) categories: Vec<String>,
    pub(crate) verbs: Vec<String>,
    pub(crate) subresources: Vec<Subresource>,
    pub(crate) shape: Shape,
    /// The schema and the columns, where a definition brought the kind.
    pub(crate) custom: Option<Arc<Custom>>,
}

/// What a definition says beyond the names.
#[derive(Clone, Debug)]
pub(crate) struct Custom {
    pub(crate) schema: Value,
    pub(crate) columns: Vec<Value>,
}

/// What follows a name in a path.
#[derive(Clone, Debug)]
pub(crate) struct Subresource {
    pub(crate) name: String,
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) verbs: Vec<String>,
}

impl Kind {
    /// `v1` or `apps/v1`.
    pub(crate) fn api_version(&self) -> String {
        api_version(&self.group, &self.version)
    }

    /// As messages name it: `pods` or `deployments.apps`.
    pub(crate) fn qualified(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// Whether it has a subresource.
    pub(crate) fn has(&self, subresource: &str) -> bool {
        self.subresources.iter().any(|one| one.name == subresource)
    }
}

/// `v1` or `apps/v1`.
pub(crate) fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

/// The kinds that every server has.
pub(crate) fn built_in() -> &'static [Arc<Kind>] {
    static KINDS: OnceLock<Vec<Arc<Kind>>> = OnceLock::new();
    KINDS.get_or_init(|| BUILT_IN.lines().filter_map(read).map(Arc::new).collect())
}

fn read(line: &str) -> Option<Kind> {
    let words = |text: &str| text.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let parts: Vec<&str> = line.split('|').collect();
    let [group, version, plural, singular, name, scope, short, categories, verbs, subresources, shape] =
        parts[..]
    else {
        return None;
    };
    let subresources = subresources.split(',').filter_map(|one| {
        let (name, rest) = one.split_once(':')?;
        let (kind, verbs) = rest.split_once(':')?;
        let [sub_group, sub_version, kind] = kind.split('/').collect::<Vec<_>>()[..] else { return None };
        Some(Subresource {
            name: name.to_owned(),
            group: sub_group.to_owned(),
            version: sub_version.to_owned(),
            kind: kind.to_owned(),
            verbs: verbs.split('+').map(str::to_owned).collect(),
        })
    });
    Some(Kind {
        group: group.to_owned(),
        version: version.to_owned(),
        plural: plural.to_owned(),
        singular: singular.to_owned(),
        name: name.to_owned(),
        namespaced: scope == "n",
        short: words(short),
        categories: words(categories),
        verbs: words(verbs),
        subresources: subresources.collect(),
        shape: Shape::Named(shape.to_owned()),
        custom: None,
    })
}

/// The kinds of a definition, one for each version that is served.
pub(crate) fn defined(definition: &Value) -> Vec<Arc<Kind>> {
    let spec = &definition["spec"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let texts = |value: &Value| -> Vec<String> { value.as_array().into_iter().flatten().map(text).collect() };
    let names = &definition["status"]["acceptedNames"];
    let names = if names["plural"].is_string() { names } else { &spec["names"] };
    let verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    let versions = spec["versions"].as_array().into_iter().flatten();
    versions
        .filter(|version| version["served"] == true)
        .map(|version| {
            let schema = version["schema"]["openAPIV3Schema"].clone();
            let mut subresources = Vec::new();
            if version["subresources"]["status"].is_object() {
                subresources.push((
                    "status",
                    text(&spec["group"]),
                    text(&version["name"]),
                    text(&names["kind"]),
                ));
            }
            if version["subresources"]["scale"].is_object() {
                subresources.push(("scale", "autoscaling".to_owned(), "v1".to_owned(), "Scale".to_owned()));
            }
            Arc::new(Kind {
                group: text(&spec["group"]),
                version: text(&version["name"]),
                plural: text(&names["plural"]),
                singular: text(&names["singular"]),
                name: text(&names["kind"]),
                namespaced: spec["scope"] == "Namespaced",
                short: texts(&names["shortNames"]),
                categories: texts(&names["categories"]),
                verbs: verbs.map(str::to_owned).to_vec(),
                subresources: subresources
                    .into_iter()
                    .map(|(name, group, version, kind)| Subresource {
                        name: name.to_owned(),
                        group,
                        version,
                        kind,
                        verbs: ["get", "patch", "update"].map(str::to_owned).to_vec(),
                    })
                    .collect(),
                shape: Shape::of_schema(&schema, true),
                custom: Some(Arc::new(Custom {
                    schema,
                    columns: version["additionalPrinterColumns"].as_array().cloned().unwrap_or_default(),
                })),
            })
        })
        .collect()
}
