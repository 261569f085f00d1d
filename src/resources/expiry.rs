//! Times to live: when they end, and what a plan may say of that.

use ::time::OffsetDateTime;
use ::time::format_description::well_known::Rfc3339;

use crate::lifecycle::Planning;
use crate::value::{Value, parse_duration};

/// When a time to live that starts now ends, in whole seconds.
pub(super) fn from_now(ttl: &Value) -> Value {
    let Some(ttl) = ttl.as_str().and_then(parse_duration) else { return Value::Null };
    let end = crate::time::now() + ttl;
    end.replace_nanosecond(0)
        .ok()
        .and_then(|end: OffsetDateTime| end.format(&Rfc3339).ok())
        .map_or(Value::Null, Value::string)
}

/// No plan reads the clock: a time that apply will set is unknown here (HB5).
pub(super) fn settle(planning: &mut Planning) {
    let value = match planning.planned.get("ttl") {
        Value::Null => Value::Null,
        _ if planning.creates() || planning.changes("ttl") => Value::unknown(),
        _ => planning.prior.get("expires_at").clone(),
    };
    planning.planned.set("expires_at", value);
}
