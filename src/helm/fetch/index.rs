//! index.yaml of a chart repository.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What is read of an index; the rest is for people.
#[derive(Debug, Deserialize)]
pub(super) struct Index {
    #[serde(default)]
    pub(super) entries: BTreeMap<String, Option<Vec<Option<Entry>>>>,
}

/// A version of a chart.
#[derive(Debug, Deserialize)]
pub(super) struct Entry {
    #[serde(default)]
    pub(super) version: String,
    #[serde(default)]
    pub(super) urls: Vec<String>,
}

impl Index {
    /// Reads an index: JSON where it is some, as Helm does, because that is much faster.
    pub(super) fn read(text: &[u8]) -> Result<Self, String> {
        match serde_json::from_slice(text) {
            Ok(index) => Ok(index),
            Err(_) => serde_norway::from_slice(text).map_err(|error| error.to_string()),
        }
    }

    /// The usable versions of a chart; absent where there is no such chart.
    pub(super) fn versions(&self, name: &str) -> Option<Vec<&Entry>> {
        let entries = self.entries.get(name)?.as_ref()?;
        Some(entries.iter().flatten().filter(|entry| !entry.version.is_empty()).collect())
    }

    /// Names like a name that is not there.
    pub(super) fn nearest(&self, name: &str) -> Vec<String> {
        let alike = |known: &&String| known.contains(name) || name.contains(known.as_str());
        self.entries.keys().filter(alike).take(3).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Index;

    #[test]
    fn an_index_is_read_from_yaml_and_from_json_and_odd_entries_are_passed_over() {
        let yaml = "apiVersion: v1\nentries:\n  a:\n  - version: 1.0.0\n    urls: [a.tgz]\n  - null\n  - urls: []\n  b: null\n";
        let index = Index::read(yaml.as_bytes()).unwrap();
        assert_eq!(index.versions("a").unwrap().len(), 1);
        assert!(index.versions("b").is_none());
        assert_eq!(index.nearest("ab"), ["a", "b"]);
        let json = br#"{"entries":{"a":[{"version":"1.0.0","urls":["a.tgz"],"name":"a"}]}}"#;
        assert_eq!(Index::read(json).unwrap().versions("a").unwrap()[0].urls, ["a.tgz"]);
        assert!(Index::read(b"entries: [").is_err());
        assert!(Index::read(b"<html>").is_err());
    }
}
