//! What releases cost: requests of a plan without a change, and the time of actions beside Helm's own program.

use std::time::{Duration, Instant};

use super::{IT, Room, plain};
use crate::harness::host::{Host, Processes};
use crate::harness::judge::Action;
use crate::harness::process::Launch;
use crate::kubernetes::between::{Act, Between};

/// The variables of a provider that reaches the control plane through somebody who counts.
fn launch(room: &Room, between: &Between) -> Launch {
    let file = room.folder.path().join("between");
    std::fs::write(&file, between.kubeconfig()).unwrap();
    let mut launch = Launch::provider(vec![("KUBECONFIG".to_owned(), file.to_str().unwrap().to_owned())]);
    if let Some(binary) = std::env::var_os("BUD_BENCH_BINARY") {
        launch.program = binary.into();
    }
    launch
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_without_a_change_is_one_request() {
    let Some(mut room) = Room::new("one").await else { return };
    let between = Between::start(room.plane, |_| Act::Forward).await;
    room.host = Host::start(launch(&room, &between), Processes::Separate).await;
    let chart = room.chart("plain", &plain());
    let text = room.release(&chart, "");
    room.host.apply(IT, &text).await.done();
    between.count_anew();
    let plan = room.plans(&text).await;
    assert_eq!(plan.action, Action::Nothing);
    let seen: Vec<String> = between.seen().iter().map(|one| format!("{} {}", one.method, one.path)).collect();
    assert!(seen.len() == 1 && seen[0].contains("/secrets?"), "{seen:?}");
}

/// What the large chart has beside Kubernetes' own kinds.
const FOREIGN: [(&str, &str, &str); 2] = [
    ("monitoring.coreos.com", "PrometheusRule", "prometheusrules"),
    ("monitoring.coreos.com", "ServiceMonitor", "servicemonitors"),
];

async fn define(room: &Room, group: &str, kind: &str, plural: &str) {
    let client = room.plane.admin();
    let definitions =
        client.kind("apiextensions.k8s.io/v1", "CustomResourceDefinition").await.unwrap().here().unwrap();
    let open = serde_json::json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
    let definition = serde_json::json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": format!("{plural}.{group}") },
        "spec": { "group": group, "scope": "Namespaced", "names": { "plural": plural, "kind": kind },
            "versions": [{ "name": "v1", "served": true, "storage": true, "schema": { "openAPIV3Schema": open } }] },
    });
    client.create(&definitions, None, &definition, &bud::kube::Writing::by("tests")).await.unwrap();
    while client.kind(&format!("{group}/v1"), kind).await.unwrap().here().is_none() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Run by `scripts/bench-releases`, which gives the released binary.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: scripts/bench-releases"]
async fn releases_beside_helm() {
    let Some(mut room) = Room::new("bench").await else { panic!("there is no control plane") };
    let between = Between::start(room.plane, |_| Act::Forward).await;
    let counted = launch(&room, &between);
    let kubeconfig = room.plane.kubeconfig_file().to_str().unwrap().to_owned();
    let direct = Launch { environment: vec![("KUBECONFIG".to_owned(), kubeconfig)], ..counted };
    room.host = Host::start(direct, Processes::Separate).await;
    let large = room.folder.path().join("large");
    let generated = std::process::Command::new("tests/charts/large/generate").arg(&large).status().unwrap();
    assert!(generated.success());
    for (group, kind, plural) in FOREIGN {
        define(&room, group, kind, plural).await;
    }
    println!("{:<34} {:>9} {:>9} {:>7}", "326 templates, wait off", "bud s", "helm s", "ratio");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let arguments = |replicas: u32| {
        format!(
            "wait = false\nchecks = \"off\"\nset = [{{ name = \"bench.round\", value = \"{replicas}\" }}]\ntimeout = \"10m\""
        )
    };
    for round in 0..3 {
        let text = room.release(&large, &arguments(round));
        let plan = room.host.plan(IT, &text).await.unwrap();
        let started = Instant::now();
        let outcome = room.host.apply_plan(plan).await;
        assert!(!outcome.failed(), "{}", outcome.text());
        ours.push(started.elapsed());
        if round == 2 {
            room.host.destroy(IT).await.done();
        }
    }
    for round in 0..3 {
        let set = format!("bench.round={round}");
        let verb = if round == 0 { "install" } else { "upgrade" };
        let started = Instant::now();
        room.helm(&[verb, "web", large.to_str().unwrap(), "--set", &set, "--wait=hookOnly"]);
        theirs.push(started.elapsed());
    }
    room.helm(&["uninstall", "web"]);
    for (name, at) in [("install", 0), ("upgrade", 1), ("upgrade again", 2)] {
        let (one, other) = (ours[at].as_secs_f64(), theirs[at].as_secs_f64());
        println!("{name:<34} {one:>9.2} {other:>9.2} {:>6.1}x", other / one);
    }
    println!("\n{:<10} {:>9} {:>9} {:>9}", "releases", "plan s", "per one", "requests");
    room.chart("plain", &plain());
    for count in [0, 1, 10, 50] {
        between.now(|_| Act::Forward);
        tofu(&room, count, &["apply", "-auto-approve", "-input=false"]);
        between.count_anew();
        let started = Instant::now();
        tofu(&room, count, &["plan", "-detailed-exitcode", "-input=false"]);
        let took = started.elapsed().as_secs_f64();
        let each = took / f64::from(count.max(1));
        println!("{count:<10} {took:>9.2} {each:>9.3} {:>9}", between.seen().len());
    }
}

/// OpenTofu with so many releases, all of one chart.
fn tofu(room: &Room, count: u32, arguments: &[&str]) {
    let folder = room.folder.path().join("tofu");
    std::fs::create_dir_all(&folder).unwrap();
    let binary = std::env::var("BUD_BENCH_BINARY").unwrap();
    let plugins = std::path::Path::new(&binary).parent().unwrap().display();
    let rc = format!(
        "provider_installation {{\n  dev_overrides {{ \"budecosystem/bud\" = \"{plugins}\" }}\n  direct {{}}\n}}\n"
    );
    std::fs::write(folder.join("rc"), rc).unwrap();
    let namespace = &room.namespace;
    let text = format!(
        "terraform {{\n  required_providers {{\n    bud = {{ source = \"budecosystem/bud\" }}\n  }}\n}}\nresource \"bud_release\" \"it\" {{\n  \
         count = {count}\n  name = \"web-${{count.index}}\"\n  namespace = \"{namespace}\"\n  chart = \"../plain\"\n  wait = false\n}}\n"
    );
    std::fs::write(folder.join("main.tf"), text).unwrap();
    let output = std::process::Command::new(std::env::var("BUD_TEST_TOFU").unwrap())
        .args(arguments)
        .current_dir(&folder)
        .env("TF_CLI_CONFIG_FILE", folder.join("rc"))
        .env("KUBECONFIG", room.folder.path().join("between"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
