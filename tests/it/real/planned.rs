//! What plans under real hosts say of a network, and leave unsaid: what stays known, what nobody touched,
//! numbers for times, rules of others, networks of others, imports.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Folder, World, each};

/// A rule of the seed's table, so that nobody is locked out.
const SSH: &str = "ssh = { priority = 100, protocol = \"tcp\", ports = [\"22\"] }";

/// Saves a plan, and gives what it does to the object at an address; null where it does nothing.
#[track_caller]
fn saved(folder: &Folder<'_>, address: &str) -> Value {
    folder.run(&["plan", "-no-color", "-out=saved"]).succeeded();
    let shown = folder.run(&["show", "-json", "saved"]).succeeded();
    let plan: Value = serde_json::from_str(&shown.stdout).unwrap();
    let mut changes = plan["resource_changes"].as_array().unwrap().iter();
    let found = changes.find(|one| one["address"] == address);
    found
        .map(|one| one["change"].clone())
        .filter(|one| one["actions"] != json!(["no-op"]))
        .unwrap_or_default()
}

/// The keys of a map.
fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect()
}

/// R5, R8, R21: keys of computed maps are known at plan, an update knows again what it does not touch, and
/// outputs of everything that is computed have nothing to say afterwards.
#[test]
fn what_an_update_does_not_touch_stays_known() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        let outputs = "}\noutput \"all\" { value = bud_network.lab }\n\
                       resource \"terraform_data\" \"each\" {\n  for_each = bud_network.lab.subnet_ids\n  input = each.value\n}\nlocals {";
        folder.network("lab", outputs);
        folder.apply().succeeded().says("2 added");
        folder.is_settled("create");
        let more = format!(
            "rules = {{ {SSH} }}\nsecurity_groups = {{ gpu = {{ rules = {{ {SSH} }} }} }}\nnat_gateway = true\nsubnets = {{\n\
             budk8s-common = {{ ipv4_cidr = \"10.177.2.0/24\", ipv6_cidr = \"fd12:babe:cafe:b00b::/64\" }}\n\
             new = {{ ipv4_cidr = \"10.177.9.0/24\" }}\n}}\n{outputs}"
        );
        folder.network("lab", &more);
        let change = saved(&folder, "bud_network.lab");
        assert_eq!(change["actions"], json!(["update"]));
        let (before, after, unknown) = (&change["before"], &change["after"], &change["after_unknown"]);
        for (map, old, new) in
            [("subnet_ids", "budk8s-common", "new"), ("security_group_ids", "default", "gpu")]
        {
            assert!(before[map][old].is_string() && after[map][old] == before[map][old], "{map}");
            // Azure's ids follow from names: also the new one is known before it exists.
            assert_eq!((keys(&after[map]), &unknown[map]), (BTreeSet::from([old, new]), &json!({})), "{map}");
            assert!(after[map][new].is_string(), "{map}");
        }
        assert_eq!((&after["id"], &unknown["egress_ips"]), (&before["id"], &json!(true)));
        folder.run(&["apply", "-no-color", "saved"]).succeeded().says("1 added, 1 changed, 0 destroyed");
        assert_eq!(after["subnet_ids"], folder.state()["subnet_ids"]);
        folder.is_settled("update");
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}

/// R9, R10, R23: what stands in maps keeps what was chosen for it when others come before it or go, and what
/// is omitted and written again is what it was.
#[test]
fn neighbours_in_a_map_do_not_move_each_other() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        let web = "web = { priority = 300, ports = [\"443\"], sources = [\"203.0.113.0/24\"] }";
        folder.network("lab", &format!("rules = {{ {SSH}, {web} }}"));
        folder.apply().succeeded();
        folder.network("lab", &format!("rules = {{ a = {{ priority = 200 }}, {SSH}, {web} }}"));
        let change = saved(&folder, "bud_network.lab");
        let (mut after, before) = (change["after"].clone(), &change["before"]);
        let new = after["rules"].as_object_mut().unwrap().remove("a").unwrap();
        assert_eq!((&new["access"], &new["protocol"]), (&json!("allow"), &json!("*")));
        assert_eq!(&after, before, "more than the new rule is planned");
        folder.run(&["apply", "-no-color", "saved"]).succeeded();
        folder.is_settled("a rule before the others");
        // Omitted, everything that is optional and chosen is the default again; written again, it is as before.
        let first = folder.state();
        for arguments in ["", &format!("rules = {{ a = {{ priority = 200 }}, {SSH}, {web} }}")] {
            folder.network("lab", arguments);
            folder.apply().succeeded().says("0 added, 1 changed, 0 destroyed");
            folder.is_settled("omitted and written again");
        }
        assert_eq!(folder.state(), first);
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}

