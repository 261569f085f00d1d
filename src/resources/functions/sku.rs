//! `provider::bud::sku(cloud, class)`.

use crate::foundry::nodes::{CloudName, NodeClass, Sku};
use crate::lifecycle::FunctionError;
use crate::schema::Function;
use crate::value::{Kind, Value};

use super::{Declared, listed, object, parameter, refuse, suggestion, text};

/// What the host is told.
pub(super) fn declare() -> Declared {
    Declared {
        name: "sku",
        function: Function {
            summary: "Machine type of a class of nodes",
            doc: "Gives the machine type that stands for a class of nodes in a cloud: its `name` as the cloud \
                  writes it, `cloud`, `class` (null for a type that is no class's choice), `vcpus`, \
                  `memory_gib`, `gpu_count`, `gpu_model` and `gpu_memory_gib` (each GPU's; both null without \
                  one), `nvswitch` (whether the GPUs need the fabric manager) and `architecture`. Instead of a \
                  class also the name of a machine type can be given, if it is one of those the provider knows \
                  by heart; `data.bud_skus` asks the cloud for all others.",
            parameters: vec![
                parameter("cloud", "The cloud: `azure` or `aws`.", Kind::String),
                parameter(
                    "class",
                    "The class, `gpu-a100` or `cpu`, or the name of a machine type, on Azure with or without \
                     `Standard_`.",
                    Kind::String,
                ),
            ],
            returns: object(&[
                ("name", Kind::String),
                ("cloud", Kind::String),
                ("class", Kind::String),
                ("vcpus", Kind::Number),
                ("memory_gib", Kind::Number),
                ("gpu_count", Kind::Number),
                ("gpu_model", Kind::String),
                ("gpu_memory_gib", Kind::Number),
                ("nvswitch", Kind::Bool),
                ("architecture", Kind::String),
            ]),
            example: r#"provider::bud::sku("azure", "gpu-a100").name"#,
        },
        call,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the type of every function's body")]
fn call(arguments: Vec<Value>) -> Result<Value, FunctionError> {
    let (cloud, class) = (text(&arguments, 0)?, text(&arguments, 1)?);
    let cloud = CloudName::parse(cloud).ok_or_else(|| {
        let words = CloudName::ALL.map(CloudName::word);
        let (suggestion, known) = (suggestion(cloud, words), listed(words));
        refuse(0, format!("No machine types are known of {cloud:?}.{suggestion} The clouds are {known}."))
    })?;
    let sku = Sku::find(cloud, class).ok_or_else(|| {
        let known = Sku::known(cloud);
        let (suggestion, known) = (suggestion(class, known.iter().copied()), listed(known.iter().copied()));
        let cloud = cloud.word();
        refuse(
            1,
            format!(
                "{class:?} is no class and no known machine type of {cloud:?}.{suggestion} Known are {known}."
            ),
        )
    })?;
    Ok(value(sku))
}

fn value(sku: &Sku) -> Value {
    let number = |number: u32| Value::int(number.into());
    let gpu = |part: fn(&crate::foundry::nodes::Gpus) -> Value| sku.gpus.as_ref().map_or(Value::Null, part);
    Value::object([
        ("name", Value::String(sku.cloud_name())),
        ("cloud", Value::string(sku.cloud.word())),
        ("class", sku.class.map_or(Value::Null, |class: NodeClass| Value::string(class.word()))),
        ("vcpus", number(sku.vcpus)),
        ("memory_gib", number(sku.memory_gib)),
        ("gpu_count", number(sku.gpus.map_or(0, |gpus| gpus.count))),
        ("gpu_model", gpu(|gpus| Value::string(gpus.model))),
        ("gpu_memory_gib", gpu(|gpus| Value::int(gpus.memory_gib.into()))),
        ("nvswitch", Value::Bool(sku.gpus.is_some_and(|gpus| gpus.nvswitch))),
        ("architecture", Value::string(sku.architecture.word())),
    ])
}
