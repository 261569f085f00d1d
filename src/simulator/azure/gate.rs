//! What every request must have: a token, an api-version, a subscription.

use super::super::message::{Refusal, Request};
use super::super::settings::{FOREIGN_SUBSCRIPTION, FOREIGN_TENANT, SUBSCRIPTION, TENANT};
use super::super::world::World;
use super::Circumstances;
use super::store::Author;

/// Lets a request pass, or refuses it in the order in which Azure looks.
pub(crate) fn pass(world: &World, request: &Request, circumstances: &Circumstances) -> Result<(), Refusal> {
    let tenant =
        if circumstances.author == Author::Portal { TENANT.to_owned() } else { token(world, request)? };
    if request.parameter("api-version").is_none_or(|version| version.is_empty()) {
        let message = "The api-version query parameter (?api-version=) is required for all requests.";
        return Err(Refusal::bad("MissingApiVersionParameter", message));
    }
    subscription(request, &tenant)
}

/// The tenant of the request's token.
fn token(world: &World, request: &Request) -> Result<String, Refusal> {
    let Some(header) = request.header("authorization") else {
        return Err(unauthorized(
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing.".to_owned(),
        ));
    };
    let issued = header
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .and_then(|(_, token)| world.tokens.find(token.trim()));
    let Some(issued) = issued else {
        return Err(unauthorized("InvalidAuthenticationToken", "The access token is invalid.".to_owned()));
    };
    let now = world.clock.now();
    if issued.expires <= now {
        let message = format!(
            "The access token expiry UTC time '{}' is earlier than current UTC time '{}'.",
            american(issued.expires),
            american(now)
        );
        return Err(unauthorized("ExpiredAuthenticationToken", message).with("x-ms-failure-cause", "gateway"));
    }
    Ok(issued.tenant.clone())
}

fn unauthorized(code: &str, message: String) -> Refusal {
    let challenge = format!(
        "Bearer authorization_uri=\"https://login.windows.net/{TENANT}\", error=\"invalid_token\", \
         error_description=\"{}\"",
        message.replace('"', "'")
    );
    Refusal::new(401, code, message).with("WWW-Authenticate", challenge)
}

/// A date as this one message writes it: `3/19/2023 8:55:46 AM`.
fn american(date: time::OffsetDateTime) -> String {
    let hour = match date.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    let half = if date.hour() < 12 { "AM" } else { "PM" };
    format!(
        "{}/{}/{} {hour}:{:02}:{:02} {half}",
        u8::from(date.month()),
        date.day(),
        date.year(),
        date.minute(),
        date.second()
    )
}

fn subscription(request: &Request, tenant: &str) -> Result<(), Refusal> {
    let segments = request.segments();
    let [head, id, ..] = segments.as_slice() else { return Ok(()) };
    if !head.eq_ignore_ascii_case("subscriptions") {
        return Ok(());
    }
    if uuid::Uuid::try_parse(id).is_err() {
        let message = format!("The provided subscription identifier '{id}' is malformed or invalid.");
        return Err(Refusal::bad("InvalidSubscriptionId", message));
    }
    let owner = match id.to_lowercase().as_str() {
        SUBSCRIPTION => TENANT,
        FOREIGN_SUBSCRIPTION => FOREIGN_TENANT,
        _ => {
            let message = format!("The subscription '{id}' could not be found.");
            return Err(Refusal::new(404, "SubscriptionNotFound", message));
        }
    };
    if owner != tenant {
        let message = format!(
            "The access token is from the wrong issuer 'https://sts.windows.net/{tenant}/'. It must match the tenant \
             'https://sts.windows.net/{owner}/' associated with this subscription. Please use the authority (URL) \
             'https://login.windows.net/{owner}' to get the token. Note, if the subscription is transferred to \
             another tenant there is no impact to the services, but information about new tenant could take time to \
             propagate (up to an hour). If you just transferred your subscription and see this error message, please \
             try back later."
        );
        return Err(unauthorized("InvalidAuthenticationTokenTenant", message));
    }
    Ok(())
}
