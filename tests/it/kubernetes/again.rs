//! What is sent again, what is not, and what says that it may have happened.

use bud::kube::{Apply, Conflicts, KubeError, Selector};
use serde_json::json;

use super::between::{Act, Between};
use super::control_plane::{ControlPlane, open};
use super::{by, config_map, config_maps};

#[tokio::test]
async fn what_is_asked_again_and_what_is_not() {
    let Some(plane) = ControlPlane::shared() else { return };
    let space = plane.namespace("again").await;
    let busy = || {
        let body =
            json!({ "kind": "Status", "code": 429, "reason": "TooManyRequests", "message": "slow down" });
        Act::Answer(429, vec![("retry-after", "0".to_owned())], body.to_string())
    };
    let between = Between::start(plane, |_| Act::Forward).await;
    let client = open(&between.kubeconfig());
    let (kind, at) = (config_maps(), config_maps().at(Some(&space), "one"));
    let one = config_map("one", "a", "1");

    // Refused before anything was done: again, whatever it was.
    between.now(move |seen| if seen.n < 3 { busy() } else { Act::Forward });
    client.create(&kind, Some(&space), &one, &by("tests")).await.unwrap();
    assert_eq!(between.seen().len(), 3);

    // A read is asked again when the connection is cut; a create is not, and says that it may have happened.
    for cut in [Act::CutBefore, Act::CutAfter, Act::CutAt(10)] {
        between.count_anew();
        let act = cut.clone();
        between.now(move |seen| if seen.n == 1 { act.clone() } else { Act::Forward });
        assert!(client.get(&at).await.unwrap().here().is_some(), "{cut:?}");
        assert_eq!(between.seen().len(), 2, "{cut:?}");
    }
    between.count_anew();
    between.now(|_| Act::CutAfter);
    let two = config_map("two", "a", "1");
    let error = client.create(&kind, Some(&space), &two, &by("tests")).await.unwrap_err();
    assert!(matches!(error, KubeError::Unreachable { perhaps_sent: true, .. }), "{error:?}");
    assert!(error.perhaps_done());
    assert_eq!(between.seen().len(), 1);
    assert!(plane.admin().get(&kind.at(Some(&space), "two")).await.unwrap().here().is_some());

    // An apply says how it shall be, and may be said twice.
    between.count_anew();
    between.now(|seen| if seen.n == 1 { Act::CutAfter } else { Act::Forward });
    let apply = Apply { writing: by("helm"), conflicts: Conflicts::Refuse };
    client.apply(&kind.at(Some(&space), "three"), &config_map("three", "a", "1"), &apply).await.unwrap();
    assert_eq!(between.seen().len(), 2);

    // Never for ever.
    between.count_anew();
    between.now(move |_| busy());
    let error = client.get(&at).await.unwrap_err();
    assert!(matches!(&error, KubeError::Busy { refusal, .. } if refusal.message == "slow down"), "{error:?}");
    assert_eq!(between.seen().len(), 5);
    between.count_anew();
    between.now(|_| Act::Answer(503, Vec::new(), "upstream is away".to_owned()));
    let error = client.create(&kind, Some(&space), &two, &by("tests")).await.unwrap_err();
    assert!(error.perhaps_done() && between.seen().len() == 1, "{error:?}");

    // What is no Kubernetes API is said to be none.
    between.now(|_| Act::Answer(200, vec![("content-type", "text/html".to_owned())], "<html>".to_owned()));
    let error = client.get(&at).await.unwrap_err();
    assert!(matches!(&error, KubeError::Answer { reason, .. } if reason.contains("text/html")), "{error:?}");
}

#[tokio::test]
async fn a_list_that_outlives_its_pages_begins_again() {
    let Some(plane) = ControlPlane::shared() else { return };
    let between = Between::start(plane, |seen| {
        if seen.n != 2 {
            return Act::Forward;
        }
        let gone = json!({ "kind": "Status", "code": 410, "reason": "Expired", "message": "too old" });
        Act::Answer(410, Vec::new(), gone.to_string())
    })
    .await;
    let client = open(&between.kubeconfig());
    // The first answer is a page with another to follow.
    let page = json!({ "kind": "ConfigMapList", "metadata": { "resourceVersion": "1", "continue": "more" }, "items": [] });
    let first = page.to_string();
    between.now(move |seen| match seen.n {
        1 => Act::Answer(200, Vec::new(), first.clone()),
        2 => Act::Answer(
            410,
            Vec::new(),
            json!({ "kind": "Status", "code": 410, "reason": "Expired" }).to_string(),
        ),
        _ => Act::Forward,
    });
    let listed = client.list(&config_maps(), Some("kube-system"), &Selector::default()).await.unwrap();
    assert!(!listed.items.is_empty());
    assert!(between.seen()[1].path.contains("continue=more"), "{:?}", between.seen());
}
