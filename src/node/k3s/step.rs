//! The steps that run on nodes.

use crate::ssh::Script;

pub(super) const K3S: Script = Script { name: "k3s", text: include_str!("steps/k3s.sh") };
pub(super) const ADMIN: Script = Script { name: "admin", text: include_str!("steps/admin.sh") };
pub(super) const MEMBER: Script = Script { name: "member", text: include_str!("steps/member.sh") };
pub(super) const LEAVE: Script = Script { name: "leave", text: include_str!("steps/leave.sh") };
pub(super) const FORGET: Script = Script { name: "forget", text: include_str!("steps/forget.sh") };
