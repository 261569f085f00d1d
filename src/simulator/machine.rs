//! Machines behind network interfaces: what listens on their ports, and what happens to them from
//! outside.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::azure::virtual_machine::power::{self, Power};
use super::azure::virtual_machine::{self, inside};
use super::azure::{Place, filter};
use super::control;
use super::guest;
use super::message::{Answer, Request};
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

/// The listeners of all machines by the key of their network interface.
#[derive(Clone, Debug, Default)]
pub(crate) struct Machines(BTreeMap<String, BTreeMap<u16, Listener>>);

/// What happens to a connection to a public address.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reach {
    /// Nobody has this address, or its machine does not run.
    Nowhere,
    /// A security rule swallows it.
    Closed,
    /// The machine is there and nothing listens.
    Refused,
    /// Something listens.
    Open(Listener),
    /// The SSH server of the virtual machine with this key.
    Guest(String),
}

impl Machines {
    /// What was put behind a network interface.
    pub(crate) fn listeners(&self, interface: &str) -> Option<&BTreeMap<u16, Listener>> {
        self.0.get(interface)
    }
}

impl World {
    /// What happens to a TCP connection from outside.
    pub(crate) fn reach(&self, address: IpAddr, port: u16) -> Reach {
        let Some(way) = filter::behind(&self.azure, address) else { return Reach::Nowhere };
        let registered = self.machines.0.get(&way.interface);
        let virtual_machine = self.azure.at(&way.interface).and_then(|nic| self.azure.machine_of(&nic.place));
        match virtual_machine.and_then(|object| object.machine.as_ref()) {
            Some(machine) if machine.power != Power::Running || !machine.reachable => return Reach::Nowhere,
            None if registered.is_none() => return Reach::Nowhere,
            _ => {}
        }
        let outside = self.quirks.outside_address.unwrap_or(match address {
            IpAddr::V4(_) => IpAddr::from([203, 0, 113, 10]),
            IpAddr::V6(_) => IpAddr::from([0x2001, 0xdb8, 0xffff, 0, 0, 0, 0, 0x10]),
        });
        if !filter::lets_in(&self.azure, &way, outside, port) {
            return Reach::Closed;
        }
        match registered {
            Some(listeners) => listeners.get(&port).cloned().map_or(Reach::Refused, Reach::Open),
            None => match virtual_machine {
                Some(object) => self.guests.answer(&object.place.key(), outside, port),
                None => Reach::Refused,
            },
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Registration {
    nic: String,
    #[serde(default)]
    listeners: BTreeMap<u16, Listener>,
}

/// `GET /machines`.
pub(crate) fn list(world: &World) -> Value {
    let machines: Vec<Value> =
        world.machines.0.iter().map(|(nic, ports)| json!({ "nic": nic, "listeners": ports })).collect();
    json!({ "machines": machines, "virtual_machines": inside::all(world) })
}

/// `POST /machines`: puts a machine, or what a virtual machine listens to, behind a network interface,
/// in the place of what was there.
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
    Ok(list(world))
}

/// `DELETE /machines?nic=…`: takes a machine away.
pub(crate) fn remove(world: &mut World, request: &Request) -> Result<Value, String> {
    let nic = request.parameter("nic").ok_or("the query names no nic")?;
    world.machines.0.remove(&nic.to_lowercase());
    Ok(list(world))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Console {
    append: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reachable {
    reachable: bool,
}

/// `/machines/{name}` and `/machines/{name}/{what}`; nothing if there is no such call.
pub(crate) fn control(world: &mut World, method: &str, request: &Request) -> Option<Answer> {
    let segments = request.segments();
    let (name, what) = match segments.as_slice() {
        [_, name] => (name.as_str(), ""),
        [_, name, what] => (name.as_str(), what.as_str()),
        _ => return None,
    };
    let known = [
        "",
        "stop",
        "start",
        "deallocate",
        "kill",
        "evict",
        "disks",
        "console",
        "reachable",
        "guest",
        "files",
        "cut",
        "k3s",
        "layout",
    ];
    let reads = what.is_empty() || what == "guest";
    let fits = match method {
        "GET" => reads,
        "POST" => !what.is_empty(),
        _ => false,
    };
    if !known.contains(&what) || !fits {
        return None;
    }
    let done = inside::find(world, name, request.parameter("group").as_deref()).and_then(|place| {
        match (method, what) {
            ("GET", "guest") => guest::control::get(world, &place),
            (_, "guest") => guest::control::set(world, &place, request),
            (_, "k3s") => guest::control::play(world, &place, request),
            (_, "layout") => guest::control::lay(world, &place, request),
            (_, "files") => guest::control::write(world, &place, request),
            _ => carry_out(world, &place, what, request),
        }
    });
    Some(match done {
        Ok(body) => Answer::json(200, body),
        Err(reason) => Answer::json(400, json!({ "error": reason })),
    })
}

fn carry_out(world: &mut World, place: &Place, what: &str, request: &Request) -> Result<Value, String> {
    match what {
        "stop" => power::force(world, place, Power::Stopped),
        "start" => power::force(world, place, Power::Running),
        "deallocate" => power::force(world, place, Power::Deallocated),
        "evict" => power::evict(world, place).map_err(|refusal| refusal.body()["message"].to_string())?,
        "cut" => guest::control::cut(world, place)?,
        "kill" => virtual_machine::vanish(&mut world.azure, &world.clock, place),
        "disks" => inside::write(world, place, &control::body(request)?)?,
        "console" => {
            let Console { append } = control::body(request)?;
            inside::say(world, place, &append);
        }
        "reachable" => {
            let Reachable { reachable } = control::body(request)?;
            inside::set_reachable(world, place, reachable);
        }
        _ => {}
    }
    world.settle();
    Ok(inside::shown(world, place))
}
