//! Login as the user who is logged in to the Azure CLI.

use std::io::ErrorKind;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;

use super::authority::left_until;
use super::{Desk, Failure, Issued, Source, none_configured, refused};
use crate::secret::Secret;

const SOURCE: Source = Source::Cli;

impl Desk {
    /// Runs `az account get-access-token`.
    #[allow(clippy::disallowed_methods, reason = "the user asked to log in as the Azure CLI does")]
    pub(super) async fn by_cli(&self, program: &str) -> Result<Issued, Failure> {
        let mut command = Command::new(program);
        command.args(["account", "get-access-token", "--output", "json", "--scope", &self.endpoints.scope]);
        // The CLI takes one of the two; a tenant says more about the token.
        if let Some(tenant) = self.settings.tenant_id.as_deref().filter(|text| !text.is_empty()) {
            command.args(["--tenant", tenant]);
        } else if let Some(subscription) = self.settings.subscription_id.as_deref().filter(|t| !t.is_empty())
        {
            command.args(["--subscription", subscription]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let output = match command.output().await {
            Ok(output) => output,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                // Nobody asked for the CLI: then nothing at all is configured.
                return Err(match self.settings.use_cli {
                    Some(true) => refused(SOURCE, "the program az is not on the PATH"),
                    _ => Failure::Final(none_configured()),
                });
            }
            Err(error) => return Err(refused(SOURCE, format!("az cannot be started: {error}"))),
        };
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
            return Err(refused(SOURCE, format!("az ended with {}: {}", output.status, last.trim())));
        }
        read(&output.stdout)
    }
}

fn read(output: &[u8]) -> Result<Issued, Failure> {
    let answer: Value =
        serde_json::from_slice(output).map_err(|_| refused(SOURCE, "the answer of az is no JSON"))?;
    let token = answer.get("accessToken").and_then(Value::as_str).filter(|token| !token.is_empty());
    let Some(token) = token else { return Err(refused(SOURCE, "the answer of az holds no accessToken")) };
    // Versions before 2.54 give local time only; such a token is then asked for again soon, which is cheap.
    let lifetime = answer.get("expires_on").and_then(Value::as_u64).and_then(left_until).unwrap_or(600);
    Ok(Issued { token: Secret::new(token), lifetime: Duration::from_secs(lifetime) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_generations_of_the_answer_are_read() {
        let old = read(br#"{"accessToken":"t","expiresOn":"2024-01-01 19:23:16.000000"}"#).unwrap();
        assert_eq!(old.lifetime.as_secs(), 600);
        let new = read(br#"{"accessToken":"t","expires_on":4102444800}"#).unwrap();
        assert!(new.lifetime.as_secs() > 3600);
        assert!(read(b"{}").is_err() && read(b"no").is_err());
    }
}
