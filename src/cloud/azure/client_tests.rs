//! Tests of how the client gives up.

use super::*;
use tokio_util::sync::CancellationToken;

fn client() -> Client {
    let settings = Settings {
        subscription_id: Some("5b1d0000-0000-4000-8000-000000000001".to_owned()),
        ..Settings::default()
    };
    let mut client = Client::new(settings).unwrap();
    // Pauses of 0.5 s, 1 s, 2 s…
    client.chance = Box::new(|| 1.0);
    client
}

fn refused() -> NoAnswer {
    NoAnswer::Cut { reason: "Connection refused".to_owned(), perhaps_sent: false }
}

fn patience(seconds: f64) -> (Patience, CancellationToken) {
    let stop = CancellationToken::new();
    (Patience::new(Duration::from_secs_f64(seconds), stop.clone()), stop)
}

/// One more try that found a closed port.
fn try_once(client: &Client, tries: &mut Tries, patience: &Patience) -> Next {
    tries.count += 1;
    client.unanswered(&Call::get("/x", "1"), "https://127.0.0.1:1/x", tries, refused(), patience)
}

/// It broke like this: under load the timeout of a create passed in the pause between two tries of an
/// endpoint that had never answered, and the user read "Timed out" in the place of the arguments that
/// name the endpoint.
#[tokio::test]
async fn a_stranger_is_unreachable_whenever_the_time_ends() {
    let client = client();
    // The deadline lies behind the first pause, behind the second, and nowhere.
    for (limit, most) in [(0.4, 1), (0.9, 2), (1_000.0, 5)] {
        let (patience, _stop) = patience(limit);
        let mut tries = Tries::none();
        let error = loop {
            match try_once(&client, &mut tries, &patience) {
                Next::Fail(error) => break error,
                Next::Again(pause) if limit < 10.0 => patience.pause(pause).await.unwrap(),
                Next::Again(_) => {}
                Next::Done(_) => unreachable!("nothing answers"),
            }
        };
        assert!(matches!(&error, CloudError::Unreachable { perhaps_sent: false, .. }), "{limit}: {error:?}");
        assert!(tries.count <= most, "{limit}: {} tries", tries.count);
    }
}

#[tokio::test]
async fn a_deadline_behind_a_failed_connection_is_no_matter_of_time() {
    let client = client();
    let (ample, _stop) = patience(60.0);
    let mut tries = Tries::none();
    assert!(matches!(try_once(&client, &mut tries, &ample), Next::Again(_)));
    let call = Call::get("/x", "1");
    let end = |tries: &Tries, why| client.ended(&call, tries, why);
    assert!(matches!(end(&tries, Ended::Deadline), CloudError::Unreachable { .. }));
    assert!(matches!(end(&tries, Ended::Stopped), CloudError::Waited { why: Ended::Stopped, .. }));
    // A request that hangs is a matter of time, and so is everything at an endpoint that answered once.
    let hangs = Tries { cut: None, ..Tries::none() };
    assert!(matches!(end(&hangs, Ended::Deadline), CloudError::Waited { why: Ended::Deadline, .. }));
    client.answered_once.store(true, Ordering::Relaxed);
    assert!(matches!(end(&tries, Ended::Deadline), CloudError::Waited { why: Ended::Deadline, .. }));
    client.answered_once.store(false, Ordering::Relaxed);
    // A stop is one also where the time for the next try is over.
    let (patience, stop) = patience(0.0);
    stop.cancel();
    assert!(matches!(try_once(&client, &mut tries, &patience), Next::Again(_)));
}
