//! A simulator and the room's networks in it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bud::cloud::azure::{Azure, Settings};
use bud::cloud::{
    Access, Cloud, CloudError, Direction, ForeignRules, Mark, NatPlan, NetworkPlan, NetworkSeen, Networks,
    Owner, Protocol, Removal, Rule, SubnetPlan,
};
use bud::secret::Secret;
use bud::simulator::{Options, Running, start};
use bud::time::Patience;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

pub(crate) struct Bench {
    pub(crate) running: Running,
    http: reqwest::Client,
}

/// A request as the ledger has it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::at(f64::INFINITY).await
    }

    pub(crate) async fn at(speed: f64) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let running = start(Options { speed, ..Options::default() }).await.unwrap();
        let bench = Self { running, http: reqwest::Client::builder().no_proxy().build().unwrap() };
        // Operations must not wait for Azure's ten seconds.
        bench.quirks(json!({ "retry_after": 0 })).await;
        bench
    }

    pub(crate) fn text(&self, pointer: &str) -> String {
        self.running.ready.pointer(pointer).and_then(Value::as_str).unwrap().to_owned()
    }

    /// What the environment of a started simulator says.
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            subscription_id: Some(self.text("/env/ARM_SUBSCRIPTION_ID")),
            tenant_id: Some(self.text("/env/ARM_TENANT_ID")),
            client_id: Some(self.text("/env/ARM_CLIENT_ID")),
            client_secret: Some(Secret::new(self.text("/env/ARM_CLIENT_SECRET"))),
            resource_manager_endpoint: Some(self.text("/env/BUD_AZURE_RESOURCE_MANAGER_ENDPOINT")),
            authority_host: Some(self.text("/env/BUD_AZURE_AUTHORITY_HOST")),
            ca_file: Some(self.text("/env/BUD_AZURE_CA_FILE").into()),
            ..Settings::default()
        }
    }

    /// The room as a new process has it.
    pub(crate) fn networks(&self) -> Arc<dyn Networks> {
        Azure::new(self.settings()).unwrap().networks()
    }

    pub(crate) async fn control(&self, method: reqwest::Method, path: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.text("/endpoints/control"));
        let answer = self.http.request(method, url).body(body.to_string()).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) async fn faults(&self, rules: Value) {
        self.control(reqwest::Method::POST, "/faults", json!({ "rules": rules })).await;
    }

    pub(crate) async fn quirks(&self, quirks: Value) {
        self.control(reqwest::Method::POST, "/faults", json!({ "quirks": quirks })).await;
    }

    pub(crate) async fn recount(&self) {
        self.control(reqwest::Method::POST, "/counter", json!({})).await;
    }

    pub(crate) async fn reset(&self) {
        self.control(reqwest::Method::POST, "/reset", json!({})).await;
        self.control(reqwest::Method::DELETE, "/faults", json!({})).await;
        self.quirks(json!({ "retry_after": 0 })).await;
        self.recount().await;
    }

    /// Something that somebody else does in the portal.
    pub(crate) async fn portal(&self, method: &str, path: &str, body: Value) -> Value {
        self.control(
            reqwest::Method::POST,
            "/portal",
            json!({ "method": method, "path": path, "body": body }),
        )
        .await
    }

    /// Ids of everything that exists, in order.
    pub(crate) async fn objects(&self) -> Vec<String> {
        let ledger = self.control(reqwest::Method::GET, "/ledger", json!({})).await;
        let mut ids: Vec<String> = ledger["objects"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect();
        ids.sort_unstable();
        ids
    }

    /// Tags of everything that exists, by id.
    pub(crate) async fn tags(&self) -> BTreeMap<String, Value> {
        let ledger = self.control(reqwest::Method::GET, "/ledger", json!({})).await;
        let objects = ledger["objects"].as_array().unwrap();
        objects.iter().map(|one| (one["id"].as_str().unwrap().to_owned(), one["tags"].clone())).collect()
    }

    pub(crate) async fn requests(&self) -> Vec<Asked> {
        let ledger = self.control(reqwest::Method::GET, "/ledger", json!({})).await;
        ledger["requests"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| Asked {
                method: one["method"].as_str().unwrap().to_owned(),
                path: one["path"].as_str().unwrap().to_owned(),
            })
            .collect()
    }

    /// How often a token was issued or refused.
    pub(crate) async fn logins(&self) -> usize {
        let ledger = self.control(reqwest::Method::GET, "/ledger", json!({})).await;
        ledger["logins"].as_array().unwrap().len()
    }

    /// The requests that write, as method and last words of the path.
    pub(crate) async fn writes(&self) -> Vec<String> {
        let all = self.requests().await;
        all.iter()
            .filter(|one| one.method != "GET")
            .map(|one| format!("{} {}", one.method, one.path.rsplit('/').next().unwrap()))
            .collect()
    }

    pub(crate) async fn create(&self, plan: &NetworkPlan) -> Result<NetworkSeen, CloudError> {
        self.networks().create(plan, &mut |_| (), &patience()).await
    }
}

