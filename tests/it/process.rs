//! The provider as a process: how it meets its host, what it says, and how it ends.

use std::time::Duration;

use bud::wire::proto::health::HealthCheckRequest;
use bud::wire::proto::health::health_check_response::ServingStatus;
use bud::wire::proto::health::health_client::HealthClient;
use bud::wire::proto::tfplugin6::get_provider_schema;

use crate::harness::client::ask_offer;
use crate::harness::process::{Encryption, Launch, Process, StartError};

fn launch(encryption: Encryption) -> Launch {
    Launch { encryption, ..Launch::provider([]) }
}

#[tokio::test]
async fn a_host_and_its_provider_show_each_other_their_certificates() {
    let process = Process::start(&launch(Encryption::Mutual)).await.unwrap();
    assert!(process.line.starts_with("1|6|unix|"), "{}", process.line);
    let offer = ask_offer(process.client()).await;
    assert!(offer.resources.contains_key("bud_network"));
    let ended = process.shut_down().await;
    assert!(!ended.killed && ended.status.success(), "{ended:?}");
}

#[tokio::test]
async fn nobody_but_the_host_is_served() {
    for encryption in [Encryption::Impostor, Encryption::Anonymous] {
        let refused = match Process::start(&launch(encryption)).await {
            // With TLS 1.3 the refusal comes after the client's own handshake is done.
            Ok(process) => {
                process.client().get_provider_schema(get_provider_schema::Request {}).await.is_err()
            }
            Err(StartError::Refused(_)) => true,
            Err(other) => panic!("{other:?}"),
        };
        assert!(refused, "{encryption:?} was served");
    }
}

#[tokio::test]
async fn encryption_can_be_switched_off_by_the_host() {
    let process = Process::start(&launch(Encryption::None)).await.unwrap();
    assert!(process.line.ends_with("|grpc|\n"), "{}", process.line);
    assert!(ask_offer(process.client()).await.resources.contains_key("bud_network"));
    assert!(!process.shut_down().await.killed);
}

#[tokio::test]
async fn started_by_hand_it_says_what_it_is() {
    for cookie in [None, Some("d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b3")] {
        match Process::start(&Launch { cookie, ..launch(Encryption::Mutual) }).await {
            Err(StartError::NoLine { status, stderr }) => {
                assert_eq!(status.unwrap().code(), Some(1));
                assert!(stderr.contains("plugin"), "{stderr}");
            }
            Err(other) => panic!("{other:?}"),
            Ok(process) => panic!("it served without the cookie: {}", process.line),
        }
    }
}

#[tokio::test]
async fn it_exits_at_once_with_the_standing_streams_open() {
    let process = Process::start(&launch(Encryption::Mutual)).await.unwrap();
    ask_offer(process.client()).await;
    let folder = process.line.split('|').nth(3).unwrap().to_owned();
    assert!(std::path::Path::new(&folder).exists());
    let ended = process.shut_down().await;
    assert!(!ended.killed, "the host had to kill it");
    // 100 ms are promised, and `make bench` measures; a host kills after 2 s. The rest is for a machine that
    // is busy with other tests.
    assert!(ended.took < Duration::from_millis(1_900), "{:?}", ended.took);
    assert!(!std::path::Path::new(&folder).exists(), "the socket is left behind");
}

#[tokio::test]
async fn control_c_does_not_end_it() {
    let process = Process::start(&launch(Encryption::Mutual)).await.unwrap();
    process.interrupt();
    assert!(process.stop().await < Duration::from_secs(5));
    assert!(ask_offer(process.client()).await.resources.contains_key("bud_network"));
    assert!(process.is_alive());
    assert!(!process.shut_down().await.killed);
}

#[tokio::test]
async fn it_says_that_it_is_healthy() {
    let process = Process::start(&launch(Encryption::Mutual)).await.unwrap();
    let mut health = HealthClient::new(process.channel());
    let answer = health.check(HealthCheckRequest { service: "plugin".to_owned() }).await.unwrap();
    assert_eq!(answer.into_inner().status(), ServingStatus::Serving);
    process.shut_down().await;
}

#[tokio::test]
async fn what_it_logs_is_what_hosts_read_and_stdout_stays_silent() {
    let environment = [("TF_LOG".to_owned(), "TRACE".to_owned())];
    let process = Process::start(&Launch::provider(environment)).await.unwrap();
    ask_offer(process.client()).await;
    let (log, stray) = (process.log.clone(), process.stray.clone());
    process.shut_down().await;
    assert_eq!(log.malformed(), Vec::<String>::new());
    assert!(
        log.entries().iter().any(|entry| entry.level == "trace" || entry.level == "debug"),
        "{}",
        log.text()
    );
    assert_eq!(stray.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn it_starts_quickly_and_small() {
    let process = Process::start(&launch(Encryption::Mutual)).await.unwrap();
    ask_offer(process.client()).await;
    // Far above the targets of `make bench`, which measures them: this only finds what went badly wrong.
    assert!(process.until_line < Duration::from_secs(10), "{:?}", process.until_line);
    assert!(process.resident_kib() < 64 << 10, "{} KiB", process.resident_kib());
    process.shut_down().await;
}
