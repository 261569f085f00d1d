//! Machine types, zones and quotas before anything is made: at plan, or first thing at apply.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::check::wrong;
use super::demand::Demand;
use super::place::Surroundings;
use super::plan::find;
use super::wanted::{Roster, Wanted};
use super::{NodePool, explain};
use crate::cloud::{CloudError, Machines, Offer, Quota, SkuSeen};
use crate::diagnostics::{Diagnostic, Diagnostics, Severity};
use crate::lifecycle::Planning;
use crate::outcome::Recovery;
use crate::schema::Planned;
use crate::time::Patience;
use crate::value::{Path, Value, nearest};

/// What the provider block asks of the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Error,
    Warn,
    Off,
}

impl NodePool {
    fn mode(&self) -> Mode {
        match &self.context.settings().preflight {
            Planned::Known(Some(mode)) if mode == "off" => Mode::Off,
            Planned::Known(Some(mode)) if mode == "warn" => Mode::Warn,
            _ => Mode::Error,
        }
    }

    /// Checks a plan; what cannot be checked now is said in one warning and checked at apply. Gives the region's
    /// machine types, where it asked for them.
    pub(super) async fn preflight(
        &self,
        planning: &mut Planning,
        roster: &Roster,
        resized: &BTreeMap<String, String>,
        known: &Surroundings,
        machines: Option<&dyn Machines>,
        patience: &Patience,
    ) -> Option<Arc<Vec<SkuSeen>>> {
        let mode = self.mode();
        let nothing = roster.added.is_empty() && roster.anew.is_empty() && resized.is_empty();
        let wanted = Wanted(&planning.planned);
        let (Some(network), Some(pool)) = (wanted.network(), wanted.name()) else {
            if mode != Mode::Off && !nothing {
                planning.diagnostics.push(unchecked("the network is not known yet"));
            }
            return None;
        };
        if mode == Mode::Off || (nothing && roster.gone.is_empty()) {
            self.demands.plan(network, pool, Demand::default());
            return None;
        }
        let location = wanted.text("location").map(str::to_owned).or_else(|| self.guessed_region());
        let (Some(machines), Some(location)) = (machines, location) else {
            if !nothing {
                let why = known.unasked.as_deref().unwrap_or("region or account are not known yet");
                planning.diagnostics.push(unchecked(why));
            }
            return None;
        };
        match self
            .examine(&planning.prior, &planning.planned, roster, resized, machines, &location, patience)
            .await
        {
            Ok((found, skus)) => {
                planning.diagnostics.extend(found);
                return Some(skus);
            }
            Err(CloudError::NoCredentials { .. }) => {
                planning.diagnostics.push(unchecked("there are no credentials yet"));
            }
            Err(error) if error.recovery() == Recovery::Denied => {
                planning.diagnostics.push(unchecked("the account may not read machine types or quotas"));
            }
            Err(error) => {
                let doing = "Checking machine types and quotas";
                planning.diagnostics.push(soften(explain::pool(&error, doing, None), mode));
            }
        }
        None
    }

    /// The same at apply, where the plan of this process did not check it. Warnings were shown at plan.
    pub(super) async fn check_now(
        &self,
        prior: &Value,
        planned: &Value,
        roster: &Roster,
        machines: &dyn Machines,
        patience: &Patience,
    ) -> Diagnostics {
        let wanted = Wanted(planned);
        let checked =
            self.demands.begin(wanted.network().unwrap_or_default(), wanted.name().unwrap_or_default());
        if checked || self.mode() != Mode::Error || (roster.added.is_empty() && roster.anew.is_empty()) {
            return Diagnostics::none();
        }
        let location = wanted.text("location").unwrap_or_default();
        let nothing = BTreeMap::new();
        let found = match self.examine(prior, planned, roster, &nothing, machines, location, patience).await {
            Ok((found, _)) => found,
            // Who may not read them finds out by being refused.
            Err(error) if error.recovery() == Recovery::Denied => Diagnostics::none(),
            Err(error) => explain::pool(&error, "Checking machine types and quotas", None).into(),
        };
        self.demands.begin(wanted.network().unwrap_or_default(), wanted.name().unwrap_or_default());
        found
    }

