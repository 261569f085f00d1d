//! `forget`: a server takes away the Node of a machine that is gone, and its password.

use super::super::k3s::{Event, Fare};
use super::super::shell::{Said, Shell};

/// How long a server tries, in simulated seconds.
const TRIES: f64 = 60.0;

pub(super) fn run(shell: &mut Shell<'_>) -> Said {
    let node = shell.input().get("node").to_owned();
    let plain =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || ".-".contains(letter);
    if node.is_empty() || !node.chars().all(plain) {
        shell.say("refused", "bad-name");
        return Said::Exit(0);
    }
    if shell.turn == 0 {
        if shell.guest.k3s.fare != Fare::Active {
            return shell.refuse("not-forgotten", "The connection to the server 127.0.0.1:6443 was refused");
        }
        *shell.memory = shell.clock.after(TRIES).to_string();
        let machine = shell.guest.key.clone();
        shell.guest.forgotten.remove(&node);
        shell.guest.events.push(Event::Forgets { machine, node });
        return Said::Again(0.1);
    }
    match shell.guest.forgotten.remove(&node) {
        Some(Ok(())) => {
            shell.say("forgotten", "yes");
            Said::Exit(0)
        }
        Some(Err(said)) => shell.refuse("not-forgotten", &said),
        // Without any time in between nobody has answered, and nobody will.
        None if shell.clock.passed(shell.memory.parse().unwrap_or(0.0)) && shell.turn > 50 => {
            shell.refuse("not-forgotten", "Unable to connect to the server: context deadline exceeded")
        }
        None => Said::Again(1.0),
    }
}
