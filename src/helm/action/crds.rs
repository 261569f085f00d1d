//! Definitions of custom resources in a chart's `crds/`: they come before everything else, and nothing goes on
//! before the cluster knows them.

use std::time::Duration;

use serde_json::Value;

use super::error::ActionError;
use super::managers::HELM;
use super::objects::{Target, Unknown, parse, resolve, text};
use super::observer::Phase;
use super::options::Crds;
use super::ownership::look;
use super::ready::Goal;
use super::work::Work;
use crate::helm::chart::Crd;
use crate::kube::{Apply, Conflicts, DryRun, Validation, Writing};

/// How long the cluster may take to know a definition (Helm 4.3, `pkg/action/install.go`).
const ESTABLISHING: Duration = Duration::from_secs(60);

/// Brings the definitions into the cluster. They belong to no release: nobody's uninstall removes them.
pub(super) async fn install(work: &mut Work<'_>, files: &[Crd], crds: Crds) -> Result<(), ActionError> {
    if crds == Crds::Skip || files.is_empty() {
        return Ok(());
    }
    work.phase(Phase::Definitions);
    let mut drafts = Vec::new();
    for file in files {
        let bad = |_| ActionError::Manifest { path: file.path.clone(), reason: "it is no UTF-8".to_owned() };
        drafts.extend(parse(std::str::from_utf8(&file.data).map_err(bad)?, &file.path)?);
    }
    let targets = resolve(&work.client, &drafts, &work.namespace, Unknown::Refuse).await?;
    let (mut pending, mut new): (Vec<Target>, bool) = (Vec::new(), false);
    for target in targets {
        work.check()?;
        let there = look(&work.client, &target).await?;
        if there.is_some() && crds == Crds::Create {
            // One that an earlier run has made a moment ago may not be known yet.
            pending.push(target);
            continue;
        }
        let writing =
            Writing { manager: HELM.to_owned(), dry_run: DryRun::Off, validation: Validation::Warn };
        // A definition that is replaced is brought to the chart's, whoever wrote it before.
        let conflicts = if crds == Crds::CreateReplace { Conflicts::Force } else { Conflicts::Refuse };
        work.client.apply(&target.at, &target.object, &Apply { writing, conflicts }).await?;
        new = true;
        pending.push(target);
    }
    pending.retain(|target| text(&target.object, "/kind") == "CustomResourceDefinition");
    let patience = work.patience.at_most(ESTABLISHING);
    super::wait::until_ready(work, &pending, Goal::Running, &patience).await?;
    if new {
        known(work, &pending).await?;
    }
    Ok(())
}

/// How long a server may take to tell of a definition that is established: a part of its own, which asks every
/// other, puts the list together.
const TELLING: Duration = Duration::from_secs(10);

/// How long between two looks at the list.
const PAUSE: Duration = Duration::from_millis(100);

/// Waits until the server tells of the kinds that definitions among these bring, so that whoever renders next is
/// told that they are there. A server that does not is no failure: the definitions are established.
pub(super) async fn known(work: &Work<'_>, targets: &[Target]) -> Result<(), ActionError> {
    let kinds: Vec<String> = targets.iter().flat_map(|target| served(&target.object)).collect();
    let patience = work.patience.at_most(TELLING);
    loop {
        let told = work.client.api_versions().await?;
        if kinds.iter().all(|kind| told.contains(kind)) {
            return Ok(());
        }
        work.client.forget_discovery().await;
        if patience.pause(PAUSE).await.is_err() {
            return work.check();
        }
    }
}

/// What a definition brings: `group/version/Kind` for each version that is served.
fn served(object: &Value) -> Vec<String> {
    if text(object, "/kind") != "CustomResourceDefinition" {
        return Vec::new();
    }
    let (group, kind) = (text(object, "/spec/group"), text(object, "/spec/names/kind"));
    let versions = object["spec"]["versions"].as_array().into_iter().flatten();
    let versions = versions.filter(|version| version["served"] == true);
    versions.map(|version| format!("{group}/{}/{kind}", text(version, "/name"))).collect()
}
