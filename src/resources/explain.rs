//! The world's errors in words for the user: what, why, what to do.

use crate::cloud::{Answer, CloudError};
use crate::diagnostics::Diagnostic;
use crate::outcome::Recovery;
use crate::time::Ended;
use crate::value::Path;

/// Attribute of `bud_network` that an Azure error code speaks of. Source: `facts/azure.md` F2.
const ATTRIBUTES: &[(&str, &str)] = &[
    ("LocationNotAvailableForResourceType", "location"),
    ("InvalidResourceGroupLocation", "location"),
    ("LocationNotAvailableForResourceGroup", "location"),
    ("ResourceGroupNotFound", "resource_group_name"),
    ("ResourceGroupBeingDeleted", "resource_group_name"),
    ("NetcfgSubnetRangesOverlap", "subnets"),
    ("NetcfgSubnetRangeOutsideVnet", "subnets"),
    ("NetcfgInvalidSubnet", "subnets"),
    ("InUseSubnetCannotBeDeleted", "subnets"),
    ("SecurityRuleConflict", "rules"),
    ("SecurityRuleInvalidAddressPrefix", "rules"),
    ("InUseNetworkSecurityGroupCannotBeDeleted", "security_groups"),
    ("InvalidTagNameCharacters", "tags"),
];

/// The arguments of the provider block that a login takes: a refusal may be about any of them.
fn logged_in_with(argument: Option<&str>) -> String {
    match argument {
        None => "the credentials".to_owned(),
        Some(argument @ ("use_msi" | "use_cli")) => format!("azure.{argument}"),
        Some(argument) => format!("azure.{argument}, azure.client_id and azure.tenant_id"),
    }
}

/// A provider block that is known only after another apply, where the cloud must be reached now.
pub(super) fn not_configured() -> Diagnostic {
    Diagnostic::error(
        "Provider not configured yet",
        "An argument of the provider block that is needed to reach the cloud is not known yet. Apply what \
         it depends on first, for instance with -target.",
    )
}

/// What stands in a group that would be destroyed: nodes of pools by their pools, else whatever it is.
fn occupied(doing: &str, id: &str, objects: &[String], pools: &[String]) -> Diagnostic {
    let objects = objects.join("\n  ");
    if pools.is_empty() {
        return Diagnostic::error(
            "Resource group holds objects of others",
            format!(
                "{doing}: {id} was made by this resource, and others have put objects into it, which would be \
                 destroyed with it:\n  {objects}\n\nMove or remove them, or set force_delete = true and apply first."
            ),
        );
    }
    let pools: Vec<String> = pools.iter().map(|pool| format!("{pool:?}")).collect();
    Diagnostic::error(
        "Network is in use",
        format!(
            "{doing}: nodes of bud_node_pool {} are in it, and {id} would be destroyed with them:\n  {objects}\n\nNo \
             change of a network takes machines away. Destroy the pool first; or, where the network shall be replaced \
             and its machines with it, ask for both at once:\n\n  tofu apply -replace=ADDRESS-OF-THE-POOL",
            pools.join(", ")
        ),
    )
}

