//! Why a chart is not here or not rendered, in words for the user.

use crate::diagnostics::Diagnostic;
use crate::helm::chart::PrepareError;
use crate::helm::fetch::{DependencyError, FetchError};
use crate::helm::template::TemplateError;
use crate::value::Path;

/// A chart that could not be had.
pub(in crate::resources) fn fetch(error: &FetchError, repository: bool) -> Diagnostic {
    let place = if repository { "repository" } else { "chart" };
    let (summary, advice, attribute) = match error {
        FetchError::Disk(_) => (
            "Chart not found",
            "Check the path; it is relative to the folder in which the host runs.",
            "chart",
        ),
        FetchError::Load { .. } => {
            ("Not a chart", "The server has something else under that address.", place)
        }
        FetchError::Address { .. } => ("Bad address", "Addresses begin with https:// or oci://.", place),
        FetchError::Trust { .. } => (
            "Bad certificate",
            "The files must hold certificates and a key in PEM form.",
            "repository_ca_file",
        ),
        FetchError::Unreachable { .. } => (
            "Chart repository cannot be reached",
            "Check the network, the address, and repository_ca_file; a site without a way out sets chart_mirrors in the \
             provider block.",
            place,
        ),
        FetchError::Denied { .. } => (
            "Chart repository refuses the login",
            "Set repository_username and repository_password, or registry_auth in the provider block.",
            place,
        ),
        FetchError::Refused { .. } | FetchError::Unreadable { .. } => (
            "Chart repository gave no chart",
            "Check the address and whether this is a repository of charts.",
            place,
        ),
        FetchError::TooLarge { .. } => ("Chart too large", "No chart is that large.", place),
        FetchError::Digest { .. } => {
            ("Chart is not what was promised", "It may have been changed on its way: do not use it.", place)
        }
        FetchError::Range(_) => {
            ("Bad version", "Write a version such as 1.2.3, or a range such as ~1.2.", "version")
        }
        FetchError::NoChart { .. } => ("No such chart", "Check the chart's name.", "chart"),
        FetchError::NoVersion { .. } => ("No such version", "Choose one that there is.", "version"),
        FetchError::Login { .. } => (
            "No login for the registry",
            "The login with type = \"acr\" in registry_auth is that of azure in the provider block.",
            place,
        ),
        FetchError::Provenance(_) => ("Chart's signature does not hold", "", "verify"),
        FetchError::Ended { .. } => ("Fetching the chart was ended", "Run it again.", place),
    };
    let text = format!("{error}.\n\n{advice}");
    Diagnostic::error(summary, text.trim_end().to_owned()).at(Path::of(attribute))
}

/// A chart whose dependencies could not be had.
pub(in crate::resources) fn dependency(error: &DependencyError) -> Diagnostic {
    match error {
        DependencyError::Fetch { name, error } => {
            let Diagnostic { summary, detail, .. } = fetch(error, true);
            Diagnostic::error(summary, format!("Dependency {name:?}: {detail}"))
                .at(Path::of("dependency_update"))
        }
        error => Diagnostic::error("Dependencies cannot be fetched", format!("{error}."))
            .at(Path::of("dependency_update")),
    }
}

/// A chart that does not render.
pub(in crate::resources) fn template(error: &TemplateError) -> Diagnostic {
    let (summary, attribute) = match error {
        TemplateError::Name | TemplateError::NoName => ("Bad name of a release", "name"),
        TemplateError::Prepare(
            PrepareError::Schema(_) | PrepareError::Values(_) | PrepareError::Dependencies(_),
        ) => ("Values do not fit the chart", "values"),
        TemplateError::Prepare(_) => ("Chart cannot be rendered", "chart"),
        TemplateError::KubeVersion { .. } => ("Chart is for other versions of Kubernetes", "kube_version"),
        TemplateError::Render(_) => ("Template failed", "chart"),
        TemplateError::Manifest(_) => ("Template gave no object", "chart"),
    };
    Diagnostic::error(summary, format!("{error}")).at(Path::of(attribute))
}
