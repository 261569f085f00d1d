//! Hidden values are in the cluster alone, and stay there as they are on unrelated updates.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{IT, Room, is};
use crate::harness::host::told;
use crate::harness::judge::Action;

const CANARY: [&str; 4] =
    ["canary-of-values-wo", "canary-of-set-wo", "canary-of-set-sensitive", "canary-from-cluster"];

const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: hidden\nstringData:\n  one: {{ .Values.one | quote }}\n  \
    two: {{ .Values.two | quote }}\n  three: {{ .Values.three | quote }}\n  four: {{ .Values.four | quote }}\n";
const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: seen\n  annotations: { checksum: {{ toYaml .Values | sha256sum }} }\n\
    data:\n  color: {{ .Values.color | quote }}\n  leak: {{ .Values.one }} {{ .Values.three }} {{ .Values.four | b64enc }}\n";
const NOTES: &str = "The password is {{ .Values.one }} {{ .Values.two }} {{ .Values.four }}.\n";

fn files() -> Vec<(&'static str, &'static str)> {
    vec![
        ("values.yaml", "color: red\none: a\ntwo: b\nthree: c\nfour: d\n"),
        ("templates/secret.yaml", SECRET),
        ("templates/map.yaml", MAP),
        ("templates/NOTES.txt", NOTES),
    ]
}

fn arguments(ephemeral: &str, version: u32, more: &str) -> String {
    format!(
        "values_wo = \"one: {}{ephemeral}\"\nvalues_wo_version = {version}\n\
         set_wo = [{{ name = \"two\", value = \"{}{ephemeral}\" }}]\nset_wo_revision = {version}\n\
         set_sensitive = [{{ name = \"three\", value = \"{}\" }}]\n\
         values_from = [{{ secret = \"source\", key = \"it\", path = \"four\" }}]\nchecks = \"off\"\n{more}",
        CANARY[0], CANARY[1], CANARY[2]
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_values_are_nowhere_but_in_the_cluster() {
    let Some(mut room) = Room::new("hidden").await else { return };
    source(&room, CANARY[3]).await;
    let chart = room.chart("hiding", &files());
    let text = |ephemeral: &str, version: u32, more: &str| arguments(ephemeral, version, more);
    let create = room.release(&chart, &text("", 1, ""));
    let plan = room.plans(&create).await;
    is(&plan, Action::Create);
    // Something ephemeral differs between plan and apply: nothing that the plan says hangs on it.
    let other = room.release(&chart, &text("-later", 1, ""));
    let outcome = room.host.apply_resolved(plan, Some(&other)).await;
    assert!(!outcome.failed(), "{}", outcome.text());
    nothing_leaks(&room, &outcome.text());
    assert_eq!(
        data(&room).await,
        ["canary-of-values-wo-later", "canary-of-set-wo-later", CANARY[2], CANARY[3]]
    );
    room.is_settled(&other).await;

    // An unrelated update keeps what is deployed, whatever the ephemeral value is by now.
    let update = room.release(&chart, &text("-changed", 1, "set = [{ name = \"color\", value = \"blue\" }]"));
    room.applies(&update).await;
    assert_eq!(
        data(&room).await,
        ["canary-of-values-wo-later", "canary-of-set-wo-later", CANARY[2], CANARY[3]]
    );
    // A new version takes it anew.
    let update = room.release(&chart, &text("-changed", 2, "set = [{ name = \"color\", value = \"blue\" }]"));
    room.applies(&update).await;
    assert_eq!(
        data(&room).await,
        ["canary-of-values-wo-changed", "canary-of-set-wo-changed", CANARY[2], CANARY[3]]
    );
    // A changed Secret of values_from is seen by the next refresh.
    source(&room, "canary-from-cluster-anew").await;
    let plan = room.applies(&update).await;
    is(&plan, Action::Update);
    assert_eq!(data(&room).await[3], "canary-from-cluster-anew");
    nothing_leaks(&room, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_does_not_tell_what_is_hidden() {
    let Some(mut room) = Room::new("mute").await else { return };
    source(&room, CANARY[3]).await;
    let mut files = files();
    files.push(("templates/fail.yaml", "{{ if eq .Values.color \"never\" }}{{ fail (printf \"no %s %s\" .Values.one .Values.four) }}{{ end }}\n"));
    let chart = room.chart("failing", &files);
    let text = room.release(&chart, &arguments("", 1, "set = [{ name = \"color\", value = \"never\" }]"));
    let told = match room.host.plan(IT, &text).await {
        Err(found) => told(&found),
        Ok(plan) => room.host.apply_plan(plan).await.text(),
    };
    assert!(told.contains("Template failed"), "{told}");
    for canary in CANARY {
        assert!(!told.contains(canary), "{told}");
    }
}

/// What the API says of an object that it refuses quotes the object.
#[tokio::test(flavor = "multi_thread")]
async fn the_words_of_the_api_do_not_tell_what_is_hidden() {
    let Some(mut room) = Room::new("quoted").await else { return };
    let named = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: {{ .Values.one | quote }} }\n";
    let chart = room.chart("quoting", &[("values.yaml", "one: a\n"), ("templates/a.yaml", named)]);
    let secret = "Canary_That_Is_No_Name";
    for argument in [
        format!("set_sensitive = [{{ name = \"one\", value = \"{secret}\" }}]"),
        format!("values_wo = \"one: {secret}\"\nvalues_wo_version = 1"),
    ] {
        let text = room.release(&chart, &argument);
        let outcome = room.host.apply(IT, &text).await;
        assert!(outcome.failed() && outcome.error().contains("Object is not valid"), "{}", outcome.text());
        assert!(!outcome.text().contains(secret), "{}", outcome.text());
        if let Some(instance) = room.host.instance(IT) {
            let mut state: serde_json::Value = serde_json::from_str(&instance.json).unwrap();
            state.as_object_mut().unwrap().remove("set_sensitive");
            assert!(!state.to_string().contains(secret), "{state}");
        }
        assert!(!room.host.log().contains(secret));
        room.host.destroy(IT).await.done();
    }
}

fn nothing_leaks(room: &Room, told: &str) {
    let instance = room.host.instance(IT).unwrap();
    let mut state: serde_json::Value = serde_json::from_str(&instance.json).unwrap();
    // What is sensitive is an argument like any other: the state holds it, and nothing else does.
    assert!(state.as_object_mut().unwrap().remove("set_sensitive").is_some());
    let kept =
        format!("{state}\n{}\n{told}\n{}", String::from_utf8_lossy(&instance.private), room.host.log());
    for canary in CANARY {
        assert!(!kept.contains(canary), "{canary} is in the state, a message or the log");
        assert!(!kept.contains(&STANDARD.encode(canary)), "{canary} as base64");
    }
}

async fn source(room: &Room, text: &str) {
    let client = room.plane.admin();
    let kind = client.kind("v1", "Secret").await.unwrap().here().unwrap();
    let secret = json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "source", "namespace": room.namespace }, "stringData": { "it": text } });
    let writing = bud::kube::Writing::by("tests");
    if client.create(&kind, Some(&room.namespace), &secret, &writing).await.is_err() {
        client.replace(&kind.at(Some(&room.namespace), "source"), &secret, &writing).await.unwrap();
    }
}

async fn data(room: &Room) -> Vec<String> {
    let object = room.object("v1", "Secret", "hidden").await;
    ["one", "two", "three", "four"]
        .map(|key| {
            String::from_utf8(STANDARD.decode(object["data"][key].as_str().unwrap()).unwrap()).unwrap()
        })
        .into()
}
