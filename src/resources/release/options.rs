//! The arguments as the options of an action.

use std::time::Duration;

use super::declaration::ReleaseSpec;
use crate::diagnostics::Diagnostic;
use crate::helm::action::{
    Cleanup, Crds, FailFast, Force, Hooks, Interrupted, Method, Namespace, OnFailure, Options, Ownership,
    Pods, Wait,
};
use crate::kube::Validation;
use crate::value::{Path, parse_duration};

/// How long one wait may take: seconds, as `helm_release` has them, or a duration.
pub(super) fn timeout(text: &str) -> Result<Duration, Diagnostic> {
    let seconds = || text.parse::<u64>().ok().map(Duration::from_secs);
    seconds().or_else(|| parse_duration(text)).ok_or_else(|| {
        let detail =
            format!("timeout is {text:?}. Write seconds, such as 600, or a duration, such as \"10m\".");
        Diagnostic::error("Bad duration", detail).at(Path::of("timeout"))
    })
}

impl ReleaseSpec {
    /// How install and upgrade go about their work.
    pub(super) fn options(&self) -> Result<Options, Diagnostic> {
        Ok(Options {
            wait: self.waits(),
            on_failure: if self.atomic { OnFailure::Undo } else { OnFailure::Leave },
            cleanup: if self.cleanup_on_fail { Cleanup::Remove } else { Cleanup::Keep },
            max_history: u32::try_from(self.max_history).unwrap_or(0),
            ownership: if self.take_ownership { Ownership::Take } else { Ownership::Check },
            force: if self.force_update { Force::Replace } else { Force::No },
            hooks: self.hooks(),
            crds: match self.crds.as_str() {
                _ if self.skip_crds => Crds::Skip,
                "skip" => Crds::Skip,
                "create_replace" => Crds::CreateReplace,
                _ => Crds::Create,
            },
            namespace: if self.create_namespace { Namespace::Create } else { Namespace::MustExist },
            timeout: timeout(&self.timeout)?,
            validation: if self.disable_openapi_validation { Validation::Ignore } else { Validation::Strict },
            fail_fast: if self.fail_fast { FailFast::Yes } else { FailFast::No },
            pods: if self.recreate_pods { Pods::Recreate } else { Pods::Keep },
            method: Method::Auto,
            interrupted: if self.on_interrupted == "fail" { Interrupted::Fail } else { Interrupted::Recover },
        })
    }

    fn hooks(&self) -> Hooks {
        if self.disable_webhooks { Hooks::Skip } else { Hooks::Run }
    }

    /// `atomic` waits, as in Helm.
    fn waits(&self) -> Wait {
        match (self.wait || self.atomic, self.wait_for_jobs) {
            (false, _) => Wait::Hooks,
            (true, false) => Wait::Objects,
            (true, true) => Wait::ObjectsAndJobs,
        }
    }
}
