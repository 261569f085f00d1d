//! Lists, page by page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::super::message::{Answer, Request};
use super::super::world::World;
use super::kind::Kind;
use super::place::Place;
use super::read;
use super::store::Object;

/// Objects on a page where no quirk and no `$top` says otherwise.
const PAGE: usize = 100;

/// A list of one kind: in the subscription, in a group, or in a parent.
pub(crate) fn collection(world: &mut World, request: &Request, kind: Kind, within: Option<&Place>) -> Answer {
    let within = within.map(Place::key);
    let places: Vec<Place> = world
        .azure
        .of_kind(kind)
        .filter(|object| {
            let above = object.place.parent().unwrap_or_else(|| object.place.in_group());
            within.as_ref().is_none_or(|key| above.key() == *key)
        })
        .map(|object| object.place.clone())
        .collect();
    let seen = visible(world, request, places);
    let items: Vec<&Object> = seen.iter().filter_map(|place| world.azure.get(place)).collect();
    page_of(world, request, &items, |object| read::shown(world, object))
}

/// Those of the places that a list shows already. A lag counts lists, not the pages of one.
pub(crate) fn visible(world: &mut World, request: &Request, places: Vec<Place>) -> Vec<Place> {
    let first = offset(request) == 0;
    places
        .into_iter()
        .filter(|place| {
            let Some(object) = world.azure.get_mut(place) else { return false };
            let hidden = object.unseen.lists > 0;
            if hidden && first {
                object.unseen.lists -= 1;
            }
            !hidden
        })
        .collect()
}

/// One page of a list, with the address of the next.
pub(crate) fn page(world: &World, request: &Request, items: &[Value]) -> Answer {
    page_of(world, request, items, Clone::clone)
}

/// One page of a list of which only that page's items are looked at.
pub(crate) fn page_of<T>(
    world: &World,
    request: &Request,
    items: &[T],
    shown: impl Fn(&T) -> Value,
) -> Answer {
    let top = request.parameter("$top").and_then(|top| top.parse::<usize>().ok()).filter(|top| *top > 0);
    let size = world.quirks.page_size.or(top).unwrap_or(PAGE).max(1);
    let start = offset(request);
    let more = items.len() > start.saturating_add(size);
    let mut body = Map::new();
    body.insert("value".into(), items.iter().skip(start).take(size).map(shown).collect());
    if more {
        let kept: String = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(
                url::form_urlencoded::parse(request.query.as_bytes())
                    .filter(|(name, _)| !name.eq_ignore_ascii_case("$skiptoken")),
            )
            .append_pair("$skiptoken", &URL_SAFE_NO_PAD.encode((start + size).to_string()))
            .finish();
        body.insert("nextLink".into(), json!(format!("{}{}?{kept}", request.origin, request.path)));
    }
    Answer::json(200, Value::Object(body))
}

fn offset(request: &Request) -> usize {
    request
        .parameter("$skiptoken")
        .and_then(|token| URL_SAFE_NO_PAD.decode(token).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}
