//! Tests of the functions, called as a host calls them.

use std::collections::BTreeSet;

use expect_test::{Expect, expect};

use super::{Declared, catalogue};
use crate::lifecycle::FunctionError;
use crate::value::{Kind, Value};

fn declared(name: &str) -> Declared {
    catalogue().into_iter().find(|one| one.name == name).expect("a function")
}

fn call(name: &str, arguments: Vec<Value>) -> Result<Value, FunctionError> {
    let one = declared(name);
    assert_eq!(arguments.len(), one.function.parameters.len());
    let result = (one.call)(arguments)?;
    assert!(is_of(&result, &one.function.returns), "{name} gives {result:?}");
    Ok(result)
}

/// Whether a value has exactly a type, as a host demands it of results.
fn is_of(value: &Value, kind: &Kind) -> bool {
    match (value, kind) {
        (Value::Null, _)
        | (Value::String(_), Kind::String)
        | (Value::Number(_), Kind::Number)
        | (Value::Bool(_), Kind::Bool) => true,
        (Value::List(items), Kind::List(element)) => items.iter().all(|item| is_of(item, element)),
        (Value::Map(entries), Kind::Map(element)) => entries.values().all(|entry| is_of(entry, element)),
        (Value::Map(entries), Kind::Object(kinds)) => {
            entries.keys().eq(kinds.keys()) && entries.iter().all(|(key, entry)| is_of(entry, &kinds[key]))
        }
        _ => false,
    }
}

/// A value as JSON on one line per top-level entry.
fn show(result: &Result<Value, FunctionError>) -> String {
    fn json(value: &Value) -> serde_json::Value {
        match value {
            Value::String(text) => text.as_str().into(),
            Value::Bool(truth) => (*truth).into(),
            Value::Number(number) => number.as_i64().expect("a whole number").into(),
            Value::List(items) => items.iter().map(json).collect(),
            Value::Map(entries) => entries.iter().map(|(key, entry)| (key.clone(), json(entry))).collect(),
            Value::Null | Value::Unknown(_) | Value::Typed(..) => serde_json::Value::Null,
        }
    }
    match result {
        Ok(Value::Map(entries)) => {
            entries.iter().map(|(key, entry)| format!("{key} = {}\n", json(entry))).collect()
        }
        Ok(value) => format!("{}\n", json(value)),
        Err(error) => format!("argument {}: {}\n", error.argument, error.text),
    }
}

fn strings(items: &[&str]) -> Value {
    Value::List(items.iter().map(|item| Value::string(*item)).collect())
}

#[track_caller]
fn gives(name: &str, arguments: Vec<Value>, expected: &Expect) {
    expected.assert_eq(&show(&call(name, arguments)));
}

#[test]
fn every_function_says_what_it_is_for_and_has_an_example_file() {
    let mut names = BTreeSet::new();
    for Declared { name, function, .. } in catalogue() {
        assert!(names.insert(name));
        assert!(!function.summary.ends_with('.') && !function.summary.contains('\n'), "{name}");
        assert!(function.doc.ends_with('.'), "{name}");
        assert!(function.example.contains(&format!("provider::bud::{name}(")), "{name}");
        for parameter in &function.parameters {
            assert!(parameter.doc.ends_with('.') && !parameter.allow_unknown, "{name}: {}", parameter.name);
        }
        let path = format!("{}/examples/functions/{name}/function.tf", env!("CARGO_MANIFEST_DIR"));
        let example = std::fs::read_to_string(&path).expect(&path);
        hcl_edit::parser::parse_body(&example).expect(&path);
        assert!(example.contains(&format!("provider::bud::{name}(")), "{path}");
    }
    assert_eq!(
        names.into_iter().collect::<Vec<_>>(),
        ["default_rules", "image_tag", "ingress_hosts", "merge_kubeconfigs", "sku"]
    );
}

