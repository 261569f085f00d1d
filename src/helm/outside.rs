//! The outside world of a render: the system's own, and one that is always the same.

use std::sync::LazyLock;
use std::time::Instant;

use sha2::{Digest as _, Sha256};

use super::render::{Chance, Clock};

/// The system's randomness.
#[derive(Debug, Default)]
pub struct SystemChance;

impl Chance for SystemChance {
    fn fill(&mut self, buffer: &mut [u8]) {
        // Without randomness there is a fixed stream at least; the system's does not fail after start.
        if aws_lc_rs::rand::fill(buffer).is_err() {
            SeededChance::new(b"").fill(buffer);
        }
    }
}

/// The system's clock, in UTC.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> (i64, u32) {
        let now = crate::time::now();
        (now.unix_timestamp(), now.nanosecond())
    }

    fn monotonic(&self) -> Option<i64> {
        // Go counts from the start of the process, we from the first question.
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        i64::try_from(START.elapsed().as_nanos()).ok()
    }
}

/// Randomness that a seed decides, so that two renders are equal.
#[derive(Debug)]
pub struct SeededChance {
    seed: [u8; 32],
    count: u64,
    rest: Vec<u8>,
}

impl SeededChance {
    /// The stream of a seed.
    pub fn new(seed: &[u8]) -> Self {
        Self { seed: Sha256::digest(seed).into(), count: 0, rest: Vec::new() }
    }
}

impl Chance for SeededChance {
    fn fill(&mut self, buffer: &mut [u8]) {
        for byte in buffer {
            if self.rest.is_empty() {
                let block = Sha256::new().chain_update(self.seed).chain_update(self.count.to_be_bytes());
                self.rest = block.finalize().to_vec();
                self.count += 1;
            }
            *byte = self.rest.pop().unwrap_or(0);
        }
    }
}

/// A clock that stands still, at so many seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub i64);

impl Clock for FixedClock {
    fn now(&self) -> (i64, u32) {
        (self.0, 0)
    }
}
