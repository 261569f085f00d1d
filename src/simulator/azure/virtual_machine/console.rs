//! The serial console: what a machine says, and the address at which it can be read without a login.

use serde_json::{Value, json};

use super::super::super::message::{Answer, Refusal, Request};
use super::super::super::world::World;
use super::super::kind::Kind;
use super::super::store::{Azure, Object};
use super::{Machine, at};

/// Where the texts are.
const ROOT: &str = "/bootdiagnostics/";

/// What a machine says when it boots.
pub(super) fn boot(computer: &str, id: &str) -> String {
    format!(
        "[    0.000000] Linux version 6.8.0-1017-azure (simulated)\r\n\
         [    0.000000] DMI: Microsoft Corporation Virtual Machine {id}\r\n\
         [    2.104511] systemd[1]: Hostname set to <{computer}>.\r\n\
         [    9.820134] cloud-init[812]: Cloud-init v. 24.1 running 'modules:final'\r\n\
         [   10.004411] cloud-init[812]: Cloud-init finished. Datasource DataSourceAzure. Up 10.00 seconds\r\n\
         \r\n\
         Ubuntu 24.04 LTS {computer} ttyS0\r\n\
         \r\n\
         {computer} login: "
    )
}

/// The address of a machine's text; it opens without a login.
pub(super) fn address(origin: &str, machine: &Machine) -> String {
    format!(
        "{origin}{ROOT}{}/serialconsole.log?sv=2018-03-28&sr=b&sp=r&sig={}",
        machine.id, machine.console_key
    )
}

/// `POST …/retrieveBootDiagnosticsData`.
pub(super) fn addresses(world: &World, request: &Request, object: &Object) -> Result<Answer, Refusal> {
    let enabled = at(&object.content.properties, "diagnosticsProfile.bootDiagnostics.enabled")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    let Some(machine) = object.machine.as_ref().filter(|_| enabled) else {
        let message =
            format!("Boot diagnostics with managed storage is not enabled on the VM '{}'.", object.name());
        return Err(Refusal::new(409, "OperationNotAllowed", message));
    };
    if !machine.provisioned {
        let message = "Boot diagnostics data is not available: the VM has not been running.";
        return Err(Refusal::new(409, "OperationNotAllowed", message));
    }
    let origin = if request.origin.is_empty() { world.servers.azure() } else { request.origin.clone() };
    let text = address(&origin, machine);
    let picture = text.replace("serialconsole.log", "screenshot.bmp");
    Ok(Answer::json(200, json!({ "consoleScreenshotBlobUri": picture, "serialConsoleLogBlobUri": text })))
}

/// A machine says something by itself.
pub(crate) fn say(azure: &mut Azure, key: &str, text: &str) {
    let place = azure.at(key).map(|object| object.place.clone());
    if let Some(machine) =
        place.and_then(|place| azure.get_mut(&place)).and_then(|object| object.machine.as_mut())
    {
        machine.console.push_str(text);
    }
}

/// The answer to a request for such a text, if it is one.
pub(crate) fn served(world: &World, request: &Request) -> Option<Answer> {
    let rest = request.path.strip_prefix(ROOT)?;
    let id = rest.strip_suffix("/serialconsole.log");
    let machine = id.and_then(|id| {
        world.azure.of_kind(Kind::VirtualMachine).filter_map(|object| object.machine.as_deref()).find(
            |machine| machine.id == id && request.parameter("sig").as_deref() == Some(&machine.console_key),
        )
    });
    Some(match machine {
        Some(machine) if request.method == "GET" => Answer::plain(machine.console.clone()),
        _ => Answer::empty(403),
    })
}
