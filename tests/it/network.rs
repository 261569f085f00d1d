//! `bud_network` in the hands of our own host: its life from nothing to nothing.

use crate::harness::host::{Host, Processes};
use crate::harness::judge::Action;
use crate::harness::world::World;

const ADDRESS: &str = "bud_network.this";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_comes_stays_and_goes() {
    let world = World::start().await;
    let mut host = Host::start(world.launch(), Processes::Separate).await;
    let text = "name = \"net\"\nlocation = \"westeurope\"";
    assert_eq!(host.apply(ADDRESS, text).await.done(), Action::Create);
    assert!(!world.ledger().await.objects.is_empty());
    assert!(host.plan(ADDRESS, text).await.unwrap().is_empty());
    assert_eq!(host.destroy(ADDRESS).await.done(), Action::Delete);
    assert_eq!(world.ledger().await.ids(), Vec::<&str>::new());
}
