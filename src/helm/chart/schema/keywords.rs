//! Holding one value against one schema: types, numbers, texts, and what schemas are combined with.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::helm::re2::Expression;
use serde_json::Value as Json;

use super::complaint::{Complaint, Make, grouped, number, quoted, shown};
use super::{formats, references};

/// How deep schemas may lead into schemas.
const DEEPEST: usize = 200;

/// A schema and what is found out while it is used.
#[derive(Debug)]
pub(super) struct Validator<'a> {
    root: &'a Json,
    /// The year of the draft; 4, 6 and 7 count as they are.
    pub(super) draft: u32,
    patterns: BTreeMap<String, Rc<Expression>>,
    pub(super) warnings: Vec<String>,
    /// What is wrong with the schema itself.
    pub(super) fault: Option<String>,
    depth: usize,
}

/// What of a value schemas have looked at, for `unevaluatedProperties` and `unevaluatedItems`.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) properties: BTreeSet<String>,
    pub(super) items: BTreeSet<usize>,
}

impl Seen {
    fn merge(&mut self, other: Self) {
        self.properties.extend(other.properties);
        self.items.extend(other.items);
    }
}

/// In the order in which they are listed in complaints.
const TYPES: [&str; 7] = ["null", "boolean", "number", "integer", "string", "array", "object"];

const fn type_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

impl<'a> Validator<'a> {
    pub(super) fn new(root: &'a Json) -> Result<Self, String> {
        let draft = match root.get("$schema").and_then(Json::as_str) {
            Some(url) if url.contains("draft-04") => 4,
            Some(url) if url.contains("draft-06") => 6,
            Some(url) if url.contains("draft-07") => 7,
            Some(url) if url.contains("2019-09") => 2019,
            _ => 2020,
        };
        Ok(Self { root, draft, patterns: BTreeMap::new(), warnings: Vec::new(), fault: None, depth: 0 })
    }

    pub(super) fn run(&mut self, value: &Json) -> Option<Complaint> {
        let root = self.root;
        self.schema(root, value, &[], &mut Seen::default())
    }

    /// A compiled pattern; one that is none is the schema's fault.
    pub(super) fn pattern(&mut self, pattern: &str) -> Option<Rc<Expression>> {
        if let Some(known) = self.patterns.get(pattern) {
            return Some(known.clone());
        }
        if let Ok(compiled) = Expression::new(pattern.as_bytes()).map(Rc::new) {
            self.patterns.insert(pattern.to_owned(), compiled.clone());
            Some(compiled)
        } else {
            self.blame(format!("{} is not valid regex", quoted(pattern)));
            None
        }
    }

    fn blame(&mut self, fault: String) {
        self.fault.get_or_insert(fault);
    }

    /// Holds a value against a schema.
    pub(super) fn schema(
        &mut self,
        schema: &'a Json,
        value: &Json,
        path: &[String],
        seen: &mut Seen,
    ) -> Option<Complaint> {
        if self.depth >= DEEPEST {
            self.blame("the schema refers to itself without end".to_owned());
            return None;
        }
        self.depth += 1;
        let complaint = self.keywords(schema, value, path, seen);
        self.depth -= 1;
        complaint
    }

    fn keywords(
        &mut self,
        schema: &'a Json,
        value: &Json,
        path: &[String],
        seen: &mut Seen,
    ) -> Option<Complaint> {
        let reason = |reason: String| Complaint {
            make: Make::Reason,
            path: path.to_vec(),
            reason,
            causes: Vec::new(),
        };
        match schema {
            Json::Bool(true) => return None,
            Json::Bool(false) => return Some(reason("false schema".to_owned())),
            _ => {}
        }
        if self.draft < 2019 && schema.get("$ref").is_some() {
            return self.reference(schema, "$ref", value, path, seen);
        }
        if let Some(reason_text) = self.single(schema, value) {
            return Some(reason(reason_text));
        }
        let mut found = Vec::new();
        if schema.get("$ref").is_some() {
            found.extend(self.reference(schema, "$ref", value, path, seen));
        }
        match value {
            Json::Object(map) => self.object(schema, map, path, seen, &mut found),
            Json::Array(list) => self.array(schema, list, path, seen, &mut found),
            Json::String(text) => found.extend(self.text(schema, text).into_iter().map(reason)),
            Json::Number(_) => {
                let number = value.as_f64().unwrap_or_default();
                found.extend(numeric(schema, number, self.draft).into_iter().map(reason));
            }
            _ => {}
        }
        if self.draft >= 2019 {
            for keyword in ["$recursiveRef", "$dynamicRef"] {
                if schema.get(keyword).is_some() {
                    found.extend(self.reference(schema, keyword, value, path, seen));
                }
            }
        }
        self.combined(schema, value, path, seen, &mut found);
        if self.draft >= 2019 {
            self.unevaluated(schema, value, path, seen, &mut found);
        }
        if found.len() > 1 {
            let reason = "validation failed".to_owned();
            return Some(Complaint { make: Make::Group, path: path.to_vec(), reason, causes: found });
        }
        found.pop()
    }

