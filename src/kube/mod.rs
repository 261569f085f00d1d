//! Kubernetes as the provider meets it, without a word of Terraform.
//!
//! Invariants: this room knows no value, schema or diagnostic. What is secret in a kubeconfig never
//! stands in an error.

pub mod kubeconfig;
mod yaml;
