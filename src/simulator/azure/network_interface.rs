//! Network interfaces.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::{Map, Value, json};

use super::super::message::Refusal;
use super::super::world::World;
use super::draft::Draft;
use super::kind::Kind;
use super::reference::reference;
use super::store::Object;
use super::subnet;
use super::virtual_machine;

/// The IP configurations of an interface by name, with their properties.
pub(crate) fn configurations(object: &Object) -> Vec<(&str, &Map<String, Value>)> {
    let items = object.content.properties.get("ipConfigurations").and_then(Value::as_array);
    items
        .into_iter()
        .flatten()
        .filter_map(|item| Some((item.get("name")?.as_str()?, item.get("properties")?.as_object()?)))
        .collect()
}

/// Checks an interface and gives it its private addresses.
pub(crate) fn prepare(world: &World, draft: &mut Draft, existing: Option<&Object>) -> Result<(), Refusal> {
    let id = draft.place.id();
    let mut items = match draft.content.properties.remove("ipConfigurations") {
        Some(Value::Array(items)) if !items.is_empty() => items,
        _ => {
            let message = format!("Network interface {id} must have at least one IP configuration.");
            return Err(Refusal::bad("NetworkInterfaceMustHaveAtLeastOneIpConfiguration", message));
        }
    };
    let none_leads = !items.iter().any(|item| item["properties"]["primary"] == true);
    let first = items.iter().position(|item| item["properties"]["privateIPAddressVersion"] != "IPv6");
    if let Some(item) = items.get_mut(first.unwrap_or(0)).filter(|_| none_leads) {
        item["properties"]["primary"] = json!(true);
    }
    check_primary(&id, &items)?;
    check_accelerated(world, draft, existing)?;
    let mut networks = BTreeSet::new();
    let mut names = BTreeSet::new();
    let mut taken: Vec<IpAddr> = Vec::new();
    for item in &mut items {
        let name = item["name"].as_str().unwrap_or_default().to_owned();
        let own = format!("{id}/ipConfigurations/{name}");
        if !names.insert(name.to_lowercase()) {
            let message = format!("IP configuration {own} is defined more than once.");
            return Err(super::check::parse_error().detail("DuplicateResourceName", message));
        }
        let Some(properties) = item["properties"].as_object_mut() else { continue };
        properties.entry("privateIPAddressVersion").or_insert(json!("IPv4"));
        properties.entry("privateIPAllocationMethod").or_insert(json!("Dynamic"));
        check_public(world, &own, properties)?;
        let Some(place) = reference(properties.get("subnet")) else { continue };
        networks.insert(place.top().key());
        // A subnet that is not there is refused with the other references.
        let Some(subnet) = world.azure.get(&place) else { continue };
        let address = allocate(world, subnet, &own, properties, &taken, existing)?;
        taken.push(address);
        properties.insert("privateIPAddress".into(), json!(address.to_string()));
    }
    if networks.len() > 1 {
        let message =
            format!("All IP configurations of network interface {id} must be in the same virtual network.");
        return Err(Refusal::bad("IpConfigurationsOnSameNicCannotUseDifferentVirtualNetworks", message));
    }
    draft.content.properties.insert("ipConfigurations".into(), Value::Array(items));
    Ok(())
}

fn check_public(world: &World, own: &str, properties: &Map<String, Value>) -> Result<(), Refusal> {
    let Some(public) = reference(properties.get("publicIPAddress")).and_then(|place| world.azure.get(&place))
    else {
        return Ok(());
    };
    let version = properties["privateIPAddressVersion"].as_str();
    if public.text("publicIPAddressVersion") != version {
        let message = format!(
            "IP version for publicIPAddress '{}', version '{}' and network interface ipConfiguration '{own}', version \
             '{}' must match.",
            public.id(),
            public.text("publicIPAddressVersion").unwrap_or_default(),
            version.unwrap_or_default()
        );
        return Err(Refusal::bad("IPVersionForPublicIpAndNicIpConfigurationMustMatch", message));
    }
    let other = world.azure.users(&public.place).into_iter().find(|user| !user.id.eq_ignore_ascii_case(own));
    if let Some(other) = other {
        let message = format!(
            "Resource {own} is referencing public IP address {} that is already allocated to resource {}.",
            public.id(),
            other.id
        );
        return Err(Refusal::bad("PublicIPAddressInUse", message));
    }
    Ok(())
}

