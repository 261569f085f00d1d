//! Go's numbers with names: months and days of the week.

use super::layout::{DAYS, MONTHS};

/// Whose names they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// `time.Month`, from 1.
    Month,
    /// `time.Weekday`, from 0 for Sunday.
    Weekday,
}

impl Names {
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::Month => "time.Month",
            Self::Weekday => "time.Weekday",
        }
    }

    /// What its `String` method gives, for numbers without a name too.
    pub(crate) fn text(self, number: i64) -> String {
        let name = match self {
            Self::Month => number
                .checked_sub(1)
                .and_then(|index| usize::try_from(index).ok())
                .and_then(|index| MONTHS.get(index)),
            Self::Weekday => usize::try_from(number).ok().and_then(|index| DAYS.get(index)),
        };
        match (name, self) {
            (Some(name), _) => (*name).to_owned(),
            (None, Self::Month) => format!("%!Month({})", number.cast_unsigned()),
            (None, Self::Weekday) => format!("%!Weekday({})", number.cast_unsigned()),
        }
    }
}
