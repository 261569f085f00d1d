//! The fault matrix under the real hosts: in one chain of create, update and delete each has a request that
//! goes wrong, then the same is applied again, and what stands must be exactly what the state says.
//!
//! The first, the middle and the last request of each are struck, with `BUD_MATRIX=all` every one. The chains
//! of our own small host (`faults/matrix.rs`) are always whole; what only the real ones show is what they make
//! of an answer that never came: which state they save, what they taint, and what they plan next.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::host::{Host, Run, kill_9, providers_of};
use super::world::Request;
use super::{Folder, World, each};
use crate::faults::whole;

/// What is created: something of every kind.
const CREATED: &str = r#"
tags            = { team = "bud", gone = "soon" }
nat_gateway     = true
rules           = { ssh = { priority = 100, protocol = "tcp", ports = ["22"] } }
security_groups = { gpu = { rules = { a = { priority = 100 } } }, old = { rules = { a = { priority = 100 } } } }
subnets         = {
  budk8s-common = { ipv4_cidr = "10.177.2.0/24" }
  old           = { ipv4_cidr = "10.177.8.0/24" }
}
"#;

/// What it is updated to: rules, tags, subnets, groups and a way out that are new, other and gone.
const UPDATED: &str = r#"
tags            = { team = "Bud", cost = "42" }
rules           = {
  ssh = { priority = 100, protocol = "tcp", ports = ["22"], sources = ["10.1.0.0/16"] }
  web = { priority = 110, protocol = "tcp", ports = ["80", "443"] }
}
security_groups = { gpu = { rules = { b = { priority = 200 } } }, new = { rules = { a = { priority = 100 } } } }
subnets         = {
  budk8s-common = { ipv4_cidr = "10.177.2.0/24" }
  new           = { ipv4_cidr = "10.177.9.0/24" }
}
"#;

/// What is done to the network, in the order of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verb {
    Create,
    Update,
    Delete,
}

const CHAIN: [Verb; 3] = [Verb::Create, Verb::Update, Verb::Delete];

impl Verb {
    /// Without a refresh, which is no part of the verb.
    fn command(self) -> &'static [&'static str] {
        match self {
            Self::Create | Self::Update => &["apply", "-auto-approve", "-no-color", "-refresh=false"],
            Self::Delete => &["destroy", "-auto-approve", "-no-color", "-refresh=false"],
        }
    }

    /// The plan that the command makes before it acts.
    fn plan(self) -> &'static [&'static str] {
        match self {
            Self::Create | Self::Update => &["plan", "-no-color", "-refresh=false"],
            Self::Delete => &["plan", "-destroy", "-no-color", "-refresh=false"],
        }
    }

    fn configure(self, folder: &Folder<'_>) {
        folder.network("lab", if self == Self::Create { CREATED } else { UPDATED });
    }
}

/// What goes wrong at a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    CutBefore,
    CutAfter,
    /// kill -9 of the provider while the cloud has not acted on the request.
    KillBefore,
    /// The same when it has.
    KillAfter,
    Answer(u16, &'static str),
    ExpiredToken,
    /// The operation that a write begins ends so.
    Ending(&'static str),
}

/// What a verb does where nothing goes wrong.
#[derive(Clone, Debug)]
struct Clean {
    /// Its requests, those of its plan left out.
    requests: Vec<Request>,
    /// What stands afterwards.
    ids: BTreeSet<String>,
}

impl Clean {
    /// The requests that a fault of this kind can strike.
    fn targets(&self, kind: Kind) -> Vec<&Request> {
        let strikes = |one: &&Request| !matches!(kind, Kind::Ending(_)) || begins_an_operation(one);
        self.requests.iter().filter(strikes).collect()
    }
}

/// Whether Azure answers a write with an operation: tags and new resource groups are answered at once.
fn begins_an_operation(one: &Request) -> bool {
    let group = !one.path.to_ascii_lowercase().contains("/providers/");
    one.writes() && one.method != "PATCH" && !(one.method == "PUT" && group)
}

fn ids(world: &World) -> BTreeSet<String> {
    world.objects().iter().map(|id| id.to_lowercase()).collect()
}

/// Every id of Azure that a value holds.
fn named(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            let id = text.strip_prefix("azure:").unwrap_or(text);
            if id.starts_with("/subscriptions/") {
                found.insert(id.to_lowercase());
            }
        }
        Value::Array(parts) => parts.iter().for_each(|part| named(part, found)),
        Value::Object(parts) => parts.values().for_each(|part| named(part, found)),
        _ => {}
    }
}

