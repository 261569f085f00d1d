//! Machines behind network interfaces: what listens on their ports.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::azure::{Place, filter};
use super::control;
use super::message::Request;
use super::world::World;

/// What answers on a port.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Listener {
    /// Sends back what it gets.
    Echo,
    /// Says this and then sends back what it gets.
    Banner(String),
    /// Leads to a server on this machine's loopback.
    Forward(SocketAddr),
}

/// All machines by the key of their network interface.
#[derive(Clone, Debug, Default)]
pub(crate) struct Machines(BTreeMap<String, BTreeMap<u16, Listener>>);

/// What happens to a connection to a public address.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reach {
    /// Nobody has this address.
    Nowhere,
    /// A security rule swallows it.
    Closed,
    /// The machine is there and nothing listens.
    Refused,
    /// Something listens.
    Open(Listener),
}

impl Machines {
    /// The machines as the control endpoint shows them.
    pub(crate) fn list(&self) -> Value {
        let machines: Vec<Value> =
            self.0.iter().map(|(nic, ports)| json!({ "nic": nic, "listeners": ports })).collect();
        json!({ "machines": machines })
    }
}

impl World {
    /// What happens to a TCP connection from outside.
    pub(crate) fn reach(&self, address: IpAddr, port: u16) -> Reach {
        let Some(way) = filter::behind(&self.azure, address) else { return Reach::Nowhere };
        let Some(machine) = self.machines.0.get(&way.interface) else { return Reach::Nowhere };
        let outside = self.quirks.outside_address.unwrap_or(match address {
            IpAddr::V4(_) => IpAddr::from([203, 0, 113, 10]),
            IpAddr::V6(_) => IpAddr::from([0x2001, 0xdb8, 0xffff, 0, 0, 0, 0, 0x10]),
        });
        if !filter::lets_in(&self.azure, &way, outside, port) {
            return Reach::Closed;
        }
        machine.get(&port).cloned().map_or(Reach::Refused, Reach::Open)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Registration {
    nic: String,
    #[serde(default)]
    listeners: BTreeMap<u16, Listener>,
}

/// `POST /machines`: puts a machine behind a network interface, in the place of the one before.
pub(crate) fn register(world: &mut World, request: &Request) -> Result<Value, String> {
    let Registration { nic, listeners } = control::body(request)?;
    for listener in listeners.values() {
        if let Listener::Forward(address) = listener
            && !address.ip().is_loopback()
        {
            return Err(format!("{address} is not a loopback address"));
        }
    }
    let place = Place::parse(&nic).ok_or_else(|| format!("{nic} is not an id"))?;
    if world.azure.get(&place).is_none() {
        return Err(format!("{nic} does not exist"));
    }
    world.machines.0.insert(place.key(), listeners);
    Ok(world.machines.list())
}

/// `DELETE /machines?nic=…`: takes a machine away.
pub(crate) fn remove(world: &mut World, request: &Request) -> Result<Value, String> {
    let nic = request.parameter("nic").ok_or("the query names no nic")?;
    world.machines.0.remove(&nic.to_lowercase());
    Ok(world.machines.list())
}
