//! Shell patterns as Go's `filepath.Match` reads them: `*` and `?` stop at slashes, `[a-c]`, `\`.

/// A pattern that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("syntax error in pattern")]
pub struct BadPattern;

/// Whether the whole name matches the pattern.
pub fn matches(pattern: &str, name: &str) -> Result<bool, BadPattern> {
    // Most names differ in what stands before the first wildcard, and most patterns hold no other that could
    // be wrong: a chart asks for each of its files.
    let plain = pattern.find(['*', '?', '[', '\\']).unwrap_or(pattern.len());
    if plain == pattern.len() {
        return Ok(pattern == name);
    }
    if !name.starts_with(&pattern[..plain]) && !pattern.contains(['[', '\\']) {
        return Ok(false);
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    check(&pattern)?;
    // `reached[n]`: the pattern so far takes exactly the first n letters.
    let mut reached = vec![false; name.len() + 1];
    reached[0] = true;
    let mut at = 0;
    while at < pattern.len() {
        if pattern[at] == '*' {
            for letter in 1..=name.len() {
                reached[letter] |= reached[letter - 1] && name[letter - 1] != '/';
            }
            at += 1;
            continue;
        }
        let (token, length) = token(&pattern[at..]).ok_or(BadPattern)?;
        let mut next = vec![false; name.len() + 1];
        for (letter, taken) in name.iter().enumerate() {
            next[letter + 1] = reached[letter] && token.takes(*taken);
        }
        reached = next;
        at += length;
    }
    Ok(reached[name.len()])
}

/// What takes one letter.
enum Token {
    Any,
    One(char),
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Token {
    fn takes(&self, letter: char) -> bool {
        match self {
            Self::Any => letter != '/',
            Self::One(own) => *own == letter,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&letter)) != *negated
            }
        }
    }
}

fn check(pattern: &[char]) -> Result<(), BadPattern> {
    let mut at = 0;
    while at < pattern.len() {
        at += if pattern[at] == '*' { 1 } else { token(&pattern[at..]).ok_or(BadPattern)?.1 };
    }
    Ok(())
}

/// The first token and its length in letters.
fn token(pattern: &[char]) -> Option<(Token, usize)> {
    match pattern.first()? {
        '?' => Some((Token::Any, 1)),
        '\\' => Some((Token::One(*pattern.get(1)?), 2)),
        '[' => {
            let negated = pattern.get(1) == Some(&'^');
            let mut at = 1 + usize::from(negated);
            let mut ranges = Vec::new();
            loop {
                if pattern.get(at) == Some(&']') && !ranges.is_empty() {
                    return Some((Token::Class { negated, ranges }, at + 1));
                }
                let low = class_letter(pattern, &mut at)?;
                let high = if pattern.get(at) == Some(&'-') {
                    at += 1;
                    class_letter(pattern, &mut at)?
                } else {
                    low
                };
                ranges.push((low, high));
            }
        }
        letter => Some((Token::One(*letter), 1)),
    }
}

/// A letter within brackets; a class must go on behind it.
fn class_letter(pattern: &[char], at: &mut usize) -> Option<char> {
    if matches!(pattern.get(*at)?, '-' | ']') {
        return None;
    }
    if pattern[*at] == '\\' {
        *at += 1;
    }
    let letter = *pattern.get(*at)?;
    *at += 1;
    (*at < pattern.len()).then_some(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_go() {
        for (pattern, name, expected) in [
            ("abc", "abc", Ok(true)),
            ("*", "a/b", Ok(false)),
            ("*c", "abc", Ok(true)),
            ("a*/b", "abc/b", Ok(true)),
            ("a*b*c*d*e*/f", "axbxcxdxexxx/f", Ok(true)),
            ("a*b?c*x", "abxbbxdbxebxczzx", Ok(true)),
            ("ab[c]", "abc", Ok(true)),
            ("ab[^b-d]", "abc", Ok(false)),
            ("a\\*b", "a*b", Ok(true)),
            ("[\\-x]", "-", Ok(true)),
            ("[-x]", "x", Err(BadPattern)),
            ("[]a]", "]", Err(BadPattern)),
            ("[a", "a", Err(BadPattern)),
            ("a[", "ab", Err(BadPattern)),
            ("templates/*.yaml", "templates/a.yaml", Ok(true)),
            ("templates/*.yaml", "templates/b/a.yaml", Ok(false)),
            ("", "", Ok(true)),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
