//! Finds what a request is about.

use super::super::message::{Answer, Refusal, Request};
use super::super::world::World;
use super::Circumstances;
use super::kind::{COMPUTE, Kind, NETWORK};
use super::place::Place;
use super::{
    availability_set, compute, delete, disk, group_resources, list, poll, provider, put, read,
    resource_group, subscription, tags, virtual_machine,
};

/// Versions of the API of resource groups, resources and providers.
const RESOURCE_VERSIONS: &[&str] =
    &["2024-03-01", "2023-07-01", "2022-09-01", "2021-04-01", "2021-01-01", "2020-06-01"];
/// Versions of the API of subscriptions and tenants.
const SUBSCRIPTION_VERSIONS: &[&str] =
    &["2022-12-01", "2022-09-01", "2021-04-01", "2021-01-01", "2020-01-01", "2016-06-01"];

/// Carries a request out.
pub(crate) fn route(
    world: &mut World,
    request: &Request,
    circumstances: &Circumstances,
) -> Result<Answer, Refusal> {
    let segments = request.segments();
    let lower: Vec<String> = segments.iter().map(|segment| segment.to_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    let method = request.method.as_str();
    let own = |at: usize| segments[at].as_str();
    if let Some(answer) = compute::route(world, request, &segments, &lower, circumstances) {
        return answer;
    }
    match lower.as_slice() {
        ["tenants" | "subscriptions"] | ["subscriptions", _] | ["subscriptions", _, "locations"] => {
            version(request, SUBSCRIPTION_VERSIONS)?;
            subscription::show(request, &lower)
        }
        ["subscriptions", id, "providers"] => {
            version(request, RESOURCE_VERSIONS)?;
            only(method, "GET")?;
            Ok(provider::list(world, request, id))
        }
        ["subscriptions", id, "providers", _] if method == "GET" => {
            version(request, RESOURCE_VERSIONS)?;
            provider::get(world, id, own(3))
        }
        ["subscriptions", id, "providers", _, action @ ("register" | "unregister")] => {
            version(request, RESOURCE_VERSIONS)?;
            only(method, "POST")?;
            provider::register(world, id, own(3), *action == "register")
        }
        ["subscriptions", _, "providers", "microsoft.network", "locations", _, "operations", id] => {
            only(method, "GET")?;
            poll::status(world, id)
        }
        ["subscriptions", _, "providers", "microsoft.network", "locations", _, "operationresults", id]
        | ["subscriptions", _, "operationresults", id] => {
            only(method, "GET")?;
            poll::result(world, request, id)
        }
        ["subscriptions", _, "resources"] => {
            version(request, RESOURCE_VERSIONS)?;
            only(method, "GET")?;
            group_resources::list(world, request, None)
        }
        ["subscriptions", _, "resourcegroups"] => {
            version(request, RESOURCE_VERSIONS)?;
            only(method, "GET")?;
            resource_group::list(world, request)
        }
        ["subscriptions", id, "resourcegroups", _] => {
            version(request, RESOURCE_VERSIONS)?;
            resource_group::handle(world, request, &Place::group(id, own(3)), circumstances)
        }
        ["subscriptions", id, "resourcegroups", _, "resources"] => {
            version(request, RESOURCE_VERSIONS)?;
            only(method, "GET")?;
            let group = Place::group(id, own(3));
            resource_group::existing(world, &group)?;
            group_resources::list(world, request, Some(&group))
        }
        ["subscriptions", _, "providers", namespace, name] => {
            let kind = collection(namespace, &[*name], own(3))?;
            kind_version(request, kind)?;
            only(method, "GET")?;
            Ok(list::collection(world, request, kind, None))
        }
        ["subscriptions", id, "resourcegroups", _, "providers", namespace, path @ ..] => {
            let group = Place::group(id, own(3));
            let kind = collection(namespace, path, own(5))?;
            kind_version(request, kind)?;
            let names: Vec<String> = segments[6..].iter().skip(1).step_by(2).cloned().collect();
            let place = Place { kind, names, ..group };
            object(world, request, &place, path.len() % 2 == 1, circumstances)
        }
        _ => {
            Err(Refusal::new(404, "NotFound", format!("No HTTP resource was found for '{}'.", request.path)))
        }
    }
}

/// A request to an object of a provider or to a collection of a group.
fn object(
    world: &mut World,
    request: &Request,
    place: &Place,
    whole_collection: bool,
    circumstances: &Circumstances,
) -> Result<Answer, Refusal> {
    resource_group::existing(world, &place.in_group())?;
    let method = request.method.as_str();
    if whole_collection {
        only(method, "GET")?;
        let above = if place.kind.parent().is_some() {
            let parent = Place { kind: place.kind.parent().unwrap_or(place.kind), ..place.clone() };
            read::existing(world, &parent)?;
            parent
        } else {
            place.in_group()
        };
        return Ok(list::collection(world, request, place.kind, Some(&above)));
    }
    match method {
        "GET" if place.kind == Kind::VirtualMachine => virtual_machine::view::get(world, request, place),
        "GET" => read::get(world, place),
        "HEAD" => Ok(Answer::empty(if world.azure.get(place).is_some() { 204 } else { 404 })),
        "PUT" | "PATCH" | "DELETE" => {
            if method != "DELETE" {
                provider::check_registered(world, place)?;
            }
            match method {
                "PUT" => put::put(world, request, place, circumstances),
                "PATCH" if place.kind == Kind::VirtualMachine => {
                    virtual_machine::patch(world, request, place, circumstances)
                }
                "PATCH" if place.kind == Kind::Disk => disk::patch(world, request, place, circumstances),
                "PATCH" if place.kind.parent().is_none() => tags::update(world, request, place),
                "DELETE" if place.kind == Kind::AvailabilitySet => availability_set::delete(world, place),
                "DELETE" => delete::delete(world, request, place, circumstances),
                _ => Err(not_allowed(method)),
            }
        }
        other => Err(not_allowed(other)),
    }
}

/// The kind of a path below a namespace: collections and names in turn.
fn collection(namespace: &str, path: &[&str], spelled: &str) -> Result<Kind, Refusal> {
    let Some(namespace) = [NETWORK, COMPUTE].into_iter().find(|known| known.eq_ignore_ascii_case(namespace))
    else {
        let message = format!("The resource namespace '{spelled}' is invalid.");
        return Err(Refusal::new(404, "InvalidResourceNamespace", message));
    };
    let collections: Vec<&str> = path.iter().step_by(2).copied().collect();
    Place::kind_of(namespace, &collections).ok_or_else(|| {
        let message = format!(
            "The resource type '{}' could not be found in the namespace '{namespace}'. The supported api-versions are \
             '{}'.",
            collections.join("/"),
            Kind::ALL
                .iter()
                .find(|kind| kind.namespace() == namespace)
                .map_or_else(String::new, |kind| kind.versions().join(","))
        );
        Refusal::new(404, "InvalidResourceType", message)
    })
}

/// Refuses other methods than the one.
pub(crate) fn only(method: &str, allowed: &str) -> Result<(), Refusal> {
    if method == allowed { Ok(()) } else { Err(not_allowed(method)) }
}

/// 405.
pub(crate) fn not_allowed(method: &str) -> Refusal {
    let message = format!("The requested resource does not support http method '{method}'.");
    Refusal::new(405, "MethodNotAllowed", message)
}

fn version(request: &Request, known: &[&str]) -> Result<(), Refusal> {
    let given = request.parameter("api-version").unwrap_or_default();
    if known.contains(&given.as_str()) {
        return Ok(());
    }
    let message =
        format!("The api-version '{given}' is invalid. The supported versions are '{}'.", known.join(","));
    Err(Refusal::bad("InvalidApiVersionParameter", message))
}

fn kind_version(request: &Request, kind: Kind) -> Result<(), Refusal> {
    let given = request.parameter("api-version").unwrap_or_default();
    if kind.versions().contains(&given.as_str()) {
        return Ok(());
    }
    Err(no_provider(&kind.type_name(), kind.versions(), &given))
}

/// What Azure says of a version that a type does not have.
pub(crate) fn no_provider(type_name: &str, versions: &[&str], given: &str) -> Refusal {
    let message = format!(
        "No registered resource provider found for location '' and API version '{given}' for type '{}'. The supported \
         api-versions are '{}'. The supported locations are '{}'.",
        type_name.split_once('/').map_or(type_name, |(_, name)| name),
        versions.join(", "),
        super::region::listed().replace(',', ", ")
    );
    Refusal::bad("NoRegisteredProviderFound", message)
}