    /// Those of which the first that fails is all that is said.
    fn single(&mut self, schema: &Json, value: &Json) -> Option<String> {
        let is = |wanted: &str| {
            let kind = type_of(value);
            kind == wanted
                || wanted == "integer" && kind == "number" && value.as_f64().is_some_and(|n| n.fract() == 0.0)
        };
        let wanted: Vec<&str> = match schema.get("type") {
            Some(Json::String(one)) => vec![one],
            Some(Json::Array(list)) => list.iter().filter_map(Json::as_str).collect(),
            _ => Vec::new(),
        };
        if let Some(unknown) = wanted.iter().find(|one| !TYPES.contains(one)) {
            self.blame(format!("the schema names the type {}, which there is not", quoted(unknown)));
        }
        if !wanted.is_empty() && !wanted.iter().any(|one| is(one)) {
            let named: Vec<&str> = TYPES.into_iter().filter(|one| wanted.contains(one)).collect();
            return Some(format!("got {}, want {}", type_of(value), named.join(" or ")));
        }
        if let Some(constant) =
            schema.get("const").filter(|constant| self.draft > 4 && !same(constant, value))
        {
            return Some(match constant {
                Json::Array(_) | Json::Object(_) => "'const' failed".to_owned(),
                simple => format!("value must be {}", shown(simple)),
            });
        }
        if let Some(Json::Array(choices)) = schema.get("enum")
            && !choices.iter().any(|choice| same(choice, value))
        {
            if choices.iter().any(|choice| choice.is_array() || choice.is_object()) {
                return Some("'enum' failed".to_owned());
            }
            let shown: Vec<String> = choices.iter().map(shown).collect();
            let of = if shown.len() == 1 { "" } else { "one of " };
            return Some(format!("value must be {of}{}", shown.join(", ")));
        }
        if self.draft < 2019
            && let (Some(Json::String(format)), Json::String(text)) = (schema.get("format"), value)
            && let Err(why) = formats::check(format, text)
        {
            return Some(format!("{} is not valid {format}: {why}", quoted(text)));
        }
        None
    }

    fn reference(
        &mut self,
        schema: &'a Json,
        keyword: &str,
        value: &Json,
        path: &[String],
        seen: &mut Seen,
    ) -> Option<Complaint> {
        let target = schema.get(keyword)?.as_str()?;
        if target.starts_with("urn:") {
            self.warnings
                .push(format!("unresolved URN reference ignored; using permissive schema urn={target}"));
            return None;
        }
        let target = match references::resolve(self.root, target) {
            Ok(target) => target,
            Err(fault) => {
                self.blame(fault);
                return None;
            }
        };
        let complaint = self.within(target, value, path, seen)?;
        let reason = "validation failed".to_owned();
        let causes = if complaint.make == Make::Group { complaint.causes } else { vec![complaint] };
        Some(Complaint { make: Make::Reference, path: path.to_vec(), reason, causes })
    }

    /// Holds the same value against another schema; what it has looked at counts where it is content.
    pub(super) fn within(
        &mut self,
        schema: &'a Json,
        value: &Json,
        path: &[String],
        seen: &mut Seen,
    ) -> Option<Complaint> {
        let mut inner = Seen::default();
        let complaint = self.schema(schema, value, path, &mut inner);
        if complaint.is_none() {
            seen.merge(inner);
        }
        complaint
    }

