//! The groups that are open while an expression is read, and how often things repeat in them.

use super::fault::{DEPTH, Fault, NO_ARGUMENT, REPEAT_COUNT};

/// How deep groups may nest in RE2.
const DEEPEST: usize = 1000;
/// How often the innermost of nested repetitions may stand there in all.
const MOST: u32 = 1000;

/// What of the expression's tree counts for the limits of repetitions.
#[derive(Debug, Clone, Default)]
pub(super) enum Repeats {
    #[default]
    None,
    /// So many times what is within.
    Times(u32, Box<Repeats>),
    All(Vec<Repeats>),
}

impl Repeats {
    /// Whether nothing stands there more often than allowed.
    fn fit(&self, most: u32) -> bool {
        match self {
            Self::None => true,
            Self::Times(0, _) => true,
            Self::Times(count, within) => *count <= most && within.fit(most / count),
            Self::All(parts) => parts.iter().all(|part| part.fit(most)),
        }
    }
}

/// Flags as `(?ims)` sets them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flags {
    pub(super) fold: bool,
    pub(super) lines: bool,
    pub(super) dot_breaks: bool,
    pub(super) lazy: bool,
}

#[derive(Debug, Default)]
struct Group {
    /// The flags outside.
    flags: Flags,
    parts: Vec<Repeats>,
    /// Whether something stands before, in this branch.
    has_last: bool,
}

#[derive(Debug)]
pub(super) struct Groups(Vec<Group>);

impl Groups {
    pub(super) fn new() -> Self {
        Self(vec![Group::default()])
    }

    pub(super) fn open(&mut self, flags: Flags, whole: &str) -> Result<(), Fault> {
        if self.0.len() > DEEPEST {
            return Err(Fault::new(DEPTH, whole));
        }
        self.0.push(Group { flags, ..Group::default() });
        Ok(())
    }

    /// Closes the innermost group; the flags outside, or nothing where none is open.
    pub(super) fn close(&mut self) -> Option<Flags> {
        if self.0.len() < 2 {
            return None;
        }
        let group = self.0.pop()?;
        let mut parts = group.parts;
        parts.retain(|part| !matches!(part, Repeats::None));
        self.put(if parts.is_empty() { Repeats::None } else { Repeats::All(parts) });
        Some(group.flags)
    }

    pub(super) fn is_open(&self) -> bool {
        self.0.len() > 1
    }

    fn put(&mut self, part: Repeats) {
        if let Some(group) = self.0.last_mut() {
            group.parts.push(part);
            group.has_last = true;
        }
    }

    /// Something that can be repeated.
    pub(super) fn atom(&mut self) {
        self.put(Repeats::None);
    }

    /// `|`
    pub(super) fn branch(&mut self) {
        if let Some(group) = self.0.last_mut() {
            group.has_last = false;
        }
    }

    /// Repeats what stands before, so many times if that is a number; the operator is for the error.
    pub(super) fn repeat(&mut self, times: Option<(u32, Option<u32>)>, operator: &str) -> Result<(), Fault> {
        let last = self.0.last_mut().filter(|group| group.has_last).and_then(|group| group.parts.last_mut());
        let last = last.ok_or_else(|| Fault::new(NO_ARGUMENT, operator))?;
        let Some((least, most)) = times else { return Ok(()) };
        *last = Repeats::Times(most.unwrap_or(least), Box::new(std::mem::take(last)));
        let counts = least >= 2 || most.is_some_and(|most| most >= 2);
        if counts && !last.fit(MOST) { Err(Fault::new(REPEAT_COUNT, operator)) } else { Ok(()) }
    }
}
