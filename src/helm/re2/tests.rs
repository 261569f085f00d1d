//! Expressions that RE2 and the crate read differently, and RE2's words for what is wrong.

use super::Expression;

fn matches(expression: &str, subject: &str) -> bool {
    Expression::new(expression.as_bytes()).expect(expression).is_match(subject.as_bytes())
}

fn fault(expression: &str) -> String {
    let fault = Expression::new(expression.as_bytes()).expect_err(expression).to_string();
    fault.strip_prefix("error parsing regexp: ").expect("the head").to_owned()
}

#[test]
fn a_dash_behind_a_class_stands_for_itself() {
    // The crate refused this one of a public chart, which took a value that fits for one that does not.
    assert!(matches(r"^[\w-\.]+$", "my-master.x"));
    assert_eq!(fault(r"[a-\d]"), r"invalid escape sequence: `\d`");
    assert!(matches(r"^[&&a~~b]+$", "&a~b"));
    assert_eq!(fault("[a--b]"), "invalid character class range: `a--`");
}

#[test]
fn letters_and_ends_are_those_of_ascii_and_of_the_text() {
    assert!(!matches(r"^\w$", "é"));
    assert!(!matches(r"^\d$", "٣"));
    assert!(!matches("a$", "a\n"));
    assert!(matches("(?m)^b$", "a\nb\nc"));
    assert!(matches(r"(?i)^[^\W\d]+$", "Ab"));
    assert!(matches(r"^\p{greek}\PL$", "α1"));
    assert!(matches(r"^\Qa.b\E+$", "a.bbb"));
}

#[test]
fn faults_are_told_in_the_words_of_re2() {
    for (expression, words) in [
        ("a**", "invalid nested repetition operator: `**`"),
        ("a{2}{3}", "invalid nested repetition operator: `{2}{3}`"),
        ("*a", "missing argument to repetition operator: `*`"),
        ("a|+?", "missing argument to repetition operator: `+?`"),
        ("a{1001}", "invalid repeat count: `{1001}`"),
        ("(a{100}){11}", "invalid repeat count: `{11}`"),
        ("(a", "missing closing ): `(a`"),
        ("a)", "unexpected ): `a)`"),
        ("[a", "missing closing ]: `[a`"),
        ("[z-a]", "invalid character class range: `z-a`"),
        ("[[:nope:]]", "invalid character class range: `[:nope:]`"),
        (r"\p{Nope}", r"invalid character class range: `\p{Nope}`"),
        (r"\p{Alphabetic}", r"invalid character class range: `\p{Alphabetic}`"),
        (r"\8", r"invalid escape sequence: `\8`"),
        (r"\C", r"invalid escape sequence: `\C`"),
        ("a\\", "trailing backslash at end of expression: ``"),
        ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        ("(?i", "invalid or unsupported Perl syntax: `(?i`"),
        ("(?<=a)b", "invalid named capture: `(?<=a)b`"),
        ("(?P<a b>c)", "invalid named capture: `(?P<a b>`"),
    ] {
        assert_eq!(fault(expression), words, "{expression}");
    }
}
