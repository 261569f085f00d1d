//! Struck at every step of every way: the next run goes on, formats nothing that is finished, and comes to the
//! same end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bud::node::install::{Installed, Power, Wanted, Way, install};
use bud::time::Patience;
use futures::StreamExt as _;
use serde_json::{Value, json};

use super::lab::{Lab, Machine};
use super::{Told, patience, run};

/// What strikes, and whether it can get the machine out of the installer.
const BLOWS: [&str; 7] = [
    "cut_before",
    "cut_after",
    "kill_before",
    "kill_within",
    "kill_after",
    "power_off_before",
    "power_off_after",
];

/// How a machine of a way begins.
async fn begin<'a>(lab: &'a Lab, way: Way) -> (Machine<'a>, Wanted) {
    let machine = lab.ubuntu("gpu-0").await;
    let mut wanted = if way == Way::Switch || way == Way::Image {
        machine.odd(json!({ "born": if way == Way::Image { "image" } else { "nixos" } })).await;
        machine.wanted_kept().await
    } else {
        machine.wanted().await
    };
    wanted.way = Some(way);
    wanted.deadlines.installer = std::time::Duration::from_secs(4);
    wanted.deadlines.reboot = std::time::Duration::from_secs(4);
    wanted.deadlines.answer = std::time::Duration::from_secs(3);
    wanted.deadlines.step = std::time::Duration::from_secs(3);
    (machine, wanted)
}

/// Goes on until the machine is what it shall be. One that is off is started by its cloud in between; one that
/// lost its power between its layout and its boot loader has nothing to start, and is made anew.
async fn converge(machine: &Machine<'_>, wanted: &mut Wanted, what: &str) -> Installed {
    let mut said = String::new();
    for _ in 0..5 {
        let inside = machine.inside().await;
        if inside["state"] == "off" {
            machine.call("start", json!({})).await;
        }
        let inside = machine.inside().await;
        if inside["state"] == "hung" {
            let volumes = inside["disks"][0]["volumes"].as_array().unwrap();
            let finished = volumes.iter().any(|volume| volume["files"]["/var/lib/bud/finished"].is_object());
            assert!(!finished, "{what}: a finished disk does not start: {inside}");
            machine.remake().await;
            let serial = machine.serial().await;
            let bud::node::nixos::DiskAt::Serial(old) = &wanted.system_disk else { panic!() };
            wanted.disks = wanted.disks.replace(old, &serial);
            wanted.system_disk = bud::node::nixos::DiskAt::Serial(serial);
        }
        let (done, told) = run(&machine.access(), wanted).await;
        match done {
            Ok(installed) => return installed,
            Err(error) => said.push_str(&format!("{error}\n{}\n", told.text())),
        }
    }
    panic!("{what}: {said}\n{}", machine.inside().await);
}

/// What must hold at the end, whatever struck.
async fn check(machine: &Machine<'_>, wanted: &Wanted, installed: &Installed, what: &str) {
    let inside = machine.inside().await;
    assert_eq!(inside["runs"], "nixos", "{what}: {inside}");
    assert_eq!(inside["system"], json!(installed.system), "{what}");
    assert_eq!(installed.digest, wanted.system.digest, "{what}");
    for placed in &wanted.placed {
        assert_eq!(
            super::ways::file(&inside, 2, &placed.path)["text"],
            placed.content.expose(),
            "{what}: {}",
            placed.path
        );
    }
    // After a system was finished nothing was formatted or installed any more.
    let steps = machine.lab.steps().await;
    let done = |line: &Value| {
        line["status"] == 0
            || line["fault"].as_str().is_some_and(|fault| fault.ends_with("_after") || fault == "kill_within")
    };
    let finished = steps.iter().position(|line| line["step"] == "finish" && done(line)).unwrap();
    for line in &steps[finished..] {
        assert!(line["step"] != "install" && line["detail"] != "format", "{what}: {line}");
    }
}

