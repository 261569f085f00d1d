//! Tests of `check`.

use std::collections::BTreeMap;
use std::path::Path;

use expect_test::{Expect, expect};

use super::{CheckError, check};
use crate::schema::{
    Attribute, Block, DataSource, Ephemeral, Nesting, Presence, ProviderSchema, Resource, Shape,
};
use crate::value::Kind;

fn attribute(name: &'static str, shape: Shape, presence: Presence) -> Attribute {
    Attribute {
        name,
        doc: "Something.",
        shape,
        presence,
        sensitive: false,
        write_only: false,
        deprecated: None,
        rule: crate::schema::Rule::default(),
    }
}

fn text(name: &'static str) -> Attribute {
    attribute(name, Shape::Plain(Kind::String), Presence::Optional)
}

fn nested(name: &'static str, nesting: Nesting, attributes: Vec<Attribute>) -> Attribute {
    attribute(name, Shape::Nested(nesting, attributes), Presence::Optional)
}

fn block(attributes: Vec<Attribute>) -> Block {
    Block { version: 0, doc: "Something.", attributes }
}

/// A small provider with every shape that there is.
fn schema() -> ProviderSchema {
    let plain =
        |names: &[&str]| Kind::Object(names.iter().map(|name| ((*name).to_owned(), Kind::String)).collect());
    let rule = || vec![text("priority"), text("direction"), text("sources"), text("ports")];
    let network = block(vec![
        text("name"),
        attribute("id", Shape::Plain(Kind::String), Presence::Computed),
        attribute("tags", Shape::Plain(Kind::map(Kind::String)), Presence::Optional),
        nested("rules", Nesting::Map, rule()),
        nested("security_groups", Nesting::Map, vec![nested("rules", Nesting::Map, rule())]),
        nested("timeouts", Nesting::Single, vec![text("create"), text("delete")]),
        nested("disks", Nesting::List, vec![text("name"), text("size_gb")]),
        attribute("plain", Shape::Plain(Kind::list(plain(&["key", "value"]))), Presence::Optional),
        attribute("set", Shape::Plain(Kind::Set(Box::new(plain(&["key"])))), Presence::Optional),
        attribute("any", Shape::Plain(Kind::Dynamic), Presence::Optional),
    ]);
    let azure = vec![text("subscription_id"), text("tenant_id"), text("client_id")];
    let bastion = nested("bastion", Nesting::Single, vec![text("host"), text("host_key")]);
    ProviderSchema {
        provider: block(vec![
            text("cloud"),
            nested("azure", Nesting::Single, azure),
            nested("ssh", Nesting::Single, vec![text("agent"), bastion]),
        ]),
        resources: BTreeMap::from([(
            "bud_network",
            Resource { block: network, identity_version: 0, identity: Vec::new() },
        )]),
        data_sources: BTreeMap::from([(
            "bud_chart",
            DataSource {
                block: block(vec![text("chart"), nested("set", Nesting::List, vec![text("value")])]),
            },
        )]),
        ephemerals: BTreeMap::from([("bud_kubeconfig", Ephemeral { block: block(vec![text("role")]) })]),
        functions: BTreeMap::new(),
    }
}

/// Writes files into a folder and shows what `check` finds, with paths below that folder.
fn findings(files: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    let prefix = format!("{}/", folder.path().display());
    match check(folder.path(), &schema()) {
        Ok(findings) => findings.iter().map(|one| format!("{one}\n").replace(&prefix, "")).collect(),
        Err(error) => format!("{error}\n").replace(&prefix, "").replace(prefix.trim_end_matches('/'), "."),
    }
}

#[track_caller]
fn finds(main: &str, expected: &Expect) {
    expected.assert_eq(&findings(&[("main.tf", main)]));
}

