//! Random template fragments over random values, many in one chart, rendered by both engines.

use super::{differs, helm};

/// A small generator whose seed repeats a run.
struct Draw(u64);

impl Draw {
    fn next(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.next(from.len())]
    }

    fn text(&mut self) -> String {
        let words = [
            "",
            "a",
            "Foo Bar",
            "x-y_z",
            "1",
            "yes",
            "a: b",
            "é",
            " lead",
            "a\\nb\\n",
            "long words here and there",
            "#",
            "v1.2.3",
        ];
        format!("\"{}\"", self.pick(&words))
    }

    fn number(&mut self) -> String {
        self.pick(&["0", "1", "-3", "7", "100", "1.5", "2e3"]).to_owned()
    }

    fn list(&mut self) -> String {
        let count = self.next(4);
        let items: Vec<String> = (0..count).map(|_| self.text()).collect();
        format!("(list {})", items.join(" "))
    }

    fn dict(&mut self, depth: usize) -> String {
        let count = self.next(4);
        let pairs: Vec<String> = (0..count)
            .map(|_| {
                let key = self.pick(&["a", "b", "c10", "c9", "yes", "a b"]);
                format!("\"{key}\" {}", self.any(depth + 1))
            })
            .collect();
        format!("(dict {})", pairs.join(" "))
    }

    fn any(&mut self, depth: usize) -> String {
        match self.next(if depth > 2 { 4 } else { 8 }) {
            0 => self.text(),
            1 => self.number(),
            2 => self.pick(&["true", "false"]).to_owned(),
            3 => self.pick(&[".Values.n", ".Values.s", ".Values.m", ".Values.l", ".Values.none"]).to_owned(),
            4 | 5 => self.list(),
            _ => self.dict(depth),
        }
    }

    fn fragment(&mut self) -> String {
        let (text, any) = (self.text(), self.any(0));
        match self.next(12) {
            0 => format!(
                "{{{{ {any} | {} }}}}",
                self.pick(&[
                    "toYaml",
                    "toYamlPretty",
                    "toJson",
                    "toPrettyJson",
                    "toString",
                    "quote",
                    "kindOf",
                    "typeOf",
                    "empty",
                    "squote"
                ])
            ),
            1 => format!(
                "{{{{ {text} | {} }}}}",
                self.pick(&[
                    "upper",
                    "title",
                    "snakecase",
                    "kebabcase",
                    "camelcase",
                    "b64enc",
                    "sha256sum",
                    "trunc 3",
                    "trunc -2",
                    "indent 2",
                    "nindent 1",
                    "fromYaml",
                    "initials",
                    "swapcase",
                    "nospace",
                    "untitle",
                    "abbrev 5",
                    "splitList \" \"",
                    "regexFind \"[a-z]+\"",
                    "replace \"a\" \"b\"",
                    "wrap 4",
                    "toJson",
                    "urlquery",
                    "html"
                ])
            ),
            2 => format!(
                "{{{{ printf \"%{}\" {any} }}}}",
                self.pick(&["v", "s", "d", "q", "T", "5v", "+v", "x", "t"])
            ),
            3 => format!(
                "{{{{ {} {} {} }}}}",
                self.pick(&["add", "sub", "mul", "max", "min", "addf", "subf", "mulf"]),
                self.number(),
                self.number()
            ),
            4 => format!(
                "{{{{ {} | {} }}}}",
                self.list(),
                self.pick(&[
                    "uniq",
                    "sortAlpha",
                    "reverse",
                    "join \",\"",
                    "first",
                    "last",
                    "rest",
                    "initial",
                    "compact",
                    "len",
                    "toJson",
                    "toStrings"
                ])
            ),
            5 => format!(
                "{{{{ {} {} {} | toJson }}}}",
                self.pick(&["merge", "mergeOverwrite"]),
                self.dict(0),
                self.dict(0)
            ),
            6 => format!("{{{{ if {any} }}}}yes{{{{ else }}}}no{{{{ end }}}}"),
            7 => format!(
                "{{{{ range $k, $v := {} }}}}{{{{ $k }}}}:{{{{ $v }}}};{{{{ else }}}}-{{{{ end }}}}",
                if self.next(2) == 0 { self.list() } else { self.dict(0) }
            ),
            8 => format!("{{{{ default {} {any} }}}} {{{{ coalesce {any} {text} }}}}", self.text()),
            9 => format!("{{{{ with {any} }}}}{{{{ . }}}}{{{{ end }}}}"),
            10 => format!("{{{{ {} | fromYaml | toYaml }}}}", self.text()),
            _ => format!(
                "{{{{ ternary {any} {text} ({} {} {}) }}}}",
                self.pick(&["eq", "ne"]),
                self.text(),
                self.text()
            ),
        }
    }
}

fn chart(fragments: &[String]) -> String {
    let body: Vec<String> = fragments
        .iter()
        .enumerate()
        .map(|(index, fragment)| {
            format!("{{{{ define \"f{index}\" }}}}{fragment}{{{{ end }}}}f{index}: {{{{ include \"f{index}\" . | toJson }}}}\n")
        })
        .collect();
    body.concat()
}

const VALUES: &str = "n: 5\ns: some text\nm: {b: 1, a: [x, {y: 2.5}]}\nl: [1, two, null]\n";

/// How many differences of a run are shown.
const SHOWN: usize = 40;

/// The fragments that differ, found by halving: one that fails hides those behind it.
fn guilty(differ: &dyn Fn(&[String]) -> Option<String>, some: &[String], found: &mut Vec<String>) {
    if found.len() >= SHOWN || differ(some).is_none() {
        return;
    }
    if let [one] = some {
        found.push(one.clone());
        return;
    }
    let before = found.len();
    let (left, right) = some.split_at(some.len() / 2);
    guilty(differ, left, found);
    guilty(differ, right, found);
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
fn shrunk(differ: &dyn Fn(&[String]) -> Option<String>, fragment: String) -> String {
    let mut smallest = fragment;
    let mut tries = 0;
    'again: loop {
        for text in shorter(&smallest) {
            tries += 1;
            if tries > 60 {
                break 'again;
            }
            if differ(std::slice::from_ref(&text)).is_some() {
                smallest = text;
                continue 'again;
            }
        }
        break;
    }
    let difference = differ(std::slice::from_ref(&smallest)).unwrap_or_default();
    format!("{smallest}\n{difference}")
}

/// Renders so many fragments, fifty at a time; what differs is told of all of them together.
fn compare(seed: u64, count: usize) {
    let Some(helm) = helm() else { return };
    let differ =
        |some: &[String]| differs(&helm, &[("values.yaml", VALUES), ("templates/a.yaml", &chart(some))], &[]);
    let mut draw = Draw(seed);
    let mut found = Vec::new();
    for _ in 0..count.div_ceil(50) {
        let fragments: Vec<String> = (0..50).map(|_| draw.fragment()).collect();
        guilty(&differ, &fragments, &mut found);
    }
    let told: Vec<String> = found.into_iter().map(|fragment| shrunk(&differ, fragment)).collect();
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
