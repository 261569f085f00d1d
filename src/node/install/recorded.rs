//! What an install leaves on the machine itself, so that whoever comes next goes on there.
//!
//! `/var/lib/bud/install` holds one `key=value` a line: on the disk of the system that was there before, then
//! on the disk that is being installed. It holds no secret.

use super::answers::Input;
use super::wanted::Way;

/// What is recorded on a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The node that it is, or is becoming.
    pub node: String,
    /// The digest of the system that is being installed, or is installed.
    pub digest: String,
    /// How far it has come.
    pub reached: Reached,
    /// The ways into the installer that were tried since the system that runs was the last to answer.
    pub tried: Vec<Way>,
    /// SHA-256 of the installer's archive.
    pub installer: String,
    /// The system's path in the store, once it is built.
    pub system: String,
}

/// How far an install has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reached {
    /// Nothing is destroyed yet.
    #[default]
    Nothing,
    /// The machine was sent into the installer.
    Left,
    /// The disk is laid out.
    Disk,
    /// The system is installed, and was not seen running yet.
    Installed,
    /// The system was seen running.
    Proven,
}

impl Reached {
    const ALL: [Self; 5] = [Self::Nothing, Self::Left, Self::Disk, Self::Installed, Self::Proven];

    fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Left => "left",
            Self::Disk => "disk",
            Self::Installed => "installed",
            Self::Proven => "proven",
        }
    }
}

impl Recorded {
    /// Reads what a step found; none where nothing is recorded.
    pub(super) fn read<'a>(lines: impl Iterator<Item = (&'a str, &'a str)>) -> Option<Self> {
        let mut recorded = Self::default();
        for (key, value) in lines {
            match key {
                "node" => value.clone_into(&mut recorded.node),
                "digest" => value.clone_into(&mut recorded.digest),
                "reached" => {
                    let known = Reached::ALL.into_iter().find(|reached| reached.name() == value);
                    recorded.reached = known.unwrap_or_default();
                }
                "tried" => recorded.tried = value.split(' ').filter_map(Way::of_name).collect(),
                "installer" => value.clone_into(&mut recorded.installer),
                "system" => value.clone_into(&mut recorded.system),
                // A later version may record more.
                _ => {}
            }
        }
        Some(recorded).filter(|recorded| !recorded.node.is_empty())
    }

    /// Its lines, as steps take them.
    pub(super) fn write(&self, input: Input) -> Input {
        let tried: Vec<&str> = self.tried.iter().map(|way| way.name()).collect();
        let input = input
            .line("record.node", &self.node)
            .line("record.digest", &self.digest)
            .line("record.reached", self.reached.name())
            .line("record.tried", &tried.join(" "))
            .line("record.installer", &self.installer);
        if self.system.is_empty() { input } else { input.line("record.system", &self.system) }
    }
}
