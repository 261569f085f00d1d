//! The head of an object: what decides about its place in a release.

use std::collections::BTreeMap;

use crate::helm::chart::{Place, WrongKind};
use crate::helm::value::{Map, Value};

/// Version, kind, name and annotations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) annotations: BTreeMap<String, String>,
}

impl Head {
    pub(super) fn read(document: &Value) -> Result<Self, WrongKind> {
        let place = Place::root("SimpleHead");
        let mut head = Self::default();
        let Some(map) = place.map(document, "util.SimpleHead")? else { return Ok(head) };
        for (key, value) in fields(map, &["apiVersion", "kind", "metadata"]) {
            let place = place.field(key);
            match key {
                "apiVersion" => head.api_version = place.text(value)?,
                "kind" => head.kind = place.text(value)?,
                _ => {
                    let place = place.within("");
                    let kind = "struct { Name string \"json:\\\"name\\\"\"; Annotations map[string]string \"json:\\\"annotations\\\"\" }";
                    let Some(metadata) = Place::root("SimpleHead").field("metadata").map(value, kind)? else {
                        continue;
                    };
                    for (key, value) in fields(metadata, &["name", "annotations"]) {
                        let place = place.field(key);
                        if key == "name" {
                            head.name = place.text(value)?;
                            continue;
                        }
                        for (name, value) in place.map(value, "map[string]string")?.into_iter().flatten() {
                            head.annotations.insert(name.clone(), place.text(value)?);
                        }
                    }
                }
            }
        }
        Ok(head)
    }
}

/// The entries that are meant, under their proper names.
fn fields<'a>(map: &'a Map, names: &'a [&'static str]) -> impl Iterator<Item = (&'static str, &'a Value)> {
    map.iter().filter_map(|(key, value)| {
        names.iter().find(|name| key.eq_ignore_ascii_case(name)).map(|name| (*name, value))
    })
}
