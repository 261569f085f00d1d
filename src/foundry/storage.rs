//! The persistent volumes.

/// A persistent volume claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Name of the claim.
    pub name: &'static str,
    /// Size in Kubernetes' notation; absent where the user chooses it.
    pub size: Option<&'static str>,
    /// Storage class; absent for the cluster's default.
    pub storage_class: Option<&'static str>,
    /// What uses it.
    pub used_by: &'static str,
}

/// The storage class whose volumes several nodes can write to.
pub const SHARED_STORAGE_CLASS: &str = "nfs-csi";

/// The claims, in the order of the architecture.
pub const VOLUMES: [Volume; 5] = [
    Volume {
        name: "bud-models-registry",
        size: Some("1Ti"),
        storage_class: Some(SHARED_STORAGE_CLASS),
        used_by: "Model file storage",
    },
    Volume {
        name: "bud-add-dir-budmo",
        size: None,
        storage_class: Some(SHARED_STORAGE_CLASS),
        used_by: "Model uploads",
    },
    Volume { name: "postgresql-data", size: Some("100Gi"), storage_class: None, used_by: "PostgreSQL" },
    Volume { name: "clickhouse-data", size: Some("500Gi"), storage_class: None, used_by: "ClickHouse" },
    Volume { name: "minio-data", size: Some("1Ti"), storage_class: None, used_by: "MinIO" },
];

#[cfg(test)]
mod tests {
    use super::super::seed;
    use super::VOLUMES;

    #[test]
    fn volumes_are_the_architectures() {
        let ours: Vec<_> = VOLUMES
            .iter()
            .map(|volume| {
                let size = volume.size.unwrap_or("Configurable");
                let class = volume.storage_class.unwrap_or("Default");
                [volume.name, size, class, volume.used_by].map(str::to_owned).to_vec()
            })
            .collect();
        assert_eq!(ours, seed::rows("Persistent Volumes"));
    }
}
