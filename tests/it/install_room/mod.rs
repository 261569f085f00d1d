//! The install room against OpenSSH's own server (`BUD_TEST_SSHD`), with a machine of paper behind it.

mod archive;
mod cut;
mod failures;
mod joined;
mod killed;
mod machine;
mod obtained;
mod others;
mod secrets;
mod settled;
mod ways;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bud::node::install::{Access, InstallError, Installed, Wanted, install};
use bud::node::progress::{Event, Progress, State};
use bud::time::Patience;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Ends the test with a word where there is no server.
macro_rules! on_machine {
    ($kind:ident) => {
        match $crate::install_room::machine::Machine::$kind().await {
            Some(machine) => machine,
            None => return,
        }
    };
}
use on_machine;

/// Keeps what it is told, and says when it was told so many things.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) events: Mutex<Vec<Event>>,
    pub(crate) enough: Option<usize>,
    pub(crate) reached: Arc<Notify>,
}

impl Told {
    pub(crate) fn phases(&self, state: State) -> Vec<&'static str> {
        let events = self.events.lock().unwrap();
        events.iter().filter(|event| event.state == state).map(|event| event.phase).collect()
    }

    pub(crate) fn text(&self) -> String {
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
    Patience::new(Duration::from_secs(180), CancellationToken::new())
}

/// One run to its end.
async fn run(access: &Access, wanted: &Wanted) -> (Result<Installed, InstallError>, Told) {
    let told = Told::default();
    let done = install(access, wanted, &told, &patience()).await;
    (done, told)
}
