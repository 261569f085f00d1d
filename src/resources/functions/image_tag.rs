//! `provider::bud::image_tag(environment, version)`.

use crate::foundry::environments::Environment;
use crate::foundry::images;
use crate::lifecycle::FunctionError;
use crate::schema::{Function, Parameter};
use crate::value::{Kind, Value};

use super::{Declared, listed, parameter, refuse, suggestion, text};

/// What the host is told.
pub(super) fn declare() -> Declared {
    let version = "Version of the foundry, with or without a leading `v`. Only production looks at it; the \
                   other environments also take null.";
    Declared {
        name: "image_tag",
        function: Function {
            summary: "Image tag of an environment",
            doc: "Gives the tag that an environment pulls of every image: `nightly` in development, `staging` in \
                  staging, and in production `v` followed by the version, which must be a semantic version \
                  without build metadata.",
            parameters: vec![
                parameter(
                    "environment",
                    "The environment: `dev`, `stage` or `prod`, or the long names `development`, `staging` or \
                     `production`.",
                    Kind::String,
                ),
                Parameter { allow_null: true, ..parameter("version", version, Kind::String) },
            ],
            returns: Kind::String,
            example: r#"provider::bud::image_tag("prod", "1.2.3")"#,
        },
        call,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the type of every function's body")]
fn call(arguments: Vec<Value>) -> Result<Value, FunctionError> {
    let environment = environment(text(&arguments, 0)?)?;
    let version = match arguments.get(1) {
        None | Some(Value::Null) => None,
        Some(_) => Some(text(&arguments, 1)?),
    };
    images::image_tag(environment, version).map(Value::String).map_err(|error| {
        let given = version.map(|version| format!(" It is {version:?}.")).unwrap_or_default();
        refuse(1, format!("No image tag for {:?}: {error}.{given}", environment.short()))
    })
}

fn environment(name: &str) -> Result<Environment, FunctionError> {
    Environment::parse(name).ok_or_else(|| {
        let known = listed(Environment::NAMES);
        let suggestion = suggestion(name, Environment::NAMES);
        refuse(0, format!("There is no environment {name:?}.{suggestion} The names are {known}."))
    })
}
