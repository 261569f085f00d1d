//! The pure half of an install: what facts mean, every refusal, what is done next.

mod courses;
mod found;
mod refused;
mod sample;
