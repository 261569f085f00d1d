//! Lets happen what is due inside of machines while nobody asks for anything.

use std::time::Duration;

use super::super::clock::pause;
use super::super::serve::Life;
use super::super::world::Shared;

/// Between two looks at what is due, while anything is.
const LOOK: Duration = Duration::from_millis(20);

/// Runs until the simulator stops.
pub(crate) async fn run(world: Shared, life: Life) {
    let pulse = world.lock().guests.pulse.clone();
    loop {
        let is_due = {
            let mut world = world.lock();
            if world.guests.due().is_some() {
                world.settle();
            }
            world.guests.due().is_some()
        };
        tokio::select! {
            () = life.stop.cancelled() => return,
            () = pause(LOOK), if is_due => {}
            () = pulse.notified(), if !is_due => {}
        }
    }
}
