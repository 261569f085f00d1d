//! Operations on a release that are cut off at any request, and what the next apply makes of it.
//!
//! Somebody stands between the provider and the API server: at request n the connection is cut before or after
//! it, or the provider is killed while it waits. In the whole matrix that is every n, in CI a few.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::{IT, Room};
use crate::faults::whole;
use crate::harness::host::{Host, Interruption, Means, Processes};
use crate::harness::judge::Action;
use crate::harness::process::Launch;
use crate::kubernetes::between::{Act, Between, Seen};

/// What is done to the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Install,
    Upgrade,
    /// An atomic upgrade that fails, which rolls back.
    Rollback,
    Uninstall,
}

/// What happens at the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    CutBefore,
    CutAfter,
    /// Before the server hears of it.
    Kill,
    /// After the server has done it.
    KillAfter,
}

const HOOK: &str = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: {{ .Release.Name }}-hook\n  annotations:\n    \
    helm.sh/hook: pre-install,pre-upgrade,pre-rollback,pre-delete\n    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded\n\
    spec:\n  template:\n    spec:\n      restartPolicy: Never\n      containers: [{ name: hook, image: a }]\n";
const OBJECTS: &str = "{{- range $kind := list \"one\" \"two\" \"three\" }}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: {{ $kind }} }\n\
    data: { color: {{ $.Values.color | quote }} }\n{{- end }}\n---\napiVersion: v1\nkind: Secret\nmetadata: { name: drawn }\n\
    stringData: { password: {{ randAlphaNum 12 | quote }} }\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: { name: web }\n---\n\
    apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { selector: { app: web }, ports: [{ port: 80 }] }\n---\n\
    apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: { name: web }\nrules: []\n---\n\
    apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: web }\nspec: { maxUnavailable: 1, selector: { matchLabels: { app: web } } }\n";
const WORKLOAD: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec:\n  selector: { matchLabels: { app: web } }\n  \
    template:\n    metadata:\n      labels: { app: web }\n      annotations: { bud.test/pod: {{ .Values.pod | quote }} }\n    \
    spec:\n      containers: [{ name: main, image: a, env: [{ name: COLOR, value: {{ .Values.color }} }] }]\n";

/// The objects that a test compares, each with its kind.
const KEPT: [(&str, &str, &str); 3] =
    [("v1", "ConfigMap", "one"), ("v1", "Secret", "drawn"), ("apps/v1", "Deployment", "web")];

/// One case: a room whose provider reaches the API server through somebody.
struct Case {
    room: Room,
    between: Between,
    chart: std::path::PathBuf,
}

impl Case {
    async fn new(verb: Verb) -> Option<Self> {
        let mut room = Room::new("cut").await?;
        let between = Between::start(room.plane, |_| Act::Forward).await;
        let file = room.folder.path().join("between");
        std::fs::write(&file, between.kubeconfig()).unwrap();
        let launch = Launch::provider(vec![("KUBECONFIG".to_owned(), file.to_str().unwrap().to_owned())]);
        room.host = Host::start(launch, Processes::Separate).await;
        // Without one, a release that is finished belongs to whoever has it in a state.
        room.host.provider("environment = \"test\"\n");
        let files = [
            ("values.yaml", "color: red\npod: run\n"),
            ("templates/hook.yaml", HOOK),
            ("templates/objects.yaml", OBJECTS),
            ("templates/web.yaml", WORKLOAD),
        ];
        let chart = room.chart("ten", &files);
        let mut case = Self { room, between, chart };
        if verb != Verb::Install {
            let text = case.text(Verb::Install);
            case.room.host.apply(IT, &text).await.done();
        }
        Some(case)
    }

    /// The configuration that a verb applies.
    fn text(&self, verb: Verb) -> String {
        let arguments = match verb {
            Verb::Install | Verb::Uninstall => "timeout = \"30s\"",
            Verb::Upgrade => "set = [{ name = \"color\", value = \"blue\" }]\ntimeout = \"30s\"",
            // It waits in vain, and not for long.
            Verb::Rollback => {
                "set = [{ name = \"pod\", value = \"pending\" }]\natomic = true\ntimeout = \"4s\""
            }
        };
        self.room.release(&self.chart, arguments)
    }

    async fn uids(&self) -> Vec<serde_json::Value> {
        let mut uids = Vec::new();
        for (api_version, kind, name) in KEPT {
            uids.push(self.room.object(api_version, kind, name).await["metadata"]["uid"].clone());
        }
        uids
    }