/// The private address that a configuration gets.
fn allocate(
    world: &World,
    subnet: &Object,
    own: &str,
    properties: &Map<String, Value>,
    taken: &[IpAddr],
    existing: Option<&Object>,
) -> Result<IpAddr, Refusal> {
    let v6 = properties["privateIPAddressVersion"] == "IPv6";
    let range =
        subnet::ranges(&subnet.content.properties).into_iter().find(|range| range.addr().is_ipv6() == v6);
    let Some(range) = range else {
        let message = format!(
            "IP configuration {own} has an IP version for which subnet {} has no address prefix.",
            subnet.id()
        );
        return Err(Refusal::bad("IpConfigurationIPVersionNotInSubnet", message));
    };
    let mut used: BTreeMap<IpAddr, (&Object, &str)> = BTreeMap::new();
    for interface in world.azure.referrers(&subnet.place.key()) {
        for (name, other) in configurations(interface) {
            let same = existing.is_some_and(|existing| existing.place.key() == interface.place.key());
            if let (false, Some(Ok(address))) =
                (same, other.get("privateIPAddress").and_then(Value::as_str).map(str::parse))
            {
                used.insert(address, (interface, name));
            }
        }
    }
    let wanted = properties.get("privateIPAddress").and_then(Value::as_str);
    if properties["privateIPAllocationMethod"] == "Static" {
        let address = wanted.and_then(|text| text.parse::<IpAddr>().ok());
        let Some(address) = address.filter(|address| range.contains(address) && !reserved(&range, *address))
        else {
            let message = format!(
                "Private static IP address {} does not belong to the range of subnet prefix {range}.",
                wanted.unwrap_or("''")
            );
            return Err(Refusal::bad("PrivateIPAddressNotInSubnet", message));
        };
        let twice = taken.contains(&address).then(|| own.to_owned());
        let other = used.get(&address).map(|(user, name)| format!("{}/ipConfigurations/{name}", user.id()));
        if let Some(id) = other.or(twice) {
            let message = format!(
                "IP configuration {own} is using the private IP address {address} which is already allocated to \
                 resource {id}."
            );
            return Err(Refusal::bad("PrivateIPAddressIsAllocated", message));
        }
        return Ok(address);
    }
    let free = |address: &IpAddr| !taken.contains(address) && !used.contains_key(address);
    let before = existing.into_iter().flat_map(configurations).find_map(|(name, properties)| {
        let same = own.rsplit('/').next().is_some_and(|own| own.eq_ignore_ascii_case(name));
        properties.get("privateIPAddress").and_then(Value::as_str).filter(|_| same)?.parse::<IpAddr>().ok()
    });
    if let Some(address) = before.filter(|address| range.contains(address) && free(address)) {
        return Ok(address);
    }
    // Azure keeps the first four addresses and the last; the loop ends at the first free one.
    range.hosts().filter(|address| !reserved(&range, *address)).find(free).ok_or_else(|| {
        let message = format!(
            "Subnet {} with address prefix {range} does not have enough capacity for 1 IP addresses.",
            subnet.name()
        );
        Refusal::bad("SubnetIsFull", message)
    })
}

fn reserved(range: &IpNet, address: IpAddr) -> bool {
    let number = match (address, range.network()) {
        (IpAddr::V4(address), IpAddr::V4(first)) => u128::from(u32::from(address) - u32::from(first)),
        (IpAddr::V6(address), IpAddr::V6(first)) => u128::from(address) - u128::from(first),
        _ => 0,
    };
    number < 4 || address == range.broadcast()
}

