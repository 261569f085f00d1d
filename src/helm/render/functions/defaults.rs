//! Sprig's functions of defaults, truth and types.

use super::{Function, Param, many, plain, text, truth};
use crate::helm::render::datum::Datum;

use Param::{Any, Bool, Str as S};

pub(super) const TABLE: &[Function] = &[
    many("default", &[Any, Any], |args| {
        Ok(match args.get(1) {
            Some(given) if !is_empty(given) => given.clone(),
            _ => args[0].clone(),
        })
    }),
    plain("empty", &[Any], |args| Ok(Datum::Bool(is_empty(&args[0])))),
    many("coalesce", &[Any], |args| {
        Ok(args.iter().find(|arg| !is_empty(arg)).cloned().unwrap_or(Datum::Nil))
    }),
    many("all", &[Any], |args| Ok(Datum::Bool(!args.iter().any(is_empty)))),
    many("any", &[Any], |args| Ok(Datum::Bool(args.iter().any(|arg| !is_empty(arg))))),
    plain("ternary", &[Any, Any, Bool], |args| Ok(args[usize::from(!truth(&args[2]))].clone())),
    plain("typeOf", &[Any], |args| super::ok(args[0].type_name())),
    plain("typeIs", &[S, Any], |args| Ok(Datum::Bool(text(&args[0]) == args[1].type_name().as_bytes()))),
    plain("typeIsLike", &[S, Any], |args| {
        let (target, found) = (text(&args[0]), args[1].type_name().as_bytes());
        Ok(Datum::Bool(target == found || found.strip_prefix(b"*") == Some(target)))
    }),
    plain("kindOf", &[Any], |args| super::ok(args[0].kind_name())),
    plain("kindIs", &[S, Any], |args| Ok(Datum::Bool(text(&args[0]) == args[1].kind_name().as_bytes()))),
];

/// Whether Sprig takes it for not given.
pub(super) fn is_empty(datum: &Datum) -> bool {
    !datum.is_true()
}
