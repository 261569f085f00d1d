//! How the world answered: there, gone, not to be seen; and what may be done about an error.

use std::time::Duration;

/// What a look at the world found.
#[derive(Clone, Debug, PartialEq)]
pub enum Presence<T> {
    /// It is there.
    Here(T),
    /// An authoritative not-found: it does not exist any more.
    Gone,
    /// It could not be asked; the text says what was tried. Only things that live on our own machines
    /// answer so, a cloud that cannot be asked is an error.
    Unseen(String),
}

impl<T> Presence<T> {
    /// Changes what was found.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Presence<U> {
        match self {
            Self::Here(found) => Presence::Here(change(found)),
            Self::Gone => Presence::Gone,
            Self::Unseen(reason) => Presence::Unseen(reason),
        }
    }

    /// What was found, if it is there.
    pub fn here(self) -> Option<T> {
        match self {
            Self::Here(found) => Some(found),
            _ => None,
        }
    }
}

/// The one question each room's error answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// Passing: try again, not before the given time where the world named one.
    Retry(Option<Duration>),
    /// The credentials do not allow it.
    Denied,
    /// The world refuses the input; the field it named, if any.
    Rejected(Option<String>),
    /// Nothing that a retry or another input would mend.
    Fatal,
}
