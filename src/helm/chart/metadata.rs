//! Chart.yaml: read as Helm reads it, and checked.

use super::decode::{Place, WrongKind, names};
use crate::helm::render::{ChartMetadata, Dependency, Maintainer};
use crate::helm::value::{Map, Value};
use crate::helm::version::Version;

/// What Chart.yaml says that `.Chart` does not show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Declared {
    /// `.Chart`.
    pub metadata: ChartMetadata,
    /// Whether there is a list of dependencies at all; without one Helm looks at no dependency's switches.
    pub has_dependencies: bool,
}

/// A chart that Chart.yaml does not allow to be, in Helm's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("validation: {0}")]
pub struct Invalid(String);

impl Declared {
    /// Lays a document over what is known already: Chart.yaml, and behind it an old requirements.yaml.
    pub(crate) fn lay(&mut self, document: &Value) -> Result<(), WrongKind> {
        let place = Place::root("Metadata");
        let Some(map) = place.map(document, "v2.Metadata")? else { return Ok(()) };
        let metadata = &mut self.metadata;
        for (key, value) in map {
            // Null leaves a text or a truth value as it was, and empties lists and mappings.
            let Some(field) = FIELDS.iter().find(|field| names(key, field)) else { continue };
            let place = place.field(field);
            let text = || place.text(value);
            match *field {
                "dependencies" => {
                    self.has_dependencies = !value.is_null();
                    let list = place.list(value, "[]*v2.Dependency")?;
                    metadata.dependencies =
                        list.iter().map(|one| dependency(&place, one)).collect::<Result<_, _>>()?;
                }
                "maintainers" => {
                    let list = place.list(value, "[]*v2.Maintainer")?;
                    metadata.maintainers =
                        list.iter().map(|one| maintainer(&place, one)).collect::<Result<_, _>>()?;
                }
                "sources" => metadata.sources = place.texts(value)?,
                "keywords" => metadata.keywords = place.texts(value)?,
                "annotations" => {
                    metadata.annotations = match place.map(value, "map[string]string")? {
                        None => None,
                        Some(map) => {
                            let pair =
                                |(key, value): (&String, &Value)| Ok((key.clone(), place.text(value)?));
                            Some(map.iter().map(pair).collect::<Result<_, WrongKind>>()?)
                        }
                    };
                }
                _ if value.is_null() => {}
                "deprecated" => metadata.deprecated = place.truth(value)?,
                "name" => metadata.name = text()?,
                "home" => metadata.home = text()?,
                "version" => metadata.version = text()?,
                "description" => metadata.description = text()?,
                "icon" => metadata.icon = text()?,
                "apiVersion" => metadata.api_version = text()?,
                "condition" => metadata.condition = text()?,
                "tags" => metadata.tags = text()?,
                "appVersion" => metadata.app_version = text()?,
                "kubeVersion" => metadata.kube_version = text()?,
                "type" => metadata.chart_type = text()?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Cleans the texts and says what is wrong with them.
    pub(crate) fn check(&mut self) -> Result<(), Invalid> {
        let invalid = |text: &str| Err(Invalid(text.to_owned()));
        let metadata = &mut self.metadata;
        for text in [
            &mut metadata.name,
            &mut metadata.description,
            &mut metadata.home,
            &mut metadata.icon,
            &mut metadata.condition,
            &mut metadata.tags,
            &mut metadata.app_version,
            &mut metadata.kube_version,
        ] {
            sanitize(text);
        }
        metadata.sources.iter_mut().chain(&mut metadata.keywords).for_each(sanitize);
        if metadata.api_version.is_empty() {
            return invalid("chart.metadata.apiVersion is required");
        }
        if metadata.name.is_empty() {
            return invalid("chart.metadata.name is required");
        }
        if metadata.name == "." || metadata.name == ".." {
            return Err(Invalid(format!("chart.metadata.name {:?} is not allowed", metadata.name)));
        }
        if metadata.name.contains('/') {
            return Err(Invalid(format!("chart.metadata.name {:?} is invalid", metadata.name)));
        }
        if metadata.version.is_empty() {
            return invalid("chart.metadata.version is required");
        }
        if Version::parse(&metadata.version).is_err() {
            return Err(Invalid(format!("chart.metadata.version {:?} is invalid", metadata.version)));
        }
        if !matches!(metadata.chart_type.as_str(), "" | "application" | "library") {
            return invalid("chart.metadata.type must be application or library");
        }
        for maintainer in &mut metadata.maintainers {
            if maintainer.name == EMPTY {
                return invalid("maintainers must not contain empty or null nodes");
            }
            [&mut maintainer.name, &mut maintainer.email, &mut maintainer.url].into_iter().for_each(sanitize);
        }
        for at in 0..metadata.dependencies.len() {
            let (before, rest) = metadata.dependencies.split_at_mut(at);
            let dependency = &mut rest[0];
            check_dependency(dependency)?;
            let key = called(dependency);
            if before.iter().any(|other| called(other) == key) {
                return Err(Invalid(format!("more than one dependency with name or alias {key:?}")));
            }
        }
        Ok(())
    }
}

const FIELDS: [&str; 17] = [
    "name",
    "home",
    "sources",
    "version",
    "description",
    "keywords",
    "maintainers",
    "icon",
    "apiVersion",
    "condition",
    "tags",
    "appVersion",
    "deprecated",
    "annotations",
    "kubeVersion",
    "dependencies",
    "type",
];

/// Stands for a null in a list until the check refuses it: no YAML text can be this.
const EMPTY: &str = "\u{0}";

/// The name under which a dependency's values stand.
pub(crate) fn called(dependency: &Dependency) -> &str {
    if dependency.alias.is_empty() { &dependency.name } else { &dependency.alias }
}

fn check_dependency(dependency: &mut Dependency) -> Result<(), Invalid> {
    if dependency.name == EMPTY {
        return Err(Invalid("dependencies must not contain empty or null nodes".to_owned()));
    }
    for text in
        [&mut dependency.name, &mut dependency.version, &mut dependency.repository, &mut dependency.condition]
    {
        sanitize(text);
    }
    dependency.tags.iter_mut().for_each(sanitize);
    let fine = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if !dependency.alias.chars().all(fine) {
        let text = format!("dependency {:?} has disallowed characters in the alias", dependency.name);
        return Err(Invalid(text));
    }
    Ok(())
}

/// The declared dependencies of a Chart.yaml or of a lock file.
pub(crate) fn dependency(place: &Place, value: &Value) -> Result<Dependency, WrongKind> {
    let place = place.within("Dependency");
    let Some(map) = place.map(value, "v2.Dependency")? else {
        return Ok(Dependency { name: EMPTY.to_owned(), ..Dependency::default() });
    };
    let mut found = Dependency::default();
    for (key, value) in map {
        let text = |field: &str| place.field(field).text(value);
        match key {
            _ if names(key, "name") => found.name = text("name")?,
            _ if names(key, "version") => found.version = text("version")?,
            _ if names(key, "repository") => found.repository = text("repository")?,
            _ if names(key, "condition") => found.condition = text("condition")?,
            _ if names(key, "tags") => found.tags = place.field("tags").texts(value)?,
            _ if names(key, "enabled") => found.enabled = place.field("enabled").truth(value)?,
            _ if names(key, "import-values") => {
                found.import_values = place.field("import-values").list(value, "[]interface {}")?.to_vec();
            }
            _ if names(key, "alias") => found.alias = text("alias")?,
            _ => {}
        }
    }
    Ok(found)
}

fn maintainer(place: &Place, value: &Value) -> Result<Maintainer, WrongKind> {
    let place = place.within("Maintainer");
    let Some(map) = place.map(value, "v2.Maintainer")? else {
        return Ok(Maintainer { name: EMPTY.to_owned(), ..Maintainer::default() });
    };
    let text = |map: &Map, field: &str| {
        let value = map.iter().rev().find(|(key, _)| names(key, field)).map(|(_, value)| value);
        value.map_or(Ok(String::new()), |value| place.field(field).text(value))
    };
    Ok(Maintainer { name: text(map, "name")?, email: text(map, "email")?, url: text(map, "url")? })
}

/// White space becomes a space, what cannot be printed goes.
fn sanitize(text: &mut String) {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return;
    }
    *text = text
        .chars()
        .filter_map(|letter| match letter {
            _ if letter.is_whitespace() => Some(' '),
            _ if letter.is_control() || is_format(letter) => None,
            _ => Some(letter),
        })
        .collect();
}

/// Marks of direction and joining, private letters and the byte order mark: nothing that Go would print.
fn is_format(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{10ffff}')
}
