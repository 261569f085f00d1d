//! One cluster: its objects, its authority, its members.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::super::clock::Clock;
use super::authority::Authority;
use super::etcd::Etcd;
use super::kinds::{self, Kind};
use super::store::{Key, Store};
use super::{furniture, workloads};

/// Everything that one founding made.
pub(crate) struct Cluster {
    pub(crate) store: Store,
    pub(crate) authority: Authority,
    pub(crate) etcd: Etcd,
    /// What servers and agents show to join.
    pub(crate) token: String,
    pub(crate) agent_token: String,
    /// Kinds that definitions brought.
    pub(crate) custom: Vec<Arc<Kind>>,
    /// When something about an object is due, by its uid and what it is.
    pub(crate) timers: BTreeMap<(String, &'static str), f64>,
    /// Images that cannot be pulled.
    pub(crate) missing_images: Vec<String>,
    /// Images whose containers end with an error as soon as they start.
    pub(crate) crashing_images: Vec<String>,
    /// The version that it reports, such as `v1.36.3+k3s1`.
    pub(crate) version: String,
    /// How often machines have founded or joined it.
    pub(crate) addresses: u32,
}

impl Cluster {
    /// A cluster that begins now, with what every cluster has.
    pub(crate) fn found(name: &str, token: &str, version: &str, clock: &Clock) -> Result<Self, String> {
        let mut this = Self {
            store: Store::default(),
            authority: Authority::new(name)?,
            etcd: Etcd::default(),
            token: token.to_owned(),
            agent_token: token.to_owned(),
            custom: Vec::new(),
            timers: BTreeMap::new(),
            missing_images: Vec::new(),
            crashing_images: Vec::new(),
            version: version.to_owned(),
            addresses: 0,
        };
        furniture::place(&mut this, &clock.stamp());
        this.settle(clock);
        Ok(this)
    }

    /// Its id: the uid of the namespace `kube-system`.
    pub(crate) fn id(&self) -> String {
        let system = self.store.get(&Key::new("", "namespaces", "", "kube-system"));
        system.and_then(|object| object["metadata"]["uid"].as_str()).unwrap_or_default().to_owned()
    }

    /// Every kind that it serves.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = &Arc<Kind>> {
        kinds::built_in().iter().chain(&self.custom)
    }

    /// A kind by its place in paths.
    pub(crate) fn kind(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Kind>> {
        self.kinds()
            .find(|kind| kind.group == group && kind.version == version && kind.plural == plural)
            .cloned()
    }

    /// An object of a controller, with a uid and a date; what is there already stays.
    pub(crate) fn make(&mut self, key: Key, mut object: Value, now: &str) -> Arc<Value> {
        if let Some(known) = self.store.get(&key) {
            return Arc::clone(known);
        }
        let metadata = &mut object["metadata"];
        metadata["name"] = json!(key.name);
        if !key.namespace.is_empty() {
            metadata["namespace"] = json!(key.namespace);
        }
        metadata["uid"] = json!(uuid::Uuid::new_v4().to_string());
        metadata["creationTimestamp"] = json!(seconds(now));
        if object["spec"].is_object() {
            object["metadata"]["generation"] = json!(1);
        }
        self.store.put(key, object)
    }

    /// Changes an object; a change that changes nothing is none.
    pub(crate) fn change(&mut self, key: &Key, change: impl FnOnce(&mut Value)) -> bool {
        let Some(known) = self.store.get(key) else { return false };
        let mut object = Value::clone(known);
        change(&mut object);
        super::defaults::bare(&mut object);
        if object == **known {
            return false;
        }
        self.store.put(key.clone(), object);
        true
    }

    /// The objects of a kind, copied out.
    pub(crate) fn objects(&self, group: &str, plural: &str, namespace: &str) -> Vec<(Key, Arc<Value>)> {
        let all = self.store.list(group, plural, namespace);
        all.into_iter().map(|(key, object)| (key.clone(), Arc::clone(object))).collect()
    }

    /// Whether so many simulated seconds have passed since this was asked first about an object.
    pub(crate) fn due(&mut self, uid: &str, what: &'static str, seconds: f64, clock: &Clock) -> bool {
        let at = *self.timers.entry((uid.to_owned(), what)).or_insert_with(|| clock.after(seconds));
        clock.passed(at)
    }

    /// Lets the controllers do what is to be done, until there is nothing left to do now.
    pub(crate) fn settle(&mut self, clock: &Clock) {
        // What follows from one change is done in a few rounds; a loop of controllers must not hold the world.
        for _ in 0..40 {
            let before = self.store.revision();
            workloads::settle(self, clock);
            if self.store.revision() == before {
                return;
            }
        }
    }

    /// Notes an event about an object.
    pub(crate) fn event(&mut self, about: &Value, class: &str, reason: &str, message: &str, now: &str) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let metadata = &about["metadata"];
        let namespace = match text(&metadata["namespace"]) {
            empty if empty.is_empty() => "default".to_owned(),
            namespace => namespace,
        };
        let uid = text(&metadata["uid"]);
        let known = self.objects("", "events", &namespace).into_iter().find(|(_, event)| {
            event["involvedObject"]["uid"] == uid && event["reason"] == reason && event["message"] == message
        });
        if known.is_some() {
            return;
        }
        let name = format!("{}.{:016x}", text(&metadata["name"]), self.store.revision());
        let object = json!({
            "apiVersion": "v1", "kind": "Event", "metadata": {},
            "involvedObject": {
                "apiVersion": about["apiVersion"], "kind": about["kind"], "name": metadata["name"],
                "namespace": metadata["namespace"], "uid": uid, "resourceVersion": metadata["resourceVersion"],
            },
            "type": class, "reason": reason, "message": message, "count": 1,
            "firstTimestamp": seconds(now), "lastTimestamp": seconds(now), "source": { "component": "simulator" },
        });
        self.make(Key::new("", "events", &namespace, &name), object, now);
    }
}

/// A date as Kubernetes writes it: whole seconds.
pub(crate) fn seconds(stamp: &str) -> String {
    stamp.split_once('.').map_or_else(|| stamp.to_owned(), |(whole, _)| format!("{whole}Z"))
}
