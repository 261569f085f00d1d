//! Proxies on the way to a machine: SOCKS5 and the CONNECT method of HTTP.
//!
//! Rules: RFC 1928 and RFC 1929 for SOCKS5; RFC 9110, section 9.3.6, for CONNECT. Names are given to the proxy
//! as they are, because only it may know their addresses.

use std::io;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::Url;

use crate::outcome::Recovery;
use crate::secret::Secret;

use super::stream::Duplex;
use super::target::{Place, address};

/// The longest answer to CONNECT that is read.
const ANSWER: usize = 16 * 1024;

/// A proxy.
#[derive(Clone, Debug)]
pub struct Proxy {
    kind: Kind,
    pub(super) host: String,
    pub(super) port: u16,
    login: Option<(String, Secret)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Socks5,
    Http,
}

/// Why an address is none of a proxy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// It is no URL.
    #[error("it is no URL: {0}")]
    NotRead(String),
    /// It has another scheme than those that are spoken.
    #[error("its scheme is {0:?}; socks5, socks5h and http are known")]
    Scheme(String),
    /// It names no host.
    #[error("it names no host")]
    NoHost,
}

/// What a proxy answered instead of connecting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyFault {
    /// It wants a login, or another one.
    #[error("it does not accept the login{}", if *.given { "" } else { ": none is given" })]
    Login {
        /// Whether there was one.
        given: bool,
    },
    /// Its rules forbid the connection.
    #[error("its rules do not allow the connection")]
    Forbidden,
    /// It could not connect.
    #[error("it cannot connect: {0}")]
    NotConnected(String),
    /// It is no proxy of this kind.
    #[error("what answers is no such proxy: {0}")]
    NotOne(String),
}

impl ProxyFault {
    pub(super) fn recovery(&self) -> Recovery {
        match self {
            Self::Login { .. } | Self::Forbidden => Recovery::Denied,
            Self::NotConnected(_) => Recovery::Retry(None),
            Self::NotOne(_) => Recovery::Rejected(Some("proxy_url".to_owned())),
        }
    }
}

/// How asking a proxy went wrong: with its answer or without one.
#[derive(Debug)]
pub(super) enum NoWay {
    Io(io::Error),
    Fault(ProxyFault),
}

impl From<io::Error> for NoWay {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Proxy {
    /// Reads `socks5://[user:password@]host[:port]` or `http://…`; the usual ports are 1080 and 80.
    ///
    /// # Errors
    /// [`ProxyError`] with the reason.
    pub fn parse(text: &str) -> Result<Self, ProxyError> {
        let url = Url::parse(text).map_err(|error| ProxyError::NotRead(error.to_string()))?;
        let (kind, usual) = match url.scheme() {
            "socks5" | "socks5h" => (Kind::Socks5, 1080),
            "http" => (Kind::Http, 80),
            other => return Err(ProxyError::Scheme(other.to_owned())),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(ProxyError::NoHost)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let login = (!url.username().is_empty()).then(|| {
            let password = Secret::new(decoded(url.password().unwrap_or_default()));
            (decoded(url.username()), password)
        });
        Ok(Self { kind, host, port: url.port().unwrap_or(usual), login })
    }

    /// How errors name it.
    pub(super) fn place(&self) -> Place {
        Place::of_server(&self.host, self.port)
    }

    /// Asks for a connection. After it the stream is the machine's.
    pub(super) async fn ask(&self, stream: &mut impl Duplex, host: &str, port: u16) -> Result<(), NoWay> {
        match self.kind {
            Kind::Socks5 => self.socks5(stream, host, port).await,
            Kind::Http => self.connect(stream, host, port).await,
        }
    }

    async fn socks5(&self, stream: &mut impl Duplex, host: &str, port: u16) -> Result<(), NoWay> {
        let method = if self.login.is_some() { 2 } else { 0 };
        stream.write_all(&[5, 1, method]).await?;
        let mut chosen = [0; 2];
        stream.read_exact(&mut chosen).await?;
        match (chosen, &self.login) {
            ([5, 0], _) => {}
            ([5, 2], Some((user, password))) => {
                let mut message = vec![1];
                for text in [user.as_str(), password.expose()] {
                    let length = u8::try_from(text.len()).map_err(|_| ProxyFault::Login { given: true })?;
                    message.push(length);
                    message.extend_from_slice(text.as_bytes());
                }
                stream.write_all(&message).await?;
                let mut answer = [0; 2];
                stream.read_exact(&mut answer).await?;
                if answer[1] != 0 {
                    return Err(ProxyFault::Login { given: true }.into());
                }
            }
            ([5, _], login) => return Err(ProxyFault::Login { given: login.is_some() }.into()),
            ([other, _], _) => return Err(ProxyFault::NotOne(format!("version {other}")).into()),
        }
        let mut request = vec![5, 1, 0];
        match host.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => {
                request.push(1);
                request.extend_from_slice(&address.octets());
            }
            Ok(IpAddr::V6(address)) => {
                request.push(4);
                request.extend_from_slice(&address.octets());
            }
            Err(_) => {
                let length = u8::try_from(host.len())
                    .map_err(|_| ProxyFault::NotConnected("the name is longer than 255 bytes".to_owned()))?;
                request.extend_from_slice(&[3, length]);
                request.extend_from_slice(host.as_bytes());
            }
        }
        request.extend_from_slice(&port.to_be_bytes());
        stream.write_all(&request).await?;
        let mut answer = [0; 4];
        stream.read_exact(&mut answer).await?;
        let bound = match answer[3] {
            1 => 4,
            4 => 16,
            3 => usize::from(stream.read_u8().await?),
            other => return Err(ProxyFault::NotOne(format!("address type {other}")).into()),
        };
        let mut rest = vec![0; bound + 2];
        stream.read_exact(&mut rest).await?;
        let because = |text: &str| Err(ProxyFault::NotConnected(text.to_owned()).into());
        match answer[1] {
            0 => Ok(()),
            2 => Err(ProxyFault::Forbidden.into()),
            3 => because("network unreachable"),
            4 => because("host unreachable"),
            5 => because("connection refused"),
            6 => because("the time ran out"),
            other => because(&format!("SOCKS reply {other}")),
        }
    }

