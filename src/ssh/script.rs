//! What is run on a machine: a fixed script with a name, and its arguments as words.

/// A POSIX shell script of ours. Its text never changes: what differs from run to run are arguments, which it
/// reads as `$1`, `$2` …, and what is secret comes by standard input. Its name is `$0`, so that it can be told
/// in lists of processes and in logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Script {
    /// Its name, in words with hyphens.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// As whom a script runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Privilege {
    /// As the user who is logged in.
    #[default]
    Own,
    /// As root by sudo, which must not ask for a password.
    Sudo,
    /// As root by doas, which must not ask for a password.
    Doas,
}

impl Script {
    /// The command line that runs it: `sh -c 'TEXT' bud-NAME 'ARGUMENT' …`.
    #[must_use]
    pub fn line(&self, privilege: Privilege, arguments: &[&str]) -> String {
        let before = match privilege {
            Privilege::Own => "",
            Privilege::Sudo => "sudo -n -- ",
            Privilege::Doas => "doas -n -- ",
        };
        let mut line = format!("{before}sh -c {} bud-{}", quote(self.text), self.name);
        for argument in arguments {
            line.push(' ');
            line.push_str(&quote(argument));
        }
        line
    }
}

/// A word of a POSIX shell that stands for this text and nothing else. The text has no zero byte: nothing that
/// is given to a program can have one.
#[must_use]
pub fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words() {
        assert_eq!(quote("plain"), "'plain'");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("$(a) `b` \"c\" it's\n"), "'$(a) `b` \"c\" it'\\''s\n'");
        let script = Script { name: "look", text: "test -e \"$1\"" };
        let line = script.line(Privilege::Sudo, &["/a b"]);
        assert_eq!(line, "sudo -n -- sh -c 'test -e \"$1\"' bud-look '/a b'");
    }
}
