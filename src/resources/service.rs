//! The catalogue, and the provider as the wire serves it.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::chart::Chart;
use super::cluster::Seen;
use super::clusters::Clusters;
use super::functions;
use super::kubeconfig::Kubeconfig;
use super::network::Network;
use super::node_pool::NodePool;
use super::planned_networks::PlannedNetworks;
use super::release::Release;
use super::skus::Skus;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::helm::render::Engine;
use crate::lifecycle::{
    self, Apply, ApplyDone, FunctionError, Import, ImportDone, Managed, Move, MoveDone, Opening, Plan,
    PlanDone, Read, ReadDone, Service, Source, Upgrade,
};
use crate::provider::{Context, Environment, block, check_registries};
use crate::schema::{Draft, ProviderSchema};
use crate::value::{Kind, Value};

/// Everything the provider offers, over one environment.
#[must_use]
pub fn provider(environment: Box<dyn Environment>) -> Arc<dyn Service> {
    let context = Arc::new(Context::new(environment));
    let engine = Arc::new(Engine::new());
    let networks = Arc::new(PlannedNetworks::default());
    let network: Arc<dyn Managed> = Arc::new(Network::new(Arc::clone(&context), Arc::clone(&networks)));
    let pool: Arc<dyn Managed> = Arc::new(NodePool::new(Arc::clone(&context), networks));
    let clusters = Arc::new(Clusters::new(Arc::clone(&context)));
    let release: Arc<dyn Managed> =
        Arc::new(Release::new(Arc::clone(&context), Arc::clone(&engine), Arc::clone(&clusters)));
    let seen: Arc<dyn Source> = Arc::new(Seen::new(Arc::clone(&clusters)));
    let kubeconfig: Arc<dyn Opening> = Arc::new(Kubeconfig::new(clusters));
    let skus: Arc<dyn Source> = Arc::new(Skus::new(Arc::clone(&context)));
    let chart: Arc<dyn Source> = Arc::new(Chart::new(Arc::clone(&context), Arc::clone(&engine)));
    Arc::new(Bud {
        managed: BTreeMap::from([
            ("bud_network", network),
            ("bud_node_pool", pool),
            ("bud_release", release),
        ]),
        sources: BTreeMap::from([("bud_chart", chart), ("bud_cluster", seen), ("bud_skus", skus)]),
        openings: BTreeMap::from([("bud_kubeconfig", kubeconfig)]),
        context,
    })
}

struct Bud {
    context: Arc<Context>,
    managed: BTreeMap<&'static str, Arc<dyn Managed>>,
    sources: BTreeMap<&'static str, Arc<dyn Source>>,
    openings: BTreeMap<&'static str, Arc<dyn Opening>>,
}

impl Bud {
    fn managed(&self, type_name: &str) -> Result<&dyn Managed, Diagnostics> {
        self.managed.get(type_name).map(AsRef::as_ref).ok_or_else(|| unknown("resource", type_name))
    }

    fn source(&self, type_name: &str) -> Result<&dyn Source, Diagnostics> {
        self.sources.get(type_name).map(AsRef::as_ref).ok_or_else(|| unknown("data source", type_name))
    }

    fn opening(&self, type_name: &str) -> Result<&dyn Opening, Diagnostics> {
        let opening = self.openings.get(type_name).map(AsRef::as_ref);
        opening.ok_or_else(|| unknown("ephemeral resource", type_name))
    }
}

fn unknown(what: &str, name: &str) -> Diagnostics {
    Diagnostic::bug(format!("There is no {what} {name:?} here, and the host asked for one.")).into()
}

#[async_trait]
impl Service for Bud {
    fn schema(&self) -> &ProviderSchema {
        static SCHEMA: LazyLock<ProviderSchema> = LazyLock::new(|| ProviderSchema {
            provider: block(),
            resources: BTreeMap::from([
                ("bud_network", super::network::resource()),
                ("bud_node_pool", super::node_pool::resource()),
                ("bud_release", super::release::resource()),
            ]),
            data_sources: BTreeMap::from([
                ("bud_chart", super::chart::source()),
                ("bud_cluster", super::cluster::source()),
                ("bud_skus", super::skus::source()),
            ]),
            ephemerals: BTreeMap::from([("bud_kubeconfig", super::kubeconfig::ephemeral())]),
            functions: functions::catalogue().into_iter().map(|one| (one.name, one.function)).collect(),
        });
        &SCHEMA
    }

    async fn validate_provider(&self, config: Value) -> Diagnostics {
        let mut diagnostics = lifecycle::check(&self.schema().provider.attributes, &config, true);
        if !diagnostics.has_errors() {
            super::tags::check(&Draft::root(&config), "default_tags", &mut diagnostics);
            diagnostics.extend(check_registries(config.get("registry_auth")));
        }
        diagnostics
    }

    async fn configure(&self, _host_version: &str, config: Value) -> Diagnostics {
        self.context.configure(&config);
        Diagnostics::none()
    }

