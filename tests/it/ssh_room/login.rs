//! Keys of every kind and form, certificates, and who is not let in.

use bud::outcome::Recovery;
use bud::secret::Secret;
use bud::ssh::{Identity, IdentityError, SshError};

use super::keys::Pair;
use super::server::Server;
use super::{command, open, patience, serving};

/// Makes the server accept another key.
fn authorize(server: &Server, line: &str) {
    let path = server.path("authorized");
    let lines = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{lines}{line}")).unwrap();
}

#[tokio::test]
async fn keys_of_each_kind_and_form_log_in() {
    let server = serving!();
    let cases: [(&str, &[&str]); 8] = [
        ("ed25519", &["-t", "ed25519"]),
        ("rsa", &["-t", "rsa", "-b", "2048"]),
        ("rsa-pkcs1", &["-t", "rsa", "-b", "2048", "-m", "PEM"]),
        ("rsa-pkcs8", &["-t", "rsa", "-b", "2048", "-m", "PKCS8"]),
        ("ecdsa-256", &["-t", "ecdsa", "-b", "256"]),
        ("ecdsa-384", &["-t", "ecdsa", "-b", "384"]),
        ("ecdsa-521", &["-t", "ecdsa", "-b", "521"]),
        ("ecdsa-pkcs8", &["-t", "ecdsa", "-b", "256", "-m", "PKCS8"]),
    ];
    for (name, arguments) in cases {
        let pair = Pair::draw(server.folder.path(), name, arguments);
        authorize(&server, &pair.public());
        let mut target = server.target();
        target.identities =
            vec![Identity::key(&pair.private(), None).unwrap_or_else(|error| panic!("{name}: {error}"))];
        let session = open(&target).await.unwrap_or_else(|error| panic!("{name}: {error}\n{}", server.log()));
        assert_eq!(session.run(command("echo in"), &patience()).await.unwrap(), "in\n", "{name}");
    }
}

#[tokio::test]
async fn keys_of_sec1_log_in() {
    let server = serving!();
    let pair = Pair::draw(server.folder.path(), "sec1", &["-t", "ecdsa", "-b", "256", "-m", "PEM"]);
    assert!(pair.private().expose().contains("BEGIN EC PRIVATE KEY"));
    authorize(&server, &pair.public());
    let mut target = server.target();
    target.identities = vec![Identity::key(&pair.private(), None).unwrap()];
    open(&target).await.unwrap();
}

#[tokio::test]
async fn encrypted_keys_need_their_passphrase() {
    let server = serving!();
    for (name, form) in [("openssh", &[][..]), ("pkcs8", &["-m", "PKCS8"])] {
        let arguments = [&["-t", "rsa", "-b", "2048", "-N", "open sesame"], form].concat();
        let pair = Pair::draw(server.folder.path(), name, &arguments);
        assert_eq!(Identity::key(&pair.private(), None).unwrap_err(), IdentityError::Encrypted, "{name}");
        let wrong = Identity::key(&pair.private(), Some(&Secret::new("open barley")));
        assert_eq!(wrong.unwrap_err(), IdentityError::Passphrase, "{name}");
        authorize(&server, &pair.public());
        let mut target = server.target();
        target.identities = vec![Identity::key(&pair.private(), Some(&Secret::new("open sesame"))).unwrap()];
        open(&target).await.unwrap();
    }
}

