//! What we offer and ask for when keys are exchanged.

use std::borrow::Cow;
use std::sync::Arc;

use russh::client::Config;
use russh::{Preferred, SshId, compression};

use super::limits::Limits;
use super::pin::HostPin;

/// The configuration of one connection. Algorithms are the library's, which leave SHA-1 and CBC out, with the
/// pinned host key's alone. Nothing is compressed: files are so already, and both ends have better to do.
pub(super) fn of(pin: &HostPin, limits: &Limits) -> Arc<Config> {
    Arc::new(Config {
        client_id: SshId::Standard(Cow::Borrowed(concat!("SSH-2.0-bud_", env!("CARGO_PKG_VERSION")))),
        preferred: Preferred {
            key: Cow::Owned(pin.algorithms()),
            host_key_certificates: Cow::Owned(pin.certificate_algorithms()),
            compression: Cow::Borrowed(&[compression::NONE]),
            ..Preferred::DEFAULT
        },
        keepalive_interval: Some(limits.keepalive),
        keepalive_max: limits.keepalive_misses,
        nodelay: true,
        ..Config::default()
    })
}
