//! Holding objects and arrays against a schema.

use serde_json::{Map, Value as Json};

use super::complaint::{Complaint, Make, grouped, listed, quoted};
use super::keywords::{Seen, Validator, same, size};

fn below(path: &[String], part: &str) -> Vec<String> {
    path.iter().cloned().chain([part.to_owned()]).collect()
}

fn complaint(path: &[String], reason: String, causes: Vec<Complaint>) -> Complaint {
    Complaint { make: Make::Reason, path: path.to_vec(), reason, causes }
}

/// The names of a list that an object does not have.
fn missing(list: &Json, map: &Map<String, Json>) -> Vec<String> {
    let names = list.as_array().into_iter().flatten().filter_map(Json::as_str);
    names.filter(|name| !map.contains_key(*name)).map(str::to_owned).collect()
}

impl<'a> Validator<'a> {
    pub(super) fn object(
        &mut self,
        schema: &'a Json,
        map: &Map<String, Json>,
        path: &[String],
        seen: &mut Seen,
        found: &mut Vec<Complaint>,
    ) {
        let whole = Json::Object(map.clone());
        let counts = |keyword: &str, limit: usize| {
            format!("{keyword}: got {}, want {}", grouped(map.len()), grouped(limit))
        };
        if let Some(least) = size(schema, "minProperties").filter(|least| map.len() < *least) {
            found.push(complaint(path, counts("minProperties", least), Vec::new()));
        }
        if let Some(most) = size(schema, "maxProperties").filter(|most| map.len() > *most) {
            found.push(complaint(path, counts("maxProperties", most), Vec::new()));
        }
        if let Some(list) = schema.get("required") {
            let missing = missing(list, map);
            let word = if missing.len() == 1 { "property" } else { "properties" };
            if !missing.is_empty() {
                found.push(complaint(path, format!("missing {word} {}", listed(&missing)), Vec::new()));
            }
        }
        if let Some(Json::Object(dependencies)) = schema.get("dependencies") {
            self.dependencies(dependencies, &whole, map, path, seen, found);
        }
        self.properties(schema, map, path, seen, found);
        if self.draft == 4 {
            return;
        }
        if let Some(names) = schema.get("propertyNames") {
            for name in map.keys() {
                let text = Json::String(name.clone());
                if let Some(cause) = self.schema(names, &text, &[], &mut Seen::default()) {
                    let reason = format!("invalid propertyName {}", quoted(name));
                    let causes = if cause.make == Make::Group { cause.causes } else { vec![cause] };
                    found.push(complaint(path, reason, causes));
                }
            }
        }
        if self.draft < 2019 {
            return;
        }
        for keyword in ["dependentSchemas", "dependentRequired"] {
            if let Some(Json::Object(dependencies)) = schema.get(keyword) {
                self.dependencies(dependencies, &whole, map, path, seen, found);
            }
        }
    }

    fn dependencies(
        &mut self,
        dependencies: &'a Map<String, Json>,
        whole: &Json,
        map: &Map<String, Json>,
        path: &[String],
        seen: &mut Seen,
        found: &mut Vec<Complaint>,
    ) {
        for (name, wanted) in dependencies.iter().filter(|(name, _)| map.contains_key(*name)) {
            if !wanted.is_array() {
                found.extend(self.within(wanted, whole, path, seen));
                continue;
            }
            let missing = missing(wanted, map);
            if !missing.is_empty() {
                let reason = format!("properties {} required, if {} exists", listed(&missing), quoted(name));
                found.push(complaint(path, reason, Vec::new()));
            }
        }
    }

    fn properties(
        &mut self,
        schema: &'a Json,
        map: &Map<String, Json>,
        path: &[String],
        seen: &mut Seen,
        found: &mut Vec<Complaint>,
    ) {
        let declared = schema.get("properties").and_then(Json::as_object);
        let patterns: Vec<_> =
            schema.get("patternProperties").and_then(Json::as_object).into_iter().flatten().collect();
        let mut additional = Vec::new();
        for (name, value) in map {
            let place = below(path, name);
            let mut evaluated = false;
            if let Some(own) = declared.and_then(|declared| declared.get(name)) {
                evaluated = true;
                found.extend(self.schema(own, value, &place, &mut Seen::default()));
            }
            for (pattern, own) in &patterns {
                if self.pattern(pattern).is_some_and(|pattern| pattern.is_match(name.as_bytes())) {
                    evaluated = true;
                    found.extend(self.schema(own, value, &place, &mut Seen::default()));
                }
            }
            if !evaluated && let Some(own) = schema.get("additionalProperties") {
                evaluated = true;
                if *own == Json::Bool(false) {
                    additional.push(name.clone());
                } else {
                    found.extend(self.schema(own, value, &place, &mut Seen::default()));
                }
            }
            if evaluated {
                seen.properties.insert(name.clone());
            }
        }
        if !additional.is_empty() {
            let reason = format!("additional properties {} not allowed", listed(&additional));
            found.push(complaint(path, reason, Vec::new()));
        }
    }

