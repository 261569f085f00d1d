//! Entra ID's token endpoint, the managed identity endpoint and two issuers of OIDC assertions.

use serde_json::{Value, json};

use super::message::{Answer, Request};
use super::settings::{
    AZURE_DEVOPS, CLIENT, EXCHANGE, EXPIRED_SECRET, FOREIGN_TENANT, GITHUB, OIDC_BEARER, SECRET, TENANT,
};
use super::token::{Assertion, LIFETIME, signed};
use super::world::World;

/// Whether a request is about logging in; such requests are not counted among those to Azure.
pub(crate) fn is_login(request: &Request) -> bool {
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    matches!(
        segments.as_slice(),
        [_, "oauth2", "v2.0", "token"]
            | [_, "v2.0", ".well-known", "openid-configuration"]
            | ["common", "discovery", "instance"]
            | ["metadata", "identity", "oauth2", "token"]
            | ["metadata", "endpoints"]
            | ["oidc", _]
    )
}

/// Answers a login.
pub(crate) fn answer(world: &mut World, request: &Request) -> Answer {
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (request.method.as_str(), segments.as_slice()) {
        ("POST", [tenant, "oauth2", "v2.0", "token"]) => {
            token(world, request, tenant).unwrap_or_else(|fault| fault.answer(world))
        }
        ("GET", [tenant, "v2.0", ".well-known", "openid-configuration"]) => configuration(request, tenant),
        ("GET", ["common", "discovery", "instance"]) => instance(request),
        ("GET", ["metadata", "identity", "oauth2", "token"]) => managed_identity(world, request),
        ("GET", ["metadata", "endpoints"]) => environment(request),
        ("GET", ["oidc", "github"]) => github(world, request),
        ("POST", ["oidc", "azure-devops"]) => azure_devops(world, request),
        _ => Answer::empty(405),
    }
}

/// A refusal of Entra ID.
struct Fault {
    status: u16,
    error: &'static str,
    number: u32,
    text: String,
}

impl Fault {
    fn new(status: u16, error: &'static str, number: u32, text: impl Into<String>) -> Self {
        Self { status, error, number, text: text.into() }
    }

    fn answer(&self, world: &World) -> Answer {
        let (trace, correlation) = (uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
        let at = world.clock.now();
        let time = format!("{} {:02}:{:02}:{:02}Z", at.date(), at.hour(), at.minute(), at.second());
        Answer::json(
            self.status,
            json!({
                "error": self.error,
                "error_description": format!(
                    "AADSTS{}: {} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {time}",
                    self.number, self.text
                ),
                "error_codes": [self.number],
                "timestamp": time,
                "trace_id": trace.to_string(),
                "correlation_id": correlation.to_string(),
                "error_uri": format!("{}/error?code={}", world.servers.azure(), self.number),
            }),
        )
        .with("x-ms-request-id", trace.to_string())
        .with("Cache-Control", "no-store, no-cache")
    }
}

fn token(world: &mut World, request: &Request, tenant: &str) -> Result<Answer, Fault> {
    let form = request.form();
    let field = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let needed = |name: &str| {
        field(name).filter(|value| !value.is_empty()).ok_or_else(|| {
            let text = format!("The request body must contain the following parameter: '{name}'.");
            Fault::new(400, "invalid_request", 900_144, text)
        })
    };
    if ![TENANT, FOREIGN_TENANT].contains(&tenant.to_lowercase().as_str()) {
        let text = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into \
             the correct cloud. Check with your subscription administrator, this may happen if there are no \
             active subscriptions for the tenant."
        );
        return Err(Fault::new(400, "invalid_request", 90_002, text));
    }
    let grant = needed("grant_type")?;
    if grant != "client_credentials" {
        let text = format!("The app requested an unsupported grant type '{grant}'.");
        return Err(Fault::new(400, "unsupported_grant_type", 70_003, text));
    }
    let client = needed("client_id")?;
    if !client.eq_ignore_ascii_case(CLIENT) {
        let text = format!(
            "Application with identifier '{client}' was not found in the directory '{tenant}'. This can happen if \
             the application has not been installed by the administrator of the tenant or consented to by any \
             user in the tenant. You may have sent your authentication request to the wrong tenant."
        );
        return Err(Fault::new(400, "unauthorized_client", 700_016, text));
    }
    let audience = audience(world, needed("scope")?)?;
    if let Some(assertion) = field("client_assertion") {
        if field("client_assertion_type") != Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer") {
            let text = "The request body must contain the following parameter: 'client_assertion_type'.";
            return Err(Fault::new(400, "invalid_request", 900_144, text));
        }
        check_assertion(world, assertion, client, tenant)?;
    } else {
        let secret = field("client_secret").unwrap_or_default();
        if secret.is_empty() {
            let text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
            return Err(Fault::new(401, "invalid_client", 7_000_218, text));
        }
        check_secret(secret, client)?;
    }
    let now = world.clock.now();
    let token = world.tokens.issue(&tenant.to_lowercase(), &audience, client, now);
    Ok(Answer::json(
        200,
        json!({ "token_type": "Bearer", "expires_in": LIFETIME, "ext_expires_in": LIFETIME, "access_token": token }),
    )
    .with("Cache-Control", "no-store, no-cache"))
}

