//! The echo: what is configured is planned and stored; `id` and `answer` are known after apply.
//!
//! The name makes it behave: `panic` panics while planning, `slow` applies until it is stopped.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::bud;
use bud::diagnostics::{Diagnostic, Diagnostics};
use bud::lifecycle::{
    Apply, ApplyDone, FunctionError, Import, ImportDone, Move, MoveDone, Plan, PlanDone, Read, ReadDone,
    Service, Upgrade,
};
use bud::schema::{
    Attribute, Block, DataSource, Function, IdentityAttribute, Nesting, Parameter, Presence, ProviderSchema,
    Resource, Rule, Shape,
};
use bud::value::{Kind, Path, Value};

/// The echo.
struct Echo(ProviderSchema);

/// The echo, as the server wants it.
pub(super) fn provider() -> Arc<dyn Service> {
    Arc::new(Echo(schema()))
}

fn attribute(name: &'static str, kind: Kind, presence: Presence) -> Attribute {
    Attribute {
        name,
        doc: "An attribute.",
        shape: Shape::Plain(kind),
        presence,
        sensitive: name == "secret",
        write_only: name == "written",
        deprecated: None,
        rule: Rule::default(),
    }
}

fn nested(name: &'static str, nesting: Nesting) -> Attribute {
    let inner = vec![
        attribute("text", Kind::String, Presence::Required),
        attribute("number", Kind::Number, Presence::Optional),
    ];
    Attribute { shape: Shape::Nested(nesting, inner), ..attribute(name, Kind::String, Presence::Optional) }
}

fn things() -> Vec<Attribute> {
    use Presence::{Computed, Optional, Required};
    let object = Kind::Object(BTreeMap::from([("a".into(), Kind::Number), ("b".into(), Kind::Dynamic)]));
    vec![
        attribute("id", Kind::String, Computed),
        attribute("answer", Kind::Number, Computed),
        attribute("name", Kind::String, Required),
        attribute("text", Kind::String, Optional),
        attribute("number", Kind::Number, Optional),
        attribute("flag", Kind::Bool, Optional),
        attribute("any", Kind::Dynamic, Optional),
        attribute("list", Kind::list(Kind::String), Optional),
        attribute("set", Kind::Set(Box::new(Kind::Number)), Optional),
        attribute("map", Kind::map(Kind::Number), Optional),
        attribute("tuple", Kind::Tuple(vec![Kind::Bool, Kind::String]), Optional),
        attribute("object", object, Optional),
        attribute("secret", Kind::String, Optional),
        attribute("written", Kind::String, Optional),
        nested("one", Nesting::Single),
        nested("many", Nesting::List),
        nested("keyed", Nesting::Map),
    ]
}

fn schema() -> ProviderSchema {
    let block = |attributes| Block { version: 1, doc: "An echo.", attributes };
    let identity = IdentityAttribute { name: "id", doc: "Its id.", kind: Kind::String, required: true };
    let resource = Resource { block: block(things()), identity_version: 1, identity: vec![identity] };
    let parameter =
        |name, kind| Parameter { name, doc: "A value.", kind, allow_null: true, allow_unknown: false };
    let function = Function {
        summary: "Echo",
        doc: "Gives its first argument back.",
        parameters: vec![parameter("value", Kind::Dynamic), parameter("refuse", Kind::Bool)],
        returns: Kind::Dynamic,
        example: "",
    };
    let source = DataSource {
        block: block(vec![
            attribute("asked", Kind::String, Presence::Required),
            attribute("answer", Kind::String, Presence::Computed),
        ]),
    };
    ProviderSchema {
        provider: block(vec![attribute("setting", Kind::String, Presence::Optional)]),
        resources: BTreeMap::from([("echo_thing", resource)]),
        data_sources: BTreeMap::from([("echo_source", source)]),
        ephemerals: BTreeMap::new(),
        functions: BTreeMap::from([("same", function)]),
    }
}

fn identity(state: &Value) -> Value {
    if state.is_null() { Value::Null } else { Value::object([("id", state.get("id").clone())]) }
}

#[async_trait]
impl Service for Echo {
    fn schema(&self) -> &ProviderSchema {
        &self.0
    }

    async fn validate_provider(&self, _: Value) -> Diagnostics {
        Diagnostics::none()
    }

    async fn configure(&self, host_version: &str, config: Value) -> Diagnostics {
        tracing::info!(host_version, setting = ?config.get("setting").as_str(), "configured");
        Diagnostics::none()
    }

    async fn validate_resource(&self, _: &str, config: Value, _: bool) -> Diagnostics {
        match config.get("many").as_list() {
            Some(many) if many.len() > 2 => {
                let place = Path::of("many").index(2).attribute("text");
                Diagnostic::error("Too many", "Two are enough.").at(place).into()
            }
            _ => Diagnostics::none(),
        }
    }

