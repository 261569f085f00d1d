//! What a provider writes to stderr, read as a host reads it.

use std::sync::{Arc, Mutex};

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{PrimitiveDateTime, UtcOffset};

/// A host takes a line for an entry only with exactly six fractional digits.
const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]");

/// Lines as they come in; every clone sees the same ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

/// One line that a host shows as an entry.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) level: String,
    pub(crate) message: String,
    pub(crate) fields: serde_json::Map<String, serde_json::Value>,
}

impl Log {
    pub(crate) fn push(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    /// Whether the other is the log of the same process.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// All lines so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// Everything so far as one text, for a search.
    pub(crate) fn text(&self) -> String {
        self.lines().join("\n")
    }

    /// The lines that are entries.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.lines().iter().filter_map(|line| entry(line).ok()).collect()
    }

    /// The lines that a host would show as they are, or break down over, each with the reason.
    pub(crate) fn malformed(&self) -> Vec<String> {
        let reason = |line: &String| entry(line).err().map(|reason| format!("{reason}: {line}"));
        self.lines().iter().filter_map(reason).collect()
    }
}

/// Reads a line as a host does.
pub(crate) fn entry(line: &str) -> Result<Entry, &'static str> {
    if line.len() > 64 << 10 {
        return Err("longer than a host parses");
    }
    let mut fields: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(line).map_err(|_| "no JSON object")?;
    let mut word = |name: &str| match fields.remove(name) {
        Some(serde_json::Value::String(text)) => Some(text),
        _ => None,
    };
    let (Some(level), Some(message)) = (word("@level"), word("@message")) else {
        return Err("level or message is no string");
    };
    let Some(timestamp) = word("@timestamp") else { return Err("the time is no string") };
    if !["trace", "debug", "info", "warn", "error"].contains(&level.as_str()) {
        return Err("no level of the hosts");
    }
    let zoned = timestamp.strip_suffix('Z').map(|local| (local, "+00:00"));
    let (local, zone) =
        zoned.or_else(|| timestamp.split_at_checked(timestamp.len().saturating_sub(6))).unwrap_or_default();
    let zone_format = format_description!("[offset_hour sign:mandatory]:[offset_minute]");
    if PrimitiveDateTime::parse(local, TIME).is_err() || UtcOffset::parse(zone, zone_format).is_err() {
        return Err("the time has not exactly six fractional digits");
    }
    Ok(Entry { level, message, fields })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(time: &str) -> String {
        format!(r#"{{"@level":"info","@message":"m","@module":"bud","@timestamp":"{time}","k":1}}"#)
    }

    #[test]
    fn only_exact_times_make_an_entry() {
        for time in ["2026-01-02T03:04:05.123456Z", "2026-01-02T03:04:05.123456+01:00"] {
            let entry = entry(&line(time)).unwrap();
            assert_eq!((entry.level.as_str(), entry.message.as_str()), ("info", "m"));
            assert_eq!(entry.fields["k"], 1);
        }
        for time in
            ["2026-01-02T03:04:05.123Z", "2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05Z", "Z", ""]
        {
            assert!(entry(&line(time)).is_err(), "{time}");
        }
    }

    #[test]
    fn what_breaks_a_host_down_is_malformed() {
        let log = Log::default();
        for bad in [
            "panic: x",
            r#"{"@level":"info","@message":1,"@timestamp":"2026-01-02T03:04:05.123456Z"}"#,
            r#"{"@level":"loud","@message":"m","@timestamp":"2026-01-02T03:04:05.123456Z"}"#,
        ] {
            log.push(bad.to_owned());
        }
        log.push(line("2026-01-02T03:04:05.123456Z"));
        assert_eq!((log.malformed().len(), log.entries().len()), (3, 1));
    }
}