fn check_secret(secret: &str, client: &str) -> Result<(), Fault> {
    if secret == EXPIRED_SECRET {
        let text = format!(
            "The provided client secret keys for app '{client}' are expired. Visit the Azure portal to create new \
             keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for \
             added security: https://aka.ms/certCreds."
        );
        return Err(Fault::new(401, "invalid_client", 7_000_222, text));
    }
    if secret != SECRET {
        let text = format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret \
             value, not the client secret ID, for a secret added to app '{client}'."
        );
        return Err(Fault::new(401, "invalid_client", 7_000_215, text));
    }
    Ok(())
}

/// The resource of a scope, if we know it.
fn audience(world: &World, scope: &str) -> Result<String, Fault> {
    let wrong = || {
        let text = format!(
            "The provided value for scope {scope} is not valid. Client credential flows must have a scope value \
             with /.default suffixed to the resource identifier (application ID URI)."
        );
        Fault::new(400, "invalid_scope", 1_002_012, text)
    };
    // Microsoft's own clients ask for these on every login; they mean nothing here.
    let idle = ["openid", "offline_access", "profile", "email"];
    let mut scopes = scope.split_whitespace().filter(|scope| !idle.contains(scope));
    let (Some(scope), None) = (scopes.next(), scopes.next()) else { return Err(wrong()) };
    let resource = scope.strip_suffix("/.default").ok_or_else(wrong)?.trim_end_matches('/');
    if known_resource(world, resource) {
        return Ok(resource.to_owned());
    }
    let text = format!(
        "The resource principal named {resource} was not found in the tenant. This can happen if the application \
         has not been installed by the administrator of the tenant or consented to by any user in the tenant. You \
         might have sent your authentication request to the wrong tenant."
    );
    Err(Fault::new(400, "invalid_resource", 500_011, text))
}

fn known_resource(world: &World, resource: &str) -> bool {
    let resource = resource.trim_end_matches('/');
    let servers = &world.servers;
    ["https://management.azure.com", "https://management.core.windows.net"].contains(&resource)
        || resource == servers.azure()
        || resource == format!("http://{}", servers.http)
        || resource == format!("https://localhost:{}", servers.https.rsplit(':').next().unwrap_or_default())
}

/// Checks a client's assertion: one signed with its certificate (issued by itself), or one of an
/// issuer that the application trusts. A certificate's signature is not verified.
fn check_assertion(world: &World, token: &str, client: &str, tenant: &str) -> Result<(), Fault> {
    let Some(assertion) = Assertion::parse(token) else {
        return Err(Fault::new(400, "invalid_request", 50_027, "JWT token is invalid or malformed."));
    };
    let (issuer, subject, audience) = (assertion.text("iss"), assertion.text("sub"), assertion.text("aud"));
    if !assertion.valid_at(world.clock.now()) {
        let text = format!(
            "Client assertion is not within its valid time range. Current time: {}, expiry time of assertion: {}.",
            world.clock.stamp(),
            assertion.claims.get("exp").unwrap_or(&Value::Null)
        );
        return Err(Fault::new(401, "invalid_client", 700_024, text));
    }
    if issuer.eq_ignore_ascii_case(client) {
        let algorithm = assertion.header.get("alg").and_then(Value::as_str).unwrap_or_default();
        let thumbprint = ["x5t", "x5t#S256"].iter().any(|name| assertion.header.get(*name).is_some());
        if !["RS256", "PS256"].contains(&algorithm) || !thumbprint {
            let text = "The certificate with identifier used to sign the client assertion is not registered on \
                        application.";
            return Err(Fault::new(401, "invalid_client", 700_027, text));
        }
        let ending = format!("/{}/oauth2/v2.0/token", tenant.to_lowercase());
        if !audience.to_lowercase().ends_with(&ending) || !subject.eq_ignore_ascii_case(client) {
            let text = format!(
                "Client assertion audience claim does not match Realm issuer. Audience: '{audience}', subject: \
                 '{subject}'."
            );
            return Err(Fault::new(401, "invalid_client", 50_012, text));
        }
        return Ok(());
    }
    let trusted = [GITHUB, AZURE_DEVOPS].contains(&(issuer, subject)) && audience == EXCHANGE;
    if !trusted {
        let text = format!(
            "No matching federated identity record found for presented assertion. Assertion Issuer: '{issuer}'. \
             Assertion Subject: '{subject}'. Assertion Audience: '{audience}'. \
             https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
        );
        return Err(Fault::new(401, "invalid_client", 70_021, text));
    }
    if !assertion.ours {
        return Err(Fault::new(401, "invalid_client", 50_013, "Assertion failed signature validation."));
    }
    Ok(())
}