/// The steps of an undisturbed run.
async fn clean(way: Way) -> Vec<String> {
    let lab = Lab::new().await;
    let (machine, wanted) = begin(&lab, way).await;
    let (done, told) = run(&machine.access(), &wanted).await;
    done.unwrap_or_else(|error| panic!("{error}\n{}", told.text()));
    let steps = lab.steps().await;
    steps.iter().map(|line| line["step"].as_str().unwrap().to_owned()).collect()
}

/// How often a machine is asked who and what it is depends on how fast it comes back.
const ASKED: [&str; 2] = ["privilege", "facts"];

/// Strikes a way: a sample of its steps, with `BUD_MATRIX=all` each of them with each blow.
async fn strike(way: Way, offset: usize) {
    let steps = clean(way).await;
    let mut cases = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let nth = steps[..=at].iter().filter(|other| *other == step).count();
        for (number, blow) in BLOWS.iter().enumerate() {
            if crate::faults::whole() || (at + number * 3 + offset).is_multiple_of(23) {
                cases.push((step, nth, *blow));
            }
        }
    }
    let requests = steps.len();
    let count = cases.len();
    // Most of a case is waiting.
    futures::stream::iter(cases).for_each_concurrent(4, |(step, nth, blow)| case(way, step, nth, blow)).await;
    println!("matrix: install by {way}, machine and connection: {requests} requests, {count} cases passed");
}

async fn case(way: Way, step: &str, nth: usize, blow: &str) {
    let what = format!("{way}: {step} {nth} {blow}");
    let lab = Lab::new().await;
    let (machine, mut wanted) = begin(&lab, way).await;
    lab.faults(json!([{ "step": step, "nth": nth, "do": blow }])).await;
    let installed = converge(&machine, &mut wanted, &what).await;
    check(&machine, &wanted, &installed, &what).await;
    let struck = lab.steps().await.iter().filter(|line| line["fault"] == blow).count();
    assert!(struck == 1 || ASKED.contains(&step), "{what}: it was struck once");
}

#[tokio::test]
async fn by_the_boot_loader() {
    strike(Way::Boot, 0).await;
}

#[tokio::test]
async fn by_kexec() {
    strike(Way::Kexec, 4).await;
}

#[tokio::test]
async fn an_image() {
    strike(Way::Image, 7).await;
}

#[tokio::test]
async fn a_nixos_of_somebody() {
    strike(Way::Switch, 9).await;
}

/// The provider is gone from one moment to the next, after each thing that it told.
#[tokio::test]
async fn the_provider_is_killed() {
    for way in [Way::Boot, Way::Kexec, Way::Switch] {
        for (cases, after) in (1..).step_by(if crate::faults::whole() { 1 } else { 4 }).enumerate() {
            let lab = Lab::new().await;
            let (machine, mut wanted) = begin(&lab, way).await;
            let told = Told { enough: Some(after), ..Told::default() };
            let reached = std::sync::Arc::clone(&told.reached);
            let (access, patience) = (machine.access(), patience());
            let whole = tokio::select! {
                done = install(&access, &wanted, &told, &patience) => { done.unwrap(); true }
                () = reached.notified() => false,
            };
            let what = format!("{way} killed after {after}");
            let installed = converge(&machine, &mut wanted, &what).await;
            check(&machine, &wanted, &installed, &what).await;
            if whole {
                assert!(after > 8, "{what}");
                println!("matrix: install by {way}, provider killed: {after} requests, {cases} cases passed");
                break;
            }
        }
    }
}

/// A cloud that restarts a machine which does not answer.
struct Cloud {
    control: String,
    restarts: AtomicUsize,
}

#[async_trait]
impl Power for Cloud {
    async fn restart(&self, _: &Patience) -> Result<(), String> {
        self.restarts.fetch_add(1, Ordering::SeqCst);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.post(&self.control).body("{}").send().await.map_err(|error| error.to_string())?;
        if answer.status().is_success() { Ok(()) } else { Err(answer.text().await.unwrap_or_default()) }
    }

    async fn console(&self, _: &Patience) -> Option<String> {
        None
    }
}

