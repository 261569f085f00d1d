//! Tests of the decisions about long-running operations.

use reqwest::header::{HeaderMap, HeaderName};
use serde_json::json;

use super::*;
use crate::cloud::azure::http::Reply;
use crate::cloud::azure::settings::Settings;

const MANAGER: &str = "https://management.azure.com";

fn answered(status: u16, headers: &[(&str, &str)], body: &Value) -> Success {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    let url = Url::parse(&format!("{MANAGER}/x/y?api-version=1")).unwrap();
    let bytes = body.to_string().into();
    Success { url, reply: Reply { status, headers: map, body: bytes }, body: body.clone() }
}

fn first(call: &Call, status: u16, headers: &[(&str, &str)], body: &Value) -> Step {
    begin(call, &answered(status, headers, body), &Endpoints::of(&Settings::default()).unwrap())
}

fn url(path: &str) -> Url {
    Url::parse(&format!("{MANAGER}{path}")).unwrap()
}

fn put() -> Call {
    Call::put("/x/y", "1", json!({}))
}

fn object(state: &str) -> Value {
    json!({ "properties": { "provisioningState": state } })
}

#[test]
fn the_operations_own_address_is_preferred() {
    let both = [
        ("azure-asyncoperation", "https://management.azure.com/op"),
        ("location", "/result"),
        ("retry-after", "7"),
    ];
    let seven = Some(Duration::from_secs(7));
    assert_eq!(
        first(&put(), 201, &both, &object("Updating")),
        Step::Ask(Watch::Operation(url("/op")), seven)
    );
    // A relative address is meant at the one that answered.
    assert_eq!(
        first(&Call::delete("/x/y", "1"), 202, &both[1..], &Value::Null),
        Step::Ask(Watch::Result(url("/result")), seven)
    );
}

#[test]
fn a_foreign_address_is_not_asked() {
    let foreign = [("azure-asyncoperation", "https://elsewhere.example/op")];
    assert_eq!(first(&put(), 201, &foreign, &object("Updating")), Step::Ask(Watch::Object, None));
    let foreign = [("location", "https://elsewhere.example/op")];
    assert_eq!(
        first(&Call::delete("/x/y", "1"), 202, &foreign, &Value::Null),
        Step::Ask(Watch::Object, None)
    );
}

#[test]
fn without_headers_the_objects_state_tells() {
    assert_eq!(first(&put(), 200, &[], &object("Succeeded")), Step::Done(object("Succeeded")));
    assert_eq!(first(&put(), 201, &[], &json!({"name": "rg"})), Step::Done(json!({"name": "rg"})));
    assert_eq!(
        first(&put(), 201, &[("location", "/x/y")], &object("Creating")),
        Step::Ask(Watch::Object, None)
    );
    assert!(
        matches!(first(&put(), 200, &[], &object("Failed")), Step::Failed(answer) if answer.code == "Failed")
    );
    let patch = Call::patch("/x/y", "1", json!({}));
    assert_eq!(first(&patch, 200, &[], &object("Failed")), Step::Done(object("Failed")));
    assert_eq!(first(&Call::delete("/x/y", "1"), 204, &[], &Value::Null), Step::Done(Value::Null));
    assert_eq!(first(&Call::delete("/x/y", "1"), 202, &[], &Value::Null), Step::Ask(Watch::Object, None));
}

#[test]
fn an_operation_ends_with_three_words_or_an_error() {
    let watch = Watch::Operation(url("/op"));
    let step = |body: &Value| next(&watch, Method::Put, &answered(200, &[], body));
    assert_eq!(step(&json!({"status": "Succeeded"})), Step::Done(Value::Null));
    for going in ["InProgress", "Running", "Updating", ""] {
        assert_eq!(step(&json!({"status": going, "error": null})), Step::Ask(watch.clone(), None), "{going}");
    }
    let failed = step(
        &json!({"status": "Failed", "error": {"code": "C", "message": "M", "details": [{"code": "D", "message": ""}]}}),
    );
    let Step::Failed(answer) = failed else { panic!() };
    assert_eq!((answer.status, answer.code.as_str(), answer.message.as_str()), (200, "C", "M"));
    assert_eq!(answer.details, [("D".to_owned(), String::new())]);
    assert!(
        matches!(step(&json!({"status": "Canceled"})), Step::Failed(answer) if answer.code == "Canceled")
    );
    let odd = step(
        &json!({"status": "OverconstrainedZonalAllocationRequest", "error": {"code": "", "message": "m"}}),
    );
    assert!(matches!(odd, Step::Failed(answer) if answer.code == "OverconstrainedZonalAllocationRequest"));
}

#[test]
fn a_result_is_there_when_its_status_changes() {
    let watch = Watch::Result(url("/result"));
    assert_eq!(
        next(&watch, Method::Delete, &answered(202, &[("retry-after", "3")], &Value::Null)),
        Step::Ask(watch.clone(), Some(Duration::from_secs(3)))
    );
    for status in [200, 204] {
        assert_eq!(
            next(&watch, Method::Delete, &answered(status, &[], &Value::Null)),
            Step::Done(Value::Null)
        );
    }
    // An object that can still be read is not removed yet.
    assert_eq!(
        next(&Watch::Object, Method::Delete, &answered(200, &[], &object("Succeeded"))),
        Step::Ask(Watch::Object, None)
    );
}

#[test]
fn pauses_follow_azure_and_end_before_the_patience() {
    let long = Duration::from_secs(3600);
    let operation = Watch::Operation(url("/op"));
    let of = |asks, named| pause(&operation, asks, named, long);
    assert_eq!(of(0, Some(Duration::from_secs(30))), Duration::from_secs(30));
    assert_eq!((of(0, None), of(1, None), of(50, None)), (FIRST, Duration::from_millis(1500), LONGEST));
    assert_eq!((of(0, Some(Duration::ZERO)), of(50, Some(Duration::ZERO))), (SHORTEST, FIRST));
    assert_eq!(pause(&Watch::Object, 0, None, long), FIRST_LOOK);
    assert_eq!(pause(&operation, 0, Some(long), Duration::from_secs(10)), Duration::from_secs(9));
}

#[test]
fn only_what_is_quick_and_tells_of_itself_is_looked_at_early() {
    let quick = |call: &Call, status: u16| is_quick(call, &answered(status, &[], &Value::Null));
    let network = Call::put("/x/y", NETWORK, json!({}));
    assert!(quick(&network, 201) && !quick(&network, 200), "an object that stood may show its old state");
    assert!(!quick(&put(), 201), "machines take a minute");
    let tags = Call::patch("/x/y", "1", json!({ "tags": { "a": "b" } }));
    let more = Call::patch("/x/y", "1", json!({ "tags": {}, "properties": {} }));
    assert!(quick(&tags, 202) && !quick(&more, 202) && !quick(&Call::delete("/x/y", NETWORK), 202));

    assert!(shows(&network, &object("Succeeded")) && !shows(&network, &object("Updating")));
    let with = |value: &str, state: &str| json!({ "tags": { "a": value }, "properties": { "provisioningState": state } });
    assert!(shows(&tags, &with("b", "Succeeded")));
    assert!(!shows(&tags, &with("b", "Updating")) && !shows(&tags, &with("old", "Succeeded")));
}
