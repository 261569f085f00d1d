//! `--set-literal`: the paths of `--set`, and a value that nothing in it ends or changes.

use super::parser::{BadSet, Parser, Reading};
use crate::helm::value::Map;

pub(super) fn run(line: &str, values: &mut Map) -> Result<(), BadSet> {
    Parser::new(line, Reading::Literal).run(values)
}
