//! Habits of the real cloud that can be switched on: each breaks a client that trusts too much.

use serde::{Deserialize, Serialize};

/// All quirks; everything off is the default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Quirks {
    /// This many reads of a new object answer 404.
    pub(crate) get_404_reads: u32,
    /// This many lists leave a new object out.
    pub(crate) list_lag_reads: u32,
    /// This many PUTs of a child answer that the new parent is not found.
    pub(crate) parent_404_writes: u32,
    /// Answers spell the names of resource groups in ids in capital letters.
    pub(crate) upper_case_groups: bool,
    /// The first polls of each operation answer 404.
    pub(crate) poll_404: u32,
    /// This many reads still show `Updating` although the operation has succeeded.
    pub(crate) late_succeeded_reads: u32,
    /// What the Retry-After header of operations says.
    pub(crate) retry_after: RetryAfter,
    /// Objects on each page of a list.
    pub(crate) page_size: Option<usize>,
    /// Lists of one element in security rules come back as the singular property.
    pub(crate) collapse_single_lists: bool,
    /// Operations of PUT carry only a Location header, without Azure-AsyncOperation, or none at all.
    pub(crate) operation_headers: OperationHeaders,
    /// Namespaces that are not registered in the subscription, such as `Microsoft.Network`, until a
    /// client registers them.
    pub(crate) unregistered: Vec<String>,
    /// Features that the subscription has registered, such as `UseStandardSecurityType`.
    pub(crate) features: Vec<String>,
    /// Address from which connections through the proxy seem to come.
    pub(crate) outside_address: Option<std::net::IpAddr>,
}

/// The Retry-After header of operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RetryAfter {
    /// Azure's 10 s at the simulator's speed.
    #[default]
    Scaled,
    /// No header.
    Absent,
    /// So many seconds.
    #[serde(untagged)]
    Seconds(u64),
}

/// Which headers lead to an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OperationHeaders {
    /// As each API documents it.
    #[default]
    Documented,
    /// Location alone.
    LocationOnly,
    /// None: only `provisioningState` tells (not for DELETE, whose Location is a must).
    None,
}
