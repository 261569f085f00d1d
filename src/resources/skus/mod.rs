//! `data.bud_skus`: which machines can be had in a region.

mod declaration;
mod room;

pub(super) use declaration::source;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;

use self::declaration::{Counter, Sku, SkusSpec, SkusStatus};
use self::room::Room;
use super::explain;
use crate::cloud::{Machines, Quota, SkuSeen};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::foundry::nodes::{self, CloudName, NodeClass};
use crate::lifecycle::Source;
use crate::provider::Context;
use crate::schema::{Attributes, DataSource, Planned, Unread};
use crate::time::Patience;
use crate::value::{Path, Value};

/// The data source, bound to the configured provider.
pub(super) struct Skus {
    context: Arc<Context>,
}

impl Skus {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    fn machines(&self, cloud: &str) -> Result<Arc<dyn Machines>, Diagnostic> {
        match self.context.cloud(cloud) {
            Ok(Planned::Known(cloud)) => Ok(cloud.machines()),
            Ok(Planned::Unknown) => Err(explain::not_configured()),
            Err(error) => Err(explain::cloud(&error, "Using the cloud", None)),
        }
    }
}

#[async_trait]
impl Source for Skus {
    fn schema(&self) -> &DataSource {
        static SOURCE: LazyLock<DataSource> = LazyLock::new(declaration::source);
        &SOURCE
    }

    fn limit(&self) -> Duration {
        Duration::from_secs(300)
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::none();
        let least: Option<i64> = crate::schema::Draft::root(config).get("min_gpus", &mut diagnostics);
        if least.is_some_and(|least| least < 0) {
            diagnostics.push(wrong("Number below zero", "min_gpus is at least 0.", "min_gpus"));
        }
        for (index, name) in config.get("names").as_list().unwrap_or_default().iter().enumerate() {
            if name.as_str().is_some_and(|name| name.trim().is_empty()) {
                let problem = Diagnostic::error("Empty name", "A machine type has a name.");
                diagnostics.push(problem.at(Path::of("names").index(index)));
            }
        }
        diagnostics
    }

    async fn read(&self, object: &Value, patience: &Patience) -> Result<(Value, Diagnostics), Diagnostics> {
        let mut spec = SkusSpec::from_object(object, &Path::root()).map_err(|unread| match unread {
            Unread::Unknown => explain::not_configured(),
            Unread::Wrong(diagnostic) => *diagnostic,
        })?;
        let settings = self.context.settings();
        if spec.cloud.is_none() {
            spec.cloud = Some(match &settings.cloud {
                Planned::Known(cloud) => cloud.clone().unwrap_or_else(|| CloudName::Azure.word().to_owned()),
                Planned::Unknown => return Err(explain::not_configured().into()),
            });
        }
        if spec.location.is_none() {
            spec.location = match &settings.location {
                Planned::Known(location) => location.clone(),
                Planned::Unknown => return Err(explain::not_configured().into()),
            };
        }
        let (Some(cloud), Some(location)) = (spec.cloud.clone(), spec.location.clone()) else {
            return Err(wrong(
                "No region",
                "Machine types are those of a region: set location here or in the provider block.",
                "location",
            )
            .into());
        };
        let machines = self.machines(&cloud)?;
        let told = |error| explain::cloud(&error, "Listing machine types and quotas", None);
        let skus = machines.skus(&location, patience).await.map_err(told)?;
        if skus.is_empty() {
            let problem = format!(
                "The cloud lists no machine types in {location:?}: there is no such region, or this account has \
                 nothing in it. Check the region's name."
            );
            return Err(wrong("No machine types in this region", problem, "location").into());
        }
        let quotas = machines.quotas(&location, patience).await.map_err(told)?;
        let status = status(&spec, &cloud, &skus, &quotas);
        let mut state = BTreeMap::new();
        spec.write_into(&mut state);
        status.write_into(&mut state);
        Ok((Value::Map(state), Diagnostics::none()))
    }
}

fn wrong(summary: &str, problem: impl Into<String>, attribute: &'static str) -> Diagnostic {
    Diagnostic::error(summary, problem).at(Path::of(attribute))
}

fn status(spec: &SkusSpec, cloud: &str, skus: &[SkuSeen], quotas: &[Quota]) -> SkusStatus {
    let room = Room(quotas);
    let skus = skus
        .iter()
        .map(|seen| sku(cloud, seen, room))
        .filter(|sku| wanted(spec, cloud, sku))
        .map(|sku| (sku.name.clone(), sku))
        .collect();
    let quotas = quotas.iter().map(|quota| (quota.name.clone(), counter(quota))).collect();
    SkusStatus { skus, quotas }
}

fn sku(cloud: &str, seen: &SkuSeen, room: Room<'_>) -> Sku {
    let known = CloudName::parse(cloud).and_then(|cloud| nodes::Sku::find(cloud, &seen.name));
    let open = |zone: &&String| !seen.restricted_zones.contains(*zone);
    Sku {
        name: seen.name.clone(),
        class: known.and_then(|known| known.class).map(|class| NodeClass::word(class).to_owned()),
        family: seen.family.clone(),
        vcpus: seen.vcpus.into(),
        memory_gib: seen.memory_gib,
        gpu_count: seen.gpus.into(),
        gpu_model: known.and_then(|known| known.gpus).map(|gpus| gpus.model.to_owned()),
        architecture: seen.architecture.clone(),
        zones: seen.zones.iter().filter(open).cloned().collect(),
        restricted_zones: seen.restricted_zones.clone(),
        restriction: seen.restricted.clone(),
        spot: seen.spot,
        accelerated_networking: seen.accelerated_networking,
        premium_disks: seen.premium,
        max_data_disks: seen.max_data_disks.into(),
        disk_controllers: seen.disk_controllers.clone(),
        temporary_disk: seen.temporary_disk,
        trusted_launch: seen.trusted_launch,
        encryption_at_host: seen.encryption_at_host,
        quota_left: room.cores(&seen.family),
        machines_left: room.machines(seen),
        spot_machines_left: if seen.spot { room.spot_machines(seen) } else { Some(0) },
    }
}

fn wanted(spec: &SkusSpec, cloud: &str, sku: &Sku) -> bool {
    let called = |name: &String| {
        let full =
            CloudName::parse(cloud).map_or_else(|| name.clone(), |cloud| nodes::cloud_name(cloud, name));
        full.eq_ignore_ascii_case(&sku.name) || name.eq_ignore_ascii_case(&sku.name)
    };
    spec.class.as_ref().is_none_or(|class| sku.class.as_ref() == Some(class))
        && spec.names.as_ref().is_none_or(|names| names.iter().any(called))
        && spec.zone.as_ref().is_none_or(|zone| sku.restriction.is_none() && sku.zones.contains(zone))
        && sku.gpu_count >= spec.min_gpus
        && (!spec.available || (sku.restriction.is_none() && sku.machines_left != Some(0)))
}

fn counter(quota: &Quota) -> Counter {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    Counter {
        title: quota.title.clone(),
        used: number(quota.used),
        limit: number(quota.limit),
        left: number(quota.limit.saturating_sub(quota.used)),
    }
}
