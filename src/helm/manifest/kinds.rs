//! The order of kinds in which objects are installed, and their order within one release.

/// What is installed first stands first; what is not named here comes behind, by the alphabet.
const INSTALL: [&str; 38] = [
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// What is removed first stands first.
const UNINSTALL: [&str; 38] = [
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
    "APIService",
    "Ingress",
    "IngressClass",
    "Service",
    "CronJob",
    "Job",
    "StatefulSet",
    "HorizontalPodAutoscaler",
    "Deployment",
    "ReplicaSet",
    "ReplicationController",
    "Pod",
    "DaemonSet",
    "RoleBindingList",
    "RoleBinding",
    "RoleList",
    "Role",
    "ClusterRoleBindingList",
    "ClusterRoleBinding",
    "ClusterRoleList",
    "ClusterRole",
    "CustomResourceDefinition",
    "PersistentVolumeClaim",
    "PersistentVolume",
    "StorageClass",
    "ConfigMap",
    "SecretList",
    "Secret",
    "ServiceAccount",
    "PodDisruptionBudget",
    "PodSecurityPolicy",
    "LimitRange",
    "ResourceQuota",
    "NetworkPolicy",
    "Namespace",
    "PriorityClass",
];

/// Which order is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// What others need comes first.
    Install,
    /// What needs others goes first.
    Uninstall,
}

/// Sorts by kind; what has the same kind keeps its order.
pub fn sort_by_kind<T>(objects: &mut [T], order: Order, kind: impl Fn(&T) -> &str) {
    let known = match order {
        Order::Install => &INSTALL,
        Order::Uninstall => &UNINSTALL,
    };
    objects.sort_by_cached_key(|object| {
        let kind = kind(object);
        match known.iter().position(|one| *one == kind) {
            Some(at) => (at, String::new()),
            None => (known.len(), kind.to_owned()),
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_kinds_come_last_by_the_alphabet_and_equal_ones_keep_their_order() {
        let mut objects = [("b", "Zoo"), ("a", "Service"), ("d", "Alpha"), ("c", "Zoo"), ("e", "Namespace")];
        sort_by_kind(&mut objects, Order::Install, |object| object.1);
        assert_eq!(objects.map(|object| object.0).join(""), "eadbc");
        sort_by_kind(&mut objects, Order::Uninstall, |object| object.1);
        assert_eq!(objects.map(|object| object.0).join(""), "aedbc");
    }
}
