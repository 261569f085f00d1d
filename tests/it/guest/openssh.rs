//! The real client, `ssh` of OpenSSH, agrees with ours about machines. Skipped where there is none.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use super::lab::{Lab, Machine};

/// A port of this machine that leads through the simulator's proxy to a machine's port 22.
async fn port(machine: &Machine<'_>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let proxy = machine.lab.text("/endpoints/proxy").strip_prefix("socks5://").unwrap().to_owned();
    let address: std::net::Ipv4Addr = machine.address.parse().unwrap();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let proxy = proxy.clone();
            tokio::spawn(async move {
                let mut far = TcpStream::connect(proxy).await.unwrap();
                far.write_all(&[5, 1, 0]).await.unwrap();
                far.read_exact(&mut [0; 2]).await.unwrap();
                let mut asked = vec![5, 1, 0, 1];
                asked.extend(address.octets());
                asked.extend(22_u16.to_be_bytes());
                far.write_all(&asked).await.unwrap();
                far.read_exact(&mut [0; 10]).await.unwrap();
                let _ = copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    port
}

/// Runs the client; none where there is no such program.
async fn ssh(
    folder: &Path,
    port: u16,
    host_key: &str,
    arguments: &[&str],
    input: &'static [u8],
) -> Option<Output> {
    std::fs::write(folder.join("known_hosts"), format!("lab {host_key}\n")).unwrap();
    let folder = folder.to_str().unwrap();
    let mut command = Command::new("ssh");
    command.args(["-F", "none", "-i", &format!("{folder}/key"), "-p", &port.to_string()]);
    for option in [
        "IdentitiesOnly=yes",
        "BatchMode=yes",
        "StrictHostKeyChecking=yes",
        "HostKeyAlias=lab",
        "ConnectTimeout=20",
        &format!("UserKnownHostsFile={folder}/known_hosts"),
        "GlobalKnownHostsFile=none",
    ] {
        command.args(["-o", option]);
    }
    command.args(arguments).env_remove("SSH_AUTH_SOCK");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().ok()?;
        use std::io::Write as _;
        // Whoever does not read has ended.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().ok()
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_logs_in_runs_programs_and_forwards() {
    use std::os::unix::fs::PermissionsExt as _;

    let lab = Lab::new().await;
    let machine = lab.ubuntu("gpu-0").await;
    let second = lab.ubuntu("gpu-1").await;
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    std::fs::write(&key, lab.key.private.expose()).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let port = port(&machine).await;
    let own = machine.host_key.public.as_str();
    let run = async |arguments: &[&str]| ssh(folder.path(), port, own, arguments, b"").await;

    let Some(said) = run(&["ubuntu@127.0.0.1", "cat", "/etc/hostname"]).await else {
        println!("there is no ssh");
        return;
    };
    assert_eq!(String::from_utf8_lossy(&said.stdout), "gpu-0\n", "{said:?}");
    assert!(said.status.success());
    let said = run(&["ubuntu@127.0.0.1", "test -e /nowhere"]).await.unwrap();
    assert_eq!(said.status.code(), Some(1), "{said:?}");
    let said = run(&["ubuntu@127.0.0.1", "rm -rf / && echo done"]).await.unwrap();
    assert_eq!((said.status.code(), said.stdout.is_empty()), (Some(127), true), "{said:?}");
    let said = run(&["root@127.0.0.1", "true"]).await.unwrap();
    assert_eq!(said.status.code(), Some(142), "{said:?}");
    let said = run(&["nobody@127.0.0.1", "true"]).await.unwrap();
    assert_eq!(said.status.code(), Some(255), "{said:?}");
    assert!(String::from_utf8_lossy(&said.stderr).contains("Permission denied (publickey)"), "{said:?}");

    // Another key is not believed.
    let said =
        ssh(folder.path(), port, &second.host_key.public, &["ubuntu@127.0.0.1", "true"], b"").await.unwrap();
    assert_eq!(said.status.code(), Some(255));
    assert!(String::from_utf8_lossy(&said.stderr).contains("Host key verification failed"), "{said:?}");

    // A channel to the neighbour's own server, which greets first.
    let said = ssh(folder.path(), port, own, &["-W", "gpu-1:22", "ubuntu@127.0.0.1"], b"SSH-2.0-look\r\n")
        .await
        .unwrap();
    assert!(said.stdout.starts_with(b"SSH-2.0-OpenSSH_9.6p1 Ubuntu"), "{said:?}");
    let said = run(&["-W", "gpu-1:6443", "ubuntu@127.0.0.1"]).await.unwrap();
    assert!(String::from_utf8_lossy(&said.stderr).contains("open failed"), "{said:?}");
}
