//! What happens to a provider in the middle of its work.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bud::wire::proto::tfplugin6::stop_provider;
use tokio::task::JoinHandle;

use super::super::process::{Process, signal};

/// How it is interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Means {
    /// kill -9 of the provider; the host lives on.
    Kill,
    /// Control-C once: the signal to the whole process group, and the host's `StopProvider`.
    Stop,
}

/// When and how an apply is interrupted.
pub(crate) struct Interruption {
    moment: Pin<Box<dyn Future<Output = ()> + Send>>,
    means: Means,
}

impl Interruption {
    /// Interrupts when the given future ends.
    pub(crate) fn new(means: Means, moment: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { moment: Box::pin(moment), means }
    }

    /// Waits for the moment beside the work on a process.
    pub(super) fn arm(self, process: &Process) -> Armed {
        let fired = Arc::new(Mutex::new(None));
        let means = self.means;
        let (mut client, killer, pid) = (process.client(), process.killer(), process.pid);
        let mark = Arc::clone(&fired);
        let task = tokio::spawn(async move {
            self.moment.await;
            *mark.lock().unwrap() = Some(Instant::now());
            match means {
                Means::Kill => killer.kill(),
                Means::Stop => {
                    signal(pid, "INT");
                    client.stop_provider(stop_provider::Request {}).await.unwrap();
                }
            }
        });
        Armed { task, fired, means }
    }
}

/// An interruption that waits for its moment; it is called off when this is dropped.
pub(super) struct Armed {
    task: JoinHandle<()>,
    fired: Arc<Mutex<Option<Instant>>>,
    means: Means,
}

impl Armed {
    /// How long ago the moment came; none: it did not.
    pub(super) fn since(&self) -> Option<Duration> {
        self.fired.lock().unwrap().map(|at| at.elapsed())
    }

    /// Whether the host was told to make no further calls.
    pub(super) fn stopped(&self) -> bool {
        self.means == Means::Stop && self.since().is_some()
    }
}

impl Drop for Armed {
    fn drop(&mut self) {
        self.task.abort();
    }
}
