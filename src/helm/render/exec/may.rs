//! What an expression may give on a way that is not taken: values that are there, and what is made of them.

use std::hash::{DefaultHasher, Hash as _};
use std::rc::Rc;

use crate::helm::render::datum::{Datum, MapKind};
use crate::helm::render::functions::find_method;
use crate::helm::render::reads::Watch;
use crate::helm::render::text::Str;

/// How many values an expression is followed with at once.
pub(super) const WIDEST: usize = 512;
/// How deep templates are followed into templates, and values into values.
pub(super) const DEEPEST: usize = 60;
/// How many values are looked at in one go.
pub(super) const LARGEST: usize = 100_000;
/// How many values tell one dot from another.
pub(super) const TELLING: usize = 2_000;

/// One of the things that an expression may give.
#[derive(Clone, Debug)]
pub(super) enum May {
    /// A value that is there.
    Be(Datum),
    /// What `dict` would make.
    Dict(Rc<Vec<(Str, Many)>>),
    /// What `list` would make, place by place.
    List(Rc<Vec<Many>>),
}

/// All things that an expression may give and that are not read to their end yet.
pub(super) type Many = Vec<May>;

/// The one thing that a value is.
pub(super) fn one(datum: &Datum) -> Many {
    vec![May::Be(datum.clone())]
}

/// Everything below a value is read.
pub(super) fn drain(datum: &Datum) {
    drain_within(datum, 0, &mut { LARGEST });
}

pub(super) fn drain_within(datum: &Datum, depth: usize, left: &mut usize) {
    if depth > DEEPEST || *left == 0 {
        return;
    }
    *left -= 1;
    match datum {
        Datum::Map(map) if map.kind() != MapKind::Files && map.watch().is_none_or(Watch::read_deep) => {
            // Watched maps are drained once; others may hold themselves.
            map.unread_pairs().values().for_each(|value| drain_within(value, depth + 1, left));
        }
        Datum::List(list) => list.items().iter().for_each(|value| drain_within(value, depth + 1, left)),
        _ => {}
    }
}

pub(super) fn drain_all(many: &Many) {
    drain_many(many, &mut { LARGEST });
}

pub(super) fn drain_many(many: &Many, left: &mut usize) {
    for may in many {
        if *left == 0 {
            return;
        }
        *left -= 1;
        match may {
            May::Be(datum) => drain_within(datum, 0, left),
            May::Dict(pairs) => pairs.iter().for_each(|(_, many)| drain_many(many, left)),
            May::List(items) => items.iter().for_each(|many| drain_many(many, left)),
        }
    }
}

/// At most so many; the rest is read to its end.
pub(super) fn narrow(mut many: Many) -> Many {
    if many.len() > WIDEST {
        drain_all(&many.split_off(WIDEST));
    }
    many
}

/// What stands under a name.
pub(super) fn field(many: &Many, name: &Str) -> Many {
    let mut found = Vec::new();
    for may in many {
        match may {
            May::Be(Datum::Map(map)) => {
                let datum = Datum::Map(map.clone());
                if find_method(&datum, name.bytes()).is_some() {
                    drain(&datum);
                } else if let Some(value) = map.get(name.bytes()) {
                    found.push(May::Be(value));
                }
            }
            May::Dict(pairs) => {
                found.extend(pairs.iter().filter(|(key, _)| key == name).flat_map(|(_, many)| many.clone()));
            }
            _ => {}
        }
    }
    narrow(found)
}

/// What stands at the end of a path of names.
pub(super) fn walk(from: Many, names: &[Str]) -> Many {
    names.iter().fold(from, |at, name| field(&at, name))
}

/// What a loop would go over.
pub(super) fn elements(many: &Many) -> Many {
    let mut found = Vec::new();
    for may in many {
        match may {
            May::Be(Datum::Map(map)) => found.extend(map.pairs().values().cloned().map(May::Be)),
            May::Be(Datum::List(list)) => found.extend(list.items().iter().cloned().map(May::Be)),
            May::Be(_) => {}
            May::Dict(pairs) => found.extend(pairs.iter().flat_map(|(_, many)| many.clone())),
            May::List(items) => found.extend(items.iter().flatten().cloned()),
        }
    }
    narrow(found)
}

/// The texts among them, if there is nothing else.
pub(super) fn strings(many: &Many) -> Option<Vec<Str>> {
    let text = |may: &May| if let May::Be(Datum::Str(text)) = may { Some(text.clone()) } else { None };
    many.iter().map(text).collect::<Option<Vec<_>>>().filter(|texts| !texts.is_empty())
}

/// What stands under keys or at places: under all, where they are not known.
pub(super) fn keyed(many: &Many, keys: &Many) -> Many {
    if let Some(names) = strings(keys) {
        return narrow(names.iter().flat_map(|name| field(many, name)).collect());
    }
    let [May::Be(Datum::Int(place))] = keys.as_slice() else { return elements(many) };
    let place = usize::try_from(*place).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    for may in many {
        match may {
            May::List(items) if place < items.len() => found.extend(items[place].iter().cloned()),
            May::Be(Datum::List(list)) => found.extend(list.items().get(place).cloned().map(May::Be)),
            other => found.extend(elements(&vec![other.clone()])),
        }
    }
    narrow(found)
}

/// Tells things apart for as long as the render runs; false where they cannot be told apart.
pub(super) fn identify(many: &Many, hasher: &mut DefaultHasher, left: &mut usize) -> bool {
    if *left == 0 {
        return false;
    }
    *left -= 1;
    many.len().hash(hasher);
    many.iter().all(|may| match may {
        May::Be(datum) => identify_datum(datum, hasher, left),
        May::Dict(pairs) => pairs.iter().all(|(name, many)| {
            name.bytes().hash(hasher);
            identify(many, hasher, left)
        }),
        May::List(items) => {
            items.len().hash(hasher);
            items.iter().all(|many| identify(many, hasher, left))
        }
    })
}

pub(super) fn identify_datum(datum: &Datum, hasher: &mut DefaultHasher, left: &mut usize) -> bool {
    if *left == 0 {
        return false;
    }
    *left -= 1;
    match datum {
        // Watched maps live as long as the render does.
        Datum::Map(map) if map.watch().is_some() => map.address().hash(hasher),
        Datum::Map(map) => {
            map.len().hash(hasher);
            return map.unread_pairs().iter().all(|(key, value)| {
                key.bytes().hash(hasher);
                identify_datum(value, hasher, left)
            });
        }
        Datum::List(list) => {
            list.len().hash(hasher);
            return list.items().iter().all(|item| identify_datum(item, hasher, left));
        }
        Datum::Str(text) => text.bytes().hash(hasher),
        Datum::Int(int) => int.hash(hasher),
        other => other.kind_name().hash(hasher),
    }
    true
}
