//! `data.bud_skus` under real hosts.

use serde_json::{Value, json};

use super::{Folder, World, each};

/// Values of outputs in the state.
fn outputs(folder: &Folder<'_>) -> Value {
    let state: Value =
        serde_json::from_slice(&std::fs::read(folder.path("terraform.tfstate")).unwrap()).unwrap();
    let outputs = state["outputs"].as_object().unwrap();
    Value::Object(outputs.iter().map(|(name, output)| (name.clone(), output["value"].clone())).collect())
}

#[test]
fn it_answers_with_restrictions_and_quotas_and_filters() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        world.restrict(&json!([
            { "sku": "Standard_D4s_v5", "location": "westeurope" },
            { "sku": "Standard_D8s_v5", "location": "westeurope", "zone": "2" }
        ]));
        world.quotas(&json!({ "standardDSv5Family": 11, "cores": 1000, "lowPriorityCores": 5 }));
        folder.write(
            "location = \"West Europe\"",
            r#"
            data "bud_skus" "all" {}
            data "bud_skus" "class" { class = "gpu-a100" }
            data "bud_skus" "gpus" { min_gpus = 8 }
            data "bud_skus" "named" { names = ["D2s_v5", "Standard_D4s_v5", "standard_d8s_v5", "D2s_v55"] }
            data "bud_skus" "free" {
              names     = ["D2s_v5", "D4s_v5", "D8s_v5", "D16s_v5"]
              available = true
            }
            data "bud_skus" "zone" {
              names = ["D2s_v5", "D4s_v5", "D8s_v5"]
              zone  = "2"
            }
            output "count" { value = length(data.bud_skus.all.skus) }
            output "class" { value = keys(data.bud_skus.class.skus) }
            output "gpus"  { value = [for sku in data.bud_skus.gpus.skus : sku.gpu_count] }
            output "named" { value = data.bud_skus.named.skus }
            output "free"  { value = keys(data.bud_skus.free.skus) }
            output "zone"  { value = keys(data.bud_skus.zone.skus) }
            output "cores" { value = data.bud_skus.all.quotas["standardDSv5Family"] }
            "#,
        );
        folder.apply().succeeded();
        let found = outputs(&folder);
        assert!(found["count"].as_u64().unwrap() > 50, "{}", found["count"]);
        assert_eq!(found["class"], json!(["Standard_NC24ads_A100_v4"]));
        let gpus = found["gpus"].as_array().unwrap();
        assert!(!gpus.is_empty() && gpus.iter().all(|count| count.as_u64() >= Some(8)), "{gpus:?}");
        let named = found["named"].as_object().unwrap();
        assert_eq!(
            named.keys().collect::<Vec<_>>(),
            ["Standard_D2s_v5", "Standard_D4s_v5", "Standard_D8s_v5"]
        );
        let two = &named["Standard_D2s_v5"];
        assert_eq!(
            (&two["vcpus"], &two["memory_gib"], &two["family"]),
            (&json!(2), &json!(8), &json!("standardDSv5Family"))
        );
        assert_eq!(
            (&two["quota_left"], &two["machines_left"], &two["spot_machines_left"]),
            (&json!(11), &json!(5), &json!(2))
        );
        assert_eq!((&two["restriction"], &two["zones"]), (&Value::Null, &json!(["1", "2", "3"])));
        assert!(named["Standard_D4s_v5"]["restriction"].is_string(), "{}", named["Standard_D4s_v5"]);
        let eight = &named["Standard_D8s_v5"];
        assert_eq!((&eight["restricted_zones"], &eight["zones"]), (&json!(["2"]), &json!(["1", "3"])));
        assert_eq!(
            found["free"],
            json!(["Standard_D2s_v5", "Standard_D8s_v5"]),
            "16 processors are too many"
        );
        assert_eq!(found["zone"], json!(["Standard_D2s_v5"]));
        assert_eq!((&found["cores"]["limit"], &found["cores"]["left"]), (&json!(11), &json!(11)));
        folder.is_settled("reading");
        assert_eq!(world.writes(), Vec::<String>::new());
    });
}

#[test]
fn bad_input_is_told_on_its_attribute_and_validate_asks_nothing() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        let data = |arguments: &str| {
            format!(
                "data \"bud_skus\" \"a\" {{\n{arguments}\n}}\noutput \"a\" {{ value = keys(data.bud_skus.a.skus) }}"
            )
        };
        folder.write("", &data("location = \"westeurope\"\nclass = \"cpu\""));
        folder.run(&["validate", "-no-color"]).succeeded();
        for (arguments, line, says) in [
            ("location = \"westus\"\nmin_gpus = -1", "min_gpus", "below zero"),
            ("location = \"westus\"\nclass = \"fast\"", "class", "gpu-a100"),
            ("location = \"westus\"\nnames = [\" \"]", "", "Empty name"),
        ] {
            folder.write("", &data(arguments));
            let run = folder.run(&["plan", "-json"]).failed();
            let errors = run.errors();
            assert_eq!(errors.len(), 1, "{arguments}: {errors:#?}");
            let told = format!("{} {}", errors[0].summary, errors[0].detail);
            assert!(told.contains(says) && errors[0].code.starts_with(line), "{arguments}: {errors:#?}");
        }
        assert_eq!((world.requests().len(), world.logins()), (0, 0), "nothing is asked before a plan reads");
        for (arguments, line, says) in [
            ("location = \"atlantis\"", "location", "atlantis"),
            ("", "", "set location here or in the provider block"),
        ] {
            folder.write("", &data(arguments));
            let errors = folder.run(&["plan", "-json"]).failed().errors();
            assert_eq!(errors.len(), 1, "{arguments}: {errors:#?}");
            assert!(
                errors[0].detail.contains(says) && errors[0].code.starts_with(line),
                "{arguments}: {errors:#?}"
            );
        }
    });
}

#[test]
fn what_is_not_known_yet_is_read_at_apply() {
    each(|host| {
        let run = "resource \"terraform_data\" \"run\" { input = \"westeurope\" }\n\
                   output \"class\" { value = keys(data.bud_skus.a.skus) }\n";
        // An argument, then the provider's own region: the data source waits for what it depends on.
        let argument =
            "data \"bud_skus\" \"a\" {\n  location = terraform_data.run.output\n  class = \"cpu\"\n}\n";
        let provider =
            "data \"bud_skus\" \"a\" {\n  class = \"cpu\"\n  depends_on = [terraform_data.run]\n}\n";
        for (block, data) in [("", argument), ("location = terraform_data.run.output", provider)] {
            let world = World::prompt();
            let folder = Folder::new(&world, host);
            folder.write(block, &format!("{run}{data}"));
            let plan = folder.plan();
            assert_eq!(plan.status.code(), Some(2), "{}", plan.out);
            assert_eq!((world.requests().len(), world.logins()), (0, 0), "{}", plan.out);
            folder.apply().succeeded();
            assert_eq!(outputs(&folder)["class"], json!(["Standard_D32as_v5"]));
            folder.is_settled("values that came late");
        }
    });
}
