//! Real Helm judges the simulator's chart repository and registry: it pushes, lists and pulls.

#![allow(
    clippy::disallowed_methods,
    reason = "a test of a real program runs it and finds it by the environment"
)]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use bud::simulator::{Options, Running, start};
use serde_json::{Value, json};

/// A simulator, and Helm with an empty home.
pub(crate) struct Bench {
    pub(crate) helm: PathBuf,
    pub(crate) home: tempfile::TempDir,
    running: Running,
    runtime: tokio::runtime::Runtime,
}

fn helm() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("BUD_TEST_HELM").filter(|path| !path.is_empty()) {
        let path = PathBuf::from(path);
        assert!(path.is_file(), "BUD_TEST_HELM names {}, which is no file", path.display());
        return Some(path);
    }
    println!("skipped: BUD_TEST_HELM names no helm");
    None
}

impl Bench {
    pub(crate) fn new(charts: Option<&Path>) -> Option<Self> {
        let helm = helm()?;
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let options = Options { charts: charts.map(Path::to_owned), ..Options::default() };
        let running = runtime.block_on(start(options)).unwrap();
        Some(Self { helm, home: tempfile::tempdir().unwrap(), running, runtime })
    }

    pub(crate) fn endpoint(&self, name: &str) -> String {
        self.running.ready["endpoints"][name].as_str().unwrap().to_owned()
    }

    pub(crate) fn ca(&self) -> String {
        self.running.ready["env"]["BUD_AZURE_CA_FILE"].as_str().unwrap().to_owned()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub(crate) fn helm(&self, arguments: &[&str]) -> Output {
        Command::new(&self.helm)
            .args(arguments)
            .env_clear()
            .env("HOME", self.home.path())
            .current_dir(self.home.path())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    #[track_caller]
    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        let output = self.helm(arguments);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "helm {arguments:?}: {text}{told}");
        format!("{text}{told}")
    }

    #[track_caller]
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        let output = self.helm(arguments);
        assert!(!output.status.success(), "helm {arguments:?} succeeded");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// A packed chart of our own writing.
    pub(crate) fn pack(&self, name: &str, version: &str) -> PathBuf {
        let folder = self.path(name);
        std::fs::create_dir_all(folder.join("templates")).unwrap();
        let chart =
            format!("apiVersion: v2\nname: {name}\nversion: {version}\ndescription: {name} \"for\" tests\n");
        std::fs::write(folder.join("Chart.yaml"), chart).unwrap();
        let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: {{ .Release.Name }} }\n";
        std::fs::write(folder.join("templates/map.yaml"), template).unwrap();
        self.done(&["package", name, "-d", "packed"]);
        self.path("packed").join(format!("{name}-{version}.tgz"))
    }

    pub(crate) fn control(&self, method: &str, path: &str, body: &[u8]) -> Value {
        let endpoint = self.endpoint("control");
        let address = endpoint.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let length = body.len();
        write!(stream, "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n")
            .unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, text) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{method} {path}: {answer}");
        serde_json::from_str(text).unwrap()
    }

    pub(crate) fn access(&self, kind: &str) {
        let rule = json!({ "kind": kind, "username": "ann", "password": "pass:word" });
        self.control("POST", "/charts/access", rule.to_string().as_bytes());
    }

    pub(crate) fn end(self) {
        self.runtime.block_on(self.running.stop());
    }
}

