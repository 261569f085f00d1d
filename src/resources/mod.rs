//! The room `resources`.

pub mod functions;