    async fn connect(&self, stream: &mut impl Duplex, host: &str, port: u16) -> Result<(), NoWay> {
        let to = address(host, port);
        let mut request = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n");
        if let Some((user, password)) = &self.login {
            let login = STANDARD.encode(format!("{user}:{}", password.expose()));
            request.push_str(&format!("Proxy-Authorization: Basic {login}\r\n"));
        }
        request.push_str("\r\n");
        stream.write_all(request.as_bytes()).await?;
        // Byte by byte: what follows the empty line is the machine's already.
        let mut answer = Vec::with_capacity(256);
        while !answer.ends_with(b"\r\n\r\n") {
            if answer.len() > ANSWER {
                return Err(ProxyFault::NotOne("the answer has no end".to_owned()).into());
            }
            answer.push(stream.read_u8().await?);
        }
        let line = String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned();
        let status = line.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)?.parse::<u16>().ok());
        match status {
            Some(200..=299) => Ok(()),
            Some(401 | 407) => Err(ProxyFault::Login { given: self.login.is_some() }.into()),
            Some(403 | 405) => Err(ProxyFault::Forbidden.into()),
            Some(_) => Err(ProxyFault::NotConnected(line).into()),
            None => Err(ProxyFault::NotOne(line.chars().take(80).collect()).into()),
        }
    }
}

impl From<ProxyFault> for NoWay {
    fn from(fault: ProxyFault) -> Self {
        Self::Fault(fault)
    }
}

/// A part of a URL without its percent signs.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = (*first == b'%').then(|| tail.get(..2)).flatten();
        let byte = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_proxies_are_read() {
        let proxy = Proxy::parse("socks5://bud:a%40b%3A@[2001:db8::1]").unwrap();
        assert_eq!((proxy.kind, proxy.host.as_str(), proxy.port), (Kind::Socks5, "2001:db8::1", 1080));
        assert_eq!(proxy.login.as_ref().unwrap().1.expose(), "a@b:");
        assert!(!format!("{proxy:?}").contains("a@b"));
        let proxy = Proxy::parse("http://proxy.local:3128").unwrap();
        assert_eq!((proxy.kind, proxy.port, proxy.login.is_none()), (Kind::Http, 3128, true));
        assert_eq!(Proxy::parse("https://proxy").unwrap_err(), ProxyError::Scheme("https".into()));
        assert!(matches!(Proxy::parse("proxy:3128"), Err(ProxyError::Scheme(_) | ProxyError::NotRead(_))));
    }
}