/// R11: what depends on a network is not planned because somebody changed something else in it.
#[test]
fn drift_of_rules_is_no_change_of_what_depends_on_the_network() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        let dependent = "}\nresource \"terraform_data\" \"user\" {\n  input = [bud_network.lab.id, bud_network.lab.subnet_ids, \
                         bud_network.lab.security_group_ids, bud_network.lab.egress_ips]\n}\nlocals {";
        folder.network("lab", &format!("nat_gateway = true\n{dependent}"));
        folder.apply().succeeded();
        world.edit(&world.id("networkSecurityGroups/lab-default"), |body| {
            body["properties"]["securityRules"].as_array_mut().unwrap().remove(0);
        });
        assert_eq!(saved(&folder, "bud_network.lab")["actions"], json!(["update"]));
        assert_eq!(saved(&folder, "terraform_data.user"), Value::Null);
        folder.run(&["apply", "-no-color", "saved"]).succeeded().says("0 added, 1 changed, 0 destroyed");
        folder.is_settled("the repair");
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}

/// R16: the host makes a text of a number where a text is declared, so that `timeouts` could silently mean
/// something else. A time without a unit is refused in the words that tell how to write it.
#[test]
fn a_number_where_a_time_is_meant_is_refused() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        for (arguments, says) in [
            ("timeouts = { create = 600 }", "timeouts.create is \"600\""),
            ("timeouts = { read = 600.5 }", "timeouts.read is \"600.5\""),
            ("ttl = 4", "ttl is \"4\""),
        ] {
            folder.network("lab", arguments);
            let errors = folder.run(&["plan", "-json"]).failed().errors();
            assert_eq!(errors.len(), 1, "{arguments}: {errors:#?}");
            let said = &errors[0].detail;
            assert!(said.contains(says) && said.contains("\"90m\""), "{arguments}: {errors:#?}");
        }
        assert_eq!(world.requests(), Vec::new());
        folder.network("lab", "timeouts = { create = \"600s\", delete = \"1h30m\" }");
        folder.apply().succeeded();
        folder.is_settled("units");
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}

/// A rule that somebody adds in the portal.
fn backdoor(world: &World) {
    world.edit(&world.id("networkSecurityGroups/lab-default"), |body| {
        body["properties"]["securityRules"].as_array_mut().unwrap().push(json!({
            "name": "backdoor",
            "properties": {
                "priority": 150, "direction": "Inbound", "access": "Allow", "protocol": "*",
                "sourceAddressPrefix": "*", "sourcePortRange": "*",
                "destinationAddressPrefix": "*", "destinationPortRange": "*"
            }
        }));
    });
}

