//! Draws template fragments: texts that YAML must quote, every type in every place, all of the language.

/// A small generator whose seed repeats a run.
pub(super) struct Draw(pub(super) u64);

#[rustfmt::skip]
const WORDS: &[&str] = &[
    "", "a", "Foo Bar", "x-y_z", "1", "yes", "a: b", "é", " lead", "a\\nb\\n", "long words here and there", "#",
    "v1.2.3", "null", "~", "0x1F", "1e3", "1_000", ".inf", "- a", "? a", "!tag", "&a", "*a", "%a", "@a", "`a", "a #b",
    "a:", ":", "trail ", "\\n", "a\\n", "a\\n\\n", " a\\nb", "a\\n b", "\\ta", "a\\tb", "\\u2028", "\\x01", "2001-01-01",
    "12:30:45", "0o7", "010", "=", "<<", "{", "[]", "{}", "'", "\\\"", "\\\\", "|", ">", ",", "y", "n", "on", "off",
    "TRUE", "---", "...", "a\\r\\nb", "\\u0085", "\\ufeff", "😀", "1.0", "-0", "+1", "1.5e-7", "007", "a/b/c.txt", "/abs//x/..",
    "HTTPServer2Go", "foo_bar-baz qux", "http://u:p@h:80/a?q=1#f", "a,b,,c", "1.2.3-rc.1+b5", "9223372036854775807", "é😀ü",
    "very long text which is folded by nobody since it has no end in sight and goes on and on over the width of eighty",
    "{{ .Values.s }}", "a\\\\nb", "{\\\"a\\\": [1, 2.50, null]}", "a: [1, {b: c}]", "- x\\n- y\\n", "key: |\\n  l1\\n  l2\\n", "<a href='x'>&amp;",
];

const KEYS: &[&str] = &["a", "b", "c10", "c9", "yes", "a b", "1", "x.y", "é", "", "null", "A"];

