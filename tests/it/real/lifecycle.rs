//! The life of a network: created, changed in place, replaced, repaired, imported, destroyed.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Folder, World, each};

/// A rule of the seed's table, so that nobody is locked out.
const SSH: &str = "ssh = { priority = 100, protocol = \"tcp\", ports = [\"22\"] }";

/// Applies an in-place update and looks that nothing is left to do.
#[track_caller]
fn updates(folder: &Folder<'_>, what: &str) {
    folder.apply().succeeded().says("0 added, 1 changed, 0 destroyed").says("will be updated in-place");
    folder.is_settled(what);
}

#[test]
fn a_network_is_made_tagged_kept_and_removed() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        folder.network("lab", "");
        folder.apply().succeeded().says("1 added, 0 changed, 0 destroyed");
        folder.is_settled("create");
        let state = folder.state();
        assert_eq!(state["id"].as_str(), Some(format!("azure:{}", world.id("virtualNetworks/lab")).as_str()));
        assert_eq!(state["ipv4_cidr"], "10.177.0.0/16");
        assert_eq!(state["subnets"]["budk8s-common"]["ipv4_cidr"], "10.177.2.0/24");
        world.id("subnets/budk8s-common");
        world.id("networkSecurityGroups/lab-default");

        folder.network("lab", "tags = { a = \"b\" }");
        updates(&folder, "tags");
        let tags = || world.portal("GET", &world.id("virtualNetworks/lab"), &Value::Null)["tags"].clone();
        assert_eq!(tags()["a"], "b");
        let defaults = "default_tags = { team = \"x\", a = \"default\" }";
        folder.network_with(defaults, "lab", "tags = { a = \"b\" }");
        updates(&folder, "default_tags");
        assert_eq!((&tags()["team"], &tags()["a"]), (&json!("x"), &json!("b")));
        folder.network_with(defaults, "lab", "tags = { a = \"b\" }\nttl = \"4h\"");
        updates(&folder, "ttl");
        let expires = folder.state()["expires_at"].clone();
        assert_eq!(tags()["bud:expires-at"], expires);
        assert!(expires.is_string());
        let patience = "ttl = \"4h\"\ntimeouts = { create = \"1h\", update = \"20m\" }";
        folder.network_with(defaults, "lab", &format!("tags = {{ a = \"b\" }}\n{patience}"));
        updates(&folder, "timeouts");
        folder.network("lab", patience);
        updates(&folder, "tags removed");
        assert_eq!((&tags()["team"], &tags()["a"]), (&Value::Null, &Value::Null));
        assert_eq!(folder.state()["expires_at"], expires, "an unrelated change counts the ttl anew");

        folder.destroy().succeeded().says("Destroy complete! Resources: 1 destroyed");
        world.is_empty("after destroy");
    });
}

#[test]
fn a_change_of_rules_is_one_request() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        let one_put = |what: &str| {
            world.restart_counter();
            updates(&folder, what);
            assert_eq!(world.writes(), ["PUT networkSecurityGroups/lab-default"], "{what}");
        };
        folder.network("lab", "");
        folder.apply().succeeded();
        folder.network("lab", "ssh_sources = [\"203.0.113.0/24\"]\napi_sources = [\"203.0.113.0/24\"]");
        one_put("ssh_sources and api_sources");
        folder.network("lab", &format!("rules = {{ {SSH} }}"));
        one_put("the table replaced");
        assert_eq!(folder.state()["rules"].as_object().unwrap().len(), 1);
        folder.network("lab", &format!("rules = {{ {SSH}, web = {{ priority = 110, ports = [\"443\"] }} }}"));
        one_put("a rule added");
        folder
            .network("lab", &format!("rules = {{ {SSH}, web = {{ priority = 120, ports = [\"8443\"] }} }}"));
        one_put("a rule changed");
        let group = || world.portal("GET", &world.id("networkSecurityGroups/lab-default"), &Value::Null);
        let rules = group()["properties"]["securityRules"].clone();
        let web = rules.as_array().unwrap().iter().find(|rule| rule["name"] == "web").unwrap();
        assert_eq!(web["properties"]["priority"], 120);
        folder.network("lab", &format!("rules = {{ {SSH} }}"));
        one_put("a rule removed");
        folder.network("lab", "");
        one_put("back to the table of the seed");
        assert_eq!(folder.state()["rules"].as_object().unwrap().len(), 6);
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}

