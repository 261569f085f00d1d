//! How many of each component run in a highly available installation.

/// Redundancy of one component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redundancy {
    /// The component.
    pub component: &'static str,
    /// Fewest instances, a standby included.
    pub min_replicas: u32,
    /// How many of [`Self::min_replicas`] are standbys.
    pub standbys: u32,
    /// How the number is kept, or what the instances do for each other.
    pub strategy: Strategy,
    /// What to know about it.
    pub notes: &'static str,
}

/// How a component is kept available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// A horizontal autoscaler that follows the CPU use, in percent of the request.
    Autoscaled(u32),
    /// A fixed number.
    Fixed,
    /// A standby that follows the primary's log.
    StreamingReplication,
    /// Sentinels that choose a new primary.
    Sentinel,
    /// Replicas of the data.
    Replication,
    /// Instances on different nodes.
    AntiAffinity,
}

/// The components, in the order of the architecture.
pub const REDUNDANCY: [Redundancy; 7] = [
    Redundancy {
        component: "budgateway",
        min_replicas: 2,
        standbys: 0,
        strategy: Strategy::Autoscaled(70),
        notes: "Critical path for inference",
    },
    Redundancy {
        component: "budapp",
        min_replicas: 2,
        standbys: 0,
        strategy: Strategy::Autoscaled(70),
        notes: "Core API",
    },
    Redundancy {
        component: "budadmin",
        min_replicas: 2,
        standbys: 0,
        strategy: Strategy::Fixed,
        notes: "Frontend",
    },
    Redundancy {
        component: "PostgreSQL",
        min_replicas: 2,
        standbys: 1,
        strategy: Strategy::StreamingReplication,
        notes: "Automated failover",
    },
    Redundancy {
        component: "Valkey",
        min_replicas: 3,
        standbys: 0,
        strategy: Strategy::Sentinel,
        notes: "Automatic failover",
    },
    Redundancy {
        component: "ClickHouse",
        min_replicas: 2,
        standbys: 0,
        strategy: Strategy::Replication,
        notes: "Read replicas",
    },
    Redundancy {
        component: "Ingress",
        min_replicas: 2,
        standbys: 0,
        strategy: Strategy::AntiAffinity,
        notes: "Spread across nodes",
    },
];

/// Instances of a service that a disruption budget keeps during maintenance.
pub const MIN_AVAILABLE: u32 = 1;

impl Redundancy {
    /// The component as a key: lower case, as Kubernetes names it.
    #[must_use]
    pub fn key(&self) -> String {
        self.component.to_ascii_lowercase()
    }
}

impl Strategy {
    /// The strategy in the architecture's words.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Autoscaled(percent) => format!("HPA (CPU {percent}%)"),
            Self::Fixed => "Fixed".into(),
            Self::StreamingReplication => "Streaming replication".into(),
            Self::Sentinel => "Sentinel".into(),
            Self::Replication => "Replication".into(),
            Self::AntiAffinity => "Anti-affinity".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::seed;
    use super::{MIN_AVAILABLE, REDUNDANCY};

    #[test]
    fn redundancy_is_the_architectures() {
        let ours: Vec<_> = REDUNDANCY
            .iter()
            .map(|row| {
                let replicas = match row.standbys {
                    0 => row.min_replicas.to_string(),
                    standbys => format!("{} primary + {standbys} standby", row.min_replicas - standbys),
                };
                vec![row.component.to_owned(), replicas, row.strategy.words(), row.notes.to_owned()]
            })
            .collect();
        assert_eq!(ours, seed::rows("Component Redundancy"));
    }

    #[test]
    fn every_disruption_budget_leaves_room_for_a_drain() {
        for row in REDUNDANCY {
            assert!(row.min_replicas > MIN_AVAILABLE, "{} could never be drained", row.component);
        }
    }
}
