//! The simulator's clock, and the only place in it that waits.

use std::time::{Duration, Instant};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Wall time plus what `POST /clock` added, and the pace at which provisioning goes on.
///
/// Dates and the lifetimes of tokens follow the wall clock, because the client's own clock does; only
/// provisioning is sped up.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    started: Instant,
    advanced: Duration,
    speed: f64,
}

impl Clock {
    /// A clock that starts now.
    pub(crate) fn new(speed: f64) -> Self {
        Self { started: Instant::now(), advanced: Duration::ZERO, speed }
    }

    /// The date.
    pub(crate) fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc() + self.advanced
    }

    /// The date as Azure writes it.
    pub(crate) fn stamp(&self) -> String {
        stamp(self.now())
    }

    /// Moves dates and provisioning forward.
    pub(crate) fn advance(&mut self, by: Duration) {
        self.advanced += by;
    }

    /// The point of provisioning time that is so many simulated seconds away.
    pub(crate) fn after(&self, seconds: f64) -> f64 {
        self.progress() + seconds
    }

    /// Whether a point made by [`Clock::after`] lies behind us.
    pub(crate) fn passed(&self, point: f64) -> bool {
        self.speed.is_infinite() || self.progress() >= point
    }

    /// The value of a Retry-After header for so many simulated seconds: whole wall seconds.
    pub(crate) fn retry_after(&self, seconds: f64) -> u64 {
        if self.speed.is_infinite() {
            return 0;
        }
        let wall = if self.speed > 0.0 { seconds / self.speed } else { 1.0 };
        Duration::from_secs_f64(wall.ceil().clamp(1.0, 3600.0)).as_secs()
    }

    /// How long something of so many simulated seconds takes on the wall, at least `least`.
    pub(crate) fn wall(&self, seconds: f64, least: Duration) -> Duration {
        if self.speed.is_infinite() || self.speed <= 0.0 {
            return least;
        }
        Duration::from_secs_f64((seconds / self.speed).min(3600.0)).max(least)
    }

    fn progress(&self) -> f64 {
        let wall =
            if self.speed.is_infinite() { 0.0 } else { self.started.elapsed().as_secs_f64() * self.speed };
        wall + self.advanced.as_secs_f64()
    }
}

/// A date as Azure writes it.
pub(crate) fn stamp(date: OffsetDateTime) -> String {
    // Formatting fails only for years beyond 9999, which no Duration from now reaches in practice.
    date.format(&Rfc3339).unwrap_or_default()
}

/// Waits on the wall clock: delays that a fault script asks for, and closed ports.
#[allow(
    clippy::disallowed_methods,
    reason = "the simulator shares no code with the provider: this is its src/time.rs"
)]
pub(crate) async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}
