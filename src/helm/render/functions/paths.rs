//! Paths with slashes, as Go's `path` and, on Unix, `filepath`.

use super::{Function, Outcome, Param, ok, plain, utf8};
use crate::helm::render::datum::Datum;

const ONE: &[Param] = &[Param::Str];

pub(super) const TABLE: &[Function] = &[
    plain("base", ONE, |args| ok(base(&utf8(&args[0])))),
    plain("osBase", ONE, |args| ok(base(&utf8(&args[0])))),
    plain("dir", ONE, dir),
    plain("osDir", ONE, dir),
    plain("clean", ONE, |args| ok(clean(&utf8(&args[0])))),
    plain("osClean", ONE, |args| ok(clean(&utf8(&args[0])))),
    plain("ext", ONE, ext),
    plain("osExt", ONE, ext),
    plain("isAbs", ONE, |args| Ok(Datum::Bool(utf8(&args[0]).starts_with('/')))),
    plain("osIsAbs", ONE, |args| Ok(Datum::Bool(utf8(&args[0]).starts_with('/')))),
];

/// Go's `path.Base`.
pub(super) fn base(path: &str) -> String {
    if path.is_empty() {
        return ".".to_owned();
    }
    let trimmed = path.trim_end_matches('/');
    match trimmed.rsplit('/').next() {
        Some("") | None => "/".to_owned(),
        Some(last) => last.to_owned(),
    }
}

fn dir(args: &[Datum]) -> Outcome {
    let path = utf8(&args[0]);
    let cut = path.rfind('/').map_or(0, |at| at + 1);
    ok(clean(&path[..cut]))
}

fn ext(args: &[Datum]) -> Outcome {
    let path = utf8(&args[0]);
    let last = path.rsplit('/').next().unwrap_or_default();
    ok(last.rfind('.').map_or("", |at| &last[at..]))
}

/// Go's `path.Clean`.
pub(super) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                if parts.last().is_some_and(|last| *last != "..") {
                    parts.pop();
                } else if !rooted {
                    parts.push("..");
                }
            }
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}
