//! PUT: makes an object or replaces what it is.

use super::super::message::{Answer, Refusal, Request};
use super::super::world::World;
use super::Circumstances;
use super::busy;
use super::draft::{self, Draft};
use super::kind::Kind;
use super::operation::{self, Work};
use super::place::Place;
use super::poll;
use super::read;
use super::store::{Author, Object, State, Unseen};
use super::{
    availability_set, disk, nat_gateway, network_interface, public_ip, resource_group, security_group,
    security_rule, subnet, usage, virtual_machine, virtual_network,
};

/// Carries a PUT out.
pub(crate) fn put(
    world: &mut World,
    request: &Request,
    place: &Place,
    circumstances: &Circumstances,
) -> Result<Answer, Refusal> {
    resource_group::open(world, &place.in_group())?;
    let place = settled(world, place)?;
    let existing = world.azure.get(&place).cloned();
    let mut draft = draft::read(request, &place, existing.as_ref())?;
    preconditions(request, &place, existing.as_ref())?;
    match place.kind {
        Kind::VirtualNetwork => virtual_network::prepare(world, &mut draft)?,
        Kind::Subnet => subnet::prepare_alone(world, &mut draft)?,
        Kind::SecurityGroup => security_group::prepare(&mut draft)?,
        Kind::SecurityRule => security_rule::prepare_alone(world, &mut draft)?,
        Kind::PublicAddress => public_ip::prepare(world, &mut draft, existing.as_ref())?,
        Kind::NatGateway => nat_gateway::prepare(world, &mut draft)?,
        Kind::NetworkInterface => network_interface::prepare(world, &mut draft, existing.as_ref())?,
        Kind::Disk => disk::prepare(world, &mut draft, existing.as_ref())?,
        Kind::AvailabilitySet => {
            return availability_set::put(world, draft, existing.as_ref(), circumstances);
        }
        Kind::VirtualMachine => {
            return virtual_machine::put(world, request, draft, existing.as_ref(), circumstances);
        }
        // Resource groups have their own PUT.
        Kind::Group => {}
    }
    let location = world
        .azure
        .get(&place.top())
        .filter(|_| place.kind.parent().is_some())
        .map_or_else(|| draft.content.location.clone(), |top| top.content.location.clone());
    for part in std::iter::once(&draft).chain(draft.children.iter().flatten()) {
        world.azure.check_references(&part.place, &location, &part.content)?;
    }
    busy::check_family(world, request, &place)?;
    if existing.is_none() {
        let version = draft.content.properties.get("publicIPAddressVersion").and_then(|text| text.as_str());
        usage::check_network(&world.azure, &place, &location, version.unwrap_or_default())?;
    }
    for part in std::iter::once(&draft).chain(draft.children.iter().flatten()) {
        busy::check_references(world, &part.place, &part.content)?;
    }

    let children: Vec<Place> = draft.children.iter().flatten().map(|child| child.place.clone()).collect();
    if let Some(wanted) = &draft.children {
        drop_children(world, &place, wanted);
    }
    for child in draft.children.take().unwrap_or_default() {
        write(world, child, circumstances.author);
    }
    write(world, draft, circumstances.author);
    let id = operation::begin(world, Work::Put, &place, &children, circumstances);
    let status = match place.kind {
        Kind::Disk => 202,
        _ if existing.is_some() => 200,
        _ => 201,
    };
    let body = world.azure.get(&place).map(|object| read::shown(world, object)).unwrap_or_default();
    Ok(poll::begun(world, request, &id, Answer::json(status, body)))
}

/// The place in the spelling that is stored, as far as it exists; its parent must.
fn settled(world: &mut World, place: &Place) -> Result<Place, Refusal> {
    if let Some(object) = world.azure.get(place) {
        return Ok(object.place.clone());
    }
    let Some(parent) = place.parent() else {
        let group =
            world.azure.get(&place.in_group()).map_or_else(|| place.in_group(), |group| group.place.clone());
        return Ok(Place { subscription: group.subscription, group: group.group, ..place.clone() });
    };
    let found = world.azure.get_mut(&parent).filter(|parent| parent.state != State::Deleting);
    match found {
        Some(found) if found.unseen.writes == 0 => Ok(found.place.child(place.kind, place.name())),
        found => {
            if let Some(found) = found {
                found.unseen.writes -= 1;
            }
            let full = place.kind.type_name();
            let message = format!(
                "Failed to perform 'write' on resource(s) of type '{}', because the parent resource '{}' could not be \
                 found.",
                full.split_once('/').map_or(full.as_str(), |(_, name)| name),
                parent.id()
            );
            Err(Refusal::new(404, "ParentResourceNotFound", message))
        }
    }
}

/// `If-Match` and `If-None-Match`.
pub(crate) fn preconditions(
    request: &Request,
    place: &Place,
    existing: Option<&Object>,
) -> Result<(), Refusal> {
    let failed = || Refusal::new(412, "PreconditionFailed", "Precondition failed.");
    if let Some(wanted) = request.header("if-match").filter(|wanted| *wanted != "*") {
        let etag = existing.map_or("null", |object| object.etag.as_str());
        if wanted != etag {
            let message = format!(
                "Etag provided in if-match header {wanted} does not match etag {etag} of resource {} in NRP data store.",
                place.id()
            );
            return Err(failed().detail("PreconditionFailedEtagMismatch", message));
        }
    }
    if request.header("if-match") == Some("*") && existing.is_none() {
        return Err(failed());
    }
    if request.header("if-none-match") == Some("*") && existing.is_some() {
        return Err(failed());
    }
    Ok(())
}

fn drop_children(world: &mut World, parent: &Place, wanted: &[Draft]) {
    let gone: Vec<Place> = world
        .azure
        .children(parent)
        .into_iter()
        .map(|child| child.place.clone())
        .filter(|child| !wanted.iter().any(|draft| draft.place.key() == child.key()))
        .collect();
    for child in gone {
        world.azure.remove(&child);
    }
}

/// Puts a draft in the place of what is there, or makes the object.
pub(crate) fn write(world: &mut World, draft: Draft, author: Author) {
    if let Some(object) = world.azure.get_mut(&draft.place) {
        // While an update is under way, a failure goes back to what was before the first of them.
        if object.running.is_none() {
            object.before = Some(object.content.clone());
        }
        world.azure.replace(&draft.place, draft.content);
        return;
    }
    let quirks = &world.quirks;
    let unseen = Unseen {
        reads: quirks.get_404_reads,
        lists: quirks.list_lag_reads,
        writes: if draft.place.kind.parent().is_none() { quirks.parent_404_writes } else { 0 },
        late: 0,
    };
    let object = world.azure.insert(&draft.place, draft.content, author, &world.clock);
    if author == Author::Client {
        object.unseen = unseen;
    }
}
