//! The room `foundry`.
