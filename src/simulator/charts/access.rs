//! Who may have charts: everybody, who knows a password, or who has a token that a password buys.
//!
//! `acr` is Azure's registry: a token of Entra ID buys a refresh token, and that is the password of nobody, for
//! which there are tokens. Sources: the REST reference of Azure Container Registry (Refresh Tokens, Access
//! Tokens) and the ACR project's pages about AAD OAuth and basic authentication.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;
use time::OffsetDateTime;

use crate::simulator::message::{Answer, Request};

/// How long a token is good for.
const LIFE: Duration = Duration::from_secs(300);
/// The user whose password is a refresh token.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// The rule of access, as `POST /charts/access` takes it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Access {
    kind: Kind,
    username: String,
    password: String,
    #[serde(skip)]
    tokens: BTreeMap<String, Token>,
    #[serde(skip)]
    refresh: BTreeSet<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    Open,
    Basic,
    Token,
    Acr,
}

#[derive(Debug)]
struct Token {
    scopes: Vec<String>,
    ends: OffsetDateTime,
}

impl Access {
    /// The rule in a word.
    pub(super) fn word(&self) -> &'static str {
        match self.kind {
            Kind::Open => "open",
            Kind::Basic => "basic",
            Kind::Token => "token",
            Kind::Acr => "acr",
        }
    }

    /// The refusal of a request to the registry, where it has no right. `rest` is the path below `v2`.
    pub(super) fn refuse(&self, request: &Request, rest: &[&str], now: OffsetDateTime) -> Option<Answer> {
        match self.kind {
            Kind::Open => None,
            Kind::Basic if self.knows(request) => None,
            Kind::Basic => Some(unauthorized("Basic realm=\"charts\"".to_owned())),
            Kind::Token | Kind::Acr => {
                let scope = scope(request, rest);
                if self.admits(request, scope.as_deref(), now) {
                    return None;
                }
                let origin = &request.origin;
                let mut challenge = if self.kind == Kind::Acr {
                    format!("Bearer realm=\"{origin}/oauth2/token\",service=\"{}\"", host(request))
                } else {
                    format!("Bearer realm=\"{origin}/token\",service=\"charts\"")
                };
                if let Some(scope) = scope {
                    challenge.push_str(&format!(",scope=\"{scope}\""));
                }
                Some(unauthorized(challenge))
            }
        }
    }

    /// The refusal of a request to the repository: it knows passwords only.
    pub(super) fn refuse_plainly(&self, request: &Request) -> Option<Answer> {
        let refused = self.kind != Kind::Open && !self.knows(request);
        refused.then(|| Answer::empty(401).with("WWW-Authenticate", "Basic realm=\"charts\""))
    }

    /// Sells a token for the password.
    pub(super) fn token(&mut self, request: &Request, now: OffsetDateTime) -> Answer {
        if self.kind != Kind::Token {
            return Answer::empty(404);
        }
        if request.method != "GET" {
            return Answer::empty(405).with("Allow", "GET");
        }
        if !self.knows(request) {
            return unauthorized("Basic realm=\"charts\"".to_owned());
        }
        let asked: Vec<_> = url::form_urlencoded::parse(request.query.as_bytes()).into_owned().collect();
        let token = self.sell(&asked, now);
        Answer::json(200, json!({ "token": token, "access_token": token, "expires_in": LIFE.as_secs() }))
    }

    fn sell(&mut self, asked: &[(String, String)], now: OffsetDateTime) -> String {
        let scopes = asked.iter().filter(|(name, _)| name == "scope");
        let scopes = scopes.flat_map(|(_, value)| value.split(' ').map(str::to_owned)).collect();
        let token = uuid::Uuid::new_v4().simple().to_string();
        self.tokens.retain(|_, token| token.ends > now);
        self.tokens.insert(token.clone(), Token { scopes, ends: now + LIFE });
        token
    }

    /// `POST /oauth2/exchange`: `knows` says whether a token of Entra ID is one.
    pub(super) fn exchange(&mut self, request: &Request, knows: impl Fn(&str) -> bool) -> Answer {
        if self.kind != Kind::Acr || request.method != "POST" {
            return Answer::empty(404);
        }
        let form = request.form();
        let given =
            |wanted: &str| form.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        if given("grant_type") != Some("access_token") || given("service") != Some(host(request)) {
            return refused(400, "BAD_REQUEST", "grant_type or service of the exchange is not right");
        }
        if !given("access_token").is_some_and(knows) {
            return refused(401, "UNAUTHORIZED", "authentication required");
        }
        let token = uuid::Uuid::new_v4().simple().to_string();
        self.refresh.insert(token.clone());
        Answer::json(200, json!({ "refresh_token": token }))
    }

    /// `GET /oauth2/token` with a refresh token as the password of nobody, or `POST` with it in a form.
    pub(super) fn oauth_token(&mut self, request: &Request, now: OffsetDateTime) -> Answer {
        if self.kind != Kind::Acr {
            return Answer::empty(404);
        }
        let query = || url::form_urlencoded::parse(request.query.as_bytes()).into_owned().collect();
        let asked: Vec<(String, String)> = if request.method == "GET" { query() } else { request.form() };
        let value =
            |wanted: &str| asked.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
        let given = if request.method == "GET" {
            let basic = request.header("authorization").and_then(|value| value.strip_prefix("Basic "));
            let pair = basic.and_then(|text| String::from_utf8(STANDARD.decode(text).ok()?).ok());
            pair.and_then(|pair| pair.strip_prefix(&format!("{NOBODY}:")).map(str::to_owned))
        } else {
            value("refresh_token").filter(|_| value("grant_type").as_deref() == Some("refresh_token"))
        };
        if value("service").as_deref() != Some(host(request)) {
            return refused(400, "BAD_REQUEST", "service is not this registry");
        }
        if !given.is_some_and(|given| self.refresh.contains(&given)) {
            return refused(401, "UNAUTHORIZED", "authentication required");
        }
        Answer::json(200, json!({ "access_token": self.sell(&asked, now) }))
    }

    fn knows(&self, request: &Request) -> bool {
        let expected = STANDARD.encode(format!("{}:{}", self.username, self.password));
        request.header("authorization").and_then(|value| value.strip_prefix("Basic ")) == Some(&expected)
    }

    fn admits(&self, request: &Request, scope: Option<&str>, now: OffsetDateTime) -> bool {
        let given = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let Some(token) = given.and_then(|given| self.tokens.get(given)) else { return false };
        token.ends > now
            && scope.is_none_or(|wanted| token.scopes.iter().any(|granted| covers(granted, wanted)))
    }
}