#[test]
fn a_folder_of_charts_is_a_repository_and_a_registry() {
    let Some(packer) = Bench::new(None) else { return };
    let first = packer.pack("alpha", "1.2.3");
    packer.pack("alpha", "1.10.0");
    packer.pack("beta", "0.1.0+build.5");
    let bench = Bench::new(first.parent()).unwrap();
    let (repository, registry, ca) = (bench.endpoint("charts"), bench.endpoint("charts_oci"), bench.ca());
    bench.done(&["repo", "add", "sim", &repository, "--ca-file", &ca]);
    let found = bench.done(&["search", "repo", "sim/", "--versions", "-o", "json"]);
    let found: Value = serde_json::from_str(found.trim()).unwrap();
    let versions: Vec<&str> =
        found.as_array().unwrap().iter().map(|one| one["version"].as_str().unwrap()).collect();
    assert_eq!(versions, ["1.10.0", "1.2.3", "0.1.0+build.5"]);
    bench.done(&["pull", "sim/alpha", "--version", "~1.2", "--ca-file", &ca]);
    assert_eq!(std::fs::read(bench.path("alpha-1.2.3.tgz")).unwrap(), std::fs::read(&first).unwrap());
    bench.done(&["pull", &format!("{registry}/alpha"), "--version", "1.10.0", "--ca-file", &ca]);
    assert!(bench.path("alpha-1.10.0.tgz").is_file());
    bench.done(&["pull", &format!("{registry}/beta"), "--version", "0.1.0+build.5", "--ca-file", &ca]);
    let plain = bench.endpoint("charts_http");
    let rendered = bench.done(&["template", "one", "alpha", "--repo", &plain, "--version", ">=1.3"]);
    assert!(rendered.contains("name: one"), "{rendered}");
    let missing =
        bench.refused(&["pull", &format!("{registry}/gamma"), "--version", "1.0.0", "--ca-file", &ca]);
    assert!(missing.contains("not found") || missing.contains("name unknown"), "{missing}");
    packer.end();
    bench.end();
}

#[test]
fn what_is_pushed_to_the_registry_is_in_the_repository() {
    let Some(bench) = Bench::new(None) else { return };
    let (registry, ca) = (bench.endpoint("charts_oci"), bench.ca());
    let packed = bench.pack("alpha", "1.0.0+two");
    let packed = packed.to_str().unwrap();
    let told = bench.done(&["push", packed, &registry, "--ca-file", &ca]);
    assert!(told.contains("Pushed:") && told.contains("alpha:1.0.0"), "{told}");
    let shown = bench.done(&[
        "show",
        "chart",
        &format!("{registry}/alpha"),
        "--version",
        "1.0.0+two",
        "--ca-file",
        &ca,
    ]);
    assert!(shown.contains("description: alpha \"for\" tests"), "{shown}");
    let repository = bench.endpoint("charts");
    bench.done(&["pull", "alpha", "--repo", &repository, "--version", "1.0.0+two", "--ca-file", &ca]);
    assert!(bench.path("alpha-1.0.0+two.tgz").is_file());
    let charts = bench.control("GET", "/charts", b"");
    assert_eq!(charts["charts"][0]["name"], "alpha", "{charts}");
    bench.control("DELETE", "/charts", b"");
    bench.refused(&["pull", "alpha", "--repo", &repository, "--version", "1.0.0+two", "--ca-file", &ca]);
    bench.control("POST", "/charts", &std::fs::read(packed).unwrap());
    bench.done(&["pull", &format!("{registry}/alpha"), "--version", "1.0.0+two", "--ca-file", &ca]);
    bench.end();
}

#[test]
fn a_password_and_a_token_are_asked_for() {
    let Some(bench) = Bench::new(None) else { return };
    let (registry, repository, ca) = (bench.endpoint("charts_oci"), bench.endpoint("charts"), bench.ca());
    let packed = bench.pack("alpha", "1.0.0");
    let packed = packed.to_str().unwrap();
    let host = registry.strip_prefix("oci://").unwrap().split('/').next().unwrap().to_owned();
    let login = |password: &str| {
        ["registry", "login", &host, "-u", "ann", "-p", password, "--ca-file", &ca].map(str::to_owned)
    };
    for kind in ["basic", "token"] {
        bench.access(kind);
        bench.refused(&["push", packed, &registry, "--ca-file", &ca]);
        let wrong = login("wrong");
        bench.refused(&wrong.each_ref().map(String::as_str));
        let right = login("pass:word");
        bench.done(&right.each_ref().map(String::as_str));
        bench.done(&["push", packed, &registry, "--ca-file", &ca]);
        bench.done(&["pull", &format!("{registry}/alpha"), "--version", "1.0.0", "--ca-file", &ca]);
        std::fs::remove_file(bench.path("alpha-1.0.0.tgz")).unwrap();
        bench.done(&["registry", "logout", &host]);
        let denied = bench.refused(&["repo", "add", "sim", &repository, "--ca-file", &ca]);
        assert!(denied.contains("401"), "{denied}");
        let with = [
            "repo",
            "add",
            kind,
            &repository,
            "--ca-file",
            &ca,
            "--username",
            "ann",
            "--password",
            "pass:word",
        ];
        bench.done(&with);
    }
    bench.end();
}