#[tokio::test]
async fn a_machine_that_hangs_is_restarted_by_its_cloud() {
    let lab = Lab::new().await;
    let (machine, mut wanted) = begin(&lab, Way::Kexec).await;
    wanted.way = None;
    wanted.cloud = bud::node::nixos::Cloud::Aws;
    wanted.deadlines.installer = std::time::Duration::from_secs(2);
    lab.faults(json!([{ "step": "kexec", "do": "kernel_hangs" }])).await;
    let power = Arc::new(Cloud { control: machine.control_url("cut"), restarts: AtomicUsize::new(0) });
    let mut access = machine.access();
    access.power = Some(power.clone());
    let (done, told) = run(&access, &wanted).await;
    done.unwrap_or_else(|error| panic!("{error}\n{}", told.text()));
    assert_eq!(power.restarts.load(Ordering::SeqCst), 1);
    assert!(told.text().contains("after `kexec` the machine runs ubuntu 24.04 again"), "{}", told.text());
}

#[tokio::test]
async fn a_step_that_hangs_ends_with_its_deadline_and_is_gone_on_with() {
    for step in ["facts", "stage", "disk", "tree", "install", "finish"] {
        let lab = Lab::new().await;
        let (machine, mut wanted) = begin(&lab, Way::Boot).await;
        wanted.deadlines.step = std::time::Duration::from_secs(2);
        wanted.deadlines.stage = wanted.deadlines.step;
        wanted.deadlines.disk = wanted.deadlines.step;
        lab.faults(json!([{ "step": step, "do": "hang" }])).await;
        let (done, told) = run(&machine.access(), &wanted).await;
        if let Err(error) = done {
            assert!(error.to_string().contains(step), "{step}: {error}");
            let (done, told) = run(&machine.access(), &wanted).await;
            done.unwrap_or_else(|error| panic!("{step}: {error}\n{}", told.text()));
        } else {
            assert!(told.text().contains(step), "{step}: {}", told.text());
        }
    }
}

#[tokio::test]
async fn a_kernel_that_hangs_and_an_entry_that_is_lost() {
    let lab = Lab::new().await;
    let (machine, mut wanted) = begin(&lab, Way::Kexec).await;
    lab.faults(json!([{ "step": "kexec", "do": "kernel_hangs" }])).await;
    wanted.deadlines.installer = std::time::Duration::from_secs(1);
    let (done, _) = run(&machine.access(), &wanted).await;
    let error = done.unwrap_err();
    assert!(
        matches!(&*error.fault, bud::node::install::Fault::NoInstaller { way: Way::Kexec, .. }),
        "{error}"
    );
    assert_eq!(machine.inside().await["state"], "hung");
    // Its cloud restarts it: it is its old self, and another way leads on.
    let power = Arc::new(Cloud { control: machine.control_url("cut"), restarts: AtomicUsize::new(0) });
    let mut access = machine.access();
    access.power = Some(power.clone());
    machine.call("cut", json!({})).await;
    lab.faults(json!([{ "step": "kexec", "do": "kernel_hangs" }])).await;
    wanted.way = None;
    wanted.cloud = bud::node::nixos::Cloud::Aws;
    wanted.deadlines.installer = std::time::Duration::from_secs(4);
    let (done, told) = run(&access, &wanted).await;
    done.unwrap_or_else(|error| panic!("{error}\n{}", told.text()));
    // The way that hung is tried last by whoever comes next, and it did not hang by itself.
    assert!(power.restarts.load(Ordering::SeqCst) <= 1);
    assert_eq!(machine.inside().await["runs"], "nixos");

    let lab = Lab::new().await;
    let (machine, mut wanted) = begin(&lab, Way::Boot).await;
    wanted.way = None;
    lab.faults(json!([{ "step": "boot", "do": "entry_is_lost" }])).await;
    let (done, told) = run(&machine.access(), &wanted).await;
    done.unwrap_or_else(|error| panic!("{error}\n{}", told.text()));
    assert!(told.text().contains("after `boot` the machine runs ubuntu 24.04 again"), "{}", told.text());
    assert_eq!((lab.count("boot").await, lab.count("kexec").await), (1, 1));
}

