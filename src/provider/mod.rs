//! The room `provider`.
