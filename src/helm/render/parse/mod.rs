//! The template language as text: a lexer, a parser, and the tree they give.
//!
//! Follows Go's text/template/parse in what is accepted, in the positions of nodes and in the errors. What
//! this part does not know: values.

mod lexer;
mod node;
mod number;
mod parser;
mod piece;
mod pipeline;
mod token;

pub(crate) use node::{At, Branch, Command, List, Node, Pipe, Term, Tree};
pub(crate) use number::Number;
pub(crate) use parser::{ParseError, Parsed, parse};

#[cfg(test)]
mod tests;
