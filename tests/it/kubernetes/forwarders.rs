//! Proxies: SOCKS5 (RFC 1928, 1929) and HTTP CONNECT, as small as they can be. They count what passes.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// A proxy that listens until it is dropped.
pub(super) struct Forwarder {
    /// `127.0.0.1:PORT`.
    pub(super) address: String,
    passed: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

/// Which protocol it speaks.
#[derive(Clone, Copy)]
pub(super) enum Speaks {
    Socks5,
    HttpConnect,
}

/// The only user and password that the proxies take.
pub(super) const LOGIN: (&str, &str) = ("ann", "p@ss:word");

impl Forwarder {
    pub(super) async fn start(speaks: Speaks) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let passed = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&passed);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let counter = Arc::clone(&counter);
                tokio::spawn(async move {
                    let pair = match speaks {
                        Speaks::Socks5 => socks5(client).await,
                        Speaks::HttpConnect => connect(client).await,
                    };
                    if let Ok((mut client, mut server)) = pair {
                        counter.fetch_add(1, Ordering::Relaxed);
                        let _ = copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
        });
        Self { address, passed, task }
    }

    /// How many connections went through.
    pub(super) fn passed(&self) -> usize {
        self.passed.load(Ordering::Relaxed)
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn socks5(mut client: TcpStream) -> io::Result<(TcpStream, TcpStream)> {
    let mut head = [0; 2];
    client.read_exact(&mut head).await?;
    let mut methods = vec![0; usize::from(head[1])];
    client.read_exact(&mut methods).await?;
    if methods.contains(&2) {
        client.write_all(&[5, 2]).await?;
        client.read_u8().await?;
        let (user, password) = (counted(&mut client).await?, counted(&mut client).await?);
        let known = user == LOGIN.0.as_bytes() && password == LOGIN.1.as_bytes();
        client.write_all(&[1, u8::from(!known)]).await?;
        if !known {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
    } else {
        client.write_all(&[5, 0]).await?;
    }
    let mut request = [0; 4];
    client.read_exact(&mut request).await?;
    let host = match request[3] {
        1 => std::net::Ipv4Addr::from(client.read_u32().await?).to_string(),
        3 => String::from_utf8(counted(&mut client).await?).map_err(io::Error::other)?,
        _ => return Err(io::ErrorKind::Unsupported.into()),
    };
    let port = client.read_u16().await?;
    let server = TcpStream::connect((known_name(&host), port)).await;
    // 5 is "connection refused".
    let code = if server.is_ok() { 0 } else { 5 };
    client.write_all(&[5, code, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    Ok((client, server?))
}

async fn counted(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut text = vec![0; usize::from(client.read_u8().await?)];
    client.read_exact(&mut text).await?;
    Ok(text)
}

async fn connect(client: TcpStream) -> io::Result<(TcpStream, TcpStream)> {
    let mut client = BufReader::new(client);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        client.read_line(&mut line).await?;
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let login = lines.iter().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("proxy-authorization").then(|| value.to_owned())
    });
    use base64::Engine as _;
    let wanted = format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", LOGIN.0, LOGIN.1))
    );
    if login.is_some_and(|login| login != wanted) {
        client.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await?;
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let target = lines.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
    let (host, port) = target.rsplit_once(':').ok_or(io::ErrorKind::InvalidInput)?;
    let server = TcpStream::connect((known_name(host), port.parse().map_err(io::Error::other)?)).await?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
    Ok((client.into_inner(), server))
}

/// A name that only the proxies can resolve, as behind a bastion.
fn known_name(host: &str) -> &str {
    if host == "kubernetes.test" { "127.0.0.1" } else { host }
}
