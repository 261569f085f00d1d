//! A TCP proxy of ours between client and server, that counts bytes and does something at a count.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// To the server.
    Up,
    /// To the client.
    Down,
}

/// What happens once so many bytes have passed one way.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    None,
    /// Both connections are closed.
    Cut(Way, u64),
    /// The client's connection is reset.
    Reset(Way, u64),
    /// Nothing passes any more, either way.
    Stall(Way, u64),
}

/// The proxy; it ends with the test.
pub(crate) struct Gate {
    pub(crate) port: u16,
    connections: Arc<AtomicUsize>,
    passed: Arc<[AtomicU64; 2]>,
    task: tokio::task::JoinHandle<()>,
}

impl Gate {
    /// Leads to a port; the fault befalls the first so many connections.
    pub(crate) async fn to(port: u16, fault: Fault, times: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let passed = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
        let (count, bytes) = (Arc::clone(&connections), Arc::clone(&passed));
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let number = count.fetch_add(1, Ordering::SeqCst);
                let fault = if number < times { fault } else { Fault::None };
                tokio::spawn(carry(client, ([127, 0, 0, 1], port).into(), fault, Arc::clone(&bytes)));
            }
        });
        Self { port: own, connections, passed, task }
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// How many bytes have passed one way, over all connections.
    pub(crate) fn passed(&self, way: Way) -> u64 {
        self.passed[way as usize].load(Ordering::SeqCst)
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(mut client: TcpStream, to: SocketAddr, fault: Fault, passed: Arc<[AtomicU64; 2]>) {
    let Ok(mut server) = TcpStream::connect(to).await else { return };
    let mut counts = [0_u64; 2];
    let [mut from_client, mut from_server] = [vec![0; 16 * 1024], vec![0; 16 * 1024]];
    loop {
        let room = |way: Way, counts: &[u64; 2]| match fault {
            Fault::Cut(at, limit) | Fault::Reset(at, limit) | Fault::Stall(at, limit) if at == way => {
                usize::try_from(limit - counts[way as usize]).unwrap().min(16 * 1024)
            }
            _ => 16 * 1024,
        };
        let (up, down) = (room(Way::Up, &counts), room(Way::Down, &counts));
        if up == 0 || down == 0 {
            match fault {
                Fault::Stall(..) => std::future::pending::<()>().await,
                Fault::Reset(..) => {
                    // Closing at once with what is unsent thrown away is a reset.
                    #[allow(deprecated, reason = "zero seconds do not block")]
                    client.set_linger(Some(std::time::Duration::ZERO)).unwrap();
                    return;
                }
                _ => return,
            }
        }
        let (length, way) = tokio::select! {
            length = client.read(&mut from_client[..up]) => (length.unwrap_or(0), Way::Up),
            length = server.read(&mut from_server[..down]) => (length.unwrap_or(0), Way::Down),
        };
        if length == 0 {
            return;
        }
        let written = match way {
            Way::Up => server.write_all(&from_client[..length]).await,
            Way::Down => client.write_all(&from_server[..length]).await,
        };
        if written.is_err() {
            return;
        }
        counts[way as usize] += length as u64;
        passed[way as usize].fetch_add(length as u64, Ordering::SeqCst);
    }
}
