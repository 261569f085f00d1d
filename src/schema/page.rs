//! Documentation pages in the layout of the registries, made from the declarations.

use super::{Attribute, Block, Function, Nesting, Presence, Shape};
use crate::value::Kind;

/// What a page describes.
#[derive(Clone, Copy, Debug)]
pub struct Heading<'a> {
    /// `Resource`, `Data Source`, `Provider`.
    pub kind: &'a str,
    /// Name of the type, such as `bud_network`; the provider's own for its page.
    pub name: &'a str,
}

/// Text of a whole page for a block, with an example and the ways to import, where there are any.
#[must_use]
pub fn block(heading: Heading<'_>, block: &Block, example: Option<&str>, import: &[(&str, &str)]) -> String {
    let summary = one_line(block.doc);
    // Registries refuse a subcategory on the provider's own page, and sort all others by it.
    let subcategory = if heading.kind == "Provider" { "" } else { "subcategory: \"\"\n" };
    let mut page = format!(
        "---\npage_title: \"{name} {kind}\"\n{subcategory}description: |-\n  {summary}\n---\n\n# {name} ({kind})\n\n{doc}\n",
        name = heading.name,
        kind = heading.kind,
        doc = one_line(block.doc),
    );
    if let Some(example) = example {
        page.push_str(&format!("\n## Example Usage\n\n```terraform\n{}\n```\n", example.trim_end()));
    }
    page.push_str("\n## Schema\n");
    let mut nested = Vec::new();
    sections(&block.attributes, "###", "", &mut page, &mut nested);
    let mut position = 0;
    while position < nested.len() {
        let (path, attributes): (String, &[Attribute]) = nested[position].clone();
        let anchor = anchor(&path);
        page.push_str(&format!("\n<a id=\"{anchor}\"></a>\n### Nested Schema for `{path}`\n"));
        sections(attributes, "####", &path, &mut page, &mut nested);
        position += 1;
    }
    if !import.is_empty() {
        page.push_str("\n## Import\n\nImport is supported using the following syntax:\n");
        for (language, text) in import {
            page.push_str(&format!("\n```{language}\n{}\n```\n", text.trim_end()));
        }
    }
    page
}

/// Text of a function's page.
#[must_use]
pub fn function(name: &str, function: &Function, example: Option<&str>) -> String {
    let parameters: Vec<String> = function
        .parameters
        .iter()
        .map(|parameter| format!("{} {}", parameter.name, parameter.kind.words()))
        .collect();
    let mut page = format!(
        "---\npage_title: \"{name} function\"\nsubcategory: \"\"\ndescription: |-\n  {summary}\n---\n\n# function: {name}\n\n{doc}\n",
        summary = one_line(function.summary),
        doc = function.doc.trim(),
    );
    if let Some(example) = example {
        page.push_str(&format!("\n## Example Usage\n\n```terraform\n{}\n```\n", example.trim_end()));
    }
    page.push_str(&format!(
        "\n## Signature\n\n```text\n{name}({}) {}\n```\n\n## Arguments\n\n",
        parameters.join(", "),
        function.returns.words()
    ));
    for (position, parameter) in function.parameters.iter().enumerate() {
        let nullable = if parameter.allow_null { ", Nullable" } else { "" };
        page.push_str(&format!(
            "{}. `{}` ({}{nullable}) {}\n",
            position + 1,
            parameter.name,
            title(&parameter.kind),
            one_line(parameter.doc)
        ));
    }
    page
}

type Nested<'a> = Vec<(String, &'a [Attribute])>;

fn sections<'a>(
    attributes: &'a [Attribute],
    level: &str,
    path: &str,
    page: &mut String,
    nested: &mut Nested<'a>,
) {
    for (name, presences) in [
        ("Required", &[Presence::Required] as &[Presence]),
        ("Optional", &[Presence::Optional, Presence::OptionalComputed]),
        ("Read-Only", &[Presence::Computed]),
    ] {
        let mut listed: Vec<&Attribute> =
            attributes.iter().filter(|attribute| presences.contains(&attribute.presence)).collect();
        if listed.is_empty() {
            continue;
        }
        listed.sort_by_key(|attribute| attribute.name);
        page.push_str(&format!("\n{level} {name}\n\n"));
        for attribute in listed {
            let (kind, link) = match &attribute.shape {
                Shape::Plain(kind) => (title(kind), String::new()),
                Shape::Nested(nesting, inner) => {
                    let path = if path.is_empty() {
                        attribute.name.to_owned()
                    } else {
                        format!("{path}.{}", attribute.name)
                    };
                    let link = format!(" (see [below for nested schema](#{}))", anchor(&path));
                    nested.push((path, inner));
                    let kind = match nesting {
                        Nesting::Single => "Attributes",
                        Nesting::List => "Attributes List",
                        Nesting::Map => "Attributes Map",
                    };
                    (kind.to_owned(), link)
                }
            };
            let mut marks = vec![kind];
            if attribute.sensitive {
                marks.push("Sensitive".to_owned());
            }
            if attribute.write_only {
                marks.push("Write-only".to_owned());
            }
            if attribute.rule.replaces {
                marks.push("Forces replacement".to_owned());
            }
            page.push_str(&format!(
                "- `{}` ({}) {}{link}\n",
                attribute.name,
                marks.join(", "),
                one_line(attribute.doc)
            ));
        }
    }
}

fn anchor(path: &str) -> String {
    format!("nestedatt--{}", path.replace('.', "--"))
}

fn title(kind: &Kind) -> String {
    let words = kind.words();
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Doc comments are broken into lines; pages are not.
fn one_line(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}