#[tokio::test]
async fn certificates_of_users_log_in() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Pair::ed25519(folder.path(), "authority");
    let Some(server) = Server::prepared(folder, &["TrustedUserCAKeys %/authority.pub"]).await else { return };
    let kinds: [(&str, &[&str]); 3] =
        [("c-ed", &["-t", "ed25519"]), ("c-rsa", &["-t", "rsa", "-b", "2048"]), ("c-ec", &["-t", "ecdsa"])];
    for (name, kind) in kinds {
        let pair = Pair::draw(server.folder.path(), name, kind);
        let certificate = pair.certify(&authority, &["-n", &server.user]);
        let mut target = server.target();
        target.identities = vec![Identity::key(&pair.private(), None).unwrap()];
        let without = open(&target).await.unwrap_err();
        assert!(matches!(without, SshError::NoKeyAccepted { .. }), "{name}: {without}");
        target.identities = vec![Identity::certified(&pair.private(), None, &certificate).unwrap()];
        open(&target).await.unwrap_or_else(|error| panic!("{name}: {error}\n{}", server.log()));
    }
    let other = Pair::ed25519(server.folder.path(), "other");
    let certificate = std::fs::read_to_string(server.path("c-ed-cert.pub")).unwrap();
    let wrong = Identity::certified(&other.private(), None, &certificate).unwrap_err();
    assert!(matches!(wrong, IdentityError::OtherKey { .. }), "{wrong}");
    let expired = other.certify(&authority, &["-n", &server.user, "-V", "20200101:20200102"]);
    let mut target = server.target();
    target.identities = vec![Identity::certified(&other.private(), None, &expired).unwrap()];
    assert!(matches!(open(&target).await.unwrap_err(), SshError::NoKeyAccepted { .. }));
}

#[tokio::test]
async fn a_stranger_is_told_which_keys_were_tried() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("banner"), "Authorised use only.\nCall 112.\n").unwrap();
    let Some(server) = Server::prepared(folder, &["Banner %/banner"]).await else { return };
    let strangers = ["a", "b"].map(|name| Pair::ed25519(server.folder.path(), name));
    let mut target = server.target();
    target.identities = strangers.iter().map(|pair| Identity::key(&pair.private(), None).unwrap()).collect();
    let error = open(&target).await.unwrap_err();
    let SshError::NoKeyAccepted { tried, said, at } = &error else { panic!("{error}") };
    assert_eq!(tried.len(), 2, "{tried:?}");
    assert!(tried.iter().all(|key| key.starts_with("ssh-ed25519 SHA256:")), "{tried:?}");
    assert_eq!(said, "Authorised use only. Call 112.");
    assert_eq!(at.to_string(), format!("{}@127.0.0.1:{}", server.user, server.port));
    assert_eq!(error.recovery(), Recovery::Denied);
    // Those that come after a right one do not matter, and those before it cost an attempt.
    target.identities.push(Identity::key(&server.key.private(), None).unwrap());
    open(&target).await.unwrap();
}

#[tokio::test]
async fn too_many_keys_end_the_connection() {
    let server = serving!("MaxAuthTries 2");
    let mut target = server.target();
    target.identities = (0..4)
        .map(|number| Pair::ed25519(server.folder.path(), &format!("stranger-{number}")))
        .map(|pair| Identity::key(&pair.private(), None).unwrap())
        .collect();
    let error = open(&target).await.unwrap_err();
    let SshError::Cut { said, .. } = &error else { panic!("{error}") };
    assert!(said.contains("Too many authentication failures"), "{said}");
}

#[tokio::test]
async fn a_server_that_wants_passwords_is_named_so() {
    let server = serving!("PubkeyAuthentication no", "PasswordAuthentication yes", "PermitRootLogin yes");
    let error = open(&server.target()).await.unwrap_err();
    let SshError::WrongMethod { offered, .. } = &error else { panic!("{error}") };
    assert_eq!(offered, &["password"]);
    assert_eq!(error.recovery(), Recovery::Denied);
}

#[tokio::test]
async fn a_server_that_wants_a_password_as_well_is_named_so() {
    let server = serving!(
        "AuthenticationMethods publickey,password",
        "PasswordAuthentication yes",
        "PermitRootLogin yes"
    );
    let error = open(&server.target()).await.unwrap_err();
    let SshError::WrongMethod { offered, .. } = &error else { panic!("{error}") };
    assert_eq!(offered, &["password"]);
}
