//! Who refers to whom.

use serde_json::Value;

use super::super::message::Refusal;
use super::kind::Kind;
use super::place::Place;
use super::store::{Azure, Content, Object};

/// Something that uses an object: the user and the id that Azure names for it.
pub(crate) struct User<'a> {
    /// The object that refers.
    pub(crate) place: &'a Place,
    /// What is named in messages: an IP configuration of a network interface, or the object itself.
    pub(crate) id: String,
}

/// The places to which an object's content refers.
pub(crate) fn references(content: &Content) -> Vec<Place> {
    let mut found = Vec::new();
    for value in content.properties.values() {
        collect(value, &mut found);
    }
    found
}

fn collect(value: &Value, found: &mut Vec<Place>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(id)) = fields.get("id") {
                found.extend(Place::parse(id));
            }
            fields.values().for_each(|value| collect(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}

/// The place to which one property refers.
pub(crate) fn reference(value: Option<&Value>) -> Option<Place> {
    value?.get("id")?.as_str().and_then(Place::parse)
}

impl Azure {
    /// Everything that uses an object, in the order of creation.
    pub(crate) fn users(&self, target: &Place) -> Vec<User<'_>> {
        let key = target.key();
        let mut users = Vec::new();
        for object in self.referrers(&key) {
            if object.place.kind == Kind::NetworkInterface {
                users.extend(interface_uses(object, &key));
            } else {
                users.push(User { place: &object.place, id: object.id() });
            }
        }
        users
    }

    /// The machine that uses an object.
    pub(crate) fn machine_of(&self, target: &Place) -> Option<&Object> {
        self.referrers(&target.key()).into_iter().find(|object| object.place.kind == Kind::VirtualMachine)
    }

    /// Refuses references to objects that are not there, or in another region than this one.
    pub(crate) fn check_references(
        &self,
        user: &Place,
        location: &str,
        content: &Content,
    ) -> Result<(), Refusal> {
        for place in references(content) {
            let there = self.get(&place).zip(self.get(&place.top()));
            let fits = there.is_some_and(|(_, top)| top.content.location == location);
            if !fits {
                let message = format!(
                    "Resource {} referenced by resource {} was not found. Please make sure that the referenced \
                     resource exists, and that both resources are in the same region.",
                    place.id(),
                    user.id()
                );
                return Err(Refusal::bad("InvalidResourceReference", message));
            }
        }
        Ok(())
    }
}

/// A network interface uses its group as itself, and everything else through an IP configuration.
fn interface_uses<'a>(object: &'a Object, key: &str) -> Vec<User<'a>> {
    let mut users = Vec::new();
    let properties = &object.content.properties;
    if reference(properties.get("networkSecurityGroup")).is_some_and(|place| place.key() == key) {
        users.push(User { place: &object.place, id: object.id() });
    }
    for (name, configuration) in super::network_interface::configurations(object) {
        let used = ["subnet", "publicIPAddress"]
            .iter()
            .any(|part| reference(configuration.get(*part)).is_some_and(|place| place.key() == key));
        if used {
            users.push(User { place: &object.place, id: format!("{}/ipConfigurations/{name}", object.id()) });
        }
    }
    users
}
