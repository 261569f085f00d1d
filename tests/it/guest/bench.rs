//! What installs of many machines at once cost: time against one machine's, memory, and bytes sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bud::node::install::{Access, install};
use bud::node::nixos::{self, DiskAt};
use bud::node::progress::Silent;
use bud::ssh::{Limits, Link, Proxy, Road};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::lab::{Lab, Machine};
use super::patience;
use crate::nixos_room::sample;

/// Simulated seconds for one of the wall.
const SPEED: f64 = 10.0;

/// Stands before the proxy and counts what is sent to machines.
async fn counted(lab: &Lab) -> (Proxy, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = format!("socks5://{}", listener.local_addr().unwrap());
    let proxy = lab.text("/endpoints/proxy").strip_prefix("socks5://").unwrap().to_owned();
    let sent = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&sent);
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let (proxy, counter) = (proxy.clone(), Arc::clone(&counter));
            tokio::spawn(async move {
                let far = TcpStream::connect(proxy).await.unwrap();
                let ((mut read, mut back), (mut answers, mut write)) = (near.into_split(), far.into_split());
                let up = async {
                    let mut piece = [0; 8 * 1024];
                    while let Ok(length @ 1..) = read.read(&mut piece).await {
                        counter.fetch_add(length as u64, Ordering::Relaxed);
                        if write.write_all(&piece[..length]).await.is_err() {
                            break;
                        }
                    }
                    let _ = write.shutdown().await;
                };
                let down = async {
                    let _ = tokio::io::copy(&mut answers, &mut back).await;
                    let _ = back.shutdown().await;
                };
                tokio::join!(up, down);
            });
        }
    });
    (Proxy::parse(&own).unwrap(), sent)
}

/// The largest resident size of this process so far, in MiB.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}

/// The generated cluster of these machines, all of one system.
async fn generated(lab: &Lab, machines: &[Machine<'_>]) -> nixos::Generated {
    let mut cluster = sample::azure();
    cluster.users[0].keys = vec![lab.key.public.clone()];
    let node = cluster.nodes.remove("worker-0").unwrap();
    cluster.nodes.retain(|name, _| name == "primary-0");
    cluster.overrides.remove("gpu");
    for machine in machines {
        let mut node = node.clone();
        node.system_disk = DiskAt::Serial(machine.serial().await);
        node.addresses.ipv4 = machine.private().await.parse().ok();
        cluster.nodes.insert(machine.name.clone(), node);
    }
    nixos::generate(&cluster).unwrap()
}

/// Run by `scripts/bench-nodes`, which gives the program whose simulator has the machines: this process holds the
/// provider's part alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "scripts/bench-nodes runs it"]
async fn installs_of_many_machines() {
    let program = std::env::var("BUD_BENCH_SIMULATOR").unwrap();
    println!(
        "{:<9} {:>9} {:>9} {:>9} {:>9} {:>12}",
        "machines", "seconds", "slowest", "ratio", "peak MiB", "KiB each"
    );
    let mut alone = Duration::ZERO;
    for count in [1, 10, 50] {
        let lab = Lab::beside(&program, SPEED).await;
        let (proxy, sent) = counted(&lab).await;
        let mut machines = Vec::new();
        for number in 0..count {
            machines.push(lab.ubuntu(&format!("worker-{number}")).await);
        }
        let generated = generated(&lab, &machines).await;
        let mut wanted = Vec::new();
        let flake = Arc::new(generated.flake.clone());
        for machine in &machines {
            let mut one = machine.wanted_of(&generated, machine.serial().await);
            one.system.flake = Arc::clone(&flake);
            one.deadlines = bud::node::install::Deadlines::default();
            wanted.push(one);
        }
        let (began, bytes) = (Instant::now(), sent.load(Ordering::Relaxed));
        let runs = machines.iter().zip(&wanted).map(|(machine, wanted)| {
            let road = Road { proxy: Some(proxy.clone()), bastions: Vec::new() };
            let link = Link::new(machine.target("ubuntu"), road, Limits::default());
            async move {
                let access = Access { machine: link, installed_user: "bud".to_owned(), power: None };
                let began = Instant::now();
                install(&access, wanted, &Silent, &patience()).await.unwrap();
                began.elapsed()
            }
        });
        let each = futures::future::join_all(runs).await;
        let whole = began.elapsed();
        let slowest = each.into_iter().max().unwrap();
        if count == 1 {
            alone = whole;
        }
        let ratio = whole.as_secs_f64() / alone.as_secs_f64();
        let kib = (sent.load(Ordering::Relaxed) - bytes) / count as u64 / 1024;
        println!(
            "{count:<9} {:>9.1} {:>9.1} {ratio:>8.2}x {:>9.1} {kib:>12}",
            whole.as_secs_f64(),
            slowest.as_secs_f64(),
            peak()
        );
    }
}
