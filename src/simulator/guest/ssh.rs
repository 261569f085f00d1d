//! The SSH server of a machine: its host keys, who is let in, and what a connection may ask for.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use russh::server::{
    Auth, ChannelOpenHandle, Config, Handler, Msg, PublicKeyOffer, Session, VerifiedPublicKey,
};
use russh::{Channel, ChannelId, ChannelOpenFailure, MethodKind, MethodSet, SshId};
use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional, duplex};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::super::clock::pause;
use super::super::machine::{Listener, Reach};
use super::super::world::Shared;
use super::account::Login;
use super::session;
use super::system::Kind;

/// A connection to a machine, whatever carries it.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// Bytes on their way between a connection and its server.
const BUFFER: usize = 64 * 1024;
/// How long a server asks of somebody who does not answer, in simulated seconds.
const SILENCE: f64 = 127.0;

/// Serves one connection until either side or the machine ends it.
pub(crate) fn serve(mut wire: Box<dyn Wire>, world: Shared, machine: String) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let Some((config, mut sessions)) = greet(&world, &machine) else { return };
        let (mut near, far) = duplex(BUFFER);
        let cut = CancellationToken::new();
        let visitor = Visitor { world, machine, login: None, cut: cut.clone() };
        // A client that breaks off or speaks something else has had its answer.
        let server = async {
            if let Ok(running) = russh::server::run_stream(config, far, visitor).await {
                let _ = running.await;
            }
        };
        let carried = async {
            let _ = copy_bidirectional(&mut wire, &mut near).await;
        };
        tokio::select! {
            () = cut.cancelled() => {}
            _ = sessions.changed() => {}
            () = async { tokio::join!(server, carried); } => {}
        }
    })
}

/// What the server is now; nothing where it does not run.
fn greet(world: &Shared, machine: &str) -> Option<(Arc<Config>, tokio::sync::watch::Receiver<u64>)> {
    let world = world.lock();
    let guest = world.guests.all.get(machine).filter(|guest| guest.is_up())?;
    let (keys, certificates) = guest.host_keys();
    let id = match guest.system.kind {
        Kind::Ubuntu => "SSH-2.0-OpenSSH_9.6p1 Ubuntu-3ubuntu13.5",
        _ => "SSH-2.0-OpenSSH_10.2",
    };
    let config = Config {
        server_id: SshId::Standard(Cow::Borrowed(id)),
        methods: MethodSet::from(&[MethodKind::PublicKey][..]),
        auth_rejection_time: Duration::ZERO,
        auth_rejection_time_initial: Some(Duration::ZERO),
        keys,
        certificates,
        max_auth_attempts: 6,
        inactivity_timeout: None,
        ..Config::default()
    };
    Some((Arc::new(config), guest.sessions.subscribe()))
}

/// One connection.
struct Visitor {
    world: Shared,
    machine: String,
    login: Option<Login>,
    cut: CancellationToken,
}

impl Visitor {
    fn known(&self, user: &str, key: &russh::keys::PublicKey) -> Option<Login> {
        self.world.lock().guests.all.get(&self.machine)?.lets_in(user, key)
    }
}

impl Handler for Visitor {
    type Error = russh::Error;

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(self.known(user, offer.public_key).map_or_else(Auth::reject, |_| Auth::Accept))
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        self.login = self.known(user, key.public_key);
        Ok(if self.login.is_some() { Auth::Accept } else { Auth::reject() })
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        let Some(login) = self.login.clone() else { return Ok(()) };
        reply.accept().await;
        let (world, machine, cut) = (self.world.clone(), self.machine.clone(), self.cut.clone());
        tokio::spawn(session::run(channel, world, machine, login, cut));
        Ok(())
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        host: &str,
        port: u32,
        _from: &str,
        _from_port: u32,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        let forced = self.login.as_ref().is_none_or(|login| login.forced.is_some());
        let port = u16::try_from(port).unwrap_or(0);
        if forced {
            reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
            return Ok(());
        }
        let (reach, silence) = {
            let mut world = self.world.lock();
            world.settle();
            let silence = world.clock.wall(SILENCE, Duration::from_millis(500));
            (world.reach_from(&self.machine, host, port), silence)
        };
        let (world, cut) = (self.world.clone(), self.cut.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = cut.cancelled() => {}
                () = forward(channel, reply, reach, silence, world) => {}
            }
        });
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        _line: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)
    }

    async fn shell_request(&mut self, channel: ChannelId, session: &mut Session) -> Result<(), Self::Error> {
        session.channel_failure(channel)
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        _name: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(channel)
    }

    async fn env_request(
        &mut self,
        channel: ChannelId,
        _name: &str,
        _value: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(channel)
    }
}

/// Leads a channel to where the network leads it.
async fn forward(
    channel: Channel<Msg>,
    reply: ChannelOpenHandle,
    reach: Reach,
    silence: Duration,
    world: Shared,
) {
    match reach {
        Reach::Nowhere | Reach::Closed => {
            pause(silence).await;
            reply.reject(ChannelOpenFailure::ConnectFailed).await;
        }
        Reach::Refused => reply.reject(ChannelOpenFailure::ConnectFailed).await,
        Reach::Guest(machine) => {
            reply.accept().await;
            serve(Box::new(channel.into_stream()), world, machine).await;
        }
        Reach::Open(Listener::Forward(to)) => match TcpStream::connect(to).await {
            Ok(mut far) => {
                reply.accept().await;
                let _ = copy_bidirectional(&mut channel.into_stream(), &mut far).await;
            }
            Err(_) => reply.reject(ChannelOpenFailure::ConnectFailed).await,
        },
        Reach::Open(listener) => {
            reply.accept().await;
            let _ = super::super::proxy::attend(channel.into_stream(), &listener).await;
        }
    }
}
