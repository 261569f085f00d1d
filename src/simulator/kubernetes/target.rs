//! What a path of the API means.

use std::sync::Arc;

use super::cluster::Cluster;
use super::failure::Failure;
use super::kinds::Kind;
use super::store::Key;

/// An object, a list of them, or a part of an object.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) kind: Arc<Kind>,
    pub(crate) namespace: String,
    /// Empty for a list.
    pub(crate) name: String,
    /// Empty for the object itself.
    pub(crate) subresource: String,
}

impl Target {
    /// Reads the segments of a path that begins with `api` or `apis`.
    pub(crate) fn read(cluster: &Cluster, segments: &[String]) -> Result<Self, Failure> {
        let (group, version, rest) = match segments {
            [api, version, rest @ ..] if api == "api" => ("", version, rest),
            [apis, group, version, rest @ ..] if apis == "apis" => (group.as_str(), version, rest),
            _ => return Err(Failure::no_path()),
        };
        let (namespace, rest) = match rest {
            [word, namespace, rest @ ..]
                if word == "namespaces"
                    && rest.first().is_some_and(|next| next != "status" && next != "finalize") =>
            {
                (namespace.clone(), rest)
            }
            _ => (String::new(), rest),
        };
        let [plural, rest @ ..] = rest else { return Err(Failure::no_path()) };
        let kind = cluster.kind(group, version, plural).ok_or_else(|| {
            let known = cluster.kinds().any(|kind| kind.group == group && kind.version == *version);
            if known { Failure::no_path() } else { Failure::no_group() }
        })?;
        let (name, subresource) = match rest {
            [] => (String::new(), String::new()),
            [name] => (name.clone(), String::new()),
            [name, subresource] => (name.clone(), subresource.clone()),
            _ => return Err(Failure::no_path()),
        };
        if !subresource.is_empty() && !kind.has(&subresource) {
            return Err(Failure::no_path());
        }
        if !namespace.is_empty() && !kind.namespaced
            || (!name.is_empty() && kind.namespaced && namespace.is_empty())
        {
            return Err(Failure::no_path());
        }
        Ok(Self { kind, namespace, name, subresource })
    }

    /// Where the object is kept.
    pub(crate) fn key(&self) -> Key {
        self.key_of(&self.name)
    }

    /// Where an object of this list is kept.
    pub(crate) fn key_of(&self, name: &str) -> Key {
        Key::new(&self.kind.group, &self.kind.plural, &self.namespace, name)
    }
}
