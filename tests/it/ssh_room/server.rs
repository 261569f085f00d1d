//! A server of OpenSSH for one test, with host keys of its own.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bud::ssh::{HostPin, Identity, Target};
use tempfile::TempDir;

use super::keys::Pair;

/// The server, and one user's key that it accepts.
pub(crate) struct Server {
    pub(crate) folder: TempDir,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) host_key: Pair,
    pub(crate) key: Pair,
    process: Child,
}

impl Server {
    /// Starts one with more lines of configuration, which stand before its own and win therefore; none where
    /// there is no such program. `%` in a line stands for the server's folder.
    pub(crate) async fn start(settings: &[&str]) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("sshd").tempdir().unwrap();
        Self::prepared(folder, settings).await
    }

    /// The same in a folder in which there may be files already.
    pub(crate) async fn prepared(folder: TempDir, settings: &[&str]) -> Option<Self> {
        let program = super::sshd()?;
        let host_key = Pair::ed25519(folder.path(), "host");
        let key = Pair::ed25519(folder.path(), "user");
        std::fs::copy(key.path.with_extension("pub"), folder.path().join("authorized")).unwrap();
        let user = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
        // A server that is started by root keeps its unprivileged half there; Debian's service makes it.
        if user.trim() == "root" {
            std::fs::create_dir_all("/run/sshd").unwrap();
        }
        let (port, process) = run(&program, folder.path(), settings);
        let server = Self { folder, port, user: user.trim().to_owned(), host_key, key, process };
        server.wait();
        Some(server)
    }

    /// How the test reaches it, with everything right.
    pub(crate) fn target(&self) -> Target {
        self.target_at(self.port)
    }

    /// The same through another port that leads to it.
    pub(crate) fn target_at(&self, port: u16) -> Target {
        Target {
            host: "127.0.0.1".to_owned(),
            port,
            user: self.user.clone(),
            pin: HostPin::key(&self.host_key.public()).unwrap(),
            identities: vec![Identity::key(&self.key.private(), None).unwrap()],
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Everything it has logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Ends it and all of its sessions, and starts it again on the same port.
    pub(crate) fn restart(&mut self, settings: &[&str]) {
        self.kill();
        self.process = run_at(&super::sshd().unwrap(), self.folder.path(), settings, self.port);
        self.wait();
    }

    /// Ends the server and its sessions at once.
    pub(crate) fn kill(&mut self) {
        // Each session leads a group of its own, and names the server as its parent while that lives.
        let sessions = children_of(self.process.id());
        let _ = self.process.kill();
        let _ = self.process.wait();
        for session in sessions {
            let _ = Command::new("kill").args(["-KILL", &session]).stderr(Stdio::null()).status();
        }
    }

    fn wait(&self) {
        let until = Instant::now() + Duration::from_secs(20);
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < until, "sshd does not listen: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn run(program: &Path, folder: &Path, settings: &[&str]) -> (u16, Child) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    (port, run_at(program, folder, settings, port))
}

fn run_at(program: &Path, folder: &Path, settings: &[&str], port: u16) -> Child {
    let place = folder.to_str().unwrap();
    let mut lines: Vec<String> = settings.iter().map(|line| line.replace('%', place)).collect();
    lines.extend([
        format!("ListenAddress 127.0.0.1:{port}"),
        format!("PidFile {place}/pid"),
        format!("HostKey {place}/host"),
        format!("AuthorizedKeysFile {place}/authorized"),
        "StrictModes no".to_owned(),
        "UsePAM no".to_owned(),
        "PermitRootLogin prohibit-password".to_owned(),
        "PasswordAuthentication no".to_owned(),
        "KbdInteractiveAuthentication no".to_owned(),
        "MaxAuthTries 6".to_owned(),
        "MaxSessions 64".to_owned(),
        "UseDNS no".to_owned(),
        "LogLevel VERBOSE".to_owned(),
    ]);
    std::fs::write(folder.join("config"), lines.join("\n") + "\n").unwrap();
    Command::new(program)
        .args(["-D", "-f", &format!("{place}/config"), "-E", &format!("{place}/log")])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn children_of(parent: u32) -> Vec<String> {
    let output = Command::new("pgrep").args(["-P", &parent.to_string()]).output();
    output
        .map(|output| String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
        .unwrap_or_default()
}
