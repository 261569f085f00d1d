//! Bad input of `template`: one error each, which says what to do.

use std::path::Path;

use super::error;
use crate::chart_server::Bench;

#[test]
fn a_chart_that_is_not_to_be_had_is_one_error() {
    let Some(bench) = Bench::new(None) else { return };
    let packed = bench.pack("one", "1.2.3");
    bench.control("POST", "/charts", &std::fs::read(packed).unwrap());
    let (http, https, oci, ca) =
        (bench.endpoint("charts_http"), bench.endpoint("charts"), bench.endpoint("charts_oci"), bench.ca());
    let home = bench.home.path();
    let said = |arguments: &[&str]| {
        let all: Vec<&str> = ["template", "it"].iter().chain(arguments).copied().collect();
        error(home, &all)
    };
    let cases: [(&[&str], &str); 12] = [
        (&["./missing"], "path \"./missing\" not found"),
        (&["one", "--repo", &http, "--version", "1.x.y.z"], "improper constraint"),
        (&["one", "--repo", &http, "--version", ">2"], "it has 1.2.3"),
        (&["on", "--repo", &http], "the nearest are one"),
        (&["one", "--repo", "http://127.0.0.1:1"], "gave no answer"),
        (&["one", "--repo", &https], "certificate"),
        (&["one", "--repo", "ftp://a"], "neither https nor oci"),
        (&["oci://127.0.0.1:1/one", "--version", "1.0.0"], "gave no answer"),
        (&["oci://127.0.0.1"], "it names no repository"),
        (&[&format!("{oci}/none"), "--ca-file", &ca, "--version", "1.0.0"], "answered 404"),
        (&[&format!("{http}/one-9.tgz")], "answered 404"),
        (&["one", "--repo", &http, "--verify", "--keyring", "none"], "none"),
    ];
    for (arguments, says) in cases {
        let said = said(arguments);
        assert!(said.contains(says), "{arguments:?}: {said}");
    }
    for kind in ["basic", "token"] {
        bench.access(kind);
        let denied = said(&["one", "--repo", &http]);
        assert!(denied.contains("it wants credentials, and none are given"), "{denied}");
        let registry = format!("{oci}/one");
        let wrong = said(&[&registry, "--ca-file", &ca, "--username", "ann", "--password", "no"]);
        assert!(wrong.contains("the credentials are not accepted"), "{wrong}");
        assert!(!wrong.contains("no\""), "{wrong}");
    }
    bench.end();
}

#[test]
fn a_server_of_something_else_is_one_error() {
    let home = tempfile::tempdir().unwrap();
    let said = |body: &'static str, arguments: &dyn Fn(&str) -> Vec<String>| {
        let server = super::retries::Server::new(vec![(200, "", body)]);
        let all = arguments(&server.address);
        let all: Vec<&str> = ["template", "it"].into_iter().chain(all.iter().map(String::as_str)).collect();
        error(Path::new(home.path()), &all)
    };
    let repository = |address: &str| vec!["one".to_owned(), "--repo".to_owned(), address.to_owned()];
    assert!(said("<html>", &repository).contains("no index of a chart repository"));
    assert!(said("entries: [", &repository).contains("no index of a chart repository"));
    assert!(said("entries:\n  one: []\n", &repository).contains("has no version \"\" of one; it has none"));
    assert!(said("<html>", &|address| vec![format!("{address}/one.tgz")]).contains("gzip: invalid header"));
}
