//! Ways to get a machine: capacity and quotas.

use serde_json::json;

use super::{Folder, NET, World, each, machines, pool, small, state, write};

#[test]
fn the_second_offer_is_taken_in_the_same_apply_and_stays() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        world.no_room("Standard_NC24ads_A100_v4", "AllocationFailed");
        write(&folder, &pool("offers = [{ sku = \"gpu-a100\" }, { sku = \"NC4as_T4_v3\" }]"));
        folder.apply().succeeded().says("2 added");
        assert_eq!(state(&folder)["chosen_sku"], "Standard_NC4as_T4_v3");
        assert_eq!(world.machine("w-0")["sku"], "Standard_NC4as_T4_v3");
        folder.is_settled("the second offer");
        world.faults(&json!([]));
        folder.is_settled("the first offer being there again");
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}

#[test]
fn a_quota_stops_at_once_and_says_what_is_needed() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        // At plan, before anything is made.
        world.quotas(&json!({ "standardDSv5Family": 3 }));
        write(&folder, &small(2, ""));
        let errors = folder.run(&["apply", "-auto-approve", "-json"]).failed().errors();
        assert_eq!(errors.len(), 1, "{errors:#?}");
        assert!(errors[0].code.starts_with("node_count"), "{errors:#?}");
        for part in ["standardDSv5Family", "limit 3", "0 are in use", "4 more are needed"] {
            assert!(errors[0].detail.contains(part), "{part}: {errors:#?}");
        }
        world.is_empty("after a plan that was refused");

        // At apply, where nobody may check first: no other offer is tried.
        let offers = pool("offers = [{ sku = \"D2s_v5\" }, { sku = \"NC4as_T4_v3\" }]");
        folder.write("  environment = \"ci-1\"\n  preflight = \"off\"", &format!("{NET}{offers}"));
        world.quotas(&json!({ "standardDSv5Family": 1 }));
        let errors = folder.run(&["apply", "-auto-approve", "-json"]).failed().errors();
        assert_eq!(errors.len(), 1, "{errors:#?}");
        let told = format!("{} {}", errors[0].summary, errors[0].detail);
        for part in ["Quota", "DSv5", "allows 1", "0 ", "2 "] {
            assert!(told.contains(part), "{part}: {told}");
        }
        let tried = world.writes().iter().filter(|one| one.starts_with("PUT virtualMachines/")).count();
        assert_eq!((tried, machines(&world).len()), (1, 0));
        world.quotas(&json!({ "standardDSv5Family": 100 }));
        folder.apply().succeeded();
        folder.is_settled("a higher limit");
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}
