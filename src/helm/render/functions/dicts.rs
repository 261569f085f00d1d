//! Sprig's functions of dictionaries.

use super::{Function, Outcome, Param, dict, many, plain, strval, text};
use crate::helm::render::datum::{Datum, List, ListKind, Map, MapKind, Pairs};
use crate::helm::render::reach::Reach;
use crate::helm::render::text::Str;

use Param::{Any, Map as M, Str as S};

pub(super) const TABLE: &[Function] = &[
    many("dict", &[Any], |args| {
        // One after the other: to collect few pairs sorts them in a list of their own first.
        let mut pairs = Pairs::new();
        for pair in args.chunks(2) {
            pairs.insert(strval(&pair[0]), pair.get(1).cloned().unwrap_or_else(|| Datum::str("")));
        }
        Ok(Datum::map(pairs))
    }),
    plain("get", &[M, S], |args| {
        Ok(dict(&args[0]).and_then(|map| map.get(text(&args[1]))).unwrap_or_else(|| Datum::str("")))
    }),
    plain("set", &[M, S, Any], |args| {
        let (Some(map), Datum::Str(key)) = (dict(&args[0]), &args[1]) else { return Ok(Datum::Nil) };
        if map.is_nil() {
            return Err("assignment to entry in nil map".to_owned());
        }
        map.pairs_mut().insert(key.clone(), args[2].clone());
        Ok(args[0].clone())
    }),
    plain("unset", &[M, S], |args| {
        if let Some(map) = dict(&args[0]) {
            map.pairs_mut().remove(text(&args[1]));
        }
        Ok(args[0].clone())
    }),
    plain("hasKey", &[M, S], |args| {
        Ok(Datum::Bool(dict(&args[0]).is_some_and(|map| map.has(text(&args[1])))))
    }),
    many("pluck", &[S, M], |args| {
        let found = args[1..].iter().filter_map(|map| dict(map)?.get(text(&args[0])));
        Ok(Datum::list(found.collect()))
    }),
    many("keys", &[M], |args| {
        let keys: Vec<Datum> = args
            .iter()
            .filter_map(dict)
            .flat_map(|map| map.pairs().keys().cloned().map(Datum::Str).collect::<Vec<_>>())
            .collect();
        Ok(Datum::List(List::new(ListKind::Strings, keys)))
    }),
    many("pick", &[M, S], |args| {
        let Some(map) = dict(&args[0]) else { return Ok(Datum::map(Pairs::new())) };
        let picked = args[1..].iter().filter_map(|key| Some((Str::new(text(key)), map.get(text(key))?)));
        Ok(Datum::map(picked.collect()))
    }),
    many("omit", &[M, S], |args| {
        let mut pairs = dict(&args[0]).map(|map| map.pairs().clone()).unwrap_or_default();
        for key in &args[1..] {
            pairs.remove(text(key));
        }
        Ok(Datum::map(pairs))
    }),
    plain("values", &[M], |args| {
        Ok(Datum::list(dict(&args[0]).map(|map| map.pairs().values().cloned().collect()).unwrap_or_default()))
    }),
    many("merge", &[M, M], |args| merge_all(args, false)),
    many("mustMerge", &[M, M], |args| merge_all(args, false)),
    many("mergeOverwrite", &[M, M], |args| merge_all(args, true)),
    many("mustMergeOverwrite", &[M, M], |args| merge_all(args, true)),
    plain("deepCopy", &[Any], |args| deep_copy(&args[0])),
    plain("mustDeepCopy", &[Any], |args| deep_copy(&args[0])),
    plain("deepEqual", &[Any, Any], |args| Ok(Datum::Bool(args[0].deep_equal(&args[1])))),
    many("dig", &[Any], dig),
];

