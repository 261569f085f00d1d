//! Pinned keys and authorities: the right one, and each wrong one.

use bud::outcome::Recovery;
use bud::ssh::{CertificateFault, HostKeyFault, HostPin, SshError, Target};

use super::keys::Pair;
use super::server::Server;
use super::{open, serving};

fn fault(error: SshError) -> HostKeyFault {
    assert_eq!(error.recovery(), Recovery::Fatal);
    match error {
        SshError::HostKey { fault, .. } => *fault,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn the_pinned_key_is_asked_for_whatever_else_the_server_has() {
    let folder = tempfile::tempdir().unwrap();
    let rsa = Pair::draw(folder.path(), "host-rsa", &["-t", "rsa", "-b", "2048"]);
    let ecdsa = Pair::draw(folder.path(), "host-ecdsa", &["-t", "ecdsa", "-b", "256"]);
    let settings = ["HostKey %/host-rsa", "HostKey %/host-ecdsa"];
    let Some(server) = Server::prepared(folder, &settings).await else { return };
    for pair in [&rsa, &ecdsa, &server.host_key] {
        let mut target = server.target();
        target.pin = HostPin::key(&pair.public()).unwrap();
        open(&target).await.unwrap_or_else(|error| panic!("{error}"));
    }
    // A key of another kind than the server's: there is nothing to agree on, and the error says what there is.
    let mut target = server.target();
    target.pin =
        HostPin::key(&Pair::draw(server.folder.path(), "p384", &["-t", "ecdsa", "-b", "384"]).public())
            .unwrap();
    let error = open(&target).await.unwrap_err();
    let SshError::NoCommonAlgorithm { kind, theirs, .. } = &error else { panic!("{error}") };
    assert_eq!(*kind, "host key");
    assert!(theirs.iter().any(|name| name == "ssh-ed25519"), "{theirs:?}");
}

#[tokio::test]
async fn another_key_ends_the_connection_before_anything_is_said() {
    let server = serving!();
    let other = Pair::ed25519(server.folder.path(), "other");
    let mut target = server.target();
    target.pin = HostPin::key(&other.public()).unwrap();
    let fault = fault(open(&target).await.unwrap_err());
    let HostKeyFault::Other { pinned, offered } = &fault else { panic!("{fault}") };
    assert_ne!(pinned, offered);
    assert!(server.log().lines().all(|line| !line.contains("Accepted")), "{}", server.log());
}

#[tokio::test]
async fn a_key_that_changes_is_noticed() {
    let mut server = serving!();
    open(&server.target()).await.unwrap();
    let before = server.target();
    for file in ["host", "host.pub"] {
        std::fs::remove_file(server.path(file)).unwrap();
    }
    Pair::ed25519(server.folder.path(), "host");
    server.restart(&[]);
    assert!(matches!(fault(open(&before).await.unwrap_err()), HostKeyFault::Other { .. }));
    open(&server.target()).await.unwrap();
}

/// A server whose host key is certified as the arguments of `ssh-keygen -s` say.
async fn certified(arguments: &[&str]) -> Option<(Server, Pair)> {
    let folder = tempfile::tempdir().unwrap();
    let authority = Pair::ed25519(folder.path(), "authority");
    let host = Pair::ed25519(folder.path(), "own");
    host.certify(&authority, arguments);
    let settings = ["HostKey %/own", "HostCertificate %/own-cert.pub"];
    Some((Server::prepared(folder, &settings).await?, authority))
}

fn authorised(server: &Server, authority: &Pair, names: &[&str]) -> Target {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    Target { pin: HostPin::authority(&authority.public(), names).unwrap(), ..server.target() }
}

fn certificate_fault(error: SshError) -> CertificateFault {
    match fault(error) {
        HostKeyFault::Certificate { fault, .. } => fault,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_host_of_the_authority_is_believed_for_its_own_name_only() {
    let Some((server, authority)) = certified(&["-h", "-n", "gpu-0,10.177.2.69"]).await else { return };
    open(&authorised(&server, &authority, &["gpu-0"])).await.unwrap();
    open(&authorised(&server, &authority, &["cpu-0", "10.177.2.69"])).await.unwrap();
    let error = open(&authorised(&server, &authority, &["cpu-0"])).await.unwrap_err();
    assert!(matches!(certificate_fault(error), CertificateFault::Names { .. }));
    let other = Pair::ed25519(server.folder.path(), "other");
    let error = open(&authorised(&server, &other, &["gpu-0"])).await.unwrap_err();
    assert!(matches!(certificate_fault(error), CertificateFault::Authority { .. }));
    // Its plain key may still be pinned.
    let own = std::fs::read_to_string(server.path("own.pub")).unwrap();
    let plain = Target { pin: HostPin::key(&own).unwrap(), ..server.target() };
    open(&plain).await.unwrap();
}

#[tokio::test]
async fn certificates_that_do_not_hold_are_refused() {
    type Expected = fn(&CertificateFault) -> bool;
    let cases: [(&[&str], Expected); 3] = [
        (&["-h", "-n", "gpu-0", "-V", "20200101:20200102"], |fault| *fault == CertificateFault::Expired),
        (&["-h", "-n", "gpu-0", "-V", "20990101:20990102"], |fault| *fault == CertificateFault::Early),
        (&["-h"], |fault| matches!(fault, CertificateFault::Names { .. })),
    ];
    for (arguments, expected) in cases {
        let Some((server, authority)) = certified(arguments).await else { return };
        let error = open(&authorised(&server, &authority, &["gpu-0"])).await.unwrap_err();
        let fault = certificate_fault(error);
        assert!(expected(&fault), "{arguments:?}: {fault}");
    }
}

#[tokio::test]
async fn a_host_without_a_certificate_is_refused() {
    let server = serving!();
    let authority = Pair::ed25519(server.folder.path(), "authority");
    let error = open(&authorised(&server, &authority, &["gpu-0"])).await.unwrap_err();
    assert!(matches!(fault(error), HostKeyFault::Uncertified { .. }));
}
