//! `leave`: the node leaves its cluster by its unit `bud-leave`, and is followed for some seconds.

use super::super::k3s::{Event, Leave};
use super::super::shell::{Said, Shell};
use super::super::unit::LEFT;

pub(super) fn run(shell: &mut Shell<'_>) -> Said {
    let input = shell.input();
    let begin = input.get("begin") == "yes";
    if shell.turn == 0 {
        let seconds: f64 = input.get("seconds").parse().unwrap_or(0.0);
        *shell.memory = shell.clock.after(seconds).to_string();
        if begin && !shell.guest.has(LEFT) && shell.guest.leave != Leave::Works {
            let drain = input.get_or("drain", "wait").to_owned();
            let seconds = input.get_or("drain_seconds", "600").parse().unwrap_or(600);
            let text = format!("DRAIN={drain}\nDRAIN_TIMEOUT={seconds}\n");
            if let Err(reason) = shell.guest.write("/etc/bud/leave.env", 0o600, text) {
                return shell.complain(reason);
            }
            shell.guest.leave = Leave::Works;
            let machine = shell.guest.key.clone();
            shell.guest.events.push(Event::Leaves { machine, drain, seconds });
            // Whoever plays the cluster answers before it is looked at.
            return Said::Again(0.1);
        }
    }
    if shell.guest.has(LEFT) {
        shell.say("state", "left");
        return Said::Exit(0);
    }
    match shell.guest.leave.clone() {
        Leave::Failed { status, said } => {
            shell.say("state", "failed");
            shell.say("status", status);
            for line in said {
                shell.say("said", line);
            }
            Said::Exit(0)
        }
        Leave::Idle if !begin => {
            shell.say("state", "idle");
            Said::Exit(0)
        }
        _ if shell.clock.passed(shell.memory.parse().unwrap_or(0.0)) => {
            shell.say("state", "leaving");
            Said::Exit(0)
        }
        _ => Said::Again(2.0),
    }
}
