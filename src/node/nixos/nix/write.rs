//! Values to text, the same text for the same value.

use super::{Nix, Piece, Set, name, text};

/// A NUL stands in a string; Nix has no way to write it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value at {path:?} holds a NUL character, which Nix cannot hold")]
pub struct Nul {
    /// The names that lead to the value.
    pub path: String,
}

/// The arguments that every module takes.
const HEADER: &str = "{ config, lib, pkgs, ... }:\n\n";

/// A NixOS module.
pub fn module(options: &Set) -> Result<String, Nul> {
    module_with_imports(&[], options)
}

/// A NixOS module that takes in files of its own folder. Their names are ours.
pub fn module_with_imports(files: &[String], options: &Set) -> Result<String, Nul> {
    let mut out = String::from(HEADER);
    out.push_str("{\n");
    if !files.is_empty() {
        out.push_str("  imports = [\n");
        for file in files {
            out.push_str(&format!("    ./{file}\n"));
        }
        out.push_str("  ];\n\n");
    }
    check(options, &mut Vec::new())?;
    attributes(options, 1, &mut out);
    out.push_str("}\n");
    Ok(out)
}

/// A value alone.
pub fn expression(value: &Nix) -> Result<String, Nul> {
    check_value(value, &mut Vec::new())?;
    let mut out = String::new();
    write(value, 0, &mut out);
    Ok(out)
}

fn check(set: &Set, path: &mut Vec<String>) -> Result<(), Nul> {
    for (name, value) in set.iter() {
        path.push(name.clone());
        if name.contains('\0') {
            return Err(Nul { path: path.join(".") });
        }
        check_value(value, path)?;
        path.pop();
    }
    Ok(())
}

fn check_value(value: &Nix, path: &mut Vec<String>) -> Result<(), Nul> {
    let nul = |text: &str, path: &[String]| {
        if text.contains('\0') { Err(Nul { path: path.join(".") }) } else { Ok(()) }
    };
    match value {
        Nix::Text(text) => nul(text, path),
        Nix::Pieces(pieces) => pieces.iter().try_for_each(|piece| match piece {
            Piece::Text(text) => nul(text, path),
            Piece::Code(_) => Ok(()),
        }),
        Nix::Select(_, names) => names.iter().try_for_each(|name| nul(name, path)),
        Nix::List(values) => values.iter().try_for_each(|value| check_value(value, path)),
        Nix::Set(set) => check(set, path),
        Nix::Apply(_, argument) => check_value(argument, path),
        Nix::Bool(_) | Nix::Int(_) | Nix::Code(_) => Ok(()),
    }
}

/// The lines `name = value;` of a set. A set of one is written as a longer path.
fn attributes(set: &Set, depth: usize, out: &mut String) {
    for (first, value) in set.iter() {
        out.push_str(&"  ".repeat(depth));
        name::write(first, out);
        let mut value = value;
        while let Nix::Set(inner) = value {
            let mut only = inner.iter();
            let (Some((next, deeper)), None) = (only.next(), only.next()) else { break };
            out.push('.');
            name::write(next, out);
            value = deeper;
        }
        out.push_str(" = ");
        write(value, depth, out);
        out.push_str(";\n");
    }
}

fn write(value: &Nix, depth: usize, out: &mut String) {
    match value {
        Nix::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        // The smallest number has no literal: its positive half does not fit.
        Nix::Int(i64::MIN) => out.push_str("(-9223372036854775807 - 1)"),
        Nix::Int(number) if *number < 0 => out.push_str(&format!("({number})")),
        Nix::Int(number) => out.push_str(&number.to_string()),
        Nix::Text(plain) if text::is_block(plain) => text::write_block(plain, depth, out),
        Nix::Text(plain) => text::write_line(plain, out),
        Nix::Pieces(pieces) => {
            out.push('"');
            for (at, piece) in pieces.iter().enumerate() {
                match piece {
                    Piece::Text(plain) => {
                        text::escape(plain, out);
                        // A dollar before our own brace would make it text.
                        if plain.ends_with('$') && matches!(pieces.get(at + 1), Some(Piece::Code(_))) {
                            out.pop();
                            out.push_str("\\$");
                        }
                    }
                    Piece::Code(code) => out.push_str(&format!("${{{code}}}")),
                }
            }
            out.push('"');
        }
        Nix::List(values) if values.is_empty() => out.push_str("[ ]"),
        Nix::List(values) => {
            out.push_str("[\n");
            for value in values {
                out.push_str(&"  ".repeat(depth + 1));
                let bare = !matches!(value, Nix::Apply(..) | Nix::Code(_));
                out.push_str(if bare { "" } else { "(" });
                write(value, depth + 1, out);
                out.push_str(if bare { "\n" } else { ")\n" });
            }
            out.push_str(&"  ".repeat(depth));
            out.push(']');
        }
        Nix::Set(set) if set.is_empty() => out.push_str("{ }"),
        Nix::Set(set) => {
            out.push_str("{\n");
            attributes(set, depth + 1, out);
            out.push_str(&"  ".repeat(depth));
            out.push('}');
        }
        Nix::Code(code) => out.push_str(code),
        Nix::Select(root, names) => {
            out.push_str(root);
            for part in names {
                out.push('.');
                name::write(part, out);
            }
        }
        Nix::Apply(function, argument) => {
            out.push_str(function);
            out.push_str(" (");
            write(argument, depth, out);
            out.push(')');
        }
    }
}