    #[expect(clippy::too_many_arguments, reason = "one plan in its parts")]
    async fn examine(
        &self,
        prior: &Value,
        planned: &Value,
        roster: &Roster,
        resized: &BTreeMap<String, String>,
        machines: &dyn Machines,
        location: &str,
        patience: &Patience,
    ) -> Result<(Diagnostics, Arc<Vec<SkuSeen>>), CloudError> {
        let mode = self.mode();
        let skus = machines.skus(location, patience).await?;
        let mut found = Diagnostics::none();
        let makes = !roster.added.is_empty() || !roster.anew.is_empty();
        if makes || !resized.is_empty() {
            skus_fit(planned, &skus, location, &mut found);
        }
        let wanted = Wanted(planned);
        let demand = Demand::of(prior, planned, roster, resized, &skus, location);
        let own = demand.counts.clone();
        let sum = self.demands.plan(
            wanted.network().unwrap_or_default(),
            wanted.name().unwrap_or_default(),
            demand,
        );
        if !found.has_errors() && own.values().any(|count| *count > 0) {
            let quotas = machines.quotas(location, patience).await?;
            quotas_suffice(&own, &sum, &quotas, location, &mut found);
        }
        if found.has_errors() {
            // What is refused takes nothing from the others.
            self.demands.begin(wanted.network().unwrap_or_default(), wanted.name().unwrap_or_default());
        }
        Ok((Diagnostics(found.0.into_iter().map(|one| soften(one, mode)).collect()), skus))
    }
}

fn soften(diagnostic: Diagnostic, mode: Mode) -> Diagnostic {
    match mode {
        Mode::Error => diagnostic,
        Mode::Warn | Mode::Off => Diagnostic { severity: Severity::Warning, ..diagnostic },
    }
}

fn unchecked(why: &str) -> Diagnostic {
    Diagnostic::warning(
        "Machine types and quotas were not checked",
        format!(
            "It was not checked whether the region has these machines and room for them: {why}. Apply checks it first."
        ),
    )
}

/// Every way to get a machine must be one that the region offers to this account.
fn skus_fit(planned: &Value, skus: &[SkuSeen], location: &str, found: &mut Diagnostics) {
    let offers = Wanted(planned).offers().unwrap_or_default();
    let listed = !planned.get("offers").is_null();
    for (index, offer) in offers.iter().enumerate() {
        let path = |name: &str| {
            if listed { Path::of("offers").index(index).attribute(name) } else { Path::of(name) }
        };
        let Some(sku) = find(skus, &offer.sku) else {
            found.push(unknown(&offer.sku, skus, location, path("sku")));
            continue;
        };
        if let Some(reason) = &sku.restricted {
            found.push(wrong(
                "Machine type restricted",
                format!("This account may not use {} in {location} ({reason}). Choose another, or ask the cloud for it.", sku.name),
                path("sku"),
            ));
            continue;
        }
        zones_fit(planned, offer, sku, location, &path, found);
        abilities(planned, offer, sku, &path, found);
    }
}

fn unknown(name: &str, skus: &[SkuSeen], location: &str, path: Path) -> Diagnostic {
    let names: Vec<&str> = skus.iter().map(|sku| sku.name.as_str()).collect();
    let mut near = Vec::new();
    let mut left = names.clone();
    while near.len() < 3 {
        let Some(next) = nearest(name, left.iter().copied()) else { break };
        near.push(next);
        left.retain(|other| *other != next);
    }
    let hint =
        if near.is_empty() { String::new() } else { format!(" The nearest names are {}.", near.join(", ")) };
    wrong(
        "Unknown machine type",
        format!("{location} has no machine type {name:?}.{hint} data.bud_skus lists all {}.", names.len()),
        path,
    )
}