#[test]
fn image_tag() {
    let tag = |environment: &str, version: Value| vec![Value::string(environment), version];
    let known = |environment| show(&call("image_tag", tag(environment, Value::string("v1.2.3"))));
    assert_eq!(
        ["dev", "development", "stage", "staging", "prod", "production"].map(known),
        ["\"nightly\"\n", "\"nightly\"\n", "\"staging\"\n", "\"staging\"\n", "\"v1.2.3\"\n", "\"v1.2.3\"\n"]
    );
    gives(
        "image_tag",
        tag("dev", Value::Null),
        &expect![[r#"
            "nightly"
        "#]],
    );
    gives(
        "image_tag",
        tag("prod", Value::Null),
        &expect![[r#"
        argument 1: No image tag for "prod": production images are tagged by version, and no version is given.
    "#]],
    );
    gives(
        "image_tag",
        tag("prod", Value::string("1.2")),
        &expect![[r#"
        argument 1: No image tag for "prod": the version is no semantic version such as 1.2.3. It is "1.2".
    "#]],
    );
    gives(
        "image_tag",
        tag("prod", Value::string("1.2.3+4")),
        &expect![[r#"
        argument 1: No image tag for "prod": a semantic version with build metadata (+…) cannot be an image tag. It is "1.2.3+4".
    "#]],
    );
    gives(
        "image_tag",
        tag("produktion", Value::Null),
        &expect![[r#"
        argument 0: There is no environment "produktion". Did you mean "production"? The names are "dev", "stage", "prod", "development", "staging" and "production".
    "#]],
    );
}

#[test]
fn ingress_hosts() {
    gives(
        "ingress_hosts",
        vec![Value::string("Dev.bud.studio")],
        &expect![[r#"
        api = {"host":"api.dev.bud.studio","path":"/api/*","purpose":"REST API","service":"budapp"}
        app = {"host":"app.dev.bud.studio","path":"/","purpose":"Main dashboard","service":"budadmin"}
        auth = {"host":"auth.dev.bud.studio","path":"/","purpose":"Authentication","service":"keycloak"}
        gateway = {"host":"gateway.dev.bud.studio","path":"/v1/*","purpose":"Inference API","service":"budgateway"}
        grafana = {"host":"grafana.dev.bud.studio","path":"/","purpose":"Monitoring","service":"grafana"}
        play = {"host":"play.dev.bud.studio","path":"/","purpose":"Model playground","service":"budplayground"}
    "#]],
    );
    gives(
        "ingress_hosts",
        vec![Value::string("https://bud.studio")],
        &expect![[r#"
        argument 0: No host can stand under "https://bud.studio": the domain is more than a name: it must hold no scheme, port, path or blank.
    "#]],
    );
}

#[test]
fn default_rules_by_default() {
    let table = call("default_rules", vec![Value::Null]);
    expect![[r#"
        inbound_http = {"access":"allow","destinations":["*"],"direction":"inbound","ports":["80"],"priority":400,"protocol":"tcp","sources":["*"]}
        inbound_https = {"access":"allow","destinations":["*"],"direction":"inbound","ports":["443"],"priority":500,"protocol":"tcp","sources":["*"]}
        inbound_internal = {"access":"allow","destinations":["*"],"direction":"inbound","ports":["*"],"priority":600,"protocol":"*","sources":["10.177.0.0/16"]}
        inbound_internal_ipv6 = {"access":"allow","destinations":["*"],"direction":"inbound","ports":["*"],"priority":650,"protocol":"*","sources":["fd12:babe:cafe::/48"]}
        inbound_ssh = {"access":"allow","destinations":["*"],"direction":"inbound","ports":["22"],"priority":100,"protocol":"tcp","sources":["*"]}
        inbound_wireguard = {"access":"allow","destinations":["*"],"direction":"inbound","ports":["51820"],"priority":200,"protocol":"udp","sources":["*"]}
    "#]].assert_eq(&show(&table));
    assert_eq!(call("default_rules", vec![Value::object::<String>([])]), table);
    assert_eq!(call("default_rules", vec![Value::object([("ssh", Value::Null)])]), table);
}

#[test]
fn default_rules_follow_the_sources() {
    let sources = Value::object([
        ("ssh", strings(&["203.0.113.0/24", "2001:db8::/32"])),
        ("api", strings(&["AzureCloud.westeurope"])),
        ("wireguard", strings(&[])),
        ("internal", strings(&["10.9.0.0/16"])),
    ]);
    gives(
        "default_rules",
        vec![sources],
        &expect![[r#"
        inbound_api = {"access":"allow","destinations":["*"],"direction":"inbound","ports":["6443"],"priority":150,"protocol":"tcp","sources":["AzureCloud.westeurope"]}
        inbound_http = {"access":"allow","destinations":["*"],"direction":"inbound","ports":["80"],"priority":400,"protocol":"tcp","sources":["*"]}
        inbound_https = {"access":"allow","destinations":["*"],"direction":"inbound","ports":["443"],"priority":500,"protocol":"tcp","sources":["*"]}
        inbound_internal = {"access":"allow","destinations":["*"],"direction":"inbound","ports":["*"],"priority":600,"protocol":"*","sources":["10.9.0.0/16"]}
        inbound_ssh = {"access":"allow","destinations":["*"],"direction":"inbound","ports":["22"],"priority":100,"protocol":"tcp","sources":["203.0.113.0/24"]}
        inbound_ssh_ipv6 = {"access":"allow","destinations":["*"],"direction":"inbound","ports":["22"],"priority":101,"protocol":"tcp","sources":["2001:db8::/32"]}
    "#]],
    );
}

#[test]
fn default_rules_refuse_what_is_no_source() {
    let refusal = |key: &str, list: Value| show(&call("default_rules", vec![Value::object([(key, list)])]));
    let all = [
        refusal("shh", strings(&["*"])),
        refusal("everything", strings(&["*"])),
        refusal("ssh", strings(&["*", "10.0.0.0/33"])),
        refusal("ssh", strings(&["10.0.0.1/8"])),
        refusal("api", strings(&["10.0.0.1"])),
        refusal("api", strings(&["Internet", "10.0.0.0/8"])),
        refusal("internal", strings(&["*"])),
        refusal("ssh", Value::List(vec![Value::Null])),
    ];
    expect![[r#"
        argument 0: There is no key "shh". Did you mean "ssh"? The keys are "ssh", "api", "wireguard" and "internal".
        argument 0: There is no key "everything". The keys are "ssh", "api", "wireguard" and "internal".
        argument 0: "ssh" cannot list "10.0.0.0/33": it is neither an address range such as 203.0.113.0/24, nor "*", nor an Azure service tag.
        argument 0: "ssh" cannot list "10.0.0.1/8": it has bits set right of its prefix; the range it lies in is 10.0.0.0/8.
        argument 0: "api" cannot list "10.0.0.1": it is a single address; as a range it is written with /32.
        argument 0: "api" cannot list "Internet": Azure takes a service tag only alone, not in a list with other sources.
        argument 0: "internal" cannot list "*": the network's own ranges are address ranges such as 10.177.0.0/16.
        argument 0: An element of the list is null; every element must be a string.
    "#]].assert_eq(&all.concat());
}

#[test]
fn sku() {
    let sku = |cloud: &str, class: &str| vec![Value::string(cloud), Value::string(class)];
    gives(
        "sku",
        sku("azure", "gpu-a100"),
        &expect![[r#"
        architecture = "x86_64"
        class = "gpu-a100"
        cloud = "azure"
        gpu_count = 1
        gpu_memory_gib = 80
        gpu_model = "A100"
        memory_gib = 220
        name = "Standard_NC24ads_A100_v4"
        nvswitch = false
        vcpus = 24
    "#]],
    );
    gives(
        "sku",
        sku("aws", "gpu-a100"),
        &expect![[r#"
        architecture = "x86_64"
        class = "gpu-a100"
        cloud = "aws"
        gpu_count = 8
        gpu_memory_gib = 40
        gpu_model = "A100"
        memory_gib = 1152
        name = "p4d.24xlarge"
        nvswitch = true
        vcpus = 96
    "#]],
    );
    gives(
        "sku",
        sku("aws", "cpu"),
        &expect![[r#"
        architecture = "x86_64"
        class = "cpu"
        cloud = "aws"
        gpu_count = 0
        gpu_memory_gib = null
        gpu_model = null
        memory_gib = 64
        name = "c6i.8xlarge"
        nvswitch = false
        vcpus = 32
    "#]],
    );
    assert_eq!(
        call("sku", sku("azure", "Standard_D32as_v5")),
        call("sku", sku("azure", "cpu")),
        "a name is as good as its class"
    );
    gives(
        "sku",
        sku("hosts", "cpu"),
        &expect![[r#"
        argument 0: No machine types are known of "hosts". The clouds are "aws" and "azure".
    "#]],
    );
    gives(
        "sku",
        sku("azur", "cpu"),
        &expect![[r#"
        argument 0: No machine types are known of "azur". Did you mean "azure"? The clouds are "aws" and "azure".
    "#]],
    );
    gives(
        "sku",
        sku("aws", "gpu_a100x"),
        &expect![[r#"
        argument 1: "gpu_a100x" is no class and no known machine type of "aws". Did you mean "gpu-a100"? Known are "gpu-a100", "cpu", "p4d.24xlarge", "c6i.8xlarge", "p4de.24xlarge" and "p5.48xlarge".
    "#]],
    );
}

#[test]
fn merge_kubeconfigs() {
    let one = "apiVersion: v1\nkind: Config\nusers:\n- name: a\n  user: {token: CANARY}\n";
    gives(
        "merge_kubeconfigs",
        vec![strings(&[one, ""])],
        &expect![[r#"
        "apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\ncurrent-context: \"\"\nusers:\n- name: a\n  user:\n    token: CANARY\n"
    "#]],
    );
    let broken = call("merge_kubeconfigs", vec![strings(&[one, "token: CANARY\n\tx"])]);
    expect![[r#"
        argument 0: The kubeconfigs cannot be merged: kubeconfig 2 is not valid YAML (line 2, column 1). It is element 1 of the list.
    "#]].assert_eq(&show(&broken));
    gives(
        "merge_kubeconfigs",
        vec![Value::List(vec![Value::string(one), Value::Null])],
        &expect![[r#"
        argument 0: An element of the list is null; every element must be a string.
    "#]],
    );
}
