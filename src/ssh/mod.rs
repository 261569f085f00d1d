//! SSH: keys, and connections to machines: pinned host keys, bastions, proxies, commands, files, channels.
//!
//! ```text
//! Target + Road ─▶ connect (tcp, proxy, banner, key exchange, login) ─▶ Session ─▶ exec, copy, channel
//!                                                             Link ─▶ a Session, made again when it is lost
//! ```
//!
//! Invariants: this room knows nothing of Terraform and of no cloud. A private key is a [`Secret`] from the
//! moment it is drawn or read. Nobody is believed to be a machine without a pinned key or authority. What may
//! be secret travels by standard input, never in a command line. Every wait has an end, and every phase of a
//! connection its own.
//!
//! [`Secret`]: crate::secret::Secret

mod auth;
mod authority;
mod banner;
mod channel;
mod config;
mod connect;
mod copy;
mod dial;
mod error;
mod exec;
mod handler;
pub mod host_key;
mod identity;
mod limits;
mod link;
mod pin;
mod proxy;
pub mod public_key;
mod script;
mod session;
mod stream;
mod target;

pub use authority::Authority;
pub use channel::{Connector, Tunnel};
pub use copy::{Content, Placed, Upload};
pub use error::{Phase, SshError};
pub use exec::{Command, Event, Exit, Line, Output, Running, Stdin, Stream};
pub use identity::{Identity, IdentityError};
pub use limits::Limits;
pub use link::Link;
pub use pin::{CertificateFault, HostKeyFault, HostPin, PinError};
pub use proxy::{Proxy, ProxyError};
pub use script::{Privilege, Script, quote};
pub use session::Session;
pub use stream::Duplex;
pub use target::{Place, Road, Target};