/// The state names what exists and nothing else, exactly what should exist does, and it has one owner.
#[track_caller]
fn stands(case: &str, world: &World, folder: &Folder<'_>, expected: &BTreeSet<String>) {
    assert_eq!(&ids(world), expected, "{case}: the ledger");
    let mut state = BTreeSet::new();
    named(&folder.state(), &mut state);
    let strange: Vec<_> = state.difference(expected).collect();
    assert!(!state.is_empty() && strange.is_empty(), "{case}: the state names {strange:?}");
    let tags = world.all_tags();
    let owners: BTreeSet<_> = tags.values().filter_map(|tags| tags.get("bud:owner")).collect();
    assert!(owners.len() == 1 && owners.iter().all(|one| !one.is_empty()), "{case}: owners {owners:?}");
    let unfinished: Vec<_> =
        tags.iter().filter(|(_, tags)| tags.get("bud:state").is_some_and(|state| state != "ready")).collect();
    assert!(unfinished.is_empty(), "{case}: unfinished {unfinished:?}");
}

/// Runs the chain without a fault; once for each host, because all worlds are alike.
fn clean(host: &Host) -> Arc<BTreeMap<Verb, Clean>> {
    static KNOWN: Mutex<BTreeMap<&str, Arc<BTreeMap<Verb, Clean>>>> = Mutex::new(BTreeMap::new());
    // A chain that failed is run, and fails, again.
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(all) = known.get(host.name) {
        return Arc::clone(all);
    }
    let world = World::prompt();
    let folder = Folder::new(&world, host);
    let mut all = BTreeMap::new();
    for verb in CHAIN {
        verb.configure(&folder);
        world.restart_counter();
        folder.run(verb.plan()).succeeded();
        let planned = world.requests().len();
        world.restart_counter();
        folder.run(verb.command()).succeeded();
        let requests = world.requests().split_off(planned);
        assert!(requests.iter().any(Request::writes), "{verb:?} changes nothing");
        all.insert(verb, Clean { requests, ids: ids(&world) });
    }
    world.is_empty("after the clean chain");
    Arc::clone(known.entry(host.name).or_insert(Arc::new(all)))
}

/// How the chains of a kind went.
#[derive(Debug, Default)]
struct Tally {
    cases: usize,
    /// Cases in which the apply with the fault went well all the same.
    unharmed: usize,
    /// Further applies that were needed.
    applies: usize,
}

/// Loads the fault and runs the verb, killing its provider where that is the fault.
fn strike(world: &World, folder: &Folder<'_>, verb: Verb, kind: Kind, target: &Request) -> Run {
    let n = target.n;
    let at = |fault: Value| json!([{ "when": { "n": n }, "do": fault }]);
    let alone = |fault: Value| {
        json!([
            { "when": { "n": n }, "do": fault },
            // What runs beside it, or comes behind, is not answered any more.
            { "when": { "nth": n + 1, "times": 0 }, "do": "hang" },
        ])
    };
    let rules = match kind {
        Kind::CutBefore => at(json!("cut_before")),
        Kind::CutAfter => at(json!("cut_after")),
        Kind::KillBefore => alone(json!("hang")),
        Kind::KillAfter => alone(json!("cut_after")),
        Kind::ExpiredToken => at(json!("expire_token")),
        Kind::Answer(status, code) => at(
            json!({ "answer": { "status": status, "code": code, "message": "not now", "retry_after": 0 } }),
        ),
        Kind::Ending(status) => json!([{
            "when": { "method": target.method, "path": target.path },
            "do": { "operation": { "status": status, "code": "Test", "message": "as the script says" } },
        }]),
    };
    world.faults(&rules);
    world.restart_counter();
    let mut killed = 0;
    let run = folder.run_with(verb.command(), |host| {
        if matches!(kind, Kind::KillBefore | Kind::KillAfter) && killed == 0 && world.asked() >= n {
            for provider in providers_of(host) {
                kill_9(provider);
                killed += 1;
            }
        }
    });
    struck(world, kind, target, &run, killed);
    run
}

/// A fault that never came proves nothing.
#[track_caller]
fn struck(world: &World, kind: Kind, target: &Request, run: &Run, killed: usize) {
    let requests = world.requests();
    let status = requests.iter().find(|one| one.n == target.n).map(|one| one.status);
    let case = format!("{kind:?} at {target:?}");
    match kind {
        Kind::CutBefore | Kind::CutAfter => assert_eq!(status, Some(0), "{case}: {requests:#?}"),
        Kind::Answer(wanted, _) => assert_eq!(status, Some(wanted.into()), "{case}: {requests:#?}"),
        Kind::ExpiredToken => assert_eq!(status, Some(401), "{case}: {requests:#?}"),
        Kind::KillBefore | Kind::KillAfter => {
            assert_eq!((status, killed), (Some(0), 1), "{case}: {requests:#?}");
            assert!(!run.status.success(), "{case}\n{}", run.out);
            let later = requests.iter().filter(|one| one.n > target.n);
            assert!(later.clone().all(|one| one.status == 0), "{case}: answered {requests:#?}");
        }
        Kind::Ending(_) => {
            assert!(requests.iter().any(|one| one.method == target.method && one.path == target.path));
            assert!(!run.status.success() && run.out.contains("as the script says"), "{case}\n{}", run.out);
        }
    }
}

