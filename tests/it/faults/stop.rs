//! Control-C while a create, update or delete waits for the cloud: back in time, nothing new begun, nothing lost.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;

use super::{ADDRESS, AFTER, BEFORE, FULL, assert_goes, assert_stands, ids, last_request};
use crate::harness::host::{Host, Interruption, Means, Outcome, Processes};
use crate::harness::lanes::lanes;
use crate::harness::world::{Ledger, World};

/// How long a provider may take to return.
const SOON: Duration = Duration::from_secs(5);

/// What was created so far: `PUT`s that were answered with 201.
fn creating(ledger: &Ledger) -> Vec<String> {
    let made = ledger.requests.iter().filter(|one| one.method == "PUT" && one.status == Some(201));
    made.map(|one| one.path.to_lowercase()).collect()
}

fn deleting(ledger: &Ledger) -> Vec<String> {
    let gone = ledger.requests.iter().filter(|one| one.method == "DELETE");
    gone.map(|one| one.path.to_lowercase()).collect()
}

/// The ledger, asked by somebody who does not hold the world.
fn ledger_of(world: &World) -> impl Future<Output = Ledger> + Send + 'static {
    let address = format!("{}/ledger", world.endpoint("control"));
    async move {
        let answer = reqwest::get(address).await.unwrap().bytes().await.unwrap();
        serde_json::from_slice(&answer).unwrap()
    }
}

/// From request `n` of the next apply on nobody answers, and once all that runs beside it waits too,
/// the apply is stopped. Gives the number of requests at that moment, when it has come.
async fn silent(world: &World, host: &mut Host, n: u64) -> Arc<AtomicUsize> {
    world.count_anew().await;
    world.faults(last_request(n, &json!("hang"))).await;
    let count = Arc::new(AtomicUsize::new(0));
    let (asked, ledger, at_stop) = (world.asked(n), ledger_of(world), Arc::clone(&count));
    host.interrupt(Interruption::new(Means::Stop, async move {
        asked.await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        at_stop.store(ledger.await.requests.len(), Ordering::Relaxed);
    }));
    count
}

/// Where to stop: at the first, a middle and the last write, whose answers never come, and right behind
/// each, when the cloud has acted already.
fn moments(ledger: &Ledger) -> BTreeSet<u64> {
    let writes: Vec<u64> = ledger.requests.iter().filter(|one| one.changes()).map(|one| one.n).collect();
    assert!(writes.len() > 2, "{writes:?}");
    let last = ledger.requests.last().unwrap().n;
    let chosen = [writes[0], writes[writes.len() / 2], writes[writes.len() - 1]];
    chosen.into_iter().flat_map(|n| [n, n + 1]).filter(|n| *n <= last).collect()
}

/// Checks what an apply did that was stopped, and gives the ledger at that time.
async fn stopped(case: &str, world: &World, at_stop: &AtomicUsize, outcome: &Outcome) -> Ledger {
    let took = outcome.interrupted.unwrap_or_else(|| panic!("{case}: it was not stopped"));
    assert!(took < SOON, "{case}: it took {took:?} to return");
    outcome.error();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let ledger = world.ledger().await;
    let begun: Vec<_> = ledger.requests.iter().skip(at_stop.load(Ordering::Relaxed)).collect();
    assert!(begun.is_empty(), "{case}: begun after the stop: {begun:?}");
    ledger
}

