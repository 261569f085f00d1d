//! `provider::bud::merge_kubeconfigs(kubeconfigs)`.

use crate::kube::kubeconfig;
use crate::lifecycle::FunctionError;
use crate::schema::Function;
use crate::value::{Kind, Value};

use super::{Declared, mistyped, parameter, refuse, texts};

/// What the host is told.
pub(super) fn declare() -> Declared {
    Declared {
        name: "merge_kubeconfigs",
        function: Function {
            summary: "One kubeconfig from several",
            doc: "Merges kubeconfigs as `kubectl` merges several files: of what has the same name the first wins, \
                  and the current context is that of the first kubeconfig which has one. Other than with \
                  `kubectl`, nothing is lost where two clusters, users or contexts of one name differ: the \
                  later one is renamed to `<name>-<host of its API server>`, and its contexts follow. Empty \
                  strings are skipped, unknown fields are kept. The result is as sensitive as what goes in.",
            parameters: vec![parameter(
                "kubeconfigs",
                "The kubeconfigs as YAML or JSON, the most important one first.",
                Kind::list(Kind::String),
            )],
            returns: Kind::String,
            example: "provider::bud::merge_kubeconfigs([file(\"dev.yaml\"), file(\"prod.yaml\")])",
        },
        call,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the type of every function's body")]
fn call(arguments: Vec<Value>) -> Result<Value, FunctionError> {
    let kubeconfigs = texts(arguments.first().ok_or_else(|| mistyped(0))?, 0)?;
    kubeconfig::merge(&kubeconfigs).map(Value::String).map_err(|error| {
        let index = error.document();
        refuse(0, format!("The kubeconfigs cannot be merged: {error}. It is element {index} of the list."))
    })
}
