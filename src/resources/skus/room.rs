//! How many more machines the quotas leave room for.

use crate::cloud::{Quota, SkuSeen};

/// The quotas of a region.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room<'a>(pub(super) &'a [Quota]);

impl Room<'_> {
    fn left(self, name: &str) -> Option<i64> {
        let quota = self.0.iter().find(|quota| quota.name.eq_ignore_ascii_case(name))?;
        Some(i64::try_from(quota.limit.saturating_sub(quota.used)).unwrap_or(i64::MAX))
    }

    /// Virtual processors left for a family; absent where nothing is counted.
    pub(super) fn cores(self, family: &str) -> Option<i64> {
        [family, Quota::CORES].into_iter().filter_map(|name| self.left(name)).min()
    }

    /// Machines left of a type.
    pub(super) fn machines(self, sku: &SkuSeen) -> Option<i64> {
        self.of(self.cores(&sku.family), sku)
    }

    /// Spot machines left of a type: they share one counter of the region.
    pub(super) fn spot_machines(self, sku: &SkuSeen) -> Option<i64> {
        self.of(self.left(Quota::SPOT_CORES), sku)
    }

    fn of(self, cores: Option<i64>, sku: &SkuSeen) -> Option<i64> {
        let by_cores = cores.map(|cores| cores / i64::from(sku.vcpus.max(1)));
        [by_cores, self.left(Quota::MACHINES)].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::Room;
    use crate::cloud::{Quota, SkuSeen};

    fn quota(name: &str, used: u64, limit: u64) -> Quota {
        Quota { name: name.into(), title: name.into(), used, limit }
    }

    fn sku(vcpus: u32) -> SkuSeen {
        SkuSeen {
            name: "Standard_X".into(),
            family: "familyX".into(),
            vcpus,
            memory_gib: 8.0,
            gpus: 0,
            zones: Vec::new(),
            restricted_zones: Vec::new(),
            restricted: None,
            architecture: "x64".into(),
            disk_controllers: Vec::new(),
            temporary_disk: false,
            premium: true,
            accelerated_networking: true,
            spot: true,
            trusted_launch: true,
            encryption_at_host: false,
            max_data_disks: 4,
        }
    }

    #[test]
    fn the_smallest_counter_decides() {
        let quotas = [
            quota("FamilyX", 10, 50),
            quota("cores", 80, 100),
            quota("lowPriorityCores", 0, 8),
            quota("virtualMachines", 0, 3),
        ];
        let room = Room(&quotas);
        assert_eq!(room.cores("familyx"), Some(20), "the region's are fewer than the family's");
        assert_eq!(room.machines(&sku(8)), Some(2));
        assert_eq!(room.machines(&sku(2)), Some(3), "machines are counted too");
        assert_eq!(room.spot_machines(&sku(8)), Some(1));
        assert_eq!(room.machines(&sku(32)), Some(0));
    }

    #[test]
    fn what_is_used_beyond_its_limit_leaves_nothing_and_what_is_not_counted_is_absent() {
        let quotas = [quota("familyX", 60, 50)];
        assert_eq!(Room(&quotas).cores("familyX"), Some(0));
        assert_eq!(Room(&quotas).spot_machines(&sku(4)), None);
        assert_eq!(Room(&[]).cores("familyX"), None);
    }
}
