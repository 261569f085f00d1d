//! Sprig's functions of lists.

use super::{Function, Outcome, Param, int, many, plain, strslice, strval};
use crate::helm::render::datum::{Datum, List, ListKind};
use crate::helm::render::text::Str;

use Param::{Any, Int};

pub(super) const TABLE: &[Function] = &[
    many("list", &[Any], |args| Ok(Datum::list(args.to_vec()))),
    many("tuple", &[Any], |args| Ok(Datum::list(args.to_vec()))),
    plain("append", &[Any, Any], push),
    plain("push", &[Any, Any], push),
    plain("mustAppend", &[Any, Any], push),
    plain("mustPush", &[Any, Any], push),
    plain("prepend", &[Any, Any], prepend),
    plain("mustPrepend", &[Any, Any], prepend),
    plain("first", &[Any], first),
    plain("mustFirst", &[Any], first),
    plain("last", &[Any], last),
    plain("mustLast", &[Any], last),
    plain("rest", &[Any], rest),
    plain("mustRest", &[Any], rest),
    plain("initial", &[Any], initial),
    plain("mustInitial", &[Any], initial),
    plain("reverse", &[Any], reverse),
    plain("mustReverse", &[Any], reverse),
    plain("uniq", &[Any], uniq),
    plain("mustUniq", &[Any], uniq),
    plain("compact", &[Any], compact),
    plain("mustCompact", &[Any], compact),
    many("without", &[Any, Any], without),
    many("mustWithout", &[Any, Any], without),
    plain("has", &[Any, Any], has),
    plain("mustHas", &[Any, Any], has),
    many("slice", &[Any, Any], slice),
    many("mustSlice", &[Any, Any], slice),
    many("concat", &[Any], concat),
    plain("chunk", &[Int, Any], chunk),
    plain("mustChunk", &[Int, Any], chunk),
    plain("sortAlpha", &[Any], sort_alpha),
];

/// What Go's reflection panics with where `reflect.TypeOf(nil).Kind()` is asked for.
const NIL_KIND: &str = "runtime error: invalid memory address or nil pointer dereference";

fn items(datum: &Datum, problem: &str) -> Result<Vec<Datum>, String> {
    match datum {
        Datum::Nil => Err(NIL_KIND.to_owned()),
        datum => datum.as_items().ok_or_else(|| format!("{problem} {}", datum.kind_name())),
    }
}

fn push(args: &[Datum]) -> Outcome {
    let mut items = items(&args[0], "Cannot push on type")?;
    items.push(args[1].clone());
    Ok(Datum::list(items))
}

fn prepend(args: &[Datum]) -> Outcome {
    let mut items = items(&args[0], "Cannot prepend on type")?;
    items.insert(0, args[1].clone());
    Ok(Datum::list(items))
}

fn first(args: &[Datum]) -> Outcome {
    Ok(items(&args[0], "Cannot find first on type")?.into_iter().next().unwrap_or(Datum::Nil))
}

fn last(args: &[Datum]) -> Outcome {
    Ok(items(&args[0], "Cannot find last on type")?.pop().unwrap_or(Datum::Nil))
}

fn rest(args: &[Datum]) -> Outcome {
    let items = items(&args[0], "Cannot find rest on type")?;
    if items.is_empty() {
        return Ok(Datum::List(List::nil(ListKind::Any)));
    }
    Ok(Datum::list(items[1..].to_vec()))
}

fn initial(args: &[Datum]) -> Outcome {
    let mut items = items(&args[0], "Cannot find initial on type")?;
    if items.pop().is_none() {
        return Ok(Datum::List(List::nil(ListKind::Any)));
    }
    Ok(Datum::list(items))
}

fn reverse(args: &[Datum]) -> Outcome {
    let mut items = items(&args[0], "Cannot find reverse on type")?;
    items.reverse();
    Ok(Datum::list(items))
}

fn uniq(args: &[Datum]) -> Outcome {
    let mut found: Vec<Datum> = Vec::new();
    for item in items(&args[0], "Cannot find uniq on type")? {
        if !found.iter().any(|other| other.deep_equal(&item)) {
            found.push(item);
        }
    }
    Ok(Datum::list(found))
}