    /// Plans the verb, and strikes its apply at request n; whether there was such a request.
    async fn strike(&mut self, verb: Verb, fault: Fault, n: usize) -> bool {
        let plan = match verb {
            Verb::Uninstall => self.room.host.plan_destroy(IT).await,
            _ => {
                let text = self.text(verb);
                self.room.host.plan(IT, &text).await
            }
        };
        let plan = plan.unwrap();
        self.between.count_anew();
        let struck = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&struck);
        self.between.now(move |request: &Seen| {
            if request.n != n {
                return Act::Forward;
            }
            seen.store(request.n, Ordering::Relaxed);
            match fault {
                Fault::CutBefore => Act::CutBefore,
                Fault::CutAfter => Act::CutAfter,
                Fault::Kill => Act::HangBefore,
                Fault::KillAfter => Act::HangAfter,
            }
        });
        if matches!(fault, Fault::Kill | Fault::KillAfter) {
            let struck = Arc::clone(&struck);
            let moment = async move {
                while struck.load(Ordering::Relaxed) == 0 {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            self.room.host.interrupt(Interruption::new(Means::Kill, moment));
        }
        let _ = self.room.host.apply_plan(plan).await;
        self.between.now(|_| Act::Forward);
        struck.load(Ordering::Relaxed) > 0
    }

    /// The next apply converges, nothing is lost, and a destroy leaves nothing.
    async fn comes_back(&mut self, verb: Verb, at: &str, before: &[serde_json::Value]) {
        if verb == Verb::Uninstall {
            let gone = self.room.host.instance(IT).is_none();
            if !gone {
                let outcome = self.room.host.destroy(IT).await;
                assert!(!outcome.failed(), "{at}: {}", outcome.text());
            }
            return self.is_empty(at).await;
        }
        // What fails by itself is not applied again: the configuration of before is.
        let wanted = if verb == Verb::Rollback { Verb::Install } else { verb };
        let text = self.text(wanted);
        let outcome = self.room.host.apply(IT, &text).await;
        assert!(!outcome.failed(), "{at}: {}", outcome.text());
        let plan = self.room.host.plan(IT, &text).await.unwrap();
        assert_eq!(plan.action, Action::Nothing, "{at}");
        let list = self.room.helm_list();
        assert!(list.len() == 1 && list[0].ends_with(" deployed"), "{at}: {list:?}");
        let records = self.room.helm(&["history", "web", "-o", "json"]);
        assert!(!records.contains("\"status\":\"pending"), "{at}: {records}");
        let color = if verb == Verb::Upgrade { "blue" } else { "red" };
        assert_eq!(self.room.object("v1", "ConfigMap", "two").await["data"]["color"], color, "{at}");
        if verb != Verb::Install {
            assert_eq!(self.uids().await, before, "{at}: something was made anew");
        }
        let outcome = self.room.host.destroy(IT).await;
        assert!(!outcome.failed(), "{at}: {}", outcome.text());
        self.is_empty(at).await;
    }

    async fn is_empty(&self, at: &str) {
        assert_eq!(self.room.helm_list(), Vec::<String>::new(), "{at}");
        let nulls = vec![serde_json::Value::Null; KEPT.len()];
        assert_eq!(self.uids().await, nulls, "{at}: something is left");
        let client = self.room.plane.admin();
        let secrets = client.kind("v1", "Secret").await.unwrap().here().unwrap();
        let left = client.list(&secrets, Some(&self.room.namespace), &Default::default()).await.unwrap();
        assert!(
            left.items.is_empty(),
            "{at}: {:?}",
            left.items.iter().map(|one| &one["metadata"]["name"]).collect::<Vec<_>>()
        );
    }
}

/// All faults of a verb at every n, or at every so many.
async fn matrix(verb: Verb) {
    let faults = [Fault::CutBefore, Fault::CutAfter, Fault::Kill, Fault::KillAfter];
    // A rollback waits in vain before it begins.
    let few = if verb == Verb::Rollback { 71 } else { 37 };
    let step = if whole() { 1 } else { few };
    let (mut cases, mut most) = (0, 0);
    for (offset, fault) in faults.into_iter().enumerate() {
        let mut n = if whole() { 1 } else { 2 + offset * 4 };
        loop {
            let Some(mut case) = Case::new(verb).await else { return };
            let before = case.uids().await;
            let struck = case.strike(verb, fault, n).await;
            case.comes_back(verb, &format!("{verb:?} {fault:?} at request {n}"), &before).await;
            if !struck {
                break;
            }
            (cases, most) = (cases + 1, most.max(n));
            n += step;
        }
    }
    println!("matrix: bud_release {verb:?} cut before, cut after, killed: {most} requests, {cases} cases");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_matrix_of_an_install() {
    matrix(Verb::Install).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_matrix_of_an_upgrade() {
    matrix(Verb::Upgrade).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_matrix_of_a_rollback() {
    matrix(Verb::Rollback).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_matrix_of_an_uninstall() {
    matrix(Verb::Uninstall).await;
}
