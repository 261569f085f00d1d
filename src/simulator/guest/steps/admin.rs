//! `admin`: what only a server has: its administrator's kubeconfig, and the tokens to join with.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::shell::{Said, Shell};

const KUBECONFIG: &str = "/etc/rancher/k3s/k3s.yaml";
const TOKENS: &str = "/var/lib/rancher/k3s/server";

pub(super) fn run(shell: &mut Shell<'_>) -> Said {
    let first = |shell: &Shell<'_>, name: &str| {
        let text = shell.guest.text(&format!("{TOKENS}/{name}"))?;
        text.lines().next().filter(|line| !line.is_empty()).map(str::to_owned)
    };
    let (Some(kubeconfig), Some(token)) = (shell.guest.bytes(KUBECONFIG), first(shell, "token")) else {
        shell.say("refused", "no-server");
        return Said::Exit(0);
    };
    shell.say("kubeconfig", STANDARD.encode(kubeconfig));
    shell.say("server_token", token);
    if let Some(token) = first(shell, "agent-token") {
        shell.say("agent_token", token);
    }
    Said::Exit(0)
}