#[test]
fn groups_subnets_and_the_way_out_come_and_go_in_place() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        folder.network("lab", "");
        folder.apply().succeeded();
        folder.network("lab", &format!("security_groups = {{ gpu = {{ rules = {{ {SSH} }} }} }}"));
        updates(&folder, "a group added");
        assert_eq!(
            folder.state()["security_group_ids"]["gpu"].as_str(),
            Some(world.id("networkSecurityGroups/lab-gpu").as_str())
        );
        let two = "subnets = {\n  a = { ipv4_cidr = \"10.177.4.0/24\" }\n  \
                   b = { ipv4_cidr = \"10.177.5.0/24\", ipv6_cidr = \"fd12:babe:cafe:1::/64\" }\n}";
        folder.network("lab", two);
        updates(&folder, "a group removed, subnets replaced");
        assert!(!world.objects().iter().any(|id| id.ends_with("lab-gpu") || id.ends_with("budk8s-common")));
        let ids = folder.state()["subnet_ids"].clone();
        assert_eq!(ids["b"].as_str(), Some(world.id("subnets/b").as_str()));
        folder.network(
            "lab",
            "subnets = { b = { ipv4_cidr = \"10.177.5.0/24\", ipv6_cidr = \"fd12:babe:cafe:1::/64\" } }",
        );
        world.restart_counter();
        updates(&folder, "a subnet removed");
        assert!(!world.objects().iter().any(|id| id.ends_with("subnets/a")));
        assert!(!world.writes().contains(&"DELETE subnets/b".to_owned()), "{:?}", world.writes());
        folder.network("lab", "nat_gateway = true\nforeign_rules = \"keep\"\nsubnets = { b = { ipv4_cidr = \"10.177.5.0/24\" } }");
        updates(&folder, "NAT gateway on, foreign_rules, a range removed from a subnet");
        assert_eq!(folder.state()["egress_ips"].as_array().unwrap().len(), 1);
        world.id("natGateways/lab-nat");
        folder
            .network("lab", "foreign_rules = \"error\"\nsubnets = { b = { ipv4_cidr = \"10.177.5.0/24\" } }");
        updates(&folder, "NAT gateway off");
        assert!(!world.objects().iter().any(|id| id.contains("natGateways") || id.contains("publicIP")));
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}

#[test]
fn each_replacement_names_the_attribute_that_forces_it() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        folder.network("lab", "");
        folder.apply().succeeded();
        let mut arguments = String::new();
        for (attribute, value) in [
            ("name", ""),
            ("location", "\"eastus\""),
            ("resource_group_name", "\"elsewhere\""),
            ("ipv4_cidr", "\"10.200.0.0/16\""),
            ("ipv6", "false"),
        ] {
            if attribute != "name" {
                writeln!(arguments, "{attribute} = {value}").unwrap();
            }
            folder.network("other", &arguments);
            let run =
                folder.apply().succeeded().says("1 added, 0 changed, 1 destroyed").says("must be replaced");
            let forced = run.out.lines().filter(|line| line.contains("forces replacement"));
            let forced: Vec<&str> = forced.map(|line| line.split_whitespace().nth(1).unwrap()).collect();
            assert!(forced.contains(&attribute), "{attribute} in {forced:?}\n{}", run.out);
            // The IPv6 range goes with IPv6; nothing else may force it too.
            assert!(
                forced.iter().all(|one| *one == attribute || (attribute == "ipv6" && *one == "ipv6_cidr")),
                "{forced:?}"
            );
            folder.is_settled(attribute);
        }
        let objects = world.objects();
        assert!(objects.iter().all(|id| id.contains("/elsewhere")), "{objects:#?}");
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}

