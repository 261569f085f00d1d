//! Simulated machines: the whole install against them by every way, struck at every step, and what they refuse.

mod bench;
mod lab;
mod matrix;
mod network;
mod openssh;
mod refused;
mod settled;
mod steps;
mod ways;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bud::node::install::{Access, InstallError, Installed, Wanted, install};
use bud::node::progress::{Event, Progress, State};
use bud::time::Patience;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Keeps what it is told, and says when it was told so many things.
#[derive(Default)]
struct Told {
    events: Mutex<Vec<Event>>,
    enough: Option<usize>,
    reached: Arc<Notify>,
}

impl Told {
    fn phases(&self, state: State) -> Vec<&'static str> {
        let events = self.events.lock().unwrap();
        events.iter().filter(|event| event.state == state).map(|event| event.phase).collect()
    }

    fn text(&self) -> String {
        let events = self.events.lock().unwrap();
        events.iter().map(|event| format!("{} {:?} {}\n", event.phase, event.state, event.detail)).collect()
    }
}

impl Progress for Told {
    fn tell(&self, event: &Event) {
        let mut events = self.events.lock().unwrap();
        events.push(event.clone());
        if Some(events.len()) == self.enough {
            self.reached.notify_one();
        }
    }
}

fn patience() -> Patience {
    Patience::new(Duration::from_secs(120), CancellationToken::new())
}

/// One run to its end.
async fn run(access: &Access, wanted: &Wanted) -> (Result<Installed, InstallError>, Told) {
    let told = Told::default();
    let done = install(access, wanted, &told, &patience()).await;
    (done, told)
}
