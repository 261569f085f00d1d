//! A running simulator with a logged-in client: what every test starts from.

use serde_json::{Value, json};

use super::super::settings::{CLIENT, SECRET, SUBSCRIPTION, TENANT};
use super::super::{Options, Running, start};

/// An answer as the client saw it.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) status: u16,
    pub(super) headers: reqwest::header::HeaderMap,
    pub(super) body: Value,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(super) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    pub(super) fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap_or_default()
    }

    pub(super) fn detail(&self) -> &str {
        self.body["error"]["details"][0]["code"].as_str().unwrap_or_default()
    }

    /// Fails the test unless Azure refused with this status and code.
    #[track_caller]
    pub(super) fn refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.code()), (status, code), "{}", self.body);
        assert_eq!(self.header("x-ms-error-code"), Some(code));
        assert!(!self.message().is_empty());
    }

    #[track_caller]
    pub(super) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }
}

pub(super) struct Bench {
    pub(super) running: Running,
    pub(super) http: reqwest::Client,
    pub(super) token: String,
}

pub(super) const GROUP: &str = "lab";
pub(super) const NETWORK_VERSION: &str = "2024-03-01";

/// The path of something of the network provider in the test's group.
pub(super) fn network(rest: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Network/{rest}")
}

pub(super) fn group() -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourcegroups/{GROUP}")
}

impl Bench {
    /// A simulator in which provisioning takes no time.
    pub(super) async fn new() -> Self {
        Self::at(f64::INFINITY).await
    }

    pub(super) async fn at(speed: f64) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let running = start(Options { speed, ..Options::default() }).await.unwrap();
        let ca = std::fs::read(running.ready["env"]["BUD_AZURE_CA_FILE"].as_str().unwrap()).unwrap();
        let http = reqwest::Client::builder()
            .tls_certs_only([reqwest::Certificate::from_pem(&ca).unwrap()])
            .no_proxy()
            .build()
            .unwrap();
        let mut bench = Self { running, http, token: String::new() };
        bench.token = bench.login().await;
        bench
    }

    /// A simulator with the test's resource group.
    pub(super) async fn with_group() -> Self {
        let bench = Self::new().await;
        bench.make_group().await;
        bench
    }

    pub(super) async fn make_group(&self) {
        self.put(&group(), "2021-04-01", json!({ "location": "westeurope" })).await.is(201);
    }

    pub(super) fn endpoint(&self, name: &str) -> String {
        self.running.ready["endpoints"][name].as_str().unwrap().to_owned()
    }

    pub(super) async fn login(&self) -> String {
        let seen = self.ask_token(TENANT, &[("client_secret", SECRET)]).await.is(200);
        assert_eq!(seen.body["token_type"], "Bearer");
        seen.body["access_token"].as_str().unwrap().to_owned()
    }

    pub(super) async fn ask_token(&self, tenant: &str, more: &[(&str, &str)]) -> Seen {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("grant_type", "client_credentials"),
            ("client_id", CLIENT),
            ("scope", "https://management.azure.com/.default"),
        ] {
            if !more.iter().any(|(known, _)| *known == name) {
                form.append_pair(name, value);
            }
        }
        form.extend_pairs(more);
        let request = self
            .http
            .post(format!("{}/{tenant}/oauth2/v2.0/token", self.endpoint("authority")))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.finish());
        seen(request.send().await.unwrap()).await
    }

    /// A request to Azure, as a builder.
    pub(super) fn request(&self, method: &str, path: &str, version: &str) -> reqwest::RequestBuilder {
        let joint = if path.contains('?') { '&' } else { '?' };
        let address = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}{joint}api-version={version}", self.endpoint("azure"))
        };
        self.http.request(method.parse().unwrap(), address).bearer_auth(&self.token)
    }

    pub(super) async fn send(&self, method: &str, path: &str, version: &str, body: Option<Value>) -> Seen {
        let mut request = self.request(method, path, version);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        seen(request.send().await.unwrap()).await
    }

    pub(super) async fn put(&self, path: &str, version: &str, body: Value) -> Seen {
        self.send("PUT", path, version, Some(body)).await
    }

    /// PUT of something of the network provider.
    pub(super) async fn make(&self, rest: &str, body: Value) -> Seen {
        self.put(&network(rest), NETWORK_VERSION, body).await
    }

    pub(super) async fn get(&self, rest: &str) -> Seen {
        self.send("GET", &network(rest), NETWORK_VERSION, None).await
    }

    pub(super) async fn delete(&self, rest: &str) -> Seen {
        self.send("DELETE", &network(rest), NETWORK_VERSION, None).await
    }

    /// GET of an absolute address that Azure gave.
    pub(super) async fn follow(&self, address: &str) -> Seen {
        self.send("GET", address, "", None).await
    }

    pub(super) async fn control(&self, method: &str, path: &str, body: Value) -> Seen {
        let request =
            self.http.request(method.parse().unwrap(), format!("{}{path}", self.endpoint("control")));
        let request = if body.is_null() { request } else { request.body(body.to_string()) };
        seen(request.send().await.unwrap()).await
    }

    pub(super) async fn script(&self, script: Value) {
        self.control("POST", "/faults", script).await.is(200);
    }

    pub(super) async fn quirks(&self, quirks: Value) {
        self.script(json!({ "quirks": quirks })).await;
    }

    pub(super) async fn advance(&self, seconds: u64) {
        self.control("POST", "/clock", json!({ "advance_seconds": seconds })).await.is(200);
    }

    pub(super) async fn ledger(&self) -> Value {
        self.control("GET", "/ledger", Value::Null).await.is(200).body
    }

    /// Short types and names of all objects.
    pub(super) async fn objects(&self) -> Vec<String> {
        let ledger = self.ledger().await;
        let ids = ledger["objects"].as_array().unwrap().iter().map(|object| object["id"].as_str().unwrap());
        ids.map(|id| id.rsplit('/').next().unwrap().to_owned()).collect()
    }
}

pub(super) async fn seen(response: reqwest::Response) -> Seen {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await.unwrap();
    let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
    Seen { status, headers, body }
}

/// A network of 10.0.0.0/16 with these subnets of it.
pub(super) fn network_body(subnets: &[(&str, &str)]) -> Value {
    let subnets: Vec<Value> = subnets
        .iter()
        .map(|(name, prefix)| json!({ "name": name, "properties": { "addressPrefix": prefix } }))
        .collect();
    json!({
        "location": "westeurope",
        "properties": { "addressSpace": { "addressPrefixes": ["10.0.0.0/16", "fd12::/48"] }, "subnets": subnets },
    })
}

/// A rule that lets TCP from anywhere to a port.
pub(super) fn rule(name: &str, priority: u32, port: &str) -> Value {
    json!({ "name": name, "properties": {
        "protocol": "Tcp", "access": "Allow", "direction": "Inbound", "priority": priority,
        "sourceAddressPrefix": "*", "sourcePortRange": "*",
        "destinationAddressPrefix": "*", "destinationPortRange": port,
    } })
}

pub(super) fn group_body(rules: &[Value]) -> Value {
    json!({ "location": "westeurope", "properties": { "securityRules": rules } })
}

pub(super) fn address_body() -> Value {
    json!({
        "location": "westeurope",
        "sku": { "name": "Standard" },
        "properties": { "publicIPAllocationMethod": "Static" },
    })
}
