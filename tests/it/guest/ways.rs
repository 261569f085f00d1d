//! Each way to NixOS from its beginning to its end.

use bud::node::install::{Way, look};
use bud::node::nixos::DiskAt;
use bud::node::progress::State;
use serde_json::{Value, json};

use super::lab::{Lab, Machine};
use super::run;

/// A file on a disk of a machine, as the control endpoint shows it.
pub(super) fn file(inside: &Value, partition: u32, path: &str) -> Value {
    let volumes = inside["disks"][0]["volumes"].as_array().unwrap();
    let volume = volumes.iter().find(|volume| volume["partition"] == partition).unwrap();
    volume["files"][path].clone()
}

async fn is_installed(machine: &Machine<'_>) -> Value {
    let inside = machine.inside().await;
    assert_eq!((&inside["runs"], &inside["state"]), (&json!("nixos"), &json!("up")), "{inside}");
    inside
}

#[tokio::test]
async fn by_the_boot_loader_once() {
    let lab = Lab::new().await;
    let machine = lab.ubuntu("gpu-0").await;
    let wanted = machine.wanted().await;
    let (done, told) = run(&machine.access(), &wanted).await;
    let installed = done.unwrap_or_else(|error| panic!("{error}\n{}", told.text()));
    assert!(installed.is_new && installed.system.starts_with("/nix/store/"), "{installed:?}");
    assert_eq!(told.phases(State::Finished), ["facts", "boot", "disk", "install", "reboot"]);
    assert_eq!(lab.count("kexec").await, 0);

    let inside = is_installed(&machine).await;
    assert_eq!((&inside["system"], &inside["name"]), (&json!(installed.system), &json!("gpu-0")));
    assert_eq!(inside["boot_id"], installed.boot_id);
    for placed in &wanted.placed {
        let there = file(&inside, 2, &placed.path);
        assert_eq!(there["text"], placed.content.expose(), "{}", placed.path);
        assert_eq!(there["mode"], format!("{:o}", placed.mode), "{}", placed.path);
        assert_eq!(there["owner"], format!("root:{}", placed.group), "{}", placed.path);
    }
    let own = file(&inside, 2, "/etc/ssh/ssh_host_ed25519_key");
    assert_eq!((&own["text"], &own["mode"]), (&json!(machine.host_key.private.expose()), &json!("600")));
    assert!(file(&inside, 2, "/etc/ssh/ssh_host_bud_ed25519_key")["text"].is_string(), "its own key");
    assert!(file(&inside, 2, "/var/lib/bud/install")["text"].as_str().unwrap().contains("reached=proven\n"));

    // Once more: nothing is done.
    let before = lab.steps().await.len();
    let (again, told) = run(&machine.access(), &wanted).await;
    let again = again.unwrap();
    assert_eq!((&again.system, again.is_new), (&installed.system, false));
    assert_eq!(told.phases(State::Resumed), ["reboot"]);
    let steps: Vec<Value> = lab.steps().await.split_off(before);
    assert!(
        steps.iter().all(|line| ["privilege", "facts"].contains(&line["step"].as_str().unwrap())),
        "{steps:?}"
    );
}

#[tokio::test]
async fn from_the_running_kernel() {
    let lab = Lab::new().await;
    let machine = lab.ubuntu("gpu-0").await;
    let mut wanted = machine.wanted().await;
    wanted.way = Some(Way::Kexec);
    let (done, told) = run(&machine.access(), &wanted).await;
    done.unwrap_or_else(|error| panic!("{error}\n{}", told.text()));
    assert_eq!(told.phases(State::Finished), ["facts", "kexec", "disk", "install", "reboot"]);
    assert_eq!((lab.count("kexec").await, lab.count("boot").await), (1, 0));
    is_installed(&machine).await;
}

#[tokio::test]
async fn a_nixos_is_switched_where_it_is() {
    for (born, way) in [("nixos", Way::Switch), ("image", Way::Image)] {
        let lab = Lab::new().await;
        let machine = lab.ubuntu("gpu-0").await;
        machine.odd(json!({ "born": born })).await;
        let before = machine.inside().await;
        let mut wanted = machine.wanted_kept().await;
        wanted.way = Some(way);
        let (done, told) = run(&machine.access(), &wanted).await;
        let installed = done.unwrap_or_else(|error| panic!("{born}: {error}\n{}", told.text()));
        let inside = is_installed(&machine).await;
        assert_eq!(inside["system"], json!(installed.system));
        assert_eq!((lab.count("boot").await, lab.count("kexec").await), (0, 0));
        assert_eq!(inside["disks"][0]["table"], before["disks"][0]["table"], "nothing was formatted");
        assert!(file(&inside, 2, "/etc/nixos.before-bud/configuration.nix")["text"].is_string());
    }
}

