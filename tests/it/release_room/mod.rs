//! The release room against the real control plane, with Helm's own programs as the judges.

mod charts;
mod equal;
mod handed_over;
mod room;
mod taken_over;
