//! What runs inside simulated machines: firmware, systems, disks, and an SSH server on port 22.
//!
//! A machine interprets what the provider sends and never runs it: `steps/` has one file for each step that it
//! knows, found by the name in the script's first line (`# bud-step: NAME`, or `bud-NAME` as `$0` where the script
//! is the file copy's). What it does not know ends with status 127. To teach it a step, write
//! `steps/NAME.rs` with a function of a [`Shell`](shell::Shell), and add it to [`steps::KNOWN`].
//!
//! A machine appears with its virtual machine, is [`born`](birth) from its image with what its custom data says,
//! and follows its power ([`cloud`]). Everything that takes time follows the simulator's clock; between requests
//! [`pulse`] lets it happen. What a power cut leaves is what was [written out](disk::Volume::sync).
//!
//! An installed NixOS is what its flake says ([`nixos`]). Its k3s is a seam: see [`k3s`].

mod account;
mod birth;
pub(crate) mod cloud;
mod command;
pub(crate) mod control;
pub(crate) mod disk;
mod files;
mod firmware;
pub(crate) mod hardware;
mod host_keys;
mod initrd;
mod installation;
pub(crate) mod k3s;
pub(crate) mod mishap;
mod network;
mod nixos;
mod power;
pub(crate) mod pulse;
pub(crate) mod session;
mod shell;
mod simple;
pub(crate) mod ssh;
mod steps;
mod system;
mod tree;
mod unit;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};

use tokio::sync::{Notify, watch};

use super::clock::Clock;
use birth::Person;
use disk::Disk;
use files::Mount;
use hardware::{Hardware, Traits};
use initrd::Brought;
use installation::Installation;
use power::{Leaving, State};
use system::System;
use tree::Tree;

/// All machines, and the disks that are attached to none of them.
#[derive(Default)]
pub(crate) struct Guests {
    all: BTreeMap<String, Guest>,
    shelf: BTreeMap<String, Disk>,
    events: Vec<k3s::Event>,
    listeners: BTreeMap<(String, u16), SocketAddr>,
    pulse: Arc<Notify>,
    /// Bytes that several machines have, by their checksum.
    shared: BTreeMap<[u8; 32], Weak<[u8]>>,
}

/// One machine.
pub(crate) struct Guest {
    /// Key of its virtual machine.
    key: String,
    /// What tells it from a machine that has the same place later.
    id: String,
    /// Its own name for itself.
    name: String,
    person: Person,
    built: Hardware,
    traits: Traits,
    disks: Vec<Disk>,
    /// Files in memory.
    memory: Tree,
    mounts: Vec<Mount>,
    state: State,
    system: System,
    /// How often its cloud has started it.
    boots: u32,
    /// Changes when its connections end.
    sessions: watch::Sender<u64>,
    leaving: Option<(f64, Leaving)>,
    /// The kernel that was loaded: its command line, and what its initrd brings.
    loaded: Option<(String, BTreeMap<String, Brought>)>,
    /// The entry that its firmware's variable asks the boot loader for, once.
    once: Option<String>,
    job: Option<Installation>,
    k3s: k3s::Service,
    leave: k3s::Leave,
    /// What became of the nodes that this server was told to forget.
    forgotten: BTreeMap<String, Result<(), String>>,
    events: Vec<k3s::Event>,
    /// What it said on its console and its cloud has not heard yet.
    console: String,
    /// Whether the next kernel that is started from a running one does nothing.
    kernel_hangs: bool,
    /// Whether the next entry for once is not taken.
    entry_is_lost: bool,
}

impl Guest {
    /// What it is made of, with what is odd about it.
    fn hardware(&self) -> Hardware {
        self.built.with(&self.traits)
    }

    /// Whether its system answers.
    fn is_up(&self) -> bool {
        matches!(self.state, State::Up)
    }

    /// It says a line on its console.
    fn say(&mut self, line: impl AsRef<str>) {
        self.console.push_str(line.as_ref());
        self.console.push_str("\r\n");
    }
}

impl Guests {
    /// Lets happen what was due.
    pub(crate) fn settle(&mut self, clock: &Clock) {
        for guest in self.all.values_mut() {
            while guest.settle(clock) {}
            for event in guest.events.drain(..) {
                if let k3s::Event::Stopped { machine, .. } = &event {
                    self.listeners.retain(|(key, _), _| key != machine);
                }
                self.events.push(event);
            }
        }
        if self.due().is_some() {
            self.pulse.notify_one();
        }
    }

    /// All machines are gone, and their disks.
    pub(crate) fn forget(&mut self) {
        for guest in self.all.values() {
            guest.end_sessions();
        }
        *self = Self { pulse: Arc::clone(&self.pulse), ..Self::default() };
    }

    /// When something is due next.
    fn due(&self) -> Option<f64> {
        self.all.values().filter_map(Guest::due).reduce(f64::min)
    }

    /// What has happened to the machines' k3s since this was asked last.
    pub(crate) fn k3s_events(&mut self) -> Vec<k3s::Event> {
        std::mem::take(&mut self.events)
    }

    /// How a machine's k3s fares, and what it logs.
    pub(crate) fn k3s_is(&mut self, machine: &str, fare: k3s::Fare, log: impl IntoIterator<Item = String>) {
        if let Some(guest) = self.all.get_mut(machine).filter(|guest| guest.is_up()) {
            guest.k3s.fare = fare;
            guest.k3s.say(log);
        }
    }

    /// A machine's unit `bud-leave` has come to its end: the node has left, and its k3s stops, or it failed with a
    /// status and its last lines.
    pub(crate) fn left(&mut self, machine: &str, done: Result<(), (u32, Vec<String>)>) {
        let Some(guest) = self.all.get_mut(machine).filter(|guest| guest.is_up()) else { return };
        match done {
            Ok(()) => {
                // A full disk shows itself in other ways.
                let _ = guest.write(unit::LEFT, 0o644, "");
                guest.sync();
                guest.stop_k3s();
                guest.leave = k3s::Leave::Idle;
            }
            Err((status, said)) => guest.leave = k3s::Leave::Failed { status, said },
        }
    }

    /// A server has forgotten a node, or could not.
    pub(crate) fn forgot(&mut self, machine: &str, node: &str, done: Result<(), String>) {
        if let Some(guest) = self.all.get_mut(machine).filter(|guest| guest.is_up()) {
            guest.forgotten.insert(node.to_owned(), done);
        }
    }

    /// Writes a file of root on a machine that is up.
    pub(crate) fn place(&mut self, machine: &str, path: &str, mode: u32, bytes: &[u8]) {
        if let Some(guest) = self.all.get_mut(machine).filter(|guest| guest.is_up()) {
            // A full disk shows itself in other ways.
            let _ = guest.write(path, mode, bytes);
            guest.sync();
        }
    }

    /// These bytes, kept once for all machines that have them.
    fn shared(&mut self, bytes: &[u8]) -> Arc<[u8]> {
        use sha2::Digest as _;
        let sum = sha2::Sha256::digest(bytes).into();
        if let Some(known) = self.shared.get(&sum).and_then(Weak::upgrade) {
            return known;
        }
        self.shared.retain(|_, known| known.strong_count() > 0);
        let own: Arc<[u8]> = Arc::from(bytes);
        self.shared.insert(sum, Arc::downgrade(&own));
        own
    }

    /// Puts a server on loopback behind a port of a machine, as long as its k3s runs.
    pub(crate) fn listen(&mut self, machine: &str, port: u16, server: SocketAddr) {
        self.listeners.insert((machine.to_owned(), port), server);
    }
}
