//! Who may have charts: everybody, who knows a password, or who has a token that a password buys.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;
use time::OffsetDateTime;

use crate::simulator::message::{Answer, Request};

/// How long a token is good for.
const LIFE: Duration = Duration::from_secs(300);

/// The rule of access, as `POST /charts/access` takes it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Access {
    kind: Kind,
    username: String,
    password: String,
    #[serde(skip)]
    tokens: BTreeMap<String, Token>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    Open,
    Basic,
    Token,
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
        }
    }

    /// The refusal of a request to the registry, where it has no right. `rest` is the path below `v2`.
    pub(super) fn refuse(&self, request: &Request, rest: &[&str], now: OffsetDateTime) -> Option<Answer> {
        match self.kind {
            Kind::Open => None,
            Kind::Basic if self.knows(request) => None,
            Kind::Basic => Some(unauthorized("Basic realm=\"charts\"".to_owned())),
            Kind::Token => {
                let scope = scope(request, rest);
                if self.admits(request, scope.as_deref(), now) {
                    return None;
                }
                let mut challenge = format!("Bearer realm=\"{}/token\",service=\"charts\"", request.origin);
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
        let asked = url::form_urlencoded::parse(request.query.as_bytes());
        let scopes: Vec<String> = asked
            .filter(|(name, _)| name == "scope")
            .flat_map(|(_, value)| value.split(' ').map(str::to_owned).collect::<Vec<_>>())
            .collect();
        let token = uuid::Uuid::new_v4().simple().to_string();
        self.tokens.retain(|_, token| token.ends > now);
        self.tokens.insert(token.clone(), Token { scopes, ends: now + LIFE });
        Answer::json(200, json!({ "token": token, "access_token": token, "expires_in": LIFE.as_secs() }))
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
