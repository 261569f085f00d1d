//! Tests of rules in and out of Azure's JSON.
