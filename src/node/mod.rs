//! A machine becomes a node: what its NixOS is made of, how it gets there, how it joins.
//!
//! Invariant: nothing in here knows Terraform. `nixos` in turn knows no network and no disk of this
//! machine: data goes in, text comes out.

pub mod install;
pub mod k3s;
pub mod nixos;
pub mod progress;
