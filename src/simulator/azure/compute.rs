//! The compute provider: what it keeps beside the objects, and those of its requests that are about no
//! object.

use super::super::message::{Answer, Refusal, Request};
use super::super::world::World;
use super::Circumstances;
use super::bill::Bills;
use super::kind::{COMPUTE_VERSIONS, Kind, NETWORK_VERSIONS};
use super::place::Place;
use super::router::{no_provider, not_allowed, only};
use super::sku::Restriction;
use super::usage::{Limits, Provider};
use super::{image, poll, resource_group, sku, usage, virtual_machine};

/// Versions of the API of SKUs.
const SKU_VERSIONS: &[&str] = &["2021-07-01", "2019-04-01"];

/// What the compute provider keeps beside the objects.
#[derive(Clone, Debug)]
pub(crate) struct Compute {
    pub(crate) limits: Limits,
    pub(crate) restrictions: Vec<Restriction>,
    pub(crate) bills: Bills,
}

impl Default for Compute {
    fn default() -> Self {
        Self { limits: Limits::default(), restrictions: sku::restrictions(), bills: Bills::default() }
    }
}

/// Carries a request out if it is one of these.
pub(crate) fn route(
    world: &mut World,
    request: &Request,
    segments: &[String],
    lower: &[&str],
    circumstances: &Circumstances,
) -> Option<Result<Answer, Refusal>> {
    let own = |at: usize| segments[at].as_str();
    let method = request.method.as_str();
    Some(match lower {
        ["subscriptions", _, "providers", "microsoft.compute", "skus"] => only(method, "GET")
            .and_then(|()| version(request, "Microsoft.Compute/skus", SKU_VERSIONS))
            .and_then(|()| sku::list(world, request)),
        ["subscriptions", _, "providers", "microsoft.compute", "locations", _, "usages"] => {
            only(method, "GET")
                .and_then(|()| version(request, "Microsoft.Compute/locations/usages", COMPUTE_VERSIONS))
                .and_then(|()| usage::list(world, request, own(5), Provider::Compute))
        }
        ["subscriptions", _, "providers", "microsoft.network", "locations", _, "usages"] => {
            only(method, "GET")
                .and_then(|()| version(request, "Microsoft.Network/locations/usages", NETWORK_VERSIONS))
                .and_then(|()| usage::list(world, request, own(5), Provider::Network))
        }
        ["subscriptions", id, "providers", "microsoft.compute", "locations", _, "publishers", path @ ..] => {
            only(method, "GET")
                .and_then(|()| version(request, "Microsoft.Compute/locations/publishers", COMPUTE_VERSIONS))
                .and_then(|()| image::list(request, id, own(5), path))
        }
        [
            "subscriptions",
            _,
            "providers",
            "microsoft.compute",
            "locations",
            _,
            "operations" | "diskoperations",
            id,
        ] => only(method, "GET").and_then(|()| {
            if request.parameter("monitor").is_some_and(|monitor| monitor.eq_ignore_ascii_case("true")) {
                poll::result(world, request, id)
            } else {
                poll::status(world, id)
            }
        }),
        ["subscriptions", _, "providers", "microsoft.compute", "virtualmachines"]
            if request.parameter("statusOnly").is_some_and(|only| only.eq_ignore_ascii_case("true")) =>
        {
            only(method, "GET")
                .and_then(|()| version(request, "Microsoft.Compute/virtualMachines", COMPUTE_VERSIONS))
                .map(|()| virtual_machine::view::statuses(world, request))
        }
        [
            "subscriptions",
            id,
            "resourcegroups",
            _,
            "providers",
            "microsoft.compute",
            "virtualmachines",
            _,
            action,
        ] => {
            let group = Place::group(id, own(3));
            let place = Place { kind: Kind::VirtualMachine, names: vec![own(7).to_owned()], ..group };
            let verb = if *action == "instanceview" { "GET" } else { "POST" };
            version(request, "Microsoft.Compute/virtualMachines", COMPUTE_VERSIONS)
                .and_then(|()| if method == verb { Ok(()) } else { Err(not_allowed(method)) })
                .and_then(|()| resource_group::existing(world, &place.in_group()).map(|_| ()))
                .and_then(|()| virtual_machine::power::act(world, request, &place, action, circumstances))
        }
        _ => return None,
    })
}

fn version(request: &Request, type_name: &str, known: &[&str]) -> Result<(), Refusal> {
    let given = request.parameter("api-version").unwrap_or_default();
    if known.contains(&given.as_str()) { Ok(()) } else { Err(no_provider(type_name, known, &given)) }
}
