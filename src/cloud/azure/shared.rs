//! Answers that many ask for at once: asked once, kept for a while, for all of this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex as Turn;
use tokio::time::Instant;

use crate::cloud::CloudError;
use crate::time::Patience;

/// Answers by key.
#[derive(Debug)]
pub(super) struct Shared<T> {
    slots: Mutex<HashMap<String, Arc<Slot<T>>>>,
    /// How long an answer is good; absent: as long as the process lives.
    keep: Option<Duration>,
}

#[derive(Debug)]
struct Slot<T> {
    turn: Turn<()>,
    kept: Mutex<Kept<T>>,
}

#[derive(Debug)]
struct Kept<T> {
    /// Counts what was forgotten, so that an answer asked for before that is not kept after it.
    generation: u64,
    answer: Option<(Instant, Arc<T>)>,
}

impl<T> Shared<T> {
    /// Answers that are good for the given time.
    pub(super) fn new(keep: Option<Duration>) -> Self {
        Self { slots: Mutex::default(), keep }
    }

    fn slot(&self, key: &str) -> Arc<Slot<T>> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Slot { turn: Turn::default(), kept: Mutex::new(Kept { generation: 0, answer: None }) };
        Arc::clone(slots.entry(key.to_ascii_lowercase()).or_insert_with(|| Arc::new(new())))
    }

    /// The answer that is kept, or the one that `ask` gives; whoever comes meanwhile waits for that one.
    /// An error is not kept.
    pub(super) async fn get(
        &self,
        key: &str,
        patience: &Patience,
        ask: impl Future<Output = Result<T, CloudError>>,
    ) -> Result<Arc<T>, CloudError> {
        let slot = self.slot(key);
        if let Some(answer) = slot.fresh(self.keep) {
            return Ok(answer);
        }
        let _turn = patience.finish(slot.turn.lock()).await.map_err(|why| CloudError::Waited {
            what: format!("what is asked about {key}"),
            last_seen: "it is being asked".to_owned(),
            why,
        })?;
        if let Some(answer) = slot.fresh(self.keep) {
            return Ok(answer);
        }
        let generation = slot.lock().generation;
        let answer = Arc::new(ask.await?);
        let mut kept = slot.lock();
        if kept.generation == generation {
            kept.answer = Some((Instant::now(), Arc::clone(&answer)));
        }
        Ok(answer)
    }

    /// Forgets an answer, because what it tells of has changed.
    pub(super) fn forget(&self, key: &str) {
        let slot = self.slot(key);
        let mut kept = slot.lock();
        kept.generation += 1;
        kept.answer = None;
    }
}

impl<T> Slot<T> {
    fn lock(&self) -> std::sync::MutexGuard<'_, Kept<T>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fresh(&self, keep: Option<Duration>) -> Option<Arc<T>> {
        let kept = self.lock();
        let (since, answer) = kept.answer.as_ref()?;
        keep.is_none_or(|keep| since.elapsed() < keep).then(|| Arc::clone(answer))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio_util::sync::CancellationToken;

    use super::*;

    fn patience() -> Patience {
        Patience::new(Duration::from_secs(60), CancellationToken::new())
    }

    #[tokio::test]
    async fn many_ask_once_until_the_time_is_over() {
        let shared = Shared::new(Some(Duration::from_secs(3600)));
        let asked = AtomicU32::new(0);
        let ask = || async {
            tokio::task::yield_now().await;
            Ok(asked.fetch_add(1, Ordering::Relaxed))
        };
        let patience = patience();
        let all = futures::future::join_all((0..10).map(|_| shared.get("A", &patience, ask()))).await;
        assert!(all.into_iter().all(|one| *one.unwrap() == 0));
        assert_eq!(*shared.get("a", &patience, ask()).await.unwrap(), 0, "keys have no casing");
        assert_eq!(*shared.get("b", &patience, ask()).await.unwrap(), 1);
        shared.forget("A");
        assert_eq!(*shared.get("A", &patience, ask()).await.unwrap(), 2);
        let short = Shared::new(Some(Duration::ZERO));
        assert_eq!(*short.get("A", &patience, ask()).await.unwrap(), 3);
        assert_eq!(*short.get("A", &patience, ask()).await.unwrap(), 4, "its time is over at once");
    }

    #[tokio::test]
    async fn what_was_asked_before_a_change_is_not_kept_after_it() {
        let shared = Shared::new(None);
        let patience = patience();
        let first = shared.get("k", &patience, async {
            shared.forget("k");
            Ok(1)
        });
        assert_eq!(*first.await.unwrap(), 1);
        assert_eq!(*shared.get("k", &patience, async { Ok(2) }).await.unwrap(), 2);
        assert_eq!(*shared.get("k", &patience, async { Ok(3) }).await.unwrap(), 2, "for good");
    }

    #[tokio::test]
    async fn an_error_is_asked_about_again() {
        let shared: Shared<u32> = Shared::new(None);
        let patience = patience();
        let bad = CloudError::Garbled { url: "u".to_owned(), reason: "r".to_owned() };
        assert_eq!(shared.get("k", &patience, async { Err(bad.clone()) }).await.unwrap_err(), bad);
        assert_eq!(*shared.get("k", &patience, async { Ok(2) }).await.unwrap(), 2);
    }
}
