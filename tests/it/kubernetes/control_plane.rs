//! A control plane on loopback, one for the whole run: each test takes a namespace of its own.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bud::kube::{Access, Client, Kind, Scope, Writing};
use bud::secret::Secret;
use serde_json::{Value, json};

use super::certificates::{Authority, Pair, When};

/// The running programs and what leads to them.
pub(crate) struct ControlPlane {
    /// Certificates, data and logs.
    pub(crate) folder: PathBuf,
    /// `https://127.0.0.1:PORT` of the API server.
    pub(crate) server: String,
    /// `http://127.0.0.1:PORT` of etcd.
    pub(crate) etcd: String,
    /// Who signed the server's certificate and the users'.
    pub(crate) authority: Authority,
    admin: Pair,
    namespaces: AtomicU32,
    /// They end the programs when this process ends, however it does.
    wardens: Vec<Child>,
}

/// Who logs in, and how.
#[derive(Clone, Debug)]
pub(crate) enum User {
    /// The administrator, by a certificate.
    Admin,
    /// The administrator, by a token.
    AdminToken,
    /// Somebody without rights, by a certificate.
    Nobody,
    /// An administrator whose certificate ended yesterday.
    Expired,
    /// A token that nobody has.
    Unknown,
    /// Whoever a program says.
    Plugin { command: String, args: Vec<String>, env: Vec<(String, String)> },
    /// The user of a kubeconfig, word by word.
    As(Value),
}

/// The token of the administrator.
pub(crate) const ADMIN_TOKEN: &str = "token-of-the-administrator";

/// How many volumes there are for claims of the class `standard`, which no provisioner serves.
const VOLUMES: u32 = 40;

