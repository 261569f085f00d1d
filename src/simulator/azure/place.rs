//! Where an object is: ids taken apart and put together.

use serde_json::Value;

use super::kind::Kind;

/// The parts of an object's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) subscription: String,
    pub(crate) group: String,
    pub(crate) kind: Kind,
    /// Names from the top to the object; empty for a resource group.
    pub(crate) names: Vec<String>,
}

impl Place {
    /// A resource group's place.
    pub(crate) fn group(subscription: &str, group: &str) -> Self {
        Self {
            subscription: subscription.to_owned(),
            group: group.to_owned(),
            kind: Kind::Group,
            names: Vec::new(),
        }
    }

    /// Reads an id.
    pub(crate) fn parse(id: &str) -> Option<Self> {
        let parts: Vec<&str> = id.strip_prefix('/')?.split('/').collect();
        let [subscriptions, subscription, groups, group, rest @ ..] = parts.as_slice() else { return None };
        let head = subscriptions.eq_ignore_ascii_case("subscriptions")
            && groups.eq_ignore_ascii_case("resourceGroups");
        if !head || subscription.is_empty() || group.is_empty() {
            return None;
        }
        let (kind, names) = match rest {
            [] => (Kind::Group, Vec::new()),
            [providers, namespace, path @ ..] if providers.eq_ignore_ascii_case("providers") => {
                let collections: Vec<&str> = path.iter().step_by(2).copied().collect();
                let names: Vec<String> =
                    path.iter().skip(1).step_by(2).map(|name| (*name).to_owned()).collect();
                if collections.len() != names.len() || names.iter().any(String::is_empty) {
                    return None;
                }
                (Self::kind_of(namespace, &collections)?, names)
            }
            _ => return None,
        };
        Some(Self { subscription: (*subscription).to_owned(), group: (*group).to_owned(), kind, names })
    }

    /// The kind that lives in nested collections of a namespace.
    pub(crate) fn kind_of(namespace: &str, collections: &[&str]) -> Option<Kind> {
        let named = |kind: Kind, name: &str| kind.collection().eq_ignore_ascii_case(name);
        let known = |kind: &Kind| kind.namespace().eq_ignore_ascii_case(namespace);
        Kind::ALL.into_iter().filter(known).find(|kind| match (kind.parent(), collections) {
            (None, [own]) => named(*kind, own),
            (Some(parent), [above, own]) => named(parent, above) && named(*kind, own),
            _ => false,
        })
    }

    /// The object's own name.
    pub(crate) fn name(&self) -> &str {
        self.names.last().unwrap_or(&self.group)
    }

    /// The id in Azure's form.
    pub(crate) fn id(&self) -> String {
        let group = format!("/subscriptions/{}/resourceGroups/{}", self.subscription, self.group);
        match (self.kind.parent(), self.names.as_slice()) {
            (Some(parent), [above, own]) => format!(
                "{group}/providers/{}/{}/{above}/{}/{own}",
                self.kind.namespace(),
                parent.collection(),
                self.kind.collection()
            ),
            (None, [own]) => {
                format!("{group}/providers/{}/{}/{own}", self.kind.namespace(), self.kind.collection())
            }
            _ => group,
        }
    }

    /// The id as a key: ids are compared without regard to case.
    pub(crate) fn key(&self) -> String {
        self.id().to_lowercase()
    }

    /// The object in which this one lives.
    pub(crate) fn parent(&self) -> Option<Self> {
        let kind = self.kind.parent()?;
        Some(Self { kind, names: self.names[..self.names.len() - 1].to_vec(), ..self.clone() })
    }

    /// The outermost object below the resource group.
    pub(crate) fn top(&self) -> Self {
        self.parent().unwrap_or_else(|| self.clone())
    }

    /// A child of this object.
    pub(crate) fn child(&self, kind: Kind, name: &str) -> Self {
        let mut names = self.names.clone();
        names.push(name.to_owned());
        Self { kind, names, ..self.clone() }
    }

    /// The place of its resource group.
    pub(crate) fn in_group(&self) -> Self {
        Self::group(&self.subscription, &self.group)
    }
}

/// Spells the names of resource groups in all ids of an answer in capital letters.
pub(crate) fn upper_case_groups(value: &mut Value) {
    match value {
        Value::String(text) if text.starts_with("/subscriptions/") => {
            let mut parts: Vec<String> = text.split('/').map(str::to_owned).collect();
            if let Some(group) = parts.get_mut(4) {
                *group = group.to_uppercase();
            }
            *text = parts.join("/");
        }
        Value::Array(items) => items.iter_mut().for_each(upper_case_groups),
        Value::Object(fields) => fields.values_mut().for_each(upper_case_groups),
        _ => {}
    }
}
