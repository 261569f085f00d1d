//! Forms of names, addresses and keys.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A label of DNS: up to 63 small letters, digits and hyphens.
pub(super) fn is_host_name(name: &str) -> bool {
    let inner = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
    (1..=63).contains(&name.len())
        && name.bytes().all(inner)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// A name of DNS: labels with dots.
pub(super) fn is_domain(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(|label| is_host_name(&label.to_ascii_lowercase()))
}

/// A name of DNS or an address.
pub(super) fn is_host(name: &str) -> bool {
    name.parse::<std::net::IpAddr>().is_ok() || is_domain(name)
}

/// Host and, where there is one, port.
pub(super) fn is_host_and_port(text: &str) -> bool {
    match text.rsplit_once(':') {
        Some((host, port)) => is_host(host) && port.parse::<u16>().is_ok(),
        None => is_host(text),
    }
}

/// An address of a web server, of one of the schemes.
pub(super) fn is_url(text: &str, schemes: &[&str]) -> bool {
    let visible = text.bytes().all(|letter| letter.is_ascii_graphic());
    visible && url::Url::parse(text).is_ok_and(|url| schemes.contains(&url.scheme()))
}

/// Base64 of so many bytes.
pub(super) fn is_base64(text: &str, bytes: usize) -> bool {
    STANDARD.decode(text).is_ok_and(|decoded| decoded.len() == bytes)
}

/// A public SSH key on one line: kind, base64 that begins with the kind, comment.
pub(super) fn is_ssh_key(line: &str) -> bool {
    let mut words = line.split(' ');
    let (Some(kind), Some(body)) = (words.next(), words.next()) else { return false };
    let known = kind.starts_with("ssh-") || kind.starts_with("ecdsa-sha2-") || kind.starts_with("sk-");
    let named = |decoded: Vec<u8>| {
        let length = u32::try_from(kind.len()).unwrap_or_default().to_be_bytes();
        decoded.strip_prefix(&length).is_some_and(|rest| rest.starts_with(kind.as_bytes()))
    };
    known && !line.contains(char::is_control) && STANDARD.decode(body).is_ok_and(named)
}
