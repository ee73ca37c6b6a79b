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
    source_with(forum, false)
}

fn source_with(forum: &FakeForum, moderates: bool) -> Arc<dyn Source> {
    let config = json!({"name": "forum", "discourse": {"server": forum.site.url, "account": ACCOUNT,
        "api_key": "s3cret-key-of-the-forum", "calls_per_minute": 1000, "moderates": moderates}});
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
        files: Vec::new(),
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

#[tokio::test]
async fn a_moderator_hides_deletes_and_silences_and_takes_each_back() {
    let forum = FakeForum::start().await;
    let first = forum.post(11, 1, (3, "bob"), "My phone is dead");
    let second = forum.post(11, 2, (4, "troll"), "You are all fools");
    let staff = forum.post(11, 3, (5, "boss"), "Calm down");
    forum.change(staff, &json!({"moderator": true}));
    let source = source_with(&forum, true);
    let reply = source.reply().unwrap();
    let take = async |measure, id, times| {
        for _ in 0..times {
            let outcome = reply.moderate(measure, &about(id), "rule 3").await;
            assert!(matches!(outcome, Outcome::Done { .. }), "{measure:?}: {outcome:?}");
        }
        std::mem::take(&mut forum.ledger().measures)
    };
    // Twice, as after a crash whose outcome is unknown; what can be seen to be done is not done again.
    assert_eq!(take(Measure::Hide, second, 2).await, ["hide 101"]);
    assert_eq!(take(Measure::Unhide, second, 2).await, ["unhide 101"]);
    assert_eq!(take(Measure::Unlist, first, 1).await, ["visible false topic 11"]);
    assert_eq!(take(Measure::Relist, first, 1).await, ["visible true topic 11"]);
    assert_eq!(take(Measure::Remove, second, 2).await, ["delete post 101"]);
    assert_eq!(take(Measure::Restore, second, 2).await, ["recover post 101"]);
    assert_eq!(take(Measure::Remove, first, 2).await, ["delete topic 11"], "what began it takes it along");
    assert_eq!(take(Measure::Restore, first, 2).await, ["recover topic 11"]);
    let until = NOON.plus(Span::hours(1)).plus(Span::days(7)).rfc3339();
    assert_eq!(take(Measure::Silence, second, 1).await, [format!("silence 4 {until} House rule: rule 3")]);
    assert_eq!(take(Measure::Unsilence, second, 1).await, ["unsilence 4"]);
    let refused = reply.moderate(Measure::Silence, &about(staff), "rule 3").await;
    assert!(matches!(&refused, Outcome::Refused { reason } if reason.contains("staff")), "{refused:?}");
    forum.change(second, &json!({"user_deleted": true}));
    let own = reply.moderate(Measure::Restore, &about(second), "").await;
    assert!(matches!(&own, Outcome::Refused { reason } if reason.contains("author")), "{own:?}");
    // An account that is no moderator is not offered them, and never tries.
    let plain = self::source(&forum);
    assert!(!plain.reply().unwrap().measures().contains(&Measure::Hide));
    let refused = plain.reply().unwrap().moderate(Measure::Hide, &about(first), "rule 3").await;
    assert!(
        matches!(&refused, Outcome::Refused { reason } if reason.contains("no moderator")),
        "{refused:?}"
    );
    assert!(forum.ledger().measures.is_empty());
}

#[tokio::test]
async fn how_answers_of_members_were_received_is_read_from_the_post() {
    use webcared::domain::kudos::Void;
    let forum = FakeForum::start().await;
    forum.post(11, 1, (3, "bob"), "My phone is dead");
    let id = forum.post(11, 2, (4, "eva"), "Hold both buttons");
    let source = source(&forum);
    let helpers = source.helpers().unwrap();
    let asked = PostRef { external_id: id.to_string(), ..PostRef::default() };
    let with = async |change: serde_json::Value| {
        forum.change(id, &change);
        helpers.received(std::slice::from_ref(&asked)).await.unwrap().remove(0).unwrap()
    };
    let plain = with(json!({"actions_summary": [{"id": 2, "count": 4}, {"id": 3}]})).await;
    assert_eq!((plain.accepted, plain.likes, plain.void), (false, 4, None));
    assert!(with(json!({"accepted_answer": true})).await.accepted);
    assert_eq!(with(json!({"actions_summary": [{"id": 8, "count": 1}]})).await.void, Some(Void::Flagged));
    assert_eq!(with(json!({"actions_summary": [], "hidden": true})).await.void, Some(Void::Flagged));
    assert_eq!(with(json!({"moderator": true})).await.void, Some(Void::Staff));
    assert_eq!(with(json!({"user_deleted": true})).await.void, Some(Void::Gone));
    let gone = PostRef { external_id: "999".into(), ..PostRef::default() };
    assert_eq!(helpers.received(&[gone]).await.unwrap()[0].unwrap().void, Some(Void::Gone));
}
