//! Waiting for objects: a condition over what is there, looked at whenever it changes.
//!
//! The objects are listed and then watched. A watch that ends goes on where it was, one whose place in the
//! history is gone begins with a list again, and where watching is not allowed or breaks, they are listed every few
//! seconds.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::StreamExt as _;
use serde_json::Value;

use super::client::Client;
use super::error::KubeError;
use super::kind::{Address, Kind, Selector};
use super::watch::{Change, Changes};
use crate::outcome::Recovery;
use crate::time::{Ended, Patience};

/// How long between two lists where no watch is to be had.
const POLL: Duration = Duration::from_secs(2);

/// How long at most between two lists while the cluster cannot be reached.
const LONGEST_POLL: Duration = Duration::from_secs(15);

/// What a condition says of what it sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is as it shall be.
    Holds,
    /// Not yet.
    NotYet,
    /// It will never be, for this reason.
    Never(String),
}

/// How a wait ended. Each holds what was seen last.
#[derive(Clone, Debug, PartialEq)]
pub enum Waited<T> {
    /// The condition holds.
    Holds(T),
    /// The condition said that it never will.
    Never {
        /// What was seen last.
        last: T,
        /// Why.
        reason: String,
    },
    /// The time was over, or the run was stopped. `last` is empty when nothing was ever seen.
    Ended {
        /// What was seen last.
        last: T,
        /// Which of the two.
        ended: Ended,
        /// What kept the cluster from answering last, if anything did.
        error: Option<Box<KubeError>>,
    },
}

/// The chosen objects, by namespace and name.
pub type Objects = BTreeMap<(String, String), Value>;

impl Client {
    /// Waits until the condition holds for one object, or for its absence (`None`).
    ///
    /// # Errors
    /// What a retry does not mend, such as [`KubeError::Forbidden`]. A cluster that cannot be reached is
    /// waited for.
    pub async fn wait_for(
        &self,
        at: &Address,
        patience: &Patience,
        condition: impl Fn(Option<&Value>) -> Verdict,
    ) -> Result<Waited<Option<Value>>, KubeError> {
        let chosen = Selector::name(&at.name);
        let one = |objects: &Objects| condition(objects.values().next());
        let waited = self.wait_for_all(&at.kind, at.namespace.as_deref(), &chosen, patience, one).await?;
        let last = |objects: Objects| objects.into_values().next();
        Ok(match waited {
            Waited::Holds(objects) => Waited::Holds(last(objects)),
            Waited::Never { last: objects, reason } => Waited::Never { last: last(objects), reason },
            Waited::Ended { last: objects, ended, error } => {
                Waited::Ended { last: last(objects), ended, error }
            }
        })
    }

    /// Waits until the condition holds for all the chosen objects of a kind together.
    ///
    /// # Errors
    /// As [`Client::wait_for`].
    pub async fn wait_for_all(
        &self,
        kind: &Kind,
        namespace: Option<&str>,
        chosen: &Selector,
        patience: &Patience,
        condition: impl Fn(&Objects) -> Verdict,
    ) -> Result<Waited<Objects>, KubeError> {
        let client = self.within(patience);
        let mut look =
            Look { client: &client, kind, namespace, chosen, patience, seen: Objects::new(), error: None };
        look.until(condition).await
    }
}

struct Look<'a> {
    client: &'a Client,
    kind: &'a Kind,
    namespace: Option<&'a str>,
    chosen: &'a Selector,
    patience: &'a Patience,
    seen: Objects,
    error: Option<Box<KubeError>>,
}

/// Why the objects are to be listed again.
enum Lost {
    /// The place in the history is gone: at once.
    Place,
    /// There is no watch: after a pause.
    Watch,
}

