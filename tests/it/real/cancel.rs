//! One interrupt to the process group during slow work: the host ends with what exists in its state,
//! and the next apply finishes without making or removing anything twice.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::host::{Run, signal_group};
use super::world::Request;
use super::{Folder, World, each};

/// From the interrupt to the end of the host, the provider's part of it included.
const PROMPT: Duration = Duration::from_secs(5);

/// Runs a command, interrupts it once as soon as `due`, and returns how long it took from there.
#[track_caller]
fn interrupted(folder: &Folder<'_>, command: &[&str], mut due: impl FnMut() -> bool) -> (Run, Duration) {
    let mut at = None;
    let run = folder.run_with(command, |group| {
        if at.is_none() && due() {
            signal_group(group, "INT");
            at = Some(Instant::now());
        }
    });
    let at: Instant = at.unwrap_or_else(|| panic!("it ended before the interrupt:\n{}", run.out));
    (run, at.elapsed())
}

/// Lets one request and what follows it take long.
fn slow(world: &World, method: &str, path: &str) {
    world.faults(&json!([{ "when": { "method": method, "path": path }, "do": { "delay": 1.5 } }]));
}

fn asked(world: &World, method: &str, end: &str) -> usize {
    let requests = world.requests();
    requests
        .iter()
        .filter(|one| one.method == method && one.path.to_lowercase().ends_with(&end.to_lowercase()))
        .count()
}

#[test]
fn a_create_is_continued_after_an_interrupt() {
    each(|host| {
        for (path, last) in [
            ("*/resourceGroups/lab", "resourceGroups/lab"),
            ("*/networkSecurityGroups/lab-default", "networkSecurityGroups/lab-default"),
            ("*/virtualNetworks/lab", "virtualNetworks/lab"),
        ] {
            let world = World::prompt();
            let folder = Folder::new(&world, host);
            folder.network("lab", "");
            slow(&world, "PUT", path);
            let (run, took) = interrupted(&folder, &["apply", "-auto-approve", "-no-color"], || {
                asked(&world, "PUT", last) > 0
            });
            let run = run.failed();
            assert!(took < PROMPT, "{path}: {took:?}\n{}", run.out);
            let exist = world.objects();
            assert!(!exist.is_empty(), "{path}: nothing was made before the interrupt");
            let state = folder.state();
            assert!(state["id"].is_string(), "{path}: {exist:?} is not in the state: {state}\n{}", run.out);

            world.faults(&json!([]));
            folder.apply().succeeded();
            folder.is_settled("the continued create");
            let requests = world.requests();
            let made = |request: &&Request| request.method == "PUT" && request.status == 201;
            let mut created: Vec<String> = requests.iter().filter(made).map(Request::brief).collect();
            let all = created.len();
            created.sort();
            created.dedup();
            assert_eq!(created.len(), all, "{path}: something was made twice: {requests:#?}");
            assert!(requests.iter().all(|one| one.method != "DELETE"), "{path}: {requests:#?}");
            let now = world.objects();
            assert!(exist.iter().all(|id| now.contains(id)), "{path}: {exist:?} {now:?}");
            folder.destroy().succeeded();
            world.is_empty("after destroy");
        }
    });
}

#[test]
fn an_operation_that_takes_long_is_left_and_found_again() {
    each(|host| {
        // Nothing ends before the clock is moved: the interrupt comes while an operation is waited for.
        let world = World::at(0.0);
        let folder = Folder::new(&world, host);
        folder.network("lab", "");
        let (run, took) = interrupted(&folder, &["apply", "-auto-approve", "-no-color"], || {
            world.requests().iter().any(|one| one.path.contains("/operations/"))
        });
        run.failed();
        assert!(took < PROMPT, "{took:?}");
        assert!(folder.state()["id"].is_string());
        // From here on the clock is moved while the host runs.
        folder.run_with(&["apply", "-auto-approve", "-no-color"], |_| world.advance(20)).succeeded();
        assert!(world.requests().iter().all(|one| one.method != "DELETE"));
        folder.is_settled("the continued create");
        folder.run_with(&["destroy", "-auto-approve", "-no-color"], |_| world.advance(20)).succeeded();
        world.is_empty("after destroy");
    });
}

#[test]
fn an_update_is_finished_after_an_interrupt() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        folder.network("lab", "");
        folder.apply().succeeded();
        let subnets =
            "subnets = { a = { ipv4_cidr = \"10.177.4.0/24\" }, b = { ipv4_cidr = \"10.177.5.0/24\" } }";
        let wanted = format!(
            "tags = {{ a = \"b\" }}\nssh_sources = [\"203.0.113.0/24\"]\nnat_gateway = true\n{subnets}"
        );
        folder.network("lab", &wanted);
        slow(&world, "PUT", "*/natGateways/lab-nat");
        world.restart_counter();
        let (run, took) = interrupted(&folder, &["apply", "-auto-approve", "-no-color"], || {
            asked(&world, "PUT", "natGateways/lab-nat") > 0
        });
        run.failed();
        assert!(took < PROMPT, "{took:?}");
        let exist = world.objects();
        assert!(exist.iter().any(|id| id.contains("publicIPAddresses")), "{exist:?}");
        assert!(folder.state()["id"].is_string());
        world.faults(&json!([]));
        folder.apply().succeeded().says("0 destroyed");
        folder.is_settled("the finished update");
        let requests = world.requests();
        let twice = requests.iter().filter(|one| one.status == 201 && one.path.ends_with("/lab-nat")).count();
        assert_eq!(twice, 1, "{requests:#?}");
        let removed: Vec<String> =
            requests.iter().filter(|one| one.method == "DELETE").map(Request::brief).collect();
        assert!(removed.is_empty(), "{removed:?}");
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}

