//! Keys: the provider's own public half, and host keys for machines that are made.

use super::NodePool;
use crate::cloud;
use crate::diagnostics::Diagnostic;
use crate::resources::machines;
use crate::schema::Planned;
use crate::ssh::host_key::HostKey;
use crate::ssh::public_key;
use crate::value::Value;

impl NodePool {
    /// The public half of the key in the provider's `ssh` block.
    pub(super) fn own_keys(&self, planned: &Value) -> Result<Vec<String>, Diagnostic> {
        let given = !planned.get("ssh_public_keys").as_list().unwrap_or_default().is_empty();
        let settings = self.context.settings();
        let key = match &settings.ssh_key {
            Planned::Known(Some(key)) => machines::read(key)?,
            _ => return Ok(Vec::new()),
        };
        match public_key::half_of(&key) {
            Ok(half) => Ok(vec![half]),
            Err(_) if given => Ok(Vec::new()),
            Err(error) => Err(Diagnostic::error(
                "SSH key cannot be read",
                format!(
                    "The private key in the provider's ssh block is not in OpenSSH's form ({error}), so its public half is \
                     not known. Convert it with ssh-keygen -p, or name the public half in ssh_public_keys."
                ),
            )),
        }
    }
}

/// A host key for a machine that is made now.
pub(super) fn host_key() -> Result<cloud::HostKey, Diagnostic> {
    let key = HostKey::draw().map_err(|error| Diagnostic::error("No host key", format!("{error}.")))?;
    Ok(cloud::HostKey { public: key.public, private: key.private })
}