fn zones_fit(
    planned: &Value,
    offer: &Offer,
    sku: &SkuSeen,
    location: &str,
    path: &dyn Fn(&str) -> Path,
    found: &mut Diagnostics,
) {
    let pools: Vec<(String, Path)> = if let Some(zone) = &offer.zone {
        vec![(zone.clone(), path("zone"))]
    } else {
        let zones = Wanted(planned).texts("zones").unwrap_or_default();
        zones.into_iter().enumerate().map(|(index, zone)| (zone, Path::of("zones").index(index))).collect()
    };
    for (zone, path) in pools {
        let why = if !sku.zones.contains(&zone) {
            let offered = if sku.zones.is_empty() { "no zones at all".into() } else { sku.zones.join(", ") };
            format!("{} is not offered in zone {zone:?} of {location}; it is offered in {offered}.", sku.name)
        } else if sku.restricted_zones.contains(&zone) {
            format!("This account may not use {} in zone {zone:?} of {location}.", sku.name)
        } else {
            continue;
        };
        found.push(wrong("Zone not offered", why, path));
    }
}

fn abilities(
    planned: &Value,
    offer: &Offer,
    sku: &SkuSeen,
    path: &dyn Fn(&str) -> Path,
    found: &mut Diagnostics,
) {
    let mut lacks = |what: &str, path: Path| {
        found.push(wrong("Machine type cannot do that", format!("{} {what}.", sku.name), path));
    };
    if offer.spot && !sku.spot {
        lacks(
            "cannot be spot",
            if planned.get("offers").is_null() { Path::of("spot") } else { path("spot") },
        );
    }
    if planned.get("accelerated_networking").as_bool() == Some(true) && !sku.accelerated_networking {
        lacks("has no accelerated networking", Path::of("accelerated_networking"));
    }
    if planned.get("secure_boot").as_bool() == Some(true) && !sku.trusted_launch {
        lacks("cannot be launched trusted, which secure_boot needs", Path::of("secure_boot"));
    }
    if planned.get("disk_encryption").get("at_host").as_bool() == Some(true) && !sku.encryption_at_host {
        lacks("cannot encrypt at the host", Path::of("disk_encryption").attribute("at_host"));
    }
    let disks = planned.get("data_disks").as_list().unwrap_or_default();
    if disks.len() > sku.max_data_disks as usize {
        lacks(&format!("takes at most {} data disks", sku.max_data_disks), Path::of("data_disks"));
    }
    let premium = |kind: &str| matches!(kind, "premium" | "premium_v2" | "ultra");
    let os = planned.get("os_disk").get("type").as_str().unwrap_or("premium");
    if !sku.premium && premium(os) {
        lacks(
            "takes no premium disks: set os_disk.type to \"standard_ssd\"",
            Path::of("os_disk").attribute("type"),
        );
    }
    for (index, disk) in disks.iter().enumerate() {
        if !sku.premium && disk.get("type").as_str().is_some_and(premium) {
            lacks("takes no premium disks", Path::of("data_disks").index(index).attribute("type"));
        }
    }
    if sku.architecture.eq_ignore_ascii_case("Arm64") && planned.get("image").is_null() {
        lacks("is an Arm machine, and the default image is for x64: name an image for Arm64", path("sku"));
    }
}

fn quotas_suffice(
    own: &BTreeMap<String, i64>,
    sum: &BTreeMap<String, i64>,
    quotas: &[Quota],
    location: &str,
    found: &mut Diagnostics,
) {
    for (name, own) in own.iter().filter(|(_, count)| **count > 0) {
        let Some(quota) = quotas.iter().find(|quota| quota.name.eq_ignore_ascii_case(name)) else { continue };
        let need = sum.get(name).copied().unwrap_or(*own).max(0).unsigned_abs();
        if quota.used + need <= quota.limit {
            continue;
        }
        let others = need.saturating_sub(own.unsigned_abs());
        let all = if others == 0 {
            String::new()
        } else {
            format!(" ({own} for this pool, {others} for others in this plan)")
        };
        found.push(wrong(
            "Quota too small",
            format!(
                "The quota {} ({}) in {location} has the limit {}, {} are in use, and {need} more are needed{all}. Ask the \
                 cloud for a higher limit, or take fewer or other machines.",
                quota.title, quota.name, quota.limit, quota.used
            ),
            Path::of("node_count"),
        ));
    }
}