pub(crate) fn patience() -> Patience {
    Patience::new(Duration::from_secs(60), CancellationToken::new())
}

pub(crate) fn rule(priority: u16, port: &str) -> Rule {
    Rule {
        priority,
        direction: Direction::Inbound,
        access: Access::Allow,
        protocol: Protocol::Tcp,
        sources: vec!["*".to_owned()],
        destinations: vec!["*".to_owned()],
        ports: vec![port.to_owned()],
    }
}

pub(crate) fn rules(ports: &[u16]) -> BTreeMap<String, Rule> {
    let one = |port: &u16| (format!("port-{port}"), rule(100 + port % 1000, &port.to_string()));
    ports.iter().map(one).collect()
}

/// A network with one subnet and one group of two rules.
pub(crate) fn plan(owner: &str) -> NetworkPlan {
    NetworkPlan {
        name: "budk8s".to_owned(),
        location: "westeurope".to_owned(),
        resource_group: "budk8s".to_owned(),
        existing_resource_group: false,
        existing_network: None,
        ipv4: "10.177.0.0/16".parse().unwrap(),
        ipv6: Some("fd12:babe:cafe::/48".parse().unwrap()),
        subnets: BTreeMap::from([(
            "common".to_owned(),
            subnet("10.177.2.0/24", Some("fd12:babe:cafe:b00b::/64")),
        )]),
        zones: BTreeMap::new(),
        groups: BTreeMap::from([("default".to_owned(), rules(&[22, 443]))]),
        nat: None,
        foreign_rules: ForeignRules::Remove,
        tags: BTreeMap::from([("team".to_owned(), "ops".to_owned())]),
        mark: Mark {
            environment: None,
            resource: "bud_network/budk8s".to_owned(),
            owner: Owner(owner.to_owned()),
            expires_at: None,
        },
        recorded: BTreeMap::from([("ttl".to_owned(), "4h".to_owned())]),
    }
}

/// The same with a second group and a NAT gateway.
pub(crate) fn large(owner: &str) -> NetworkPlan {
    let mut plan = plan(owner);
    plan.groups.insert("db".to_owned(), rules(&[5432]));
    plan.subnets.insert("gpu".to_owned(), subnet("10.177.3.0/24", None));
    plan.nat = Some(NatPlan { per_zone: false, public_ip_ids: Vec::new() });
    plan
}

pub(crate) fn subnet(ipv4: &str, ipv6: Option<&str>) -> SubnetPlan {
    SubnetPlan { ipv4: ipv4.parse().unwrap(), ipv6: ipv6.map(|net| net.parse().unwrap()) }
}

pub(crate) fn removal(owner: &str) -> Removal {
    Removal {
        owner: Some(Owner(owner.to_owned())),
        resource: "bud_network/budk8s".to_owned(),
        create_follows: false,
        force: false,
    }
}
