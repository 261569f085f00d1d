//! What objects are called: kinds, addresses, selections of them.

use std::fmt;

use serde_json::Value;

/// A kind of objects as an API server offers it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kind {
    /// API group, empty for the core group.
    pub group: String,
    /// Version in that group, such as `v1`.
    pub version: String,
    /// Name of the kind, such as `Deployment`.
    pub kind: String,
    /// Name in paths, such as `deployments`.
    pub plural: String,
    /// Whether its objects live in namespaces.
    pub scope: Scope,
    /// What the server lets be done with them, such as `list`; empty where it was not asked.
    pub verbs: Vec<String>,
}

/// Where the objects of a kind live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// In a namespace each.
    Namespaced,
    /// In the cluster itself.
    Cluster,
}

/// One object: its kind, its namespace where it has one, its name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// The kind.
    pub kind: Kind,
    /// Its namespace; `None` for a kind of the cluster.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// Which objects of a kind are meant, in the API's own syntax. The default is all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// Labels, such as `owner=helm,status in (deployed,failed)`.
    pub labels: Option<String>,
    /// Fields, such as `metadata.name=web`.
    pub fields: Option<String>,
}

/// The objects of a kind at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// The objects, each with `apiVersion` and `kind`, which lists leave out.
    pub items: Vec<Value>,
    /// From where a watch goes on.
    pub resource_version: String,
}

// === impl Kind ===

impl Kind {
    /// A kind that is known without asking.
    pub fn new(api_version: &str, kind: &str, plural: &str, scope: Scope) -> Self {
        let (group, version) = split(api_version);
        Self {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: kind.to_owned(),
            plural: plural.to_owned(),
            scope,
            verbs: Vec::new(),
        }
    }

    /// `v1`, `apps/v1`: what stands in an object's `apiVersion`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Whether its objects live in namespaces.
    pub fn namespaced(&self) -> bool {
        self.scope == Scope::Namespaced
    }

    /// One of its objects. A kind of the cluster drops the namespace, as the API does.
    pub fn at(&self, namespace: Option<&str>, name: &str) -> Address {
        let namespace = if self.namespaced() { namespace } else { None };
        Address { kind: self.clone(), namespace: namespace.map(str::to_owned), name: name.to_owned() }
    }

    /// The segments of the path to its objects: all of them, those of a namespace, or one by its name.
    pub(super) fn path<'a>(&'a self, namespace: Option<&'a str>, name: Option<&'a str>) -> Vec<&'a str> {
        let mut path = match self.group.as_str() {
            "" => vec!["api", &self.version],
            group => vec!["apis", group, &self.version],
        };
        if let (Scope::Namespaced, Some(namespace)) = (self.scope, namespace) {
            path.extend(["namespaces", namespace]);
        }
        path.push(&self.plural);
        path.extend(name);
        path
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.api_version(), self.kind)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ", self.kind)?;
        if let Some(namespace) = &self.namespace {
            write!(formatter, "{namespace}/")?;
        }
        formatter.write_str(&self.name)
    }
}

impl Address {
    pub(super) fn path(&self) -> Vec<&str> {
        self.kind.path(self.namespace.as_deref(), Some(&self.name))
    }
}

impl Selector {
    /// The objects with these labels.
    pub fn labels(labels: impl Into<String>) -> Self {
        Self { labels: Some(labels.into()), fields: None }
    }

    /// The object of this name.
    pub fn name(name: &str) -> Self {
        Self { labels: None, fields: Some(format!("metadata.name={name}")) }
    }
}

/// Group and version of an `apiVersion`.
pub(super) fn split(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_follow_group_and_scope() {
        let deployment = Kind::new("apps/v1", "Deployment", "deployments", Scope::Namespaced);
        let web = deployment.at(Some("shop"), "web");
        assert_eq!(web.path().join("/"), "apis/apps/v1/namespaces/shop/deployments/web");
        assert_eq!(deployment.path(None, None).join("/"), "apis/apps/v1/deployments");
        let node = Kind::new("v1", "Node", "nodes", Scope::Cluster).at(Some("shop"), "one");
        assert_eq!(node.path().join("/"), "api/v1/nodes/one");
        assert_eq!(
            (web.to_string(), node.to_string()),
            ("apps/v1 Deployment shop/web".into(), "v1 Node one".into())
        );
    }
}
