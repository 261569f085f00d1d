//! The real binary, started and ended as a host does it: cookie, versions, certificates, the one
//! line, the standing streams, and the two seconds it has for an exit.

mod tls;

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bud::wire::proto::plugin::grpc_broker_client::GrpcBrokerClient;
use bud::wire::proto::plugin::grpc_controller_client::GrpcControllerClient;
use bud::wire::proto::plugin::grpc_stdio_client::GrpcStdioClient;
use bud::wire::proto::plugin::{ConnInfo, Empty};
use bud::wire::proto::tfplugin6::provider_client::ProviderClient;
use bud::wire::proto::tfplugin6::stop_provider;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, BufReader};
use tokio::net::{TcpStream, UnixStream};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tonic::transport::{Channel, Endpoint};

use super::logs::Log;
pub(crate) use tls::{Identity, Trust};

/// How long a host waits for the line.
const START: Duration = Duration::from_secs(60);

/// How long a host waits for the exit before it kills.
const EXIT: Duration = Duration::from_secs(2);

/// The hosts' limit for what they receive.
const LARGEST: usize = i32::MAX as usize;

/// How a process is started.
#[derive(Clone, Debug)]
pub(crate) struct Launch {
    pub(crate) program: PathBuf,
    /// The whole environment besides what a host sets.
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) cookie: Option<&'static str>,
    pub(crate) encryption: Encryption,
}

/// What a host and its plugin show each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// Certificates on both sides, as hosts do it.
    Mutual,
    /// The host announces one certificate and shows another.
    Impostor,
    /// The host shows none, although it announced one.
    Anonymous,
    /// No encryption: `TF_DISABLE_PLUGIN_TLS`.
    None,
}

impl Launch {
    /// The provider as a host starts it, in an environment that is as good as empty.
    pub(crate) fn provider(environment: impl IntoIterator<Item = (String, String)>) -> Self {
        let kept = ["PATH", "HOME", "TMPDIR"].into_iter();
        let kept = kept.filter_map(|name| std::env::var(name).ok().map(|value| (name.to_owned(), value)));
        Self {
            program: env!("CARGO_BIN_EXE_terraform-provider-bud").into(),
            environment: kept.chain(environment).collect(),
            cookie: Some("d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"),
            encryption: Encryption::Mutual,
        }
    }
}

/// A provider that runs.
pub(crate) struct Process {
    child: Killer,
    channel: Channel,
    /// The process id.
    pub(crate) pid: u32,
    /// From the start to the line.
    pub(crate) until_line: Duration,
    /// The line.
    pub(crate) line: String,
    /// What comes on stderr.
    pub(crate) log: Log,
    /// What comes on stdout after the line: nothing may.
    pub(crate) stray: Log,
    standing: Vec<JoinHandle<()>>,
}

/// Ends a process from anywhere, at once.
#[derive(Clone)]
pub(crate) struct Killer(Arc<Mutex<Child>>);

impl Killer {
    /// kill -9. Nothing is waited for.
    pub(crate) fn kill(&self) {
        // It may have ended by itself, which is as dead.
        let _ = self.0.lock().unwrap().start_kill();
    }

    fn ended(&self) -> Option<ExitStatus> {
        self.0.lock().unwrap().try_wait().unwrap()
    }

    async fn wait(&self) -> ExitStatus {
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// How a process ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// From the wish to the exit.
    pub(crate) took: Duration,
    /// Whether the host had to kill it.
    pub(crate) killed: bool,
    pub(crate) status: ExitStatus,
}

/// Why there is no connection.
#[derive(Debug)]
pub(crate) enum StartError {
    /// It ended without a line, with what it said on stderr.
    NoLine { status: Option<ExitStatus>, stderr: String },
    /// The line is none that a host understands.
    BadLine(String),
    /// The connection was refused.
    Refused(String),
}

impl Process {
    /// Starts the provider and connects to it.
    pub(crate) async fn start(launch: &Launch) -> Result<Self, StartError> {
        let announced = Identity::make();
        let mut command = Command::new(&launch.program);
        command
            .env_clear()
            .envs(launch.environment.iter().map(|(name, value)| (name, value)))
            // Go's maps have no order, so a host says either.
            .env("PLUGIN_PROTOCOL_VERSIONS", if std::process::id().is_multiple_of(2) { "5,6" } else { "6,5" })
            .env("PLUGIN_MIN_PORT", "10000")
            .env("PLUGIN_MAX_PORT", "25000")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if let Some(cookie) = launch.cookie {
            command.env("TF_PLUGIN_MAGIC_COOKIE", cookie);
        }
        if launch.encryption != Encryption::None {
            command.env("PLUGIN_CLIENT_CERT", &announced.pem);
        }
        let began = Instant::now();
        let mut child = command.spawn().unwrap();
        let pid = child.id().unwrap();
        let (log, stray) = (Log::default(), Log::default());
        let errors = follow(child.stderr.take().unwrap(), log.clone());
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        tokio::time::timeout(START, stdout.read_line(&mut line)).await.expect("no line within 60 s").unwrap();
        let until_line = began.elapsed();
        if line.is_empty() {
            let status = tokio::time::timeout(EXIT, child.wait()).await.ok().and_then(Result::ok);
            let _ = errors.await;
            return Err(StartError::NoLine { status, stderr: log.text() });
        }
        let mut standing = vec![errors, follow(stdout, stray.clone())];
        let (address, certificate) = understood(&line).ok_or_else(|| StartError::BadLine(line.clone()))?;
        let shown = match launch.encryption {
            Encryption::Mutual => Some(announced),
            Encryption::Impostor => Some(Identity::make()),
            Encryption::Anonymous | Encryption::None => None,
        };
        let trust = match launch.encryption {
            Encryption::None => None,
            _ => Some(Trust::only(&certificate, shown.as_ref()).map_err(StartError::Refused)?),
        };
        let channel = connect(address, trust).await.map_err(StartError::Refused)?;
        standing.extend(standing_streams(&channel));
        Ok(Self {
            child: Killer(Arc::new(Mutex::new(child))),
            channel,
            pid,
            until_line,
            line,
            log,
            stray,
            standing,
        })
    }

