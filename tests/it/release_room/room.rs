//! A namespace of the control plane, charts on disk, and both sides that work on releases: our engine and Helm.

#![allow(
    clippy::disallowed_methods,
    reason = "a test of a real program runs it and finds it by the environment"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use bud::helm::action::{
    self, Desired, Event, Failed, Intent, Observer, Options, Outcome, Removal, Removed, Silent,
};
use bud::helm::chart::archive;
use bud::helm::chart::{SchemaCheck, read_values};
use bud::helm::fetch;
use bud::helm::outside::{SystemChance, SystemClock};
use bud::helm::release::{Record, stored_chart};
use bud::helm::render::{Capabilities, Engine, KubeVersion, Limits, Outside, Release};
use bud::helm::template::{SubchartNotes, TemplateError, TemplateOptions, template};
use bud::kube::{Address, Client, Kind, Scope, Selector, Writing};
use bud::time::Patience;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::charts::Files;
use crate::kubernetes::ControlPlane;

/// A namespace of its own, and a folder for charts and for Helm's home.
pub(super) struct Room {
    pub(super) plane: &'static ControlPlane,
    pub(super) space: String,
    pub(super) client: Client,
    pub(super) folder: tempfile::TempDir,
}

/// A release as a test asks for it.
#[derive(Clone)]
pub(super) struct Wish<'a> {
    pub(super) name: &'a str,
    pub(super) chart: &'a Path,
    pub(super) values: Value,
}

/// An operation's whole time.
pub(super) fn patience() -> Patience {
    Patience::new(Duration::from_secs(120), CancellationToken::new())
}

/// Options that a test waits with: shorter than Helm's five minutes.
pub(super) fn options() -> Options {
    Options { timeout: Duration::from_secs(60), ..Options::default() }
}

/// A removal that a test waits with.
pub(super) fn removal() -> Removal {
    Removal { timeout: Duration::from_secs(60), ..Removal::default() }
}

pub(super) fn kind(api_version: &str, kind: &str, plural: &str) -> Kind {
    Kind::new(api_version, kind, plural, Scope::Namespaced)
}

pub(super) fn config_maps() -> Kind {
    kind("v1", "ConfigMap", "configmaps")
}

pub(super) fn secrets() -> Kind {
    kind("v1", "Secret", "secrets")
}

pub(super) fn deployments() -> Kind {
    kind("apps/v1", "Deployment", "deployments")
}

pub(super) fn claims() -> Kind {
    kind("v1", "PersistentVolumeClaim", "persistentvolumeclaims")
}

/// A program of Helm that the environment names; without it there is nothing to compare with.
fn program(variable: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from);
    if path.is_none() {
        println!("skipped: {variable} names no program");
    }
    path
}

impl Room {
    /// A room; `None` where the control plane was not built.
    pub(super) async fn new(name: &str) -> Option<Self> {
        let plane = ControlPlane::shared()?;
        Some(Self {
            plane,
            space: plane.namespace(name).await,
            client: plane.admin(),
            folder: tempfile::tempdir().unwrap(),
        })
    }

    /// A room for a test whose judge is Helm 4.
    pub(super) async fn judged(name: &str) -> Option<Self> {
        program("BUD_TEST_HELM")?;
        Self::new(name).await
    }

