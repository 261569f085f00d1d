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

/// Renders so many fragments, fifty at a time; a case that differs is shrunk to one fragment.
fn compare(seed: u64, count: usize) {
    let Some(helm) = helm() else { return };
    let mut draw = Draw(seed);
    for _ in 0..count.div_ceil(50) {
        let fragments: Vec<String> = (0..50).map(|_| draw.fragment()).collect();
        let differ = |some: &[String]| {
            differs(&helm, &[("values.yaml", VALUES), ("templates/a.yaml", &chart(some))], &[])
        };
        // A fragment that fails hides those behind it: such a batch is compared one by one.
        let Some(_) = differ(&fragments) else { continue };
        for fragment in &fragments {
            if let Some(difference) = differ(std::slice::from_ref(fragment)) {
                panic!("seed {seed}\n{fragment}\n{difference}");
            }
        }
    }
}

#[test]
fn two_thousand_fragments_render_as_helm_renders_them() {
    compare(0x2545_F491_4F6C_DD1D, 2000);
}

/// `make fuzz`: a random seed, until the time is up.
#[test]
#[ignore = "runs for as long as BUD_FUZZ_SECONDS says"]
fn random_fragments_render_as_helm_renders_them() {
    let seconds = std::env::var("BUD_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    let started = std::time::Instant::now();
    let mut seed = u64::from(std::process::id()) << 20 | 1;
    while started.elapsed().as_secs() < seconds {
        println!("seed {seed}");
        compare(seed, 500);
        seed += 2;
    }
}
