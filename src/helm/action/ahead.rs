//! What a cluster would refuse of a revision to come: it is asked, nothing is written.

use futures::{StreamExt as _, stream};

use super::error::{ActionError, Stranger};
use super::managers::HELM;
use super::objects::{Identity, Target, Unknown, parse, resolve};
use super::options::Ownership;
use super::ownership::{AT_ONCE, check, claim_all};
use crate::helm::release::Record;
use crate::kube::{Apply, Cause, Client, Conflicts, DryRun, KubeError, Validation, Writing};

/// An object that an upgrade changes where it cannot be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// Kind, namespace and name, such as `Deployment shop/web`.
    pub object: String,
    /// The fields, and what the API says of each.
    pub causes: Vec<Cause>,
}

/// Objects of a manifest that are there and belong to somebody else. What `last` has is the release's own.
///
/// # Errors
/// As the API's.
pub async fn strangers(
    client: &Client,
    manifest: &str,
    last: Option<&Record>,
    name: &str,
    namespace: &str,
) -> Result<Vec<Stranger>, ActionError> {
    let targets = resolve(client, &parse(manifest, name)?, namespace, Unknown::Skip).await?;
    let known: Vec<Identity> = match last {
        Some(last) => {
            let drafts = parse(&last.manifest, name)?;
            resolve(client, &drafts, namespace, Unknown::Skip).await?.iter().map(Target::identity).collect()
        }
        None => Vec::new(),
    };
    let new: Vec<&Target> = targets.iter().filter(|target| !known.contains(&target.identity())).collect();
    match check(client, &new, name, namespace, Ownership::Check).await {
        Err(ActionError::Strangers(strangers)) => Ok(strangers),
        done => done.map(|_| Vec::new()),
    }
}

/// Objects of a manifest whose change the server refuses because the fields never change: one request for each.
/// Other refusals are none of this question's.
///
/// # Errors
/// As the API's, where it does not answer.
pub async fn fixed_fields(
    client: &Client,
    manifest: &str,
    name: &str,
    namespace: &str,
) -> Result<Vec<Fixed>, ActionError> {
    let mut targets = resolve(client, &parse(manifest, name)?, namespace, Unknown::Skip).await?;
    targets.retain(|target| !target.at.name.is_empty());
    claim_all(&mut targets, name, namespace);
    let tries: Vec<_> = targets.iter().map(|target| tried(client, target)).collect();
    let answers: Vec<_> = stream::iter(tries).buffered(AT_ONCE).collect().await;
    let mut found = Vec::new();
    for answer in answers {
        found.extend(answer?);
    }
    Ok(found)
}

async fn tried(client: &Client, target: &Target) -> Result<Option<Fixed>, ActionError> {
    let writing =
        Writing { manager: HELM.to_owned(), dry_run: DryRun::Server, validation: Validation::Ignore };
    match client.apply(&target.at, &target.object, &Apply { writing, conflicts: Conflicts::Force }).await {
        Err(KubeError::Immutable { causes, .. }) => Ok(Some(Fixed { object: target.shown(), causes })),
        Err(error) if error.refusal().is_none() => Err(error.into()),
        _ => Ok(None),
    }
}
