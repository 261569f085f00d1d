//! Charts through mirrors, with the logins that docker and helm keep in a file.

use super::{error, printed};
use crate::chart_server::Bench;

#[test]
fn the_template_command_goes_through_mirrors_with_logins_out_of_a_file() {
    let Some(bench) = Bench::new(None) else { return };
    let packed = bench.pack("one", "1.2.3");
    bench.control("POST", "/charts", &std::fs::read(packed).unwrap());
    let (oci, ca) = (bench.endpoint("charts_oci"), bench.ca());
    let home = tempfile::tempdir().unwrap();
    let mirror = format!("https://charts.invalid/all={oci}");
    let place = ["template", "it", "one", "--repo", "https://charts.invalid/all", "--ca-file", &ca];
    let mirrored: Vec<&str> = place.into_iter().chain(["--chart-mirror", &mirror]).collect();
    let direct = printed(home.path(), &["template", "it", &format!("{oci}/one"), "--ca-file", &ca]);
    assert_eq!(printed(home.path(), &mirrored), direct);
    assert!(error(home.path(), &place).contains("gave no answer"), "without the mirror nothing is there");

    bench.access("basic");
    assert!(error(home.path(), &mirrored).contains("it wants credentials"));
    let host = oci.strip_prefix("oci://").unwrap().split('/').next().unwrap();
    let (right, wrong) = ("YW5uOnBhc3M6d29yZA==", "eDp5");
    for (login, fits) in [(right, true), (wrong, false)] {
        let config = format!(r#"{{"auths": {{"{host}": {{"auth": "{login}"}}}}}}"#);
        std::fs::write(home.path().join("config.json"), config).unwrap();
        let logged: Vec<&str> =
            mirrored.iter().copied().chain(["--registry-config", "config.json"]).collect();
        if fits {
            assert_eq!(printed(home.path(), &logged), direct);
        } else {
            assert!(error(home.path(), &logged).contains("the credentials are not accepted"));
        }
    }
    let said = error(home.path(), &["template", "one", "--repo", &oci, "--chart-mirror", "nothing"]);
    assert!(said.contains("--chart-mirror nothing: wanted ADDRESS=OTHER"), "{said}");
    bench.end();
}
