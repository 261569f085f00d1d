//! The serial console, which tells why a machine does not answer.

use serde_json::Value;
use url::Url;

use super::super::client::answer_of;
use super::super::request::{COMPUTE, Call};
use super::AzureMachines;
use super::parts::Parts;
use crate::cloud::{CloudError, PoolPlace};
use crate::time::Patience;

/// How much of its end is of use.
const TAIL: usize = 16 * 1024;

impl AzureMachines {
    /// The end of a machine's serial log; none where there is no machine or no log yet.
    pub(super) async fn serial_log(
        &self,
        place: &PoolPlace,
        node: &str,
        patience: &Patience,
    ) -> Result<Option<String>, CloudError> {
        let parts = Parts::of(&place.network_id, node);
        let call = Call::post(&format!("{}/retrieveBootDiagnosticsData", parts.machine()), COMPUTE);
        let links = match self.client.send(&call, patience).await {
            Ok(success) => success.body,
            // No machine, or diagnostics that are not there (yet).
            Err(failed)
                if answer_of(&failed.error).is_some_and(|answer| matches!(answer.status, 404 | 409)) =>
            {
                return Ok(None);
            }
            Err(failed) => return Err(failed.error),
        };
        let link =
            links.get("serialConsoleLogBlobUri").and_then(Value::as_str).filter(|link| !link.is_empty());
        let Some(url) = link.and_then(|link| Url::parse(link).ok()) else { return Ok(None) };
        Ok(self.client.outside(&url, patience).await?.map(|log| tail(&log)))
    }
}

/// Whole lines of the end, without what a terminal would make of control characters.
fn tail(log: &[u8]) -> String {
    let start = log.len().saturating_sub(TAIL);
    let text = String::from_utf8_lossy(&log[start..]);
    let whole = if start == 0 { &text } else { text.split_once('\n').map_or(&*text, |(_, rest)| rest) };
    whole.chars().filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\t')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_is_told_in_whole_lines() {
        assert_eq!(tail(b"a\x1b[0m\r\nb\n"), "a[0m\nb\n");
        let log = format!("{}\nlast\n", "x".repeat(TAIL));
        assert_eq!(tail(log.as_bytes()), "last\n");
    }
}