/// What a request needs: `repository:NAME:pull` or `repository:NAME:pull,push`.
fn scope(request: &Request, rest: &[&str]) -> Option<String> {
    let end = rest.iter().position(|part| matches!(*part, "manifests" | "blobs" | "tags" | "referrers"))?;
    let name = rest[..end].join("/");
    let actions = if matches!(request.method.as_str(), "GET" | "HEAD") { "pull" } else { "pull,push" };
    Some(format!("repository:{name}:{actions}"))
}

/// Whether a granted scope allows the wanted one.
fn covers(granted: &str, wanted: &str) -> bool {
    let (Some((granted, may)), Some((wanted, does))) = (granted.rsplit_once(':'), wanted.rsplit_once(':'))
    else {
        return false;
    };
    granted == wanted && does.split(',').all(|action| may.split(',').any(|one| one == action || one == "*"))
}

/// Host and port by which the client knows us.
fn host(request: &Request) -> &str {
    request.origin.split_once("://").map_or("", |(_, host)| host)
}

fn refused(status: u16, code: &str, message: &str) -> Answer {
    Answer::json(status, json!({ "errors": [{ "code": code, "message": message }] }))
}

fn unauthorized(challenge: String) -> Answer {
    let errors = json!({ "errors": [{ "code": "UNAUTHORIZED", "message": "authentication required" }] });
    Answer::json(401, errors).with("WWW-Authenticate", challenge)
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_scope_covers_its_own_repository_and_its_own_actions() {
        assert!(covers("repository:a/b:pull,push", "repository:a/b:pull"));
        assert!(covers("repository:a/b:*", "repository:a/b:pull,push"));
        assert!(!covers("repository:a/b:pull", "repository:a/b:pull,push"));
        assert!(!covers("repository:a:pull", "repository:a/b:pull"));
        assert!(!covers("pull", "repository:a/b:pull"));
    }
}
