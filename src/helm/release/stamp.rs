//! Times as Go writes them into JSON; older records hold an empty text where there is none.

use serde::{Deserialize, Deserializer, Serializer, de::Error as _, ser::Error as _};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Writes RFC 3339.
#[allow(clippy::ref_option, reason = "the form that serde asks for")]
pub(super) fn serialize<S: Serializer>(
    stamp: &Option<OffsetDateTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match stamp {
        Some(stamp) => serializer.serialize_str(&stamp.format(&Rfc3339).map_err(S::Error::custom)?),
        None => serializer.serialize_none(),
    }
}

/// Reads RFC 3339; null and the empty text are no time.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<OffsetDateTime>, D::Error> {
    match Option::<String>::deserialize(deserializer)? {
        Some(text) if !text.is_empty() => {
            OffsetDateTime::parse(&text, &Rfc3339).map(Some).map_err(D::Error::custom)
        }
        _ => Ok(None),
    }
}
