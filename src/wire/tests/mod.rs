//! The room as a whole: our own small host against a served echo, over a real socket.

extern crate self as bud;

#[path = "../../../tests/echo/service.rs"]
mod service;

mod encryption;
mod host;
mod life;
mod procedures;