/// An error of a cloud, while doing something to the named object.
#[must_use]
pub(super) fn cloud(error: &CloudError, doing: &str, import_id: Option<&str>) -> Diagnostic {
    match error {
        CloudError::Refused { answer, recovery, method, url } => refused(doing, answer, recovery, method, url),
        CloudError::Unreachable { method, url, reason, .. } => Diagnostic::error(
            "Cloud cannot be reached",
            format!(
                "{doing}: {method} {url} got no answer: {reason}.\n\nCheck the network, and in the provider block \
                 azure.resource_manager_endpoint, azure.authority_host and azure.ca_file."
            ),
        ),
        CloudError::Login { source_name, reason, unreachable: true, .. } => Diagnostic::error(
            "Cloud cannot be reached",
            format!(
                "{doing}: the login authority gave no answer to the {source_name}: {reason}.\n\nCheck the network, and \
                 in the provider block azure.authority_host and azure.ca_file."
            ),
        ),
        CloudError::Login { source_name, argument, reason, .. } => Diagnostic::error(
            "Login failed",
            format!(
                "{doing}: no access token with the {source_name}: {reason}\n\nCheck {} in the provider block, or the \
                 environment variables behind it.",
                logged_in_with(*argument)
            ),
        ),
        CloudError::NoCredentials { tried } => Diagnostic::error(
            "No credentials",
            format!(
                "{doing}: nothing to log in to Azure with. Looked for: {}.\n\nSet one of them in the provider block's \
                 azure argument or by its ARM_ environment variable.",
                tried.join(", ")
            ),
        ),
        CloudError::Setting { argument, reason } => {
            let diagnostic =
                Diagnostic::error("Provider argument cannot be used", format!("{doing}: {argument}: {reason}."));
            if *argument == "cloud" { diagnostic.at(Path::of("cloud")) } else { diagnostic }
        }
        CloudError::Stranger { id, reason } => {
            let hint = import_id.map_or(String::new(), |import| {
                format!(" or, if it is this resource, import it:\n\n  tofu import ADDRESS '{import}'")
            });
            Diagnostic::error(
                "Already there",
                format!("{doing}: {id} exists, and it is not ours: {reason}.\n\nChoose another name{hint}"),
            )
            .at(Path::of("name"))
        }
        CloudError::Occupied { id, objects, pools } => occupied(doing, id, objects, pools),
        CloudError::ForeignRules { group, rules } => Diagnostic::error(
            "Rules of others",
            format!(
                "{doing}: {group} holds rules that this resource did not make: {}.\n\nRemove them, add them to the \
                 configuration, or set foreign_rules to \"keep\" or \"remove\".",
                rules.join(", ")
            ),
        )
        .at(Path::of("foreign_rules")),
        CloudError::Quota { name, title, location, limit, used, needed, answer } => Diagnostic::error(
            "Quota exhausted",
            format!(
                "{doing}: the quota {title} ({name}) in {location} allows {limit}, {used} are in use and {needed} more are \
                 needed. {}\n\nAsk the cloud for a higher limit, free what is in use, or choose another kind of machine or \
                 region, and apply again.",
                answer.message
            ),
        ),
        CloudError::NoCapacity { node, tried } => {
            let offers = tried.iter().map(|(offer, answer)| format!("{offer}: {} {}", answer.code, answer.message));
            Diagnostic::error(
                "No capacity",
                format!(
                    "{doing}: the cloud has no room for {node} in any offer now:\n  {}\n\nApply again later, or add another \
                     kind of machine or zone to offers.",
                    offers.collect::<Vec<_>>().join("\n  ")
                ),
            )
        }
        CloudError::Waited { what, last_seen, why } => {
            let (summary, hint) = match why {
                Ended::Deadline => ("Timed out", "Raise the timeout in timeouts if it needs more, and apply again."),
                Ended::Stopped => ("Cancelled", "Apply again to finish."),
            };
            Diagnostic::error(
                summary,
                format!("{doing}: {why} while waiting for {what}; last seen: {last_seen}.\n\n{hint} What exists already is kept."),
            )
        }
        CloudError::Garbled { url, reason } => {
            Diagnostic::error("Answer not understood", format!("{doing}: the answer of {url} is not understood: {reason}."))
        }
    }
}

/// What a cloud refused, in its own words.
fn refused(doing: &str, answer: &Answer, recovery: &Recovery, method: &str, url: &str) -> Diagnostic {
    let mut detail =
        format!("{doing}: the cloud answered {} {}: {}", answer.status, answer.code, answer.message);
    for (code, message) in &answer.details {
        detail.push_str(&format!("\n  {code}: {message}"));
    }
    detail.push_str(&format!("\n\nRequest: {method} {url}"));
    if let Some(id) = &answer.request_id {
        detail.push_str(&format!("\nRequest id: {id}"));
    }
    let (summary, advice) = match recovery {
        Recovery::Denied => (
            "Not allowed",
            "Check the provider's credentials and the rights of the account in the subscription.",
        ),
        Recovery::Rejected(_) => ("Refused by the cloud", "Change the configuration as the message says."),
        Recovery::Retry(_) => (
            "Cloud did not get it done in time",
            "It was tried again until the timeout. Apply again; what exists already is kept.",
        ),
        Recovery::Fatal => {
            ("Failed in the cloud", "Apply again once the cause is gone; what exists already is kept.")
        }
    };
    detail.push_str(&format!("\n\n{advice}"));
    let diagnostic = Diagnostic::error(summary, detail);
    let known = ATTRIBUTES.iter().find(|(code, _)| *code == answer.code);
    match known {
        Some((_, attribute)) => diagnostic.at(Path::of(*attribute)),
        None => diagnostic,
    }
}
