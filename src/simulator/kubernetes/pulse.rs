//! Serves what was opened, and lets clusters go on while nobody asks for anything.

use std::time::Duration;

use tokio::net::TcpListener;

use super::super::clock::pause;
use super::super::serve::Life;
use super::super::world::Shared;
use super::{machines, server};

/// Between two looks at what is due, while there is any cluster.
const LOOK: Duration = Duration::from_millis(50);

/// Runs until the simulator stops.
pub(crate) async fn run(world: Shared, life: Life) {
    let pulse = world.lock().kubernetes.pulse.clone();
    loop {
        let (opened, goes_on) = {
            let mut world = world.lock();
            let world = &mut *world;
            if world.kubernetes.plays {
                machines::settle(world);
            }
            world.kubernetes.settle(&world.clock);
            let goes_on = world.kubernetes.plays || !world.kubernetes.clusters.is_empty();
            (std::mem::take(&mut world.kubernetes.opened), goes_on)
        };
        for (listener, door) in opened {
            // A socket that this process has just bound can be waited on.
            if let Ok(listener) = TcpListener::from_std(listener) {
                life.tasks.spawn(server::serve(listener, door, world.clone(), life.clone()));
            }
        }
        tokio::select! {
            () = life.stop.cancelled() => return,
            () = pause(LOOK), if goes_on => {}
            () = pulse.notified() => {}
        }
    }
}