    /// Writes a chart; one that was there goes.
    pub(super) fn chart(&self, name: &str, files: &Files) -> PathBuf {
        let folder = self.folder.path().join(name);
        let _ = std::fs::remove_dir_all(&folder);
        for (path, text) in files {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    /// Renders what is wished for as the next revision.
    pub(super) async fn desired(&self, wish: &Wish<'_>) -> Desired {
        self.desired_by(&self.client, wish).await
    }

    /// As [`Self::desired`], through another client.
    pub(super) async fn desired_by(&self, client: &Client, wish: &Wish<'_>) -> Desired {
        self.rendered_by(client, wish).await.unwrap()
    }

    /// As [`Self::desired`], where there may be no render.
    pub(super) async fn rendered(&self, wish: &Wish<'_>) -> Result<Desired, TemplateError> {
        self.rendered_by(&self.client, wish).await
    }

    async fn rendered_by(&self, client: &Client, wish: &Wish<'_>) -> Result<Desired, TemplateError> {
        let history = action::history(client, &self.space, wish.name).await.unwrap();
        let is_install = action::intent(&history) == Intent::Install;
        let release = Release {
            name: wish.name.to_owned(),
            namespace: self.space.clone(),
            is_upgrade: !is_install,
            is_install,
            revision: history.next_revision().into(),
        };
        let version = client.version().await.unwrap();
        let capabilities = Capabilities {
            kube_version: KubeVersion::parse(&version.git_version).unwrap(),
            api_versions: client.api_versions().await.unwrap().into_iter().collect(),
            ..Capabilities::without_cluster()
        };
        render(wish, release, capabilities)
    }

    pub(super) async fn install(&self, wish: &Wish<'_>, options: &Options) -> Result<Outcome, Box<Failed>> {
        let desired = self.desired(wish).await;
        action::install(&self.client, &desired, options, &Silent, &patience()).await
    }

    pub(super) async fn rollback(
        &self,
        name: &str,
        revision: Option<u32>,
        options: &Options,
    ) -> Result<Outcome, Box<Failed>> {
        action::rollback(&self.client, &self.space, name, revision, options, &Silent, &patience()).await
    }

    pub(super) async fn uninstall(&self, name: &str, removal: &Removal) -> Result<Removed, Box<Failed>> {
        action::uninstall(&self.client, &self.space, name, removal, &Silent, &patience()).await
    }

    /// Revision, status and description of every record.
    pub(super) async fn records(&self, name: &str) -> Vec<String> {
        let history = action::history(&self.client, &self.space, name).await.unwrap();
        let line = |one: &Record| format!("{} {}: {}", one.version, one.info.status, one.info.description);
        history.records().iter().map(line).collect()
    }

    pub(super) fn at(&self, kind: &Kind, name: &str) -> Address {
        kind.at(Some(&self.space), name)
    }

    pub(super) async fn get(&self, kind: &Kind, name: &str) -> Option<Value> {
        self.client.get(&self.at(kind, name)).await.unwrap().here()
    }

    /// An object that must be there.
    pub(super) async fn there(&self, kind: &Kind, name: &str) -> Value {
        self.get(kind, name).await.unwrap_or_else(|| panic!("there is no {kind} {name} in {}", self.space))
    }

    /// What of a kind is there, but for what every namespace has.
    pub(super) async fn names(&self, kind: &Kind) -> Vec<String> {
        let all = self.client.list(kind, Some(&self.space), &Selector::default()).await.unwrap();
        let name = |one: &Value| one["metadata"]["name"].as_str().unwrap().to_owned();
        let mut names: Vec<String> = all.items.iter().map(name).collect();
        names.retain(|name| name != "kube-root-ca.crt" && name != "default");
        names.sort();
        names
    }

    /// Makes an object as somebody else.
    pub(super) async fn make(&self, kind: &Kind, mut object: Value) -> Value {
        object["apiVersion"] = json!(kind.api_version());
        object["kind"] = json!(kind.kind);
        let space = kind.namespaced().then_some(self.space.as_str());
        self.client.create(kind, space, &object, &Writing::by("somebody")).await.unwrap()
    }

    /// A volume that only one claim of this namespace can have.
    pub(super) async fn volume(&self, claim: &str) {
        let kind = Kind::new("v1", "PersistentVolume", "persistentvolumes", Scope::Cluster);
        let volume = json!({
            "metadata": { "name": format!("{}-{claim}", self.space) },
            "spec": {
                "capacity": { "storage": "1Gi" }, "storageClassName": "of-tests", "accessModes": ["ReadWriteOnce"],
                "hostPath": { "path": "/nowhere" }, "claimRef": { "namespace": self.space, "name": claim },
            },
        });
        self.make(&kind, volume).await;
    }

    /// Runs Helm 4 in this namespace.
    pub(super) fn helm(&self, arguments: &[&str]) -> Output {
        self.run("BUD_TEST_HELM", arguments)
    }

    /// Runs a Helm in this namespace.
    pub(super) fn run(&self, variable: &str, arguments: &[&str]) -> Output {
        Command::new(program(variable).unwrap())
            .args(arguments)
            .args(["--namespace", &self.space, "--kubeconfig"])
            .arg(self.plane.kubeconfig_file())
            .env_clear()
            .env("HOME", self.folder.path())
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// What Helm 4 prints; it must succeed.
    #[track_caller]
    pub(super) fn done(&self, arguments: &[&str]) -> String {
        self.done_by("BUD_TEST_HELM", arguments)
    }

    /// What a Helm prints; it must succeed.
    #[track_caller]
    pub(super) fn done_by(&self, variable: &str, arguments: &[&str]) -> String {
        let output = self.run(variable, arguments);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "helm {arguments:?}: {text}{told}");
        text
    }

    /// What Helm 4 prints as JSON.
    #[track_caller]
    pub(super) fn told(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--output", "json"]].concat();
        serde_json::from_str(&self.done(&arguments)).unwrap()
    }
}

/// Renders on a stack that is large enough.
fn render(wish: &Wish<'_>, release: Release, capabilities: Capabilities) -> Result<Desired, TemplateError> {
    let (name, namespace) = (release.name.clone(), release.namespace.clone());
    let work = || {
        let chart = fetch::load(wish.chart, archive::Limits::default()).unwrap();
        let values = read_values(wish.values.to_string().as_bytes()).unwrap();
        let options = TemplateOptions {
            release,
            capabilities,
            schema: SchemaCheck::Check,
            notes: SubchartNotes::Leave,
            limits: Limits::default(),
        };
        let mut chance = SystemChance;
        let mut outside =
            Outside { chance: &mut chance, clock: &SystemClock, dns: None, lookup: None, draws: None };
        let rendered = template(&Engine::new(), chart.clone(), &values, &options, &mut outside)?;
        Ok(Desired {
            name,
            namespace,
            chart: stored_chart(&chart, &rendered.values),
            config: wish.values.clone(),
            rendered,
            labels: Default::default(),
            description: None,
            drawn: None,
        })
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(Limits::STACK).spawn_scoped(scope, work);
        thread.unwrap().join().unwrap()
    })
}

/// Keeps what an observer sees, in words.
#[derive(Default)]
pub(super) struct Notes(Mutex<Vec<String>>);

impl Notes {
    pub(super) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Observer for Notes {
    fn saw(&self, event: Event<'_>) {
        let line = match event {
            Event::Writing => "writing".to_owned(),
            Event::Stored(record) => format!("stored {} {}", record.version, record.info.status),
            Event::Phase(phase) => format!("phase {phase:?}"),
            Event::Hook { event, object } => format!("hook {event} {object}"),
            Event::Log { pod, container, text } => format!("log {pod} {container} {text}"),
            Event::Waiting { .. } => return,
        };
        self.0.lock().unwrap().push(line);
    }
}
