//! A value with what Go's reflection knows beyond it: whether it is typed `interface{}`, or nothing at all.

use crate::helm::render::datum::Datum;

/// What an expression gives.
#[derive(Debug, Clone)]
pub(crate) enum Slot {
    /// Go's zero `reflect.Value`: untyped nil.
    Invalid,
    /// A value of its own type; never `Datum::Nil`.
    Own(Datum),
    /// A value of static type `interface{}`, nil included.
    Any(Datum),
}

impl Slot {
    /// The value with its interface taken off, as `reflect.ValueOf` gives it.
    pub(crate) fn of(datum: Datum) -> Self {
        if matches!(datum, Datum::Nil) { Self::Invalid } else { Self::Own(datum) }
    }

    pub(crate) fn datum(self) -> Datum {
        match self {
            Self::Invalid => Datum::Nil,
            Self::Own(datum) | Self::Any(datum) => datum,
        }
    }

    pub(crate) fn as_datum(&self) -> &Datum {
        match self {
            Self::Invalid => &Datum::Nil,
            Self::Own(datum) | Self::Any(datum) => datum,
        }
    }

    /// The static type's name.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Any(_) => "interface {}",
            slot => slot.as_datum().type_name(),
        }
    }

    /// With the interface taken off.
    pub(crate) fn bare(self) -> Self {
        match self {
            Self::Any(datum) => Self::of(datum),
            slot => slot,
        }
    }
}
