//! Every way to log in, and every way not to.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::super::settings::{CLIENT, EXPIRED_SECRET, FOREIGN_TENANT, OIDC_BEARER, SECRET, TENANT};
use super::super::token::signed;
use super::bench::{Bench, Seen, group, seen};

const BEARER_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Fails the test unless Entra ID refused with this status, error and number.
#[track_caller]
fn refused(seen: &Seen, status: u16, error: &str, number: u32) {
    assert_eq!((seen.status, seen.body["error"].as_str()), (status, Some(error)), "{}", seen.body);
    assert_eq!(seen.body["error_codes"][0], number);
    assert!(seen.body["error_description"].as_str().unwrap().starts_with(&format!("AADSTS{number}: ")));
}

async fn present(bench: &Bench, assertion: &str) -> Seen {
    bench.ask_token(TENANT, &[("client_assertion", assertion), ("client_assertion_type", BEARER_TYPE)]).await
}

#[tokio::test]
async fn wrong_secrets_tenants_and_clients() {
    let bench = Bench::new().await;
    let ask = async |tenant: &str, more: &[(&str, &str)]| bench.ask_token(tenant, more).await;
    refused(&ask(TENANT, &[("client_secret", "no")]).await, 401, "invalid_client", 7_000_215);
    refused(&ask(TENANT, &[("client_secret", EXPIRED_SECRET)]).await, 401, "invalid_client", 7_000_222);
    refused(&ask(TENANT, &[]).await, 401, "invalid_client", 7_000_218);
    refused(&ask("nobody.example", &[("client_secret", SECRET)]).await, 400, "invalid_request", 90_002);
    let other = [("client_secret", SECRET), ("client_id", "c11e0000-0000-4000-8000-000000000009")];
    refused(&ask(TENANT, &other).await, 400, "unauthorized_client", 700_016);
    let scope = [("client_secret", SECRET), ("scope", "https://graph.example/.default")];
    refused(&ask(TENANT, &scope).await, 400, "invalid_resource", 500_011);
    let several = "https://management.azure.com/.default openid offline_access profile";
    ask(TENANT, &[("client_secret", SECRET), ("scope", several)]).await.is(200);
    for scope in ["openid", "https://management.azure.com/.default https://management.azure.com/.default"] {
        let scope = [("client_secret", SECRET), ("scope", scope)];
        refused(&ask(TENANT, &scope).await, 400, "invalid_scope", 1_002_012);
    }
    let scope = [("client_secret", SECRET), ("scope", "https://management.azure.com/user")];
    refused(&ask(TENANT, &scope).await, 400, "invalid_scope", 1_002_012);
    let grant = [("client_secret", SECRET), ("grant_type", "password")];
    refused(&ask(TENANT, &grant).await, 400, "unsupported_grant_type", 70_003);
    let empty = [("client_secret", SECRET), ("scope", "")];
    refused(&ask(TENANT, &empty).await, 400, "invalid_request", 900_144);
}

#[tokio::test]
async fn tokens_are_needed_expire_and_belong_to_a_tenant() {
    let bench = Bench::with_group().await;
    let address = format!("{}{}?api-version=2021-04-01", bench.endpoint("azure"), group());
    seen(bench.http.get(&address).send().await.unwrap()).await.refused(401, "AuthenticationFailed");
    let wrong = bench.http.get(&address).bearer_auth("wrong").send().await.unwrap();
    seen(wrong).await.refused(401, "InvalidAuthenticationToken");
    bench.advance(3_598).await;
    bench.send("GET", &group(), "2021-04-01", None).await.is(200);
    bench.advance(2).await;
    bench.send("GET", &group(), "2021-04-01", None).await.refused(401, "ExpiredAuthenticationToken");
    let foreign = bench.ask_token(FOREIGN_TENANT, &[("client_secret", SECRET)]).await.is(200);
    let bench = Bench { token: foreign.body["access_token"].as_str().unwrap().to_owned(), ..bench };
    bench.send("GET", &group(), "2021-04-01", None).await.refused(401, "InvalidAuthenticationTokenTenant");
}

