//! The world of one test: a simulator in this process, looked at and moved through its control endpoint.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use bud::simulator::{Options, Running, start};
use serde_json::{Value, json};

/// The one api-version of `Microsoft.Network` that the portal of these tests speaks.
const NETWORK_VERSION: &str = "2024-03-01";
/// The same of `Microsoft.Compute`, and of its disks.
const COMPUTE_VERSION: &str = "2024-07-01";
const DISKS_VERSION: &str = "2024-03-02";

/// A simulator and the runtime that it runs on.
pub(crate) struct World {
    runtime: tokio::runtime::Runtime,
    running: Running,
}

/// One request that a client made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) status: u64,
}

impl Request {
    /// Whether it changes something.
    pub(crate) fn writes(&self) -> bool {
        self.method != "GET"
    }

    /// Method, type and name of what it concerns, such as `PUT virtualNetworks/lab`.
    pub(crate) fn brief(&self) -> String {
        let parts: Vec<&str> = self.path.trim_matches('/').split('/').collect();
        format!("{} {}", self.method, parts[parts.len().saturating_sub(2)..].join("/"))
    }
}

impl World {
    /// A world in which what was begun is finished at the next request.
    pub(crate) fn prompt() -> Self {
        Self::at(f64::INFINITY)
    }

    /// A world in which so many seconds of provisioning pass in each second of the wall clock.
    pub(crate) fn at(speed: f64) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let running = runtime.block_on(start(Options { speed, ..Options::default() })).unwrap();
        Self { runtime, running }
    }

    /// Runs a future to its end.
    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// The variables that lead a provider here.
    pub(crate) fn env(&self) -> BTreeMap<String, String> {
        let env = self.running.ready["env"].as_object().unwrap();
        env.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
    }

    /// Sends one call to the control endpoint and reads the whole answer.
    fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let endpoint = self.running.ready["endpoints"]["control"].as_str().unwrap();
        let address = endpoint.strip_prefix("http://").unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, text) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, if text.is_empty() { Value::Null } else { serde_json::from_str(text).unwrap() })
    }

    fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.call(method, path, body);
        assert!((200..300).contains(&status), "{method} {path} {body}: {status} {answer}");
        answer
    }

    /// Ids of everything that exists and that a client or the portal made.
    pub(crate) fn objects(&self) -> Vec<String> {
        let ledger = self.control("GET", "/ledger", &Value::Null);
        let objects = ledger["objects"].as_array().unwrap();
        objects.iter().map(|object| object["id"].as_str().unwrap().to_owned()).collect()
    }

    /// Fails unless nothing exists.
    pub(crate) fn is_empty(&self, when: &str) {
        assert_eq!(self.objects(), Vec::<String>::new(), "{when}");
    }

    /// Every request since the counter was restarted.
    pub(crate) fn requests(&self) -> Vec<Request> {
        let ledger = self.control("GET", "/ledger", &Value::Null);
        let requests = ledger["requests"].as_array().unwrap().iter();
        requests
            .map(|one| Request {
                method: one["method"].as_str().unwrap().to_owned(),
                path: one["path"].as_str().unwrap().to_owned(),
                status: one["status"].as_u64().unwrap(),
            })
            .collect()
    }

    /// How many logins there were.
    pub(crate) fn logins(&self) -> usize {
        self.control("GET", "/ledger", &Value::Null)["logins"].as_array().unwrap().len()
    }

    /// The requests that change something, in brief.
    pub(crate) fn writes(&self) -> Vec<String> {
        self.requests().iter().filter(|one| one.writes()).map(Request::brief).collect()
    }

    /// Forgets the requests so far.
    pub(crate) fn restart_counter(&self) {
        self.control("POST", "/counter", &Value::Null);
    }

    /// Lets things go wrong as the rules say; none: nothing goes wrong any more.
    pub(crate) fn faults(&self, rules: &Value) {
        self.control("POST", "/faults", &json!({ "rules": rules }));
    }

    /// Lets machines of a type not be to be had, wherever they are asked for.
    pub(crate) fn no_room(&self, sku: &str, error: &str) {
        let shortage = json!({ "sku": sku, "times": 0, "error": error });
        self.control("POST", "/faults", &json!({ "rules": [], "capacity": [shortage] }));
    }

    /// Limits of quotas by their names, everywhere.
    pub(crate) fn quotas(&self, limits: &Value) {
        self.control("POST", "/quotas", &json!({ "limits": limits }));
    }

    /// Machine types that the subscription may not have.
    pub(crate) fn restrict(&self, restrictions: &Value) {
        self.control("POST", "/skus", &json!({ "restrictions": restrictions }));
    }

    /// A virtual machine as it is inside.
    pub(crate) fn machine(&self, name: &str) -> Value {
        self.control("GET", &format!("/machines/{name}"), &Value::Null)
    }

    /// What happens to a virtual machine from outside, such as `stop` or `kill`.
    pub(crate) fn happens(&self, name: &str, what: &str, body: &Value) {
        self.control("POST", &format!("/machines/{name}/{what}"), body);
    }

    /// The tags of the one object whose id ends like this.
    pub(crate) fn tags(&self, end: &str) -> Value {
        let ledger = self.control("GET", "/ledger", &Value::Null);
        let id = self.id(end);
        let mut objects = ledger["objects"].as_array().unwrap().iter();
        objects.find(|object| object["id"] == id.as_str()).unwrap()["tags"].clone()
    }

    /// Moves the clock forward.
    pub(crate) fn advance(&self, seconds: u32) {
        self.control("POST", "/clock", &json!({ "advance_seconds": seconds }));
    }

    /// The same, and the object as it is now, of one of the network's own objects in the portal.
    pub(crate) fn portal(&self, method: &str, id: &str, body: &Value) -> Value {
        let version = match id {
            id if id.contains("/Microsoft.Compute/disks/") => DISKS_VERSION,
            id if id.contains("/Microsoft.Compute/") => COMPUTE_VERSION,
            id if id.contains("/providers/") => NETWORK_VERSION,
            _ => "2021-04-01",
        };
        let path = format!("{id}?api-version={version}");
        self.control("POST", "/portal", &json!({ "method": method, "path": path, "body": body }))
    }

    /// Reads an object, lets `change` edit it, and writes it back, as somebody in the portal would.
    pub(crate) fn edit(&self, id: &str, change: impl FnOnce(&mut Value)) {
        let mut body = self.portal("GET", id, &Value::Null);
        change(&mut body);
        self.portal("PUT", id, &body);
    }

    /// The id of the one object whose id ends like this.
    pub(crate) fn id(&self, end: &str) -> String {
        let objects = self.objects();
        let found: Vec<&String> =
            objects.iter().filter(|id| id.to_lowercase().ends_with(&end.to_lowercase())).collect();
        assert_eq!(found.len(), 1, "{end} in {objects:#?}");
        found[0].clone()
    }
}
