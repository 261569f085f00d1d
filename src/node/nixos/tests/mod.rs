//! Tests that need the room's inside: the options before they are text, the firewall before it is rules.

#[path = "../../../../tests/it/nixos_room/sample.rs"]
mod sample;

mod options;
mod pieces;

use super as nixos;
use crate::secret::Secret;
