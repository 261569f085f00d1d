//! The provider's procedures in values, as a host calls them: every answer is decoded strictly.

use std::collections::BTreeMap;

use bud::diagnostics::{Diagnostic, Diagnostics, Severity};
use bud::value::{Kind, Path, Step, Value};
use bud::wire::proto::tfplugin6 as proto;
use bud::wire::proto::tfplugin6::attribute_path::step::Selector;
use bud::wire::proto::tfplugin6::provider_client::ProviderClient;
use tonic::transport::Channel;
use tonic::{Code, Status};

use super::codec;
use super::schema::{Block, Offer};

/// What both hosts tell a provider: OpenTofu impersonates a Terraform.
const HOST_VERSION: &str = "1.13.0";

/// One connection to a provider whose schema is known.
#[derive(Clone)]
pub(crate) struct Client {
    grpc: ProviderClient<Channel>,
    offer: Offer,
}

/// Answer to a read.
#[derive(Clone, Debug)]
pub(crate) struct Refreshed {
    pub(crate) state: Value,
    pub(crate) private: Vec<u8>,
    pub(crate) identity: Value,
    pub(crate) diagnostics: Diagnostics,
}

/// What a plan is asked with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlanOf<'value> {
    pub(crate) prior: &'value Value,
    pub(crate) proposed: &'value Value,
    pub(crate) config: &'value Value,
    pub(crate) private: &'value [u8],
    pub(crate) identity: &'value Value,
}

/// Answer to a plan.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) state: Value,
    pub(crate) replace: Vec<Path>,
    pub(crate) private: Vec<u8>,
    pub(crate) identity: Value,
    pub(crate) diagnostics: Diagnostics,
}

/// What an apply is asked with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ApplyOf<'value> {
    pub(crate) prior: &'value Value,
    pub(crate) planned: &'value Value,
    pub(crate) config: &'value Value,
    pub(crate) private: &'value [u8],
    pub(crate) identity: &'value Value,
}

/// Answer to an apply; no state where the provider did not answer at all.
#[derive(Clone, Debug)]
pub(crate) struct Applied {
    pub(crate) state: Option<Value>,
    pub(crate) private: Vec<u8>,
    pub(crate) identity: Value,
    pub(crate) diagnostics: Diagnostics,
}

/// Answer to an import.
#[derive(Clone, Debug)]
pub(crate) struct Imported {
    pub(crate) state: Value,
    pub(crate) private: Vec<u8>,
    pub(crate) identity: Value,
    pub(crate) diagnostics: Diagnostics,
}

