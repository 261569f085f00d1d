//! The world that a provider under test acts on: the simulator in this process, and its controls.

use std::time::Duration;

use bud::simulator::{Options, Running, start};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::process::Launch;

/// A simulator of its own for each test.
pub(crate) struct World {
    running: Running,
    http: reqwest::Client,
    control: String,
}

/// What exists that clients made, and what they asked for.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Ledger {
    pub(crate) objects: Vec<Object>,
    pub(crate) requests: Vec<Request>,
}

/// One thing that exists.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Object {
    pub(crate) id: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) created_at: String,
    #[serde(default)]
    pub(crate) tags: std::collections::BTreeMap<String, String>,
}

/// One request to the cloud.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Request {
    pub(crate) n: u64,
    pub(crate) method: String,
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) status: Option<u16>,
}

impl Request {
    /// Whether it asks for a change.
    pub(crate) fn changes(&self) -> bool {
        self.method != "GET" && self.method != "HEAD"
    }
}

impl Ledger {
    /// The ids of everything that exists, sorted.
    pub(crate) fn ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self.objects.iter().map(|object| object.id.as_str()).collect();
        ids.sort_unstable();
        ids
    }

    /// The requests that asked for a change, as `PUT path`.
    pub(crate) fn changes(&self) -> Vec<String> {
        let changes = self.requests.iter().filter(|request| request.changes());
        changes.map(|request| format!("{} {}", request.method, request.path)).collect()
    }

    /// Objects whose id contains the text, in whatever case the cloud wrote it.
    pub(crate) fn with(&self, text: &str) -> Vec<&Object> {
        let text = text.to_lowercase();
        self.objects.iter().filter(|object| object.id.to_lowercase().contains(&text)).collect()
    }
}

impl World {
    /// A world in which everything that takes time is done at the next look.
    pub(crate) async fn start() -> Self {
        Self::at_speed(f64::INFINITY).await
    }

    /// A world in which a second of the wall clock is so many of its own.
    pub(crate) async fn at_speed(speed: f64) -> Self {
        // Fails where another test was first, which is as good.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let running = start(Options { speed, ..Options::default() }).await.unwrap();
        let control = running.ready["endpoints"]["control"].as_str().unwrap().to_owned();
        Self { running, http: reqwest::Client::new(), control }
    }

    /// The variables that lead a provider here.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let env = self.running.ready["env"].as_object().unwrap();
        env.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
    }

    /// An endpoint by its name in the ready line.
    pub(crate) fn endpoint(&self, name: &str) -> String {
        self.running.ready["endpoints"][name].as_str().unwrap().to_owned()
    }

    /// The provider, started with this world.
    pub(crate) fn launch(&self) -> Launch {
        Launch::provider(self.environment())
    }

    pub(crate) async fn ledger(&self) -> Ledger {
        let answer = self.http.get(format!("{}/ledger", self.control)).send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    /// Loads a fault script in the place of the one before.
    pub(crate) async fn faults(&self, script: Json) {
        self.post("/faults", script).await;
    }

    /// One fault at the given request, counted since the last reset or [`World::count_anew`].
    pub(crate) async fn fault_at(&self, n: u64, fault: Json) {
        self.faults(json!({ "rules": [{ "when": { "n": n }, "do": fault }] })).await;
    }

    /// No faults and no quirks any more.
    pub(crate) async fn no_faults(&self) {
        let answer = self.http.delete(format!("{}/faults", self.control)).send().await.unwrap();
        assert!(answer.status().is_success());
    }

    /// Moves the world's clock ahead.
    pub(crate) async fn clock(&self, by: Duration) {
        self.post("/clock", json!({ "advance_seconds": by.as_secs_f64() })).await;
    }

    /// Forgets the requests so far: the next one is number 1.
    pub(crate) async fn count_anew(&self) {
        self.post("/counter", json!({})).await;
    }

    /// An empty world without faults.
    pub(crate) async fn reset(&self) {
        self.post("/reset", json!({})).await;
    }

    /// A virtual machine as it is inside.
    pub(crate) async fn machine(&self, name: &str) -> Json {
        let answer = self.http.get(format!("{}/machines/{name}", self.control)).send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    /// What happens to a virtual machine from outside, such as `stop` or `kill`.
    pub(crate) async fn happens(&self, name: &str, what: &str, body: Json) {
        self.post(&format!("/machines/{name}/{what}"), body).await;
    }

    /// Limits of quotas by their names, everywhere.
    pub(crate) async fn quotas(&self, limits: Json) {
        self.post("/quotas", json!({ "limits": limits })).await;
    }

    /// Machine types that the subscription may not have.
    pub(crate) async fn restrict(&self, restrictions: Json) {
        self.post("/skus", json!({ "restrictions": restrictions })).await;
    }

    /// What somebody does in the cloud's portal; status and body of the answer.
    pub(crate) async fn portal(&self, method: &str, path: &str, body: Option<Json>) -> (u16, Json) {
        let click = json!({ "method": method, "path": path, "body": body });
        let request = self.http.post(format!("{}/portal", self.control)).body(click.to_string());
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or(Json::Null))
    }

    /// Ends when the cloud has been asked so many times.
    pub(crate) fn asked(&self, n: u64) -> impl Future<Output = ()> + Send + use<> {
        self.comes(move |request| request.n >= n)
    }

    /// Ends when the cloud was asked with this method for what the text names.
    pub(crate) fn asked_for(&self, method: &str, text: &str) -> impl Future<Output = ()> + Send + use<> {
        let (method, text) = (method.to_owned(), text.to_owned());
        self.comes(move |request| request.method == method && request.path.contains(&text))
    }

    /// Ends when there is such a request.
    fn comes<F: Fn(&Request) -> bool + Send + Sync + 'static>(
        &self,
        wanted: F,
    ) -> impl Future<Output = ()> + Send + use<F> {
        let (http, ledger) = (self.http.clone(), format!("{}/ledger", self.control));
        async move {
            loop {
                let answer = http.get(&ledger).send().await.unwrap().bytes().await.unwrap();
                let ledger: Ledger = serde_json::from_slice(&answer).unwrap();
                if ledger.requests.iter().any(&wanted) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    }

    async fn post(&self, call: &str, body: Json) {
        let request = self.http.post(format!("{}{call}", self.control)).body(body.to_string());
        let answer = request.send().await.unwrap();
        let status = answer.status();
        assert!(status.is_success(), "{call}: {}", answer.text().await.unwrap());
    }
}
