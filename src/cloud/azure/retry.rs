//! When a request is sent again: a pure decision from what happened and how often.

use std::time::Duration;

/// First step of the backoff.
const STEP: Duration = Duration::from_millis(500);
/// Its largest step.
const LONGEST: Duration = Duration::from_secs(30);
/// How long an endpoint that never once answered is tried.
const STRANGE_LIMIT: Duration = Duration::from_secs(10);
/// And how often.
const STRANGE_TRIES: u32 = 5;

/// Where the jitter comes from: numbers in 0..1. Fixed in tests.
pub(super) type Chance = Box<dyn Fn() -> f64 + Send + Sync>;

/// Jitter from the operating system.
pub(super) fn dice() -> Chance {
    // The upper 48 bits of a random id: the rest of that half is fixed.
    Box::new(|| {
        let (high, _) = uuid::Uuid::new_v4().as_u64_pair();
        #[expect(clippy::cast_precision_loss, reason = "48 bits fit exactly")]
        let part = (high >> 16) as f64 / (1_u64 << 48) as f64;
        part
    })
}

/// The pause before try number `tries + 1`: what the cloud asked for, else exponential with full
/// jitter. What the cloud asked for gets up to a fifth on top, so that many callers do not return at once.
pub(super) fn pause(tries: u32, asked: Option<Duration>, chance: &Chance) -> Duration {
    match asked {
        Some(asked) if !asked.is_zero() => asked + asked.mul_f64(0.2 * chance()).min(Duration::from_secs(5)),
        _ => {
            let ceiling =
                STEP.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1).min(16))).min(LONGEST);
            // Never nothing: a cloud in trouble is not helped by a hot loop.
            ceiling.mul_f64(chance()).max(Duration::from_millis(20))
        }
    }
}

/// Whether an endpoint that has not answered once in this process should be given up: a name that does
/// not exist or a closed port will not mend itself within a run.
pub(super) fn give_up_on_stranger(tries: u32, since_first: Duration) -> bool {
    tries >= STRANGE_TRIES || (tries >= 2 && since_first >= STRANGE_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(value: f64) -> Chance {
        Box::new(move || value)
    }

    #[test]
    fn the_backoff_doubles_up_to_its_ceiling() {
        let most = |tries| pause(tries, None, &fixed(1.0));
        assert_eq!(most(1), Duration::from_millis(500));
        assert_eq!(most(2), Duration::from_secs(1));
        assert_eq!(most(5), Duration::from_secs(8));
        assert_eq!(most(100), LONGEST);
        assert_eq!(pause(5, None, &fixed(0.0)), Duration::from_millis(20));
    }

    #[test]
    fn what_the_cloud_asks_for_is_never_undercut() {
        let asked = Some(Duration::from_secs(23));
        assert_eq!(pause(1, asked, &fixed(0.0)), Duration::from_secs(23));
        assert!(pause(1, asked, &fixed(1.0)) <= Duration::from_secs(28));
        assert_eq!(pause(1, Some(Duration::ZERO), &fixed(1.0)), STEP);
    }

    #[test]
    fn a_stranger_is_given_up_soon() {
        assert!(!give_up_on_stranger(1, Duration::from_secs(11)));
        assert!(give_up_on_stranger(2, Duration::from_secs(11)));
        assert!(!give_up_on_stranger(4, Duration::from_secs(5)));
        assert!(give_up_on_stranger(5, Duration::from_secs(5)));
    }

    #[test]
    fn dice_stay_in_their_range() {
        let dice = dice();
        let mut seen: Vec<f64> = (0..100).map(|_| dice()).collect();
        assert!(seen.iter().all(|value| (0.0..1.0).contains(value)));
        seen.dedup();
        assert!(seen.len() > 1);
    }
}
