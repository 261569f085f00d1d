//! Tags on Azure's objects: whose they are, and how ours are laid over those of others.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cloud::{Mark, NetworkPlan, Owner};

/// What starts all tags of ours.
const OURS: &str = "bud:";
/// What starts the tags that record what only the configuration knows.
const RECORDED: &str = "bud:recorded-";
/// How much Azure lets a tag hold.
const LIMIT: usize = 256;

/// Tags by name.
pub(super) type Tags = BTreeMap<String, String>;

/// The tags of an object.
pub(super) fn of(object: &Value) -> Tags {
    let tags = object.get("tags").and_then(Value::as_object);
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    tags.map(|tags| tags.iter().map(|(name, value)| (name.clone(), text(value))).collect())
        .unwrap_or_default()
}

/// A tag by name; names do not differ by case.
pub(super) fn get<'a>(tags: &'a Tags, name: &str) -> Option<&'a str> {
    tags.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// What a part of the plan shall carry.
pub(super) fn wanted(plan: &NetworkPlan, finished: bool) -> Tags {
    let mut tags = plan.tags.clone();
    tags.extend(plan.mark.tags(finished));
    tags
}

/// What the network itself shall carry: also what only the configuration knows.
pub(super) fn wanted_on_network(plan: &NetworkPlan, finished: bool) -> Tags {
    let mut tags = wanted(plan, finished);
    let zones: Vec<String> = plan.zones.iter().map(|(subnet, zone)| format!("{subnet}={zone}")).collect();
    let mut recorded = plan.recorded.clone();
    if !zones.is_empty() {
        recorded.insert("zones".to_owned(), zones.join(","));
    }
    record(&mut tags, &recorded);
    tags
}

/// Lays down what only the configuration knows, in as many tags as it needs.
pub(super) fn record(tags: &mut Tags, recorded: &BTreeMap<String, String>) {
    for (key, value) in recorded {
        let letters: Vec<char> = value.chars().collect();
        for (index, piece) in letters.chunks(LIMIT).enumerate() {
            let name =
                if index == 0 { format!("{RECORDED}{key}") } else { format!("{RECORDED}{key}.{index}") };
            tags.insert(name, piece.iter().collect());
        }
    }
}

/// What was recorded on an object.
pub(super) fn recorded(tags: &Tags) -> BTreeMap<String, String> {
    let mut pieces: BTreeMap<(String, usize), String> = BTreeMap::new();
    for (name, value) in tags {
        let Some(key) = name.get(..RECORDED.len()).filter(|start| start.eq_ignore_ascii_case(RECORDED))
        else {
            continue;
        };
        let key = &name[key.len()..];
        let (key, index) = match key.rsplit_once('.').map(|(key, index)| (key, index.parse())) {
            Some((key, Ok(index))) => (key, index),
            _ => (key, 0),
        };
        pieces.insert((key.to_owned(), index), value.clone());
    }
    let mut whole: BTreeMap<String, String> = BTreeMap::new();
    for ((key, _), piece) in pieces {
        whole.entry(key).or_default().push_str(&piece);
    }
    whole
}

