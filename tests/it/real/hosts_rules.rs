//! What the hosts force on a provider: saved plans, tainted objects and their replacements, values that
//! come late, functions.

use serde_json::{Value, json};

use super::world::Request;
use super::{Folder, World, each};

/// Every attempt to make the network itself is refused.
fn refuse_networks(world: &World) {
    let broken = json!({ "status": 400, "code": "InternalMaintenance", "message": "Not today." });
    world.faults(&json!([
        { "when": { "method": "PUT", "path": "*/virtualNetworks/*", "times": 0 }, "do": { "answer": broken } }
    ]));
}

/// Fails unless everything that exists lies in one resource group.
#[track_caller]
fn only_in(world: &World, group: &str) {
    let objects = world.objects();
    let inside = format!("/resourcegroups/{group}");
    let stray: Vec<&String> = objects
        .iter()
        .filter(|id| {
            let id = id.to_lowercase();
            !id.ends_with(&inside) && !id.contains(&format!("{inside}/"))
        })
        .collect();
    assert!(stray.is_empty() && !objects.is_empty(), "outside of {group}: {stray:#?}");
}

#[test]
fn a_plan_saved_a_day_ago_gives_what_it_said() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        let outputs = "}\noutput \"ids\" { value = bud_network.lab.subnet_ids }\n\
                       output \"end\" { value = bud_network.lab.expires_at }\nlocals {";
        for arguments in [
            "ttl = \"48h\"",
            "ttl = \"72h\"\ntags = { a = \"b\" }\nnat_gateway = true",
            "nat_gateway = false",
        ] {
            folder.network("lab", &format!("{arguments}\n{outputs}"));
            folder.run(&["plan", "-no-color", "-out=saved"]).succeeded();
            world.advance(86_400);
            folder.run(&["apply", "-no-color", "saved"]).succeeded();
            folder.is_settled(arguments);
        }
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}

#[test]
fn an_unfinished_create_is_continued_and_not_rebuilt() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        folder.network("lab", "");
        refuse_networks(&world);
        folder.apply().failed().says("InternalMaintenance").says("Not today.");
        let before = world.objects();
        assert!(before.len() >= 2, "{before:?}");
        world.faults(&json!([]));
        world.restart_counter();
        folder.apply().succeeded().says("is tainted, so ").says("must be replaced");
        folder.is_settled("the continued create");
        let requests = world.requests();
        assert!(requests.iter().all(|one| one.method != "DELETE"), "{requests:#?}");
        let made: Vec<String> = requests
            .iter()
            .filter(|one| one.method == "PUT" && one.status == 201)
            .map(Request::brief)
            .collect();
        assert!(
            made.iter().all(|one| !before.iter().any(|id| id.ends_with(&one[4..]))),
            "{before:?} {made:?}"
        );

        // A healthy one is really rebuilt when the user says so.
        world.restart_counter();
        folder.run(&["apply", "-auto-approve", "-no-color", "-replace=bud_network.lab"]).succeeded();
        assert!(world.requests().iter().any(|one| one.method == "DELETE"));
        folder.is_settled("-replace");
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}

#[test]
fn an_unfinished_create_that_is_changed_leaves_nothing_behind() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        refuse_networks(&world);
        folder.network("lab", "");
        folder.apply().failed();
        only_in(&world, "lab");
        folder.network("other", "");
        folder.apply().failed();
        only_in(&world, "other");
        folder.network("other", "location = \"eastus\"");
        folder.apply().failed();
        world.faults(&json!([]));
        folder.apply().succeeded();
        folder.is_settled("a new name, then a new region");
        only_in(&world, "other");
        for id in
            world.objects().iter().filter(|id| !id.contains("/subnets/") && !id.contains("/securityRules/"))
        {
            assert_eq!(world.portal("GET", id, &Value::Null)["location"], "eastus", "{id}");
        }
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}