fn configuration(request: &Request, tenant: &str) -> Answer {
    let base = format!("{}/{tenant}", request.origin);
    Answer::json(
        200,
        json!({
            "issuer": format!("{base}/v2.0"),
            "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
            "token_endpoint": format!("{base}/oauth2/v2.0/token"),
            "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
            "jwks_uri": format!("{base}/discovery/v2.0/keys"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "response_types_supported": ["code", "id_token", "token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }),
    )
}

fn instance(request: &Request) -> Answer {
    let host = request.origin.split("//").nth(1).unwrap_or_default();
    Answer::json(
        200,
        json!({
            "tenant_discovery_endpoint":
                format!("{}/{TENANT}/v2.0/.well-known/openid-configuration", request.origin),
            "api-version": "1.1",
            "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }],
        }),
    )
}

fn environment(request: &Request) -> Answer {
    let origin = &request.origin;
    Answer::json(
        200,
        json!({
            "name": "AzureSimulator",
            "portal": origin,
            "authentication": {
                "loginEndpoint": origin,
                "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
                "tenant": "common",
                "identityProvider": "AAD",
            },
            "resourceManager": origin,
            "suffixes": {},
        }),
    )
}

fn managed_identity(world: &mut World, request: &Request) -> Answer {
    let refuse =
        |text: &str| Answer::json(400, json!({ "error": "invalid_request", "error_description": text }));
    if !request.header("metadata").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return refuse("Required metadata header not specified");
    }
    if request.parameter("api-version").is_none() {
        return refuse("Required query variable 'api-version' is missing");
    }
    let Some(resource) = request.parameter("resource") else {
        return refuse("Required query variable 'resource' is missing");
    };
    if request.parameter("client_id").is_some_and(|client| !client.eq_ignore_ascii_case(CLIENT)) {
        return refuse("Identity not found");
    }
    if !known_resource(world, &resource) {
        return Answer::json(
            400,
            json!({
                "error": "invalid_resource",
                "error_description": format!(
                    "AADSTS500011: The resource principal named {resource} was not found in the tenant."),
            }),
        );
    }
    let now = world.clock.now();
    let token = world.tokens.issue(TENANT, &resource, CLIENT, now);
    Answer::json(
        200,
        json!({
            "access_token": token,
            "client_id": CLIENT,
            "expires_in": LIFETIME.to_string(),
            "expires_on": (now.unix_timestamp() + LIFETIME).to_string(),
            "ext_expires_in": LIFETIME.to_string(),
            "not_before": now.unix_timestamp().to_string(),
            "resource": resource,
            "token_type": "Bearer",
        }),
    )
}

fn bearer_is(request: &Request, wanted: &str) -> bool {
    request
        .header("authorization")
        .and_then(|value| value.split_once(' '))
        .is_some_and(|(kind, token)| kind.eq_ignore_ascii_case("bearer") && token == wanted)
}

fn github(world: &World, request: &Request) -> Answer {
    if !bearer_is(request, OIDC_BEARER) {
        return Answer::json(401, json!({ "message": "Bad credentials" }));
    }
    let audience = request.parameter("audience").unwrap_or_else(|| "https://github.com/bud".to_owned());
    Answer::json(200, json!({ "count": 1, "value": identity(world, GITHUB, &audience) }))
}

fn azure_devops(world: &World, request: &Request) -> Answer {
    if !bearer_is(request, OIDC_BEARER) {
        return Answer::empty(401);
    }
    for name in ["api-version", "serviceConnectionId"] {
        if request.parameter(name).is_none_or(|value| value.is_empty()) {
            return Answer::json(400, json!({ "message": format!("A value is required for '{name}'.") }));
        }
    }
    Answer::json(200, json!({ "oidcToken": identity(world, AZURE_DEVOPS, EXCHANGE) }))
}

/// An assertion of an issuer; they live five minutes, as GitHub's do.
fn identity(world: &World, (issuer, subject): (&str, &str), audience: &str) -> String {
    let now = world.clock.now().unix_timestamp();
    signed(
        &json!({ "iss": issuer, "sub": subject, "aud": audience, "iat": now, "nbf": now, "exp": now + 300 }),
    )
}