/// The tags an object shall have: those it has, without the ones we dropped, under the ones we want.
/// Of ours only those go that every object carries; what another of our resources wrote stays.
pub(super) fn laid_over(now: &Tags, wanted: &Tags, dropped: &Tags) -> Tags {
    let ours = |name: &str| {
        [Mark::ENVIRONMENT, Mark::EXPIRES_AT].iter().any(|own| own.eq_ignore_ascii_case(name))
            || name.get(..RECORDED.len()).is_some_and(|start| start.eq_ignore_ascii_case(RECORDED))
    };
    let mut tags: Tags = now
        .iter()
        .filter(|(name, _)| get(wanted, name).is_none() && get(dropped, name).is_none() && !ours(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    tags.extend(wanted.clone());
    tags
}

/// The tags that are not ours.
pub(super) fn of_others(tags: &Tags) -> Tags {
    let ours = |name: &String| name.get(..OURS.len()).is_some_and(|start| start.eq_ignore_ascii_case(OURS));
    tags.iter().filter(|(name, _)| !ours(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Our mark on an object, if it carries one.
pub(super) fn mark(tags: &Tags) -> Option<Mark> {
    get(tags, Mark::MANAGED_BY).filter(|manager| *manager == Mark::MANAGER)?;
    Some(Mark {
        environment: get(tags, Mark::ENVIRONMENT).map(str::to_owned),
        resource: get(tags, Mark::RESOURCE)?.to_owned(),
        owner: Owner(get(tags, Mark::OWNER).unwrap_or_default().to_owned()),
        expires_at: get(tags, Mark::EXPIRES_AT).map(str::to_owned),
    })
}

/// Whether the create that made an object has finished.
pub(super) fn finished(tags: &Tags) -> bool {
    get(tags, Mark::STATE) == Some("ready")
}

/// Whether an object that stands where a part would go is ours to take over; else why not.
/// `remains`: the network itself does not exist, so that its parts are what is left of it; `open`:
/// owners of parts that are still unfinished, whose other parts belong to the same create.
pub(super) fn claim(tags: &Tags, wanted: &Mark, remains: bool, open: &[Owner]) -> Result<(), String> {
    let Some(found) = mark(tags) else { return Err("it does not carry our tags".to_owned()) };
    if found.resource != wanted.resource {
        return Err(format!("it belongs to {}", found.resource));
    }
    // An owner's id is drawn by one create alone.
    if !found.owner.0.is_empty() && found.owner == wanted.owner {
        return Ok(());
    }
    match (&wanted.environment, &found.environment) {
        (Some(ours), Some(theirs)) if ours == theirs => Ok(()),
        (_, Some(theirs)) => Err(format!("it belongs to environment {theirs:?}")),
        (Some(_), None) => Err("it belongs to no environment".to_owned()),
        (None, None)
            if !finished(tags) || found.owner.0.is_empty() || remains || open.contains(&found.owner) =>
        {
            Ok(())
        }
        (None, None) => Err("it is finished and belongs to another state".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark_of(environment: Option<&str>, owner: &str) -> Mark {
        Mark {
            environment: environment.map(str::to_owned),
            resource: "bud_network/n".to_owned(),
            owner: Owner(owner.to_owned()),
            expires_at: None,
        }
    }

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn tags_of_others_survive_and_ours_win_whatever_their_casing() {
        let now = tags(&[
            ("Team", "a"),
            ("COST", "1"),
            ("bud:expires-at", "old"),
            ("bud:node", "n-0"),
            ("gone", "x"),
        ]);
        let result = laid_over(&now, &tags(&[("cost", "2")]), &tags(&[("Gone", "x")]));
        assert_eq!(result, tags(&[("Team", "a"), ("cost", "2"), ("bud:node", "n-0")]));
    }

    #[test]
    fn with_an_environment_everything_of_it_is_ours() {
        let wanted = mark_of(Some("ci"), "new");
        assert!(claim(&mark_of(Some("ci"), "old").tags(true), &wanted, false, &[]).is_ok());
        assert!(claim(&mark_of(Some("prod"), "old").tags(false), &wanted, false, &[]).is_err());
        assert!(claim(&mark_of(None, "").tags(false), &wanted, false, &[]).is_err());
    }

    #[test]
    fn without_one_only_what_is_unfinished_or_let_go() {
        let wanted = mark_of(None, "new");
        assert!(claim(&mark_of(None, "old").tags(false), &wanted, false, &[]).is_ok());
        assert!(claim(&mark_of(None, "").tags(true), &wanted, false, &[]).is_ok());
        let finished = mark_of(None, "old").tags(true);
        assert!(claim(&finished, &wanted, false, &[]).is_err());
        assert!(claim(&finished, &wanted, true, &[]).is_ok());
        assert!(claim(&finished, &wanted, false, &[Owner("old".to_owned())]).is_ok());
        assert!(claim(&mark_of(Some("ci"), "").tags(false), &wanted, true, &[]).is_err());
        assert!(claim(&tags(&[("a", "b")]), &wanted, true, &[]).is_err());
    }

    #[test]
    fn another_resource_is_a_stranger() {
        assert!(claim(&mark_of(Some("x"), "own").tags(true), &mark_of(None, "own"), false, &[]).is_ok());
        let other = Mark { resource: "bud_network/other".to_owned(), ..mark_of(Some("ci"), "x") };
        assert!(
            claim(&other.tags(false), &mark_of(Some("ci"), "x"), true, &[]).unwrap_err().contains("other")
        );
    }
}
