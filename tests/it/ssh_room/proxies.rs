//! SOCKS5 and HTTP proxies on the way, with and without logins, and what they refuse.

use bud::outcome::Recovery;
use bud::ssh::{Limits, Proxy, Road, Session, SshError, Target};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use super::{command, patience, serving};

/// What our proxy does with those who come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// Anyone is connected.
    Open,
    /// Only with the login `bud`, `pass:word`.
    Login,
    /// Nobody is.
    Closed,
    /// It is no proxy.
    Nonsense,
}

/// A SOCKS5 proxy on loopback. The name `machine` is known to it alone, as 127.0.0.1.
async fn socks5(rule: Rule) -> u16 {
    serve(move |mut stream| async move {
        let mut head = [0; 2];
        stream.read_exact(&mut head).await.ok()?;
        let mut methods = vec![0; usize::from(head[1])];
        stream.read_exact(&mut methods).await.ok()?;
        match rule {
            Rule::Nonsense => {
                stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.ok()?;
                return None;
            }
            Rule::Login if methods.contains(&2) => {
                stream.write_all(&[5, 2]).await.ok()?;
                let mut texts = Vec::new();
                assert_eq!(stream.read_u8().await.ok()?, 1);
                for _ in 0..2 {
                    let mut text = vec![0; usize::from(stream.read_u8().await.ok()?)];
                    stream.read_exact(&mut text).await.ok()?;
                    texts.push(text);
                }
                let right = texts == [b"bud".to_vec(), b"pass:word".to_vec()];
                stream.write_all(&[1, u8::from(!right)]).await.ok()?;
                if !right {
                    return None;
                }
            }
            Rule::Login => {
                stream.write_all(&[5, 0xff]).await.ok()?;
                return None;
            }
            Rule::Open | Rule::Closed => stream.write_all(&[5, 0]).await.ok()?,
        }
        let mut request = [0; 4];
        stream.read_exact(&mut request).await.ok()?;
        let host = match request[3] {
            1 => {
                let mut address = [0; 4];
                stream.read_exact(&mut address).await.ok()?;
                std::net::Ipv4Addr::from(address).to_string()
            }
            3 => {
                let mut name = vec![0; usize::from(stream.read_u8().await.ok()?)];
                stream.read_exact(&mut name).await.ok()?;
                String::from_utf8(name).ok()?
            }
            _ => return None,
        };
        let port = stream.read_u16().await.ok()?;
        let mut answer = [5, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        if rule == Rule::Closed {
            answer[1] = 2;
        }
        let server = TcpStream::connect((if host == "machine" { "127.0.0.1" } else { &host }, port)).await;
        if answer[1] == 0 && server.is_err() {
            answer[1] = 5;
        }
        stream.write_all(&answer).await.ok()?;
        if answer[1] == 0 {
            copy_bidirectional(&mut stream, &mut server.ok()?).await.ok()?;
        }
        Some(())
    })
    .await
}

/// An HTTP proxy on loopback that knows CONNECT.
async fn http(rule: Rule) -> u16 {
    serve(move |mut stream| async move {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).ok()?;
        let to = head.strip_prefix("CONNECT ")?.split(' ').next()?.replace("machine:", "127.0.0.1:");
        // base64 of `bud:pass:word`.
        let right = head.contains("Proxy-Authorization: Basic YnVkOnBhc3M6d29yZA==\r\n");
        let refusal = match rule {
            Rule::Nonsense => Some("SSH-2.0-OpenSSH_9.2p1\r\n\r\n"),
            Rule::Closed => Some("HTTP/1.1 403 Forbidden\r\n\r\n"),
            Rule::Login if !right => Some("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"),
            _ => None,
        };
        if let Some(text) = refusal {
            stream.write_all(text.as_bytes()).await.ok()?;
            return None;
        }
        let Ok(mut server) = TcpStream::connect(to).await else {
            stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n").await.ok()?;
            return None;
        };
        stream.write_all(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n").await.ok()?;
        copy_bidirectional(&mut stream, &mut server).await.ok()?;
        Some(())
    })
    .await
}

async fn serve<F>(answer: impl Fn(TcpStream) -> F + Send + Sync + 'static) -> u16
where
    F: Future<Output = Option<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream));
        }
    });
    port
}