/// R3: what a refresh finds is remembered in private bytes, which reach the plan beside it and the one at apply.
#[test]
fn rules_of_others_are_an_error_where_that_is_wanted() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        folder.network("lab", "foreign_rules = \"error\"");
        folder.apply().succeeded();
        folder.is_settled("no foreign rules");
        backdoor(&world);
        world.restart_counter();
        for command in [&["plan", "-json"][..], &["apply", "-auto-approve", "-json"]] {
            let errors = folder.run(command).failed().errors();
            assert_eq!(errors.len(), 1, "{errors:#?}");
            let text = format!("{} {}", errors[0].summary, errors[0].detail);
            assert!(text.contains("backdoor") && errors[0].code.starts_with("foreign_rules"), "{errors:#?}");
        }
        assert_eq!(world.writes(), Vec::<String>::new(), "a refused plan changes nothing");
        // Whoever wants them gone, or to stay, says so.
        folder.network("lab", "foreign_rules = \"keep\"");
        folder.apply().succeeded().says("0 added, 1 changed, 0 destroyed");
        folder.is_settled("kept");
        let rules = |world: &World| {
            let group = world.portal("GET", &world.id("networkSecurityGroups/lab-default"), &Value::Null);
            let rules = group["properties"]["securityRules"].as_array().unwrap().iter();
            rules.map(|rule| rule["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert!(rules(&world).contains(&"backdoor".to_owned()));
        folder.network("lab", "foreign_rules = \"remove\"");
        folder.apply().succeeded();
        folder.apply().succeeded();
        assert!(!rules(&world).contains(&"backdoor".to_owned()));
        folder.is_settled("removed");
        folder.network("lab", "foreign_rules = \"error\"");
        folder.apply().succeeded();
        backdoor(&world);
        // Both hosts plan as for an apply before they destroy, so that stops too; the error names the way out.
        folder.destroy().failed().says("backdoor").says("set foreign_rules to \"keep\"");
        folder.network("lab", "foreign_rules = \"keep\"");
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}

#[test]
fn a_network_of_others_is_used_and_left_alone() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        let group = "/subscriptions/5b1d0000-0000-4000-8000-000000000001/resourceGroups/theirs";
        let network = format!("{group}/providers/Microsoft.Network/virtualNetworks/hub");
        world.portal("PUT", group, &json!({ "location": "westus" }));
        let subnet =
            |name: &str, range: &str| json!({ "name": name, "properties": { "addressPrefix": range } });
        world.portal(
            "PUT",
            &network,
            &json!({ "location": "westus", "tags": { "by": "them" }, "properties": {
                "addressSpace": { "addressPrefixes": ["10.0.0.0/8"] },
                "subnets": [subnet("nodes", "10.1.0.0/24"), subnet("other", "10.2.0.0/24")],
            } }),
        );
        let theirs = world.objects();
        let before = world.portal("GET", &network, &Value::Null);
        let arguments = format!(
            "existing_network_id = \"{network}\"\nsecurity_groups = {{ gpu = {{ rules = {{ {SSH} }} }} }}"
        );
        folder.network("lab", &arguments);
        world.restart_counter();
        folder.apply().succeeded().says("1 added");
        let writes = world.writes();
        assert!(
            writes.iter().all(|one| !one.contains("virtualNetworks") && !one.contains("subnets")),
            "{writes:?}"
        );
        folder.is_settled("create");
        let state = folder.state();
        assert_eq!(keys(&state["subnet_ids"]), BTreeSet::from(["nodes", "other"]));
        assert_eq!(state["subnet_ids"]["nodes"], format!("{network}/subnets/nodes"));
        assert_eq!(keys(&state["security_group_ids"]), BTreeSet::from(["default", "gpu"]));
        folder.network("lab", &format!("{arguments}\nssh_sources = [\"203.0.113.0/24\"]"));
        folder.apply().succeeded().says("0 added, 1 changed, 0 destroyed");
        folder.is_settled("update");
        // A subnet more of theirs is seen, and changes nothing of ours.
        world.portal("PUT", &format!("{network}/subnets/late"), &subnet("late", "10.3.0.0/24"));
        folder.apply().succeeded();
        assert_eq!(keys(&folder.state()["subnet_ids"]), BTreeSet::from(["late", "nodes", "other"]));
        folder.is_settled("a subnet of theirs");
        world.portal("DELETE", &format!("{network}/subnets/late"), &Value::Null);
        folder.destroy().succeeded();
        assert_eq!(world.objects(), theirs, "after destroy");
        let after = world.portal("GET", &network, &Value::Null);
        assert_eq!(
            (&after["tags"], &after["properties"]["subnets"]),
            (&before["tags"], &before["properties"]["subnets"])
        );
    });
}