#[test]
fn a_misspelt_key_in_a_nested_object_is_named_with_its_neighbour() {
    finds(
        r#"
provider "bud" {
  cloud = "azure"
  azure = {
    subscripton_id = "x"
    tenant_id      = "y"
  }
  ssh = { bastion = { hostkey = "z" }, agnet = true }
}
"#,
        &expect![[r#"
            main.tf:5:5: provider.bud.azure: unknown key "subscripton_id", did you mean "subscription_id"?
            main.tf:8:23: provider.bud.ssh.bastion: unknown key "hostkey", did you mean "host_key"?
            main.tf:8:40: provider.bud.ssh: unknown key "agnet", did you mean "agent"?
        "#]],
    );
}

#[test]
fn every_sort_of_block_is_looked_into() {
    finds(
        r#"
provider "bud" {
  alias  = "west"
  clouds = "azure"
}
resource "bud_network" "main" {
  nam      = "n"
  count    = 1
  provider = bud.west
  lifecycle { prevent_destroy = true }
  provisioner "local-exec" { command = "true" }
}
data "bud_chart" "c" { set = [{ vaule = 1 }] }
ephemeral "bud_kubeconfig" "k" {
  rolle      = "view"
  depends_on = []
}
check "health" {
  data "bud_chart" "inner" { chrat = "x" }
}
resource "bud_netwrok" "x" {}
resource "other_thing" "x" { anything = { goes = 1 } }
"#,
        &expect![[r#"
            main.tf:4:3: provider.bud.west: unknown key "clouds", did you mean "cloud"?
            main.tf:7:3: bud_network.main: unknown key "nam", did you mean "name"?
            main.tf:13:33: data.bud_chart.c.set[0]: unknown key "vaule", did you mean "value"?
            main.tf:15:3: ephemeral.bud_kubeconfig.k: unknown key "rolle", did you mean "role"?
            main.tf:19:30: data.bud_chart.inner: unknown key "chrat", did you mean "chart"?
            main.tf:21:10: resource: unknown key "bud_netwrok", did you mean "bud_network"?
        "#]],
    );
}

#[test]
fn collections_are_gone_through() {
    finds(
        r#"
resource "bud_network" "main" {
  tags  = { any = "key" }
  rules = {
    ssh          = { priority = 1, port = "22" }
    "web traffic" = { sorces = [] }
    (var.name)   = { prioritty = 2 }
  }
  security_groups = { gpu = { rules = { a = { acess = 1 } } } }
  disks = [{ name = "a" }, { name = "b", size = 1 }]
  plain = [{ key = 1, vlaue = 2 }]
  set   = [{ kye = 1 }]
  any   = { whatever = { is = "here" } }
}
"#,
        &expect![[r#"
            main.tf:5:36: bud_network.main.rules["ssh"]: unknown key "port", did you mean "ports"?
            main.tf:6:23: bud_network.main.rules["web traffic"]: unknown key "sorces", did you mean "sources"?
            main.tf:7:22: bud_network.main.rules: unknown key "prioritty", did you mean "priority"?
            main.tf:9:47: bud_network.main.security_groups["gpu"].rules["a"]: unknown key "acess"; known are priority, direction, sources, ports
            main.tf:10:42: bud_network.main.disks[1]: unknown key "size", did you mean "size_gb"?
            main.tf:11:23: bud_network.main.plain[0]: unknown key "vlaue", did you mean "value"?
            main.tf:12:14: bud_network.main.set: unknown key "kye", did you mean "key"?
        "#]],
    );
}

#[test]
fn expressions_that_hand_objects_on_are_gone_through() {
    finds(
        r#"
resource "bud_network" "main" {
  rules = merge(
    provider::bud::default_rules({}),
    { for name, port in var.open : name => { port = port } },
    var.extra ? { x = { prority = 1 } } : {},
    [{ y = { directon = 1 } }]...
  )
  timeouts = (var.slow ? { craete = "2h" } : null)
  disks = concat([{ nmae = 1 }], [for d in var.disks : { size_gbs = d }], flatten([[{ naem = 2 }]]))
  plain = tolist([{ kee = 1 }])
  security_groups = zipmap(["a"], [{ ruls = {} }])
}
"#,
        &expect![[r#"
            main.tf:5:46: bud_network.main.rules: unknown key "port", did you mean "ports"?
            main.tf:6:25: bud_network.main.rules["x"]: unknown key "prority", did you mean "priority"?
            main.tf:7:14: bud_network.main.rules["y"]: unknown key "directon", did you mean "direction"?
            main.tf:9:28: bud_network.main.timeouts: unknown key "craete", did you mean "create"?
            main.tf:10:21: bud_network.main.disks[0]: unknown key "nmae", did you mean "name"?
            main.tf:10:58: bud_network.main.disks: unknown key "size_gbs", did you mean "size_gb"?
            main.tf:10:87: bud_network.main.disks: unknown key "naem", did you mean "name"?
            main.tf:11:21: bud_network.main.plain[0]: unknown key "kee", did you mean "key"?
            main.tf:12:38: bud_network.main.security_groups: unknown key "ruls", did you mean "rules"?
        "#]],
    );
}

#[test]
fn local_values_are_looked_into_where_they_are_used() {
    let files = [
        (
            "locals.tf",
            "locals {\n  slow = { craete = \"1h\" }\n  all = { rules = { a = { pots = 1 } }, slow = local.slow }\n  loop = local.loop\n  disks = [{ nam = 1 }, { name = 2 }]\n}\n",
        ),
        (
            "main.tf",
            "resource \"bud_network\" \"n\" {\n  timeouts = local.all.slow\n  rules = local.all[\"rules\"]\n  disks = [local.disks[1], local.disks[0]]\n  plain = local.loop\n  any = local.missing\n}\n",
        ),
    ];
    expect![[r#"
        locals.tf:2:12: bud_network.n.timeouts: unknown key "craete", did you mean "create"?
        locals.tf:3:27: bud_network.n.rules["a"]: unknown key "pots", did you mean "ports"?
        locals.tf:5:14: bud_network.n.disks[1]: unknown key "nam", did you mean "name"?
    "#]]
    .assert_eq(&findings(&files));
}

#[test]
fn json_syntax_is_read_with_its_places() {
    let json = r#"{
  "//": "a comment",
  "terraform": { "required_version": ">= 1.5" },
  "provider": { "bud": [{ "azure": { "subscripton_id": "x\n", "tenant_id": null } }, { "alias": "w", "cluod": 1 }] },
  "locals": { "slow": { "delte": -1.5e3 } },
  "resource": {
    "bud_network": {
      "n": {
        "//": "fine", "count": 2, "timeouts": "${local.slow}",
        "rules": { "a/b\u002f": { "pört": [1, true], "ports": [] } },
        "disks": "${[{ nmae = \"x\" }]}"
      }
    },
    "other": [{ "x": { "y": {} } }]
  },
  "check": { "c": { "data": { "bud_chart": { "d": { "chrt": "" } } } } }
}
"#;
    expect![[r#"
        main.tf.json:4:38: provider.bud.azure: unknown key "subscripton_id", did you mean "subscription_id"?
        main.tf.json:4:102: provider.bud.w: unknown key "cluod", did you mean "cloud"?
        main.tf.json:5:25: bud_network.n.timeouts: unknown key "delte", did you mean "delete"?
        main.tf.json:10:35: bud_network.n.rules["a/b/"]: unknown key "pört"; known are priority, direction, sources, ports
        main.tf.json:11:18: bud_network.n.disks[0]: unknown key "nmae", did you mean "name"?
        main.tf.json:16:53: data.bud_chart.d: unknown key "chrt", did you mean "chart"?
    "#]]
    .assert_eq(&findings(&[("main.tf.json", json)]));
}

#[test]
fn local_modules_are_checked_once_each_and_others_not() {
    let wrong = "resource \"bud_network\" \"n\" { timeouts = { creat = 1 } }\n";
    let files = [
        (
            "root/main.tf",
            "module \"a\" { source = \"./a\" }\nmodule \"b\" { source = \"../b\" }\nmodule \"c\" { source = \"hashicorp/consul/aws\" }\n",
        ),
        ("root/a/main.tf", wrong),
        ("b/main.tf", "module \"again\" { source = \"../root/a\" }\nmodule \"me\" { source = \"./.\" }\n"),
        ("root/unused/main.tf", wrong),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    let root = folder.path().join("root");
    let found = check(&root, &schema()).expect("findings");
    let files: Vec<_> = found.iter().map(|finding| finding.file.clone()).collect();
    assert_eq!(files, [root.join("a/main.tf")]);
}

#[test]
fn a_provider_may_have_another_local_name() {
    finds(
        r#"
terraform {
  required_providers {
    foundry = { source = "registry.opentofu.org/budecosystem/bud" }
    bud     = { source = "someone/else" }
  }
}
provider "foundry" { cluod = 1 }
provider "bud" { other = 1 }
"#,
        &expect![[r#"
            main.tf:8:22: provider.foundry: unknown key "cluod", did you mean "cloud"?
        "#]],
    );
}

#[test]
fn columns_are_characters_and_lines_may_end_as_they_like() {
    finds(
        "\u{feff}# ü\r\nresource \"bud_network\" \"n\" {\r\n  timeouts = { create = \"ääää\", x = 1 }\r\n}\r\n",
        &expect![[r#"
            main.tf:3:33: bud_network.n.timeouts: unknown key "x"; known are create, delete
        "#]],
    );
}

#[test]
fn what_is_right_is_not_found() {
    finds(
        r#"
resource "bud_network" "n" {
  for_each = var.networks
  name     = <<-EOT
    x ${each.key}
  EOT
  id       = "set although computed, which the provider itself refuses"
  timeouts = { "create" : "1h", delete = each.value["x"].y[*].z }
  rules    = { for k, v in var.rules : k => v if v != null }
  disks    = [for d in var.d : merge(d, { name = "x" })]
  depends_on = [other.thing]
}
"#,
        &expect![""],
    );
}

#[test]
fn what_cannot_be_parsed_is_an_error_with_its_place() {
    finds(
        "resource \"bud_network\" \"n\" {\n  name = = 1\n}\n",
        &expect![[r#"
            main.tf:2:10: invalid expression; expected `"`, `[`, `{`, `-`, `!`, `(`, `_`, `<`, letter or digit
        "#]],
    );
    expect![[r#"
        main.tf.json:2:8: invalid JSON: expected value
    "#]]
    .assert_eq(&findings(&[("main.tf.json", "{\n  \"a\": }")]));
    expect![[r#"
        .: no .tf or .tf.json file
    "#]]
    .assert_eq(&findings(&[("readme.md", ""), (".hidden.tf", ""), ("main.tf~", "")]));

    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("main.tf"), b"# a\n# \xff").expect("a file");
    let error = check(folder.path(), &schema()).expect_err("no UTF-8");
    assert!(matches!(error, CheckError::Parse { line: 2, column: 3, .. }), "{error:?}");
    let error = check(Path::new("does/not/exist"), &schema()).expect_err("no folder");
    assert!(matches!(error, CheckError::Read { .. }), "{error:?}");
}

#[test]
fn depth_is_no_danger() {
    let deep = format!("locals {{ x = {}1{} }}\n", "[".repeat(20_000), "]".repeat(20_000));
    assert!(findings(&[("main.tf", &deep)]).starts_with("main.tf:1:"));
    let deep = format!("{{\"locals\": {{\"x\": {}1{} }} }}", "[".repeat(20_000), "]".repeat(20_000));
    assert!(findings(&[("main.tf.json", &deep)]).contains("invalid JSON: recursion limit"));
}
