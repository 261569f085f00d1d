//! `provider::bud::ingress_hosts(domain)`.

use crate::foundry::ingress_hosts::{self, INGRESS_HOSTS};
use crate::lifecycle::FunctionError;
use crate::schema::Function;
use crate::value::{Kind, Value};

use super::{Declared, object, parameter, refuse, text};

/// What the host is told.
pub(super) fn declare() -> Declared {
    Declared {
        name: "ingress_hosts",
        function: Function {
            summary: "Hosts of the ingress under a domain",
            doc: "Gives every host that the ingress answers for, as a map from its first label (`app`, `api`, \
                  `gateway`, `play`, `auth`, `grafana`) to `host` (the full name), `service` (what is behind \
                  it), `path` (the path pattern that is routed) and `purpose`. Upper-case letters of the \
                  domain become lower-case, as Kubernetes demands it.",
            parameters: vec![parameter(
                "domain",
                "Domain under which the hosts stand, such as `dev.bud.studio`: the `ingress_domain` of \
                 `data.bud_environment`.",
                Kind::String,
            )],
            returns: Kind::map(object(&[
                ("host", Kind::String),
                ("service", Kind::String),
                ("path", Kind::String),
                ("purpose", Kind::String),
            ])),
            example: r#"provider::bud::ingress_hosts("dev.bud.studio")["api"].host"#,
        },
        call,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the type of every function's body")]
fn call(arguments: Vec<Value>) -> Result<Value, FunctionError> {
    let written = text(&arguments, 0)?;
    let domain = ingress_hosts::domain(written)
        .map_err(|error| refuse(0, format!("No host can stand under {written:?}: {error}.")))?;
    Ok(Value::object(INGRESS_HOSTS.map(|host| {
        let row = Value::object([
            ("host", Value::String(host.host(&domain))),
            ("service", Value::string(host.service)),
            ("path", Value::string(host.path)),
            ("purpose", Value::string(host.purpose)),
        ]);
        (host.label, row)
    })))
}
