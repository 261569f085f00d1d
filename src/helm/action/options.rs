//! How an action goes about its work.

use std::time::Duration;

use crate::kube::{Propagation, Validation};

/// How install, upgrade and rollback go about their work.
#[derive(Clone, Debug)]
pub struct Options {
    /// What is waited for.
    pub wait: Wait,
    /// What a failure leaves.
    pub on_failure: OnFailure,
    /// What becomes of objects that a failed upgrade has made.
    pub cleanup: Cleanup,
    /// How many revisions are kept; 0 keeps all.
    pub max_history: u32,
    /// Whether objects of others are taken over.
    pub ownership: Ownership,
    /// What happens to fields and objects that refuse to be changed.
    pub force: Force,
    /// Whether hooks run.
    pub hooks: Hooks,
    /// What happens to the chart's `crds/`.
    pub crds: Crds,
    /// Whether a missing namespace is made.
    pub namespace: Namespace,
    /// How long one wait may take.
    pub timeout: Duration,
    /// What the server does about fields that it does not know; Helm's own choice is to refuse them.
    pub validation: Validation,
    /// Whether a wait ends at the first object that will not become ready.
    pub fail_fast: FailFast,
    /// Whether pods are made anew.
    pub pods: Pods,
    /// How objects are written.
    pub method: Method,
    /// What happens to an operation that was cut off.
    pub interrupted: Interrupted,
}

/// How an uninstall goes about its work.
#[derive(Clone, Debug)]
pub struct Removal {
    /// Whether it waits until the objects are gone.
    pub wait: Wait,
    /// Whether hooks run.
    pub hooks: Hooks,
    /// What becomes of what the objects own.
    pub propagation: Propagation,
    /// Whether records stay, with status `uninstalled`.
    pub keep_history: bool,
    /// How long one wait may take.
    pub timeout: Duration,
    /// One line about it.
    pub description: Option<String>,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Hooks only.
    Hooks,
    /// Every object; of jobs only that they have started.
    Objects,
    /// Every object, and jobs to their end.
    ObjectsAndJobs,
}

/// What a failure leaves (`atomic`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// Everything as it is, for a look at it.
    Leave,
    /// What was before: a failed install is removed, a failed upgrade rolled back.
    Undo,
}

/// What becomes of objects that a failed upgrade has made (`cleanup_on_fail`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleanup {
    /// They stay.
    Keep,
    /// They go.
    Remove,
}

/// Whether objects that another owner or nobody claims are taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// They are refused by name.
    Check,
    /// They are, and with them the fields that the chart sets, whoever manages those.
    Take,
}

/// What happens to fields and objects that refuse to be changed (`force_update`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Force {
    /// It is an error.
    No,
    /// Fields of other managers are taken over; objects with fields that never change are deleted and made anew.
    Replace,
}

/// Whether hooks run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hooks {
    /// They do.
    Run,
    /// They do not.
    Skip,
}

/// What happens to the chart's `crds/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crds {
    /// Nothing.
    Skip,
    /// Those that are not there are made.
    Create,
    /// Those that are not there are made, and the others brought to what the chart has.
    CreateReplace,
}

/// Whether a missing namespace is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Namespace {
    /// It is an error.
    MustExist,
    /// It is.
    Create,
}

/// Whether a wait ends at the first object that will not become ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailFast {
    /// It goes on until the others are ready or the time is over, as Helm's.
    No,
    /// It ends at once.
    Yes,
}

/// Whether pods of the written workloads are made anew (`recreate_pods`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pods {
    /// Only where their templates change.
    Keep,
    /// Always.
    Recreate,
}

/// How objects are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// As the last revision was; a new release by the server's apply.
    Auto,
    /// By the server's apply.
    ServerSide,
    /// By patches of the difference to the last revision.
    ClientSide,
}

/// What happens to an operation that was cut off, of ours or of Helm's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupted {
    /// It is brought to its end.
    Recover,
    /// It is an error.
    Fail,
}

impl Default for Options {
    /// Helm's own choices for an upgrade that waits.
    fn default() -> Self {
        Self {
            wait: Wait::Objects,
            on_failure: OnFailure::Leave,
            cleanup: Cleanup::Keep,
            max_history: 0,
            ownership: Ownership::Check,
            force: Force::No,
            hooks: Hooks::Run,
            crds: Crds::Create,
            namespace: Namespace::MustExist,
            timeout: Duration::from_secs(300),
            validation: Validation::Strict,
            fail_fast: FailFast::Yes,
            pods: Pods::Keep,
            method: Method::Auto,
            interrupted: Interrupted::Recover,
        }
    }
}

impl Default for Removal {
    fn default() -> Self {
        Self {
            wait: Wait::Objects,
            hooks: Hooks::Run,
            propagation: Propagation::Background,
            keep_history: false,
            timeout: Duration::from_secs(300),
            description: None,
        }
    }
}
