//! What steps are given and what they answer: lines of `key=value`.

/// What a step reads. It may hold a secret (the password of a proxy): it is not shown.
#[derive(Clone, Default)]
pub(in crate::node) struct Input(String);

impl Input {
    pub(in crate::node) fn new() -> Self {
        Self::default()
    }

    /// One more line. A value that has several lines would become other keys: only its first counts.
    pub(in crate::node) fn line(mut self, key: &str, value: &str) -> Self {
        let value = value.lines().next().unwrap_or_default();
        self.0.push_str(&format!("{key}={value}\n"));
        self
    }

    /// The lines and the empty one behind them.
    pub(super) fn text(self) -> String {
        self.0 + "\n"
    }
}

/// What a step answered, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::node) struct Answers(Vec<(String, String)>);

impl Answers {
    pub(super) fn parse(text: &str) -> Self {
        let pair = |line: &str| line.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
        Self(text.lines().filter_map(pair).collect())
    }

    /// The value of a key, unless it is empty.
    pub(in crate::node) fn get(&self, key: &str) -> Option<&str> {
        let found = self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
        found.filter(|value| !value.is_empty())
    }

    /// Every value of a key.
    pub(in crate::node) fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    pub(in crate::node) fn number(&self, key: &str) -> Option<u64> {
        self.get(key)?.parse().ok()
    }

    pub(in crate::node) fn is(&self, key: &str, value: &str) -> bool {
        self.get(key) == Some(value)
    }

    /// What stands below a prefix, without it.
    pub(super) fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(key, value)| Some((key.strip_prefix(prefix)?, value.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_what_is_in_them_and_no_second_line() {
        let text = Input::new().line("url", "a=b==").line("key", "one\nrecord.node=other").text();
        assert_eq!(text, "url=a=b==\nkey=one\n\n");
        let answers = Answers::parse("a=1\nnoise\na=2\nb=\nc=x=y=\nrecord.node=n\n");
        assert_eq!(answers.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((answers.get("b"), answers.get("c"), answers.number("a")), (None, Some("x=y="), Some(1)));
        assert_eq!(answers.below("record.").collect::<Vec<_>>(), [("node", "n")]);
    }
}