    async fn validate_resource(
        &self,
        type_name: &str,
        config: Value,
        write_only_allowed: bool,
    ) -> Diagnostics {
        let managed = match self.managed(type_name) {
            Ok(managed) => managed,
            Err(diagnostics) => return diagnostics,
        };
        let mut diagnostics =
            lifecycle::check(&managed.schema().block.attributes, &config, write_only_allowed);
        if !diagnostics.has_errors() {
            diagnostics.extend(managed.validate(&config));
        }
        diagnostics
    }

    async fn validate_data_source(&self, type_name: &str, config: Value) -> Diagnostics {
        let source = match self.source(type_name) {
            Ok(source) => source,
            Err(diagnostics) => return diagnostics,
        };
        let mut diagnostics = lifecycle::check(&source.schema().block.attributes, &config, true);
        if !diagnostics.has_errors() {
            diagnostics.extend(source.validate(&config));
        }
        diagnostics
    }

    async fn upgrade(&self, request: Upgrade) -> (Option<Value>, Diagnostics) {
        match self.managed(&request.type_name) {
            Ok(managed) => lifecycle::upgrade(managed, &request),
            Err(diagnostics) => (None, diagnostics),
        }
    }

    async fn upgrade_identity(
        &self,
        type_name: &str,
        _version: i64,
        json: Vec<u8>,
    ) -> (Option<Value>, Diagnostics) {
        let managed = match self.managed(type_name) {
            Ok(managed) => managed,
            Err(diagnostics) => return (None, diagnostics),
        };
        let attributes =
            managed.schema().identity.iter().map(|one| (one.name.to_owned(), one.kind.clone())).collect();
        match Value::from_json(&json, &Kind::Object(attributes)) {
            Ok(identity) => (Some(identity), Diagnostics::none()),
            Err(fault) => (None, Diagnostic::error("Identity cannot be read", format!("{fault}.")).into()),
        }
    }

    async fn read(&self, request: Read, stop: CancellationToken) -> ReadDone {
        match self.managed(&request.type_name) {
            Ok(managed) => lifecycle::read(managed, request, stop).await,
            Err(diagnostics) => ReadDone {
                state: request.state,
                private: request.private,
                identity: request.identity,
                diagnostics,
            },
        }
    }

    async fn plan(&self, request: Plan, stop: CancellationToken) -> PlanDone {
        match self.managed(&request.type_name) {
            Ok(managed) => lifecycle::plan(managed, request, stop).await,
            Err(diagnostics) => PlanDone {
                planned: request.prior,
                replace: Vec::new(),
                private: request.private,
                identity: request.identity,
                diagnostics,
            },
        }
    }

    async fn apply(&self, request: Apply, stop: CancellationToken) -> ApplyDone {
        match self.managed(&request.type_name) {
            Ok(managed) => lifecycle::apply(managed, request, stop).await,
            Err(diagnostics) => ApplyDone {
                state: request.prior,
                private: request.private,
                identity: request.identity,
                diagnostics,
            },
        }
    }

    async fn import(&self, request: Import, stop: CancellationToken) -> ImportDone {
        let failed = |diagnostics| ImportDone {
            state: Value::Null,
            private: Vec::new(),
            identity: Value::Null,
            diagnostics,
        };
        match self.managed(&request.type_name) {
            Ok(managed) => lifecycle::import(managed, &request, stop).await.unwrap_or_else(failed),
            Err(diagnostics) => failed(diagnostics),
        }
    }

    async fn take_over(&self, request: Move) -> MoveDone {
        match self.managed(&request.type_name) {
            Ok(managed) => lifecycle::take_over(managed, &request),
            Err(diagnostics) => {
                MoveDone { state: Value::Null, private: Vec::new(), identity: Value::Null, diagnostics }
            }
        }
    }

    async fn read_data(
        &self,
        type_name: &str,
        config: Value,
        stop: CancellationToken,
    ) -> (Value, Diagnostics) {
        match self.source(type_name) {
            Ok(source) => lifecycle::read_data(source, &config, stop).await,
            Err(diagnostics) => (Value::Null, diagnostics),
        }
    }

    async fn validate_ephemeral(&self, type_name: &str, config: Value) -> Diagnostics {
        let opening = match self.opening(type_name) {
            Ok(opening) => opening,
            Err(diagnostics) => return diagnostics,
        };
        let mut diagnostics = lifecycle::check(&opening.schema().block.attributes, &config, true);
        if !diagnostics.has_errors() {
            diagnostics.extend(opening.validate(&config));
        }
        diagnostics
    }

    async fn open(&self, type_name: &str, config: Value, stop: CancellationToken) -> (Value, Diagnostics) {
        match self.opening(type_name) {
            Ok(opening) => lifecycle::open(opening, &config, stop).await,
            Err(diagnostics) => (Value::Null, diagnostics),
        }
    }

    async fn call(&self, name: &str, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        match functions::catalogue().into_iter().find(|one| one.name == name) {
            Some(one) => (one.call)(arguments),
            None => Err(FunctionError {
                text: format!("There is no function {name:?} in this provider."),
                argument: 0,
            }),
        }
    }
}
