//! Helm 4 reads the releases that we write, and goes on with them without force.

use serde_json::{Value, json};

use super::charts;
use super::room::{Room, Wish, claims, config_maps, options, removal, secrets};

#[tokio::test]
async fn helm_lists_and_shows_what_we_wrote() {
    let Some(room) = Room::judged("shown").await else { return };
    room.volume("web").await;
    let chart = room.chart("web", &charts::web("0.1.0"));
    let wish = |text: &str| Wish { name: "web", chart: &chart, values: json!({ "text": text }) };
    let first = room.install(&wish("one"), &options()).await.unwrap();
    assert_eq!(first.warnings, [""; 0]);
    let second = room.install(&wish("two"), &options()).await.unwrap();

    let listed = room.told(&["list"]);
    let [one] = listed.as_array().unwrap().as_slice() else { panic!("{listed}") };
    for (key, value) in [
        ("name", "web"),
        ("namespace", room.space.as_str()),
        ("revision", "2"),
        ("status", "deployed"),
        ("chart", "web-0.1.0"),
        ("app_version", "4.5"),
    ] {
        assert_eq!(one[key], value, "{key}");
    }
    let history = room.told(&["history", "web"]);
    let line = |one: &Value| format!("{} {} {}", one["revision"], one["status"], one["description"]);
    let lines: Vec<String> = history.as_array().unwrap().iter().map(line).collect();
    assert_eq!(lines, [r#"1 "superseded" "Install complete""#, r#"2 "deployed" "Upgrade complete""#]);
    assert_eq!(room.told(&["get", "values", "web"]), json!({ "text": "two" }));
    assert_eq!(room.told(&["get", "values", "web", "--revision", "1"]), json!({ "text": "one" }));
    let all = room.told(&["get", "values", "web", "--all"]);
    assert_eq!((&all["text"], &all["replicas"]), (&json!("two"), &json!(1)));
    assert_eq!(room.done(&["get", "manifest", "web"]).trim_end(), second.record.manifest.trim_end());
    assert!(room.done(&["get", "notes", "web"]).contains("Text two of revision 2."));
    let hooks = room.done(&["get", "hooks", "web"]);
    assert!(hooks.contains("# Source: web/templates/prepare.yaml") && hooks.contains("kind: Job"), "{hooks}");
    let status = room.told(&["status", "web"]);
    assert_eq!((&status["info"]["status"], &status["version"]), (&json!("deployed"), &json!(2)));
    let all = room.done(&["get", "all", "web"]);
    assert!(all.contains("LAST DEPLOYED") && all.contains("web-map"), "{all}");
    let metadata = room.told(&["get", "metadata", "web"]);
    assert_eq!((&metadata["version"], &metadata["status"]), (&json!("0.1.0"), &json!("deployed")));
}

#[tokio::test]
async fn helm_rolls_back_upgrades_and_removes_what_we_wrote() {
    let Some(room) = Room::judged("handed").await else { return };
    room.volume("web").await;
    let chart = room.chart("web", &charts::web("0.1.0"));
    let path = chart.to_str().unwrap();
    let text = async || room.there(&config_maps(), "web-map").await["data"].clone();
    for values in [json!({ "text": "one" }), json!({ "text": "two", "more": true })] {
        room.install(&Wish { name: "web", chart: &chart, values }, &options()).await.unwrap();
    }
    room.done(&["rollback", "web", "1", "--wait"]);
    assert_eq!(text().await, json!({ "text": "one" }), "the key that only the second one has is gone");
    assert_eq!(room.names(&config_maps()).await, ["web-map"]);

    room.done(&["upgrade", "web", path, "--set", "text=three", "--wait"]);
    assert_eq!(text().await, json!({ "text": "three" }));
    // Ours again, over Helm's, and Helm's over that.
    let values = json!({ "text": "four", "more": true });
    let fifth = room.install(&Wish { name: "web", chart: &chart, values }, &options()).await.unwrap();
    assert_eq!(fifth.record.version, 5);
    assert_eq!(text().await, json!({ "text": "four", "more": "1" }));
    room.done(&["rollback", "web"]);
    assert_eq!(text().await, json!({ "text": "three" }));
    let back = room.rollback("web", Some(5), &options()).await.unwrap();
    assert_eq!((back.record.version, back.record.info.rollback_revision), (7, 5));
    let statuses: Vec<String> =
        room.records("web").await.iter().map(|line| line.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(
        statuses,
        [
            "1 superseded",
            "2 superseded",
            "3 superseded",
            "4 superseded",
            "5 superseded",
            "6 superseded",
            "7 deployed"
        ]
    );

    room.done(&["uninstall", "web", "--wait"]);
    assert_eq!(room.names(&config_maps()).await, [""; 0]);
    assert_eq!(room.names(&secrets()).await, [""; 0]);
    assert_eq!(room.names(&claims()).await, ["web"], "it is to be kept");
}

/// A failed release of ours is a failed one to Helm, and it repairs it.
#[tokio::test]
async fn helm_goes_on_where_we_failed_and_over_a_history_that_was_kept() {
    let Some(room) = Room::judged("repaired").await else { return };
    let chart = room.chart("small", &charts::small());
    let path = chart.to_str().unwrap();
    let broken = charts::of(
        "small",
        "0.1.0",
        &[("map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a-map }\ndata: { Bad key: x }\n")],
    );
    let broken = room.chart("broken", &broken);
    let failed = room.install(&Wish { name: "a", chart: &broken, values: json!({}) }, &options()).await;
    assert!(failed.is_err());
    assert_eq!(room.told(&["status", "a"])["info"]["status"], "failed");
    room.done(&["upgrade", "a", path, "--set", "text=one", "--install"]);
    let kept = bud::helm::action::Removal { keep_history: true, ..removal() };
    room.uninstall("a", &kept).await.unwrap();
    assert_eq!(room.told(&["status", "a"])["info"]["status"], "uninstalled");
    assert_eq!(room.names(&config_maps()).await, [""; 0]);
    room.done(&["upgrade", "a", path, "--set", "text=two", "--install"]);
    assert_eq!(room.there(&config_maps(), "a-map").await["data"]["text"], "two");
    room.uninstall("a", &kept).await.unwrap();
    let wish = Wish { name: "a", chart: &chart, values: json!({ "text": "three" }) };
    let again = room.install(&wish, &options()).await.unwrap();
    assert_eq!(again.record.version, 4);
    let map = room.there(&config_maps(), "a-map").await;
    assert_eq!(map["metadata"]["labels"]["install"], "true", "it is an installation again");
    assert_eq!(room.told(&["status", "a"])["info"]["status"], "deployed");
    room.done(&["rollback", "a", "2"]);
    assert_eq!(room.there(&config_maps(), "a-map").await["data"]["text"], "one");
    room.done(&["uninstall", "a"]);
    assert_eq!(room.names(&secrets()).await, [""; 0]);
}