#[tokio::test]
async fn github_and_azure_devops_give_assertions_that_live_five_minutes() {
    let bench = Bench::new().await;
    let github = format!("{}&audience=api://AzureADTokenExchange", bench.endpoint("github_oidc"));
    assert_eq!(bench.http.get(&github).send().await.unwrap().status(), 401);
    let ask = async |request: reqwest::RequestBuilder| {
        seen(request.bearer_auth(OIDC_BEARER).send().await.unwrap()).await
    };
    let github = ask(bench.http.get(&github)).await.is(200).body["value"].as_str().unwrap().to_owned();
    let devops = format!("{}?api-version=7.1&serviceConnectionId=x", bench.endpoint("azure_devops_oidc"));
    let devops = ask(bench.http.post(&devops)).await.is(200).body["oidcToken"].as_str().unwrap().to_owned();
    let elsewhere = format!("{}&audience=elsewhere", bench.endpoint("github_oidc"));
    let elsewhere = ask(bench.http.get(&elsewhere)).await.is(200).body["value"].as_str().unwrap().to_owned();
    present(&bench, &github).await.is(200);
    present(&bench, &devops).await.is(200);
    refused(&present(&bench, &elsewhere).await, 401, "invalid_client", 70_021);
    let forged = format!("{}A", &github[..github.len() - 1]);
    let forged = if forged == github { format!("{}B", &github[..github.len() - 1]) } else { forged };
    refused(&present(&bench, &forged).await, 401, "invalid_client", 50_013);
    refused(&present(&bench, "no.token").await, 400, "invalid_request", 50_027);
    bench.advance(301).await;
    refused(&present(&bench, &github).await, 401, "invalid_client", 700_024);
}

#[tokio::test]
async fn a_certificates_assertion_names_client_audience_and_thumbprint() {
    let bench = Bench::new().await;
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    let audience = format!("{}/{TENANT}/oauth2/v2.0/token", bench.endpoint("authority"));
    let claims = |audience: &str, subject: &str, end: i64| json!({ "iss": CLIENT, "sub": subject, "aud": audience, "nbf": now, "exp": end });
    let token = |header: Value, claims: &Value| {
        format!(
            "{}.{}.c2ln",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        )
    };
    let header = json!({ "alg": "RS256", "x5t": "abc" });
    let good = claims(&audience, CLIENT, now + 600);
    present(&bench, &token(header.clone(), &good)).await.is(200);
    refused(&present(&bench, &signed(&good)).await, 401, "invalid_client", 700_027);
    let wrong = token(json!({ "alg": "HS256", "x5t": "abc" }), &good);
    refused(&present(&bench, &wrong).await, 401, "invalid_client", 700_027);
    let wrong = token(header.clone(), &claims("https://elsewhere/token", CLIENT, now + 600));
    refused(&present(&bench, &wrong).await, 401, "invalid_client", 50_012);
    let wrong = token(header.clone(), &claims(&audience, "somebody", now + 600));
    refused(&present(&bench, &wrong).await, 401, "invalid_client", 50_012);
    let old = token(header, &claims(&audience, CLIENT, now - 1));
    refused(&present(&bench, &old).await, 401, "invalid_client", 700_024);
}

#[tokio::test]
async fn managed_identity_wants_its_header() {
    let bench = Bench::with_group().await;
    let address = format!(
        "{}?api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com%2F",
        bench.endpoint("managed_identity")
    );
    assert_eq!(bench.http.get(&address).send().await.unwrap().status(), 400);
    let with = seen(bench.http.get(&address).header("Metadata", "true").send().await.unwrap()).await.is(200);
    assert_eq!(with.body["token_type"], "Bearer");
    assert!(with.body["expires_on"].as_str().unwrap().parse::<i64>().is_ok());
    let bench = Bench { token: with.body["access_token"].as_str().unwrap().to_owned(), ..bench };
    bench.send("GET", &group(), "2021-04-01", None).await.is(200);
}

#[tokio::test]
async fn endpoints_can_be_discovered() {
    let bench = Bench::new().await;
    let origin = bench.endpoint("authority");
    let address = format!("{origin}/{TENANT}/v2.0/.well-known/openid-configuration");
    let found = seen(bench.http.get(address).send().await.unwrap()).await.is(200);
    assert_eq!(found.body["token_endpoint"], format!("{origin}/{TENANT}/oauth2/v2.0/token"));
    let address = format!("{origin}/metadata/endpoints?api-version=2022-09-01");
    let found = seen(bench.http.get(address).send().await.unwrap()).await.is(200);
    assert_eq!(found.body["resourceManager"], origin);
}
