//! What is wrong with a pool before any cloud is asked. Unknown parts are passed over.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::{disks, names};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::schema::Draft;
use crate::ssh::public_key::{self, KeyError};
use crate::value::{Path, Value, nearest};

pub(super) fn wrong(summary: &str, detail: impl Into<String>, path: Path) -> Diagnostic {
    Diagnostic::error(summary, detail).at(path)
}

/// The most nodes that a pool can have: more do not fit into a /16 with its other tenants.
const MOST: i64 = 10_000;

/// Checks a configuration or a plan.
pub(super) fn check(value: &Value, diagnostics: &mut Diagnostics) {
    let draft = Draft::root(value);
    name(&draft, diagnostics);
    counts(&draft, diagnostics);
    offers(&draft, diagnostics);
    zones(&draft, diagnostics);
    disks::check(&draft, diagnostics);
    login(&draft, diagnostics);
    addresses(&draft, diagnostics);
    ids(&draft, diagnostics);
    node_names(&draft, diagnostics);
    labels(&draft, diagnostics);
    super::super::tags::check(&draft, "tags", diagnostics);
}

fn name(draft: &Draft<'_>, diagnostics: &mut Diagnostics) {
    let Some(name) = draft.raw("name").as_str() else { return };
    let inner = |symbol: char| symbol.is_ascii_lowercase() || symbol.is_ascii_digit() || symbol == '-';
    let starts = name.starts_with(|symbol: char| symbol.is_ascii_lowercase());
    if !starts || !name.chars().all(inner) {
        diagnostics.push(wrong(
            "Bad name",
            format!(
                "{name:?} is no name of a pool: its nodes are hosts and Kubernetes nodes, so it is made of small \
                 letters, digits and \"-\" and begins with a letter."
            ),
            draft.at("name"),
        ));
        return;
    }
    let count = match draft.raw("node_count") {
        Value::Number(number) => number.as_i64().unwrap_or(1).clamp(1, MOST),
        _ => 1,
    };
    let longest = name.len() + 1 + (count - 1).to_string().len();
    if longest > 63 {
        diagnostics.push(wrong(
            "Name too long",
            format!(
                "The nodes of {name:?} would have names of {longest} characters, such as {:?}, and a host's name has \
                 at most 63. Choose a shorter name.",
                names::node_name(name, u32::try_from(count - 1).unwrap_or(0))
            ),
            draft.at("name"),
        ));
    }
}

fn counts(draft: &Draft<'_>, diagnostics: &mut Diagnostics) {
    let Some(count) = draft.get::<i64>("node_count", diagnostics) else { return };
    if !(0..=MOST).contains(&count) {
        diagnostics.push(wrong(
            "Bad number of nodes",
            format!("node_count is {count}, and a pool has 0 to {MOST} nodes."),
            draft.at("node_count"),
        ));
    } else if draft.raw("role").as_str() == Some("primary") && count > 1 {
        diagnostics.push(wrong(
            "Bad number of nodes",
            format!(
                "node_count is {count}, and the primary is one node: it founds the cluster. Make a second pool with \
                 the role \"server\" for the others."
            ),
            draft.at("node_count"),
        ));
    }
}

fn offers(draft: &Draft<'_>, diagnostics: &mut Diagnostics) {
    let (sku, offers) = (draft.raw("sku"), draft.raw("offers"));
    let cloud = draft.raw("cloud").as_str();
    if cloud == Some("hosts") || cloud == Some("aws") {
        return;
    }
    if sku.is_null() && offers.is_null() {
        diagnostics.push(wrong(
            "No machine type",
            "The pool has neither sku nor offers. Set one of them, for instance sku = \"cpu\".",
            draft.at("sku"),
        ));
    }
    if !sku.is_null() && !offers.is_null() {
        diagnostics.push(wrong(
            "Conflicting arguments",
            "sku is one way to get a machine, and offers lists several. Remove one of the two.",
            draft.at("sku"),
        ));
    }
    if sku.as_str() == Some("") {
        diagnostics.push(wrong("No machine type", "sku is empty.", draft.at("sku")));
    }
    if offers.as_list().is_some_and(<[Value]>::is_empty) {
        diagnostics.push(wrong(
            "No machine type",
            "offers is empty. List at least one way to get a machine.",
            draft.at("offers"),
        ));
    }
    let mut terms = false;
    for (index, offer) in offers.as_list().into_iter().flatten().enumerate() {
        terms |= offer.get("spot").as_bool() != Some(false);
        if offer.get("sku").as_str() == Some("") {
            diagnostics.push(wrong(
                "No machine type",
                "The sku of an offer is empty.",
                draft.at("offers").index(index).attribute("sku"),
            ));
        }
    }
    let spot = draft.raw("spot");
    if spot.as_map().is_some() && offers.as_list().is_some() && !terms {
        diagnostics.push(wrong(
            "Conflicting arguments",
            "spot gives terms for spot machines, and none of the offers has spot = true.",
            draft.at("spot"),
        ));
    }
    if let Value::Number(price) = spot.get("max_price")
        && price.as_f64() <= 0.0
    {
        diagnostics.push(wrong(
            "Bad price",
            format!("max_price is {price}. Leave it out to pay up to the ordinary price."),
            draft.at("spot").attribute("max_price"),
        ));
    }
}