async fn through(proxy: &str, target: &Target) -> Result<Session, SshError> {
    let road = Road { proxy: Some(Proxy::parse(proxy).unwrap()), bastions: Vec::new() };
    Session::open(target, &road, &super::short(), &patience()).await
}

/// Both kinds, with their schemes.
async fn both(rule: Rule) -> [(&'static str, u16); 2] {
    [("socks5", socks5(rule).await), ("http", http(rule).await)]
}

#[tokio::test]
async fn names_are_for_the_proxy_to_look_up() {
    let server = serving!();
    let machine = Target { host: "machine".to_owned(), ..server.target() };
    for (scheme, port) in both(Rule::Open).await {
        for target in [&machine, &server.target()] {
            let session = through(&format!("{scheme}://127.0.0.1:{port}"), target).await.unwrap();
            assert_eq!(session.run(command("echo in"), &patience()).await.unwrap(), "in\n", "{scheme}");
        }
    }
}

#[tokio::test]
async fn proxies_with_a_login_are_given_it() {
    let server = serving!();
    for (scheme, port) in both(Rule::Login).await {
        through(&format!("{scheme}://bud:pass%3Aword@127.0.0.1:{port}"), &server.target()).await.unwrap();
        for login in ["", "bud:wrong@"] {
            let error =
                through(&format!("{scheme}://{login}127.0.0.1:{port}"), &server.target()).await.unwrap_err();
            assert!(matches!(error, SshError::Proxy { .. }), "{scheme}: {error}");
            assert_eq!(error.recovery(), Recovery::Denied, "{scheme}");
            assert!(!error.to_string().contains("wrong"), "{error}");
        }
    }
}

#[tokio::test]
async fn what_proxies_refuse_is_told_apart() {
    let server = serving!();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (scheme, port) in both(Rule::Open).await {
        let error =
            through(&format!("{scheme}://127.0.0.1:{port}"), &server.target_at(free)).await.unwrap_err();
        assert!(matches!(error, SshError::Proxy { .. }), "{scheme}: {error}");
        assert_eq!(error.recovery(), Recovery::Retry(None), "{scheme}: {error}");
    }
    for (scheme, port) in both(Rule::Closed).await {
        let error = through(&format!("{scheme}://127.0.0.1:{port}"), &server.target()).await.unwrap_err();
        assert_eq!(error.recovery(), Recovery::Denied, "{scheme}: {error}");
    }
    for (scheme, port) in both(Rule::Nonsense).await {
        let error = through(&format!("{scheme}://127.0.0.1:{port}"), &server.target()).await.unwrap_err();
        assert_eq!(error.recovery(), Recovery::Rejected(Some("proxy_url".to_owned())), "{scheme}: {error}");
    }
    let error = through(&format!("socks5://127.0.0.1:{free}"), &server.target()).await.unwrap_err();
    assert!(
        matches!(&error, SshError::Refused { at } if at.to_string() == format!("127.0.0.1:{free}")),
        "{error}"
    );
}

#[tokio::test]
async fn bastions_stand_behind_the_proxy() {
    let (bastion, server) = (serving!(), serving!());
    let proxy = Proxy::parse(&format!("socks5h://127.0.0.1:{}", socks5(Rule::Open).await)).unwrap();
    let nearest = Target { host: "machine".to_owned(), ..bastion.target() };
    let road = Road { proxy: Some(proxy), bastions: vec![nearest] };
    let session = Session::open(&server.target(), &road, &Limits::default(), &patience()).await.unwrap();
    assert_eq!(session.run(command("echo in"), &patience()).await.unwrap(), "in\n");
}
