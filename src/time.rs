//! The clock, and waiting with an end.

#![allow(clippy::disallowed_methods, reason = "the one place that sleeps")]

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long a stopped operation may go on to read the answer of a request that is already under way:
/// 3 s, so that with 2 s for everything else it returns within the 5 s that a host's user is promised.
pub const GRACE: Duration = Duration::from_secs(3);

/// Why a wait ended without its condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ended {
    /// The operation's timeout has passed.
    #[error("the timeout has passed")]
    Deadline,
    /// The host asked the provider to stop.
    #[error("the run was cancelled")]
    Stopped,
}

/// How long one operation may take, and the host's wish to stop it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Patience {
    deadline: Instant,
    stop: CancellationToken,
}

impl Patience {
    /// Patience for the given time from now, ended early by the token.
    #[must_use]
    pub fn new(limit: Duration, stop: CancellationToken) -> Self {
        // A century where the limit is beyond what the clock can add.
        let now = Instant::now();
        let deadline = now.checked_add(limit).unwrap_or(now + Duration::from_secs(3_155_760_000));
        Self { deadline, stop }
    }

    /// Whether it has ended already: asked before every request.
    ///
    /// # Errors
    /// [`Ended`] with the reason.
    pub fn check(&self) -> Result<(), Ended> {
        if self.stop.is_cancelled() {
            return Err(Ended::Stopped);
        }
        if Instant::now() >= self.deadline {
            return Err(Ended::Deadline);
        }
        Ok(())
    }

    /// A little more time than is left, for a last question about what went wrong; a stop ends it all the
    /// same.
    #[must_use]
    pub fn beyond(&self, time: Duration) -> Self {
        Self::new(self.left().max(time), self.stop.clone())
    }

    /// The same, but ending after the given time where that is earlier.
    #[must_use]
    pub fn at_most(&self, limit: Duration) -> Self {
        let end = Instant::now().checked_add(limit).unwrap_or(self.deadline);
        Self { deadline: self.deadline.min(end), stop: self.stop.clone() }
    }

    /// Runs what may be cut off anywhere: it ends at the deadline, and at once on a stop.
    ///
    /// # Errors
    /// [`Ended`] when it did not come to its end; whatever it was doing is dropped.
    pub async fn race<T>(&self, work: impl Future<Output = T>) -> Result<T, Ended> {
        self.check()?;
        tokio::select! {
            done = work => Ok(done),
            () = self.stop.cancelled() => Err(Ended::Stopped),
            () = tokio::time::sleep_until(self.deadline) => Err(Ended::Deadline),
        }
    }

    /// Waits for the given time.
    ///
    /// # Errors
    /// [`Ended`] as soon as the operation is stopped or its deadline comes first.
    pub async fn pause(&self, time: Duration) -> Result<(), Ended> {
        self.check()?;
        let wake = Instant::now() + time;
        tokio::select! {
            () = self.stop.cancelled() => Err(Ended::Stopped),
            () = tokio::time::sleep_until(wake.min(self.deadline)) => {
                if wake <= self.deadline { Ok(()) } else { Err(Ended::Deadline) }
            }
        }
    }

    /// Runs one request that is already under way to its end: until the deadline, or [`GRACE`] after
    /// a stop, so that an answer that is on its way is still read.
    ///
    /// # Errors
    /// [`Ended`] when the answer did not come in that time; what the request did is then unknown.
    pub async fn finish<T>(&self, request: impl Future<Output = T>) -> Result<T, Ended> {
        let stopped = async {
            self.stop.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            answer = request => Ok(answer),
            () = stopped => Err(Ended::Stopped),
            () = tokio::time::sleep_until(self.deadline) => Err(Ended::Deadline),
        }
    }

    /// The time that is left, zero when it is over.
    #[must_use]
    pub fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

/// The wall clock.
#[must_use]
pub fn now() -> ::time::OffsetDateTime {
    ::time::OffsetDateTime::now_utc()
}