fn merge_all(args: &[Datum], overwrite: bool) -> Outcome {
    let Some(target) = dict(&args[0]) else { return Ok(Datum::Nil) };
    if target.is_nil() && args.len() > 1 {
        // Go makes a map in its own copy of the nil.
        let fresh = Datum::map(Pairs::new());
        if let Some(target) = dict(&fresh) {
            for source in args[1..].iter().filter_map(dict) {
                merge(target, source, overwrite, &Reach::default());
            }
        }
        return Ok(fresh);
    }
    for source in args[1..].iter().filter_map(dict) {
        merge(target, source, overwrite, &Reach::default());
    }
    Ok(args[0].clone())
}

/// What mergo takes for empty.
fn is_zero(datum: &Datum) -> bool {
    match datum {
        Datum::Nil => true,
        Datum::Time(_) | Datum::Object(_) => false,
        datum => !datum.is_true(),
    }
}

fn merge(target: &Map, source: &Map, overwrite: bool, reach: &Reach) {
    let Some(reach) = reach.deeper().filter(|_| !target.is_same(source)) else { return };
    let pairs: Vec<(Str, Datum)> =
        source.pairs().iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    for (key, new) in pairs {
        let old = target.get(key.bytes());
        if let (Some(Datum::Map(old)), Datum::Map(new)) = (&old, &new)
            && old.kind().holds_any()
            && new.kind().holds_any()
            && old.len() > 0
            && !new.is_nil()
        {
            merge(old, new, overwrite, &reach);
            continue;
        }
        // What is nothing only ever overwrites.
        if matches!(new, Datum::Nil) && !overwrite {
            continue;
        }
        let replaces = match &old {
            None => true,
            // Whatever it is: mergo does not ask whether what overwrites is empty.
            Some(_) if overwrite => true,
            Some(old) => is_zero(old),
        };
        if replaces {
            target.pairs_mut().insert(key, new);
        }
    }
}

fn deep_copy(datum: &Datum) -> Outcome {
    if matches!(datum, Datum::Nil) {
        return Err("deepCopy error: reflect: call of reflect.Value.Interface on zero Value".to_owned());
    }
    Ok(copied(datum))
}

pub(super) fn copied(datum: &Datum) -> Datum {
    copied_within(datum, &Reach::default())
}

/// What lies beyond the reach, as in a map that `set` has put into itself, is shared instead of copied.
fn copied_within(datum: &Datum, reach: &Reach) -> Datum {
    let Some(reach) = reach.deeper() else { return datum.clone() };
    match datum {
        Datum::List(list) if list.is_nil() => Datum::List(List::nil(list.kind())),
        Datum::List(list) => Datum::List(List::new(
            list.kind(),
            list.items().iter().map(|item| copied_within(item, &reach)).collect(),
        )),
        Datum::Map(map) if map.is_nil() => Datum::Map(Map::nil(map.kind())),
        Datum::Map(map) => Datum::Map(Map::new(
            map.kind(),
            map.pairs().iter().map(|(key, value)| (key.clone(), copied_within(value, &reach))).collect(),
        )),
        datum => datum.clone(),
    }
}

fn dig(args: &[Datum]) -> Outcome {
    if args.len() < 3 {
        return Err("dig needs at least three arguments".to_owned());
    }
    let (keys, default) = (&args[..args.len() - 2], &args[args.len() - 2]);
    let conversion = |datum: &Datum, wanted: &str| match datum {
        Datum::Nil => format!("interface conversion: interface {{}} is nil, not {wanted}"),
        datum => format!("interface conversion: interface {{}} is {}, not {wanted}", datum.type_name()),
    };
    let mut at = args[args.len() - 1].clone();
    let is_dict = |datum: &Datum| matches!(datum, Datum::Map(map) if map.kind() == MapKind::Any);
    if !is_dict(&at) {
        return Err(conversion(&at, "map[string]interface {}"));
    }
    if let Some(bad) = keys.iter().find(|key| !matches!(key, Datum::Str(_))) {
        return Err(conversion(bad, "string"));
    }
    for (index, key) in keys.iter().enumerate() {
        if index > 0 && !is_dict(&at) {
            return Err(conversion(&at, "map[string]interface {}"));
        }
        match dict(&at).and_then(|map| map.get(text(key))) {
            Some(value) => at = value,
            None => return Ok(default.clone()),
        }
    }
    Ok(at)
}
