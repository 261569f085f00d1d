//! Log entries in the form that hosts read: one line of hclog JSON each on stderr.
//!
//! A host shows a line as an entry only if its time has exactly six fractional digits, and some break
//! down where message, level or time are no strings.

use std::fmt;
use std::io::Write;

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// Variables that set the level, the first that is set counts.
const VARIABLES: [&str; 3] = ["TF_LOG_PROVIDER_BUD", "TF_LOG_PROVIDER", "TF_LOG"];

/// Crates besides our own that may write, at the finest level only. What is not named here never does:
/// some clients write whole requests, with what is secret in them.
const FOREIGN: [&str; 7] = ["h2", "hyper", "hyper_util", "reqwest", "rustls", "tonic", "tower"];

/// How long one text may be; a host does not parse lines above 64 KiB.
const LONGEST_TEXT: usize = 8 << 10;

/// How long one line may be.
const LONGEST_LINE: usize = 60 << 10;

const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

/// The level that the environment asks for: warnings where it asks for nothing.
#[must_use]
pub fn level(environment: &dyn Fn(&str) -> Option<String>) -> LevelFilter {
    let asked = VARIABLES.into_iter().filter_map(environment).find(|level| !level.is_empty());
    match asked.unwrap_or_default().to_ascii_uppercase().as_str() {
        "TRACE" | "JSON" => LevelFilter::TRACE,
        "DEBUG" => LevelFilter::DEBUG,
        "INFO" => LevelFilter::INFO,
        "ERROR" => LevelFilter::ERROR,
        "OFF" => LevelFilter::OFF,
        _ => LevelFilter::WARN,
    }
}

/// Sends everything that is traced in this process to stderr. Does nothing the second time.
pub fn install(level: LevelFilter) {
    let layer = Hclog { level, write: |line: &[u8]| drop(std::io::stderr().lock().write_all(line)) };
    let subscriber = tracing_subscriber::registry().with(layer);
    // Only a test that runs several servers in one process comes here twice.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Writes each event as one line.
struct Hclog<W> {
    level: LevelFilter,
    write: W,
}

impl<W> Hclog<W> {
    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        let room = metadata.target().split("::").next().unwrap_or_default();
        if matches!(room, "bud" | "terraform_provider_bud") {
            return *metadata.level() <= self.level;
        }
        self.level == LevelFilter::TRACE && FOREIGN.contains(&room)
    }
}

impl<S, W> Layer<S> for Hclog<W>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: Fn(&[u8]) + 'static,
{
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.wants(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut entry = Fields::default();
        for span in context.event_scope(event).into_iter().flatten().collect::<Vec<_>>().into_iter().rev() {
            if let Some(fields) = span.extensions().get::<Fields>() {
                entry.0.extend(fields.0.clone());
            }
        }
        event.record(&mut entry);
        (self.write)(&line(event.metadata(), entry, OffsetDateTime::now_utc()));
    }
}

/// Fields of a span or an event.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        // Names with an @ are the host's.
        self.0.insert(field.name().trim_start_matches('@').to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, Value::String(shortened(format!("{value:?}"))));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, Value::String(shortened(value.to_owned())));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}

fn shortened(mut text: String) -> String {
    if text.len() > LONGEST_TEXT {
        text.truncate(text.floor_char_boundary(LONGEST_TEXT));
        text.push('…');
    }
    text
}

