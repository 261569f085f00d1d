//! Records by data: what is written is what Helm reads, and nothing of others is lost.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::*;

fn record(version: u32, status: Status) -> Record {
    let mut record = Record { name: "web".into(), namespace: "shop".into(), version, ..Record::default() };
    record.info.status = status;
    record
}

fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap()
}

/// A Secret around JSON that is not compressed, as the oldest records are.
fn secret(json: &Value) -> Value {
    let text = STANDARD.encode(json.to_string());
    json!({ "metadata": { "name": "s", "namespace": "shop" }, "data": { "release": STANDARD.encode(text) } })
}

#[test]
fn what_is_written_is_read_again_with_its_labels() {
    let mut written = record(3, Status::PendingUpgrade);
    written.apply_method = ApplyMethod::ServerSide;
    written.config = json!({ "a": 1 });
    written.labels.insert("team".into(), "x".into());
    written.info.first_deployed = Some(at(1_700_000_000));
    let secret = write(&written, Moment::Created(at(1_700_000_100))).unwrap();
    assert_eq!(secret["metadata"]["name"], "sh.helm.release.v1.web.v3");
    assert_eq!(secret["type"], "helm.sh/release.v1");
    assert_eq!(
        secret["metadata"]["labels"],
        json!({ "team": "x", "createdAt": "1700000100", "name": "web", "owner": "helm",
                "status": "pending-upgrade", "version": "3" })
    );
    assert_eq!(read(&secret).unwrap(), written);
}

#[test]
fn fields_of_others_survive_and_times_that_are_none_are_none() {
    let theirs = json!({
        "name": "web", "version": 1, "namespace": "shop", "later": { "x": [1] },
        "info": { "status": "deployed", "first_deployed": "2024-05-01T10:00:00.123456789+02:00",
                  "deleted": "", "resources": { "v1/Pod": [] } },
        "hooks": [{ "name": "h", "kind": "Job", "events": ["test-success"], "last_run": { "phase": "" },
                    "future": true }],
    });
    let read_once = read(&secret(&theirs)).unwrap();
    assert_eq!(read_once.info.deleted, None);
    assert_eq!(read_once.apply_method, ApplyMethod::Unset);
    assert!(read_once.hooks[0].runs_at("test"));
    let again = serde_json::to_value(&read_once).unwrap();
    assert_eq!(again["later"], theirs["later"]);
    assert_eq!(again["info"]["resources"], theirs["info"]["resources"]);
    assert_eq!(again["info"]["first_deployed"], "2024-05-01T10:00:00.123456789+02:00");
    assert_eq!(again["hooks"][0]["future"], true);
    assert_eq!(again["hooks"][0]["last_run"], json!({ "phase": "" }));
    assert_eq!(again.get("apply_method"), None);
}

#[test]
fn a_record_that_a_secret_cannot_hold_is_refused_before_it_is_sent() {
    let mut large = record(1, Status::PendingInstall);
    // Text that does not compress: a stream of pseudo-random letters.
    let mut state = 1_u64;
    large.manifest = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b'!' + u8::try_from((state >> 33) % 90).unwrap())
    })
    .take(1_200_000)
    .collect();
    let error = write(&large, Moment::Created(at(0))).unwrap_err();
    assert!(matches!(error, RecordError::TooLarge { size, limit: LIMIT, .. } if size > LIMIT), "{error}");
    large.labels.insert("owner".into(), "me".into());
    assert_eq!(write(&large, Moment::Created(at(0))), Err(RecordError::SystemLabel("owner".into())));
}

#[test]
fn a_record_that_is_none_names_its_secret_and_shows_nothing_of_it() {
    for (data, reason) in [
        (json!("%"), "data.release is no base64"),
        (json!(STANDARD.encode("%")), "data.release is no base64 of base64"),
        (json!(null), "it has no data.release"),
        (
            secret(&json!({ "name": "web" }))["data"]["release"].clone(),
            "the record has no name or no revision",
        ),
        (
            secret(&json!({ "name": { "password": "hunter2" } }))["data"]["release"].clone(),
            "no record at line 1",
        ),
    ] {
        let broken = json!({ "metadata": { "name": "s", "namespace": "n" }, "data": { "release": data } });
        let error = read(&broken).unwrap_err().to_string();
        assert!(error.starts_with(&format!("secret n/s: {reason}")), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn a_history_knows_what_runs_and_what_may_exist() {
    use Status::{Deployed, Failed, PendingUpgrade, Superseded, Uninstalled};
    let history = |statuses: &[Status]| {
        // In no order: a list of the API has none.
        let mut records: Vec<_> =
            statuses.iter().zip(1..).map(|(status, version)| record(version, *status)).collect();
        records.reverse();
        History::new(records)
    };
    let versions = |records: &[Record]| records.iter().map(|record| record.version).collect::<Vec<_>>();

    let usual = history(&[Superseded, Deployed, Failed, PendingUpgrade]);
    assert_eq!(versions(usual.records()), [1, 2, 3, 4]);
    assert_eq!(usual.deployed().map(|record| record.version), Some(2));
    assert_eq!(versions(usual.present()), [2, 3, 4]);
    assert_eq!(usual.last_good(4).map(|record| record.version), Some(2));
    assert_eq!((usual.next_revision(), usual.has_run()), (5, true));

    let never = history(&[Failed, Failed]);
    assert_eq!((versions(never.present()), never.has_run()), (vec![1, 2], false));
    let removed = history(&[Superseded, Uninstalled, Failed]);
    assert_eq!((versions(removed.present()), removed.has_run()), (vec![3], false));
    // A client was cut off between two writes: the later one runs.
    let two = history(&[Deployed, Deployed]);
    assert_eq!(two.deployed().map(|record| record.version), Some(2));
    assert_eq!(history(&[]).next_revision(), 1);
}

#[test]
fn pruning_keeps_the_newest_and_what_runs() {
    use Status::{Deployed, Failed, PendingUpgrade, Superseded};
    let history = |statuses: &[Status]| {
        History::new(statuses.iter().zip(1..).map(|(status, version)| record(version, *status)).collect())
    };
    let usual = history(&[Superseded, Superseded, Deployed, PendingUpgrade]);
    assert_eq!(usual.surplus(0), [0_u32; 0]);
    assert_eq!(usual.surplus(4), [0_u32; 0]);
    assert_eq!(usual.surplus(3), [1]);
    assert_eq!(usual.surplus(1), [1, 2]);
    assert_eq!(history(&[Deployed, Failed, Failed, PendingUpgrade]).surplus(2), [2, 3]);
}
