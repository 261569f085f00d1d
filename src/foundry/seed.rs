//! Reads the tables of the deployment architecture for the tests of this room.

/// The tables and lists, word for word as the architecture has them.
const TABLES: &str = include_str!("../../tests/golden/seed/tables.md");

/// The lines below a second-level heading, up to the next one.
fn section(heading: &str) -> Vec<&'static str> {
    let mut lines = TABLES.lines().skip_while(|line| line.strip_prefix("## ") != Some(heading));
    assert!(lines.next().is_some(), "no section {heading:?} in tables.md");
    lines.take_while(|line| !line.starts_with("## ")).filter(|line| !line.is_empty()).collect()
}

/// The rows of the table under a heading, without its head; bold marks are taken off.
pub(super) fn rows(heading: &str) -> Vec<Vec<String>> {
    let plain = |cell: &str| {
        let cell = cell.trim();
        let bold = cell.strip_prefix("**").and_then(|inner| inner.strip_suffix("**"));
        bold.unwrap_or(cell).to_owned()
    };
    let lines = section(heading);
    let rows = lines.iter().skip(2).map(|line| line.trim_matches('|').split('|').map(plain).collect());
    let rows: Vec<_> = rows.collect();
    assert!(!rows.is_empty(), "no rows under {heading:?}");
    rows
}

/// The items of a list of the form `- **name**: text` or `- **name** (detail): text` under a heading,
/// as name, detail and text.
pub(super) fn items(heading: &str) -> Vec<(String, String, String)> {
    let items: Vec<_> = section(heading)
        .iter()
        .map(|line| {
            let line = line.strip_prefix("- **").expect("a list item");
            let (name, rest) = line.split_once("**").expect("a bold name");
            let (detail, text) = rest.split_once(": ").expect("a text");
            let detail = detail.trim().trim_matches(['(', ')']);
            (name.to_owned(), detail.to_owned(), text.to_owned())
        })
        .collect();
    assert!(!items.is_empty(), "no items under {heading:?}");
    items
}

/// The one line under a heading that holds no table.
pub(super) fn line(heading: &str) -> &'static str {
    section(heading)[0]
}
