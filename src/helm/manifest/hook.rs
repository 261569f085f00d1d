//! Hooks: objects that are created at a point of a release's life.

/// A point of a release's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HookEvent {
    /// Before anything is installed.
    PreInstall,
    /// When everything is installed.
    PostInstall,
    /// Before anything is removed.
    PreDelete,
    /// When everything is removed.
    PostDelete,
    /// Before anything is changed.
    PreUpgrade,
    /// When everything is changed.
    PostUpgrade,
    /// Before anything is changed back.
    PreRollback,
    /// When everything is changed back.
    PostRollback,
    /// When the user asks for tests.
    Test,
}

impl HookEvent {
    /// The event of that name; Helm 2 called tests that should succeed `test-success`.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "pre-install" => Self::PreInstall,
            "post-install" => Self::PostInstall,
            "pre-delete" => Self::PreDelete,
            "post-delete" => Self::PostDelete,
            "pre-upgrade" => Self::PreUpgrade,
            "post-upgrade" => Self::PostUpgrade,
            "pre-rollback" => Self::PreRollback,
            "post-rollback" => Self::PostRollback,
            "test" | "test-success" => Self::Test,
            _ => return None,
        })
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PreInstall => "pre-install",
            Self::PostInstall => "post-install",
            Self::PreDelete => "pre-delete",
            Self::PostDelete => "post-delete",
            Self::PreUpgrade => "pre-upgrade",
            Self::PostUpgrade => "post-upgrade",
            Self::PreRollback => "pre-rollback",
            Self::PostRollback => "post-rollback",
            Self::Test => "test",
        }
    }
}

/// A hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The object's name.
    pub name: String,
    /// The object's kind.
    pub kind: String,
    /// The template that it comes from.
    pub path: String,
    /// Its text.
    pub manifest: String,
    /// When it is created, as the annotation lists it.
    pub events: Vec<HookEvent>,
    /// Lower ones come first within an event.
    pub weight: i64,
    /// When it is removed, in the annotation's words.
    pub delete_policies: Vec<String>,
    /// Whose logs are printed, in the annotation's words.
    pub output_log_policies: Vec<String>,
}