#[tokio::test]
async fn an_image_of_a_gallery_is_one_of_ours() {
    let lab = Lab::new().await;
    let gallery = "/subscriptions/5b1d0000-0000-4000-8000-000000000001/resourceGroups/images/providers/Microsoft.Compute/\
                   galleries/bud/images/node/versions/26.5.0";
    let image = json!({ "storageProfile": { "imageReference": {
        "publisher": null, "offer": null, "sku": null, "version": null, "id": gallery,
    } } });
    let machine = lab.machine("gpu-0", image).await;
    let wanted = machine.wanted_kept().await;
    let (done, told) = run(&machine.access(), &wanted).await;
    done.unwrap_or_else(|error| panic!("{error}\n{}", told.text()));
    is_installed(&machine).await;
}

#[tokio::test]
async fn a_machine_that_starts_the_old_way() {
    let lab = Lab::new().await;
    let old = json!({
        "hardwareProfile": { "vmSize": "Standard_D4s_v5" },
        "storageProfile": { "imageReference": { "sku": "server-gen1" } },
    });
    let machine = lab.machine("gpu-0", old).await;
    let mut cluster = crate::nixos_room::sample::azure();
    cluster.users[0].keys = vec![lab.key.public.clone()];
    let node = cluster.nodes.get_mut("gpu-0").unwrap();
    node.firmware = bud::node::nixos::Firmware::Bios;
    node.system_disk = bud::node::nixos::DiskAt::Serial(machine.serial().await);
    let generated = bud::node::nixos::generate(&cluster).unwrap();
    let files = &generated.nodes["gpu-0"];
    let mut wanted = machine.wanted().await;
    wanted.firmware = bud::node::nixos::Firmware::Bios;
    wanted.system.name.clone_from(&files.system);
    wanted.system.flake = std::sync::Arc::new(generated.flake.clone());
    wanted.disks.clone_from(&files.disks);
    let (done, told) = run(&machine.access(), &wanted).await;
    done.unwrap_or_else(|error| panic!("{error}\n{}", told.text()));
    let inside = is_installed(&machine).await;
    assert_eq!(inside["disks"][0]["volumes"].as_array().unwrap().len(), 1, "no partition for EFI");
}

/// All disks of an NVMe controller have one serial number: the system's is known by its WWN.
#[tokio::test]
async fn a_machine_whose_disks_have_one_serial_number() {
    let lab = Lab::new().await;
    let nvme = json!({
        "hardwareProfile": { "vmSize": "Standard_D4s_v6" },
        "storageProfile": { "diskControllerType": "NVMe", "dataDisks": [{
            "lun": 23, "name": "gpu-0-data", "createOption": "Empty", "diskSizeGB": 100, "deleteOption": "Detach",
            "managedDisk": { "storageAccountType": "Premium_LRS" },
        }] },
    });
    let machine = lab.machine("gpu-0", nvme).await;
    let inside = machine.inside().await;
    assert_eq!(inside["disks"][0]["serial"], inside["disks"][1]["serial"]);
    let deadlines = super::lab::deadlines();
    let silent = bud::node::progress::Silent;
    let facts = look(&machine.access(), "gpu-0", deadlines, &silent, &super::patience()).await.unwrap();
    let disk = facts.system_disk().unwrap();
    assert_eq!(disk, DiskAt::Serial(inside["disks"][0]["wwn"].as_str().unwrap().to_owned()));
    let mut wanted = machine
        .wanted_with(|node| {
            node.system_disk = disk.clone();
            node.data_disks = crate::nixos_room::sample::azure().nodes["primary-0"].data_disks.clone();
        })
        .await;
    wanted.system_disk = disk.clone();
    let (done, told) = run(&machine.access(), &wanted).await;
    done.unwrap_or_else(|error| panic!("{error}\n{}", told.text()));
    let inside = is_installed(&machine).await;
    assert_eq!(inside["disks"][1]["volumes"][0]["label"], "bud-storage");
    // By the number that they share it is refused.
    wanted.system_disk = DiskAt::Serial("SN: 000001".to_owned());
    let other = lab.machine(
        "gpu-1",
        json!({
            "hardwareProfile": { "vmSize": "Standard_D4s_v6" },
            "storageProfile": { "diskControllerType": "NVMe", "dataDisks": [{
                "lun": 0, "name": "gpu-1-data", "createOption": "Empty", "diskSizeGB": 100,
            }] },
        }),
    );
    let (done, _) = run(&other.await.access(), &wanted).await;
    let error = done.unwrap_err();
    assert!(
        error.to_string().contains("more than one disk") || error.to_string().contains("nvme0n1"),
        "{error}"
    );
}
