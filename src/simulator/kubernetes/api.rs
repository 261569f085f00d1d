//! One request to an API server: who asks, what for, and the answer.

use serde_json::{Value, json};

use super::super::clock::Clock;
use super::super::message::{Answer, Request};
use super::authority::User;
use super::cluster::Cluster;
use super::failure::Failure;
use super::selector::Selector;
use super::target::Target;
use super::{discovery, reading, rights, subresource, table, writing};

/// What comes of a request.
pub(crate) enum Outcome {
    Answer(Answer),
    Watch(Box<Watch>),
}

/// A watch that has begun.
pub(crate) struct Watch {
    pub(crate) target: Target,
    pub(crate) selector: Selector,
    /// The last revision that it has seen.
    pub(crate) revision: u64,
    pub(crate) bookmarks: bool,
    pub(crate) as_table: bool,
    /// Events that come first.
    pub(crate) first: Vec<Value>,
    /// After so many seconds of the wall clock it ends.
    pub(crate) seconds: u64,
}

/// Everything that a request is carried out with.
pub(crate) struct Call<'a> {
    pub(crate) cluster: &'a mut Cluster,
    pub(crate) request: &'a Request,
    pub(crate) user: &'a User,
    pub(crate) clock: &'a Clock,
}

/// Carries a request out. `certificate` is whom a client's certificate names.
pub(crate) fn handle(
    cluster: &mut Cluster,
    request: &Request,
    certificate: Option<User>,
    clock: &Clock,
) -> Outcome {
    cluster.settle(clock);
    let outcome = user(cluster, request, certificate, clock)
        .and_then(|user| route(&mut Call { cluster: &mut *cluster, request, user: &user, clock }));
    cluster.settle(clock);
    outcome.unwrap_or_else(|failure| Outcome::Answer(failure.answer()))
}

fn user(
    cluster: &Cluster,
    request: &Request,
    certificate: Option<User>,
    clock: &Clock,
) -> Result<User, Failure> {
    let mut user = match request.header("authorization").and_then(|value| value.strip_prefix("Bearer ")) {
        Some(token) => cluster
            .authority
            .holder(token.trim(), clock.now())
            .ok_or_else(|| Failure::new(401, "Unauthorized", "Unauthorized"))?,
        None => match certificate {
            Some(user) => user,
            None => {
                return Ok(User {
                    name: "system:anonymous".to_owned(),
                    groups: vec!["system:unauthenticated".to_owned()],
                });
            }
        },
    };
    user.groups.push("system:authenticated".to_owned());
    Ok(user)
}

fn route(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let segments = call.request.segments();
    let words: Vec<&str> = segments.iter().map(String::as_str).collect();
    let is_object = matches!(words[..], ["api", _, _, ..] | ["apis", _, _, _, ..]);
    if !is_object {
        rights::may_read_path(call)?;
        return discovery::answer(call, &words).map(Outcome::Answer);
    }
    let target = Target::read(call.cluster, &segments)?;
    let verb = verb(call.request, &target)?;
    rights::may(call, &target, verb)?;
    if !target.subresource.is_empty() {
        return subresource::answer(call, &target, verb).map(Outcome::Answer);
    }
    if !target.kind.verbs.iter().any(|known| known == verb) {
        return Err(not_allowed());
    }
    if !matches!(verb, "get" | "list" | "watch") && !call.cluster.etcd.has_quorum() {
        return Err(Failure::new(
            500,
            "InternalError",
            "Internal error occurred: etcdserver: request timed out",
        ));
    }
    let (status, object) = match verb {
        "watch" => return reading::watch(call, &target).map(Outcome::Watch),
        "get" => (200, reading::get(call, &target)?),
        "list" => (200, reading::list(call, &target)?),
        "create" => (201, writing::create(call, &target)?),
        "update" => writing::update(call, &target)?,
        "patch" => writing::patch(call, &target)?,
        "delete" => (200, super::deleting::delete(call, &target)?),
        "deletecollection" => (200, super::deleting::delete_all(call, &target)?),
        _ => return Err(not_allowed()),
    };
    let object = if table::wanted(call.request) && matches!(verb, "get" | "list") {
        table::of(&target.kind, &object, call.clock)
    } else {
        object
    };
    let answer = Answer::json(status, object);
    Ok(Outcome::Answer(answer))
}

/// The verb that rights are about.
fn verb(request: &Request, target: &Target) -> Result<&'static str, Failure> {
    let watches = request.parameter("watch").is_some_and(|value| value == "true" || value == "1");
    Ok(match (request.method.as_str(), target.name.is_empty()) {
        ("GET", _) if watches => "watch",
        ("GET", true) => "list",
        ("GET", false) => "get",
        ("POST", true) => "create",
        ("POST", false) if !target.subresource.is_empty() => "create",
        ("PUT", false) => "update",
        ("PATCH", false) => "patch",
        ("DELETE", true) => "deletecollection",
        ("DELETE", false) => "delete",
        _ => return Err(not_allowed()),
    })
}

fn not_allowed() -> Failure {
    Failure::new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
        .with(json!({}))
}

impl Call<'_> {
    /// The date.
    pub(crate) fn now(&self) -> String {
        super::cluster::seconds(&self.clock.stamp())
    }

    /// Whether everything is checked and nothing kept.
    pub(crate) fn is_dry(&self) -> Result<bool, Failure> {
        match self.request.parameter("dryRun").as_deref() {
            None | Some("") => Ok(false),
            Some("All") => Ok(true),
            Some(other) => Err(Failure::bad(format!(
                "dryRun: Unsupported value: \"{other}\": supported values: \"All\""
            ))),
        }
    }

    /// Who manages what is written.
    pub(crate) fn manager(&self) -> String {
        self.request.parameter("fieldManager").unwrap_or_else(|| {
            let agent = self.request.header("user-agent").unwrap_or("unknown");
            agent.split('/').next().unwrap_or("unknown").to_owned()
        })
    }

    /// The body; JSON, or YAML where an apply sends it.
    pub(crate) fn body(&self) -> Result<Value, Failure> {
        let media = self.request.header("content-type").unwrap_or("application/json");
        let media = media.split(';').next().unwrap_or_default().trim();
        if media == "application/vnd.kubernetes.protobuf"
            && let Some(object) = super::protobuf::read(&self.request.body)
        {
            return Ok(object);
        }
        if media == "application/vnd.kubernetes.protobuf" || media.ends_with("cbor") {
            return Err(Failure::new(
                415,
                "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml",
            ));
        }
        if media.contains("yaml") {
            return serde_norway::from_slice(&self.request.body)
                .map_err(|error| Failure::bad(format!("error decoding YAML: {error}")));
        }
        serde_json::from_slice(&self.request.body).map_err(|error| {
            Failure::bad(format!("the object provided is unrecognized (must be of type Status): {error}"))
        })
    }
}
