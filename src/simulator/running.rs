//! Starting and stopping: sockets, the authority's file, the ready line, signals.

use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::charts::Charts;
use super::clock::Clock;
use super::faults::Script;
use super::guest;
use super::kubernetes;
use super::options::{Options, SimulatorError};
use super::proxy;
use super::serve::{Door, Life, serve};
use super::settings::Servers;
use super::tls;
use super::world::Shared;

/// A simulator that runs in this process until it is stopped or dropped.
pub struct Running {
    /// What a client needs to know: the JSON line that `simulate` prints.
    pub ready: serde_json::Value,
    life: Life,
    // Removed when this is dropped.
    _directory: Directory,
}

impl Running {
    /// Closes every connection and socket and removes the files.
    pub async fn stop(self) {
        self.life.stop.cancel();
        self.life.tasks.close();
        self.life.tasks.wait().await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.life.stop.cancel();
    }
}

/// Starts a simulator inside a tokio runtime; it is ready when this returns.
///
/// # Errors
/// [`SimulatorError`] when an option cannot be used or a socket or file cannot be had.
pub async fn start(options: Options) -> Result<Running, SimulatorError> {
    if !options.listen.ip().is_loopback() {
        return Err(SimulatorError::NotLoopback(options.listen));
    }
    if options.speed.is_nan() || options.speed < 0.0 {
        return Err(SimulatorError::Speed(options.speed));
    }
    let script = options.faults.as_deref().map(read_script).transpose()?.unwrap_or_default();
    let certificates = tls::make(options.listen.ip())?;
    let directory = Directory::make(&options.state_dir.unwrap_or_else(std::env::temp_dir))?;
    let ca_file = directory.write("ca.pem", &certificates.authority_pem)?;

    let (secure, secure_address) = listen(options.listen, 0).await?;
    let (plain, plain_address) = listen(options.listen, 1).await?;
    let (control, control_address) = listen(options.listen, 2).await?;
    let (proxy, proxy_address) = listen(options.listen, 3).await?;
    let (charts, charts_address) = listen(options.listen, 4).await?;
    let (plain_charts, plain_charts_address) = listen(options.listen, 5).await?;
    let servers = Servers {
        https: secure_address.to_string(),
        http: plain_address.to_string(),
        control: control_address.to_string(),
        proxy: proxy_address.to_string(),
        charts: charts_address.to_string(),
        charts_http: plain_charts_address.to_string(),
        ca_file,
    };
    let ready = servers.ready();
    let world = Shared::new(Clock::new(options.speed), servers);
    {
        let mut world = world.lock();
        world.load(script);
        if let Some(folder) = &options.charts {
            let now = world.clock.stamp();
            world.charts =
                Charts::read(folder, &now).map_err(|error| SimulatorError::Charts(error.to_string()))?;
        }
    }

    let life = Life::default();
    let doors = [
        (secure, Door::Https(certificates.server.clone())),
        (plain, Door::Http),
        (control, Door::Control),
        (charts, Door::ChartsHttps(certificates.server)),
        (plain_charts, Door::ChartsHttp),
    ];
    for (listener, door) in doors {
        life.tasks.spawn(serve(listener, door, world.clone(), life.clone()));
    }
    life.tasks.spawn(guest::pulse::run(world.clone(), life.clone()));
    life.tasks.spawn(kubernetes::pulse::run(world.clone(), life.clone()));
    life.tasks.spawn(proxy::serve(proxy, world, life.clone()));
    Ok(Running { ready, life, _directory: directory })
}

/// Runs a simulator as a program: prints the ready line on stdout and ends at SIGTERM, SIGINT or,
/// where stdin is a pipe, when that closes.
///
/// # Errors
/// As [`start`], and when the process's signals or streams cannot be used.
pub async fn run(options: Options) -> Result<(), SimulatorError> {
    // Before the ready line, so that a signal that follows it at once is not lost.
    let mut terminate = signal(SignalKind::terminate()).map_err(SimulatorError::Process)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(SimulatorError::Process)?;
    let running = start(options).await?;
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}", running.ready).and_then(|()| stdout.flush()).map_err(SimulatorError::Process)?;
    drop(stdout);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = stdin_closed() => {}
    }
    running.stop().await;
    Ok(())
}

/// Ends when stdin is a pipe and its other end is closed. A terminal, a file and /dev/null, which a
/// script's background job gets, do not count.
async fn stdin_closed() {
    let pipe = std::fs::metadata("/dev/stdin").is_ok_and(|stdin| stdin.file_type().is_fifo());
    if !pipe {
        return std::future::pending().await;
    }
    // A thread of its own, because a runtime would wait at its end for a read that never returns.
    let (closed, seen) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        // Ends at the end of the pipe, or at an error, which is as good as one.
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        let _ = closed.send(());
    });
    let _ = seen.await;
}

fn read_script(path: &Path) -> Result<Script, SimulatorError> {
    let wrong = |reason: String| SimulatorError::Faults { path: path.to_owned(), reason };
    let text = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let script: Script = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
    script.check().map_err(wrong)?;
    Ok(script)
}

async fn listen(first: SocketAddr, offset: u16) -> Result<(TcpListener, SocketAddr), SimulatorError> {
    let port = if first.port() == 0 { 0 } else { first.port().saturating_add(offset) };
    let address = SocketAddr::from((first.ip(), port));
    let listener =
        TcpListener::bind(address).await.map_err(|source| SimulatorError::Listen { address, source })?;
    let bound = listener.local_addr().map_err(|source| SimulatorError::Listen { address, source })?;
    Ok((listener, bound))
}

/// A directory of ours, removed with everything in it when it is dropped.
struct Directory(PathBuf);

impl Directory {
    fn make(parent: &Path) -> Result<Self, SimulatorError> {
        let path = parent.join(format!("bud-simulate-{}", uuid::Uuid::new_v4()));
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map_err(|source| SimulatorError::File { path: path.clone(), source })?;
        Ok(Self(path))
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf, SimulatorError> {
        let path = self.0.join(name);
        std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(|source| SimulatorError::File { path: path.clone(), source })?;
        Ok(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // Nobody is left to hear that a temporary file could not be removed.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