impl ControlPlane {
    /// The control plane of this run; `None` where its programs were not built.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Result<Option<ControlPlane>, ()>> = OnceLock::new();
        // In a thread of its own: the caller's runtime must not be waited in.
        let shared = SHARED.get_or_init(|| std::thread::spawn(Self::start).join().map_err(|_| ()));
        shared.as_ref().expect("the control plane did not start: the test that began it says why").as_ref()
    }

    /// A kubeconfig for a user.
    pub(crate) fn kubeconfig(&self, user: &User) -> String {
        self.kubeconfig_with(
            user,
            json!({ "server": self.server, "certificate-authority-data": encoded(&self.authority.pem) }),
        )
    }

    /// A kubeconfig for a user of a cluster described word by word.
    pub(crate) fn kubeconfig_with(&self, user: &User, cluster: Value) -> String {
        let pair = |pair: &Pair| json!({ "client-certificate-data": encoded(&pair.certificate), "client-key-data": encoded(&pair.key) });
        let user = match user {
            User::Admin => pair(&self.admin),
            User::AdminToken => json!({ "token": ADMIN_TOKEN }),
            User::Nobody => pair(&self.authority.user("nobody", "nobodies", When::Now)),
            User::Expired => pair(&self.authority.user("admin", "system:masters", When::Yesterday)),
            User::Unknown => json!({ "token": "nobody-has-this" }),
            User::Plugin { command, args, env } => {
                let env: Vec<Value> =
                    env.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
                json!({ "exec": {
                    "apiVersion": "client.authentication.k8s.io/v1", "command": command, "args": args, "env": env,
                    "interactiveMode": "IfAvailable", "provideClusterInfo": true, "installHint": "get it from the shop",
                } })
            }
            User::As(user) => user.clone(),
        };
        // JSON is YAML.
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{ "name": "test", "cluster": cluster }],
            "users": [{ "name": "test", "user": user }],
            "contexts": [{ "name": "test", "context": { "cluster": "test", "user": "test" } }],
        })
        .to_string()
    }

    /// A kubeconfig of the administrator as a file, for kubectl and helm.
    pub(crate) fn kubeconfig_file(&self) -> PathBuf {
        self.folder.join("admin.kubeconfig")
    }

    /// A client of a user.
    pub(crate) fn client(&self, user: &User) -> Client {
        open(&self.kubeconfig(user))
    }

    /// A client of the administrator.
    pub(crate) fn admin(&self) -> Client {
        self.client(&User::Admin)
    }

    /// A namespace of its own for a test, ready for pods.
    pub(crate) async fn namespace(&self, name: &str) -> String {
        let name = format!("{name}-{}", self.namespaces.fetch_add(1, Ordering::Relaxed));
        let object = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name, "labels": { "test": name } } });
        let client = self.admin();
        client.create(&namespaces(), None, &object, &Writing::by("tests")).await.unwrap();
        // Pods are refused until the controllers have made this one.
        let account = Kind::new("v1", "ServiceAccount", "serviceaccounts", Scope::Namespaced)
            .at(Some(&name), "default");
        let started = Instant::now();
        while client.get(&account).await.unwrap().here().is_none() {
            assert!(started.elapsed() < Duration::from_secs(60), "no service account in {name}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        name
    }

    fn start() -> Option<Self> {
        let kubernetes = program("BUD_TEST_KUBERNETES")?;
        let kwok = program("BUD_TEST_KWOK")?;
        // Fails where another test was first, which is as good.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let folder = tempfile::Builder::new().prefix("bud-kubernetes-").tempdir().unwrap().keep();
        let authority = Authority::new("tests");
        let [etcd_port, peer_port, api_port, kwok_port] = free_ports();
        let (server, etcd) =
            (format!("https://127.0.0.1:{api_port}"), format!("http://127.0.0.1:{etcd_port}"));
        let peer = format!("http://127.0.0.1:{peer_port}");
        write_files(&folder, &authority);
        let admin = authority.user("admin", "system:masters", When::Now);
        let mut programs = Programs { folder: folder.clone(), started: Vec::new() };

        programs.start(
            "etcd",
            &kubernetes,
            &[
                "etcd",
                "--data-dir=etcd",
                "--unsafe-no-fsync",
                "--log-level=warn",
                &format!("--listen-client-urls={etcd}"),
                &format!("--advertise-client-urls={etcd}"),
                &format!("--listen-peer-urls={peer}"),
                &format!("--initial-advertise-peer-urls={peer}"),
                &format!("--initial-cluster=default={peer}"),
            ],
        );
        programs.start(
            "kube-apiserver",
            &kubernetes,
            &[
                "kube-apiserver",
                "--bind-address=127.0.0.1",
                "--advertise-address=127.0.0.1",
                &format!("--etcd-servers={etcd}"),
                &format!("--secure-port={api_port}"),
                "--tls-cert-file=server.crt",
                "--tls-private-key-file=server.key",
                "--client-ca-file=ca.crt",
                "--token-auth-file=tokens.csv",
                "--authorization-mode=RBAC",
                "--allow-privileged",
                "--service-account-key-file=sa.pub",
                "--service-account-signing-key-file=sa.key",
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-cluster-ip-range=10.96.0.0/16",
                "--endpoint-reconciler-type=none",
                // Asked of etcd itself, which forgets.
                "--watch-cache-sizes=podtemplates#0",
            ],
        );
        let wardens = vec![programs.warden()];
        let mut this =
            Self { folder, server, etcd, authority, admin, namespaces: AtomicU32::new(0), wardens };
        std::fs::write(this.kubeconfig_file(), this.kubeconfig(&User::Admin)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(this.until_ready(&mut programs));

        let config = "--kubeconfig=admin.kubeconfig";
        programs.start(
            "kube-controller-manager",
            &kubernetes,
            &[
                "kube-controller-manager",
                config,
                "--leader-elect=false",
                "--secure-port=0",
                // Their own limits are for clusters whose API server has other things to do.
                "--kube-api-qps=1000",
                "--kube-api-burst=1000",
                "--service-account-private-key-file=sa.key",
                "--root-ca-file=ca.crt",
                "--cluster-signing-cert-file=ca.crt",
                "--cluster-signing-key-file=ca.key",
            ],
        );
        programs.start(
            "kube-scheduler",
            &kubernetes,
            &[
                "kube-scheduler",
                config,
                "--leader-elect=false",
                "--secure-port=0",
                "--kube-api-qps=1000",
                "--kube-api-burst=1000",
            ],
        );
        programs.start(
            "kwok",
            &kwok,
            &[
                config,
                "--manage-all-nodes",
                "--config=kwok.yaml",
                &format!("--server-address=127.0.0.1:{kwok_port}"),
                "--node-ip=127.0.0.1",
                &format!("--node-port={kwok_port}"),
                "--tls-cert-file=server.crt",
                "--tls-private-key-file=server.key",
            ],
        );
        // The first one knows only the first two programs.
        this.wardens.push(programs.warden());
        runtime.block_on(this.furnish());
        Some(this)
    }

    async fn until_ready(&self, programs: &mut Programs) {
        let http = reqwest::Client::builder().danger_accept_invalid_certs(true).build().unwrap();
        let started = Instant::now();
        loop {
            let asked = http.get(format!("{}/readyz", self.server)).bearer_auth(ADMIN_TOKEN).send().await;
            if asked.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            programs.all_run();
            assert!(
                started.elapsed() < Duration::from_secs(120),
                "the API server is not ready; see {}",
                self.folder.display()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Two nodes, a class of storage and volumes of it.
    async fn furnish(&self) {
        let client = self.admin();
        let writing = Writing::by("tests");
        let nodes = Kind::new("v1", "Node", "nodes", Scope::Cluster);
        for name in ["one", "two"] {
            let labels = json!({ "kubernetes.io/hostname": name, "kubernetes.io/os": "linux" });
            let node =
                json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": name, "labels": labels } });
            client.create(&nodes, None, &node, &writing).await.unwrap();
        }
        self.forget().await;
        let classes = Kind::new("storage.k8s.io/v1", "StorageClass", "storageclasses", Scope::Cluster);
        let class = json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "kubernetes.io/no-provisioner",
            "metadata": { "name": "standard", "annotations": { "storageclass.kubernetes.io/is-default-class": "true" } },
        });
        client.create(&classes, None, &class, &writing).await.unwrap();
        let volumes = Kind::new("v1", "PersistentVolume", "persistentvolumes", Scope::Cluster);
        for number in 0..VOLUMES {
            let volume = json!({
                "apiVersion": "v1", "kind": "PersistentVolume", "metadata": { "name": format!("volume-{number}") },
                "spec": {
                    "capacity": { "storage": "1Ti" }, "storageClassName": "standard",
                    "accessModes": ["ReadWriteOnce", "ReadWriteMany"], "hostPath": { "path": "/nowhere" },
                },
            });
            client.create(&volumes, None, &volume, &writing).await.unwrap();
        }
        let started = Instant::now();
        loop {
            let all = client.list(&nodes, None, &bud::kube::Selector::default()).await.unwrap().items;
            let ready = |node: &Value| {
                let conditions = node["status"]["conditions"].as_array().cloned().unwrap_or_default();
                let untainted = node["spec"]["taints"].as_array().is_none_or(Vec::is_empty);
                untainted && conditions.iter().any(|one| one["type"] == "Ready" && one["status"] == "True")
            };
            if all.iter().filter(|node| ready(node)).count() == 2 {
                return;
            }
            assert!(
                started.elapsed() < Duration::from_secs(60),
                "the nodes are not ready; see {}",
                self.folder.display()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl ControlPlane {
    /// Lets etcd forget its first revisions, so that a watch of pod templates from there is too old.
    async fn forget(&self) {
        let asked = reqwest::Client::new().post(format!("{}/v3/kv/compaction", self.etcd));
        let answer =
            asked.body(json!({ "revision": "5", "physical": true }).to_string()).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{status}: {text}");
    }
}

/// A client by a kubeconfig.
pub(crate) fn open(kubeconfig: &str) -> Client {
    Client::open(&Access::new(Secret::new(kubeconfig))).unwrap()
}

pub(crate) fn namespaces() -> Kind {
    Kind::new("v1", "Namespace", "namespaces", Scope::Cluster)
}

pub(crate) fn encoded(pem: &str) -> String {
    STANDARD.encode(pem)
}

/// What was started, with its logs in the folder.
struct Programs {
    folder: PathBuf,
    started: Vec<(String, Child)>,
}

impl Programs {
    fn start(&mut self, name: &str, program: &Path, arguments: &[&str]) {
        let log = File::create(self.folder.join(format!("{name}.log"))).unwrap();
        let child = Command::new(program)
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.started.push((name.to_owned(), child));
    }

    fn all_run(&mut self) {
        for (name, child) in &mut self.started {
            if let Some(status) = child.try_wait().unwrap() {
                let log =
                    std::fs::read_to_string(self.folder.join(format!("{name}.log"))).unwrap_or_default();
                panic!("{name} ended with {status}: {log}");
            }
        }
    }

    /// A shell that waits for its standard input to end, which it does with this process, and then kills what was
    /// started. The API server would take a minute to end by itself. Their process ids stay theirs until then,
    /// because nobody else collects them.
    fn warden(&self) -> Child {
        let ids: Vec<String> = self.started.iter().map(|(_, child)| child.id().to_string()).collect();
        let script = "cat >/dev/null; kill -9 $1 2>/dev/null; rm -rf \"$2\"";
        Command::new("sh")
            .args(["-c", script, "warden", &ids.join(" ")])
            .arg(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }
}

fn write_files(folder: &Path, authority: &Authority) {
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    let pair = authority.server(&["127.0.0.1", "localhost", "kubernetes.test"], When::Now);
    write("ca.crt", &authority.pem);
    write("ca.key", &authority.key);
    write("server.crt", &pair.certificate);
    write("server.key", &pair.key);
    let accounts = rcgen::KeyPair::generate().unwrap();
    write("sa.key", &accounts.serialize_pem());
    write("sa.pub", &accounts.public_key_pem());
    write("tokens.csv", &format!("{ADMIN_TOKEN},admin,admin,system:masters\n"));
    let line = |text: &str| format!("2026-01-01T00:00:00.000000000Z stdout F {text}\n");
    write("pod.log", &[line("first line"), line("second line"), line("third line")].concat());
    write("before.log", &line("panic: before"));
    let (log, before) = (folder.join("pod.log"), folder.join("before.log"));
    let logs = json!({
        "apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "ClusterLogs", "metadata": { "name": "all" },
        "spec": { "logs": [{ "logsFile": log, "previousLogsFile": before }] },
    });
    write("kwok.yaml", &format!("{}---\n{logs}\n", include_str!("kwok.yaml")));
}

fn program(variable: &str) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(variable).filter(|path| !path.is_empty()) {
        let path = PathBuf::from(path);
        assert!(path.is_file(), "{variable} names {}, which is no file", path.display());
        return Some(path);
    }
    println!("skipped: {variable} names no program");
    None
}

/// Ports that nobody has now.
fn free_ports<const N: usize>() -> [u16; N] {
    let listeners: [TcpListener; N] = std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}
