//! What runs where: deployment models, namespaces, services, chart dependencies.

/// How an installation is split between the vendor and the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeploymentModel {
    /// Name in configurations.
    pub key: &'static str,
    /// Name in the architecture.
    pub name: &'static str,
    /// Whose the control plane is.
    pub control_plane: &'static str,
    /// Whose the workload clusters are.
    pub workload_clusters: &'static str,
    /// For whom it is.
    pub best_for: &'static str,
}

/// The deployment models, in the order of the architecture.
pub const DEPLOYMENT_MODELS: [DeploymentModel; 3] = [
    DeploymentModel {
        key: "saas",
        name: "SaaS",
        control_plane: "Bud-managed",
        workload_clusters: "Bud-managed or customer",
        best_for: "Zero-ops teams",
    },
    DeploymentModel {
        key: "self_hosted",
        name: "Self-Hosted",
        control_plane: "Customer infrastructure",
        workload_clusters: "Customer infrastructure",
        best_for: "Data sovereignty, air-gapped",
    },
    DeploymentModel {
        key: "hybrid",
        name: "Hybrid",
        control_plane: "Bud-managed",
        workload_clusters: "Customer infrastructure",
        best_for: "Compliance + flexibility",
    },
];

/// Something with a name and a purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Component {
    /// Name.
    pub name: &'static str,
    /// What it is for.
    pub purpose: &'static str,
}

const fn component(name: &'static str, purpose: &'static str) -> Component {
    Component { name, purpose }
}

/// Namespaces of the control plane cluster.
pub const NAMESPACES: [Component; 5] = [
    component("bud-system", "Core services (budapp, budcluster, budsim, budmodel, etc.)"),
    component("bud-infra", "Databases (PostgreSQL, Valkey, ClickHouse, MinIO)"),
    component("bud-obs", "Observability (Grafana, Loki, Prometheus)"),
    component("bud-auth", "Keycloak identity provider"),
    component("dapr", "Service mesh components"),
];

/// What is deployed on every workload cluster.
pub const WORKLOAD_COMPONENTS: [Component; 6] = [
    component("Model Runtimes", "vLLM, SGLang, TensorRT"),
    component("NFD", "Node Feature Discovery for GPU/CPU detection"),
    component("HAMI", "GPU time-slicing (NVIDIA only)"),
    component("GPU Operator", "Drivers, toolkit, device plugin"),
    component("Monitoring", "Prometheus stack"),
    component("Ingress", "NGINX/Traefik"),
];

/// Services of the control plane: the API gateway, then those that the chart keeps as microservices.
pub const CONTROL_PLANE_SERVICES: [&str; 13] = [
    "budgateway",
    "budapp",
    "budcluster",
    "budsim",
    "budmodel",
    "budmetrics",
    "budpipeline",
    "budeval",
    "budnotify",
    "askbud",
    "budadmin",
    "budplayground",
    "budcustomer",
];

/// A chart that the foundry's chart depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChartDependency {
    /// Name in the architecture.
    pub name: &'static str,
    /// Version of the chart.
    pub version: &'static str,
    /// Where it comes from.
    pub source: ChartSource,
}

/// Where a chart comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChartSource {
    /// Bitnami's repository.
    Bitnami,
    /// The Prometheus community's repository.
    PrometheusCommunity,
    /// A folder of the foundry's own chart.
    Local,
}

impl ChartSource {
    /// The source in the architecture's words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Bitnami => "Bitnami",
            Self::PrometheusCommunity => "prometheus-community",
            Self::Local => "Local chart",
        }
    }

    /// Address of the repository, absent for a folder.
    #[must_use]
    pub fn repository(self) -> Option<&'static str> {
        match self {
            Self::Bitnami => Some("https://charts.bitnami.com/bitnami"),
            Self::PrometheusCommunity => Some("https://prometheus-community.github.io/helm-charts"),
            Self::Local => None,
        }
    }
}

const fn dependency(name: &'static str, version: &'static str, source: ChartSource) -> ChartDependency {
    ChartDependency { name, version, source }
}

/// The chart's dependencies, in the order of the architecture.
pub const CHART_DEPENDENCIES: [ChartDependency; 10] = [
    dependency("PostgreSQL", "16.7.18", ChartSource::Bitnami),
    dependency("Valkey", "3.0.20", ChartSource::Bitnami),
    dependency("ClickHouse", "9.3.9", ChartSource::Bitnami),
    dependency("MinIO", "17.0.15", ChartSource::Bitnami),
    dependency("Keycloak", "24.7.7", ChartSource::Bitnami),
    dependency("Kafka", "32.3.5", ChartSource::Bitnami),
    dependency("MongoDB", "16.5.31", ChartSource::Bitnami),
    dependency("Prometheus", "25.27.0", ChartSource::PrometheusCommunity),
    dependency("Novu", "0.1.6", ChartSource::Local),
    dependency("Onyx", "0.4.4", ChartSource::Local),
];

#[cfg(test)]
mod tests {
    use super::super::ingress_hosts::INGRESS_HOSTS;
    use super::super::redundancy::{REDUNDANCY, Strategy};
    use super::super::seed;
    use super::{
        CHART_DEPENDENCIES, CONTROL_PLANE_SERVICES, Component, DEPLOYMENT_MODELS, NAMESPACES,
        WORKLOAD_COMPONENTS,
    };

    #[test]
    fn deployment_models_are_the_architectures() {
        let ours: Vec<_> = DEPLOYMENT_MODELS
            .iter()
            .map(|model| {
                assert_eq!(model.key, model.name.to_lowercase().replace('-', "_"));
                [model.name, model.control_plane, model.workload_clusters, model.best_for]
                    .map(str::to_owned)
                    .to_vec()
            })
            .collect();
        assert_eq!(ours, seed::rows("Deployment Models"));
    }

    #[test]
    fn namespaces_and_workload_components_are_the_architectures() {
        let ours = |components: &[Component]| -> Vec<_> {
            components
                .iter()
                .map(|one| (one.name.to_owned(), String::new(), one.purpose.to_owned()))
                .collect()
        };
        assert_eq!(ours(&NAMESPACES), seed::items("Control Plane Cluster: Namespaces"));
        let heading = "Workload Clusters (Managed by Bud): Components Deployed";
        assert_eq!(ours(&WORKLOAD_COMPONENTS), seed::items(heading));
    }

    #[test]
    fn chart_dependencies_are_the_architectures() {
        let ours: Vec<_> = CHART_DEPENDENCIES
            .iter()
            .map(|one| [one.name, one.version, one.source.words()].map(str::to_owned).to_vec())
            .collect();
        assert_eq!(ours, seed::rows("Dependency Versions"));
    }

    #[test]
    fn other_tables_name_services_that_exist() {
        for host in INGRESS_HOSTS.iter().filter(|host| host.service.starts_with("bud")) {
            assert!(CONTROL_PLANE_SERVICES.contains(&host.service), "{}", host.service);
        }
        for row in REDUNDANCY.iter().filter(|row| matches!(row.strategy, Strategy::Autoscaled(_))) {
            assert!(CONTROL_PLANE_SERVICES.contains(&row.component), "{}", row.component);
        }
    }
}
