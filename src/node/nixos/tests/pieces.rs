//! What is easier to see before it is text.

use super::super::systemd;

#[test]
fn a_word_of_systemd_arrives_as_it_is() {
    assert_eq!(systemd::word("--a=b,c"), "--a=b,c");
    assert_eq!(systemd::word("--a=0 */6 * * *"), "\"--a=0 */6 * * *\"");
    assert_eq!(systemd::word("100% \"x\" $y \\"), "\"100%% \\\"x\\\" $$y \\\\\"");
    assert_eq!(systemd::word(""), "\"\"");
}
