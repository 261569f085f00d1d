//! The first words between host and plugin: what the host says in the environment, and the one line
//! on stdout that says where we are. Nothing else is ever written there.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::ops::RangeInclusive;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::transport::Address;

/// The version of the plugin protocol that we serve.
const VERSION: &str = "6";

/// What a host of Terraform providers sets; it protects against starting by hand, not against anyone.
const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

const BY_HAND: &str = "This binary is a plugin. It is started by Terraform or OpenTofu, and does nothing\n\
                       useful when it is started by hand without arguments. See --help for what it can do.";

/// What the host says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Host {
    /// Whether one of its versions is ours.
    pub(super) speaks_ours: bool,
    /// The certificate that it will show; absent: no encryption.
    pub(super) certificate: Option<String>,
    /// Where sockets go.
    pub(super) folder: Option<PathBuf>,
    /// Where there are no unix sockets.
    #[cfg_attr(unix, allow(dead_code, reason = "unix systems use unix sockets"))]
    pub(super) ports: RangeInclusive<u16>,
    /// Whether it asks for an answer about multiplexing.
    pub(super) asks_multiplex: bool,
}

impl Host {
    /// The host that started us; absent where none did.
    pub(super) fn read(environment: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
        if environment(COOKIE.0).as_deref() != Some(COOKIE.1) {
            return None;
        }
        let set = |name: &str| environment(name).filter(|value| !value.is_empty());
        let port = |name: &str, default: u16| set(name).and_then(|port| port.parse().ok()).unwrap_or(default);
        let versions = set("PLUGIN_PROTOCOL_VERSIONS");
        Some(Self {
            // A host that says nothing is an old one and checks our answer itself.
            speaks_ours: versions.is_none_or(|all| all.split(',').any(|one| one.trim() == VERSION)),
            certificate: set("PLUGIN_CLIENT_CERT"),
            folder: set("PLUGIN_UNIX_SOCKET_DIR").map(PathBuf::from),
            ports: port("PLUGIN_MIN_PORT", 10_000)..=port("PLUGIN_MAX_PORT", 25_000),
            asks_multiplex: set("PLUGIN_MULTIPLEX_GRPC").is_some(),
        })
    }

    /// The line that answers the host.
    pub(super) fn line(&self, address: &Address, certificate: Option<&[u8]>) -> String {
        let certificate = certificate.map(|der| STANDARD_NO_PAD.encode(der)).unwrap_or_default();
        let mut line = format!("1|{VERSION}|{}|{}|grpc|{certificate}", address.network, address.text);
        if self.asks_multiplex {
            line.push_str("|false");
        }
        line
    }
}

/// The words with which hosts attach to a provider that runs already, for a shell.
pub(super) fn reattach(addresses: &[&str], pid: u32, address: &Address) -> String {
    // Without "Test", hosts take the version for 0 and break down.
    let one = serde_json::json!({
        "Protocol": "grpc",
        "ProtocolVersion": 6,
        "Pid": pid,
        "Test": true,
        "Addr": { "Network": address.network, "String": address.text },
    });
    let all: serde_json::Map<_, _> = addresses.iter().map(|name| ((*name).to_owned(), one.clone())).collect();
    let json = serde_json::Value::Object(all).to_string();
    let mut line = "TF_REATTACH_PROVIDERS='".to_owned();
    // A quote inside single quotes: leave them, quote it, enter them again.
    let _ = write!(line, "{}'", json.replace('\'', r"'\''"));
    line
}

/// Writes the one line to stdout.
pub(super) fn announce(line: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(line.as_bytes())?;
    stdout.write_all(b"\n")?;
    stdout.flush()
}

/// Tells a person who started us by hand what this is.
pub(super) fn explain() {
    let _ = writeln!(io::stderr(), "{BY_HAND}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(pairs: &[(&str, &str)]) -> Option<Host> {
        Host::read(&|name| {
            let pair = pairs.iter().find(|(key, _)| *key == name);
            pair.map(|(_, value)| (*value).to_owned()).or((name == COOKIE.0).then(|| COOKIE.1.to_owned()))
        })
    }

    #[test]
    fn only_a_host_knows_the_cookie() {
        assert_eq!(Host::read(&|_| None), None);
        assert_eq!(host(&[(COOKIE.0, "another")]), None);
        assert!(host(&[]).is_some());
    }

    #[test]
    fn versions_come_in_any_order() {
        for (versions, ours) in [("5,6", true), ("6,5", true), ("", true), ("5", false), ("66", false)] {
            let found = host(&[("PLUGIN_PROTOCOL_VERSIONS", versions)]).unwrap();
            assert_eq!(found.speaks_ours, ours, "{versions}");
        }
    }

    #[test]
    fn the_line_is_as_hosts_want_it() {
        let address = Address { network: "unix", text: "/tmp/bud-1/s".into() };
        let plain = host(&[]).unwrap();
        assert_eq!(plain.line(&address, None), "1|6|unix|/tmp/bud-1/s|grpc|");
        // Standard alphabet, no padding.
        assert_eq!(
            plain.line(&address, Some(&[0xfb, 0xff, 0xbf, 0x01])),
            "1|6|unix|/tmp/bud-1/s|grpc|+/+/AQ"
        );
        let asking = host(&[("PLUGIN_MULTIPLEX_GRPC", "true")]).unwrap();
        assert_eq!(asking.line(&address, None), "1|6|unix|/tmp/bud-1/s|grpc||false");
    }

    #[test]
    fn ports_have_the_hosts_range() {
        let found = host(&[("PLUGIN_MIN_PORT", "4000"), ("PLUGIN_MAX_PORT", "4010")]).unwrap();
        assert_eq!(found.ports, 4000..=4010);
        assert_eq!(host(&[("PLUGIN_MIN_PORT", "x")]).unwrap().ports, 10_000..=25_000);
    }

    #[test]
    fn both_hosts_find_their_key() {
        let address = Address { network: "unix", text: "/tmp/it's".into() };
        let line = reattach(&["a/b/c", "d/e/f"], 7, &address);
        let one = r#"{"Addr":{"Network":"unix","String":"/tmp/it'\''s"},"Pid":7,"Protocol":"grpc","ProtocolVersion":6,"Test":true}"#;
        assert_eq!(line, format!("TF_REATTACH_PROVIDERS='{{\"a/b/c\":{one},\"d/e/f\":{one}}}'"));
    }
}
