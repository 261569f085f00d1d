//! The steps that run on nodes, and who runs them.

use std::time::Duration;

use crate::node::install::access::{Doors, Who};
use crate::node::install::step::Login;
use crate::node::install::{Access, Deadlines, Fault};
use crate::ssh::Script;
use crate::time::Patience;

pub(super) const K3S: Script = Script { name: "k3s", text: include_str!("steps/k3s.sh") };
pub(super) const ADMIN: Script = Script { name: "admin", text: include_str!("steps/admin.sh") };
pub(super) const TOKENS: Script = Script { name: "tokens", text: include_str!("steps/tokens.sh") };
pub(super) const MEMBER: Script = Script { name: "member", text: include_str!("steps/member.sh") };
pub(super) const LEAVE: Script = Script { name: "leave", text: include_str!("steps/leave.sh") };
pub(super) const FORGET: Script = Script { name: "forget", text: include_str!("steps/forget.sh") };

/// How long one step may take. Forgetting a node waits for the API.
pub(super) const STEP: Duration = Duration::from_secs(2 * 60);

/// Logs in on a node that runs its system.
pub(super) async fn enter(access: &Access, patience: &Patience) -> Result<Login, Fault> {
    Doors::new(access).enter(&[Who::Installed], &Deadlines::default(), patience).await
}