    pub(super) fn array(
        &mut self,
        schema: &'a Json,
        list: &[Json],
        path: &[String],
        seen: &mut Seen,
        found: &mut Vec<Complaint>,
    ) {
        let counts = |keyword: &str, limit: usize| {
            format!("{keyword}: got {}, want {}", grouped(list.len()), grouped(limit))
        };
        if let Some(least) = size(schema, "minItems").filter(|least| list.len() < *least) {
            found.push(complaint(path, counts("minItems", least), Vec::new()));
        }
        if let Some(most) = size(schema, "maxItems").filter(|most| list.len() > *most) {
            found.push(complaint(path, counts("maxItems", most), Vec::new()));
        }
        if schema.get("uniqueItems") == Some(&Json::Bool(true))
            && let Some((first, second)) = duplicates(list)
        {
            let reason = format!("items at {first} and {second} are equal");
            found.push(complaint(path, reason, Vec::new()));
        }
        let items = schema.get("items");
        let (tuple, rest) = match (self.draft >= 2020, items) {
            (true, items) => (schema.get("prefixItems").and_then(Json::as_array), items),
            (false, Some(Json::Array(tuple))) => (Some(tuple), schema.get("additionalItems")),
            (false, items) => (None, items),
        };
        let fixed = tuple.map_or(0, |tuple| tuple.len().min(list.len()));
        for (at, value) in list.iter().enumerate() {
            let own = if at < fixed { tuple.and_then(|tuple| tuple.get(at)) } else { rest };
            let Some(own) = own else { continue };
            seen.items.insert(at);
            if at >= fixed && self.draft < 2020 && tuple.is_some() && *own == Json::Bool(false) {
                continue;
            }
            found.extend(self.schema(own, value, &below(path, &at.to_string()), &mut Seen::default()));
        }
        if self.draft < 2020 && tuple.is_some() && rest == Some(&Json::Bool(false)) && fixed < list.len() {
            let reason = format!("last {} additionalItem(s) not allowed", grouped(list.len() - fixed));
            found.push(complaint(path, reason, Vec::new()));
        }
        if let Some(contains) = schema.get("contains").filter(|_| self.draft > 4) {
            self.contains(contains, schema, list, path, seen, found);
        }
    }

    fn contains(
        &mut self,
        contains: &'a Json,
        schema: &Json,
        list: &[Json],
        path: &[String],
        seen: &mut Seen,
        found: &mut Vec<Complaint>,
    ) {
        let (mut matched, mut causes) = (Vec::new(), Vec::new());
        for (at, value) in list.iter().enumerate() {
            if let Some(cause) =
                self.schema(contains, value, &below(path, &at.to_string()), &mut Seen::default())
            {
                causes.push(cause);
            } else {
                matched.push(at);
                if self.draft >= 2020 {
                    seen.items.insert(at);
                }
            }
        }
        let places = matched.iter().map(usize::to_string).collect::<Vec<_>>().join(" ");
        let (least, most) = if self.draft >= 2019 {
            (size(schema, "minContains"), size(schema, "maxContains"))
        } else {
            (None, None)
        };
        match least {
            Some(least) if matched.len() < least => {
                let what = if matched.is_empty() {
                    "but none matched".to_owned()
                } else {
                    format!("but matched {} items at {places}", matched.len())
                };
                let reason = format!("min {least} items required to match contains schema, {what}");
                found.push(complaint(path, reason, causes));
            }
            None if matched.is_empty() => {
                found.push(complaint(path, "no items match contains schema".to_owned(), causes));
            }
            _ => {}
        }
        if let Some(most) = most.filter(|most| matched.len() > *most) {
            let reason = format!(
                "max {most} items required to match contains schema, but matched {} items at {places}",
                matched.len()
            );
            found.push(complaint(path, reason, Vec::new()));
        }
    }

    pub(super) fn unevaluated(
        &mut self,
        schema: &'a Json,
        value: &Json,
        path: &[String],
        seen: &mut Seen,
        found: &mut Vec<Complaint>,
    ) {
        if let (Some(rest), Json::Object(map)) = (schema.get("unevaluatedProperties"), value) {
            for (name, value) in map {
                if !seen.properties.contains(name) {
                    found.extend(self.schema(rest, value, &below(path, name), &mut Seen::default()));
                }
            }
            seen.properties.extend(map.keys().cloned());
        }
        if let (Some(rest), Json::Array(list)) = (schema.get("unevaluatedItems"), value) {
            for (at, value) in list.iter().enumerate() {
                if !seen.items.contains(&at) {
                    let place = below(path, &at.to_string());
                    found.extend(self.schema(rest, value, &place, &mut Seen::default()));
                }
            }
            seen.items.extend(0..list.len());
        }
    }
}

/// The first two items that are the same, as the validator of Helm goes through them.
fn duplicates(list: &[Json]) -> Option<(usize, usize)> {
    (1..list.len()).find_map(|second| {
        (0..second).find(|first| same(&list[*first], &list[second])).map(|first| (first, second))
    })
}
