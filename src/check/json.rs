//! Reads JSON syntax with the places of its keys, which the JSON crate does not tell.

use std::path::Path;

use super::CheckError;
use super::hcl::{Item, Places, template};
use super::node::{Entry, Node};

/// A property that the hosts ignore in bodies: a comment.
const COMMENT: &str = "//";

/// Reads a file of JSON syntax.
pub(super) fn read(file: &Path, text: &str) -> Result<Vec<Item>, CheckError> {
    // The JSON crate judges the text, limits its depth and names the place of a fault; what it lets
    // pass is read again below, where nothing can be wrong any more.
    if let Err(error) = serde_json::from_str::<serde_json::Value>(text) {
        return Err(CheckError::Parse {
            file: file.to_owned(),
            line: error.line(),
            column: error.column(),
            message: format!("invalid JSON: {}", reason(&error)),
        });
    }
    let mut reader = Reader { text, at: 0, places: Places::of_file(file, text) };
    Ok(blocks(&reader.value()))
}

/// The crate's text without the place at its end, which is told apart from it.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}

/// How many labels a block has whose type is looked at, absent for all others.
fn label_count(block_type: &str) -> Option<usize> {
    match block_type {
        "resource" | "data" | "ephemeral" => Some(2),
        "provider" | "module" | "check" => Some(1),
        "terraform" | "locals" => Some(0),
        _ => None,
    }
}

/// The blocks of a root object or of a check's body.
fn blocks(body: &Node) -> Vec<Item> {
    let mut items = Vec::new();
    for entry in objects(body).flatten() {
        if let Some((block_type, count)) = entry.key.as_deref().and_then(|key| Some((key, label_count(key)?)))
        {
            labelled(entry, block_type, count, &mut Vec::new(), &mut items);
        }
    }
    items
}

/// Goes down one object per label.
fn labelled(
    entry: &Entry,
    block_type: &str,
    count: usize,
    labels: &mut Vec<(String, super::node::Place)>,
    items: &mut Vec<Item>,
) {
    for object in objects(&entry.value) {
        if count == 0 {
            items.push(of_body(block_type, entry, labels, object));
            continue;
        }
        for inner in object.iter().filter(|inner| inner.key.as_deref() != Some(COMMENT)) {
            if let Some(label) = &inner.key {
                labels.push((label.clone(), inner.place.clone()));
                labelled(inner, block_type, count - 1, labels, items);
                labels.pop();
            }
        }
    }
}

fn of_body(block_type: &str, entry: &Entry, labels: &[(String, super::node::Place)], body: &[Entry]) -> Item {
    let body: Vec<Entry> =
        body.iter().filter(|property| property.key.as_deref() != Some(COMMENT)).cloned().collect();
    let items = if block_type == "check" {
        blocks(&Node::Object(body.clone()))
    } else {
        let property = |entry: &Entry| {
            let (name, place, value) = (entry.key.clone()?, entry.place.clone(), entry.value.clone());
            Some(Item { name, place, labels: Vec::new(), value, items: Vec::new() })
        };
        body.iter().filter_map(property).collect()
    };
    Item {
        name: block_type.to_owned(),
        place: labels.first().map_or(&entry.place, |(_, place)| place).clone(),
        labels: labels.to_vec(),
        value: Node::Object(body),
        items,
    }
}

/// The objects of a property that holds one or a list of them.
fn objects(node: &Node) -> impl Iterator<Item = &Vec<Entry>> {
    let list = match node {
        Node::Tuple(items) => items.as_slice(),
        other => std::slice::from_ref(other),
    };
    list.iter().filter_map(|item| match item {
        Node::Object(entries) => Some(entries),
        _ => None,
    })
}

/// Reads valid JSON.
struct Reader<'t> {
    text: &'t str,
    at: usize,
    places: Places,
}

impl Reader<'_> {
    fn value(&mut self) -> Node {
        match self.peek() {
            b'{' => {
                let mut entries = Vec::new();
                self.at += 1;
                while !self.ends_with(b'}') {
                    let place = self.places.at(self.at);
                    let key = self.string();
                    self.peek();
                    self.at += 1;
                    let key = template(&key, &place).text().map(str::to_owned);
                    entries.push(Entry { key, place, value: self.value() });
                }
                Node::Object(entries)
            }
            b'[' => {
                let mut items = Vec::new();
                self.at += 1;
                while !self.ends_with(b']') {
                    items.push(self.value());
                }
                Node::Tuple(items)
            }
            b'"' => {
                let place = self.places.at(self.at);
                let text = self.string();
                template(&text, &place)
            }
            _ => {
                let rest = &self.text[self.at..];
                let length = rest.find([',', '}', ']', ' ', '\t', '\r', '\n']).unwrap_or(rest.len());
                self.at += length;
                Node::Opaque
            }
        }
    }

    /// The next byte that is no blank; 0 at the end.
    fn peek(&mut self) -> u8 {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    /// Whether the collection ends here; goes past its end or past the comma before the next element.
    fn ends_with(&mut self, end: u8) -> bool {
        if self.peek() == b',' {
            self.at += 1;
        }
        let ends = matches!(self.peek(), next if next == end || next == 0);
        self.at += usize::from(ends && self.at < self.text.len());
        ends
    }

    /// A string, which starts here.
    fn string(&mut self) -> String {
        let start = self.at;
        let bytes = self.text.as_bytes();
        self.at += 1;
        while self.at < bytes.len() && bytes[self.at] != b'"' {
            self.at += if bytes[self.at] == b'\\' { 2 } else { 1 };
        }
        self.at = (self.at + 1).min(bytes.len());
        // Half a surrogate pair is the one thing that remains to be refused; no key of ours has one.
        self.text.get(start..self.at).and_then(|quoted| serde_json::from_str(quoted).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::{Node, Places, Reader};

    /// Any JSON without templates.
    fn any_json() -> impl Strategy<Value = Value> {
        let text = "[a-zä\\n\"\\\\{}, :\\[\\]]{0,6}";
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            any::<f32>().prop_map(Value::from),
            text.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(text, inner, 0..5)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    /// Whether a node shows all of a value, with every key at its place.
    fn shows(node: &Node, value: &Value, lines: &[&str]) -> bool {
        match (node, value) {
            (Node::Object(entries), Value::Object(object)) => {
                entries.len() == object.len()
                    && entries.iter().zip(object).all(|(entry, (key, value))| {
                        let line = lines[entry.place.line - 1];
                        let at_place: String = line.chars().skip(entry.place.column - 1).collect();
                        entry.key.as_ref() == Some(key)
                            && at_place.starts_with(&Value::from(key.as_str()).to_string())
                            && shows(&entry.value, value, lines)
                    })
            }
            (Node::Tuple(items), Value::Array(array)) => {
                items.len() == array.len()
                    && items.iter().zip(array).all(|(item, value)| shows(item, value, lines))
            }
            (Node::Text(text), Value::String(string)) => text == string,
            (Node::Opaque, Value::Null | Value::Bool(_) | Value::Number(_)) => true,
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn whatever_is_json_is_read_with_every_key_at_its_place(value in any_json(), pretty: bool) {
            let text = if pretty { format!("{value:#}") } else { value.to_string() };
            let places = Places::of_file(std::path::Path::new("x.tf.json"), &text);
            let node = Reader { text: &text, at: 0, places }.value();
            let lines: Vec<&str> = text.split('\n').collect();
            prop_assert!(shows(&node, &value, &lines), "{node:?}\n{text}");
        }
    }
}
