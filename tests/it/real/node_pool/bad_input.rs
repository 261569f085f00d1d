//! Bad input: one clear error on the attribute, and nothing made.

use serde_json::json;

use super::super::host::Shown;
use super::{Folder, World, each, machines, pool, small, write};

/// Arguments, how the line begins to which the error must point, and what it must say.
const REFUSED: &[(&str, &str, &[&str])] = &[
    ("sku = \"D2s_v55\"", "sku", &["Unknown machine type", "Standard_D2s_v5", "D2as_v5"]),
    ("offers = [{ sku = \"cpu\" }, { sku = \"nothing\" }]", "offers", &["Unknown machine type", "nothing"]),
    ("sku = \"NC24ads_A100_v4\"\nzones = [\"1\", \"9\"]", "zones", &["Zone not offered", "\"9\""]),
    ("sku = \"D4s_v5\"", "sku", &["Machine type restricted", "D4s_v5"]),
    (
        "sku = \"E2s_v5\"\nnode_count = 1",
        "node_count",
        &["Quota too small", "standardESv5Family", "limit 1", "2 more"],
    ),
    ("sku = \"cpu\"\nnode_count = -1", "node_count", &["Bad number of nodes", "-1"]),
    ("sku = \"cpu\"\nnode_count = 10000000000", "node_count", &["Bad number of nodes", "10000"]),
    ("sku = \"cpu\"\nnode_count = 1.5", "node_count", &["whole number"]),
    (
        "sku = \"cpu\"\nname = \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\"",
        "name",
        &["Name too long", "63"],
    ),
    (
        "sku = \"cpu\"\nsecurity_group = \"defualt\"",
        "security_group",
        &["Unknown security group", "\"default\""],
    ),
    ("sku = \"cpu\"\nsubnets = [\"other\"]", "subnets", &["Unknown subnet", "budk8s-common"]),
    ("sku = \"cpu\"\nrole = \"boss\"", "role", &["boss", "worker"]),
    ("sku = \"cpu\"\nos_disk = { size_gb = 5 }", "os_disk", &["Bad disk size", "30"]),
    ("sku = \"cpu\"\nremove_nodes = [\"x-1\"]", "remove_nodes", &["Not a node of this pool", "w-0"]),
    ("sku = \"cpu\"\noffers = [{ sku = \"cpu\" }]", "sku", &["Conflicting arguments", "offers"]),
];

/// Whether an error points to the attribute; what lies deeper has no line in the hosts' eyes, who then show
/// the resource's first: the text must say the place.
fn on_the_attribute(error: &Shown, line: &str) -> bool {
    let place = [format!("{line}["), format!("{line}.")];
    error.code.starts_with(line)
        || (error.code.starts_with("resource ") && place.iter().any(|place| error.detail.contains(place)))
}

fn judge(errors: &[Shown], line: &str, says: &[&str]) -> bool {
    let [one] = errors else { return false };
    let told = format!("{} {}", one.summary, one.detail);
    on_the_attribute(one, line) && says.iter().all(|part| told.contains(part))
}

#[test]
fn a_plan_refuses_it_on_the_attribute_and_nothing_is_made() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        world.restrict(&json!([{ "sku": "Standard_D4s_v5", "location": "westeurope" }]));
        world.quotas(&json!({ "standardESv5Family": 1 }));
        let mut wrong = Vec::new();
        for (arguments, line, says) in REFUSED {
            write(&folder, &pool(arguments));
            let run = folder.run(&["plan", "-json"]);
            if run.status.success() || !judge(&run.errors(), line, says) {
                wrong.push(format!("{arguments}\n  wanted {says:?} at {line:?}, got {:#?}", run.errors()));
            }
        }
        assert!(wrong.is_empty(), "{}: {}\n{}", host.name, wrong.len(), wrong.join("\n"));
        world.is_empty("after refused plans");
        assert_eq!(world.writes(), Vec::<String>::new());
    });
}

#[test]
fn what_no_machine_survives_asks_for_a_second_pool() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        let standing = "os_disk = { size_gb = 300 }\ndata_disks = [{ name = \"a\", size_gb = 32 }]\n";
        write(&folder, &small(1, standing));
        folder.apply().succeeded();
        world.restart_counter();
        for (text, line) in [
            (small(1, &format!("{standing}role = \"ingress\"")), "role"),
            (small(1, &standing.replace("300", "200")), "os_disk"),
            (small(1, &standing.replace("32", "16")), "data_disks"),
            (small(1, "os_disk = { size_gb = 300 }"), "data_disks"),
        ] {
            write(&folder, &text);
            let errors = folder.run(&["apply", "-auto-approve", "-json"]).failed().errors();
            let gone = line == "data_disks" && !text.contains("data_disks");
            let good = match errors.as_slice() {
                [one] if gone => one.detail.contains("second pool"),
                errors => judge(errors, line, &["second pool"]),
            };
            assert!(good, "{text}\n{errors:#?}");
        }
        assert_eq!(world.writes(), Vec::<String>::new());
        assert_eq!(machines(&world), ["w-0"]);
        write(&folder, &small(1, standing));
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}
