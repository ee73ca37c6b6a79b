//! Measures in a forum: taken once whatever becomes of the word, taken back, and those that a forum does not have.

use crate::forum::{ACCOUNT, FakeForum, NOON, refused};
use crate::site::Reply as Page;
use crate::{configured, outside};
use serde_json::json;
use std::sync::Arc;
use webcared::clock::ManualClock;
use webcared::domain::delivery::Outcome;
use webcared::domain::time::Span;
use webcared::sources::reply::{Measure, Outgoing, PostRef};
use webcared::sources::{Outside, Source, build};

fn source(forum: &FakeForum) -> Arc<dyn Source> {
    let config = json!({"name": "forum", "discourse": {"server": forum.site.url, "account": ACCOUNT,
        "api_key": "s3cret-key-of-the-forum", "calls_per_minute": 1000}});
    let outside = Outside { clock: ManualClock::at(NOON.plus(Span::hours(1))), ..outside() };
    build(&configured(config), &outside).unwrap().remove(0)
}

fn about(id: i64) -> Outgoing {
    Outgoing {
        action_id: "act_1".into(),
        key: "k".into(),
        to: PostRef { external_id: id.to_string(), ..PostRef::default() },
        text: String::new(),
        visibility: String::new(),
        language: String::new(),
        made_at: NOON,
        first_sent_at: None,
        case_number: None,
    }
}

#[tokio::test]
async fn measures_taken_twice_are_taken_once_and_can_be_taken_back() {
    let forum = FakeForum::start().await;
    let id = forum.post(11, 1, (3, "bob"), "My phone is dead");
    let source = source(&forum);
    let reply = source.reply().unwrap();
    let take = async |measure| {
        for _ in 0..2 {
            let outcome = reply.moderate(measure, &about(id), "rule 3").await;
            assert!(matches!(outcome, Outcome::Done { .. }), "{measure:?}: {outcome:?}");
        }
        std::mem::take(&mut forum.ledger().measures)
    };
    assert_eq!(take(Measure::Like).await, ["like 100"]);
    assert_eq!(take(Measure::Unlike).await, ["unlike 100"]);
    // A setting may be set twice.
    assert_eq!(take(Measure::Mute).await, ["mute bob", "mute bob"]);
    assert_eq!(take(Measure::Unmute).await, ["normal bob", "normal bob"]);
    assert_eq!(take(Measure::Report).await, ["tell 100 House rule: rule 3"]);
    // What the platform does not have is not offered, and never tried.
    assert!(!reply.measures().contains(&Measure::Block));
    let block = reply.moderate(Measure::Block, &about(id), "rule 3").await;
    assert!(matches!(&block, Outcome::Refused { reason } if reason.contains("no block")), "{block:?}");
    assert!(forum.ledger().measures.is_empty());
}

#[tokio::test]
async fn refusals_waits_and_lost_words_are_told_apart() {
    let forum = FakeForum::start().await;
    let id = forum.post(11, 1, (3, "bob"), "My phone is dead");
    let source = source(&forum);
    let reply = source.reply().unwrap();
    let with = async |page: Page| {
        forum.ledger().refuses_measures = Some(page);
        let outcome = reply.moderate(Measure::Like, &about(id), "").await;
        forum.ledger().refuses_measures = None;
        outcome
    };
    let said = with(refused(403, "You cannot like this")).await;
    assert!(matches!(&said, Outcome::Refused { reason } if reason.contains("cannot like")), "{said:?}");
    let said = with(Page::status(500)).await;
    assert!(matches!(said, Outcome::Unknown { .. }), "{said:?}");
    let gone = reply.moderate(Measure::Like, &about(999), "").await;
    assert!(matches!(gone, Outcome::Refused { .. }), "{gone:?}");
    assert!(matches!(reply.moderate(Measure::Unlike, &about(999), "").await, Outcome::Done { .. }));
    let said = with(refused(429, "slow down").with("retry-after", "17")).await;
    assert!(matches!(said, Outcome::Retry { after: Some(_), .. }), "{said:?}");
}
