//! Which nodes a pool shall have: names and numbers.

use std::collections::BTreeSet;

/// The name of a node.
pub(super) fn node_name(pool: &str, number: u32) -> String {
    format!("{pool}-{number}")
}

/// The number of a node of this pool; absent where the name is none of its names.
pub(super) fn number(pool: &str, node: &str) -> Option<u32> {
    let digits = node.strip_prefix(pool)?.strip_prefix('-')?;
    let number = digits.parse().ok()?;
    (node_name(pool, number) == node).then_some(number)
}

/// The numbers that a pool shall have: those it has, less the removed ones; surplus ones go from the
/// highest, missing ones take the lowest that are neither in use nor removed.
pub(super) fn allocate(have: &BTreeSet<u32>, removed: &BTreeSet<u32>, count: usize) -> BTreeSet<u32> {
    let mut wanted: BTreeSet<u32> = have.difference(removed).copied().take(count).collect();
    let mut free = (0..=u32::MAX).filter(|number| !have.contains(number) && !removed.contains(number));
    while wanted.len() < count {
        let Some(number) = free.next() else { break };
        wanted.insert(number);
    }
    wanted
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{allocate, node_name, number};

    fn after(have: &[u32], removed: &[u32], count: usize) -> Vec<u32> {
        let set = |numbers: &[u32]| numbers.iter().copied().collect::<BTreeSet<u32>>();
        allocate(&set(have), &set(removed), count).into_iter().collect()
    }

    #[test]
    fn numbers_come_from_below_and_go_from_above() {
        assert_eq!(after(&[], &[], 3), [0, 1, 2]);
        assert_eq!(after(&[0, 1, 2], &[], 2), [0, 1]);
        assert_eq!(after(&[0, 1, 2], &[1], 3), [0, 2, 3]);
        assert_eq!(after(&[0, 2, 3], &[], 3), [0, 2, 3]);
        assert_eq!(after(&[0, 2, 3], &[], 4), [0, 1, 2, 3]);
        assert_eq!(after(&[0, 1], &[0], 1), [1]);
        assert_eq!(after(&[], &[0], 1), [1]);
        assert_eq!(after(&[0, 1], &[], 0), Vec::<u32>::new());
    }

    #[test]
    fn a_name_is_a_pools_only_in_its_one_spelling() {
        assert_eq!(node_name("gpu", 7), "gpu-7");
        for (name, expected) in [
            ("gpu-7", Some(7)),
            ("gpu-07", None),
            ("gpu-+7", None),
            ("gpu-", None),
            ("gpu", None),
            ("cpu-7", None),
        ] {
            assert_eq!(number("gpu", name), expected, "{name}");
        }
    }
}
