//! The control endpoint: looks at the world and moves it, without a login.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::azure::{self, Author};
use super::charts;
use super::faults::Script;
use super::guest;
use super::kubernetes;
use super::machine;
use super::message::{Answer, Request};
use super::quirks::Quirks;
use super::world::{Shared, World};

/// Answers a request to the control endpoint.
pub(crate) fn handle(shared: &Shared, request: &Request) -> Answer {
    let mut world = shared.lock();
    world.settle();
    let done = match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/healthz") => Ok(json!({ "status": "ok" })),
        ("GET", "/ledger") => Ok(world.account()),
        ("GET", "/quirks") => Ok(json!(world.quirks)),
        ("POST", "/faults") => faults(&mut world, request),
        ("DELETE", "/faults") => {
            world.load(Script { quirks: Some(Quirks::default()), ..Script::default() });
            Ok(json!({}))
        }
        ("POST", "/clock") => advance(&mut world, request),
        ("POST", "/counter") => {
            world.ledger.restart();
            Ok(json!({}))
        }
        ("POST", "/reset") => {
            world.reset();
            Ok(json!({}))
        }
        ("POST", "/portal") => return portal(&mut world, request),
        ("POST", "/machines") => machine::register(&mut world, request),
        ("GET", "/machines") => Ok(machine::list(&world)),
        ("DELETE", "/machines") => machine::remove(&mut world, request),
        ("POST", "/k3s") => Ok(guest::control::events(&mut world)),
        ("GET", "/billing") => Ok(world.azure.compute.bills.shown(&world.clock)),
        ("POST", "/quotas") => azure::set_limits(&mut world, request),
        ("POST", "/skus") => azure::restrict_skus(&mut world, request),
        (method, path) if path == "/charts" || path.starts_with("/charts/") => {
            match charts::control(&mut world, method, request) {
                Some(done) => done,
                None => return Answer::json(404, json!({ "error": "no such control call" })),
            }
        }
        (method, path) if path == "/kubernetes" || path.starts_with("/kubernetes/") => {
            match kubernetes::control::handle(&mut world, method, request) {
                Some(done) => done,
                None => return Answer::json(404, json!({ "error": "no such control call" })),
            }
        }
        (method, path) if path.starts_with("/machines/") => {
            match machine::control(&mut world, method, request) {
                Some(answer) => return answer,
                None => return Answer::json(404, json!({ "error": "no such control call" })),
            }
        }
        _ => return Answer::json(404, json!({ "error": "no such control call" })),
    };
    match done {
        Ok(body) => Answer::json(200, body),
        Err(reason) => Answer::json(400, json!({ "error": reason })),
    }
}

/// Reads the body of a control call.
pub(crate) fn body<T: DeserializeOwned>(request: &Request) -> Result<T, String> {
    let text: &[u8] = if request.body.is_empty() { b"{}" } else { &request.body };
    serde_json::from_slice(text).map_err(|error| error.to_string())
}

fn faults(world: &mut World, request: &Request) -> Result<Value, String> {
    let script: Script = body(request)?;
    script.check()?;
    let (rules, capacity, machines) = (script.rules.len(), script.capacity.len(), script.machines.len());
    world.load(script);
    Ok(json!({ "rules": rules, "capacity": capacity, "machines": machines, "quirks": world.quirks }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: f64,
}

fn advance(world: &mut World, request: &Request) -> Result<Value, String> {
    let Advance { advance_seconds } = body(request)?;
    let by = Duration::try_from_secs_f64(advance_seconds)
        .map_err(|_| format!("advance_seconds: {advance_seconds} is not a time from 0 on"))?;
    if by > Duration::from_secs(100 * 366 * 86_400) {
        return Err("advance_seconds: more than a century".to_owned());
    }
    world.clock.advance(by);
    world.settle();
    Ok(json!({ "now": world.clock.stamp() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Click {
    method: String,
    path: String,
    #[serde(default)]
    body: Option<Value>,
}

/// Does a request to Azure as somebody in the portal would: it is not in the ledger of requests, meets
/// no fault and no quirk, needs no token, and what it begins is finished at once.
fn portal(world: &mut World, request: &Request) -> Answer {
    let click: Click = match body(request) {
        Ok(click) => click,
        Err(reason) => return Answer::json(400, json!({ "error": reason })),
    };
    let (path, query) = click.path.split_once('?').unwrap_or((&click.path, ""));
    let inner = Request {
        method: click.method.to_uppercase(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: click.body.map(|value| value.to_string().into()).unwrap_or_default(),
        origin: world.servers.azure(),
    };
    let quirks = std::mem::take(&mut world.quirks);
    let answer = azure::handle(world, &inner, &azure::Circumstances { author: Author::Portal, ending: None });
    world.quirks = quirks;
    answer
}

impl World {
    /// Takes a fault script in the place of the one before.
    pub(crate) fn load(&mut self, script: Script) {
        if let Some(quirks) = &script.quirks {
            self.quirks = quirks.clone();
            self.azure.unregistered = quirks.unregistered.iter().map(|name| name.to_lowercase()).collect();
        }
        self.script = script;
    }

    fn account(&self) -> Value {
        json!({
            "objects": self.azure.objects(),
            "requests": self.ledger.requests(),
            "logins": self.ledger.logins(),
            "chart_requests": self.ledger.charts(),
            "steps": self.ledger.steps(),
            "kubernetes": self.ledger.kubernetes(),
        })
    }

    fn reset(&mut self) {
        self.ledger.restart();
        self.load(Script { quirks: Some(Quirks::default()), ..Script::default() });
        self.azure = azure::Azure::default();
        self.machines = machine::Machines::default();
        self.guests.forget();
        self.kubernetes.forget();
    }
}
