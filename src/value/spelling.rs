//! Which known name somebody meant.

/// The known name that is nearest to a word, absent where none is near enough to be meant. Of equally
/// near ones the first. Inserting, dropping, changing a character or swapping two neighbours counts 1;
/// a word may differ in a third of its characters, and in one however short it is. Failing that, it is
/// the only name of which the word is the beginning, or that is the beginning of the word.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let known: Vec<&str> = known.into_iter().collect();
    misspelt(word, &known).or_else(|| cut_or_prolonged(word, &known))
}

fn misspelt<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let folded = fold(word);
    let allowed = (folded.len() / 3).max(1);
    known
        .iter()
        .copied()
        .map(|name| (distance(&folded, &fold(name)), name))
        // A name of which nothing is left is nobody's meaning: "a" is not "b".
        .filter(|(distance, name)| *distance <= allowed && *distance < name.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

fn cut_or_prolonged<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    /// Shorter beginnings are chance.
    const SHORTEST: usize = 3;
    let folded = fold(word);
    let mut fitting = known.iter().copied().filter(|name| {
        let name = fold(name);
        name.len().min(folded.len()) >= SHORTEST && (name.starts_with(&folded) || folded.starts_with(&name))
    });
    fitting.next().filter(|_| fitting.next().is_none())
}

/// Case and the choice between `_` and `-` are no difference.
fn fold(word: &str) -> Vec<char> {
    word.to_lowercase().chars().map(|character| if character == '-' { '_' } else { character }).collect()
}

/// Damerau and Levenshtein's distance, in the form that never edits between two swapped characters.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, a) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, b) in right.iter().enumerate() {
            let changed = last[column] + usize::from(a != b);
            let mut best = changed.min(last[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && *a == right[column - 1] && left[row - 1] == *b {
                best = best.min(before_last[column - 1] + 1);
            }
            current.push(best);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn distances() {
        for (left, right, expected) in [
            ("", "", 0),
            ("abc", "abc", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("subscripton_id", "subscription_id", 1),
            ("naem", "name", 1),
            ("kitten", "sitting", 3),
            ("ca", "abc", 3),
            ("größe", "grösse", 2),
        ] {
            let characters = |text: &str| text.chars().collect::<Vec<_>>();
            assert_eq!(distance(&characters(left), &characters(right)), expected, "{left} {right}");
            assert_eq!(distance(&characters(right), &characters(left)), expected, "{right} {left}");
        }
    }

    #[test]
    fn only_what_can_be_meant_is_named() {
        let known = ["subscription_id", "tenant_id", "client_id", "client_secret"];
        assert_eq!(nearest("subscripton_id", known), Some("subscription_id"));
        assert_eq!(nearest("subscription-id", known), Some("subscription_id"));
        assert_eq!(nearest("Tenant_ID", known), Some("tenant_id"));
        assert_eq!(nearest("cleint_id", known), Some("client_id"));
        assert_eq!(nearest("region", known), None);
        assert_eq!(nearest("max_unavailble", ["surge", "max_unavailable"]), Some("max_unavailable"));
        assert_eq!(nearest("enable", ["mode", "driver", "sharing"]), None);
        assert_eq!(nearest("size", ["name", "size_gb"]), Some("size_gb"));
        assert_eq!(nearest("tenant_identifier", known), Some("tenant_id"));
        assert_eq!(nearest("client", known), None, "two names begin so");
        assert_eq!(nearest("to", ["token"]), None);
        assert_eq!(nearest("a", ["b"]), None);
        assert_eq!(nearest("", ["b"]), None);
        assert_eq!(nearest("x", []), None);
    }
}
