//! What the hosts say of the provider's schema.

use serde_json::Value;

use super::{Folder, World, each};

/// Looks at every object below `value` that describes attributes, parameters or functions.
fn undescribed(value: &Value, path: &str, found: &mut Vec<String>, seen: &mut usize) {
    let Some(object) = value.as_object() else { return };
    for (key, inner) in object {
        if matches!(key.as_str(), "attributes" | "functions") {
            for (name, described) in inner.as_object().into_iter().flatten() {
                *seen += 1;
                if described["description"].as_str().is_none_or(|text| text.trim().is_empty()) {
                    found.push(format!("{path}.{key}.{name}"));
                }
            }
        }
        undescribed(inner, &format!("{path}.{key}"), found, seen);
    }
}

#[test]
fn every_attribute_is_described_in_both_hosts() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        folder.network("lab", "");
        let run = folder.run(&["providers", "schema", "-json"]).succeeded();
        let schema: Value = serde_json::from_str(&run.stdout).unwrap();
        let providers = schema["provider_schemas"].as_object().unwrap();
        let (name, bud) = providers.iter().find(|(name, _)| name.ends_with("budecosystem/bud")).unwrap();
        let network = &bud["resource_schemas"]["bud_network"]["block"]["attributes"];
        assert_eq!(network["rules"]["nested_type"]["nesting_mode"], "map");
        assert_eq!(network["name"]["required"], true);
        let azure = &bud["provider"]["block"]["attributes"]["azure"]["nested_type"]["attributes"];
        assert_eq!(azure["client_secret"]["sensitive"], true);
        let (mut found, mut seen) = (Vec::new(), 0);
        undescribed(bud, name, &mut found, &mut seen);
        assert_eq!(found, Vec::<String>::new());
        assert!(seen > 80, "only {seen} attributes were found");
    });
}
