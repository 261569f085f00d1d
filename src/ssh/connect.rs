//! From nothing to a session, each phase with its own end.

use std::sync::Arc;
use std::time::Duration;

use russh::AlgorithmKind;
use russh::client::connect_stream;
use tokio_util::sync::CancellationToken;

use crate::time::Patience;

use super::banner::{self, NoBanner};
use super::dial::dial;
use super::error::{Phase, SshError};
use super::handler::{Broken, Fate, Watch};
use super::limits::Limits;
use super::proxy::NoWay;
use super::session::Session;
use super::stream::{Duplex, Severable};
use super::target::{Place, Road, Target};
use super::{auth, config};

impl Session {
    /// Connects and logs in, through the proxy and the bastions of the road.
    ///
    /// # Errors
    /// [`SshError`] that names the machine on the way where it ended, and the phase.
    pub async fn open(
        target: &Target,
        road: &Road,
        limits: &Limits,
        patience: &Patience,
    ) -> Result<Self, SshError> {
        let mut via: Option<Self> = None;
        for hop in road.bastions.iter().chain([target]) {
            let stream: Box<dyn Duplex> = match &via {
                Some(bastion) => Box::new(bastion.channel(&hop.host, hop.port, patience).await?),
                None => first(hop, road, limits, patience).await?,
            };
            via = Some(handshake(stream, hop, limits, patience).await?);
        }
        // The chain has at least the target in it.
        via.ok_or_else(|| SshError::Unreachable { at: target.place(), reason: "no way".to_owned() })
    }
}

/// The first connection of a road.
async fn first(
    hop: &Target,
    road: &Road,
    limits: &Limits,
    patience: &Patience,
) -> Result<Box<dyn Duplex>, SshError> {
    let at = hop.place();
    let Some(proxy) = &road.proxy else {
        return Ok(Box::new(dial(&hop.host, hop.port, &at, limits.tcp, patience).await?));
    };
    let mut stream = dial(&proxy.host, proxy.port, &proxy.place(), limits.tcp, patience).await?;
    let asked = phase(Phase::Proxy, limits.proxy, &at, patience, proxy.ask(&mut stream, &hop.host, hop.port));
    match asked.await? {
        Ok(()) => Ok(Box::new(stream)),
        Err(NoWay::Io(error)) => Err(SshError::of_io(&proxy.place(), Phase::Proxy, &error)),
        Err(NoWay::Fault(fault)) => Err(SshError::Proxy { proxy: proxy.place(), to: at, fault }),
    }
}

/// Banner, key exchange and login on a stream that leads to the machine.
async fn handshake(
    mut stream: Box<dyn Duplex>,
    target: &Target,
    limits: &Limits,
    patience: &Patience,
) -> Result<Session, SshError> {
    let at = target.place();
    let read = phase(Phase::Banner, limits.banner, &at, patience, banner::read(&mut stream)).await?;
    let (_, ahead) = read.map_err(|fault| no_banner(&at, fault))?;

    // Whatever ends this function early also ends the task that speaks the protocol.
    let cut = CancellationToken::new();
    let guard = cut.clone().drop_guard();
    let fate = Arc::new(Fate::default());
    let watch = Watch { pin: target.pin.clone(), fate: Arc::clone(&fate) };
    let stream = Severable::new(ahead, stream, cut);
    let exchange = connect_stream(config::of(&target.pin, limits), stream, watch);
    let exchanged = phase(Phase::KeyExchange, limits.key_exchange, &at, patience, exchange).await?;
    let mut handle = exchanged.map_err(|broken| no_exchange(&at, broken))?;

    let login = auth::login(&mut handle, target, &fate);
    phase(Phase::Login, limits.login, &at, patience, login).await??;
    Ok(Session::new(handle, at, fate, limits.channel, guard))
}

async fn phase<T>(
    phase: Phase,
    limit: Duration,
    at: &Place,
    patience: &Patience,
    work: impl Future<Output = T>,
) -> Result<T, SshError> {
    let ends = patience.at_most(limit);
    let after = ends.left();
    ends.race(work).await.map_err(|ended| SshError::of_end(at, phase, after, ended))
}

fn no_banner(at: &Place, fault: NoBanner) -> SshError {
    let at = at.clone();
    match fault {
        NoBanner::Io(error) => SshError::of_io(&at, Phase::Banner, &error),
        NoBanner::Closed => SshError::Cut { at, phase: Phase::Banner, said: String::new() },
        NoBanner::TurnedAway(said) => SshError::TurnedAway { at, said },
        NoBanner::Other(said) => SshError::NotSsh { at, said },
    }
}

fn no_exchange(at: &Place, broken: Broken) -> SshError {
    let at = at.clone();
    let error = match broken {
        Broken::HostKey(fault) => return SshError::HostKey { at, fault: Box::new(fault) },
        Broken::Protocol(error) => error,
    };
    match error {
        russh::Error::NoCommonAlgo { kind, theirs, .. } => {
            let kind = match kind {
                AlgorithmKind::Kex => "key exchange",
                AlgorithmKind::Key => "host key",
                AlgorithmKind::Cipher => "cipher",
                AlgorithmKind::Compression => "compression",
                AlgorithmKind::Mac => "MAC",
            };
            SshError::NoCommonAlgorithm { at, kind, theirs }
        }
        russh::Error::IO(error) => SshError::of_io(&at, Phase::KeyExchange, &error),
        russh::Error::Disconnect | russh::Error::HUP => {
            SshError::Cut { at, phase: Phase::KeyExchange, said: String::new() }
        }
        other => SshError::Protocol { at, phase: Phase::KeyExchange, reason: other.to_string() },
    }
}