fn zones(draft: &Draft<'_>, diagnostics: &mut Diagnostics) {
    let mut seen = BTreeSet::new();
    for (index, zone) in draft.raw("zones").as_list().into_iter().flatten().enumerate() {
        let Some(zone) = zone.as_str() else { continue };
        if !seen.insert(zone) {
            diagnostics.push(wrong(
                "Zone named twice",
                format!("The zone {zone:?} stands twice in zones."),
                draft.at("zones").index(index),
            ));
        }
    }
}

fn login(draft: &Draft<'_>, diagnostics: &mut Diagnostics) {
    for (index, key) in draft.raw("ssh_public_keys").as_list().into_iter().flatten().enumerate() {
        let Some(text) = key.as_str() else { continue };
        let why = match public_key::public(text) {
            Ok(key) if key.starts_with("ssh-rsa ") || key.starts_with("ssh-ed25519 ") => continue,
            Ok(key) => format!(
                "Azure takes keys of the types ssh-ed25519 and ssh-rsa, and this one is {}",
                key.split(' ').next().unwrap_or_default()
            ),
            Err(KeyError::Private) => {
                "this is a private key, which must never be given here: take the file that ends with .pub"
                    .to_owned()
            }
            Err(error) => {
                format!("it is no public key in OpenSSH's form, such as \"ssh-ed25519 AAAA… me\" ({error})")
            }
        };
        diagnostics.push(wrong(
            "Bad SSH key",
            format!("Key number {} cannot be used: {why}.", index + 1),
            draft.at("ssh_public_keys").index(index),
        ));
    }
    if let Some(user) = draft.raw("admin_username").as_str() {
        let inner =
            |symbol: char| symbol.is_ascii_lowercase() || symbol.is_ascii_digit() || "_-".contains(symbol);
        let reserved =
            ["root", "admin", "administrator", "user", "guest", "test", "console", "owner", "support"];
        if user.is_empty()
            || user.len() > 32
            || !user.chars().all(inner)
            || !user.starts_with(|symbol: char| symbol.is_ascii_lowercase() || symbol == '_')
            || reserved.contains(&user)
        {
            diagnostics.push(wrong(
                "Bad user name",
                format!(
                    "{user:?} cannot be the first user: 1 to 32 small letters, digits, \"_\" and \"-\", beginning \
                     with a letter or \"_\", and none of {}.",
                    reserved.join(", ")
                ),
                draft.at("admin_username"),
            ));
        }
    }
}

fn addresses(draft: &Draft<'_>, diagnostics: &mut Diagnostics) {
    if let Some(text) = draft.raw("private_ipv4").as_str()
        && text.parse::<Ipv4Addr>().is_err()
    {
        diagnostics.push(wrong(
            "Bad address",
            format!("{text:?} is no IPv4 address, such as \"10.177.2.69\"."),
            draft.at("private_ipv4"),
        ));
    }
}

/// Ids that the cloud would refuse only after the first address is made.
fn ids(draft: &Draft<'_>, diagnostics: &mut Diagnostics) {
    let mut one = |text: Option<&str>, kind: &str, path: Path| {
        let Some(text) = text else { return };
        if !text.starts_with("/subscriptions/")
            || !text.to_ascii_lowercase().contains(&kind.to_ascii_lowercase())
        {
            diagnostics.push(wrong(
                "Bad id",
                format!("{text:?} is no id of this kind: /subscriptions/…/providers/{kind}/NAME."),
                path,
            ));
        }
    };
    if let Some(id) = draft.raw("network_id").as_str() {
        let id = id.trim_start_matches(super::wanted::AZURE);
        one(Some(id), "Microsoft.Network/virtualNetworks", draft.at("network_id"));
    }
    for (index, id) in draft.raw("identity_ids").as_list().into_iter().flatten().enumerate() {
        let id = id.as_str().filter(|id| *id != "system");
        one(id, "Microsoft.ManagedIdentity/userAssignedIdentities", draft.at("identity_ids").index(index));
    }
    for (name, kind) in [
        ("capacity_reservation_id", "Microsoft.Compute/capacityReservationGroups"),
        ("placement_group", "Microsoft.Compute/proximityPlacementGroups"),
    ] {
        one(draft.raw(name).as_str(), kind, draft.at(name));
    }
    one(
        draft.raw("disk_encryption").get("key_id").as_str(),
        "Microsoft.Compute/diskEncryptionSets",
        draft.at("disk_encryption").attribute("key_id"),
    );
    if let Some(image) = draft.raw("image").as_str()
        && super::convert::image(Some(image)).is_none()
    {
        diagnostics.push(wrong(
            "Bad image",
            format!(
                "{image:?} is no image: write publisher:offer:sku, such as \"Canonical:ubuntu-24_04-lts:server\", with \
                 or without :version, or the id of an image."
            ),
            draft.at("image"),
        ));
    }
}

