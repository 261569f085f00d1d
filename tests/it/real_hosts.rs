//! `bud_network` in the hands of the hosts that users run.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::harness::real::{RealHost, hosts};
use crate::harness::world::World;

const ADDRESS: &str = "bud_network.this";

fn network(arguments: &str) -> String {
    format!("resource \"bud_network\" \"this\" {{\n  location = \"westeurope\"\n  {arguments}\n}}\n")
}

fn actions(plan: &Json) -> &Json {
    &plan["resource_changes"][0]["change"]["actions"]
}

async fn id(host: &RealHost) -> String {
    let state = host.state().await;
    state["resources"][0]["instances"][0]["attributes"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_comes_changes_and_goes() {
    let world = World::start().await;
    for host in hosts(&world) {
        host.write("main.tf", &network("name = \"net\""));
        assert!(host.plan("first").await, "{:?}", host.brand);
        assert_eq!(actions(&host.show(Some("first")).await), &json!(["create"]));
        // A saved plan is applied much later.
        world.clock(Duration::from_secs(86_400)).await;
        host.apply_plan("first").await.ok();
        assert!(!host.plan("second").await, "{:?}: the second plan is not empty", host.brand);
        let before = id(&host).await;

        host.write(
            "main.tf",
            &network("name = \"net\"\n  tags = { team = \"bud\" }\n  ssh_sources = [\"10.1.0.0/16\"]"),
        );
        assert!(host.plan("update").await);
        assert_eq!(actions(&host.show(Some("update")).await), &json!(["update"]));
        host.apply_plan("update").await.ok();
        assert!(!host.plan("second").await);
        assert_eq!(id(&host).await, before);

        host.write("main.tf", &network("name = \"other\""));
        assert!(host.plan("replace").await);
        let plan = host.show(Some("replace")).await;
        assert_eq!(actions(&plan), &json!(["delete", "create"]));
        assert_eq!(plan["resource_changes"][0]["change"]["replace_paths"], json!([["name"]]));
        host.apply_plan("replace").await.ok();
        assert!(!host.plan("second").await);
        assert!(world.ledger().await.with("virtualNetworks/net").is_empty());

        host.destroy().await.ok();
        assert_eq!(world.ledger().await.ids(), Vec::<&str>::new(), "{:?}", host.brand);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_imports_and_mends_what_others_changed() {
    let world = World::start().await;
    for host in hosts(&world) {
        host.write("main.tf", &network("name = \"net\""));
        host.apply().await.ok();
        let import = id(&host).await;
        host.run(&["state", "rm", ADDRESS]).await.ok();
        host.import(ADDRESS, &import).await.ok();
        assert!(!host.plan("second").await, "{:?}: an import is followed by an empty plan", host.brand);

        let group = import
            .trim_start_matches("azure:")
            .replace("virtualNetworks/net", "networkSecurityGroups/net-default");
        let rule = json!({ "properties": {
            "priority": 4000, "direction": "Inbound", "access": "Allow", "protocol": "*",
            "sourceAddressPrefix": "*", "sourcePortRange": "*",
            "destinationAddressPrefix": "*", "destinationPortRange": "3389",
        }});
        let path = format!("{group}/securityRules/opened-by-hand?api-version=2024-03-01");
        assert_eq!(world.portal("PUT", &path, Some(rule)).await.0, 201);
        assert!(host.plan("mend").await, "{:?}: drift is shown", host.brand);
        host.apply_plan("mend").await.ok();
        assert!(!host.plan("second").await);
        assert_eq!(world.portal("GET", &path, None).await.0, 404);
        host.destroy().await.ok();
        assert_eq!(world.ledger().await.ids(), Vec::<&str>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_attribute_has_a_description() {
    fn undescribed(place: &str, attributes: &Json, found: &mut Vec<String>) {
        for (name, attribute) in attributes.as_object().into_iter().flatten() {
            let place = format!("{place}.{name}");
            undescribed(&place, &attribute["nested_type"]["attributes"], found);
            if attribute["description"].as_str().is_none_or(str::is_empty) {
                found.push(place);
            }
        }
    }
    let world = World::start().await;
    for host in hosts(&world) {
        host.write("main.tf", &network("name = \"net\""));
        let output = host.run(&["providers", "schema", "-json"]).await;
        let schema: Json = serde_json::from_str(&output.stdout).unwrap();
        let (_, ours) = schema["provider_schemas"].as_object().unwrap().iter().next().unwrap();
        let mut found = Vec::new();
        undescribed("provider", &ours["provider"]["block"]["attributes"], &mut found);
        let resources = ours["resource_schemas"].as_object().unwrap();
        assert!(resources.contains_key("bud_network"));
        for (name, resource) in resources {
            undescribed(name, &resource["block"]["attributes"], &mut found);
        }
        assert_eq!(found, Vec::<String>::new(), "{:?}", host.brand);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_stays_where_it_was_put() {
    let world = World::start().await;
    let secret = world.environment().into_iter().find(|(name, _)| name == "ARM_CLIENT_SECRET").unwrap().1;
    for host in hosts(&world) {
        host.write("main.tf", &network("name = \"net\""));
        host.write(
            "provider.tf",
            &format!("provider \"bud\" {{\n  azure = {{ client_secret = {secret:?} }}\n}}\n"),
        );
        let applied = host.apply().await.ok();
        host.plan("again").await;
        let shown = host.show(Some("again")).await;
        let destroyed = host.destroy().await.ok();
        let log = host.log();
        // What the host says of its own is not ours to hide: lines of the provider only.
        let ours: Vec<&str> =
            log.lines().filter(|line| line.contains("provider.terraform-provider-bud")).collect();
        assert!(ours.len() > 5, "{:?}: the provider's log is not there", host.brand);
        for text in [ours.join("\n"), applied, shown["resource_changes"].to_string(), destroyed] {
            assert!(!text.contains(&secret), "{:?}: {text}", host.brand);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn control_c_keeps_what_was_made() {
    let world = World::start().await;
    for host in hosts(&world) {
        world.count_anew().await;
        host.write("main.tf", &network("name = \"net\""));
        // The operation that makes the virtual network is asked after, and the answer does not come.
        let slow = json!({ "rules": [{
            "when": { "method": "GET", "path": "*/operations/*", "nth": 2 },
            "do": "hang",
        }]});
        world.faults(slow).await;
        let running = host.start(&["apply", "-no-color", "-input=false", "-auto-approve"]);
        tokio::time::timeout(Duration::from_secs(30), world.asked_for("PUT", "virtualNetworks/net"))
            .await
            .unwrap();
        running.interrupt();
        let began = std::time::Instant::now();
        let output = running.end().await;
        assert_eq!(output.code, Some(1), "{:?}: {}", host.brand, output.text());
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}: {:?}", host.brand, began.elapsed());
        let state = host.state().await;
        let instance = &state["resources"][0]["instances"][0];
        assert_eq!(instance["status"], "tainted", "{:?}: {state}", host.brand);
        world.no_faults().await;
        host.apply().await.ok();
        let ledger = world.ledger().await;
        let deletes: Vec<_> =
            ledger.changes().into_iter().filter(|change| change.starts_with("DELETE")).collect();
        assert_eq!(deletes, Vec::<String>::new(), "{:?}: what was made is kept", host.brand);
        assert!(!host.plan("second").await);
        host.destroy().await.ok();
        assert_eq!(world.ledger().await.ids(), Vec::<&str>::new());
    }
}
