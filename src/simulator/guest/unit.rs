//! The unit `k3s.service` of an installed system: with what it starts.

use super::Guest;
use super::k3s::{DATA, Event, Fare, Start};
use super::system::Kind;

/// A node that left its cluster has this file, and its k3s does not start.
pub(crate) const LEFT: &str = "/var/lib/bud/left";

impl Guest {
    /// Starts k3s where the system has it.
    pub(crate) fn start_k3s(&mut self) {
        let Kind::Nixos { description, .. } = &self.system.kind else { return };
        let Some(unit) = description.k3s.clone() else { return };
        if self.has(LEFT) || self.k3s.fare != Fare::Inactive {
            return;
        }
        let environment = self.text(&unit.environment);
        let variable = |name: &str| {
            let lines = environment.as_deref().unwrap_or_default().lines();
            lines
                .filter_map(|line| line.split_once('='))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.to_owned())
        };
        let token = |path: &str| self.text(path).map(|text| text.trim().to_owned());
        let start = Start {
            machine: self.key.clone(),
            host: self.name.clone(),
            addresses: Vec::new(),
            role: unit.role.clone(),
            founds: variable("K3S_CLUSTER_INIT").as_deref() == Some("true"),
            url: variable("K3S_URL"),
            token: token(&unit.token_file),
            agent_token: token(&unit.agent_token_file),
            config: self
                .text(&unit.config)
                .and_then(|text| serde_json::from_str(&text).ok())
                .unwrap_or_default(),
            flags: unit.flags.clone(),
            disable: unit.disable.clone(),
            package: unit.package.clone(),
            data: self.text(DATA),
        };
        // systemd refuses to start a unit whose environment file is missing.
        if environment.is_none() {
            self.k3s.fare = Fare::Failed;
            self.k3s.say([format!(
                "Failed to load environment files: {}: No such file or directory",
                unit.environment
            )]);
            return;
        }
        self.k3s.fare = Fare::Activating;
        self.folder(&format!(
            "/var/lib/rancher/k3s/{}",
            if unit.role == "server" { "server" } else { "agent" }
        ));
        self.events.push(Event::Started(Box::new(start)));
    }

    /// Stops k3s orderly.
    pub(crate) fn stop_k3s(&mut self) {
        if self.k3s.fare != Fare::Inactive {
            self.k3s.fare = Fare::Inactive;
            self.events.push(Event::Stopped { machine: self.key.clone(), orderly: true });
        }
    }
}
