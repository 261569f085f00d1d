//! The tokens of a template, and how errors show them.

use crate::helm::render::go;
use crate::helm::render::text;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Error,
    Bool,
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    Eof,
    Field,
    Identifier,
    LeftDelim,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelim,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    // Keywords.
    Block,
    Break,
    Continue,
    Dot,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

impl Kind {
    fn is_keyword(self) -> bool {
        self as u8 >= Self::Block as u8
    }

    pub(super) fn keyword(word: &[u8]) -> Option<Self> {
        Some(match word {
            b"block" => Self::Block,
            b"break" => Self::Break,
            b"continue" => Self::Continue,
            b"define" => Self::Define,
            b"else" => Self::Else,
            b"end" => Self::End,
            b"if" => Self::If,
            b"range" => Self::Range,
            b"nil" => Self::Nil,
            b"template" => Self::Template,
            b"with" => Self::With,
            _ => return None,
        })
    }
}

/// One token.
#[derive(Debug, Clone)]
pub(super) struct Item<'a> {
    pub(super) kind: Kind,
    pub(super) pos: usize,
    pub(super) text: std::borrow::Cow<'a, [u8]>,
    pub(super) line: usize,
}

impl Item<'_> {
    /// As errors show it.
    pub(super) fn shown(&self) -> String {
        let text = String::from_utf8_lossy(&self.text);
        match self.kind {
            Kind::Eof => "EOF".to_owned(),
            Kind::Error => text.into_owned(),
            kind if kind.is_keyword() => format!("<{text}>"),
            _ if self.text.len() > 10 => {
                let head: Vec<u8> =
                    text::runes(&self.text).take(10).flat_map(|(_, bytes)| bytes.to_vec()).collect();
                format!("{}...", go::quote(&head))
            }
            _ => go::quote(&self.text),
        }
    }
}
