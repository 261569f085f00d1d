//! `bud_release` in the hands of our own host, against the real control plane and judged by Helm's own program.

mod ahead;
mod bad_input;
mod bench;
mod hidden;
mod interrupted;
mod life;
mod others;
mod random;
mod repair;
mod stored;
mod through_ssh;

pub(crate) use random::files as random_files;

use std::path::{Path, PathBuf};
use std::process::Command;

use bud::value::Value;
use serde_json::Value as Json;

use crate::harness::host::{Host, Plan, Processes, told};
use crate::harness::judge::Action;
use crate::harness::process::Launch;
use crate::kubernetes::{ControlPlane, User};

pub(crate) const IT: &str = "bud_release.it";

/// A namespace of the control plane, a folder with charts, and a host.
pub(crate) struct Room {
    pub(crate) plane: &'static ControlPlane,
    pub(crate) namespace: String,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) host: Host,
}

impl Room {
    /// A room of its own; nothing where the control plane was not built.
    pub(crate) async fn new(name: &str) -> Option<Self> {
        let plane = ControlPlane::shared()?;
        let namespace = plane.namespace(name).await;
        let folder = tempfile::Builder::new().prefix("bud-release-").tempdir().unwrap();
        let kubeconfig = plane.kubeconfig_file().to_str().unwrap().to_owned();
        let launch = Launch::provider(vec![("KUBECONFIG".to_owned(), kubeconfig)]);
        let host = Host::start(launch, Processes::Shared).await;
        Some(Self { plane, namespace, folder, host })
    }

    /// Writes a chart's files; the folder of the chart.
    pub(crate) fn chart(&self, name: &str, files: &[(&str, &str)]) -> PathBuf {
        let folder = self.folder.path().join(name);
        let metadata = format!("apiVersion: v2\nname: {name}\nversion: 1.2.3\nappVersion: \"7\"\n");
        for (file, text) in [("Chart.yaml", metadata.as_str())].iter().chain(files) {
            let path = folder.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    /// The arguments of a release `web` of a chart here.
    pub(crate) fn release(&self, chart: &Path, arguments: &str) -> String {
        let (chart, namespace) = (chart.display(), &self.namespace);
        format!("name = \"web\"\nnamespace = \"{namespace}\"\nchart = \"{chart}\"\n{arguments}\n")
    }

    /// Applies and looks that nothing is left to do.
    pub(crate) async fn applies(&mut self, text: &str) -> Plan {
        let plan = self.plans(text).await;
        let outcome = self.host.apply_plan(plan.clone()).await;
        assert!(!outcome.failed(), "{}", outcome.text());
        self.is_settled(text).await;
        plan
    }

    pub(crate) async fn plans(&mut self, text: &str) -> Plan {
        let planned = self.host.plan(IT, text).await;
        planned.unwrap_or_else(|found| panic!("{text}\n{}", told(&found)))
    }

    /// Fails unless there is nothing to do.
    pub(crate) async fn is_settled(&mut self, text: &str) {
        let plan = self.plans(text).await;
        let names = plan.after.as_map().into_iter().flatten().map(|(name, _)| name);
        let differ = |name: &&String| plan.before.get(name) != plan.after.get(name);
        let shown: Vec<String> = names
            .filter(differ)
            .map(|name| format!("{name}: {:?} -> {:?}", plan.before.get(name), plan.after.get(name)))
            .collect();
        assert!(
            plan.is_empty(),
            "the second plan changes\n{}\n{}",
            shown.join("\n"),
            told(&plan.diagnostics)
        );
    }

    /// The error of a plan.
    pub(crate) async fn refuses(&mut self, text: &str) -> String {
        match self.host.plan(IT, text).await {
            Ok(plan) => {
                let outcome = self.host.apply_plan(plan).await;
                assert!(outcome.failed(), "nothing was refused: {text}");
                outcome.error()
            }
            Err(found) => told(&found),
        }
    }

    /// A value of the state.
    pub(crate) fn state(&self, name: &str) -> Value {
        self.host.value(IT).get(name).clone()
    }

    /// Helm's own program, in this namespace.
    pub(crate) fn helm(&self, arguments: &[&str]) -> String {
        let (ok, out) = self.helm_says(arguments);
        assert!(ok, "helm {arguments:?}: {out}");
        out
    }

    /// Whether Helm was content, and what it said.
    pub(crate) fn helm_says(&self, arguments: &[&str]) -> (bool, String) {
        let helm = std::env::var("BUD_TEST_HELM").expect("BUD_TEST_HELM names Helm's program");
        let output = Command::new(helm)
            .args(arguments)
            .args(["--namespace", &self.namespace])
            .env("KUBECONFIG", self.plane.kubeconfig_file())
            .env("HELM_CACHE_HOME", self.folder.path().join("helm-cache"))
            .env("HELM_CONFIG_HOME", self.folder.path().join("helm-config"))
            .env("HELM_DATA_HOME", self.folder.path().join("helm-data"))
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), format!("{}{}", text(&output.stdout), text(&output.stderr)))
    }

    /// Helm's list of this namespace, with revision and status of each release.
    pub(crate) fn helm_list(&self) -> Vec<String> {
        let list: Json = serde_json::from_str(&self.helm(&["list", "-o", "json"])).unwrap();
        let text = |one: &Json, key: &str| one[key].as_str().unwrap().to_owned();
        list.as_array()
            .unwrap()
            .iter()
            .map(|one| format!("{} {} {}", text(one, "name"), text(one, "revision"), text(one, "status")))
            .collect()
    }

    /// An object of this namespace; null where there is none.
    pub(crate) async fn object(&self, api_version: &str, kind: &str, name: &str) -> Json {
        let client = self.plane.admin();
        let kind = client.kind(api_version, kind).await.unwrap().here().unwrap();
        client.get(&kind.at(Some(&self.namespace), name)).await.unwrap().here().unwrap_or_default()
    }

    /// What a user of the control plane has as kubeconfig, as an argument.
    pub(crate) fn kubeconfig(&self, user: &User) -> String {
        format!("kubeconfig = {}\n", serde_json::to_string(&self.plane.kubeconfig(user)).unwrap())
    }
}

/// One template with a ConfigMap and, where `count` says so, a Deployment.
pub(crate) const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n\
    data:\n  color: {{ .Values.color | quote }}\n  revision: fixed\n";

pub(crate) const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\n\
    spec:\n  replicas: {{ .Values.replicas }}\n  selector:\n    matchLabels: { app: {{ .Release.Name }} }\n  template:\n    \
    metadata:\n      labels: { app: {{ .Release.Name }} }\n      annotations: {{ toYaml .Values.annotations | nindent 8 }}\n    \
    spec:\n      containers:\n      - name: main\n        image: {{ .Values.image }}\n";

pub(crate) const VALUES: &str = "color: red\nreplicas: 1\nimage: registry.local/web:1\nannotations: {}\n";

/// A whole chart with both.
pub(crate) fn plain() -> Vec<(&'static str, &'static str)> {
    vec![
        ("values.yaml", VALUES),
        ("templates/map.yaml", MAP),
        ("templates/web.yaml", DEPLOYMENT),
        ("templates/NOTES.txt", "Painted {{ .Values.color }}.\n"),
    ]
}

/// Whether a planned value is known only after apply.
pub(crate) fn is_unknown(plan: &Plan, name: &str) -> bool {
    plan.after.get(name).is_unknown()
}

/// What a plan does.
pub(crate) fn is(plan: &Plan, action: Action) {
    assert_eq!(plan.action, action, "{:#?}", plan.after);
}