    async fn validate_data_source(&self, _: &str, _: Value) -> Diagnostics {
        Diagnostics::none()
    }

    async fn upgrade(&self, request: Upgrade) -> (Option<Value>, Diagnostics) {
        let kind = self.0.resources["echo_thing"].block.kind();
        match Value::from_older_json(&request.json, &kind) {
            Ok(state) => (Some(state), Diagnostics::none()),
            Err(fault) => (None, Diagnostic::error("State unreadable", fault.to_string()).into()),
        }
    }

    async fn upgrade_identity(&self, _: &str, _: i64, json: Vec<u8>) -> (Option<Value>, Diagnostics) {
        let kind = Kind::Object(BTreeMap::from([("id".into(), Kind::String)]));
        (Value::from_json(&json, &kind).ok(), Diagnostics::none())
    }

    async fn read(&self, request: Read, _: CancellationToken) -> ReadDone {
        let identity = identity(&request.state);
        let (state, private) = (request.state, request.private);
        ReadDone { state, private, identity, diagnostics: Diagnostics::none() }
    }

    async fn plan(&self, request: Plan, _: CancellationToken) -> PlanDone {
        assert!(request.config.get("name").as_str() != Some("panic"), "as it was asked to");
        let mut planned = request.proposed;
        planned.set("written", Value::Null);
        if request.prior.is_null() {
            planned.set("id", Value::unknown());
        }
        if planned != request.prior {
            planned.set("answer", Value::unknown());
        }
        let replace = Vec::from_iter(
            (!request.prior.is_null() && planned.get("text") != request.prior.get("text"))
                .then(|| Path::of("text")),
        );
        PlanDone {
            identity: identity(&planned),
            planned,
            replace,
            private: b"planned".to_vec(),
            diagnostics: Diagnostics::none(),
        }
    }

    async fn apply(&self, request: Apply, stop: CancellationToken) -> ApplyDone {
        let mut state = request.planned;
        let mut diagnostics = Diagnostics::none();
        if state.get("id").is_unknown() {
            state.set("id", Value::string("echo-1"));
        }
        if state.get("name").as_str() == Some("slow") {
            stop.cancelled().await;
            diagnostics.push(Diagnostic::error("Stopped", "The run was cancelled."));
        }
        if state.get("answer").is_unknown() {
            state.set("answer", Value::int(42));
        }
        let private = request.private;
        ApplyDone { identity: identity(&state), state: state.settled(), private, diagnostics }
    }

    async fn import(&self, request: Import, _: CancellationToken) -> ImportDone {
        let id = match request.id.as_str() {
            "" => request.identity.get("id").clone(),
            id => Value::string(id),
        };
        let mut state: BTreeMap<String, Value> =
            things().iter().map(|attribute| (attribute.name.to_owned(), Value::Null)).collect();
        state.insert("id".into(), id);
        state.insert("name".into(), Value::string("imported"));
        let state = Value::Map(state);
        ImportDone {
            identity: identity(&state),
            state,
            private: Vec::new(),
            diagnostics: Diagnostics::none(),
        }
    }

    async fn take_over(&self, request: Move) -> MoveDone {
        let kind = self.0.resources["echo_thing"].block.kind();
        match (request.source_type.as_str(), Value::from_older_json(&request.json, &kind)) {
            ("other_thing", Ok(state)) => MoveDone {
                identity: identity(&state),
                state,
                private: b"moved".to_vec(),
                diagnostics: Diagnostics::none(),
            },
            (other, _) => MoveDone {
                state: Value::Null,
                private: Vec::new(),
                identity: Value::Null,
                diagnostics: Diagnostic::error("Move not supported", other).into(),
            },
        }
    }

    async fn read_data(&self, _: &str, mut config: Value, _: CancellationToken) -> (Value, Diagnostics) {
        config.set("answer", config.get("asked").clone());
        (config, Diagnostics::none())
    }

    async fn validate_ephemeral(&self, _: &str, _: Value) -> Diagnostics {
        Diagnostics::none()
    }

    async fn open(&self, _: &str, config: Value, _: CancellationToken) -> (Value, Diagnostics) {
        (config, Diagnostics::none())
    }

    async fn call(&self, _: &str, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        match arguments.as_slice() {
            [_, Value::Bool(true)] => Err(FunctionError { text: "As asked.".into(), argument: 1 }),
            [value, _] => Ok(value.clone()),
            _ => Err(FunctionError { text: "Two are needed.".into(), argument: 0 }),
        }
    }
}
