//! Which machine a node gets, what stops at once, and how many requests it takes.

use bud::cloud::{CloudError, Power};
use futures::future::join_all;
use serde_json::json;

use super::machine_bench::{CPU, Field, GPU, disk, node, offer, patience, removal};

#[tokio::test]
async fn the_next_offer_is_taken_only_where_there_is_no_capacity() {
    for error in [
        "AllocationFailed",
        "ZonalAllocationFailed",
        "OverconstrainedAllocationRequest",
        "OverconstrainedZonalAllocationRequest",
        "SkuNotAvailable",
    ] {
        let field = Field::at(3600.0, "westeurope").await;
        let mut plan = field.pool("one");
        plan.data_disks = vec![disk("pg", 8, 0)];
        plan.offers = vec![offer(GPU, Some("1")), offer(CPU, Some("2"))];
        field.capacity(json!([{ "sku": GPU, "error": error }])).await;
        let made = field.create(&plan, &node(0)).await.unwrap_or_else(|failed| panic!("{error}: {failed:?}"));
        let machine = made.machine.unwrap();
        assert_eq!(
            (machine.sku.as_str(), machine.zone.as_deref(), machine.power),
            (CPU, Some("2"), Power::Running)
        );
        assert_eq!(field.objects().await.len(), 5, "{:?}", field.objects().await);
        field.remove("gpu-0", &removal("one")).await.unwrap();
        assert_eq!(field.objects().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn without_any_capacity_each_offer_is_told_and_nothing_but_the_name_stays() {
    let field = Field::at(3600.0, "westeurope").await;
    let mut plan = field.pool("one");
    plan.offers = vec![offer(GPU, Some("1")), offer(CPU, Some("2"))];
    field.capacity(json!([{ "sku": "*", "times": 0, "error": "SkuNotAvailable" }])).await;
    let error = field.create(&plan, &node(0)).await.unwrap_err();
    let CloudError::NoCapacity { node, tried } = error else { panic!("{error:?}") };
    assert_eq!((node.as_str(), tried.len()), ("gpu-0", 2));
    assert_eq!(tried[0].1.code, "SkuNotAvailable");
    assert!(field.objects().await.iter().all(|id| !id.starts_with("virtualMachines/")));
}

#[tokio::test]
async fn a_quota_stops_at_once_and_is_named() {
    let field = Field::new().await;
    let mut plan = field.pool("one");
    plan.offers = vec![offer(CPU, None), offer("Standard_D2s_v5", None)];
    let quotas = field.machines().quotas("westeurope", &patience()).await.unwrap();
    assert!(quotas.iter().any(|quota| quota.name == "StandardSkuPublicIpAddresses"));
    let body = json!({ "location": "westeurope", "limits": { "cores": 3 } });
    field.bench.control(reqwest::Method::POST, "/quotas", body).await;
    field.bench.recount().await;
    let error = field.create(&plan, &node(0)).await.unwrap_err();
    let CloudError::Quota { name, limit, used, needed, .. } = error else { panic!("{error:?}") };
    assert_eq!((name.as_str(), limit, used, needed), ("cores", 3, 0, 4));
    let machines = field.bench.writes().await.into_iter().filter(|write| write == "PUT gpu-0").count();
    assert_eq!(machines, 1, "the next offer is not tried");
}

#[tokio::test]
async fn newer_kinds_and_old_images_start_too() {
    let field = Field::new().await;
    for (number, sku) in ["Standard_D4s_v6", "Standard_D4s_v5", "Standard_B2s", GPU].into_iter().enumerate() {
        let mut plan = field.pool("one");
        plan.offers = vec![offer(sku, None)];
        let made = field.create(&plan, &node(u32::try_from(number).unwrap())).await;
        let made = made.unwrap_or_else(|error| panic!("{sku}: {error:?}"));
        assert_eq!(made.machine.unwrap().sku, sku);
    }
    let skus = field.machines().skus("westeurope", &patience()).await.unwrap();
    let find = |name: &str| skus.iter().find(|sku| sku.name == name).unwrap();
    assert_eq!(find("Standard_D4s_v6").disk_controllers, ["NVMe"]);
    assert_eq!((find(GPU).vcpus, find(GPU).gpus), (24, 1));
    assert!(!find("Standard_B2s").accelerated_networking && !find("Standard_B2s").spot);
}

#[tokio::test]
async fn many_nodes_share_what_is_asked_and_a_plan_is_a_list_for_each_type() {
    let field = Field::new().await;
    let (plan, machines, patience) = (field.pool("one"), field.machines(), patience());
    let nodes: Vec<_> = (0..20).map(node).collect();
    let made = join_all(nodes.iter().map(|node| machines.create(&plan, node, &patience))).await;
    let made: Vec<_> = made.into_iter().map(Result::unwrap).collect();
    let requests = field.bench.requests().await;
    let per_node = requests.iter().filter(|one| one.path.contains("/gpu-")).count() / made.len();
    assert!(per_node <= 14, "{per_node} requests for each node");
    let shared =
        requests.iter().filter(|one| !one.path.contains("/gpu-") && !one.path.contains("perations/"));
    let shared: Vec<&str> = shared.map(|one| one.path.as_str()).collect();
    assert!(shared.len() <= 6, "network, kinds, image: {shared:?}");

    field.bench.recount().await;
    let names: Vec<String> = nodes.iter().map(|node| node.name.clone()).collect();
    let fresh = field.machines();
    let (place, resource) = (field.place(), plan.mark.resource.as_str());
    let seen = tokio::join!(
        fresh.look(&place, resource, &names, &patience),
        fresh.look(&place, "bud_node_pool/other", &[], &patience),
    );
    assert_eq!(seen.0.unwrap().into_values().collect::<Vec<_>>().len(), 20);
    assert!(seen.1.unwrap().is_empty());
    assert_eq!(field.bench.requests().await.len(), 5, "one list for each type, shared by all pools");
}