/// The hardware address: Azure's prefix and a number of the interface's own.
fn mac(object: &Object) -> String {
    let number = object.order;
    format!("00-0D-3A-{:02X}-{:02X}-{:02X}", number >> 16 & 0xff, number >> 8 & 0xff, number & 0xff)
}

/// Refuses configurations of which not exactly one of IPv4 leads.
fn check_primary(id: &str, items: &[Value]) -> Result<(), Refusal> {
    let leads = |item: &&Value| item["properties"]["primary"] == true;
    let six = |item: &Value| item["properties"]["privateIPAddressVersion"] == "IPv6";
    if let Some(item) = items.iter().filter(leads).find(|item| six(item)) {
        let message = format!(
            "IP configuration {id}/ipConfigurations/{} has IP version IPv6 and cannot be the primary configuration of a \
             network interface.",
            item["name"].as_str().unwrap_or_default()
        );
        return Err(Refusal::bad("Ipv6IpConfigurationCannotBePrimary", message));
    }
    if items.iter().filter(leads).count() != 1 {
        let message = format!("Network interface {id} must have exactly one primary IP configuration.");
        return Err(Refusal::bad("NetworkInterfaceMustHaveExactlyOnePrimaryIpConfiguration", message));
    }
    Ok(())
}

/// Refuses accelerated networking where the machine has none or runs.
fn check_accelerated(world: &World, draft: &Draft, existing: Option<&Object>) -> Result<(), Refusal> {
    let wanted = |properties: &Map<String, Value>| {
        properties.get("enableAcceleratedNetworking").and_then(Value::as_bool).unwrap_or(false)
    };
    let Some(existing) = existing else { return Ok(()) };
    let Some(machine) = world.azure.machine_of(&existing.place) else { return Ok(()) };
    let now = wanted(&draft.content.properties);
    if now == wanted(&existing.content.properties) {
        return Ok(());
    }
    if now {
        virtual_machine::network_profile::check_accelerated(&machine.id(), virtual_machine::sku_of(machine))?;
    }
    if machine.machine.as_ref().is_some_and(|state| state.power != virtual_machine::Power::Deallocated) {
        let message = format!(
            "Accelerated networking of network interface {} can be changed only when virtual machine {} is \
             deallocated.",
            existing.id(),
            machine.id()
        );
        return Err(Refusal::bad("AcceleratedNetworkingCannotBeChangedOnRunningVM", message));
    }
    Ok(())
}

/// The properties as Azure shows them.
pub(crate) fn shown(world: &World, object: &Object) -> Map<String, Value> {
    let mut properties = object.content.properties.clone();
    if let Some(items) = properties.get_mut("ipConfigurations").and_then(Value::as_array_mut) {
        for item in items {
            let name = item["name"].as_str().unwrap_or_default().to_owned();
            item["id"] = json!(format!("{}/ipConfigurations/{name}", object.id()));
            item["etag"] = json!(object.etag);
            item["type"] = json!(format!("{}/ipConfigurations", Kind::NetworkInterface.type_name()));
            item["properties"]["provisioningState"] = json!(object.state.word());
        }
    }
    if let Some(machine) = world.azure.machine_of(&object.place) {
        properties.insert("virtualMachine".into(), json!({ "id": machine.id() }));
        properties
            .insert("primary".into(), json!(virtual_machine::network_profile::leads(machine, &object.place)));
        properties.insert("macAddress".into(), json!(mac(object)));
    }
    properties.insert("tapConfigurations".into(), json!([]));
    properties.insert("vnetEncryptionSupported".into(), json!(false));
    properties.entry("enableAcceleratedNetworking").or_insert(json!(false));
    properties.entry("enableIPForwarding").or_insert(json!(false));
    properties.entry("dnsSettings").or_insert_with(|| json!({ "dnsServers": [], "appliedDnsServers": [] }));
    properties.entry("nicType").or_insert(json!("Standard"));
    properties
}