    /// A client of the provider's procedures.
    pub(crate) fn client(&self) -> ProviderClient<Channel> {
        ProviderClient::new(self.channel.clone())
            .max_decoding_message_size(LARGEST)
            .max_encoding_message_size(LARGEST)
    }

    /// The connection, for clients of other services.
    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// Asks for an end of the work, as a host does after Control-C; the time the answer took.
    pub(crate) async fn stop(&self) -> Duration {
        let began = Instant::now();
        let answer = self.client().stop_provider(stop_provider::Request {}).await.unwrap().into_inner();
        assert_eq!(answer.error, "");
        began.elapsed()
    }

    /// The signal of Control-C, which reaches the whole process group.
    pub(crate) fn interrupt(&self) {
        signal(self.pid, "INT");
    }

    /// What kills it.
    pub(crate) fn killer(&self) -> Killer {
        self.child.clone()
    }

    /// Whether it still runs.
    pub(crate) fn is_alive(&self) -> bool {
        self.child.ended().is_none()
    }

    /// Resident memory in KiB, from the system's own books.
    pub(crate) fn resident_kib(&self) -> u64 {
        self.book("VmRSS:")
    }

    /// The largest resident memory so far, in KiB.
    pub(crate) fn peak_kib(&self) -> u64 {
        self.book("VmHWM:")
    }

    fn book(&self, entry: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(entry)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Says that the host is done, and waits for the exit as long as a host does.
    pub(crate) async fn shut_down(mut self) -> Ended {
        let began = Instant::now();
        let mut controller = GrpcControllerClient::new(self.channel.clone());
        // A process that was killed cannot answer any more.
        let _ = controller.shutdown(Empty {}).await;
        let (killed, status) = match tokio::time::timeout(EXIT, self.child.wait()).await {
            Ok(status) => (false, status),
            Err(_) => {
                self.child.kill();
                (true, self.child.wait().await)
            }
        };
        let took = began.elapsed();
        for task in &mut self.standing {
            // The streams end with the process; what a grandchild holds open is not waited for.
            let _ = tokio::time::timeout(EXIT, task).await;
        }
        Ended { took, killed, status }
    }
}

/// Sends a signal by name.
pub(crate) fn signal(pid: u32, name: &str) {
    let sent =
        std::process::Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status().unwrap();
    assert!(sent.success(), "SIG{name} to {pid}");
}

/// Address and certificate of a line; none where a host would refuse it.
fn understood(line: &str) -> Option<((String, String), Vec<u8>)> {
    use base64::Engine as _;
    let parts: Vec<&str> = line.strip_suffix('\n')?.split('|').collect();
    let ["1", "6", network, address, "grpc", certificate] = parts.as_slice() else { return None };
    let certificate = base64::engine::general_purpose::STANDARD_NO_PAD.decode(certificate).ok()?;
    Some((((*network).to_owned(), (*address).to_owned()), certificate))
}

fn follow(stream: impl AsyncRead + Unpin + Send + 'static, log: Log) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).await.is_ok_and(|read| read > 0) {
            log.push(String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned());
            line.clear();
        }
    })
}

trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// One connection, as hosts dial: once, and what goes wrong is final.
async fn connect((network, address): (String, String), trust: Option<Trust>) -> Result<Channel, String> {
    let plain: Box<dyn Duplex> = match network.as_str() {
        "unix" => Box::new(UnixStream::connect(&address).await.map_err(|error| error.to_string())?),
        "tcp" => Box::new(TcpStream::connect(&address).await.map_err(|error| error.to_string())?),
        other => return Err(format!("no host knows the network {other:?}")),
    };
    let stream: Box<dyn Duplex> = match trust {
        Some(trust) => Box::new(trust.connect(plain).await?),
        None => plain,
    };
    let mut once = Some(TokioIo::new(stream));
    let dial = tower::service_fn(move |_| {
        let stream = once.take().ok_or_else(|| std::io::Error::other("the connection is gone"));
        async move { stream }
    });
    let endpoint = Endpoint::from_static("http://localhost");
    endpoint.connect_with_connector(dial).await.map_err(|error| format!("{error:?}"))
}

/// The streams that a host opens right after the connection and never closes.
fn standing_streams(channel: &Channel) -> [JoinHandle<()>; 2] {
    let mut stdio = GrpcStdioClient::new(channel.clone());
    let stdio = tokio::spawn(async move {
        if let Ok(stream) = stdio.stream_stdio(()).await {
            let mut stream = stream.into_inner();
            while let Ok(Some(_)) = stream.message().await {}
        }
    });
    let mut broker = GrpcBrokerClient::new(channel.clone());
    let broker = tokio::spawn(async move {
        if let Ok(stream) = broker.start_stream(tokio_stream::pending::<ConnInfo>()).await {
            let mut stream = stream.into_inner();
            while let Ok(Some(_)) = stream.message().await {}
        }
    });
    [stdio, broker]
}
