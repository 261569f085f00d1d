//! Each procedure, as a host calls it.

use std::collections::BTreeMap;

use tonic::Code;

use super::host::serve;
use super::service::provider;
use crate::value::{Kind, Refinement, Value};
use crate::wire::proto::tfplugin6::attribute_path::step::Selector;
use crate::wire::proto::tfplugin6::*;
use crate::wire::{decode, encode};

fn kind() -> Kind {
    provider().schema().resources["echo_thing"].block.kind()
}

fn thing(attributes: &[(&str, Value)]) -> Value {
    let Kind::Object(names) = kind() else { panic!("a block is an object") };
    let mut all: BTreeMap<String, Value> = names.into_keys().map(|name| (name, Value::Null)).collect();
    all.extend(attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    Value::Map(all)
}

#[allow(clippy::unnecessary_wraps, reason = "as the messages want it")]
fn sent(value: &Value) -> Option<DynamicValue> {
    Some(encode::value(value, &kind()).unwrap())
}

/// The plan of a thing with the given name.
pub(super) fn planned(name: &str) -> Option<DynamicValue> {
    sent(&thing(&[("id", Value::unknown()), ("answer", Value::unknown()), ("name", Value::string(name))]))
}

#[tokio::test]
async fn the_offer_is_complete() {
    let served = serve(None);
    let mut client = served.provider().await;
    let schema = client.get_provider_schema(get_provider_schema::Request {}).await.unwrap().into_inner();
    let block = schema.resource_schemas["echo_thing"].block.clone().unwrap();
    for attribute in &block.attributes {
        assert!(attribute.r#type.is_empty() == attribute.nested_type.is_some(), "{}", attribute.name);
        assert!(attribute.required || attribute.optional || attribute.computed, "{}", attribute.name);
        assert_eq!(attribute.description_kind, i32::from(StringKind::Markdown));
    }
    assert!(schema.provider.unwrap().block.is_some());
    assert!(schema.functions["same"].r#return.is_some());
    assert!(schema.action_schemas.is_empty() && schema.list_resource_schemas.is_empty());
    let can = schema.server_capabilities.unwrap();
    assert!(can.plan_destroy && can.get_provider_schema_optional && can.move_resource_state);

    let identities = client.get_resource_identity_schemas(get_resource_identity_schemas::Request {}).await;
    let identity = &identities.unwrap().into_inner().identity_schemas["echo_thing"].identity_attributes[0];
    assert!(identity.required_for_import && !identity.optional_for_import);
    let metadata = client.get_metadata(get_metadata::Request {}).await.unwrap().into_inner();
    assert_eq!(metadata.functions[0].name, "same");
    let functions = client.get_functions(get_functions::Request {}).await.unwrap().into_inner();
    assert!(functions.functions.contains_key("same"));
}

#[tokio::test]
async fn a_create_from_plan_to_state() {
    let served = serve(None);
    let mut client = served.provider().await;
    let refined = Value::Unknown(Refinement(vec![0x81, 0x01, 0xc2]));
    let config =
        thing(&[("name", Value::string("x")), ("number", refined.clone()), ("written", Value::string("w"))]);
    let request = plan_resource_change::Request {
        type_name: "echo_thing".into(),
        proposed_new_state: sent(&config),
        config: sent(&config),
        ..Default::default()
    };
    let plan = client.plan_resource_change(request).await.unwrap().into_inner();
    assert!(plan.diagnostics.is_empty() && plan.requires_replace.is_empty());
    let planned = decode::value(plan.planned_state.as_ref(), &kind()).unwrap();
    assert_eq!((planned.get("number"), planned.get("written")), (&refined, &Value::Null));
    // An identity that is not wholly known is not sent: OpenTofu cannot store it.
    assert_eq!(plan.planned_identity, None);

    let settled = {
        let mut planned = planned;
        planned.set("number", Value::int(5));
        planned
    };
    let request = apply_resource_change::Request {
        type_name: "echo_thing".into(),
        planned_state: sent(&settled),
        config: sent(&config),
        planned_private: plan.planned_private,
        ..Default::default()
    };
    let done = client.apply_resource_change(request).await.unwrap().into_inner();
    let state = decode::value(done.new_state.as_ref(), &kind()).unwrap();
    assert_eq!((state.get("id"), state.get("number")), (&Value::string("echo-1"), &Value::int(5)));
    assert_eq!(done.private, b"planned");
    assert!(done.new_identity.is_some());

    let request = read_resource::Request {
        type_name: "echo_thing".into(),
        current_state: done.new_state.clone(),
        private: done.private,
        current_identity: done.new_identity.clone(),
        ..Default::default()
    };
    let read = client.read_resource(request).await.unwrap().into_inner();
    assert_eq!((read.new_state, read.new_identity), (done.new_state, done.new_identity));
    assert_eq!(read.private, b"planned");
}

#[tokio::test]
async fn an_empty_value_is_null() {
    let served = serve(None);
    let mut client = served.provider().await;
    for arguments in
        [vec![DynamicValue::default(); 2], vec![DynamicValue { msgpack: vec![0xc0], json: vec![] }; 2]]
    {
        let call = call_function::Request { name: "same".into(), arguments };
        let answer = client.call_function(call).await.unwrap().into_inner();
        assert_eq!((answer.error, answer.result.unwrap().msgpack), (None, vec![0xc0]));
    }
}

#[tokio::test]
async fn functions_refuse_by_argument() {
    let served = serve(None);
    let mut client = served.provider().await;
    let truth = |byte| DynamicValue { msgpack: vec![byte], json: vec![] };
    for (arguments, expected) in [
        (vec![truth(0xc0), truth(0xc3)], Some(1)),
        (vec![truth(0xc0), truth(0x01)], Some(1)),
        (vec![truth(0xc3), truth(0xc2)], Some(0)),
        (vec![truth(0xc0)], Some(1)),
    ] {
        let call = call_function::Request { name: "same".into(), arguments };
        let answer = client.call_function(call).await.unwrap().into_inner();
        assert_eq!(answer.error.unwrap().function_argument, expected);
    }
}

#[tokio::test]
async fn a_diagnostic_has_its_place() {
    let served = serve(None);
    let mut client = served.provider().await;
    let many = vec![Value::object([("text", Value::string("a")), ("number", Value::Null)]); 3];
    let request = validate_resource_config::Request {
        type_name: "echo_thing".into(),
        config: sent(&thing(&[("name", Value::string("x")), ("many", Value::List(many))])),
        client_capabilities: None,
    };
    let answer = client.validate_resource_config(request).await.unwrap().into_inner();
    let steps = answer.diagnostics[0].attribute.clone().unwrap().steps;
    let selectors: Vec<_> = steps.into_iter().filter_map(|step| step.selector).collect();
    // As far as the hosts mark a line; the rest of the place is in the text.
    let expected = [Selector::AttributeName("many".into()), Selector::ElementKeyInt(2)];
    assert_eq!((answer.diagnostics[0].severity, selectors.as_slice()), (1, expected.as_slice()));
    assert!(answer.diagnostics[0].detail.contains("many[2].text"), "{:?}", answer.diagnostics[0]);
}

#[tokio::test]
async fn a_value_that_does_not_fit_is_a_diagnostic_with_its_place() {
    let served = serve(None);
    let mut client = served.provider().await;
    let msgpack = b"\x81\xa4list\x92\xa1a\x01".to_vec();
    let config = Some(DynamicValue { msgpack, json: vec![] });
    let request = validate_resource_config::Request {
        type_name: "echo_thing".into(),
        config,
        client_capabilities: None,
    };
    let answer = client.validate_resource_config(request).await.unwrap().into_inner();
    let [diagnostic] = answer.diagnostics.as_slice() else { panic!("one diagnostic is expected") };
    assert_eq!(diagnostic.summary, "Value does not fit the schema");
    assert!(diagnostic.detail.contains("string is required, number is given"), "{}", diagnostic.detail);
    assert_eq!(diagnostic.attribute.as_ref().unwrap().steps.len(), 2);
}

#[tokio::test]
async fn stored_states_come_back_in_full() {
    let served = serve(None);
    let mut client = served.provider().await;
    let mut upgrade = async |state: RawState| {
        let request = upgrade_resource_state::Request {
            type_name: "echo_thing".into(),
            version: 0,
            raw_state: Some(state),
        };
        client.upgrade_resource_state(request).await.unwrap().into_inner()
    };
    let json = br#"{"name":"x","number":1234567890.12345678901,"gone":true}"#.to_vec();
    let answer = upgrade(RawState { json, ..RawState::default() }).await;
    let state = decode::value(answer.upgraded_state.as_ref(), &kind()).unwrap();
    let Value::Number(number) = state.get("number") else { panic!("a number is expected") };
    assert_eq!(number.text(), "1234567890.12345678901");
    // Nothing would make the host forget the object and make it again.
    let answer = upgrade(RawState::default()).await;
    assert!(answer.upgraded_state.is_none() && answer.diagnostics[0].severity == 1);
    let flatmap = [("name".to_owned(), "x".to_owned())].into();
    let answer = upgrade(RawState { json: vec![], flatmap }).await;
    assert!(answer.diagnostics[0].detail.contains("before 0.12"));
}

#[tokio::test]
async fn what_there_is_nothing_of() {
    let served = serve(None);
    let mut client = served.provider().await;
    let unknown = plan_resource_change::Request { type_name: "echo_other".into(), ..Default::default() };
    let answer = client.plan_resource_change(unknown).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics[0].summary, "Unknown resource type");
    let ephemeral =
        open_ephemeral_resource::Request { type_name: "echo_secret".into(), ..Default::default() };
    let answer = client.open_ephemeral_resource(ephemeral).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics[0].summary, "Unknown ephemeral resource type");
    let mut moved =
        move_resource_state::Request { target_type_name: "echo_thing".into(), ..Default::default() };
    let answer = client.move_resource_state(moved.clone()).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics[0].summary, "Move not supported");
    moved.source_type_name = "other_thing".into();
    moved.source_state = Some(RawState { json: br#"{"id":"7","name":"x"}"#.to_vec(), flatmap: [].into() });
    let answer = client.move_resource_state(moved).await.unwrap().into_inner();
    assert!(answer.diagnostics.is_empty() && answer.target_state.is_some());
    assert_eq!(answer.target_private, b"moved");

    let listed = client.list_resource(list_resource::Request::default()).await.unwrap_err();
    let invoked = client.invoke_action(invoke_action::Request::default()).await.unwrap_err();
    let locked = client.lock_state(lock_state::Request::default()).await.unwrap_err();
    for refusal in [listed, invoked, locked] {
        assert_eq!(refusal.code(), Code::Unimplemented);
    }
}

#[tokio::test]
async fn a_stop_still_returns_the_state() {
    let served = serve(None);
    let mut client = served.provider().await;
    let request = apply_resource_change::Request {
        type_name: "echo_thing".into(),
        planned_state: planned("slow"),
        ..Default::default()
    };
    let mut other = client.clone();
    let applying = tokio::spawn(async move { other.apply_resource_change(request).await });
    let stopping = async {
        // The stop may come before the call is there: it then counts for that call as well.
        client.stop_provider(stop_provider::Request {}).await.unwrap().into_inner()
    };
    assert_eq!(stopping.await.error, "");
    let done = applying.await.unwrap().unwrap().into_inner();
    let state = decode::value(done.new_state.as_ref(), &kind()).unwrap();
    assert_eq!(
        (state.get("id"), done.diagnostics[0].summary.as_str()),
        (&Value::string("echo-1"), "Stopped")
    );
}

#[tokio::test]
async fn messages_may_be_larger_than_the_default() {
    let served = serve(None);
    let mut client = served.provider().await;
    let state = sent(&thing(&[("name", Value::string("x".repeat(6 << 20)))]));
    let request = read_resource::Request {
        type_name: "echo_thing".into(),
        current_state: state.clone(),
        ..Default::default()
    };
    let answer = client.read_resource(request).await.unwrap().into_inner();
    assert!(answer.new_state == state);
}