/// By what an object is imported.
#[derive(Clone, Copy, Debug)]
pub(crate) enum By<'value> {
    Id(&'value str),
    Identity(&'value Value),
}

/// What the provider offers, asked of the provider itself.
pub(crate) async fn ask_offer(mut grpc: ProviderClient<Channel>) -> Offer {
    let schema = grpc.get_provider_schema(proto::get_provider_schema::Request {}).await.unwrap().into_inner();
    let identities =
        grpc.get_resource_identity_schemas(proto::get_resource_identity_schemas::Request {}).await;
    let identities = identities.unwrap().into_inner();
    let said = diagnostics(schema.diagnostics.clone());
    assert!(!said.has_errors(), "{said:?}");
    Offer::read(&schema, &identities)
}

impl Client {
    pub(crate) fn new(grpc: ProviderClient<Channel>, offer: Offer) -> Self {
        Self { grpc, offer }
    }

    fn block(&self, type_name: &str) -> &Block {
        self.offer.resources.get(type_name).unwrap_or_else(|| panic!("there is no resource {type_name}"))
    }

    fn identity_kind(&self, type_name: &str) -> Kind {
        self.offer.identities.get(type_name).cloned().unwrap_or(Kind::Object(BTreeMap::new()))
    }

    pub(crate) async fn validate_provider(&mut self, config: &Value) -> Diagnostics {
        let config = Some(encode(&self.offer.provider.kind(), config));
        let request = proto::validate_provider_config::Request { config };
        match self.grpc.validate_provider_config(request).await {
            Ok(answer) => diagnostics(answer.into_inner().diagnostics),
            Err(status) => broken(&status),
        }
    }

    pub(crate) async fn configure(&mut self, config: &Value) -> Diagnostics {
        let request = proto::configure_provider::Request {
            terraform_version: HOST_VERSION.to_owned(),
            config: Some(encode(&self.offer.provider.kind(), config)),
            client_capabilities: capabilities(),
        };
        match self.grpc.configure_provider(request).await {
            Ok(answer) => diagnostics(answer.into_inner().diagnostics),
            Err(status) => broken(&status),
        }
    }

    pub(crate) async fn validate(&mut self, type_name: &str, config: &Value) -> Diagnostics {
        let request = proto::validate_resource_config::Request {
            type_name: type_name.to_owned(),
            config: Some(encode(&self.block(type_name).kind(), config)),
            client_capabilities: capabilities(),
        };
        match self.grpc.validate_resource_config(request).await {
            Ok(answer) => diagnostics(answer.into_inner().diagnostics),
            Err(status) => broken(&status),
        }
    }

    /// The stored state in the present form; none beside errors.
    pub(crate) async fn upgrade(
        &mut self,
        type_name: &str,
        version: i64,
        json: &str,
    ) -> (Option<Value>, Diagnostics) {
        let request = proto::upgrade_resource_state::Request {
            type_name: type_name.to_owned(),
            version,
            raw_state: Some(proto::RawState { json: json.as_bytes().to_vec(), ..Default::default() }),
        };
        match self.grpc.upgrade_resource_state(request).await {
            Ok(answer) => {
                let answer = answer.into_inner();
                let said = diagnostics(answer.diagnostics);
                let state = (!said.has_errors())
                    .then(|| decode(&self.block(type_name).kind(), answer.upgraded_state));
                (state, said)
            }
            Err(status) => (None, broken(&status)),
        }
    }

    /// The stored identity in the present form.
    pub(crate) async fn upgrade_identity(&mut self, type_name: &str, json: &str) -> (Value, Diagnostics) {
        let request = proto::upgrade_resource_identity::Request {
            type_name: type_name.to_owned(),
            version: self.offer.identity_versions.get(type_name).copied().unwrap_or_default(),
            raw_identity: Some(proto::RawState { json: json.as_bytes().to_vec(), ..Default::default() }),
        };
        match self.grpc.upgrade_resource_identity(request).await {
            Ok(answer) => {
                let answer = answer.into_inner();
                (self.identity(type_name, answer.upgraded_identity), diagnostics(answer.diagnostics))
            }
            Err(status) => (Value::Null, broken(&status)),
        }
    }

    pub(crate) async fn read(
        &mut self,
        type_name: &str,
        state: &Value,
        private: &[u8],
        identity: &Value,
    ) -> Refreshed {
        let kind = self.block(type_name).kind();
        let request = proto::read_resource::Request {
            type_name: type_name.to_owned(),
            current_state: Some(encode(&kind, state)),
            private: private.to_vec(),
            provider_meta: None,
            client_capabilities: capabilities(),
            current_identity: self.sent_identity(type_name, identity),
        };
        match self.grpc.read_resource(request).await {
            Ok(answer) => {
                let answer = answer.into_inner();
                Refreshed {
                    state: decode(&kind, answer.new_state),
                    private: answer.private,
                    identity: self.identity(type_name, answer.new_identity),
                    diagnostics: diagnostics(answer.diagnostics),
                }
            }
            Err(status) => Refreshed {
                state: state.clone(),
                private: private.to_vec(),
                identity: identity.clone(),
                diagnostics: broken(&status),
            },
        }
    }

    pub(crate) async fn plan(&mut self, type_name: &str, of: PlanOf<'_>) -> Planned {
        let kind = self.block(type_name).kind();
        let request = proto::plan_resource_change::Request {
            type_name: type_name.to_owned(),
            prior_state: Some(encode(&kind, of.prior)),
            proposed_new_state: Some(encode(&kind, of.proposed)),
            config: Some(encode(&kind, of.config)),
            prior_private: of.private.to_vec(),
            provider_meta: None,
            client_capabilities: capabilities(),
            prior_identity: self.sent_identity(type_name, of.identity),
            planned_private: Vec::new(),
        };
        match self.grpc.plan_resource_change(request).await {
            Ok(answer) => {
                let answer = answer.into_inner();
                assert!(!answer.legacy_type_system, "legacy_type_system is not for us");
                Planned {
                    state: decode(&kind, answer.planned_state),
                    replace: answer.requires_replace.into_iter().map(path).collect(),
                    private: answer.planned_private,
                    identity: self.identity(type_name, answer.planned_identity),
                    diagnostics: diagnostics(answer.diagnostics),
                }
            }
            Err(status) => Planned {
                state: of.prior.clone(),
                replace: Vec::new(),
                private: Vec::new(),
                identity: Value::Null,
                diagnostics: broken(&status),
            },
        }
    }

    pub(crate) async fn apply(&mut self, type_name: &str, of: ApplyOf<'_>) -> Applied {
        let kind = self.block(type_name).kind();
        let request = proto::apply_resource_change::Request {
            type_name: type_name.to_owned(),
            prior_state: Some(encode(&kind, of.prior)),
            planned_state: Some(encode(&kind, of.planned)),
            config: Some(encode(&kind, of.config)),
            planned_private: of.private.to_vec(),
            provider_meta: None,
            planned_identity: self.sent_identity(type_name, of.identity),
        };
        match self.grpc.apply_resource_change(request).await {
            Ok(answer) => {
                let answer = answer.into_inner();
                assert!(!answer.legacy_type_system, "legacy_type_system is not for us");
                Applied {
                    state: Some(decode(&kind, answer.new_state)),
                    private: answer.private,
                    identity: self.identity(type_name, answer.new_identity),
                    diagnostics: diagnostics(answer.diagnostics),
                }
            }
            Err(status) => Applied {
                state: None,
                private: Vec::new(),
                identity: Value::Null,
                diagnostics: broken(&status),
            },
        }
    }

    pub(crate) async fn import(&mut self, type_name: &str, by: By<'_>) -> Imported {
        let (id, identity) = match by {
            By::Id(id) => (id.to_owned(), None),
            By::Identity(identity) => (String::new(), self.sent_identity(type_name, identity)),
        };
        let request = proto::import_resource_state::Request {
            type_name: type_name.to_owned(),
            id,
            client_capabilities: capabilities(),
            identity,
        };
        let nothing = |diagnostics| Imported {
            state: Value::Null,
            private: Vec::new(),
            identity: Value::Null,
            diagnostics,
        };
        match self.grpc.import_resource_state(request).await {
            Ok(answer) => {
                let mut answer = answer.into_inner();
                let said = diagnostics(answer.diagnostics);
                if said.has_errors() {
                    return nothing(said);
                }
                assert_eq!(answer.imported_resources.len(), 1, "an import gives one object");
                let one = answer.imported_resources.remove(0);
                assert_eq!(one.type_name, type_name);
                Imported {
                    state: decode(&self.block(type_name).kind(), one.state),
                    private: one.private,
                    identity: self.identity(type_name, one.identity),
                    diagnostics: said,
                }
            }
            Err(status) => nothing(broken(&status)),
        }
    }

    fn sent_identity(&self, type_name: &str, identity: &Value) -> Option<proto::ResourceIdentityData> {
        let identity_data =
            (!identity.is_null()).then(|| encode(&self.identity_kind(type_name), identity))?;
        Some(proto::ResourceIdentityData { identity_data: Some(identity_data) })
    }

    fn identity(&self, type_name: &str, identity: Option<proto::ResourceIdentityData>) -> Value {
        decode(&self.identity_kind(type_name), identity.and_then(|identity| identity.identity_data))
    }
}

/// A host says that it knows write-only attributes, and never allows a deferral.
fn capabilities() -> Option<proto::ClientCapabilities> {
    Some(proto::ClientCapabilities { write_only_attributes_allowed: true, ..Default::default() })
}

fn encode(kind: &Kind, value: &Value) -> proto::DynamicValue {
    proto::DynamicValue { msgpack: codec::to_msgpack(kind, value), json: Vec::new() }
}

/// A value that a host cannot decode breaks the call; here it breaks the test.
fn decode(kind: &Kind, value: Option<proto::DynamicValue>) -> Value {
    let proto::DynamicValue { msgpack, json } = value.unwrap_or_default();
    codec::decode(kind, &msgpack, &json)
        .unwrap_or_else(|fault| panic!("the provider sent what no host reads: {fault}"))
}

fn diagnostics(sent: Vec<proto::Diagnostic>) -> Diagnostics {
    let mut found = Diagnostics::none();
    for one in sent {
        let severity = match one.severity() {
            proto::diagnostic::Severity::Error => Severity::Error,
            proto::diagnostic::Severity::Warning => Severity::Warning,
            proto::diagnostic::Severity::Invalid => panic!("a diagnostic without severity: {one:?}"),
        };
        let path = one.attribute.map(path).filter(|path| !path.0.is_empty());
        found.push(Diagnostic { severity, summary: one.summary, detail: one.detail, path });
    }
    found
}

fn path(sent: proto::AttributePath) -> Path {
    Path(
        sent.steps
            .into_iter()
            .map(|step| match step.selector.expect("a step of a path says where it goes") {
                Selector::AttributeName(name) => Step::Attribute(name),
                Selector::ElementKeyString(key) => Step::Key(key),
                Selector::ElementKeyInt(index) => Step::Index(usize::try_from(index).unwrap()),
            })
            .collect(),
    )
}

/// What a host tells the user when a call fails as a call.
fn broken(status: &Status) -> Diagnostics {
    // What Go's client calls unavailable: the connection broke before there was an answer.
    let broke = std::error::Error::source(status).is_some_and(|cause| cause.is::<tonic::transport::Error>());
    let summary = match status.code() {
        Code::Unavailable => "Plugin did not respond",
        _ if broke => "Plugin did not respond",
        Code::Unimplemented => "Unsupported plugin method",
        Code::Cancelled => "Request cancelled",
        _ => "Plugin error",
    };
    Diagnostic::error(summary, format!("{status}")).into()
}
