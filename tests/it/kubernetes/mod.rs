//! The Kubernetes room against the real control plane: etcd, API server, controllers, scheduler, and kwok
//! in the place of the kubelets.

mod again;
pub(crate) mod between;
pub(crate) mod certificates;
pub(crate) mod control_plane;
mod credentials;
mod discovery;
mod forwarders;
mod kubeconfigs;
mod logins;
mod objects;
mod refusals;
mod waits;
mod ways;
pub(crate) mod webhook;

pub(crate) use control_plane::{ControlPlane, User};

use bud::kube::{Kind, Scope, Writing};
use serde_json::{Value, json};

fn config_maps() -> Kind {
    Kind::new("v1", "ConfigMap", "configmaps", Scope::Namespaced)
}

fn config_map(name: &str, key: &str, value: &str) -> Value {
    json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name }, "data": { key: value } })
}

fn by(manager: &str) -> Writing {
    Writing::by(manager)
}
