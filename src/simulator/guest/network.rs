//! Connections to machines: from outside through their public addresses, and between them.

use std::net::IpAddr;

use super::super::azure::virtual_machine::network_profile;
use super::super::azure::{Azure, Kind, filter, network_interface};
use super::super::machine::{Listener, Reach};
use super::super::world::World;
use super::power::State;
use super::system::Kind as SystemKind;
use super::{Guests, cloud};

impl Guests {
    /// What a machine does about a connection that the network has let through.
    pub(crate) fn answer(&self, machine: &str, source: IpAddr, port: u16) -> Reach {
        let Some(guest) = self.all.get(machine) else { return Reach::Nowhere };
        match guest.state {
            State::Off | State::Hung => return Reach::Nowhere,
            // The kernel is there before its servers are.
            State::Starting { .. } => return Reach::Refused,
            State::Up => {}
        }
        if let SystemKind::Nixos { description, .. } = &guest.system.kind
            && !description.lets_in(source, port)
        {
            return Reach::Closed;
        }
        if port == 22 {
            let (keys, _) = guest.host_keys();
            return if keys.is_empty() { Reach::Refused } else { Reach::Guest(machine.to_owned()) };
        }
        let server = self.listeners.get(&(machine.to_owned(), port));
        server.map_or(Reach::Refused, |server| Reach::Open(Listener::Forward(*server)))
    }
}

impl World {
    /// What happens to a connection that a machine makes.
    pub(crate) fn reach_from(&self, machine: &str, host: &str, port: u16) -> Reach {
        let own = cloud::own_addresses(&self.azure, machine);
        let local = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        let named = self.guests.all.get(machine).is_some_and(|guest| guest.name == host);
        let address = host.parse::<IpAddr>().ok();
        if local || named || address.is_some_and(|address| own.contains(&address)) {
            let loopback = IpAddr::from([127, 0, 0, 1]);
            return match self.registered(machine, port) {
                Some(reach) => reach,
                None => self.guests.answer(machine, loopback, port),
            };
        }
        let Some((key, way)) = neighbour(&self.azure, machine, host) else {
            return address.map_or(Reach::Nowhere, |address| self.reach(address, port));
        };
        // The private address of the same family is what the other side sees.
        let same = |one: &&IpAddr| one.is_ipv4() == way.private.is_ipv4();
        let Some(source) = own.iter().find(same).copied() else { return Reach::Nowhere };
        if !filter::lets_in(&self.azure, &way, source, port) {
            return Reach::Closed;
        }
        self.registered(&key, port).unwrap_or_else(|| self.guests.answer(&key, source, port))
    }

    /// What a test has put on a port of a machine.
    fn registered(&self, machine: &str, port: u16) -> Option<Reach> {
        let object = self.azure.at(machine)?;
        let interfaces = network_profile::interfaces(&object.content.properties);
        let listeners = interfaces.iter().find_map(|place| self.machines.listeners(&place.key()))?;
        Some(listeners.get(&port).cloned().map_or(Reach::Refused, Reach::Open))
    }
}

/// The machine of a name or private address in the same virtual network.
fn neighbour(azure: &Azure, machine: &str, host: &str) -> Option<(String, filter::Way)> {
    let network = networks(azure, machine);
    let address = host.parse::<IpAddr>().ok();
    azure.of_kind(Kind::VirtualMachine).find_map(|object| {
        let key = object.place.key();
        let named = super::super::azure::virtual_machine::text_at(
            &object.content.properties,
            "osProfile.computerName",
        )
        .eq_ignore_ascii_case(host);
        let interfaces = network_profile::interfaces(&object.content.properties);
        interfaces.iter().find_map(|place| {
            let interface = azure.get(place)?;
            network_interface::configurations(interface).into_iter().find_map(|(_, properties)| {
                let private: IpAddr = properties.get("privateIPAddress")?.as_str()?.parse().ok()?;
                let meant = address.map_or(named, |address| address == private);
                let near = subnet(properties).is_some_and(|subnet| network.contains(&subnet));
                (meant && near).then(|| (key.clone(), filter::Way { interface: place.key(), private }))
            })
        })
    })
}

/// Keys of the virtual networks that a machine is in.
fn networks(azure: &Azure, machine: &str) -> Vec<String> {
    let Some(object) = azure.at(machine) else { return Vec::new() };
    let interfaces = network_profile::interfaces(&object.content.properties);
    interfaces
        .iter()
        .filter_map(|place| azure.get(place))
        .flat_map(network_interface::configurations)
        .filter_map(|(_, properties)| subnet(properties))
        .collect()
}

/// Key of the virtual network of a configuration.
fn subnet(properties: &serde_json::Map<String, serde_json::Value>) -> Option<String> {
    super::super::azure::reference(properties.get("subnet")).map(|place| place.top().key())
}
