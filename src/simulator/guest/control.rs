//! Machines from inside, as the control endpoint sees and changes them.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::azure::Place;
use super::super::control;
use super::super::message::Request;
use super::super::world::World;
use super::Guest;
use super::birth;
use super::disk::{FileSystem, Layout, Volume};
use super::hardware::Traits;
use super::k3s::{Event, Fare};
use super::power::State;
use super::system::Kind;
use super::tree::Tree;

/// `POST /machines/{name}/guest`: what is odd about a machine from now on. What it was made from is on its disk
/// at once, as if it had just booted for the first time.
pub(crate) fn set(world: &mut World, place: &Place, request: &Request) -> Result<Value, String> {
    let traits: Traits = control::body(request)?;
    let clock = world.clock.clone();
    let guest = world.guests.all.get_mut(&place.key()).ok_or("the machine has not booted yet")?;
    let laid = |traits: &Traits| {
        (traits.born, traits.boot_free_mib, traits.root_free_mib, traits.no_loader, traits.has_k3s)
    };
    let again = laid(&traits) != laid(&guest.traits);
    guest.traits = traits;
    if again && let Some(first) = guest.disks.first_mut() {
        first.layout = birth::layout(first.bytes, &guest.person, &guest.traits);
    }
    if again && !matches!(guest.state, State::Off) {
        guest.cut();
        guest.start(&clock, true);
    }
    world.settle();
    get(world, place)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Files {
    /// Texts by path; null removes.
    files: BTreeMap<String, Option<String>>,
}

/// `POST /machines/{name}/files`: writes and removes files of a machine that is up.
pub(crate) fn write(world: &mut World, place: &Place, request: &Request) -> Result<Value, String> {
    let Files { files } = control::body(request)?;
    let guest = world
        .guests
        .all
        .get_mut(&place.key())
        .filter(|guest| guest.is_up())
        .ok_or("the machine is not up")?;
    for (path, text) in files {
        match text {
            Some(text) => guest.write(&path, 0o644, text).map_err(str::to_owned)?,
            None => guest.remove(&path),
        }
    }
    guest.sync();
    get(world, place)
}

/// `POST /machines/{name}/cut`: the machine loses its power, and starts again.
pub(crate) fn cut(world: &mut World, place: &Place) -> Result<(), String> {
    let clock = world.clock.clone();
    let guest = world.guests.all.get_mut(&place.key()).ok_or("the machine has not booted yet")?;
    if matches!(guest.state, State::Off) {
        return Err("the machine does not run".to_owned());
    }
    guest.cut();
    guest.start(&clock, false);
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Played {
    /// How the unit fares.
    is: Fare,
    /// What it logs.
    #[serde(default)]
    log: Vec<String>,
    /// Files that it writes.
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// Servers on loopback that stand for its ports.
    #[serde(default)]
    listen: BTreeMap<u16, SocketAddr>,
    /// How its leaving came out: 0, or the status of its unit; and what that said.
    #[serde(default)]
    left: Option<(u32, Vec<String>)>,
    /// Nodes that it has forgotten; with a text where it could not.
    #[serde(default)]
    forgot: BTreeMap<String, Option<String>>,
}

/// `POST /machines/{name}/k3s`: plays the machine's k3s, from the other side of the seam.
pub(crate) fn play(world: &mut World, place: &Place, request: &Request) -> Result<Value, String> {
    let Played { is, log, files, listen, left, forgot } = control::body(request)?;
    let key = place.key();
    if let Some(server) = listen.values().find(|server| !server.ip().is_loopback()) {
        return Err(format!("{server} is not a loopback address"));
    }
    world.guests.k3s_is(&key, is, log);
    for (path, text) in files {
        world.guests.place(&key, &path, 0o600, text.as_bytes());
    }
    for (port, server) in listen {
        world.guests.listen(&key, port, server);
    }
    match left {
        Some((0, _)) => world.guests.left(&key, Ok(())),
        Some(failed) => world.guests.left(&key, Err(failed)),
        None => {}
    }
    for (node, failed) in forgot {
        world.guests.forgot(&key, &node, failed.map_or(Ok(()), Err));
    }
    world.settle();
    get(world, place)
}

/// `POST /k3s`: takes what has happened to the machines' k3s since it was asked last.
pub(crate) fn events(world: &mut World) -> Value {
    let events: Vec<Value> = world
        .guests
        .k3s_events()
        .into_iter()
        .map(|event| match event {
            Event::Started(start) => json!({ "started": start }),
            Event::Stopped { machine, orderly } => json!({ "stopped": machine, "orderly": orderly }),
            Event::Leaves { machine, drain, seconds } => {
                json!({ "leaves": machine, "drain": drain, "seconds": seconds })
            }
            Event::Forgets { machine, node } => json!({ "forgets": machine, "node": node }),
        })
        .collect();
    json!({ "events": events })
}

/// `POST /machines/{name}/layout`: what is on a data disk, by its lun: `blank`, the name of a file system, or
/// anything else that `blkid` may find.
pub(crate) fn lay(world: &mut World, place: &Place, request: &Request) -> Result<Value, String> {
    let layouts: BTreeMap<u32, String> = control::body(request)?;
    let guest = world.guests.all.get_mut(&place.key()).ok_or("the machine has not booted yet")?;
    for (lun, name) in layouts {
        let disk =
            guest.disks.iter_mut().find(|disk| disk.lun == Some(lun)).ok_or("there is no such disk")?;
        let whole = |kind| Volume::with(kind, "A1B2-0003", "somebody", disk.bytes / 1024, Tree::default());
        disk.layout = match (name.as_str(), FileSystem::of_name(&name)) {
            ("blank", _) => Layout::Blank,
            (_, Some(kind)) => Layout::Whole(whole(kind)),
            _ => Layout::Foreign(name),
        };
    }
    get(world, place)
}

/// `GET /machines/{name}/guest`.
pub(crate) fn get(world: &World, place: &Place) -> Result<Value, String> {
    let guest = world.guests.all.get(&place.key()).ok_or("the machine has not booted yet")?;
    Ok(shown(guest))
}

fn shown(guest: &Guest) -> Value {
    let state = match guest.state {
        State::Off => "off",
        State::Starting { .. } => "starting",
        State::Up => "up",
        State::Hung => "hung",
    };
    let runs = match guest.system.kind {
        Kind::Ubuntu => "ubuntu",
        Kind::Installer => "installer",
        Kind::Nixos { .. } => "nixos",
    };
    let disks: Vec<Value> = guest
        .disks
        .iter()
        .map(|disk| {
            let volumes: Vec<Value> = disk.volumes().into_iter().map(|(number, volume)| volume_shown(number, volume)).collect();
            json!({ "serial": disk.serial, "wwn": disk.wwn, "local": disk.local, "lun": disk.lun, "table": disk.table(), "volumes": volumes })
        })
        .collect();
    let log: Vec<&String> = guest.k3s.log.iter().collect();
    json!({
        "name": guest.name,
        "state": state,
        "runs": runs,
        "boot_id": guest.system.boot_id,
        "command_line": guest.system.command_line,
        "system": guest.profile(""),
        "k3s": { "state": guest.k3s.fare.word(), "log": log },
        "disks": disks,
        "traits": guest.traits,
    })
}

/// A file system with its small files: paths, modes and owners, and texts.
fn volume_shown(number: u32, volume: &Volume) -> Value {
    const SHOWN: usize = 16 * 1024;
    let files: BTreeMap<String, Value> = volume
        .files()
        .files("")
        .map(|(path, bytes)| {
            let node = volume.files().get(&format!("/{path}"));
            let text = (bytes.len() <= SHOWN).then(|| String::from_utf8_lossy(bytes).into_owned());
            let value = json!({
                "mode": node.map(|node| format!("{:o}", node.mode)),
                "owner": node.map(|node| node.owner.clone()),
                "bytes": bytes.len(),
                "text": text,
            });
            (format!("/{path}"), value)
        })
        .collect();
    json!({ "partition": number, "kind": volume.kind.name(), "uuid": volume.uuid, "label": volume.label, "files": files })
}
