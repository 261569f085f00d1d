//! `follow`: what the installation writes, until it ends.

use super::super::shell::{Said, Shell};

pub(super) fn run(shell: &mut Shell<'_>) -> Said {
    if shell.turn == 0 {
        let offset = shell.input().get_or("offset", "0").to_owned();
        *shell.memory = offset;
    }
    let offset: usize = shell.memory.parse().unwrap_or(0);
    let clock = shell.clock.clone();
    let Some(job) = &shell.guest.job else {
        shell.say("status", "lost");
        return Said::Exit(0);
    };
    let (log, status) = (job.log(&clock), job.status);
    if log.len() > offset {
        let lines: Vec<String> =
            log[offset.min(log.len())..].lines().map(|line| format!("log={line}\n")).collect();
        shell.out.push_str(&lines.concat());
        shell.out.push('\n');
        shell.say("offset", log.len());
        *shell.memory = log.len().to_string();
    }
    match status {
        Some(status) => {
            shell.say("status", status);
            Said::Exit(0)
        }
        None => Said::Again(1.0),
    }
}
