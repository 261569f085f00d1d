//! Planning: the hosts' rules once for all resources.

use super::{Managed, Plan, PlanDone, Planning, defaults, patience};
use crate::diagnostics::Diagnostics;
use crate::schema::Attribute;
use crate::state::{Half, Private};
use crate::value::{Path, Value};
use tokio_util::sync::CancellationToken;

/// Answers `PlanResourceChange`.
pub async fn plan(managed: &dyn Managed, request: Plan, stop: CancellationToken) -> PlanDone {
    let stored = Private::read(&request.private).stored();
    if request.proposed.is_null() {
        return PlanDone {
            planned: Value::Null,
            replace: Vec::new(),
            private: Private { half: Some(Half::Destroy), ..stored }.write(),
            identity: request.identity,
            diagnostics: Diagnostics::none(),
        };
    }
    let attributes = &managed.schema().block.attributes;
    let mut planning = Planning {
        planned: defaults::lay(attributes, &request.config, &request.prior),
        prior: request.prior,
        config: request.config,
        private: stored,
        replace: Vec::new(),
        diagnostics: Diagnostics::none(),
    };
    // A plan may ask the world what is there already: the time of a refresh must do.
    let patience = patience(&planning.planned, "read", managed.limits(&planning.planned).read, stop);
    managed.plan(&mut planning, &patience).await;

    let mut replace = planning.replace;
    let half = if planning.prior.is_null() {
        Half::Create
    } else {
        replace.extend(replacing(attributes, &planning.prior, &planning.planned));
        replace.sort();
        replace.dedup();
        Half::Update
    };
    let identity = match half {
        Half::Create => managed.identity_of(&planning.planned).unwrap_or_default(),
        _ => std::collections::BTreeMap::new(),
    };
    let host_identity = if planning.planned == planning.prior && !request.identity.is_null() {
        request.identity
    } else {
        managed.resource_identity(&planning.planned)
    };
    PlanDone {
        identity: if host_identity.is_wholly_known() { host_identity } else { Value::Null },
        planned: planning.planned,
        replace,
        private: Private { half: Some(half), identity, ..planning.private }.write(),
        diagnostics: planning.diagnostics,
    }
}

/// The attributes that are declared to replace the object and whose value the plan changes.
fn replacing(attributes: &[Attribute], prior: &Value, planned: &Value) -> Vec<Path> {
    attributes
        .iter()
        .filter(|attribute| attribute.rule.replaces)
        .filter(|attribute| prior.get(attribute.name) != planned.get(attribute.name))
        .map(|attribute| Path::of(attribute.name))
        .collect()
}
