//! Chart.lock: its digest, by which Helm sees whether it still fits Chart.yaml, and its text.
//!
//! Source: Helm 4, `internal/resolver/resolver.go` (`HashReq`, `HashV2Req`) and the JSON names of
//! `pkg/chart/v2/dependency.go`.

use sha2::{Digest as _, Sha256};

use super::load::Lock;
use crate::helm::render::{Dependency, compact};
use crate::helm::value::{Map, Value};
use crate::helm::yaml;

/// The digest of what Chart.yaml asks for and of what was found: `sha256:…` of Go's JSON of both lists.
pub fn digest(asked: &[Dependency], found: &[Dependency]) -> String {
    sum(&format!("[{},{}]", list(asked), list(found)))
}

/// The digest that Helm 2 wrote into requirements.lock: of what is asked for alone.
pub fn digest_of_helm_2(asked: &[Dependency]) -> String {
    sum(&format!("{{\"dependencies\":{}}}", list(asked)))
}

fn sum(json: &str) -> String {
    let sum = Sha256::digest(json.as_bytes());
    sum.iter().fold("sha256:".to_owned(), |mut text, byte| {
        text.push_str(&format!("{byte:02x}"));
        text
    })
}

fn list(dependencies: &[Dependency]) -> String {
    let all: Vec<String> = dependencies.iter().map(object).collect();
    format!("[{}]", all.join(","))
}

/// The fields in the order of Go's struct, where sorted keys would give another digest.
fn object(one: &Dependency) -> String {
    let mut fields = vec![format!("\"name\":{}", text(&one.name))];
    let mut some = |name: &str, value: String, present: bool| {
        if present {
            fields.push(format!("\"{name}\":{value}"));
        }
    };
    some("version", text(&one.version), !one.version.is_empty());
    some("repository", text(&one.repository), true);
    some("condition", text(&one.condition), !one.condition.is_empty());
    let tags = Value::List(one.tags.iter().cloned().map(Value::String).collect());
    some("tags", compact(&tags), !one.tags.is_empty());
    some("enabled", "true".to_owned(), one.enabled);
    let imports = Value::List(one.import_values.clone());
    some("import-values", compact(&imports), !one.import_values.is_empty());
    some("alias", text(&one.alias), !one.alias.is_empty());
    format!("{{{}}}", fields.join(","))
}

fn text(text: &str) -> String {
    compact(&Value::String(text.to_owned()))
}

impl Lock {
    /// The file, as Helm writes it.
    pub fn text(&self) -> String {
        let one = |dependency: &Dependency| {
            let mut fields = Map::new();
            let mut put = |name: &str, text: &str| {
                fields.insert(name.to_owned(), Value::String(text.to_owned()));
            };
            put("name", &dependency.name);
            put("repository", &dependency.repository);
            if !dependency.version.is_empty() {
                put("version", &dependency.version);
            }
            Value::Map(fields)
        };
        let whole = Map::from([
            ("dependencies".to_owned(), Value::List(self.dependencies.iter().map(one).collect())),
            ("digest".to_owned(), Value::String(self.digest.clone())),
            ("generated".to_owned(), Value::String(self.generated.clone())),
        ]);
        yaml::write(&Value::Map(whole))
    }
}

#[cfg(test)]
mod tests {
    use super::{digest, list};
    use crate::helm::chart::Lock;
    use crate::helm::render::Dependency;
    use crate::helm::value::{Map, Value};

    #[test]
    fn the_digest_is_taken_of_gos_json() {
        let whole = Dependency {
            name: "a".into(),
            version: ">1 <2".into(),
            repository: "https://b?c&d".into(),
            condition: "a.on".into(),
            tags: vec!["t".into()],
            enabled: true,
            import_values: vec![
                Value::String("x".into()),
                Value::Map(Map::from([
                    ("parent".into(), Value::String("p".into())),
                    ("child".into(), Value::Float(1.0)),
                ])),
            ],
            alias: "z".into(),
        };
        let json = "[{\"name\":\"a\",\"version\":\"\\u003e1 \\u003c2\",\"repository\":\"https://b?c\\u0026d\",\
                    \"condition\":\"a.on\",\"tags\":[\"t\"],\"enabled\":true,\
                    \"import-values\":[\"x\",{\"child\":1,\"parent\":\"p\"}],\"alias\":\"z\"}]";
        assert_eq!(list(&[whole]), json);
        assert_eq!(
            list(&[Dependency { name: "a".into(), ..Dependency::default() }]),
            r#"[{"name":"a","repository":""}]"#
        );
        // `printf '[[],[]]' | sha256sum`
        assert_eq!(
            digest(&[], &[]),
            "sha256:643d5437104296e21d906ecb15b2c96ad278f20cfc4af53b12bb6069bd853726"
        );
    }

    #[test]
    fn the_file_has_its_keys_in_helms_order() {
        let lock = Lock {
            generated: "2026-01-02T03:04:05Z".into(),
            digest: "sha256:ab".into(),
            dependencies: vec![Dependency {
                name: "a".into(),
                version: "1.0.0".into(),
                repository: "oci://b".into(),
                ..Dependency::default()
            }],
        };
        assert_eq!(
            lock.text(),
            "dependencies:\n- name: a\n  repository: oci://b\n  version: 1.0.0\ndigest: sha256:ab\n\
             generated: \"2026-01-02T03:04:05Z\"\n"
        );
    }
}