#[test]
fn a_destroy_is_finished_after_an_interrupt() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        folder.network("lab", "nat_gateway = true");
        folder.apply().succeeded();
        slow(&world, "DELETE", "*");
        world.restart_counter();
        let (run, took) = interrupted(&folder, &["destroy", "-auto-approve", "-no-color"], || {
            world.requests().iter().any(|one| one.method == "DELETE")
        });
        assert!(took < PROMPT, "{took:?}");
        let exist = world.objects();
        // Where something is left, it is still in the state.
        assert_eq!(folder.state()["id"].is_string(), !exist.is_empty(), "{exist:?}\n{}", run.out);
        assert!(world.requests().iter().all(|one| one.method != "PUT"), "{:#?}", world.requests());
        world.faults(&json!([]));
        folder.destroy().succeeded();
        world.is_empty("after the second destroy");
        assert_eq!(folder.state(), Value::Null);
    });
}

/// One verb of a network's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Create,
    Update,
    Delete,
}

const LIFE: [Verb; 3] = [Verb::Create, Verb::Update, Verb::Delete];

impl Verb {
    fn command(self) -> &'static [&'static str] {
        match self {
            Self::Create | Self::Update => &["apply", "-auto-approve", "-no-color", "-refresh=false"],
            Self::Delete => &["destroy", "-auto-approve", "-no-color", "-refresh=false"],
        }
    }

    fn configure(self, folder: &Folder<'_>) {
        let more = "nat_gateway = true\ntags = { a = \"b\" }\n\
                    subnets = { a = { ipv4_cidr = \"10.177.4.0/24\" }, b = { ipv4_cidr = \"10.177.5.0/24\" } }";
        folder.network("lab", if self == Self::Create { "nat_gateway = true" } else { more });
    }
}

/// From the request on nobody is answered, and once what runs beside it waits too, the group is interrupted:
/// the ledger then gets no request more.
#[track_caller]
fn silent(world: &World, folder: &Folder<'_>, verb: Verb, n: u64) {
    let case = format!("{verb:?} at {n} under {}", folder.host_name());
    world.restart_counter();
    world.faults(&json!([{ "when": { "nth": n, "times": 0 }, "do": "hang" }]));
    let (mut seen, mut begun, mut at_interrupt) = (Instant::now(), 0, 0);
    let (run, took) = interrupted(folder, verb.command(), || {
        let asked = world.asked();
        if asked != begun {
            (begun, seen) = (asked, Instant::now());
        }
        at_interrupt = asked;
        asked >= n && seen.elapsed() > Duration::from_millis(150)
    });
    let run = run.failed();
    assert!(took < PROMPT, "{case}: {took:?}\n{}", run.out);
    let later: Vec<String> =
        world.requests().iter().filter(|one| one.n > at_interrupt).map(Request::brief).collect();
    assert_eq!(later, Vec::<String>::new(), "{case}: begun after the interrupt\n{}", run.out);
    world.faults(&json!([]));
}

/// A life in which each verb is interrupted after this share of its requests, and run again.
fn interrupted_life(world: &World, folder: &Folder<'_>, clean: &[u64], third: u64) {
    for (verb, requests) in LIFE.into_iter().zip(clean) {
        verb.configure(folder);
        silent(world, folder, verb, (requests * third / 3).max(1));
        let before = world.objects();
        assert!(verb != Verb::Create || before.is_empty() || folder.state()["id"].is_string(), "{before:?}");
        world.restart_counter();
        folder.run(verb.command()).succeeded();
        let again = world.requests();
        if verb == Verb::Create {
            assert!(again.iter().all(|one| one.method != "DELETE"), "{again:#?}");
            let now = world.objects();
            assert!(before.iter().all(|id| now.contains(id)), "{before:?} {now:?}");
        }
        // What stood was not made a second time.
        let made = again.iter().filter(|one| one.method == "PUT" && one.status == 201);
        let twice: Vec<_> = made.filter(|one| before.contains(&one.path)).collect();
        assert!(twice.is_empty(), "{twice:?}");
        if verb != Verb::Delete {
            folder.is_settled("the next apply");
        }
    }
    world.is_empty("after the interrupted life");
    assert_eq!(folder.state(), Value::Null);
}

/// A third into create, update and delete, two thirds, and at their last requests; side by side, because each
/// waits for the provider's grace.
#[test]
fn no_request_is_begun_after_an_interrupt() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        let requests = |verb: Verb| {
            verb.configure(&folder);
            world.restart_counter();
            folder.run(verb.command()).succeeded();
            world.asked()
        };
        let clean = LIFE.map(requests);
        world.is_empty("after the clean life");
        std::thread::scope(|scope| {
            for third in 1..=3 {
                scope.spawn(move || {
                    let world = World::prompt();
                    interrupted_life(&world, &Folder::new(&world, host), &clean, third);
                });
            }
        });
    });
}
