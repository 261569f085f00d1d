//! Command lines: their words as a POSIX shell takes them apart, as far as nothing has to be carried out for it.

/// The words of a line; none where a shell would do more than to split it.
pub(crate) fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' | '\t' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match letters.next()? {
                        '\'' => break,
                        inside => word.push(inside),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match letters.next()? {
                        '"' => break,
                        '\\' => word.push(letters.next()?),
                        '$' | '`' => return None,
                        inside => word.push(inside),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(letters.next()?),
            '|' | '&' | ';' | '<' | '>' | '(' | ')' | '$' | '`' | '*' | '?' | '#' | '\n' => return None,
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Some(words)
}

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    /// `sudo` or `doas`, where it runs through one of them.
    pub(crate) through: Option<String>,
    pub(crate) what: What,
}

/// What runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A script with a name, and its arguments.
    Script { name: String, arguments: Vec<String> },
    /// A program with its arguments.
    Program(Vec<String>),
    /// Something that only a shell can do.
    Shell,
}

impl Command {
    /// Takes a line apart.
    pub(crate) fn parse(line: &str) -> Self {
        let Some(mut words) = words(line) else { return Self { through: None, what: What::Shell } };
        let through = words.first().filter(|word| ["sudo", "doas"].contains(&word.as_str())).cloned();
        if through.is_some() {
            let options = words.iter().skip(1).take_while(|word| word.starts_with('-')).count();
            words.drain(..=options);
        }
        let what = match words.as_slice() {
            [shell, option, text, rest @ ..] if shell == "sh" && option == "-c" => script(text, rest),
            _ => What::Program(words),
        };
        Self { through, what }
    }

    /// The step that it is, if it is one.
    pub(crate) fn step(&self) -> Option<&str> {
        if let What::Script { name, .. } = &self.what { Some(name) } else { None }
    }
}

/// A script names itself in its first line, or by what it is run as.
fn script(text: &str, rest: &[String]) -> What {
    let own = text.lines().next().and_then(|line| line.strip_prefix("# bud-step: "));
    let called = rest.first().and_then(|name| name.strip_prefix("bud-"));
    match own.or(called) {
        Some(name) => {
            What::Script { name: name.trim().to_owned(), arguments: rest.iter().skip(1).cloned().collect() }
        }
        None => words(text).map_or(What::Shell, What::Program),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_apart_as_in_a_shell() {
        let owned = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(words("cat  /etc/hostname"), owned(&["cat", "/etc/hostname"]));
        assert_eq!(words(r#"echo 'it'\''s' "a \"b\"" ''"#), owned(&["echo", "it's", "a \"b\"", ""]));
        for odd in ["cat a | sh", "echo $HOME", "a; b", "'open", "ls *", "a > b"] {
            assert_eq!(words(odd), None, "{odd}");
        }
    }

    #[test]
    fn scripts_are_known_by_their_names() {
        let line = "sudo -n -- sh -c '# bud-step: facts\n# Reads nothing.\nset -u' bud-facts";
        let command = Command::parse(line);
        assert_eq!((command.through.as_deref(), command.step()), (Some("sudo"), Some("facts")));
        let command = Command::parse("sh -c 'set -eu\npath=$1' bud-place '/a b' 0600 ''");
        let arguments = ["/a b", "0600", ""].map(str::to_owned).to_vec();
        assert_eq!(command.what, What::Script { name: "place".to_owned(), arguments });
        assert_eq!(Command::parse("sh -c 'rm -rf $x'").what, What::Shell);
        assert_eq!(Command::parse("sh -c true").what, What::Program(vec!["true".to_owned()]));
    }
}