impl Look<'_> {
    async fn until(&mut self, condition: impl Fn(&Objects) -> Verdict) -> Result<Waited<Objects>, KubeError> {
        let mut pause = POLL;
        loop {
            match self.patience.finish(self.client.list(self.kind, self.namespace, self.chosen)).await {
                Err(ended) | Ok(Err(KubeError::Ended { ended, .. })) => return Ok(self.ended(ended)),
                Ok(Err(error)) => {
                    self.passing(error)?;
                    if let Err(ended) = self.patience.pause(pause).await {
                        return Ok(self.ended(ended));
                    }
                    pause = (pause * 2).min(LONGEST_POLL);
                }
                Ok(Ok(listing)) => {
                    pause = POLL;
                    self.error = None;
                    self.seen = listing.items.into_iter().map(|item| (key(&item), item)).collect();
                    if let Some(waited) = self.judge(&condition) {
                        return Ok(waited);
                    }
                    match self.follow(listing.resource_version, &condition).await? {
                        Ok(waited) => return Ok(waited),
                        Err(Lost::Place) => {}
                        Err(Lost::Watch) => {
                            if let Err(ended) = self.patience.pause(POLL).await {
                                return Ok(self.ended(ended));
                            }
                        }
                    }
                }
            }
        }
    }

    /// Watches from a version on, through as many watches as that takes.
    async fn follow(
        &mut self,
        mut version: String,
        condition: &impl Fn(&Objects) -> Verdict,
    ) -> Result<Result<Waited<Objects>, Lost>, KubeError> {
        loop {
            let watch = self.client.watch(self.kind, self.namespace, self.chosen, &version);
            let mut changes = match self.patience.finish(watch).await {
                Err(ended) | Ok(Err(KubeError::Ended { ended, .. })) => return Ok(Ok(self.ended(ended))),
                Ok(Err(KubeError::Gone { .. })) => return Ok(Err(Lost::Place)),
                // Who may list may not always watch.
                Ok(Err(KubeError::Forbidden { .. })) => return Ok(Err(Lost::Watch)),
                Ok(Err(error)) => {
                    self.passing(error)?;
                    return Ok(Err(Lost::Watch));
                }
                Ok(Ok(changes)) => changes,
            };
            loop {
                match self.next(&mut changes).await {
                    Err(ended) => return Ok(Ok(self.ended(ended))),
                    Ok(None) => break,
                    Ok(Some(Err(KubeError::Gone { .. }))) => return Ok(Err(Lost::Place)),
                    Ok(Some(Err(error))) => {
                        self.passing(error)?;
                        return Ok(Err(Lost::Watch));
                    }
                    Ok(Some(Ok(change))) => {
                        if let Some(seen) = self.take(change) {
                            version = seen;
                        }
                        if let Some(waited) = self.judge(condition) {
                            return Ok(Ok(waited));
                        }
                    }
                }
            }
        }
    }

    /// The next change, as long as there is time: unlike a request, a watch is not worth waiting for after a
    /// stop.
    async fn next(&self, changes: &mut Changes) -> Result<Option<Result<Change, KubeError>>, Ended> {
        let over = async {
            // A pause of all the time that is left ends with the deadline or with the stop.
            let left = self.patience.left() + Duration::from_secs(1);
            self.patience.pause(left).await.err().unwrap_or(Ended::Deadline)
        };
        tokio::select! {
            biased;
            change = changes.next() => Ok(change),
            ended = over => Err(ended),
        }
    }

    /// Takes a change in; gives the version up to which the objects are known.
    fn take(&mut self, change: Change) -> Option<String> {
        let version = |object: &Value| object["metadata"]["resourceVersion"].as_str().map(str::to_owned);
        match change {
            Change::Bookmark(version) => Some(version).filter(|version| !version.is_empty()),
            Change::Added(object) | Change::Modified(object) => {
                let seen = version(&object);
                self.seen.insert(key(&object), object);
                seen
            }
            Change::Deleted(object) => {
                self.seen.remove(&key(&object));
                version(&object)
            }
        }
    }

    fn judge(&mut self, condition: &impl Fn(&Objects) -> Verdict) -> Option<Waited<Objects>> {
        match condition(&self.seen) {
            Verdict::Holds => Some(Waited::Holds(std::mem::take(&mut self.seen))),
            Verdict::NotYet => None,
            Verdict::Never(reason) => Some(Waited::Never { last: std::mem::take(&mut self.seen), reason }),
        }
    }

    fn ended(&mut self, ended: Ended) -> Waited<Objects> {
        Waited::Ended { last: std::mem::take(&mut self.seen), ended, error: self.error.take() }
    }

    /// Keeps an error that passes, and gives back one that does not.
    fn passing(&mut self, error: KubeError) -> Result<(), KubeError> {
        if !matches!(error.recovery(), Recovery::Retry(_)) {
            return Err(error);
        }
        tracing::debug!(%error, "kubernetes: waiting on");
        self.error = Some(Box::new(error));
        Ok(())
    }
}

fn key(object: &Value) -> (String, String) {
    let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default().to_owned();
    (text("namespace"), text("name"))
}
