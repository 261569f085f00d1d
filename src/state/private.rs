//! The bytes that a host keeps beside a state and hands from a plan to its apply.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What an object will be found by: type, environment, name and what cannot change. Two plans with
/// equal identities speak of one object.
pub type Identity = BTreeMap<String, String>;

/// Which half of a change the bytes were planned for (hosts.md HB1: the Delete half of a replacement
/// receives the bytes of the create plan and so knows that a Create follows).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Half {
    /// A create, alone or in a replacement.
    Create,
    /// An update in place.
    Update,
    /// A destroy that no create follows.
    Destroy,
}

/// The private bytes, as JSON with a version so that a later release reads what this one wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Private {
    /// Version of this form: 1.
    #[serde(default)]
    pub version: u32,
    /// Only in planned bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half: Option<Half>,
    /// Only in bytes planned for a create: the identity that it will use.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub identity: Identity,
    /// Owner id that the create drew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// What refresh found due, and what was chosen once and must be kept.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub notes: BTreeMap<String, String>,
}

impl Private {
    /// Reads stored bytes. Empty or foreign bytes are nothing remembered.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_default()
    }

    /// Writes the bytes.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let stamped = Self { version: 1, ..self.clone() };
        serde_json::to_vec(&stamped).unwrap_or_default()
    }

    /// The same memory without what belongs to a plan only.
    #[must_use]
    pub fn stored(&self) -> Self {
        Self { half: None, identity: Identity::new(), ..self.clone() }
    }
}
