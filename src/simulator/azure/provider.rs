//! Resource providers and their registration.

use serde_json::{Value, json};

use super::super::message::{Answer, Refusal, Request};
use super::super::world::World;
use super::kind::{COMPUTE, Kind, NETWORK};
use super::list as lists;
use super::place::Place;
use super::region;

/// The namespaces that exist.
const NAMESPACES: &[&str] = &[NETWORK, "Microsoft.Resources", COMPUTE];

/// `GET …/providers`.
pub(crate) fn list(world: &World, request: &Request, subscription: &str) -> Answer {
    let items: Vec<Value> =
        NAMESPACES.iter().map(|namespace| shown(world, subscription, namespace)).collect();
    lists::page(world, request, &items)
}

/// `GET …/providers/{namespace}`.
pub(crate) fn get(world: &World, subscription: &str, namespace: &str) -> Result<Answer, Refusal> {
    Ok(Answer::json(200, shown(world, subscription, known(namespace)?)))
}

/// `POST …/providers/{namespace}/register` and `…/unregister`.
pub(crate) fn register(
    world: &mut World,
    subscription: &str,
    namespace: &str,
    wanted: bool,
) -> Result<Answer, Refusal> {
    let namespace = known(namespace)?;
    if wanted {
        world.azure.unregistered.remove(&namespace.to_lowercase());
    } else {
        world.azure.unregistered.insert(namespace.to_lowercase());
    }
    Ok(Answer::json(200, shown(world, subscription, namespace)))
}

/// Refuses to make anything of a provider that is not registered.
pub(crate) fn check_registered(world: &World, place: &Place) -> Result<(), Refusal> {
    let namespace = place.kind.namespace();
    if place.kind == Kind::Group || !world.azure.unregistered.contains(&namespace.to_lowercase()) {
        return Ok(());
    }
    let message = format!(
        "The subscription is not registered to use namespace '{namespace}'. See https://aka.ms/rps-not-found for how to \
         register subscriptions."
    );
    Err(Refusal::new(409, "MissingSubscriptionRegistration", message.clone()).detail_at(
        "MissingSubscriptionRegistration",
        namespace,
        message,
    ))
}

fn known(namespace: &str) -> Result<&'static str, Refusal> {
    NAMESPACES.iter().find(|known| known.eq_ignore_ascii_case(namespace)).copied().ok_or_else(|| {
        let message = format!("The resource namespace '{namespace}' is invalid.");
        Refusal::new(404, "InvalidResourceNamespace", message)
    })
}

fn shown(world: &World, subscription: &str, namespace: &str) -> Value {
    let registered = !world.azure.unregistered.contains(&namespace.to_lowercase());
    let types: Vec<Value> = Kind::ALL
        .into_iter()
        .filter(|kind| kind.namespace() == namespace)
        .map(|kind| {
            let name = kind.type_name();
            json!({
                "resourceType": name.split_once('/').map_or(name.as_str(), |(_, name)| name),
                "locations": region::display_names(),
                "apiVersions": kind.versions(),
                "capabilities": "SupportsTags, SupportsLocation",
            })
        })
        .collect();
    json!({
        "id": format!("/subscriptions/{subscription}/providers/{namespace}"),
        "namespace": namespace,
        "registrationPolicy": "RegistrationRequired",
        "registrationState": if registered { "Registered" } else { "NotRegistered" },
        "resourceTypes": types,
    })
}
