//! A connection that is cut anywhere, once: the run itself gets over it.

use super::{on_machine, run};
use crate::ssh_room::gate::{Fault, Gate, Way};

#[tokio::test]
async fn after_any_number_of_bytes() {
    let machine = on_machine!(ubuntu);
    let gate = Gate::to(machine.server.port, Fault::None, 0).await;
    let (done, _) = run(&machine.access_at(gate.port), &machine.wanted()).await;
    done.unwrap();
    let (up, down) = (gate.passed(Way::Up), gate.passed(Way::Down));
    // A sample; with `BUD_MATRIX=all` more.
    let parts = if crate::faults::matrix::whole() { 6 } else { 3 };
    for part in 1..parts {
        for fault in [Fault::Cut(Way::Up, up * part / parts), Fault::Reset(Way::Down, down * part / parts)] {
            let machine = on_machine!(ubuntu);
            // Several connections are made, and each may be the one that is cut.
            let gate = Gate::to(machine.server.port, fault, 3).await;
            let (done, told) = run(&machine.access_at(gate.port), &machine.wanted()).await;
            let installed = match done {
                Ok(installed) => installed,
                // Cut too often for one run: the next one goes on.
                Err(_) => run(&machine.access(), &machine.wanted()).await.0.unwrap(),
            };
            assert_eq!(installed.system, "/nix/store/aaaaaaaa-nixos-system-worker", "{}", told.text());
            assert!(machine.count("mkfs.ext4") <= 2, "{fault:?}: {:#?}", machine.log());
        }
    }
}

#[tokio::test]
async fn while_the_installation_runs() {
    let mut machine = on_machine!(ubuntu);
    machine.fault("slow");
    let (access, wanted) = (machine.access(), machine.wanted());
    let running = tokio::spawn(async move { run(&access, &wanted).await });
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while machine.count("nixos-install") == 0 {
        assert!(std::time::Instant::now() < until, "{:?}", machine.log());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    // The server ends with all of its sessions; the installation does not.
    machine.restart_server();
    machine.write("go-on", "");
    let (done, told) = running.await.unwrap();
    assert_eq!(done.unwrap().system, "/nix/store/aaaaaaaa-nixos-system-worker");
    assert!(told.text().contains("the connection was lost"), "{}", told.text());
    assert_eq!(machine.count("nixos-install"), 1);
}
