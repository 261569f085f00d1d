//! Resource groups.

use azure_mgmt_resources::package_resources_2021_04::models::ResourceGroup;
use serde_json::Value;

use super::document::body;
use super::tags::{self, Tags};

/// The body that brings a group to its tags; none where it has them. The location never changes.
pub(super) fn change(now: Option<&Value>, location: &str, wanted: &Tags) -> Option<Value> {
    let has = now.map(tags::of).unwrap_or_default();
    let shall = tags::laid_over(&has, wanted, &Tags::new());
    if now.is_some() && shall == has {
        return None;
    }
    let mut group =
        ResourceGroup::new(now.and_then(|now| now.get("location")?.as_str()).unwrap_or(location).to_owned());
    group.tags = serde_json::to_value(shall).ok();
    group.managed_by = now.and_then(|now| now.get("managedBy")?.as_str()).map(str::to_owned);
    Some(body(&group))
}
