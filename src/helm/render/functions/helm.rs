//! Helm's own functions: templates within templates, refusals, the cluster, names of hosts.

use super::{Function, Param, utf8, world};
use crate::helm::render::datum::{Datum, MapKind, Pairs, plain_map};
use crate::helm::render::exec::Failure;

use Param::{Any, Str as S};

pub(super) const TABLE: &[Function] = &[
    world("include", &[S, Any], |machine, args| match &args[0] {
        Datum::Str(name) => machine.include(&name.clone(), args[1].clone()),
        _ => Ok(Datum::Nil),
    }),
    world("tpl", &[S, Any], |machine, args| match &args[0] {
        Datum::Str(text) => machine.tpl(&text.clone(), args[1].clone()),
        _ => Ok(Datum::Nil),
    }),
    world("required", &[S, Any], |_, args| match &args[1] {
        Datum::Nil => Err(Failure::refused(&utf8(&args[0]))),
        Datum::Str(text) if text.is_empty() => Err(Failure::refused(&utf8(&args[0]))),
        value => Ok(value.clone()),
    }),
    world("fail", &[S], |_, args| Err(Failure::refused(&utf8(&args[0])))),
    world("lookup", &[S, S, S, S], |machine, args| {
        let [version, kind, namespace, name] = [0, 1, 2, 3].map(|index| utf8(&args[index]).into_owned());
        if let Some(draws) = &mut machine.outside.draws {
            draws.touch(|touched| touched.lookup = true);
        }
        let Some(lookup) = machine.outside.lookup.as_mut() else { return Ok(Datum::map(Pairs::new())) };
        match lookup.object(&version, &kind, &namespace, &name) {
            Ok(Some(object)) => Ok(Datum::Map(plain_map(&object, MapKind::Any))),
            Ok(None) => Ok(Datum::map(Pairs::new())),
            Err(error) => Err(Failure::text(error.0)),
        }
    }),
    world("getHostByName", &[S], |machine, args| {
        if let Some(draws) = &mut machine.outside.draws {
            draws.touch(|touched| touched.lookup = true);
        }
        let Some(dns) = machine.outside.dns else { return Ok(Datum::str("")) };
        let addresses = dns.addresses(&utf8(&args[0]));
        match u64::try_from(addresses.len()) {
            Ok(count) if count > 0 => {
                let index = super::random::below(machine.outside.chance, count);
                Ok(Datum::str(&addresses[usize::try_from(index).unwrap_or(0)]))
            }
            _ => Err(Failure::text("invalid argument to Intn")),
        }
    }),
];