fn compact(args: &[Datum]) -> Outcome {
    let mut items = items(&args[0], "Cannot compact on type")?;
    items.retain(|item| !super::defaults::is_empty(item));
    Ok(Datum::list(items))
}

fn without(args: &[Datum]) -> Outcome {
    let mut items = items(&args[0], "Cannot find without on type")?;
    items.retain(|item| !args[1..].iter().any(|other| other.deep_equal(item)));
    Ok(Datum::list(items))
}

fn has(args: &[Datum]) -> Outcome {
    if matches!(args[1], Datum::Nil) {
        return Ok(Datum::Bool(false));
    }
    let items = items(&args[1], "Cannot find has on type")?;
    Ok(Datum::Bool(items.iter().any(|item| item.deep_equal(&args[0]))))
}

fn slice(args: &[Datum]) -> Outcome {
    let all = items(&args[0], "list should be type of slice or array but")?;
    if all.is_empty() {
        return Ok(Datum::Nil);
    }
    let length = i64::try_from(all.len()).unwrap_or(i64::MAX);
    let start = args.get(1).map_or(0, super::numbers::to_int);
    let end = args.get(2).map_or(length, super::numbers::to_int);
    if start < 0 || start > end || end > length {
        return Err("reflect.Value.Slice: slice index out of bounds".to_owned());
    }
    let range = usize::try_from(start).unwrap_or(0)..usize::try_from(end).unwrap_or(0);
    Ok(match &args[0] {
        Datum::Bytes(bytes) => Datum::Bytes(Str::new(&bytes.bytes()[range])),
        Datum::List(list) => Datum::List(List::new(list.kind(), all[range].to_vec())),
        _ => Datum::Nil,
    })
}

fn concat(args: &[Datum]) -> Outcome {
    let mut all = Vec::new();
    for arg in args {
        match arg {
            Datum::Nil => return Err(NIL_KIND.to_owned()),
            arg => match arg.as_items() {
                Some(items) => all.extend(items),
                None => return Err(format!("Cannot concat type {} as list", arg.kind_name())),
            },
        }
    }
    if all.is_empty() {
        return Ok(Datum::List(List::nil(ListKind::Any)));
    }
    Ok(Datum::list(all))
}

fn chunk(args: &[Datum]) -> Outcome {
    let items = items(&args[1], "Cannot chunk type")?;
    let size = int(&args[0]);
    if items.is_empty() && size > 0 {
        return Ok(Datum::List(List::new(ListKind::Lists, Vec::new())));
    }
    // Below nothing, Go's arithmetic still has some answers.
    if size < 0 {
        let most = i64::try_from(items.len()).unwrap_or(i64::MAX) - 1;
        if most > 0 && most <= size.saturating_neg() {
            return Ok(Datum::List(List::new(ListKind::Lists, Vec::new())));
        }
        if most == 0 && size < -1 {
            return Ok(Datum::List(List::new(ListKind::Lists, vec![Datum::list(items)])));
        }
    }
    let size = usize::try_from(size).ok().filter(|size| *size > 0);
    let size = size.ok_or_else(|| "runtime error: makeslice: len out of range".to_owned())?;
    let chunks = items.chunks(size).map(|chunk| Datum::list(chunk.to_vec())).collect();
    Ok(Datum::List(List::new(ListKind::Lists, chunks)))
}

fn sort_alpha(args: &[Datum]) -> Outcome {
    if args[0].as_items().is_none() {
        return Ok(Datum::strings([strval(&args[0]).bytes()]));
    }
    let mut texts = strslice(&args[0]);
    texts.sort();
    if let Datum::List(list) = &args[0]
        && list.kind() == ListKind::Strings
    {
        // Go sorts a []string in place, for everyone who holds it.
        *list.items_mut() = texts.into_iter().map(Datum::Str).collect();
        return Ok(args[0].clone());
    }
    Ok(Datum::strings(texts.iter().map(Str::bytes)))
}
