//! The first connection: name, addresses, TCP.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::net::{TcpStream, lookup_host};

use crate::time::Patience;

use super::error::{Phase, SshError};
use super::target::Place;

/// The head start of each address before the next one: RFC 8305, section 5.
const HEAD_START: Duration = Duration::from_millis(250);

/// Connects to the first of the addresses of a name that answers.
pub(super) async fn dial(
    host: &str,
    port: u16,
    at: &Place,
    limit: Duration,
    patience: &Patience,
) -> Result<TcpStream, SshError> {
    let patience = patience.at_most(limit);
    let connected = patience.race(connect(host, port, &patience)).await;
    let stream = match connected.map_err(|ended| SshError::of_end(at, Phase::Tcp, limit, ended))? {
        Ok(stream) => stream,
        Err(NoSocket::Name(error)) => {
            return Err(SshError::Name { at: at.clone(), reason: error.to_string() });
        }
        Err(NoSocket::Tcp(error)) => return Err(SshError::of_io(at, Phase::Tcp, &error)),
    };
    // Commands are small packets that wait for answers.
    stream.set_nodelay(true).map_err(|error| SshError::of_io(at, Phase::Tcp, &error))?;
    Ok(stream)
}

enum NoSocket {
    Name(io::Error),
    Tcp(io::Error),
}

async fn connect(host: &str, port: u16, patience: &Patience) -> Result<TcpStream, NoSocket> {
    let found: Vec<SocketAddr> = lookup_host((host, port)).await.map_err(NoSocket::Name)?.collect();
    let mut last = io::Error::new(io::ErrorKind::NotFound, "no address");
    let mut tried = alternating(found)
        .into_iter()
        .zip(0..)
        .map(|(address, place)| async move {
            // What ends the pause ends the race around us as well.
            let _ = patience.pause(HEAD_START * place).await;
            TcpStream::connect(address).await
        })
        .collect::<FuturesUnordered<_>>();
    while let Some(result) = tried.next().await {
        match result {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(NoSocket::Tcp(last))
}

/// Both families in turn, beginning with the one that the system prefers.
fn alternating(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_ipv6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (preferred, others): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first_is_ipv6);
    let (mut preferred, mut others) = (preferred.into_iter(), others.into_iter());
    let mut all = Vec::new();
    loop {
        let pair = [preferred.next(), others.next()];
        if pair.iter().all(Option::is_none) {
            return all;
        }
        all.extend(pair.into_iter().flatten());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_families_take_turns() {
        let of = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<SocketAddr>>();
        let mixed = of(&["[::1]:22", "[::2]:22", "[::3]:22", "127.0.0.1:22"]);
        assert_eq!(alternating(mixed), of(&["[::1]:22", "127.0.0.1:22", "[::2]:22", "[::3]:22"]));
        assert!(alternating(Vec::new()).is_empty());
    }
}
