//! Which connections the security groups let through.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;

use super::kind::Kind;
use super::network_interface::configurations;
use super::place::Place;
use super::reference::reference;
use super::security_group::DEFAULT_RULES;
use super::security_rule::values;
use super::store::{Azure, Object, State};
use super::virtual_network;

/// Where a public address leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    /// Key of the network interface.
    pub(crate) interface: String,
    /// Private address behind the public one.
    pub(crate) private: IpAddr,
}

/// The interface behind a public address.
pub(crate) fn behind(azure: &Azure, public: IpAddr) -> Option<Way> {
    let text = public.to_string();
    let address =
        azure.of_kind(Kind::PublicAddress).find(|object| object.text("ipAddress") == Some(text.as_str()))?;
    let interfaces = azure.referrers(&address.place.key()).into_iter();
    let interfaces = interfaces.filter(|object| object.place.kind == Kind::NetworkInterface);
    for interface in interfaces.filter(|object| object.state != State::Deleting) {
        for (_, configuration) in configurations(interface) {
            let bound = reference(configuration.get("publicIPAddress"))
                .is_some_and(|place| place.key() == address.place.key());
            let private = configuration.get("privateIPAddress").and_then(Value::as_str);
            if let (true, Some(Ok(private))) = (bound, private.map(str::parse)) {
                return Some(Way { interface: interface.place.key(), private });
            }
        }
    }
    None
}

/// Whether a TCP connection from outside comes through: both the subnet's group and the interface's
/// must let it, and an address of SKU Standard without any group is closed.
pub(crate) fn lets_in(azure: &Azure, way: &Way, source: IpAddr, port: u16) -> bool {
    let Some(interface) = azure.at(&way.interface) else { return false };
    let subnet = configurations(interface)
        .into_iter()
        .find(|(_, properties)| {
            properties.get("privateIPAddress").and_then(Value::as_str).and_then(|text| text.parse().ok())
                == Some(way.private)
        })
        .and_then(|(_, properties)| reference(properties.get("subnet")));
    let network = subnet.as_ref().map(Place::top).and_then(|place| azure.get(&place));
    let space = network.map(virtual_network::ranges).unwrap_or_default();
    let connection = Connection { source, destination: way.private, port, space };
    let groups: Vec<&Object> = [subnet.as_ref().and_then(|place| azure.get(place)), Some(interface)]
        .into_iter()
        .flatten()
        .filter_map(|object| reference(object.content.properties.get("networkSecurityGroup")))
        .filter_map(|place| azure.get(&place))
        .collect();
    !groups.is_empty() && groups.into_iter().all(|group| connection.passes(azure, group))
}

/// A TCP connection towards a machine.
struct Connection {
    source: IpAddr,
    destination: IpAddr,
    port: u16,
    /// The ranges of the machine's network, for the tag `VirtualNetwork`.
    space: Vec<IpNet>,
}

impl Connection {
    /// Whether the first rule that matches allows it.
    fn passes(&self, azure: &Azure, group: &Object) -> bool {
        let mut rules: Vec<&Object> = azure
            .children(&group.place)
            .into_iter()
            .filter(|rule| rule.text("direction") == Some("Inbound"))
            .collect();
        rules.sort_by_key(|rule| rule.content.properties.get("priority").and_then(Value::as_i64));
        if let Some(rule) = rules.into_iter().find(|rule| self.matches(rule)) {
            return rule.text("access") == Some("Allow");
        }
        DEFAULT_RULES
            .iter()
            .filter(|(_, _, _, _, direction, _, _)| *direction == "Inbound")
            .find(|(_, _, _, _, _, source, destination)| {
                self.covers(source, self.source) && self.covers(destination, self.destination)
            })
            .is_some_and(|(_, _, _, access, ..)| *access == "Allow")
    }

    fn matches(&self, rule: &Object) -> bool {
        let properties = &rule.content.properties;
        let any = |name: &str, test: &dyn Fn(&str) -> bool| values(properties, name).into_iter().any(test);
        ["Tcp", "*"].contains(&rule.text("protocol").unwrap_or_default())
            && any("destinationPortRange", &|range| includes(range, self.port))
            // The client's own port is one of the high ones, like any client's.
            && any("sourcePortRange", &|range| includes(range, 50_000))
            && any("sourceAddressPrefix", &|prefix| self.covers(prefix, self.source))
            && any("destinationAddressPrefix", &|prefix| self.covers(prefix, self.destination))
    }

    /// Whether an address prefix or service tag includes an address.
    fn covers(&self, prefix: &str, address: IpAddr) -> bool {
        let inside = self.space.iter().any(|range| range.contains(&address));
        match prefix.to_lowercase().as_str() {
            "*" => true,
            "virtualnetwork" => inside,
            "internet" => !inside,
            "azureloadbalancer" => address == IpAddr::from([168, 63, 129, 16]),
            text => match text.parse::<IpNet>() {
                Ok(range) => range.contains(&address),
                Err(_) => text.parse() == Ok(address),
            },
        }
    }
}

fn includes(range: &str, port: u16) -> bool {
    match range.split_once('-') {
        _ if range == "*" => true,
        None => range.parse() == Ok(port),
        Some((from, to)) => {
            from.parse::<u16>().is_ok_and(|from| from <= port) && to.parse::<u16>().is_ok_and(|to| port <= to)
        }
    }
}
