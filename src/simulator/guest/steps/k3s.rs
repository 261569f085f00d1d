//! `k3s`: waits until k3s runs, for some seconds at most.

use super::super::k3s::Fare;
use super::super::shell::{Said, Shell};
use super::super::unit::LEFT;

/// How many of its last lines are told.
const LINES: usize = 15;

pub(super) fn run(shell: &mut Shell<'_>) -> Said {
    if shell.turn == 0 {
        let seconds: f64 = shell.input().get("seconds").parse().unwrap_or(0.0);
        *shell.memory = shell.clock.after(seconds).to_string();
    }
    if shell.guest.has(LEFT) {
        shell.say("state", "left");
        return Said::Exit(0);
    }
    let service = shell.guest.k3s.clone();
    let ends: f64 = shell.memory.parse().unwrap_or(0.0);
    if !matches!(service.fare, Fare::Active | Fare::Failed) && !shell.clock.passed(ends) {
        return Said::Again(2.0);
    }
    shell.say("state", service.fare.word());
    shell.say("restarts", 0);
    if service.fare != Fare::Active {
        for line in service.last(LINES) {
            shell.say("log", line);
        }
    }
    Said::Exit(0)
}
