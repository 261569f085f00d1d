//! The objects that exist, and what happens to them when an operation ends.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::super::clock::{Clock, stamp};
use super::kind::Kind;
use super::operation::Operation;
use super::place::Place;
use super::reference::references;
use super::reservation::Reservation;
use super::virtual_machine::Machine;

/// Who made an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Author {
    /// A client, through the API.
    Client,
    /// Somebody else, through the control endpoint.
    Portal,
}

/// Whether an object is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Succeeded,
    Updating,
    Deleting,
    Failed,
}

impl State {
    /// As `provisioningState` spells it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "Succeeded",
            Self::Updating => "Updating",
            Self::Deleting => "Deleting",
            Self::Failed => "Failed",
        }
    }
}

/// What a PUT decides about an object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    pub(crate) location: String,
    pub(crate) tags: Option<Map<String, Value>>,
    pub(crate) sku: Option<Value>,
    pub(crate) zones: Option<Value>,
    pub(crate) identity: Option<Value>,
    pub(crate) properties: Map<String, Value>,
}

/// One object.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) place: Place,
    pub(crate) content: Content,
    pub(crate) state: State,
    pub(crate) etag: String,
    pub(crate) guid: String,
    /// Place in the order of creation.
    pub(crate) order: u64,
    pub(crate) created: OffsetDateTime,
    pub(crate) author: Author,
    /// The operation that is working on it.
    pub(crate) running: Option<String>,
    /// What a failed update goes back to; absent while it is being created.
    pub(crate) before: Option<Content>,
    /// Reads, lists and writes of children that do not see it yet, and reads that show it too late.
    pub(crate) unseen: Unseen,
    /// What a virtual machine is beside its description.
    pub(crate) machine: Option<Box<Machine>>,
    /// The machine for which a network interface is kept.
    pub(crate) reserved: Option<Reservation>,
    /// What was written on a disk.
    pub(crate) written: Option<String>,
}

/// How often an object is still not seen as it is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Unseen {
    pub(crate) reads: u32,
    pub(crate) lists: u32,
    pub(crate) writes: u32,
    pub(crate) late: u32,
}

/// The state of Azure.
#[derive(Clone, Debug, Default)]
pub(crate) struct Azure {
    objects: BTreeMap<String, Object>,
    /// Keys of the objects of each kind, by the order of creation.
    kinds: BTreeMap<Kind, BTreeMap<u64, String>>,
    /// Keys of the objects that refer to a key.
    referrers: BTreeMap<String, BTreeSet<String>>,
    /// Ids of the operations that are going on, by the order in which they began.
    pub(crate) active: BTreeMap<u64, String>,
    pub(crate) operations: BTreeMap<String, Operation>,
    /// Namespaces that are not registered in the subscription, in small letters.
    pub(crate) unregistered: BTreeSet<String>,
    /// What the compute provider keeps beside the objects.
    pub(crate) compute: super::compute::Compute,
    count: u64,
    addresses: u32,
    /// Keys of the virtual machines that may have changed since somebody asked last.
    touched: BTreeSet<String>,
}

impl Object {
    /// The object's name.
    pub(crate) fn name(&self) -> &str {
        self.place.name()
    }

    /// The object's id, as it was first spelled.
    pub(crate) fn id(&self) -> String {
        self.place.id()
    }

    /// A property's text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.content.properties.get(name).and_then(Value::as_str)
    }

    /// A new etag: something about the object has changed.
    pub(crate) fn touch(&mut self) {
        self.etag = format!("W/\"{}\"", Uuid::new_v4());
    }
}

impl Azure {
    /// The object at a place.
    pub(crate) fn get(&self, place: &Place) -> Option<&Object> {
        self.objects.get(&place.key())
    }

    /// The object at a place, to change it.
    pub(crate) fn get_mut(&mut self, place: &Place) -> Option<&mut Object> {
        let key = place.key();
        if place.kind == Kind::VirtualMachine {
            self.touched.insert(key.clone());
        }
        self.objects.get_mut(&key)
    }

    /// The virtual machines that may have changed since this was asked last, by their keys.
    pub(crate) fn touched(&mut self) -> BTreeSet<String> {
        std::mem::take(&mut self.touched)
    }

    /// The object with this key.
    pub(crate) fn at(&self, key: &str) -> Option<&Object> {
        self.objects.get(key)
    }

    /// All objects in the order of creation.
    pub(crate) fn all(&self) -> Vec<&Object> {
        let mut all: Vec<&Object> = self.objects.values().collect();
        all.sort_by_key(|object| object.order);
        all
    }

