//! How long an operation on a pool may take where `timeouts` says nothing: it grows with the pool.
//!
//! A fixed time is either long past before anybody hears of a single node that hangs, or too short for
//! a thousand nodes, of which so many are made at once, and which change one after another where they restart.

use std::time::Duration;

use super::wanted::{Wanted, keys};
use super::work::AT_ONCE;
use crate::lifecycle::Limits;
use crate::value::Value;

/// For a few nodes: a create waits for all that Azure may take its time with.
const FEW: u64 = 60;
/// An update of few nodes, which may make some anew and restart others.
const CHANGE: u64 = 120;
/// Of each further lot of nodes that are worked on at once, and of each node that restarts.
const EACH: u64 = 5;

/// The limits for a pool as it is planned, or as it is.
pub(super) fn of(pool: &Value) -> Limits {
    let nodes = Wanted(pool).count().unwrap_or_default().max(keys(pool.get("nodes")).len());
    let lots = nodes.div_ceil(AT_ONCE).saturating_sub(1);
    let minutes = |least: u64, more: usize| {
        let more = u64::try_from(more).unwrap_or(u64::MAX).saturating_mul(EACH);
        Duration::from_secs(least.saturating_add(more).saturating_mul(60))
    };
    let all = minutes(FEW, lots);
    Limits {
        create: all,
        read: Duration::from_secs(10 * 60),
        update: minutes(0, nodes).max(minutes(CHANGE, lots)),
        delete: all,
    }
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::value::Value;

    #[test]
    fn the_time_grows_with_the_pool() {
        let limits = |count: i64| of(&Value::object([("node_count", Value::int(count))]));
        let minutes = |count: i64| {
            let limits = limits(count);
            [limits.create, limits.read, limits.update, limits.delete].map(|time| time.as_secs() / 60)
        };
        assert_eq!(minutes(1), [60, 10, 120, 60]);
        assert_eq!(minutes(32), [60, 10, 160, 60]);
        assert_eq!(minutes(33), [65, 10, 165, 65]);
        assert_eq!(minutes(1000), [215, 10, 5000, 215]);
        // While the number is not known, and for a pool that goes, of which more stands than is asked for.
        assert_eq!(of(&Value::object([("node_count", Value::unknown())])).create.as_secs(), 3600);
        let nodes = (0..40).map(|node| (format!("w-{node}"), Value::Null)).collect();
        let pool = Value::object([("node_count", Value::int(1)), ("nodes", Value::Map(nodes))]);
        assert_eq!(of(&pool).delete.as_secs(), 65 * 60);
    }
}
