//! Modules that users write: read for faults before a machine meets them.

use rnix::{Root, SyntaxKind, ast::Expr};

/// What is wrong with a module's text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModuleFault {
    /// It is no Nix.
    #[error("line {line}, column {column}: {what}")]
    Syntax {
        /// Where, counted from 1.
        line: usize,
        /// Where, counted from 1.
        column: usize,
        /// What the parser says.
        what: String,
    },
    /// It is Nix, but neither an attribute set nor a function.
    #[error("a module is an attribute set or a function that gives one")]
    NoModule,
    /// It names a file beside it, and there will be none.
    #[error("line {line}: {path} lies outside of the module's text and will not be on the machine")]
    ForeignPath {
        /// Where, counted from 1.
        line: usize,
        /// The path as written.
        path: String,
    },
    /// It looks something up in `NIX_PATH`, which an evaluation of a flake does not have.
    #[error("line {line}: {path} is looked up in NIX_PATH, which does not exist in a flake")]
    SearchPath {
        /// Where, counted from 1.
        line: usize,
        /// The path as written.
        path: String,
    },
}

/// Reads a module and gives the first fault.
pub fn check_module(text: &str) -> Result<(), ModuleFault> {
    let parse = Root::parse(text);
    if let Some(error) = parse.errors().first() {
        let (line, column) = place(text, offset(error, text.len()));
        return Err(ModuleFault::Syntax { line, column, what: plain(&error.to_string()) });
    }
    let root = parse.tree();
    let mut expr = root.expr();
    // Brackets, `let` and `with` around a module change nothing about what it is.
    loop {
        expr = match expr {
            Some(Expr::Paren(paren)) => paren.expr(),
            Some(Expr::LetIn(inner)) => inner.body(),
            Some(Expr::With(inner)) => inner.body(),
            Some(Expr::Assert(inner)) => inner.body(),
            Some(Expr::AttrSet(_) | Expr::Lambda(_) | Expr::Apply(_) | Expr::IfElse(_)) => break,
            _ => return Err(ModuleFault::NoModule),
        };
    }
    for token in parse.syntax().descendants_with_tokens().filter_map(rowan::NodeOrToken::into_token) {
        let line = place(text, usize::from(token.text_range().start())).0;
        let path = token.text().to_owned();
        match token.kind() {
            SyntaxKind::TOKEN_PATH_REL | SyntaxKind::TOKEN_PATH_HOME => {
                return Err(ModuleFault::ForeignPath { line, path });
            }
            SyntaxKind::TOKEN_PATH_SEARCH => return Err(ModuleFault::SearchPath { line, path }),
            _ => {}
        }
    }
    Ok(())
}

/// Where the parser stumbled.
fn offset(error: &rnix::ParseError, end: usize) -> usize {
    use rnix::ParseError::{
        DuplicatedArgs, Unexpected, UnexpectedDoubleBind, UnexpectedExtra, UnexpectedWanted,
    };
    match error {
        Unexpected(range)
        | UnexpectedExtra(range)
        | UnexpectedWanted(_, range, _)
        | UnexpectedDoubleBind(range)
        | DuplicatedArgs(range, _) => usize::from(range.start()),
        // The others are about an end that came too early.
        _ => end,
    }
}

/// Line and column of a place, counted from 1.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// The parser's words without its byte positions.
fn plain(words: &str) -> String {
    words.split(" at ").next().unwrap_or(words).to_owned()
}