impl Draw {
    pub(super) fn next(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.next(from.len())]
    }

    fn text(&mut self) -> String {
        format!("\"{}\"", self.pick(WORDS))
    }

    fn number(&mut self) -> String {
        self.pick(&[
            "0",
            "1",
            "-3",
            "7",
            "100",
            "1.5",
            "2e3",
            "-0.25",
            "1e21",
            "0x1F",
            "3",
            "2",
            "'a'",
            "4294967296",
        ])
        .to_owned()
    }

    fn small(&mut self) -> String {
        self.pick(&["0", "1", "2", "3", "5", "-1", "-2", "10"]).to_owned()
    }

    fn list(&mut self) -> String {
        match self.next(8) {
            0 => format!("(splitList {} {})", self.pick(&["\",\"", "\" \"", "\"\"", "\"a\""]), self.text()),
            1 => format!("(until {})", self.next(5)),
            2 => format!("(list {} {} {})", self.number(), self.number(), self.number()),
            3 => ".Values.l".to_owned(),
            4 => format!("(list {} {})", self.any(2), self.any(2)),
            _ => {
                let count = self.next(4);
                let items: Vec<String> = (0..count).map(|_| self.text()).collect();
                format!("(list {})", items.join(" "))
            }
        }
    }

    fn dict(&mut self, depth: usize) -> String {
        if self.next(8) == 0 {
            return ".Values.m".to_owned();
        }
        let count = self.next(4);
        let pairs: Vec<String> =
            (0..count).map(|_| format!("\"{}\" {}", self.pick(KEYS), self.any(depth + 1))).collect();
        format!("(dict {})", pairs.join(" "))
    }

    pub(super) fn any(&mut self, depth: usize) -> String {
        match self.next(if depth > 2 { 4 } else { 10 }) {
            0 => self.text(),
            1 => self.number(),
            2 => self.pick(&["true", "false"]).to_owned(),
            3 => self
                .pick(&[
                    ".Values.n",
                    ".Values.s",
                    ".Values.m",
                    ".Values.l",
                    ".Values.none",
                    ".Values.f",
                    ".Values.m.b",
                    ".Values.big",
                    "(index .Values.l 0)",
                    "$.Values.t",
                ])
                .to_owned(),
            4 | 5 => self.list(),
            6 | 7 => self.dict(depth),
            8 => format!(
                "({} {})",
                self.pick(&[
                    "int", "int64", "float64", "toString", "quote", "toYaml", "toJson", "len", "kindOf",
                    "not", "b64enc"
                ]),
                self.any(depth + 1)
            ),
            _ => format!("({} | {})", self.text(), self.over_text()),
        }
    }

    /// A function over a text.
    #[rustfmt::skip]
    fn over_text(&mut self) -> String {
        let (text, small) = (self.text(), self.small());
        let plain = self.pick(&[
            "upper", "lower", "title", "untitle", "snakecase", "kebabcase", "camelcase", "b64enc", "b64dec", "b32enc", "sha1sum",
            "sha256sum", "adler32sum", "fromYaml", "fromJson", "fromYamlArray", "fromJsonArray", "initials", "swapcase", "nospace",
            "trim", "toJson", "toYaml", "urlquery", "html", "js", "quote", "squote", "base", "dir", "clean", "ext", "isAbs", "atoi",
            "int", "int64", "float64", "toDecimal", "len", "urlParse", "regexQuoteMeta", "println", "toRawJson", "toPrettyJson", "toYamlPretty",
            "osBase", "osDir", "osClean", "osExt", "toString", "duration", "durationRound", "sortAlpha", "toStrings", "first", "last",
        ]);
        match self.next(16) {
            0 => format!("trunc {small}"),
            1 => format!("abbrev {small}"),
            2 => format!("substr {small} {}", self.small()),
            3 => format!("{} {small}", self.pick(&["indent", "nindent", "repeat"])).replace("-1", "1").replace("-2", "2"),
            4 => format!("{} {text}", self.pick(&["trimAll", "trimPrefix", "trimSuffix", "contains", "hasPrefix", "hasSuffix", "split", "splitList", "cat", "append (list)", "eq", "ne", "lt", "default"])),
            5 => format!("replace {text} {}", self.text()),
            6 => format!("wrap {}", self.pick(&["1", "4", "20"])),
            7 => format!("wrapWith {} {text}", self.pick(&["1", "4", "20"])),
            8 => format!("{} \"{}\"", self.pick(&["regexMatch", "regexFind"]), self.pattern()),
            9 => format!("{} \"{}\" {text}", self.pick(&["regexFind", "regexMatch"]), self.pattern()).replace(&format!(" {text}"), ""),
            10 => format!("abbrevboth {} {}", self.small(), self.pick(&["5", "8", "10"])),
            11 => format!("splitn {text} {small}"),
            _ => plain.to_owned(),
        }
    }

    fn pattern(&mut self) -> &'static str {
        const PATTERNS: &[&str] = &[
            "[a-z]+",
            "^a",
            "b$",
            "(a)(b)?",
            "\\\\d+",
            "[^a-z\\\\d\\\\-]+",
            "x*",
            "",
            ".",
            "(?i)FOO",
            "\\\\s",
            "a|b",
            "(\\\\w+)\\\\.(\\\\w+)",
            "[",
            "(?P<n>a)",
            "\\\\bw",
            "a{2,3}",
            "\\\\pL+",
            "^(.*)$",
            "(?s).+",
            "(?m)^b",
            "[[:alpha:]]+",
            "\\\\x61",
        ];
        PATTERNS[self.next(PATTERNS.len())]
    }

    #[rustfmt::skip]
    fn over_list(&mut self) -> String {
        let (any, small) = (self.any(1), self.small());
        match self.next(10) {
            0 => format!("append {}", self.list()).replace("append", "concat"),
            1 => format!("has {any}"),
            2 => format!("without {any}").replace("without ", "has "),
            3 => format!("chunk {small}"),
            4 => format!("join {}", self.text()),
            _ => self.pick(&["uniq", "sortAlpha", "reverse", "first", "last", "rest", "initial", "compact", "len", "toJson", "toStrings", "toYaml", "quote", "max", "toToml", "toYamlPretty", "print", "empty", "all", "any", "coalesce", "mustUniq", "mustCompact", "cat"]).to_owned(),
        }
    }

    fn number_call(&mut self) -> String {
        let one = if self.next(3) == 0 { self.any(2) } else { self.number() };
        let two = if self.next(4) == 0 { self.any(2) } else { self.number() };
        match self.next(4) {
            0 => format!(
                "{} {one}",
                self.pick(&[
                    "floor",
                    "ceil",
                    "int",
                    "int64",
                    "float64",
                    "add1",
                    "add1f",
                    "toString",
                    "until 3 | len | add",
                    "toDecimal"
                ])
            ),
            1 => format!("round {one} {}", self.pick(&["0", "1", "2", "5"])),
            2 => format!(
                "{} {} {}",
                self.pick(&["seq", "untilStep 0"]),
                self.small(),
                self.pick(&["1", "2", "3"])
            ),
            _ => format!(
                "{} {one} {two}",
                self.pick(&[
                    "add", "sub", "mul", "max", "min", "addf", "subf", "mulf", "maxf", "minf", "biggest",
                    "div", "mod", "divf"
                ])
            ),
        }
    }

    #[rustfmt::skip]
    fn dict_call(&mut self) -> String {
        let (dict, other, key) = (self.dict(0), self.dict(0), format!("\"{}\"", self.pick(KEYS)));
        match self.next(14) {
            0 => format!("{} {dict} {other}", self.pick(&["merge", "mergeOverwrite", "mustMerge", "mustMergeOverwrite"])),
            1 => format!("{} {dict} {key}", self.pick(&["pick", "omit", "hasKey", "get", "unset"])),
            2 => format!("set {dict} {key} {}", self.any(1)),
            3 => format!("{dict} | keys | sortAlpha"),
            4 => format!("values {dict} | len"),
            5 => format!("pluck {key} {dict} {other}"),
            6 => format!("dig {key} {} {dict}", self.any(2)),
            7 => format!("dig {key} \"b\" {} {dict}", self.any(2)),
            8 => format!("deepEqual {dict} {other}"),
            9 => format!("index {dict} {key}"),
            10 => format!("deepCopy {dict} | mergeOverwrite {other}"),
            11 => format!("{} {dict}", self.pick(&["toToml", "toYaml", "toYamlPretty", "toJson", "toPrettyJson", "toRawJson", "print", "toString", "len", "kindOf"])),
            12 => format!("toYaml {dict} | fromYaml"),
            _ => format!("index {} {}", self.list(), self.small()),
        }
    }

    #[rustfmt::skip]
    fn date_call(&mut self) -> String {
        let layout = self.pick(&["2006-01-02", "Mon Jan _2 15:04:05 2006", "02.01.06 03:04PM .000", "Monday, 2 January 2006", "15h04 MST -07:00 Z0700", "002 __2 Jan", "3:4:5.999 pm"]);
        let zone =
            self.pick(&["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Nowhere/None", "Local"]);
        let time = self.pick(&["0", "1700000000", "(int64 951782400)", "-1", "(toDate \"2006-01-02\" \"2024-02-29\")", "253402300800"]);
        match self.next(6) {
            0 => format!("date \"{layout}\" {time}"),
            1 | 2 => format!("dateInZone \"{layout}\" {time} \"{zone}\""),
            3 => format!("htmlDateInZone {time} \"{zone}\""),
            4 => format!(
                "(toDate \"2006-01-02 15:04\" \"2023-11-05 01:30\") | dateModify \"{}\" | date \"{layout}\"",
                self.pick(&["1h", "-36h", "90m", "x", "0.5s"])
            ),
            _ => format!(
                "{} \"{}\"",
                self.pick(&[
                    "duration",
                    "durationRound",
                    "durationSeconds",
                    "mustToDuration",
                    "toDuration",
                    "durationMinutes"
                ])
                .replace("toDuration", "mustToDuration")
                .replace("mustmust", "must"),
                self.pick(&["90", "3661", "1h31m", "-5s", "x", "100000h", "1.5h", "0", "1ms"])
            ),
        }
    }

    #[rustfmt::skip]
    fn version_call(&mut self) -> String {
        let version = self.pick(&["1.2.3", "v1.2", "1.2.3-rc.1+b", "1", "v0.0.0-alpha", "1.02.3", "x", "1.30.2-gke.100", "2.0.0-0"]);
        let range = self.pick(&[">=1.2", "^1.2.0-0", "~1.2", ">= 1.0.0-0 < 2", "1.x || 2", "!=1.2.3", "1.2 - 2", "*", "<1.21-0", "=1", "^0.0.1", ">1.2.3-alpha", "~>1.2.3", "1.2.*", "", "x", ">=1.2.3-0,<3"]);
        match self.next(4) {
            0 => format!("semver \"{version}\""),
            1 => format!(
                "(semver \"{version}\").{}",
                self.pick(&[
                    "Major",
                    "Minor",
                    "Patch",
                    "Prerelease",
                    "Metadata",
                    "Original",
                    "String",
                    "IncPatch",
                    "IncMinor",
                    "IncMajor"
                ])
            ),
            2 => format!("(semver \"{version}\").Compare (semver \"1.2.0\")"),
            _ => format!("semverCompare \"{range}\" \"{version}\""),
        }
    }

    /// An expression of any function.
    fn call(&mut self) -> String {
        match self.next(12) {
            0 | 1 => format!("{} | {}", self.text(), self.over_text()),
            2 => format!("{} | {}", self.list(), self.over_list()),
            3 => self.number_call(),
            4 | 5 => self.dict_call(),
            6 => self.date_call(),
            7 => self.version_call(),
            8 => {
                let verb = self.pick(&[
                    "v", "s", "d", "q", "T", "5v", "+v", "x", "t", "#v", "-8s|", "08.3f", "e", "g", "c", "U",
                    "o", "b", "X", "6.2f", "+d", "% x", "#x", "%", "!", "[1]d", "*d", ".2s", "#q", "+q",
                ]);
                format!("printf \"%{verb}\" {}", self.any(0))
            }
            9 => format!(
                "{} {} {}",
                self.pick(&[
                    "eq",
                    "ne",
                    "lt",
                    "le",
                    "gt",
                    "ge",
                    "and",
                    "or",
                    "default",
                    "coalesce",
                    "kindIs",
                    "typeIs",
                    "print",
                    "cat",
                    "list",
                    "deepEqual",
                    "hasPrefix",
                    "contains",
                    "quote",
                    "println",
                    "squote",
                    "regexSplit \"a\""
                ]),
                self.any(1),
                self.any(1)
            ),
            10 => format!(
                "{} \"{}\" {} {}",
                self.pick(&["regexReplaceAll", "regexReplaceAllLiteral"]),
                self.pattern(),
                self.text(),
                self.pick(&["\"-\"", "\"${1}x\"", "\"$1\"", "\"$0$0\"", "\"$n\"", "\"\""])
            ),
            _ => format!(
                "{} \"{}\" {} {}",
                self.pick(&["regexFindAll", "regexSplit"]),
                self.pattern(),
                self.text(),
                self.pick(&["-1", "0", "1", "2"])
            ),
        }
    }

    /// A pipeline that goes on from a call.
    fn pipe(&mut self) -> String {
        let call = self.call();
        match self.next(3) {
            0 => call,
            1 => format!(
                "{call} | {}",
                self.pick(&[
                    "toJson",
                    "toYaml",
                    "quote",
                    "toString",
                    "kindOf",
                    "typeOf",
                    "print",
                    "empty",
                    "not",
                    "default \"d\"",
                    "toYaml | nindent 2",
                    "printf \"%v\"",
                    "printf \"%T\"",
                    "squote"
                ])
            ),
            _ => format!("({call}) | toJson"),
        }
    }

    /// Statements around calls.
    fn statement(&mut self, depth: usize) -> String {
        let (left, right) =
            (self.pick(&["{{", "{{-", "{{", "{{- "]), self.pick(&["}}", "-}}", "}}", " -}}"]));
        let left = if left == "{{-" { "{{- " } else { left };
        let right = if right == "-}}" { " -}}" } else { right };
        let (pipe, any) = (self.pipe(), self.any(1));
        let body = if depth > 2 { "x".to_owned() } else { self.statement(depth + 1) };
        let space = self.pick(&["", " ", "\n", "\n  ", "\t"]);
        match self.next(16) {
            0 => format!("{left}if {any}{right}{space}{body}{{{{ else }}}}no{left}end{right}{space}"),
            1 => format!(
                "{left}if {any}{right}{body}{{{{ else if {pipe} }}}}{space}two{left}else{right}three{{{{ end }}}}"
            ),
            2 => format!(
                "{left}with {any}{right}{{{{ . }}}}{space}{{{{ else with {} }}}}{{{{ . | toJson }}}}{{{{ end }}}}",
                self.any(1)
            ),
            3 => format!(
                "{{{{ range $k, $v := {} }}}}{{{{ $k }}}}:{{{{ $v }}}};{space}{left}else{right}-{{{{ end }}}}",
                if self.next(2) == 0 { self.list() } else { self.dict(0) }
            ),
            4 => format!(
                "{{{{ range $i, $e := {} }}}}{{{{ if gt $i 0 }}}}{{{{ {} }}}}{{{{ end }}}}{{{{ $e | toJson }}}}{{{{ end }}}}",
                self.list(),
                self.pick(&["break", "continue"])
            ),
            5 => format!(
                "{{{{ $x := {any} }}}}{{{{ range {} }}}}{{{{ $x = . }}}}{{{{ end }}}}{{{{ $x | toJson }}}}",
                self.list()
            ),
            6 => format!(
                "{{{{ $x := 1 }}}}{{{{ if true }}}}{{{{ $x := {any} }}}}{{{{ $x | toJson }}}}{{{{ end }}}}{left}$x{right}{space}"
            ),
            7 => format!(
                "{{{{ $d := {} }}}}{{{{ $_ := set $d \"k\" ({pipe}) }}}}{{{{ $d | toYaml | nindent 2 }}}}",
                self.dict(1)
            ),
            8 => format!(
                "{{{{ tpl {} . }}}}",
                self.pick(&[
                    "\"{{ .Values.s | upper }}\"",
                    "\"{{ include \\\"x\\\" . }}{{ $.Values.n }}\"",
                    "`{{ range .Values.l }}[{{ . }}]{{ end }}`",
                    "\"{{ .x.y }}\"",
                    "`{{ define \"x\" }}inner{{ end }}{{ include \"x\" . }}`",
                    "(toYaml .Values)",
                    "`{{ block \"q\" .Values.m }}{{ .b }}{{ end }}`"
                ])
            ),
            9 => format!(
                "{{{{ include \"x\" {any} }}}}{left}template \"y\" (list 1 {any}){right}{space}{{{{ include \"x\" .Values.m | indent 2 }}}}"
            ),
            10 => format!(
                "{{{{ range {} }}}}{{{{ . }}}},{{{{ end }}}}",
                self.pick(&[
                    "3",
                    "0",
                    ".Values.n",
                    ".Values.s",
                    "(int 2)",
                    ".Values.m",
                    "nil",
                    "(dict \"b\" 1 \"a\" 2)"
                ])
            ),
            11 => format!(
                "{left}/* c */{right}{space}{{{{ ({}).{} }}}}",
                self.dict(0),
                self.pick(&["a", "b", "c9", "yes"])
            ),
            12 => format!(
                "{{{{ {}{} }}}}",
                self.pick(&[
                    ".Values.m",
                    ".Values",
                    "$.Values.m.a",
                    ".Chart",
                    ".Release",
                    ".Capabilities.KubeVersion",
                    ".Template",
                    ".Files"
                ]),
                self.pick(&[".b", ".Name", ".x", ".x.y", "", ".s.t", ".Version"])
            ),
            _ => format!("{left}{pipe}{right}{space}"),
        }
    }

    /// One fragment.
    pub(super) fn fragment(&mut self) -> String {
        match self.next(3) {
            0 => self.statement(0),
            1 => format!("{{{{ {} }}}}", self.call()),
            _ => format!("{{{{ {} }}}}", self.pipe()),
        }
    }
}
