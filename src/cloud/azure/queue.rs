//! One queue for each virtual network and security group, so that this process never gets in its own way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

/// The queues, by lower-case id. A queue lives as long as somebody waits in it.
#[derive(Debug, Default)]
pub(super) struct Queues(Mutex<HashMap<String, Weak<Turn<()>>>>);

impl Queues {
    /// Waits for the turn on an object; dropping what is returned ends it.
    pub(super) async fn turn(&self, id: &str) -> OwnedMutexGuard<()> {
        let queue = {
            let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            queues.retain(|_, queue| queue.strong_count() > 0);
            let key = id.to_ascii_lowercase();
            if let Some(queue) = queues.get(&key).and_then(Weak::upgrade) {
                queue
            } else {
                let queue = Arc::new(Turn::new(()));
                queues.insert(key, Arc::downgrade(&queue));
                queue
            }
        };
        queue.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn one_at_a_time_for_each_id_whatever_its_casing() {
        let queues = Queues::default();
        let first = queues.turn("/A/b").await;
        assert!(queues.turn("/a/B").now_or_never().is_none());
        assert!(queues.turn("/a/c").now_or_never().is_some());
        drop(first);
        assert!(queues.turn("/a/B").now_or_never().is_some());
    }
}
