//! Simple programs, as people and tests send them: they look, and change nothing.

use super::shell::{Said, Shell};

/// Runs a program by its name.
pub(crate) fn run(shell: &mut Shell<'_>) -> Said {
    let words: Vec<&str> = shell.arguments.iter().map(String::as_str).collect();
    let system = shell.guest.system.clone();
    let hardware = shell.guest.hardware();
    match words.as_slice() {
        [] | ["true" | ":", ..] | ["exit"] | ["exit", "0"] => Said::Exit(0),
        ["false", ..] => Said::Exit(1),
        ["echo", rest @ ..] => line(shell, &rest.join(" ")),
        ["uname"] | ["uname", "-s"] => line(shell, "Linux"),
        ["uname", "-r"] => line(shell, system.kernel()),
        ["uname", "-m"] => line(shell, &hardware.machine),
        ["hostname"] | ["uname", "-n"] => {
            let name = shell.guest.name.clone();
            line(shell, &name)
        }
        ["whoami"] | ["id", "-un"] => {
            let user = shell.user.clone();
            line(shell, &user)
        }
        ["id", "-u"] => line(shell, if shell.user == "root" { "0" } else { "1000" }),
        ["cat", paths @ ..] if !paths.is_empty() => paths.iter().fold(Said::Exit(0), |said, path| {
            let one = cat(shell, path);
            if said == Said::Exit(0) { one } else { said }
        }),
        ["test", flag @ ("-e" | "-f" | "-d"), path] => {
            let node = shell.guest.node(path);
            let folder = node.is_some_and(|node| node.kind == super::tree::Kind::Folder);
            let there = match *flag {
                "-d" => folder || *path == "/",
                "-f" => node.is_some() && !folder,
                _ => shell.guest.has(path),
            };
            Said::Exit(u32::from(!there))
        }
        ["readlink", path] => match shell.guest.link(path) {
            Some(to) => line(shell, &to),
            None => Said::Exit(1),
        },
        ["ls", path] => {
            let names = shell.guest.names(path).join("\n");
            if names.is_empty() { Said::Exit(0) } else { line(shell, &names) }
        }
        ["systemctl", "is-active", "k3s" | "k3s.service"] => {
            let fare = shell.guest.k3s.fare;
            let _ = line(shell, fare.word());
            Said::Exit(if fare == super::k3s::Fare::Active { 0 } else { 3 })
        }
        ["systemctl", verb @ ("start" | "stop" | "restart"), "k3s" | "k3s.service"] => {
            if shell.user != "root" {
                return shell.complain("Interactive authentication required.");
            }
            if *verb != "start" {
                shell.guest.stop_k3s();
            }
            if *verb != "stop" {
                shell.guest.start_k3s();
            }
            Said::Exit(0)
        }
        [program, ..] => {
            let said = format!("sh: 1: {program}: not found\n");
            shell.err.push_str(&said);
            Said::Exit(127)
        }
    }
}

fn line(shell: &mut Shell<'_>, text: &str) -> Said {
    shell.out.push_str(text);
    shell.out.push('\n');
    Said::Exit(0)
}

fn cat(shell: &mut Shell<'_>, path: &str) -> Said {
    let special = match path {
        "/proc/sys/kernel/random/boot_id" => Some(shell.guest.system.boot_id.clone()),
        "/proc/cmdline" => Some(shell.guest.system.command_line.clone()),
        _ => None,
    };
    if let Some(text) = special {
        return line(shell, &text);
    }
    let Some(node) = shell.guest.node(path) else {
        return shell.complain(&format!("cat: {path}: No such file or directory"));
    };
    let open = shell.user == "root"
        || node.mode & 0o004 != 0
        || node.owner.split(':').next() == Some(shell.user.as_str());
    if !open {
        return shell.complain(&format!("cat: {path}: Permission denied"));
    }
    match shell.guest.text(path) {
        Some(text) => {
            shell.out.push_str(&text);
            Said::Exit(0)
        }
        None => shell.complain(&format!("cat: {path}: Is a directory")),
    }
}