async fn begin() -> (World, Host) {
    let world = World::start().await;
    let host = Host::start(world.launch(), Processes::Separate).await;
    (world, host)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_is_kept_and_finished() {
    let (world, mut host) = begin().await;
    let plan = host.plan(ADDRESS, FULL).await.unwrap();
    world.count_anew().await;
    host.apply_plan(plan).await.done();
    let clean = world.ledger().await;
    assert_goes("clean", &world, &mut host).await;
    let clean = &clean;
    lanes(moments(clean).into_iter().collect(), |lane: Vec<u64>| async move {
        let (world, mut host) = begin().await;
        for n in lane {
            let case = format!("create stopped at {n}");
            world.reset().await;
            let plan = host.plan(ADDRESS, FULL).await.unwrap();
            let at_stop = silent(&world, &mut host, n).await;
            let outcome = host.apply_plan(plan).await;
            let before = stopped(&case, &world, &at_stop, &outcome).await;
            assert!(
                host.instance(ADDRESS).is_some(),
                "{case}: something may exist, and the state has nothing"
            );
            world.no_faults().await;
            world.count_anew().await;
            host.apply(ADDRESS, FULL).await.done();
            let after = world.ledger().await;
            let twice: Vec<_> =
                creating(&after).into_iter().filter(|path| creating(&before).contains(path)).collect();
            assert_eq!(twice, Vec::<String>::new(), "{case}: created twice");
            assert_eq!(deleting(&after), Vec::<String>::new(), "{case}: deleted");
            assert_stands(&case, &host, &after, &ids(clean));
            assert!(host.plan(ADDRESS, FULL).await.unwrap().is_empty(), "{case}: the plan afterwards");
            assert_goes(&case, &world, &mut host).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_is_kept_and_finished() {
    let (world, mut host) = begin().await;
    host.apply(ADDRESS, BEFORE).await.done();
    world.count_anew().await;
    host.apply(ADDRESS, AFTER).await.done();
    let whole = world.ledger().await;
    assert_goes("clean", &world, &mut host).await;
    host.apply(ADDRESS, BEFORE).await.done();
    let plan = host.plan(ADDRESS, AFTER).await.unwrap();
    world.count_anew().await;
    host.apply_plan(plan).await.done();
    let clean = world.ledger().await;
    assert_goes("clean", &world, &mut host).await;
    let clean = &clean;
    let allowed = &deleting(&whole);
    lanes(moments(clean).into_iter().collect(), |lane: Vec<u64>| async move {
        let (world, mut host) = begin().await;
        for n in lane {
            let case = format!("update stopped at {n}");
            world.reset().await;
            host.apply(ADDRESS, BEFORE).await.done();
            let plan = host.plan(ADDRESS, AFTER).await.unwrap();
            let at_stop = silent(&world, &mut host, n).await;
            let outcome = host.apply_plan(plan).await;
            let before = stopped(&case, &world, &at_stop, &outcome).await;
            assert!(!host.instance(ADDRESS).unwrap().tainted, "{case}");
            world.no_faults().await;
            world.count_anew().await;
            host.apply(ADDRESS, AFTER).await.done();
            let after = world.ledger().await;
            let twice: Vec<_> =
                creating(&after).into_iter().filter(|path| creating(&before).contains(path)).collect();
            assert_eq!(twice, Vec::<String>::new(), "{case}: created twice");
            assert!(
                deleting(&after).iter().all(|path| allowed.contains(path)),
                "{case}: {:?}",
                deleting(&after)
            );
            assert_stands(&case, &host, &after, &ids(clean));
            assert!(host.plan(ADDRESS, AFTER).await.unwrap().is_empty(), "{case}: the plan afterwards");
            assert_goes(&case, &world, &mut host).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delete_is_finished() {
    let (world, mut host) = begin().await;
    host.apply(ADDRESS, FULL).await.done();
    let plan = host.plan_destroy(ADDRESS).await.unwrap();
    world.count_anew().await;
    host.apply_plan(plan).await.done();
    let clean = world.ledger().await;
    lanes(moments(&clean).into_iter().collect(), |lane: Vec<u64>| async move {
        let (world, mut host) = begin().await;
        for n in lane {
            let case = format!("delete stopped at {n}");
            world.reset().await;
            host.apply(ADDRESS, FULL).await.done();
            let plan = host.plan_destroy(ADDRESS).await.unwrap();
            let at_stop = silent(&world, &mut host, n).await;
            let outcome = host.apply_plan(plan).await;
            stopped(&case, &world, &at_stop, &outcome).await;
            assert!(host.instance(ADDRESS).is_some(), "{case}: the state lost what stands");
            world.no_faults().await;
            world.count_anew().await;
            assert_goes(&case, &world, &mut host).await;
            assert_eq!(
                creating(&world.ledger().await),
                Vec::<String>::new(),
                "{case}: created on the way out"
            );
        }
    })
    .await;
}
