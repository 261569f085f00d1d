//! The release room against the real control plane, with Helm's own programs as the judges.

mod charts;
mod definitions;
mod equal;
mod handed_over;
mod hooks;
mod matrix;
mod owners;
mod platform;
mod refused;
mod room;
mod stays;
mod struck;
mod taken_over;
mod together;
mod undone;
mod waits;