#[test]
fn what_others_changed_is_shown_and_repaired() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        folder.network("lab", "tags = { a = \"b\" }\nnat_gateway = true");
        folder.apply().succeeded();
        let group = world.id("networkSecurityGroups/lab-default");
        let network = world.id("virtualNetworks/lab");
        let repaired = |what: &str| {
            let plan = folder.plan();
            assert_eq!(plan.status.code(), Some(2), "{what} is not seen:\n{}", plan.out);
            updates(&folder, what);
        };
        let rules = |group: &Value| group["properties"]["securityRules"].as_array().unwrap().clone();
        let before = rules(&world.portal("GET", &group, &Value::Null)).len();

        world.edit(&group, |body| {
            body["properties"]["securityRules"].as_array_mut().unwrap().remove(0);
        });
        repaired("a rule removed");
        world.edit(&group, |body| {
            body["properties"]["securityRules"][0]["properties"]["access"] = json!("Deny");
            body["properties"]["securityRules"].as_array_mut().unwrap().push(json!({
                "name": "backdoor",
                "properties": {
                    "priority": 150, "direction": "Inbound", "access": "Allow", "protocol": "*",
                    "sourceAddressPrefix": "*", "sourcePortRange": "*",
                    "destinationAddressPrefix": "*", "destinationPortRange": "*"
                }
            }));
        });
        repaired("a rule changed and one added");
        let after = rules(&world.portal("GET", &group, &Value::Null));
        assert_eq!(after.len(), before);
        assert!(
            after.iter().all(|rule| rule["name"] != "backdoor" && rule["properties"]["access"] == "Allow")
        );

        world.edit(&network, |body| body["tags"]["a"] = json!("changed"));
        repaired("a tag changed");
        assert_eq!(world.portal("GET", &network, &Value::Null)["tags"]["a"], "b");
        world.edit(&network, |body| body["tags"]["costs"] = json!("theirs"));
        folder.is_settled("a tag of others");
        world.portal("DELETE", &world.id("subnets/budk8s-common"), &Value::Null);
        repaired("a subnet removed");
        world.id("subnets/budk8s-common");

        world.portal("DELETE", &network, &Value::Null);
        folder.apply().succeeded();
        folder.is_settled("the network alone removed");
        world.id("virtualNetworks/lab");
        world.portal("DELETE", &world.id("resourceGroups/lab"), &Value::Null);
        world.is_empty("after the portal removed everything");
        folder.apply().succeeded().says("1 added, 0 changed, 0 destroyed");
        folder.is_settled("everything removed");
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}

#[test]
fn what_we_made_imports_to_an_empty_plan() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        let small = "ssh_sources = [\"203.0.113.0/24\"]\ntags = { a = \"b\" }\nttl = \"4h\"";
        let large = format!(
            "rules = {{ {SSH}, out = {{ priority = 100, direction = \"outbound\", access = \"deny\", sources = [\"10.0.0.0/8\", \"192.168.0.0/16\"] }} }}\n\
             security_groups = {{ gpu = {{ rules = {{ {SSH} }} }} }}\nnat_gateway = true\nnat_gateway_per_zone = true\n\
             subnets = {{ a = {{ ipv4_cidr = \"10.177.4.0/24\", zone = \"1\" }}, b = {{ ipv4_cidr = \"10.177.5.0/24\", ipv6_cidr = \"fd12:babe:cafe:1::/64\" }} }}"
        );
        for (arguments, location) in [("", ""), (small, ""), (&large, "location = \"eastus\"\n")] {
            folder.network("lab", &format!("{location}{arguments}"));
            folder.apply().succeeded();
            let id = folder.state()["id"].as_str().unwrap().to_owned();
            folder.forget();
            folder.run(&["import", "-no-color", "bud_network.lab", &id]).succeeded();
            folder.is_settled(&format!("import of {arguments:?}"));
            folder.destroy().succeeded();
            world.is_empty("after destroy");
        }
        let none = "azure:/subscriptions/5b1d0000-0000-4000-8000-000000000001/resourceGroups/lab/providers/Microsoft.Network/virtualNetworks/none";
        folder.run(&["import", "-no-color", "bud_network.lab", none]).failed().says("Nothing to import");
        folder.run(&["import", "-no-color", "bud_network.lab", "lab"]).failed().says("Bad import id");
    });
}
