//! The name that somebody most likely meant.

/// The nearest of the names, if one is near enough.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = (name.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .filter(|other| *other != name)
        .map(|other| (distance(&name.to_lowercase(), &other.to_lowercase()), other))
        .filter(|(distance, other)| *distance <= most && *distance < other.chars().count())
        .min()
        .map(|(_, other)| other)
}

/// How many letters must be put in, left out, changed or swapped with their neighbour.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut before = vec![0; right.len() + 1];
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, letter) in left.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, other) in right.iter().enumerate() {
            let changed = row[j] + usize::from(letter != other);
            let mut best = changed.min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && *letter == right[j - 1] && left[i - 1] == *other {
                best = best.min(before[j - 1] + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_fingers_are_near_and_other_words_are_not() {
        let known = ["replicaCount", "resources", "image", "tag"];
        assert_eq!(nearest("replicasCount", known), Some("replicaCount"));
        assert_eq!(nearest("resuorces", known), Some("resources"));
        assert_eq!(nearest("Image", known), Some("image"));
        assert_eq!(nearest("tga", known), Some("tag"));
        assert_eq!(nearest("affinity", known), None);
        assert_eq!(nearest("a", ["b"]), None);
    }
}
