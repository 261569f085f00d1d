//! Text that would like to be code: it survives the writer, whatever stands in it.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRng, TestRunner};

use super::nix;
use super::nixos::nix::{Nix, Piece, Set, expression};

/// Texts that each broke some writer of Nix.
const KNOWN: [&str; 24] = [
    "",
    "\"",
    "${pkgs}",
    "$${a}",
    "$$${a}",
    "\\${a}",
    "\\",
    "\\\\",
    "''",
    "'''",
    "''${a}",
    "'${a}",
    "a\nb\n",
    "  a\n    b\n",
    "a\n\n  b\n'\n",
    "a'\n'b\n",
    "a\n''${x}\n$${y}\n",
    "\n\na\n",
    "a\r\nb\rc\n",
    "\ta\n\tb\n",
    "a\n   \nb\n",
    "ünïcödé 日本語 🦀\u{200b}",
    "$\n{a}\n",
    "if then else or inherit",
];

fn texts(count: usize) -> Vec<String> {
    let piece = prop_oneof![
        Just("${".to_owned()),
        Just("''".to_owned()),
        Just("'".to_owned()),
        Just("$".to_owned()),
        Just("\\".to_owned()),
        Just("\"".to_owned()),
        Just("\n".to_owned()),
        Just("\r".to_owned()),
        Just("\t".to_owned()),
        Just("  ".to_owned()),
        Just("}".to_owned()),
        "[a-z]{1,3}",
        "[^\u{0}]{0,2}",
    ];
    let strategy = proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat());
    let rng = TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut draw = || strategy.new_tree(&mut runner).unwrap().current();
    let drawn: Vec<String> = (0..count).map(|_| draw()).collect();
    let lines = |text: &String| format!("a\n{text}\nb\n");
    // Each also as part of a text of several lines, which is written in the other form.
    KNOWN.map(str::to_owned).into_iter().chain(drawn).flat_map(|text| [lines(&text), text]).collect()
}

#[test]
fn text_survives() {
    let texts = texts(2_000);
    let written = expression(&Nix::texts(&texts)).unwrap();
    // rnix reads it, also where there is no Nix.
    assert_eq!(rnix::Root::parse(&written).errors(), &[], "{written}");
    let Some(read) = nix::value(&written) else { return };
    let read: Vec<String> = serde_json::from_value(read).unwrap();
    for (wrote, read) in texts.iter().zip(&read) {
        assert_eq!(wrote, read);
    }
    assert_eq!(texts.len(), read.len());
    assert!(written.contains("''\n"), "no text was written as a block");
}

#[test]
fn names_survive() {
    let names = texts(500);
    let set: Set = names.iter().map(|name| (name.clone(), Nix::from(name.as_str()))).collect();
    // Alone and below each other: a set of one is written as a path.
    let mut nested = Set::new();
    for (at, name) in names.iter().enumerate() {
        nested.put(&[&format!("n{at}"), name, "or", name], true);
    }
    let value = Nix::Set(Set::new().with("flat", set).with("nested", nested));
    let Some(read) = nix::value(&expression(&value).unwrap()) else { return };
    for (at, name) in names.iter().enumerate() {
        assert_eq!(read["flat"][name], serde_json::json!(name));
        assert_eq!(read["nested"][format!("n{at}")][name]["or"][name], serde_json::json!(true));
    }
}

#[test]
fn numbers_survive() {
    let numbers = [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX];
    let value = Nix::List(numbers.into_iter().map(Nix::Int).collect());
    let Some(read) = nix::value(&expression(&value).unwrap()) else { return };
    assert_eq!(read, serde_json::json!(numbers));
}

/// Text between pieces of code stays text.
#[test]
fn pieces_keep_apart() {
    let texts = texts(200);
    let between = |text: &String| {
        Nix::Pieces(vec![
            Piece::Code("builtins.toString 1"),
            Piece::Text(text.clone()),
            Piece::Code("builtins.toString 2"),
        ])
    };
    let value = Nix::List(texts.iter().map(between).collect());
    let Some(read) = nix::value(&expression(&value).unwrap()) else { return };
    let read: Vec<String> = serde_json::from_value(read).unwrap();
    for (text, read) in texts.iter().zip(&read) {
        assert_eq!(read, &format!("1{text}2"));
    }
}

#[test]
fn nul_is_refused_with_its_place() {
    let value = Nix::Set(Set::new().with("a.b", vec![Nix::from("x\0y")]));
    assert_eq!(expression(&value).unwrap_err().path, "a.b");
    let mut name = Set::new();
    name.put(&["a", "b\0"], true);
    assert_eq!(expression(&Nix::Set(name)).unwrap_err().path, "a.b\0");
}
