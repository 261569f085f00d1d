//! The hash behind tables of names and texts: a multiplication for each eight bytes.
//!
//! The standard library's hash withstands keys that somebody has chosen to collide, and takes several times as
//! long: 3 % of a render. Here the keys are names and texts of one chart, whose count is limited, so that a chart
//! made to collide only renders slowly.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// A table with this hash.
pub(super) type FastMap<K, V> = HashMap<K, V, BuildHasherDefault<FastHasher>>;
/// A set with this hash.
pub(super) type FastSet<K> = HashSet<K, BuildHasherDefault<FastHasher>>;

/// An odd number whose bits have no pattern: 2^64 by the golden ratio.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

#[derive(Debug, Default)]
pub(super) struct FastHasher(u64);

impl FastHasher {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(SPREAD);
    }
}

impl Hasher for FastHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.add(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.add(u64::from_le_bytes(last));
    }

    fn write_u64(&mut self, word: u64) {
        self.add(word);
    }

    fn write_usize(&mut self, word: usize) {
        self.add(word as u64);
    }

    /// Multiplication carries upwards only, and tables look at the low bits as well.
    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::{BuildHasher as _, BuildHasherDefault};

    #[test]
    fn names_that_differ_have_hashes_that_differ_in_the_low_bits() {
        let build = BuildHasherDefault::<FastHasher>::default();
        let names = (0..1000).map(|at| format!("chart/charts/part/templates/{at:03}.yaml"));
        let low: HashSet<u64> = names.map(|name| build.hash_one(name.as_bytes()) & 0xFFFF).collect();
        assert!(low.len() > 950, "{}", low.len());
        assert_ne!(build.hash_one(b"a".as_slice()), build.hash_one(b"a\0".as_slice()));
    }
}