/// One entry, with the end of its line.
fn line(metadata: &Metadata<'_>, Fields(mut fields): Fields, now: OffsetDateTime) -> Vec<u8> {
    let message = match fields.remove("message") {
        Some(Value::String(message)) => message,
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let level = match *metadata.level() {
        Level::TRACE => "trace",
        Level::DEBUG => "debug",
        Level::INFO => "info",
        Level::WARN => "warn",
        Level::ERROR => "error",
    };
    // Only a year beyond 9999 cannot be written.
    let time = now.format(TIME).unwrap_or_else(|_| "9999-12-31T23:59:59.999999Z".into());
    let mut entry = Map::new();
    entry.insert("@level".into(), level.into());
    entry.insert("@message".into(), message.into());
    entry.insert("@module".into(), metadata.target().replace("::", ".").into());
    entry.insert("@timestamp".into(), time.into());
    let essence = entry.clone();
    entry.extend(fields);
    let mut line = Value::Object(entry).to_string();
    if line.len() > LONGEST_LINE {
        line = Value::Object(essence).to_string();
    }
    line.push('\n');
    line.into_bytes()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// The lines that are written at the given level while the given work is done.
    fn lines(level: LevelFilter, work: impl FnOnce()) -> Vec<Value> {
        let written = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&written);
        let layer = Hclog { level, write: move |line: &[u8]| sink.lock().unwrap().extend_from_slice(line) };
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
        let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'));
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn an_entry_is_one_line_that_hosts_understand() {
        let found = lines(LevelFilter::INFO, || {
            let span = tracing::error_span!(
                "call",
                tf_rpc = "ReadResource",
                tf_resource_type = tracing::field::Empty
            );
            span.record("tf_resource_type", "bud_network");
            let _inside = span.enter();
            tracing::info!(requests = 3, done = true, "first line\nsecond {}", "\"line\"");
            tracing::debug!("not shown");
        });
        let [entry] = found.as_slice() else { panic!("one line is expected, not {found:?}") };
        assert_eq!(entry["@level"], "info");
        assert_eq!(entry["@message"], "first line\nsecond \"line\"");
        assert_eq!(entry["@module"], "bud.wire.log.tests");
        assert_eq!((&entry["requests"], &entry["done"]), (&3.into(), &true.into()));
        assert_eq!(
            (&entry["tf_rpc"], &entry["tf_resource_type"]),
            (&"ReadResource".into(), &"bud_network".into())
        );
        let time = entry["@timestamp"].as_str().unwrap();
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        assert!(time.len() == 27 && time.ends_with('Z') && digits(&time[20..26]), "{time}");
    }

    #[test]
    fn messages_are_texts_and_lines_are_short() {
        let found = lines(LevelFilter::WARN, || {
            tracing::warn!(message = 5);
            tracing::warn!("{}", "ü".repeat(100_000));
            let long = "x".repeat(8 << 10);
            tracing::warn!(
                a = long,
                b = long,
                c = long,
                d = long,
                e = long,
                f = long,
                g = long,
                h = long,
                "much"
            );
        });
        assert_eq!(found[0]["@message"], "5");
        assert!(found[1]["@message"].as_str().unwrap().len() < LONGEST_TEXT + 4);
        assert_eq!((&found[2]["@message"], found[2].get("a")), (&"much".into(), None));
    }

    #[test]
    fn others_write_at_the_finest_level_only_and_unknown_ones_never() {
        let work = || {
            tracing::error!(target: "h2::proto", "h2");
            tracing::error!(target: "azure_core::policies::transport", "request with its token");
            tracing::trace!(target: "bud::cloud", "ours");
        };
        assert!(lines(LevelFilter::DEBUG, work).is_empty());
        let found = lines(LevelFilter::TRACE, work);
        let messages: Vec<_> = found.iter().map(|entry| entry["@message"].as_str().unwrap()).collect();
        assert_eq!(messages, ["h2", "ours"]);
    }

    #[test]
    fn the_level_follows_the_environment() {
        let of = |pairs: &'static [(&str, &str)]| {
            level(&|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(of(&[]), LevelFilter::WARN);
        assert_eq!(of(&[("TF_LOG", "debug")]), LevelFilter::DEBUG);
        assert_eq!(of(&[("TF_LOG", "json")]), LevelFilter::TRACE);
        assert_eq!(of(&[("TF_LOG", "trace"), ("TF_LOG_PROVIDER", "INFO")]), LevelFilter::INFO);
        assert_eq!(of(&[("TF_LOG_PROVIDER", "INFO"), ("TF_LOG_PROVIDER_BUD", "OFF")]), LevelFilter::OFF);
        assert_eq!(of(&[("TF_LOG_PROVIDER", ""), ("TF_LOG", "ERROR")]), LevelFilter::ERROR);
        assert_eq!(of(&[("TF_LOG", "nonsense")]), LevelFilter::WARN);
    }
}
