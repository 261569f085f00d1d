//! Who may log in to a machine, and as whom things run there.

use russh::keys::PublicKey;

use super::Guest;
use super::hardware::Sudo;
use super::system::Kind;

/// Where an installed system keeps the keys that may read its store, by user.
pub(crate) const SERVED: &str = "/etc/bud/served";

/// A key that is let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) user: String,
    /// The command that runs instead of whatever is asked for.
    pub(crate) forced: Option<String>,
}

impl Guest {
    /// Whether a user's files of keys have this one.
    pub(crate) fn lets_in(&self, user: &str, key: &PublicKey) -> Option<Login> {
        let home = self.home(user)?;
        let files = [
            format!("{home}/.ssh/authorized_keys"),
            format!("/etc/ssh/authorized_keys.d/{user}"),
            format!("{SERVED}/{user}"),
        ];
        let texts = files.iter().filter_map(|path| self.text(path)).collect::<String>();
        texts.lines().find_map(|line| {
            let (options, known) = split(line)?;
            let same = PublicKey::from_openssh(known).is_ok_and(|known| known.key_data() == key.key_data());
            same.then(|| Login { user: user.to_owned(), forced: forced(options) })
        })
    }

    /// A user's home; nothing where there is no such user.
    pub(crate) fn home(&self, user: &str) -> Option<String> {
        let passwd = self.text("/etc/passwd")?;
        let fields = passwd.lines().map(|line| line.split(':').collect::<Vec<_>>());
        fields
            .into_iter()
            .find(|fields| fields.first() == Some(&user))
            .and_then(|fields| fields.get(5).map(|home| (*home).to_owned()))
    }

    /// Whether a user becomes root without a password.
    pub(crate) fn sudo(&self, user: &str) -> Sudo {
        match &self.system.kind {
            Kind::Nixos { description, .. } => {
                let known = description.users.iter().find(|known| known.name == user);
                if user == "root" || known.is_some_and(|known| known.administrator) {
                    Sudo::Yes
                } else {
                    Sudo::Asks
                }
            }
            Kind::Installer => Sudo::Yes,
            Kind::Ubuntu => self.traits.sudo,
        }
    }
}

/// The options before a key, and the key.
fn split(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let kinds = ["ssh-ed25519 ", "ssh-rsa ", "ecdsa-sha2-", "sk-ssh-ed25519"];
    let at = kinds.iter().filter_map(|kind| line.find(kind)).min()?;
    let options = line[..at].trim();
    (!line.starts_with('#')).then_some((options, &line[at..]))
}

/// What `command="…"` of the options says.
fn forced(options: &str) -> Option<String> {
    let (_, rest) = options.split_once("command=\"")?;
    let mut command = String::new();
    let mut letters = rest.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => command.extend(letters.next()),
            '"' => return Some(command),
            other => command.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_behind_their_options() {
        let line = r#"no-pty,command="echo 'as \"bud\"';exit 142" ssh-ed25519 AAAA me"#;
        let (options, key) = split(line).unwrap();
        assert_eq!(key, "ssh-ed25519 AAAA me");
        assert_eq!(forced(options).as_deref(), Some("echo 'as \"bud\"';exit 142"));
        assert_eq!(split("ssh-rsa AAAA"), Some(("", "ssh-rsa AAAA")));
        assert_eq!((split("# ssh-rsa AAAA"), split("nothing")), (None, None));
    }
}
