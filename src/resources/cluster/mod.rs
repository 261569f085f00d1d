//! Clusters: `seen` is `data.bud_cluster`, what a cluster says of itself now.

mod seen;

pub(super) use seen::{Seen, source};
