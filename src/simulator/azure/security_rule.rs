//! Security rules.

use serde_json::{Map, Value, json};

use super::super::message::Refusal;
use super::super::world::World;
use super::draft::Draft;
use super::place::Place;
use super::security_group::DEFAULT_RULES;
use super::store::Object;

/// Service tags that are known; some may carry a region, as in `Storage.WestEurope`.
const SERVICE_TAGS: &[&str] = &[
    "VirtualNetwork",
    "AzureLoadBalancer",
    "Internet",
    "AzureActiveDirectory",
    "AzureCloud",
    "AzureContainerRegistry",
    "AzureFrontDoor.Backend",
    "AzureKeyVault",
    "AzureMonitor",
    "AzureResourceManager",
    "AzureTrafficManager",
    "GatewayManager",
    "MicrosoftContainerRegistry",
    "Sql",
    "Storage",
];

/// The four pairs of a singular and a plural property.
const PAIRS: [(&str, &str); 4] = [
    ("sourcePortRange", "sourcePortRanges"),
    ("destinationPortRange", "destinationPortRanges"),
    ("sourceAddressPrefix", "sourceAddressPrefixes"),
    ("destinationAddressPrefix", "destinationAddressPrefixes"),
];

/// Checks a rule that is written by itself.
pub(crate) fn prepare_alone(world: &World, draft: &mut Draft) -> Result<(), Refusal> {
    prepare(draft)?;
    let others: Vec<(&str, &Map<String, Value>)> = world
        .azure
        .children(&draft.place.top())
        .into_iter()
        .filter(|child| child.place.key() != draft.place.key())
        .map(|child| (child.name(), &child.content.properties))
        .collect();
    check_conflicts(draft, &others)
}

/// Checks what a rule says.
pub(crate) fn prepare(draft: &mut Draft) -> Result<(), Refusal> {
    let id = draft.place.id();
    let properties = &draft.content.properties;
    let priority = properties.get("priority").and_then(Value::as_i64).unwrap_or_default();
    if !(100..=4096).contains(&priority) {
        let message = format!(
            "Security rule {id} has invalid Priority. Value provided: {priority}. Allowed range 100-4096."
        );
        return Err(Refusal::bad("SecurityRuleInvalidPriority", message));
    }
    if properties.get("description").and_then(Value::as_str).is_some_and(|text| text.chars().count() > 140) {
        let message = format!("Security rule {id} has a description of more than 140 characters.");
        return Err(Refusal::bad("SecurityRuleInvalidDescription", message));
    }
    for (singular, plural) in PAIRS {
        let one = properties.get(singular).and_then(Value::as_str).filter(|text| !text.is_empty());
        let many = texts(properties.get(plural));
        let ports = singular.ends_with("PortRange");
        if one.is_some() && !many.is_empty() {
            let message = format!(
                "Security rule {id} has both {singular} and {plural} specified. Only one of them can be specified."
            );
            return Err(Refusal::bad("SecurityRuleParameterContainsUnsupportedValue", message));
        }
        if one.is_none() && many.is_empty() {
            let message = format!(
                "Required security rule parameters are missing for security rule with Id: {id}. Security rule must \
                 specify {singular} or {plural}."
            );
            return Err(Refusal::bad("SecurityRuleParameterMissing", message));
        }
        for text in one.into_iter().chain(many.iter().copied()) {
            let star = text == "*" && one.is_some();
            if ports && !star && !is_port_range(text) {
                let message = format!(
                    "Security rule has invalid Port range. Value provided: {text}. Value should be an integer OR integer \
                     range with '-' delimiter. Valid range 0-65535."
                );
                return Err(Refusal::bad("SecurityRuleInvalidPortRange", message));
            }
            if !ports && !star && !is_address(text) {
                let message =
                    format!("Security rule {id} has invalid Address prefix. Value provided: {text}");
                return Err(Refusal::bad("SecurityRuleInvalidAddressPrefix", message));
            }
        }
    }
    Ok(())
}

/// Refuses a name, or a priority of one direction, that is taken.
pub(crate) fn check_conflicts(draft: &Draft, others: &[(&str, &Map<String, Value>)]) -> Result<(), Refusal> {
    let name = draft.place.name();
    let conflict = |other: &str| {
        let message = format!(
            "Security rule {name} conflicts with rule {other}. Rules cannot have the same Priority and Direction. To \
             learn more, see aka.ms/nsgrules."
        );
        Refusal::bad("SecurityRuleConflict", message)
    };
    if let Some((other, ..)) = DEFAULT_RULES.iter().find(|(other, ..)| other.eq_ignore_ascii_case(name)) {
        return Err(conflict(other));
    }
    let slot = |properties: &Map<String, Value>| {
        (properties.get("priority").cloned(), properties.get("direction").cloned())
    };
    let own = slot(&draft.content.properties);
    match others
        .iter()
        .find(|(other, properties)| other.eq_ignore_ascii_case(name) || slot(properties) == own)
    {
        Some((other, _)) => Err(conflict(other)),
        None => Ok(()),
    }
}

/// Refuses a bad name of an inline rule.
pub(crate) fn check_name(place: &Place) -> Result<(), Refusal> {
    if place.kind.accepts_name(place.name()) {
        return Ok(());
    }
    Err(Refusal::bad("InvalidResourceName", place.kind.name_rule(place.name())))
}

/// The values of one side of a rule, singular or plural.
pub(crate) fn values<'a>(properties: &'a Map<String, Value>, singular: &str) -> Vec<&'a str> {
    let plural = PAIRS.iter().find(|(one, _)| *one == singular).map_or("", |(_, many)| many);
    let one = properties.get(singular).and_then(Value::as_str).filter(|text| !text.is_empty());
    one.into_iter().chain(texts(properties.get(plural))).collect()
}

/// The properties as Azure shows them.
pub(crate) fn shown(world: &World, object: &Object) -> Map<String, Value> {
    let mut properties = object.content.properties.clone();
    for (singular, plural) in PAIRS {
        let single = texts(properties.get(plural)).first().map(|text| (*text).to_owned());
        if world.quirks.collapse_single_lists
            && texts(properties.get(plural)).len() == 1
            && let Some(single) = single
        {
            properties.insert(singular.into(), json!(single));
            properties.remove(plural);
        }
        properties.entry(plural).or_insert_with(|| json!([]));
    }
    properties
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn is_port_range(text: &str) -> bool {
    let port = |text: &str| {
        let digits = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
        digits.then(|| text.parse::<u16>().ok()).flatten()
    };
    match text.split_once('-') {
        None => port(text).is_some(),
        Some((from, to)) => port(from).zip(port(to)).is_some_and(|(from, to)| from <= to),
    }
}

fn is_address(text: &str) -> bool {
    if text.parse::<std::net::IpAddr>().is_ok() {
        return true;
    }
    if let Ok(range) = text.parse::<ipnet::IpNet>() {
        return range.trunc() == range;
    }
    let known = |name: &str| SERVICE_TAGS.iter().any(|tag| tag.eq_ignore_ascii_case(name));
    known(text)
        || text
            .split_once('.')
            .is_some_and(|(tag, region)| known(tag) && super::region::canonical(region).is_some())
}
