//! What refresh has seen of releases, for the plan that follows it in the same process: one request serves
//! both.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::helm::release::History;
use crate::helm::render::Drawn;

/// A release in a cluster: its server, namespace and name.
pub(super) type Place = (String, String, String);

/// Its revisions, and what it drew.
pub(super) type Found = (History, Option<Drawn>);

/// How long a plan may come after its refresh: a run of a host refreshes and plans an object in one go, and
/// one that takes longer may ask again.
const FRESH: Duration = Duration::from_secs(60);

/// What was seen by place. Each is given out once: whoever comes later asks anew.
#[derive(Default)]
pub(super) struct Seen(Mutex<BTreeMap<Place, (Instant, Found)>>);

impl Seen {
    pub(super) fn remember(&self, place: Place, found: Found) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(place, (Instant::now(), found));
    }

    pub(super) fn take(&self, place: &Place) -> Option<Found> {
        let (at, found) = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(place)?;
        (at.elapsed() < FRESH).then_some(found)
    }
}
