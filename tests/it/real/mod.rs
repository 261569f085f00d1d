//! Real OpenTofu and real Terraform run the built provider against the simulator in this process.
//!
//! A host that is not found is skipped aloud. Every wait has an end, and only our own children are
//! ever signalled.
//!
//! What both hosts do with what a provider returns was found out by runs, R1 to R25; those that concern a
//! network are held here. R7, R13, R17 to R20 and R24 concern pools, clusters, releases and builds.
//!
//! | run | what is shown | test |
//! |---|---|---|
//! | R1 | a failed create is tainted, and continued | `hosts_rules::an_unfinished_create_is_continued_and_not_rebuilt` |
//! | R2 | a destroy knows whether a create follows | the same, `hosts_rules::the_new_one_can_be_made_before_the_old_one_goes` |
//! | R3 | private bytes of a refresh reach the plan | `planned::rules_of_others_are_an_error_where_that_is_wanted` |
//! | R4, R6 | no chance and no clock in a saved plan | `hosts_rules::a_plan_saved_a_day_ago_gives_what_it_said` |
//! | R5, R8, R21 | computed maps, outputs of everything | `planned::what_an_update_does_not_touch_stays_known` |
//! | R9, R10, R23 | maps do not shift, what is omitted comes back | `planned::neighbours_in_a_map_do_not_move_each_other` |
//! | R11 | drift reaches no dependent | `planned::drift_of_rules_is_no_change_of_what_depends_on_the_network` |
//! | R12 | a cloud that cannot be asked | `hosts_rules::a_cloud_that_cannot_be_asked_is_an_error_that_costs_nothing` |
//! | R14 | misspelt keys | `hosts_rules::keys_that_the_host_drops_silently_are_warned_about` |
//! | R15 | maps of mixed types | the last case of `bad_input::a_plan_refuses_it_on_the_attribute` |
//! | R16 | numbers as times | `planned::a_number_where_a_time_is_meant_is_refused` |
//! | R22 | parameters of functions | `hosts_rules::functions_take_what_users_leave_out` |
//! | R25 | every way an object can go | `planned::every_way_out_ends_in_an_empty_ledger`, `hosts_rules::a_replacement_that_fails_twice_is_destroyed_to_nothing` |
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests say what they expect by failing, and aloud what they skip"
)]

pub(crate) mod bad_input;
mod cancel;
mod chart;
mod cluster;
mod corpus;
mod host;
mod hosts_rules;
mod kubeconfig;
mod lifecycle;
mod matrix;
mod node_pool;
mod owners;
mod planned;
mod release;
mod schema;
mod secrets;
mod skus;
mod world;

use host::{Folder, each};
use world::World;
