//! Cases that have nothing to do with each other, some of them side by side: they wait far more than they compute.

use futures::future::join_all;

/// How many cases of one test run at the same time. Each lane has a world of its own.
const LANES: usize = 4;

/// Deals the cases out to lanes, each of which `run` takes from its first case to its last.
pub(crate) async fn lanes<C, D, F: Future<Output = D>>(cases: Vec<C>, run: impl Fn(Vec<C>) -> F) -> Vec<D> {
    let mut dealt: Vec<Vec<C>> = (0..LANES.min(cases.len())).map(|_| Vec::new()).collect();
    for (at, case) in cases.into_iter().enumerate() {
        dealt[at % LANES].push(case);
    }
    join_all(dealt.into_iter().map(run)).await
}
