//! The way to an API server: where it is, whom to trust, who we are, and through what.

mod certificate;
mod dial;
mod exec;
mod fault;
mod login;
mod session;
mod target;
mod tls;

pub(super) use session::{Open, Session, Silence};