/// One chain: in each verb the request with this index goes wrong, where it has so many.
fn chain(
    world: &World,
    folder: &Folder<'_>,
    all: &BTreeMap<Verb, Clean>,
    kind: Kind,
    at: &BTreeMap<Verb, usize>,
    tally: &mut Tally,
) {
    for verb in CHAIN {
        let clean = &all[&verb];
        verb.configure(folder);
        let Some(target) = at.get(&verb).map(|index| clean.targets(kind)[*index]) else {
            folder.run(verb.command()).succeeded();
            continue;
        };
        let case = format!("{verb:?} {kind:?} at {} {}", target.n, target.brief());
        let run = strike(world, folder, verb, kind, target);
        world.faults(&json!([]));
        world.restart_counter();
        tally.cases += 1;
        if run.status.success() {
            tally.unharmed += 1;
        } else {
            tally.applies += 1;
            let again = folder.run(verb.command());
            assert!(
                again.status.success(),
                "{case}: it does not converge\n{}\nat first\n{}",
                again.out,
                run.out
            );
        }
        // What is healthy is not made anew: only what goes without a fault goes on the way back.
        let gone = |requests: &[Request]| -> BTreeSet<String> {
            let deletes = requests.iter().filter(|one| one.method == "DELETE");
            deletes.map(|one| one.path.to_lowercase()).collect()
        };
        let (now, meant) = (gone(&world.requests()), gone(&clean.requests));
        assert!(now.is_subset(&meant), "{case}: on the way back it deleted {:?}", now.difference(&meant));
        if verb == Verb::Delete {
            world.is_empty(&case);
            assert_eq!(folder.state(), Value::Null, "{case}: the state");
        } else {
            stands(&case, world, folder, &clean.ids);
            folder.is_settled(&case);
        }
    }
}

/// Which request of each verb is struck in which chain.
fn plan(all: &BTreeMap<Verb, Clean>, kind: Kind) -> Vec<BTreeMap<Verb, usize>> {
    let length = |verb: &Verb| all[verb].targets(kind).len();
    if whole() {
        let has = |index| CHAIN.into_iter().filter(move |verb| index < length(verb));
        let longest = CHAIN.iter().map(length).max().unwrap_or_default();
        return (0..longest).map(|index| has(index).map(|verb| (verb, index)).collect()).collect();
    }
    let place = |third, length: usize| [0, length / 2, length - 1][third];
    (0..3).map(|third| CHAIN.into_iter().map(|verb| (verb, place(third, length(&verb)))).collect()).collect()
}

/// The chains of one kind of fault, under one host: three at a time, each in a world of its own.
fn chains(host: &Host, name: &str, kind: Kind) {
    let all = clean(host);
    let plan = plan(&all, kind);
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let all = all.as_ref();
        let share = |at: &[BTreeMap<Verb, usize>]| {
            let at = at.to_vec();
            scope.spawn(move || {
                let world = World::prompt();
                let folder = Folder::new(&world, host);
                let mut tally = Tally::default();
                at.iter().for_each(|at| chain(&world, &folder, all, kind, at, &mut tally));
                tally
            })
        };
        let running: Vec<_> = plan.chunks(plan.len().div_ceil(3)).map(share).collect();
        running.into_iter().map(|one| one.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    let sum = |of: fn(&Tally) -> usize| tallies.iter().map(of).sum::<usize>();
    assert!(sum(|one| one.cases) >= 9, "{tallies:?}");
    println!(
        "matrix: bud_network under {} {name}: {} requests, {} cases passed, {} went well at once, {} further applies",
        host.name,
        CHAIN.iter().map(|verb| all[verb].requests.len()).sum::<usize>(),
        sum(|one| one.cases),
        sum(|one| one.unharmed),
        sum(|one| one.applies),
    );
}

macro_rules! matrices {
    ($($test:ident: $name:literal, $kind:expr;)*) => {$(
        #[test]
        fn $test() {
            each(|host| chains(host, $name, $kind));
        }
    )*};
}

matrices! {
    cut_before_the_cloud_acted: "cut before", Kind::CutBefore;
    cut_after_the_cloud_acted: "cut after", Kind::CutAfter;
    killed_before_the_cloud_acted: "kill before", Kind::KillBefore;
    killed_after_the_cloud_acted: "kill after", Kind::KillAfter;
    answered_with_429: "429", Kind::Answer(429, "TooManyRequests");
    answered_with_500: "500", Kind::Answer(500, "InternalServerError");
    answered_with_503: "503", Kind::Answer(503, "ServiceUnavailable");
    a_token_expired: "expired token", Kind::ExpiredToken;
    an_operation_failed: "Failed", Kind::Ending("Failed");
    an_operation_was_canceled: "Canceled", Kind::Ending("Canceled");
}