    fn combined(
        &mut self,
        schema: &'a Json,
        value: &Json,
        path: &[String],
        seen: &mut Seen,
        found: &mut Vec<Complaint>,
    ) {
        let complain = |reason: &str, causes| Complaint {
            make: Make::Reason,
            path: path.to_vec(),
            reason: reason.to_owned(),
            causes,
        };
        if let Some(not) = schema.get("not")
            && self.within(not, value, path, seen).is_none()
        {
            found.push(complain("'not' failed", Vec::new()));
        }
        if let Some(Json::Array(all)) = schema.get("allOf") {
            let causes: Vec<_> = all.iter().filter_map(|one| self.within(one, value, path, seen)).collect();
            if !causes.is_empty() {
                found.push(complain("'allOf' failed", causes));
            }
        }
        if let Some(Json::Array(any)) =
            schema.get("anyOf").filter(|any| any.as_array().is_some_and(|any| !any.is_empty()))
        {
            let causes: Vec<_> = any.iter().filter_map(|one| self.within(one, value, path, seen)).collect();
            if causes.len() == any.len() {
                found.push(complain("'anyOf' failed", causes));
            }
        }
        if let Some(Json::Array(one_of)) =
            schema.get("oneOf").filter(|one| one.as_array().is_some_and(|one| !one.is_empty()))
        {
            let (mut matched, mut causes) = (Vec::new(), Vec::new());
            for (at, one) in one_of.iter().enumerate() {
                match self.within(one, value, path, seen) {
                    Some(cause) => causes.push(cause),
                    None => matched.push(at),
                }
                if matched.len() == 2 {
                    break;
                }
            }
            match matched[..] {
                [] => found.push(complain("'oneOf' failed, none matched", causes)),
                [first, second] => {
                    let reason = format!("'oneOf' failed, subschemas {first}, {second} matched");
                    found.push(complain(&reason, Vec::new()));
                }
                _ => {}
            }
        }
        if let Some(condition) = schema.get("if").filter(|_| self.draft >= 7) {
            let holds = self.within(condition, value, path, seen).is_none();
            if let Some(then) = schema.get(if holds { "then" } else { "else" }) {
                found.extend(self.within(then, value, path, seen));
            }
        }
    }

    fn text(&mut self, schema: &Json, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        let length = text.chars().count();
        if let Some(least) = size(schema, "minLength").filter(|least| length < *least) {
            found.push(format!("minLength: got {}, want {}", grouped(length), grouped(least)));
        }
        if let Some(most) = size(schema, "maxLength").filter(|most| length > *most) {
            found.push(format!("maxLength: got {}, want {}", grouped(length), grouped(most)));
        }
        if let Some(Json::String(pattern)) = schema.get("pattern")
            && let Some(compiled) = self.pattern(pattern)
            && !compiled.is_match(text.as_bytes())
        {
            found.push(format!("{} does not match pattern {}", quoted(text), quoted(pattern)));
        }
        found
    }
}

fn numeric(schema: &Json, value: f64, draft: u32) -> Vec<String> {
    let limit = |keyword: &str| schema.get(keyword).and_then(Json::as_f64);
    let excluded = |keyword: &str| draft == 4 && schema.get(keyword) == Some(&Json::Bool(true));
    let mut found = Vec::new();
    let mut complain = |keyword: &str, limit: f64| {
        found.push(format!("{keyword}: got {}, want {}", number(value), number(limit)));
    };
    if let Some(least) = limit("minimum") {
        if excluded("exclusiveMinimum") {
            if value <= least {
                complain("exclusiveMinimum", least);
            }
        } else if value < least {
            complain("minimum", least);
        }
    }
    if let Some(most) = limit("maximum") {
        if excluded("exclusiveMaximum") {
            if value >= most {
                complain("exclusiveMaximum", most);
            }
        } else if value > most {
            complain("maximum", most);
        }
    }
    if let Some(least) = limit("exclusiveMinimum").filter(|least| value <= *least) {
        complain("exclusiveMinimum", least);
    }
    if let Some(most) = limit("exclusiveMaximum").filter(|most| value >= *most) {
        complain("exclusiveMaximum", most);
    }
    if let Some(step) = limit("multipleOf").filter(|step| !is_multiple(value, *step)) {
        complain("multipleOf", step);
    }
    found
}

/// Whether a number is so many times the step, by the decimal digits that both are written with.
fn is_multiple(value: f64, step: f64) -> bool {
    let scale = |number: f64| format!("{number}").split_once('.').map_or(0, |(_, digits)| digits.len());
    let places = scale(value).max(scale(step));
    let whole = |number: f64| format!("{number:.places$}").replace('.', "").parse::<i128>().ok();
    match (whole(value), whole(step)) {
        (Some(value), Some(step)) if step != 0 => value % step == 0,
        _ => (value / step).fract() == 0.0,
    }
}

/// A limit that counts something.
pub(super) fn size(schema: &Json, keyword: &str) -> Option<usize> {
    let limit = schema.get(keyword)?.as_f64()?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    (limit >= 0.0).then_some(limit as usize)
}

/// Whether two values are the same; 1 and 1.0 are.
pub(super) fn same(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::Number(_), Json::Number(_)) => left.as_f64() == right.as_f64(),
        (Json::Array(left), Json::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Json::Object(left), Json::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, left)| right.get(key).is_some_and(|right| same(left, right)))
        }
        _ => left == right,
    }
}
