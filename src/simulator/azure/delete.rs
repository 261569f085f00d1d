//! DELETE of an object of the network provider, and what stands in its way.

use super::super::message::{Answer, Refusal, Request};
use super::super::world::World;
use super::Circumstances;
use super::busy;
use super::kind::Kind;
use super::operation::{self, Work};
use super::place::Place;
use super::poll;
use super::put;
use super::reservation;
use super::resource_group;

/// Carries a DELETE out. What is not there is no error.
pub(crate) fn delete(
    world: &mut World,
    request: &Request,
    place: &Place,
    circumstances: &Circumstances,
) -> Result<Answer, Refusal> {
    resource_group::open(world, &place.in_group())?;
    let Some(object) = world.azure.get(place).cloned() else { return Ok(Answer::empty(204)) };
    put::preconditions(request, place, Some(&object))?;
    if place.kind.computes() {
        // A deletion ends what else is going on, but a disk that is being made is not there yet.
        if place.kind == Kind::Disk {
            busy::check_family(world, request, &object.place)?;
        }
    } else {
        busy::check_family(world, request, &object.place)?;
    }
    reservation::check(world, &object, None)?;
    check_unused(world, &object.place)?;
    let children: Vec<Place> =
        world.azure.children(&object.place).into_iter().map(|child| child.place.clone()).collect();
    let id = operation::begin(world, Work::Delete, &object.place, &children, circumstances);
    Ok(poll::begun(world, request, &id, Answer::empty(202)))
}

/// Refuses to delete what is used.
pub(crate) fn check_unused(world: &World, place: &Place) -> Result<(), Refusal> {
    let users = world.azure.users(place);
    match place.kind {
        Kind::VirtualNetwork => {
            for child in world.azure.children(place) {
                check_unused(world, &child.place)?;
            }
            Ok(())
        }
        _ if users.is_empty() => Ok(()),
        kind => {
            let ids: Vec<&str> = users.iter().map(|user| user.id.as_str()).collect();
            let id = world.azure.get(place).map_or_else(|| place.id(), super::store::Object::id);
            Err(in_use(kind, &id, place.name(), &ids))
        }
    }
}

fn in_use(kind: Kind, id: &str, name: &str, users: &[&str]) -> Refusal {
    let first = users.first().copied().unwrap_or_default();
    if kind == Kind::Disk {
        let message = format!("Disk {name} is attached to VM {first}.");
        return Refusal::new(409, "OperationNotAllowed", message);
    }
    let (code, message) = match kind {
        Kind::NetworkInterface => (
            "NicInUse",
            format!(
                "Network Interface {id} is used by existing resource {first}. In order to delete the network interface, \
                 it must be dissociated from the resource. To learn more, see aka.ms/deletenic."
            ),
        ),
        Kind::Subnet => (
            "InUseSubnetCannotBeDeleted",
            format!(
                "Subnet {name} is in use by {} and cannot be deleted. In order to delete the subnet, delete all the \
                 resources within the subnet. See aka.ms/deletesubnet.",
                users.join(" and ")
            ),
        ),
        Kind::SecurityGroup => (
            "InUseNetworkSecurityGroupCannotBeDeleted",
            format!(
                "Network security group {id} cannot be deleted because it is in use by the following resources: {}. In \
                 order to delete the Network security group, remove the association with the resource(s). To learn how \
                 to do this, see aka.ms/deletensg.",
                users.join(", ")
            ),
        ),
        Kind::NatGateway => (
            "CannotDeleteNatGatewayAssociatedToSubnet",
            format!(
                "NAT Gateway {id} is still configured on {} subnets. Remove NAT Gateway from all referenced subnets and \
                 then delete NAT Gateway.",
                users.len()
            ),
        ),
        _ => (
            "PublicIPAddressCannotBeDeleted",
            format!(
                "Public IP address {id} can not be deleted since it is still allocated to resource {first}. In order to \
                 delete the public IP, disassociate/detach the Public IP address from the resource.  To learn how to do \
                 this, see aka.ms/deletepublicip."
            ),
        ),
    };
    Refusal::bad(code, message)
}
