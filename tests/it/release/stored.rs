//! Stored states of each version that was ever released: later versions must read them.

use serde_json::Value as Json;

use super::{IT, Room, plain};
use crate::goldens::{path, writing};
use crate::harness::host::told;

const ARGUMENTS: &str = "values = [\"color: blue\"]\nset = [{ name = \"replicas\", value = \"2\" }]\n\
    set_list = [{ name = \"list\", value = [\"a\", \"b\"] }]\nset_sensitive = [{ name = \"hidden\", value = \"text\" }]\n\
    values_wo = \"deep: { er: text }\"\nvalues_wo_version = 1\ndrift = \"warn\"\nignore_drift = [\"Service/*/*\"]\n\
    ready_when = [\"Node:status.allocatable.cpu>=1\"]\ntimeout = \"7m\"\nchecks = \"off\"\ntimeouts = { create = \"20m\" }";

/// What differs from run to run.
fn names(room: &Room, state: &Json) -> Vec<(String, &'static str)> {
    let text = |pointer: &str| state.pointer(pointer).and_then(Json::as_str).unwrap_or("-").to_owned();
    vec![
        (room.folder.path().display().to_string(), "FOLDER"),
        (room.namespace.clone(), "NAMESPACE"),
        (text("/cluster_uid"), "CLUSTER"),
        (text("/metadata/first_deployed"), "2026-01-01T00:00:00Z"),
        (text("/metadata/last_deployed"), "2026-01-01T00:00:00Z"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn stored_releases_are_read() {
    let Some(mut room) = Room::new("stored").await else { return };
    let chart = room.chart("plain", &plain());
    let text = room.release(&chart, ARGUMENTS);
    room.applies(&text).await;
    let now = room.host.instance(IT).unwrap().clone();
    let state: Json = serde_json::from_str(&now.json).unwrap();
    let names = names(&room, &state);
    let newest = path(&format!("states/bud_release.v{}.json", now.version));
    if writing() && !newest.exists() {
        let mut kept = state.clone();
        // What the cluster made of the objects is another thing in each run.
        kept["resources"] = serde_json::json!({});
        let kept = names.iter().fold(format!("{kept:#}\n"), |text, (real, name)| text.replace(real, name));
        std::fs::write(&newest, kept).unwrap();
    }
    assert!(
        newest.exists(),
        "no state of this version is kept: BUD_GOLDEN=write scripts/test release::stored"
    );
    let standing = room.host.state();
    for version in 0..=now.version {
        let kept = std::fs::read_to_string(path(&format!("states/bud_release.v{version}.json"))).unwrap();
        let kept = names[..3].iter().fold(kept, |text, (real, name)| text.replace(name, real));
        let mut instance = now.clone();
        (instance.json, instance.version) = (kept.clone(), version);
        let mut state = standing.clone();
        state.get_mut(IT).unwrap().current = Some(instance);
        room.host.restore(state);
        let plan = room
            .host
            .plan(IT, &text)
            .await
            .unwrap_or_else(|found| panic!("version {version}: {}", told(&found)));
        assert!(plan.is_empty(), "version {version}");
        // Every attribute that was stored and still exists means what it meant.
        room.host.refresh(IT).await.unwrap();
        let json: Json = serde_json::from_str(&room.host.instance(IT).unwrap().json).unwrap();
        for (attribute, value) in serde_json::from_str::<Json>(&kept).unwrap().as_object().unwrap() {
            assert!(
                json.get(attribute).is_none_or(|now| now == value),
                "{version}: {attribute}: {:#}",
                json[attribute]
            );
        }
    }
    room.host.destroy(IT).await.done();
}
