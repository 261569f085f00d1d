//! What is remembered of a release beside its state, in private bytes: never a value, only keyed digests.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::charts::hex;
use crate::state::Private;

/// The key of all digests; drawn by the first create, or by the first refresh after an import.
const KEY: &str = "key";
/// The digest of everything that a revision is made of.
const INPUTS: &str = "inputs";
/// The digest of what `values_from` gave.
const FROM: &str = "from";
/// Why the next plan has something to do, as refresh found it.
const DUE: &str = "due";

/// A key for digests. It is no secret that opens anything: it keeps digests from being compared with guesses.
#[derive(Clone)]
pub(super) struct Key(String);

impl Key {
    /// The remembered key.
    pub(super) fn remembered(private: &Private) -> Option<Self> {
        private.notes.get(KEY).cloned().map(Self)
    }

    /// The remembered key, or a new one that is remembered from here on.
    pub(super) fn draw(private: &mut Private) -> Self {
        let key = private.notes.entry(KEY.to_owned()).or_insert_with(|| uuid::Uuid::new_v4().to_string());
        Self(key.clone())
    }

    /// No key: for digests of what is no secret.
    pub(super) fn none() -> Self {
        Self(String::new())
    }

    /// The digest of a text under this key.
    pub(super) fn digest(&self, text: &str) -> String {
        // Length-prefixed, so that key and text cannot be told apart wrongly.
        let key = Sha256::digest(self.0.as_bytes());
        hex(&Sha256::new().chain_update(key).chain_update(text).finalize())
    }

    /// The digest of anything that can be written down.
    pub(super) fn digest_of(&self, what: &impl Serialize) -> String {
        self.digest(&serde_json::to_string(what).unwrap_or_default())
    }
}

/// Reads and writes the notes by name.
pub(super) struct Notes<'a>(pub(super) &'a mut Private);

impl Notes<'_> {
    pub(super) fn set_inputs(&mut self, digest: String) {
        self.0.notes.insert(INPUTS.into(), digest);
    }

    pub(super) fn set_from(&mut self, digest: Option<String>) {
        match digest {
            Some(digest) => self.0.notes.insert(FROM.into(), digest),
            None => self.0.notes.remove(FROM),
        };
    }

    pub(super) fn set_due(&mut self, due: Option<String>) {
        match due {
            Some(due) => self.0.notes.insert(DUE.into(), due),
            None => self.0.notes.remove(DUE),
        };
    }
}

/// The remembered digest of the inputs.
pub(super) fn inputs(private: &Private) -> Option<&str> {
    private.notes.get(INPUTS).map(String::as_str)
}

/// The remembered digest of what `values_from` gave.
pub(super) fn from(private: &Private) -> Option<&str> {
    private.notes.get(FROM).map(String::as_str)
}

/// Why the next plan has something to do.
pub(super) fn due(private: &Private) -> Option<&str> {
    private.notes.get(DUE).map(String::as_str)
}
