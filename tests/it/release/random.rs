//! What a chart draws from chance and the clock stays as first drawn.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{IT, Room, is};
use crate::harness::judge::Action;

const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: drawn\n  labels: { size: {{ .Values.size | quote }} }\n\
    stringData:\n  password: {{ randAlphaNum 20 | quote }}\n  hash: {{ htpasswd \"me\" \"pw\" | quote }}\n";
const TIME: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: time\n  annotations: { at: {{ now | date \"2006-01-02T15:04:05.999999999\" | quote }} }\n\
    data:\n  color: {{ .Values.color | quote }}\n";
const CERTIFICATE: &str = "{{- $ca := genCA \"ca\" 365 }}\n{{- $cert := genSignedCert \"web\" nil (list \"web\") 365 $ca }}\n\
    apiVersion: v1\nkind: Secret\nmetadata:\n  name: certificate\ndata:\n  ca.crt: {{ $ca.Cert | b64enc }}\n  tls.crt: {{ $cert.Cert | b64enc }}\n  \
    tls.key: {{ $cert.Key | b64enc }}\n";
const LOOKUP: &str = "{{- $old := lookup \"v1\" \"Secret\" .Release.Namespace \"looked\" }}\n\
    apiVersion: v1\nkind: Secret\nmetadata:\n  name: looked\nstringData:\n  \
    password: {{ if $old }}{{ $old.data.password | b64dec }}{{ else }}{{ uuidv4 }}{{ end }}\n";
const FOREIGN: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: foreign\ndata:\n  \
    has: {{ .Capabilities.APIVersions.Has \"shop.example.com/v1\" | quote }}\n  \
    apps: {{ .Capabilities.APIVersions.Has \"apps/v1\" | quote }}\n";
const PLAIN: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: plain\ndata:\n  color: {{ .Values.color | quote }}\n";

pub(crate) fn files() -> Vec<(&'static str, &'static str)> {
    vec![
        ("values.yaml", "color: red\nsize: small\n"),
        ("templates/secret.yaml", SECRET),
        ("templates/time.yaml", TIME),
        ("templates/certificate.yaml", CERTIFICATE),
        ("templates/lookup.yaml", LOOKUP),
        ("templates/foreign.yaml", FOREIGN),
        ("templates/plain.yaml", PLAIN),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_drawn_stays_until_its_object_changes_otherwise() {
    let Some(mut room) = Room::new("random").await else { return };
    let chart = room.chart("drawing", &files());
    let text = room.release(&chart, "");
    // `applies` looks that the second plan is empty.
    let plan = room.applies(&text).await;
    is(&plan, Action::Create);
    let namespace = room.namespace.clone();
    let summary = plan.after.get("manifest_summary");
    for drawn in [
        "Secret/NS/drawn",
        "ConfigMap/NS/time",
        "Secret/NS/certificate",
        "Secret/NS/looked",
        "ConfigMap/NS/foreign",
    ] {
        let key = drawn.replace("NS", &namespace);
        let known = summary.as_map().expect("the keys are known").get(&key);
        assert!(known.is_some_and(|hash| hash.is_unknown()), "{key}: {known:?}");
    }
    let key = format!("ConfigMap/{namespace}/plain");
    assert!(summary.get(&key).as_str().is_some());

    let before = drawn(&room).await;
    assert_eq!(before[0].len(), 20);
    // Nothing that was drawn is in what the host keeps.
    let instance = room.host.instance(IT).unwrap().clone();
    let kept = format!("{}{}", instance.json, String::from_utf8_lossy(&instance.private));
    for secret in &before {
        assert!(!kept.contains(secret.as_str()), "{secret}");
        assert!(!kept.contains(&STANDARD.encode(secret)), "{secret}");
    }

    // An unrelated change restarts nothing: only `plain` and `time`, whose text it is in, change.
    let versions = versions(&room).await;
    room.applies(&room.release(&chart, "set = [{ name = \"color\", value = \"blue\" }]")).await;
    let after = drawn(&room).await;
    assert_eq!(before[..3], after[..3]);
    assert_ne!(before[3], after[3], "the object of the time has changed otherwise");
    let now = versions_of(&room).await;
    for (name, version) in &versions {
        assert_eq!(now[name] == *version, name != "plain" && name != "time", "{name}");
    }

    // The object that holds the password changes otherwise: it is drawn anew, and stays from then on.
    room.applies(&room.release(
        &chart,
        "set = [{ name = \"color\", value = \"blue\" }, { name = \"size\", value = \"large\" }]",
    ))
    .await;
    let last = drawn(&room).await;
    assert_ne!(after[0], last[0]);
    assert_eq!(after[1..], last[1..]);
    room.host.destroy(IT).await.done();
    assert_eq!(secrets(&room).await, Vec::<String>::new(), "what was drawn is gone, too");
}

#[tokio::test(flavor = "multi_thread")]
async fn fresh_draws_anew_with_every_revision_and_no_more_often() {
    let Some(mut room) = Room::new("fresh").await else { return };
    let chart = room.chart("drawing", &files());
    room.applies(&room.release(&chart, "random = \"fresh\"")).await;
    let before = drawn(&room).await;
    room.applies(&room.release(&chart, "random = \"fresh\"\nset = [{ name = \"color\", value = \"blue\" }]"))
        .await;
    let after = drawn(&room).await;
    assert_ne!(before[0], after[0]);
    assert_ne!(before[1], after[1]);
    assert_eq!(before[2], after[2], "the chart itself keeps what it looks up");
}

/// Password, authority, what is looked up, time.
async fn drawn(room: &Room) -> Vec<String> {
    let text = |object: serde_json::Value, path: &str| {
        let text = object.pointer(path).unwrap_or_else(|| panic!("{object}")).as_str().unwrap().to_owned();
        STANDARD.decode(&text).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or(text)
    };
    vec![
        text(room.object("v1", "Secret", "drawn").await, "/data/password"),
        text(room.object("v1", "Secret", "certificate").await, "/data/ca.crt"),
        text(room.object("v1", "Secret", "looked").await, "/data/password"),
        room.object("v1", "ConfigMap", "time").await["metadata"]["annotations"]["at"]
            .as_str()
            .unwrap()
            .to_owned(),
    ]
}

async fn versions(room: &Room) -> Vec<(String, String)> {
    versions_of(room).await.into_iter().collect()
}

async fn versions_of(room: &Room) -> std::collections::BTreeMap<String, String> {
    let mut versions = std::collections::BTreeMap::new();
    for (kind, name) in [
        ("Secret", "drawn"),
        ("Secret", "certificate"),
        ("Secret", "looked"),
        ("ConfigMap", "plain"),
        ("ConfigMap", "time"),
    ] {
        let object = room.object("v1", kind, name).await;
        versions.insert(name.to_owned(), object["metadata"]["resourceVersion"].as_str().unwrap().to_owned());
    }
    versions
}

async fn secrets(room: &Room) -> Vec<String> {
    let client = room.plane.admin();
    let kind = client.kind("v1", "Secret").await.unwrap().here().unwrap();
    let listing = client.list(&kind, Some(&room.namespace), &bud::kube::Selector::default()).await.unwrap();
    listing.items.iter().map(|one| one["metadata"]["name"].as_str().unwrap().to_owned()).collect()
}