#[test]
fn a_replacement_that_fails_twice_is_destroyed_to_nothing() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        folder.network("lab", "");
        folder.apply().succeeded();
        refuse_networks(&world);
        folder.network("other", "");
        folder.apply().failed();
        folder.apply().failed();
        only_in(&world, "other");
        world.faults(&json!([]));
        folder.destroy().succeeded();
        world.is_empty("after destroy");

        // The same where a tainted object goes with its last instance.
        refuse_networks(&world);
        folder.network("lab", "");
        folder.apply().failed();
        world.faults(&json!([]));
        folder.network("lab", "count = 0");
        folder.apply().succeeded();
        world.is_empty("after count = 0");
    });
}

#[test]
fn the_new_one_can_be_made_before_the_old_one_goes() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        let first = "lifecycle { create_before_destroy = true }";
        folder.network("lab", first);
        folder.apply().succeeded();
        folder.network("other", first);
        world.restart_counter();
        folder.apply().succeeded().says("1 added, 0 changed, 1 destroyed");
        let writes = world.writes();
        let made = writes.iter().position(|one| one == "PUT virtualNetworks/other").unwrap();
        let gone = writes.iter().position(|one| one.starts_with("DELETE")).unwrap();
        assert!(made < gone, "{writes:?}");
        only_in(&world, "other");
        folder.is_settled("create before destroy");
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}

#[test]
fn a_cloud_that_cannot_be_asked_is_an_error_that_costs_nothing() {
    each(|host| {
        let world = World::prompt();
        let mut folder = Folder::new(&world, host);
        folder.network("lab", "timeouts = { read = \"3s\" }");
        folder.apply().succeeded();
        let state = folder.state();
        let variable = "BUD_AZURE_RESOURCE_MANAGER_ENDPOINT".to_owned();
        let right = folder.env.insert(variable.clone(), "https://127.0.0.1:1".to_owned()).unwrap();
        let errors = folder.run(&["plan", "-json"]).failed().errors();
        assert!(errors.len() == 1 && errors[0].detail.contains("Connection refused"), "{errors:#?}");
        folder.destroy().failed();
        assert_eq!(folder.state(), state);
        folder.env.insert(variable, right);
        folder.is_settled("an outage");
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}

#[test]
fn provider_values_that_come_late_are_taken() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        folder.write(
            "location = \"westus\"\nenvironment = terraform_data.run.output\ndefault_tags = { run = terraform_data.run.output }",
            "resource \"terraform_data\" \"run\" { input = \"ci-9\" }\nresource \"bud_network\" \"lab\" { name = \"lab\" }",
        );
        folder.apply().succeeded().says("2 added");
        folder.is_settled("late values");
        let tags = world.portal("GET", &world.id("virtualNetworks/lab"), &Value::Null)["tags"].clone();
        assert_eq!((&tags["run"], &tags["bud:environment"]), (&json!("ci-9"), &json!("ci-9")));
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}

#[test]
fn functions_take_what_users_leave_out() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        folder.network("lab", "");
        folder.apply().succeeded();
        for same in ["default_rules({})", "default_rules(null)", "default_rules({ ssh = [\"*\"] })"] {
            folder.network("lab", &format!("rules = provider::bud::{same}"));
            let run = folder.run(&["validate", "-no-color"]).succeeded();
            assert!(!run.out.contains("Error"), "{}", run.out);
        }
        let merged = "rules = merge(provider::bud::default_rules({ ssh = [\"203.0.113.0/24\"], api = [\"203.0.113.0/24\"] }), {\n\
                      web8 = { priority = 800, protocol = \"tcp\", ports = [\"8080\"] }\n})";
        folder.network("lab", merged);
        folder.apply().succeeded().says("0 added, 1 changed, 0 destroyed");
        folder.is_settled("rules merged from a function");
        assert_eq!(folder.state()["rules"]["web8"]["priority"], 800);
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}

#[test]
fn keys_that_the_host_drops_silently_are_warned_about() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        folder.network("lab", "timeouts = { creat = \"1h\" }");
        let run = folder.run(&["plan", "-no-color"]).succeeded();
        assert!(run.out.contains("Warning: ") && run.out.contains("timeouts"), "{}", run.out);
        let warned = run.out.lines().any(|line| line.contains("create") && line.contains("update"));
        assert!(warned, "the names of the object are not listed:\n{}", run.out);
    });
}
