//! The place where the records of one release lie: Secrets in its namespace.

use std::time::Duration;

use serde_json::Value;

use super::drawn_store;
use super::error::RecordError;
use super::history::History;
use super::record::Record;
use super::stored::{self, Moment};
use crate::helm::render::Drawn;
use crate::kube::{Client, Deletion, Kind, KubeError, Scope, Selector, Writing};
use crate::outcome::Presence;
use crate::time::{Patience, now};
use tokio_util::sync::CancellationToken;

/// How long the last word about a release may take after the operation has ended or was stopped: 2 s, which
/// with [`crate::time::GRACE`] makes the 5 s that a stopped run may take.
const LAST_WORD: Duration = Duration::from_secs(2);

/// The records of one release.
#[derive(Clone)]
pub struct Store {
    client: Client,
    kind: Kind,
    namespace: String,
    name: String,
}

impl Store {
    /// The records of the release of this name.
    pub fn new(client: &Client, namespace: &str, name: &str) -> Self {
        let kind = Kind::new("v1", "Secret", "secrets", Scope::Namespaced);
        Self { client: client.clone(), kind, namespace: namespace.to_owned(), name: name.to_owned() }
    }

    /// All revisions: one request. A namespace that is not there holds none.
    ///
    /// # Errors
    /// A record that cannot be read is an error: what it says of objects must not be lost.
    pub async fn history(&self) -> Result<History, RecordError> {
        let chosen = Selector::labels(stored::selector(&self.name));
        let listing = self.client.list(&self.kind, Some(&self.namespace), &chosen).await?;
        let records: Result<_, RecordError> = listing.items.iter().map(stored::read).collect();
        Ok(History::new(records?))
    }

    /// All revisions and what the release drew: one request.
    ///
    /// # Errors
    /// As [`Store::history`].
    pub async fn look(&self) -> Result<(History, Option<Drawn>), RecordError> {
        let chosen = Selector::labels(drawn_store::selector(&self.name));
        let listing = self.client.list(&self.kind, Some(&self.namespace), &chosen).await?;
        let (drawn, records): (Vec<&Value>, Vec<&Value>) =
            listing.items.iter().partition(|secret| drawn_store::is_drawn(secret));
        let records: Result<_, RecordError> = records.into_iter().map(stored::read).collect();
        let drawn = drawn.first().map(|secret| drawn_store::read(secret)).transpose()?;
        Ok((History::new(records?), drawn))
    }

    /// Keeps what the release drew.
    ///
    /// # Errors
    /// As the API's.
    pub async fn keep_drawn(&self, drawn: &Drawn) -> Result<(), RecordError> {
        let secret = drawn_store::write(&self.namespace, &self.name, drawn)?;
        let at = self.kind.at(Some(&self.namespace), &drawn_store::key(&self.name));
        match self.client.create(&self.kind, Some(&self.namespace), &secret, &writing()).await {
            Err(KubeError::AlreadyExists { .. }) => {
                self.client.replace(&at, &secret, &writing()).await?;
                Ok(())
            }
            made => Ok(made.map(|_| ())?),
        }
    }

    /// Forgets what the release drew; nothing to forget is no error.
    ///
    /// # Errors
    /// As the API's.
    pub async fn forget_drawn(&self) -> Result<(), RecordError> {
        let at = self.kind.at(Some(&self.namespace), &drawn_store::key(&self.name));
        self.client.delete(&at, &Deletion::default()).await?;
        Ok(())
    }

    /// Stores a new revision. After an answer that did not come, the record is looked at: it may be there.
    ///
    /// # Errors
    /// [`KubeError::AlreadyExists`] where somebody else has stored that revision.
    pub async fn create(&self, record: &Record) -> Result<(), RecordError> {
        let secret = stored::write(record, Moment::Created(now()))?;
        let made = self.client.create(&self.kind, Some(&self.namespace), &secret, &writing()).await;
        let Err(error) = made else { return Ok(()) };
        if !(matches!(error, KubeError::AlreadyExists { .. }) || error.perhaps_done()) {
            return Err(error.into());
        }
        let at = self.kind.at(Some(&self.namespace), &stored::key(&self.name, record.version));
        match self.client.get(&at).await? {
            // The times in a record make it one of its kind.
            Presence::Here(there) if there["data"] == secret["data"] => Ok(()),
            _ => Err(error.into()),
        }
    }

    /// Writes a revision anew.
    ///
    /// # Errors
    /// As the API's.
    pub async fn update(&self, record: &Record) -> Result<(), RecordError> {
        self.update_by(&self.client, record).await
    }

    /// Writes the last word about a revision, although the operation may have ended: it takes no longer than
    /// a stopped operation may.
    ///
    /// # Errors
    /// As the API's.
    pub async fn conclude(&self, record: &Record) -> Result<(), RecordError> {
        let patience = Patience::new(LAST_WORD, CancellationToken::new());
        self.update_by(&self.client.within(&patience), record).await
    }

    async fn update_by(&self, client: &Client, record: &Record) -> Result<(), RecordError> {
        let secret: Value = stored::write(record, Moment::Modified(now()))?;
        let at = self.kind.at(Some(&self.namespace), &stored::key(&self.name, record.version));
        client.replace(&at, &secret, &writing()).await?;
        Ok(())
    }

    /// Removes a revision; one that is not there is no error.
    ///
    /// # Errors
    /// As the API's.
    pub async fn remove(&self, revision: u32) -> Result<(), RecordError> {
        let at = self.kind.at(Some(&self.namespace), &stored::key(&self.name, revision));
        self.client.delete(&at, &Deletion::default()).await?;
        Ok(())
    }
}

/// Helm writes the objects of a release as `helm`, and its own Secrets as `Helm`.
fn writing() -> Writing {
    Writing::by("Helm")
}