#[tokio::test]
async fn a_finished_disk_and_a_disk_with_data_are_never_formatted() {
    let lab = Lab::new().await;
    let disk = json!({ "storageProfile": { "dataDisks": [{
        "lun": 23, "name": "gpu-0-data", "createOption": "Empty", "diskSizeGB": 100, "deleteOption": "Detach",
        "managedDisk": { "storageAccountType": "Premium_LRS" },
    }] } });
    let machine = lab.machine("gpu-0", disk.clone()).await;
    let mut wanted = machine
        .wanted_with(|node| {
            node.data_disks = crate::nixos_room::sample::azure().nodes["primary-0"].data_disks.clone();
        })
        .await;
    // Somebody's volume group is on it.
    machine.call("layout", json!({ "23": "LVM2_member" })).await;
    let (done, _) = run(&machine.access(), &wanted).await;
    let error = done.unwrap_err();
    assert!(error.to_string().contains("holds LVM2_member"), "{error}");
    assert!(machine.inside().await["disks"][1]["volumes"].as_array().unwrap().is_empty());
    // A file system of the same kind is mounted as it is.
    machine.call("layout", json!({ "23": "ext4" })).await;
    let (done, told) = run(&machine.access(), &wanted).await;
    done.unwrap_or_else(|error| panic!("{error}\n{}", told.text()));
    let inside = machine.inside().await;
    let data = &inside["disks"][1]["volumes"][0];
    assert_eq!((&data["uuid"], &data["label"]), (&json!("A1B2-0003"), &json!("bud-storage")));
    // Another system is wanted: what is there says which one it is, and stays.
    let disks = lab.count("disk").await;
    let digest = std::mem::replace(&mut wanted.system.digest, "another".to_owned());
    let (done, _) = run(&machine.access(), &wanted).await;
    let stays = done.unwrap();
    assert_eq!((stays.digest, stays.is_new), (digest, false));
    assert_eq!(lab.count("disk").await, disks);

    // The same in the installer: the disk was finished, and the run that had done it was cut off.
    let lab = Lab::new().await;
    let (machine, wanted) = begin(&lab, Way::Boot).await;
    lab.faults(json!([{ "step": "finish", "do": "cut_after" }, { "step": "reboot", "do": "cut_before", "times": 0 }])).await;
    let (done, _) = run(&machine.access(), &wanted).await;
    done.unwrap_err();
    assert_eq!(machine.inside().await["runs"], "installer");
    lab.faults(json!([])).await;
    let mut other = wanted.clone();
    other.system.digest = "another".to_owned();
    let (done, told) = run(&machine.access(), &other).await;
    let stays = done.unwrap_or_else(|error| panic!("{error}\n{}", told.text()));
    assert_eq!(stays.digest, wanted.system.digest);
    let formats = lab.steps().await.iter().filter(|line| line["detail"] == "format").count();
    assert_eq!((formats, lab.count("install").await), (1, 1));
    assert!(told.text().contains("holds a finished system"), "{}", told.text());
}

/// Somebody else's run comes while the installation works: it is found, and goes on undisturbed.
#[tokio::test]
async fn a_second_run_finds_the_installation_at_work() {
    let lab = Lab::at(30.0).await;
    let (machine, mut wanted) = begin(&lab, Way::Boot).await;
    wanted.deadlines = super::lab::deadlines();
    let told = Told::default();
    let (access, ends) = (machine.access(), patience());
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    let at_work = async {
        while lab.count("follow").await == 0 {
            assert!(std::time::Instant::now() < until, "{}", machine.inside().await);
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        done = install(&access, &wanted, &told, &ends) => panic!("{done:?}"),
        () = at_work => {}
    }
    let (done, told) = run(&machine.access(), &wanted).await;
    done.unwrap_or_else(|error| panic!("{error}\n{}", told.text()));
    let steps = lab.steps().await;
    let formats = steps.iter().filter(|line| line["detail"] == "format").count();
    assert_eq!(formats, 1, "{steps:?}");
    assert_eq!(machine.inside().await["runs"], "nixos");
}
