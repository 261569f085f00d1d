//! Around every call: a span, a panic boundary, and the host's wish to stop.

use std::any::Any;
use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use futures::FutureExt;
use tokio_util::sync::CancellationToken;
use tonic::{Response, Status};
use tracing::Instrument;

use super::answer::Answer;
use crate::diagnostics::Diagnostic;

thread_local! {
    /// Where the last panic of this thread happened, from the hook to the boundary.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The calls of one server.
#[derive(Default)]
pub(super) struct Calls {
    stop: Mutex<CancellationToken>,
    count: AtomicU64,
}

impl Calls {
    /// Asks all running calls, and all to come until [`Calls::resume`], to return early.
    pub(super) fn stop(&self) {
        self.token().cancel();
    }

    /// Lets calls run again: a provider that hosts attach to outlives the run that was stopped.
    pub(super) fn resume(&self) {
        let mut stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
        if stop.is_cancelled() {
            *stop = CancellationToken::new();
        }
    }

    fn token(&self) -> CancellationToken {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs one call to its end. A host that hangs up stops the call instead of tearing it in the
    /// middle of a request to the world.
    pub(super) async fn run<A: Answer, F>(
        &self,
        procedure: &'static str,
        work: impl FnOnce(CancellationToken) -> F,
    ) -> Result<Response<A>, Status>
    where
        F: Future<Output = Result<A, Diagnostic>> + Send + 'static,
    {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        // At the level of errors, so that every line that is shown says to which call it belongs.
        let span = tracing::error_span!(
            "call",
            tf_rpc = procedure,
            tf_req_id = number,
            tf_resource_type = tracing::field::Empty
        );
        let stop = self.token().child_token();
        let hung_up = stop.clone().drop_guard();
        let call = bounded(procedure, work(stop));
        let answer = tokio::spawn(call.instrument(span)).await;
        hung_up.disarm();
        // The boundary caught every panic, so what is left is a runtime that ends under the call.
        answer.map(Response::new).map_err(|_| Status::unavailable("the provider is shutting down"))
    }
}

/// Names in the span what the call is about.
pub(super) fn about(type_name: &str) {
    tracing::Span::current().record("tf_resource_type", type_name);
}

/// The call inside its panic boundary.
async fn bounded<A: Answer>(procedure: &str, work: impl Future<Output = Result<A, Diagnostic>>) -> A {
    let start = Instant::now();
    tracing::trace!("received the call");
    let answer = match AssertUnwindSafe(work).catch_unwind().await {
        Ok(Ok(answer)) => answer,
        Ok(Err(diagnostic)) => A::refusal(diagnostic),
        Err(panic) => A::refusal(bug(procedure, panic.as_ref())),
    };
    tracing::debug!(tf_req_duration_ms = start.elapsed().as_millis(), "answered the call");
    answer
}

fn bug(procedure: &str, panic: &(dyn Any + Send)) -> Diagnostic {
    let place = PLACE.take().map(|place| format!(" at {place}")).unwrap_or_default();
    Diagnostic::bug(format!("It panicked during {procedure}{place}: {}.", message(panic)))
}

/// What the panic says.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// Sends panics to the log: the standard hook would write lines that are no log entries.
pub(super) fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let trace = std::backtrace::Backtrace::capture();
        tracing::error!(location = place, backtrace = %trace, "panic: {}", message(panic.payload()));
        PLACE.set(Some(place));
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::proto::tfplugin6::read_resource::Response as Read;

    #[tokio::test]
    async fn a_panic_becomes_a_diagnostic() {
        let calls = Calls::default();
        let answer = calls.run("ReadResource", |_| async { panic!("no {}", "way") }).await;
        let answer: Read = answer.unwrap().into_inner();
        let [diagnostic] = answer.diagnostics.as_slice() else { panic!("one diagnostic is expected") };
        assert_eq!((diagnostic.severity, diagnostic.summary.as_str()), (1, "Provider error"));
        let detail = diagnostic.detail.as_str();
        assert!(detail.starts_with("It panicked during ReadResource"), "{detail}");
        assert!(detail.ends_with(": no way. This is a bug in the provider."), "{detail}");
    }

    #[tokio::test]
    async fn a_stop_reaches_running_calls_and_ends_with_the_next_configuration() {
        let calls = Calls::default();
        let running = calls.run("ReadResource", |stop| async move {
            stop.cancelled().await;
            Ok(Read { private: b"stopped".to_vec(), ..Read::default() })
        });
        let (answer, ()) = tokio::join!(running, async { calls.stop() });
        assert_eq!(answer.unwrap().into_inner().private, b"stopped");
        assert!(calls.token().is_cancelled());
        calls.resume();
        assert!(!calls.token().is_cancelled());
    }

    #[tokio::test]
    async fn a_host_that_hangs_up_stops_the_call() {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let calls = Calls::default();
        let mut running = Box::pin(calls.run("ReadResource", |stop| async move {
            stop.cancelled().await;
            sender.send("stopped").unwrap();
            Ok(Read::default())
        }));
        assert!(futures::poll!(running.as_mut()).is_pending());
        drop(running);
        assert_eq!(receiver.await, Ok("stopped"));
    }
}
