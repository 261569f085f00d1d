//! Tests against the simulated world.

mod azure_room;