/// `remove_nodes` and `replace_nodes` name nodes of this pool.
fn node_names(draft: &Draft<'_>, diagnostics: &mut Diagnostics) {
    let Some(pool) = draft.raw("name").as_str() else { return };
    let mut one = |node: &str, path: Path| {
        if names::number(pool, node).is_none() {
            diagnostics.push(wrong(
                "Not a node of this pool",
                format!("{node:?} is no name of a node of {pool:?}: they are called \"{pool}-0\", \"{pool}-1\" and so on."),
                path,
            ));
        }
    };
    for (index, node) in draft.raw("remove_nodes").as_list().into_iter().flatten().enumerate() {
        if let Some(node) = node.as_str() {
            one(node, draft.at("remove_nodes").index(index));
        }
    }
    for (node, _) in draft.raw("replace_nodes").as_map().into_iter().flatten() {
        one(node, draft.at("replace_nodes").key(node));
    }
}

fn labels(draft: &Draft<'_>, diagnostics: &mut Diagnostics) {
    let part = |text: &str| {
        let inner = |symbol: char| symbol.is_ascii_alphanumeric() || "_.-".contains(symbol);
        let end = |symbol: char| symbol.is_ascii_alphanumeric();
        !text.is_empty()
            && text.len() <= 63
            && text.chars().all(inner)
            && text.starts_with(end)
            && text.ends_with(end)
    };
    let key = |key: &str| match key.split_once('/') {
        Some((prefix, name)) => {
            !prefix.is_empty()
                && prefix.len() <= 253
                && prefix.chars().all(|symbol| symbol.is_ascii_alphanumeric() || ".-".contains(symbol))
                && part(name)
        }
        None => part(key),
    };
    let mut bad = |what: &str, text: &str, path: Path| {
        diagnostics.push(wrong(
            "Bad label or taint",
            format!(
                "Kubernetes does not take the {what} {text:?}: up to 63 letters, digits, \"_\", \".\" and \"-\", a key \
                 perhaps with a domain and \"/\" in front."
            ),
            path,
        ));
    };
    for (name, value) in draft.raw("labels").as_map().into_iter().flatten() {
        let path = draft.at("labels").key(name);
        match value.as_str() {
            _ if !key(name) => bad("key", name, path),
            Some(text) if !text.is_empty() && !part(text) => bad("value", text, path),
            _ => {}
        }
    }
    for (index, taint) in draft.raw("taints").as_list().into_iter().flatten().enumerate() {
        let path = draft.at("taints").index(index);
        if let Some(text) = taint.get("key").as_str().filter(|text| !key(text)) {
            bad("key", text, path.attribute("key"));
        }
        if let Some(text) = taint.get("value").as_str().filter(|text| !text.is_empty() && !part(text)) {
            bad("value", text, path.attribute("value"));
        }
    }
}

/// The security group must be one of the network's, where this process knows them.
pub(super) fn security_group(value: &Value, groups: &BTreeSet<String>, diagnostics: &mut Diagnostics) {
    let Some(group) = value.get("security_group").as_str().filter(|group| !groups.contains(*group)) else {
        return;
    };
    let known: Vec<&str> = groups.iter().map(String::as_str).collect();
    let hint = nearest(group, known.iter().copied())
        .map_or(String::new(), |near| format!(" Did you mean {near:?}?"));
    diagnostics.push(wrong(
        "Unknown security group",
        format!("The network has no security group {group:?}.{hint} It has: {}.", known.join(", ")),
        Path::of("security_group"),
    ));
}

/// The subnets must be the network's, where this process knows them.
pub(super) fn subnets<'a>(
    value: &Value,
    known: &(impl Iterator<Item = &'a String> + Clone),
    diagnostics: &mut Diagnostics,
) {
    for (index, subnet) in value.get("subnets").as_list().into_iter().flatten().enumerate() {
        let Some(name) = subnet.as_str() else { continue };
        if !known.clone().any(|known| known == name) {
            let names: Vec<&str> = known.clone().map(String::as_str).collect();
            diagnostics.push(wrong(
                "Unknown subnet",
                format!("The network has no subnet {name:?}. It has: {}.", names.join(", ")),
                Path::of("subnets").index(index),
            ));
        }
    }
}