/// OpenTofu 1.12 imports by identity; Terraform does so from 1.12 on, and 1.11 refuses the argument. Where a
/// host cannot, our own does it: `network_lifecycle.rs`.
#[test]
fn a_network_is_imported_by_its_identity() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        folder.network("lab", "ttl = \"4h\"");
        folder.apply().succeeded();
        let id = folder.state()["id"].as_str().unwrap().to_owned();
        folder.forget();
        let by = |argument: &str| {
            let import = format!("}}\nimport {{\n  to = bud_network.lab\n  {argument}\n}}\nlocals {{");
            folder.network("lab", &format!("ttl = \"4h\"\n{import}"));
            world.restart_counter();
            folder.apply()
        };
        let run = by(&format!("identity = {{ id = \"{id}\" }}"));
        if run.out.contains("An argument named \"identity\" is not expected here") {
            println!("{} cannot import by identity, so it is done by id", host.name);
            assert_eq!(world.requests(), Vec::new());
            by(&format!("id = \"{id}\"")).succeeded().says("1 imported, 0 added, 0 changed, 0 destroyed");
        } else {
            run.succeeded().says("1 imported, 0 added, 0 changed, 0 destroyed");
        }
        assert_eq!(world.writes(), Vec::<String>::new());
        folder.network("lab", "ttl = \"4h\"");
        folder.is_settled("the import");
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}

/// R2, R25: every way an object can go but those of `hosts_rules.rs`, also from a saved plan.
#[test]
fn every_way_out_ends_in_an_empty_ledger() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        let refuse = |refused: bool| {
            let broken = json!({ "status": 400, "code": "InternalMaintenance", "message": "Not today." });
            let when = json!({ "method": "PUT", "path": "*/virtualNetworks/*", "times": 0 });
            let rule = json!({ "when": when, "do": { "answer": broken } });
            world.faults(&if refused { json!([rule]) } else { json!([]) });
        };
        let unfinished = || {
            folder.network("lab", "");
            refuse(true);
            folder.apply().failed();
            assert!(!world.objects().is_empty());
        };
        // Unfinished, and destroyed by a plan that was saved.
        unfinished();
        refuse(false);
        folder.run(&["plan", "-destroy", "-no-color", "-out=saved"]).succeeded();
        folder.run(&["apply", "-no-color", "saved"]).succeeded();
        world.is_empty("after a saved destroy of an unfinished network");
        // Unfinished, and continued by a replacement that was saved a day before.
        unfinished();
        refuse(false);
        folder.run(&["plan", "-no-color", "-out=saved"]).succeeded();
        world.advance(86_400);
        world.restart_counter();
        folder.run(&["apply", "-no-color", "saved"]).succeeded();
        assert!(world.requests().iter().all(|one| one.method != "DELETE"));
        folder.is_settled("a saved continuation");
        // Finished and tainted by hand: really rebuilt, and what is left by a failure goes.
        let id = world.id("virtualNetworks/lab");
        folder.run(&["taint", "-no-color", "bud_network.lab"]).succeeded();
        world.restart_counter();
        folder.apply().succeeded().says("1 added, 0 changed, 1 destroyed");
        assert!(world.requests().iter().any(|one| one.method == "DELETE"), "{id} is not rebuilt");
        folder.run(&["taint", "-no-color", "bud_network.lab"]).succeeded();
        refuse(true);
        folder.apply().failed();
        refuse(false);
        folder.destroy().succeeded();
        world.is_empty("after a replacement of a tainted network that failed");
        // Forced by an attribute in a saved plan, then gone with its configuration.
        folder.network("lab", "");
        folder.apply().succeeded();
        folder.network("other", "");
        folder.run(&["plan", "-no-color", "-out=saved"]).succeeded();
        folder.run(&["apply", "-no-color", "saved"]).succeeded().says("1 added, 0 changed, 1 destroyed");
        folder.is_settled("a saved replacement");
        folder.write("", "");
        folder.apply().succeeded().says("0 added, 0 changed, 1 destroyed");
        world.is_empty("after the resource left the configuration");
    });
}