    /// The objects of one kind in the order of creation.
    pub(crate) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Object> {
        self.kinds.get(&kind).into_iter().flat_map(BTreeMap::values).filter_map(|key| self.objects.get(key))
    }

    /// The objects that refer to a key, in the order of creation.
    pub(crate) fn referrers(&self, key: &str) -> Vec<&Object> {
        let keys = self.referrers.get(key).into_iter().flatten();
        let mut found: Vec<&Object> = keys.filter_map(|key| self.objects.get(key)).collect();
        found.sort_by_key(|object| object.order);
        found
    }

    /// The objects whose keys begin so, in the order of creation.
    fn below(&self, prefix: &str) -> Vec<&Object> {
        let range = self.objects.range(prefix.to_owned()..);
        let mut found: Vec<&Object> =
            range.take_while(|(key, _)| key.starts_with(prefix)).map(|(_, object)| object).collect();
        found.sort_by_key(|object| object.order);
        found
    }

    /// The children of an object in the order of creation.
    pub(crate) fn children(&self, parent: &Place) -> Vec<&Object> {
        if parent.kind == Kind::Group {
            return Vec::new();
        }
        self.below(&format!("{}/", parent.key()))
    }

    /// Everything in a resource group, without the group itself.
    pub(crate) fn in_group(&self, group: &Place) -> Vec<&Object> {
        self.below(&format!("{}/", group.key()))
    }

    /// Puts an object in; it must not be there.
    pub(crate) fn insert(
        &mut self,
        place: &Place,
        content: Content,
        author: Author,
        clock: &Clock,
    ) -> &mut Object {
        self.count += 1;
        let object = Object {
            place: place.clone(),
            content,
            state: State::Succeeded,
            etag: format!("W/\"{}\"", Uuid::new_v4()),
            guid: Uuid::new_v4().to_string(),
            order: self.count,
            created: clock.now(),
            author,
            running: None,
            before: None,
            unseen: Unseen::default(),
            machine: None,
            reserved: None,
            written: None,
        };
        let key = place.key();
        self.refer(&key, &references(&object.content), true);
        self.kinds.entry(place.kind).or_default().insert(self.count, key);
        self.objects.entry(place.key()).insert_entry(object).into_mut()
    }

    /// Gives an object another content.
    pub(crate) fn replace(&mut self, place: &Place, content: Content) {
        let key = place.key();
        let Some(object) = self.objects.get_mut(&key) else { return };
        if place.kind == Kind::VirtualMachine {
            self.touched.insert(key.clone());
        }
        let now = references(&content);
        let before = references(&std::mem::replace(&mut object.content, content));
        self.refer(&key, &before, false);
        self.refer(&key, &now, true);
    }

    /// Takes an object out, with its children.
    pub(crate) fn remove(&mut self, place: &Place) {
        let mut keys: Vec<String> = self.children(place).iter().map(|child| child.place.key()).collect();
        keys.push(place.key());
        for key in keys {
            let Some(object) = self.objects.remove(&key) else { continue };
            if object.place.kind == Kind::VirtualMachine {
                self.touched.insert(key.clone());
            }
            self.refer(&key, &references(&object.content), false);
            if let Some(orders) = self.kinds.get_mut(&object.place.kind) {
                orders.remove(&object.order);
            }
        }
    }

    /// Notes, or forgets, to what an object refers.
    fn refer(&mut self, key: &str, targets: &[Place], refers: bool) {
        for target in targets {
            let users = self.referrers.entry(target.key()).or_default();
            if refers {
                users.insert(key.to_owned());
            } else {
                users.remove(key);
            }
            if users.is_empty() {
                self.referrers.remove(&target.key());
            }
        }
    }

    /// The next address of each family that no object ever had.
    pub(crate) fn next_address(&mut self, version: &str) -> String {
        self.addresses += 1;
        let number = self.addresses + 3;
        if version == "IPv6" {
            return format!("2001:db8::{number:x}");
        }
        std::net::Ipv4Addr::from(u32::from(std::net::Ipv4Addr::new(198, 18, 0, 0)) + number % (1 << 17))
            .to_string()
    }

    /// The objects as the ledger shows them.
    pub(crate) fn objects(&self) -> Vec<Value> {
        self.all()
            .into_iter()
            .map(|object| {
                json!({
                    "id": object.id(),
                    "type": object.place.kind.type_name(),
                    "created_at": stamp(object.created),
                    "tags": object.content.tags.clone().unwrap_or_default(),
                    "state": object.state.word(),
                    "by": match object.author { Author::Client => "client", Author::Portal => "portal" },
                })
            })
            .collect()
    }
}
