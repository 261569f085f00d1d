//! Random template fragments over random values, many in one chart, rendered by both engines.

use std::path::Path;

use super::draw::Draw;
use super::{Rendered, difference, helm, rendered};

fn chart(fragments: &[String]) -> String {
    let mut text =
        "{{ define \"x\" }}X{{ . | toJson }}{{ end }}{{ define \"y\" }}\n y: {{ . }}\n{{ end }}".to_owned();
    for (index, fragment) in fragments.iter().enumerate() {
        let define = format!("{{{{ define \"f{index}\" }}}}{fragment}{{{{ end }}}}");
        text.push_str(&format!("{define}f{index}: {{{{ include \"f{index}\" . | toJson }}}}\n"));
    }
    text
}

const VALUES: &str = "\"n\": 5\ns: some text\nm: {b: 1, a: [x, {y: 2.5}]}\nl: [1, two, null]\nf: 1.5\nbig: 12345678901234\nt: true\n";

/// How many differences of a run are shown.
const SHOWN: usize = 40;

/// What both make of some fragments.
fn both(helm: &Path, some: &[String]) -> (Rendered, Rendered) {
    rendered(helm, &[("values.yaml", VALUES), ("templates/a.yaml", &chart(some))], &[])
}

/// Whether Go's runtime ended Helm, as it does when a map that contains itself is printed: no word to compare
/// with. That ours comes to an end there is what the hostile templates show.
fn crashed(theirs: &Rendered) -> bool {
    !theirs.0 && theirs.2.is_empty()
}

/// The fragment that an error is about.
fn failing(error: &str, count: usize) -> Option<usize> {
    let (_, rest) = error.split_once("include \"f")?;
    let digits = rest.split('"').next()?;
    digits.parse().ok().filter(|index| *index < count)
}

/// The fragments that differ. One that fails in both alike hides those behind it, so it is left out and the
/// others are rendered again; what differs is found by halving.
fn guilty(helm: &Path, some: &[String], found: &mut Vec<String>) {
    let mut some = some.to_vec();
    loop {
        if found.len() >= SHOWN || some.is_empty() {
            return;
        }
        let (theirs, ours) = both(helm, &some);
        if crashed(&theirs) {
            if some.len() > 1 {
                let (left, right) = some.split_at(some.len() / 2);
                guilty(helm, left, found);
                guilty(helm, right, found);
            }
            return;
        }
        if theirs != ours {
            break;
        }
        if theirs.0 {
            return;
        }
        match failing(&theirs.2, some.len()) {
            Some(index) => drop(some.remove(index)),
            None if some.len() == 1 => return,
            None => {
                let (left, right) = some.split_at(some.len() / 2);
                guilty(helm, left, found);
                guilty(helm, right, found);
                return;
            }
        }
    }
    if let [one] = some.as_slice() {
        found.push(one.clone());
        return;
    }
    let before = found.len();
    let (left, right) = some.split_at(some.len() / 2);
    guilty(helm, left, found);
    guilty(helm, right, found);
    // Fragments that differ only together are a difference too.
    if found.len() == before {
        found.push(some.concat());
    }
}

/// Shorter texts of the same make: a bracket or a text made plain, or left out.
fn shorter(fragment: &str) -> Vec<String> {
    let mut open = Vec::new();
    let mut spans = Vec::new();
    let mut quoted = None;
    let bytes = fragment.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match (byte, quoted) {
            (b'"', None) => quoted = Some(at),
            (b'"', Some(start)) if bytes[at - 1] != b'\\' => {
                spans.push((start, at + 1, ["", "\"a\""]));
                quoted = None;
            }
            (b'(', None) => open.push(at),
            (b')', None) => spans.extend(open.pop().map(|start| (start, at + 1, ["", "1"]))),
            _ => {}
        }
    }
    spans.sort_by_key(|(start, end, _)| start.abs_diff(*end));
    let made = spans.iter().rev().flat_map(|(start, end, plain)| {
        plain.iter().map(|plain| [&fragment[..*start], plain, &fragment[*end..]].concat())
    });
    made.filter(|text| text.len() < fragment.len()).collect()
}

/// The shortest text that still differs, and how.
fn shrunk(helm: &Path, fragment: String) -> String {
    let differ = |text: &String| {
        let (theirs, ours) = both(helm, std::slice::from_ref(text));
        (theirs != ours).then(|| difference(&theirs, &ours))
    };
    let mut smallest = fragment;
    let mut tries = 0;
    'again: loop {
        for text in shorter(&smallest) {
            tries += 1;
            if tries > 60 {
                break 'again;
            }
            if differ(&text).is_some() {
                smallest = text;
                continue 'again;
            }
        }
        break;
    }
    let difference = differ(&smallest).unwrap_or_default();
    format!("{smallest}\n{difference}")
}

/// Renders so many fragments, fifty at a time; what differs is told of all of them together.
fn compare(seed: u64, count: usize) {
    let Some(helm) = helm() else { return };
    let mut draw = Draw(seed);
    let mut found = Vec::new();
    for _ in 0..count.div_ceil(50) {
        let fragments: Vec<String> = (0..50).map(|_| draw.fragment()).collect();
        guilty(&helm, &fragments, &mut found);
    }
    let told: Vec<String> = found.into_iter().map(|fragment| shrunk(&helm, fragment)).collect();
    assert!(told.is_empty(), "seed {seed}: {} differ\n{}", told.len(), told.join("\n=== "));
}

#[test]
fn two_thousand_fragments_render_as_helm_renders_them() {
    compare(0x2545_F491_4F6C_DD1D, 2000);
}

/// `make fuzz`: a random seed, or that of BUD_FUZZ_SEED, until the time is up.
#[test]
#[ignore = "runs for as long as BUD_FUZZ_SECONDS says"]
fn random_fragments_render_as_helm_renders_them() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seconds = number("BUD_FUZZ_SECONDS").unwrap_or(60);
    let started = std::time::Instant::now();
    let mut seed = number("BUD_FUZZ_SEED").unwrap_or(u64::from(std::process::id()) << 20 | 1);
    while started.elapsed().as_secs() < seconds {
        println!("seed {seed}");
        compare(seed, 500);
        seed += 2;
    }
}
