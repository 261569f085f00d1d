//! The way in: a SOCKS5 proxy (RFC 1928) in front of the simulated public addresses.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use tokio::io::{
    AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy, copy_bidirectional, split,
};
use tokio::net::{TcpListener, TcpStream};

use super::clock::pause;
use super::guest::ssh;
use super::machine::{Listener, Reach};
use super::serve::Life;
use super::world::Shared;

const SUCCEEDED: u8 = 0;
const HOST_UNREACHABLE: u8 = 4;
const REFUSED: u8 = 5;
const EXPIRED: u8 = 6;
const COMMAND_UNKNOWN: u8 = 7;
const ADDRESS_UNKNOWN: u8 = 8;

/// How long a system tries to connect before it gives up, in simulated seconds.
const CONNECT_SECONDS: f64 = 127.0;
/// The least that a closed port makes a client wait on the wall, at any speed.
const LEAST_SILENCE: Duration = Duration::from_secs(2);

/// Serves until the simulator stops.
pub(crate) async fn serve(listener: TcpListener, world: Shared, life: Life) {
    loop {
        let accepted = tokio::select! {
            () = life.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else { continue };
        let (world, stop) = (world.clone(), life.stop.clone());
        life.tasks.spawn(async move {
            // A client that breaks off or speaks something else has had its answer.
            tokio::select! { () = stop.cancelled() => {}, _ = converse(stream, &world) => {} }
        });
    }
}

async fn converse(mut stream: TcpStream, world: &Shared) -> io::Result<()> {
    if stream.read_u8().await? != 5 {
        return Ok(());
    }
    let methods = stream.read_u8().await?;
    let mut offered = vec![0; usize::from(methods)];
    stream.read_exact(&mut offered).await?;
    if !offered.contains(&0) {
        return stream.write_all(&[5, 0xff]).await;
    }
    stream.write_all(&[5, 0]).await?;

    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    let address = match head[3] {
        1 => Some(IpAddr::V4(Ipv4Addr::from(stream.read_u32().await?))),
        4 => Some(IpAddr::V6(Ipv6Addr::from(stream.read_u128().await?))),
        3 => {
            let mut name = vec![0; usize::from(stream.read_u8().await?)];
            stream.read_exact(&mut name).await?;
            // There is no name service yet: only addresses written as names are known.
            String::from_utf8_lossy(&name).parse().ok()
        }
        _ => return reply(&mut stream, ADDRESS_UNKNOWN).await,
    };
    let port = stream.read_u16().await?;
    if head[1] != 1 {
        return reply(&mut stream, COMMAND_UNKNOWN).await;
    }
    let (reach, silence) = {
        let mut world = world.lock();
        world.settle();
        let reach = address.map_or(Reach::Nowhere, |address| world.reach(address, port));
        (reach, world.clock.wall(CONNECT_SECONDS, LEAST_SILENCE))
    };
    match reach {
        Reach::Nowhere => {
            pause(LEAST_SILENCE).await;
            reply(&mut stream, HOST_UNREACHABLE).await
        }
        Reach::Closed => {
            pause(silence).await;
            reply(&mut stream, EXPIRED).await
        }
        Reach::Refused => reply(&mut stream, REFUSED).await,
        Reach::Guest(machine) => {
            reply(&mut stream, SUCCEEDED).await?;
            // Answers are small and clients wait for them.
            stream.set_nodelay(true)?;
            ssh::serve(Box::new(stream), world.clone(), machine).await;
            Ok(())
        }
        Reach::Open(Listener::Forward(to)) => match TcpStream::connect(to).await {
            Ok(mut far) => {
                reply(&mut stream, SUCCEEDED).await?;
                copy_bidirectional(&mut stream, &mut far).await.map(|_| ())
            }
            Err(_) => reply(&mut stream, REFUSED).await,
        },
        Reach::Open(listener) => {
            reply(&mut stream, SUCCEEDED).await?;
            attend(stream, &listener).await
        }
    }
}

/// Serves a connection as a listener that is no server does.
pub(crate) async fn attend(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    listener: &Listener,
) -> io::Result<()> {
    if let Listener::Banner(text) = listener {
        stream.write_all(text.as_bytes()).await?;
    }
    echo(stream).await
}

async fn reply(stream: &mut TcpStream, code: u8) -> io::Result<()> {
    stream.write_all(&[5, code, 0, 1, 0, 0, 0, 0, 0, 0]).await
}

async fn echo(stream: impl AsyncRead + AsyncWrite) -> io::Result<()> {
    let (mut reader, mut writer) = split(stream);
    copy(&mut reader, &mut writer).await?;
    writer.shutdown().await
}
