//! Private conversations that belong to a case: by our own word, by code, by account, in this order; what
//! is only likely waits for a person, and what was joined wrongly is taken out again.

use crate::harness::{House, on_each, post};
use crate::private::{Desk, at_desk, private};
use std::collections::BTreeMap;
use webcared::casework::{Act, Answer, CaseworkError, PrivateAct};
use webcared::domain::time::Span;
use webcared::store::handover::{ConversationEventRow, HandoverRow, JoinRow};
use webcared::store::rows::CaseRow;
use webcared::store::script::Script;

async fn joins(desk: &Desk) -> Vec<JoinRow> {
    desk.house.all("SELECT * FROM handover_join ORDER BY made_at, id").await
}

async fn merges(house: &House) -> Vec<ConversationEventRow> {
    house.all("SELECT * FROM conversation_event ORDER BY at, conversation_id, seq").await
}

/// Which mentions a case has, by external id.
async fn said_in(desk: &Desk, n: i64) -> Vec<String> {
    let case = desk.house.case(n).await;
    let rows: Vec<(String, String)> = desk
        .house
        .all("SELECT g.case_id, m.external_id FROM judgement g JOIN mention m ON m.id = g.mention_id ORDER BY m.external_id")
        .await;
    rows.into_iter().filter(|(id, _)| *id == case.id).map(|(_, e)| e).collect()
}

async fn comes(desk: &Desk, id: &str, author: &str, talk: &str, text: &str) {
    let at = desk.minutes();
    desk.house.clock.advance(Span::minutes(2));
    desk.house.take(&[private(id, author, talk, at, text)]).await;
}

/// The pointers of all conversations are those of their last event.
async fn pointers_fold(house: &House) {
    let mut folded: BTreeMap<String, (Option<String>, Option<String>)> = BTreeMap::new();
    let mut seqs: BTreeMap<String, i64> = BTreeMap::new();
    for e in merges(house).await {
        let seq = seqs.entry(e.conversation_id.clone()).or_default();
        *seq += 1;
        assert_eq!(e.seq, *seq, "no event is missing");
        assert_eq!(e.kind == "merge", e.into_id.is_some());
        folded.insert(e.conversation_id, (e.into_id, e.as_author));
    }
    let rows: Vec<(String, Option<String>, Option<String>)> =
        house.all("SELECT id, merged_into, merged_as FROM conversation").await;
    for (id, into, author) in rows {
        assert_eq!(folded.get(&id).cloned().unwrap_or_default(), (into, author));
    }
}

#[test]
fn of_two_offers_the_code_decides_and_else_the_latest() {
    at_desk(|desk| async move {
        desk.offer(1).await;
        desk.house
            .take(&[post("m2", "jan", "t2", desk.minutes(), "@acme and my refund? please help me")])
            .await;
        desk.offer(2).await;
        let code = desk.way(1).await.code;
        comes(&desk, "p1", "jan", "dm-a", &format!("hello, {}", code.to_lowercase())).await;
        comes(&desk, "p2", "jan", "dm-b", "hello again").await;
        assert_eq!(desk.house.cases().await.len(), 2);
        assert_eq!(said_in(&desk, 1).await, ["m1", "p1"]);
        assert_eq!(said_in(&desk, 2).await, ["m2", "p2"]);
        let seen: Vec<String> = merges(&desk.house).await.into_iter().map(|m| m.evidence).collect();
        assert_eq!(seen, ["code", "account"]);
        pointers_fold(&desk.house).await;
    });
}

#[test]
fn one_talk_serves_case_after_case() {
    at_desk(|desk| async move {
        desk.offer(1).await;
        comes(&desk, "p1", "jan", "dm", "here").await;
        desk.act(1, Act::Resolve { reason: "done".into(), ending: None }).await.unwrap();
        desk.act(1, Act::Close).await.unwrap();
        desk.house.clock.advance(Span::days(30));
        desk.house
            .take(&[post("m2", "jan", "t2", desk.minutes(), "@acme it broke again, please help me")])
            .await;
        desk.offer(2).await;
        comes(&desk, "p2", "jan", "dm", "it broke").await;
        assert_eq!(desk.house.cases().await.len(), 2);
        assert_eq!(
            (said_in(&desk, 1).await, said_in(&desk, 2).await),
            (vec!["m1".into(), "p1".into()], vec!["m2".into(), "p2".to_owned()])
        );
        pointers_fold(&desk.house).await;
    });
}

#[test]
fn a_code_from_another_account_is_proposed_and_may_be_taken_back() {
    at_desk(|desk| async move {
        desk.offer(1).await;
        let code = desk.way(1).await.code;
        comes(&desk, "p1", "mia", "chat-mia", &format!("I write for Jan: {code}, please help")).await;
        assert_eq!(desk.house.cases().await.len(), 2, "everybody can read a code");
        assert_eq!(desk.way(1).await.state, "offered");
        let proposed = joins(&desk).await.remove(0);
        assert_eq!((proposed.state.as_str(), proposed.evidence.as_str()), ("proposed", "code"));
        desk.private(1, PrivateAct::Join { join: proposed.id.clone() }).await.unwrap();
        assert_eq!(said_in(&desk, 1).await, ["m1", "p1"]);
        assert_eq!(desk.way(1).await.state, "linked");
        let other = desk.house.case(2).await;
        assert_eq!((other.state.as_str(), other.ended_why.as_deref()), ("resolved", Some("joined #1")));
        for (state, why) in desk.waits(2, "first_response").await {
            assert_eq!((state.as_str(), why.as_deref()), ("void", Some("moved")), "it counts once");
        }
        assert_eq!(desk.waits(1, "next_response").await[0].0, "running");
        // What follows in that talk, ours and theirs, is of this case.
        let answer = Answer { text: "Thank you, we call".into(), ..Answer::default() };
        desk.act(1, Act::Answer(answer)).await.unwrap();
        desk.settle(Span::seconds(5)).await;
        assert_eq!(desk.fake.posted()[1].to, "p1");
        assert_eq!(desk.waits(1, "next_response").await[0].0, "kept");
        comes(&desk, "p2", "mia", "chat-mia", "and when?").await;
        assert_eq!(said_in(&desk, 1).await, ["m1", "p1", "p2"]);
        assert_eq!(desk.waits(1, "next_response").await.len(), 2);
        pointers_fold(&desk.house).await;
        // It was wrong: the talk has its own case again, with its own clocks from their true start.
        let talk = merges(&desk.house).await[0].conversation_id.clone();
        desk.private(1, PrivateAct::Split { conversation: talk.clone() }).await.unwrap();
        assert_eq!(said_in(&desk, 1).await, ["m1"]);
        assert_eq!(said_in(&desk, 2).await, ["p1", "p2"]);
        let (one, two) = (desk.house.case(1).await, desk.house.case(2).await);
        assert_eq!((one.state.as_str(), two.state.as_str()), ("waiting_private", "new"));
        assert_eq!(desk.way(1).await.state, "offered");
        assert!(
            desk.waits(1, "next_response")
                .await
                .iter()
                .all(|(s, why)| s == "void" && why.as_deref() == Some("moved"))
        );
        let first: Vec<String> = desk.waits(2, "first_response").await.into_iter().map(|w| w.0).collect();
        assert_eq!(first.last().map(String::as_str), Some("kept"), "it was answered there: {first:?}");
        let next: Vec<String> = desk.waits(2, "next_response").await.into_iter().map(|w| w.0).collect();
        assert_eq!(next.last().map(String::as_str), Some("running"), "{next:?}");
        assert!(desk.waits(2, "first_resolution").await.iter().any(|(s, _)| s == "running"));
        pointers_fold(&desk.house).await;
        // And it stays out.
        comes(&desk, "p3", "mia", "chat-mia", &format!("{code} hello?")).await;
        assert_eq!(said_in(&desk, 2).await, ["p1", "p2", "p3"]);
        assert_eq!(joins(&desk).await.len(), 1);
        let again = desk.private(1, PrivateAct::Split { conversation: talk }).await.unwrap_err();
        assert!(matches!(again, CaseworkError::NotFound), "{again}");
    });
}

#[test]
fn a_message_without_evidence_is_proposed_and_may_be_declined() {
    at_desk(|desk| async move {
        comes(&desk, "p1", "jan", "dm", "please help me with my parcel").await;
        assert_eq!(desk.house.cases().await.len(), 2, "nothing was offered");
        let proposed = joins(&desk).await.remove(0);
        assert_eq!((proposed.state.as_str(), proposed.evidence.as_str()), ("proposed", "account"));
        desk.private(1, PrivateAct::Decline { join: proposed.id.clone() }).await.unwrap();
        let over = desk.private(1, PrivateAct::Join { join: proposed.id }).await.unwrap_err();
        assert!(matches!(over, CaseworkError::Refused(_)));
        desk.offer(1).await;
        comes(&desk, "p2", "jan", "dm", "still waiting").await;
        assert_eq!(said_in(&desk, 2).await, ["p1", "p2"], "a person said no");
        comes(&desk, "p3", "jan", "dm-new", "another talk").await;
        assert_eq!(said_in(&desk, 1).await, ["m1", "p3"]);
    });
}

#[test]
fn a_talk_with_a_case_of_its_own_is_folded_into_the_one_that_was_offered() {
    on_each(|house| async move {
        house.take(&[private("p1", "jan", "dm", 0, "please help me with my parcel")]).await;
        let desk = Desk::open(house).await;
        assert_eq!(desk.house.cases().await.len(), 2);
        desk.offer(2).await;
        comes(&desk, "p2", "jan", "dm", "you asked me to write").await;
        assert_eq!(said_in(&desk, 1).await, ["p1", "p2"], "it has a case already");
        assert_eq!(joins(&desk).await[0].state, "due");
        desk.wait(Span::seconds(5)).await;
        assert_eq!(said_in(&desk, 2).await, ["m1", "p1", "p2"]);
        assert_eq!(joins(&desk).await[0].state, "joined");
        assert_eq!(desk.way(2).await.state, "linked");
        assert_eq!(desk.house.case(1).await.state, "resolved");
        assert!(merges(&desk.house).await[0].who.is_none(), "no person had to say so");
        // A person may still say otherwise.
        let talk = merges(&desk.house).await[0].conversation_id.clone();
        desk.private(2, PrivateAct::Split { conversation: talk }).await.unwrap();
        assert_eq!((said_in(&desk, 1).await.len(), said_in(&desk, 2).await.len()), (2, 1));
        assert_eq!(desk.house.case(1).await.state, "new");
        pointers_fold(&desk.house).await;
    });
}

#[test]
fn a_talk_that_never_had_a_case_gets_one_when_it_is_split_off() {
    at_desk(|desk| async move {
        desk.offer(1).await;
        comes(&desk, "p1", "jan", "dm", "please help me with something else").await;
        let talk = merges(&desk.house).await[0].conversation_id.clone();
        desk.private(1, PrivateAct::Split { conversation: talk }).await.unwrap();
        let cases = desk.house.cases().await;
        let own = cases.iter().find(|c| c.number == 2).unwrap();
        assert_eq!((own.private, own.state.as_str(), own.open), (1, "new", 1));
        assert_eq!(
            own.previous_case_id.as_deref(),
            Some(cases.iter().find(|c| c.number == 1).unwrap().id.as_str())
        );
        assert_eq!(desk.waits(2, "first_response").await[0].0, "running");
        comes(&desk, "p2", "jan", "dm", "hello?").await;
        assert_eq!(said_in(&desk, 2).await, ["p1", "p2"]);
        assert_eq!(desk.house.case(1).await.state, "waiting_private");
        let kinds = desk.kinds(2).await;
        assert_eq!(kinds[0], "split_from", "{kinds:?}");
    });
}

#[test]
fn an_answer_in_the_thread_that_only_we_can_read_is_the_private_talk() {
    at_desk(|desk| async move {
        desk.offer(1).await;
        let offer = desk.fake.posted()[0].id.clone();
        let at = desk.minutes();
        desk.house.clock.advance(Span::minutes(2));
        let mut reply = private("p1", "jan", "t1", at, "my order is AB-1234");
        reply["in_reply_to"] = offer.into();
        desk.house.take(&[reply]).await;
        assert_eq!(said_in(&desk, 1).await, ["m1", "p1"]);
        assert_eq!(desk.way(1).await.state, "linked");
        assert!(merges(&desk.house).await.is_empty(), "there is nothing to merge");
    });
}

#[test]
fn nothing_said_to_one_brand_in_private_shows_in_another() {
    at_desk(|desk| async move {
        let both = "@acme @tempo my parcel never arrived, please help me";
        desk.house.take(&[post("m2", "mia", "t2", 0, both)]).await;
        let cases = desk.house.cases().await;
        let of_brand = |id: &str| cases.iter().filter(|c| c.brand_id == id).count();
        assert_eq!((of_brand(&desk.house.brand_id), cases.len()), (2, 3), "two brands, a case each");
        desk.offer(2).await;
        let of_tempo = |cases: Vec<CaseRow>| {
            let mine = &desk.house.brand_id;
            cases.into_iter().find(|c| c.brand_id != *mine).unwrap()
        };
        let before = of_tempo(desk.house.cases().await);
        comes(&desk, "p1", "mia", "dm-mia", "acme, my order is AB-1234").await;
        let brands: Vec<(String,)> = desk
            .house
            .all("SELECT g.brand_id FROM judgement g JOIN mention m ON m.id = g.mention_id WHERE m.external_id = 'p1'")
            .await;
        assert_eq!(brands, [(desk.house.brand_id.clone(),)]);
        let cases = desk.house.cases().await;
        assert_eq!(cases.len(), 3);
        assert_eq!(of_tempo(cases), before, "nothing of it is known there");
    });
}

#[test]
fn of_two_brands_that_both_offered_in_one_thread_only_the_one_addressed_gets_the_message() {
    at_desk(|desk| async move {
        let both = "@acme @tempo my parcel never arrived, please help me";
        desk.house.take(&[post("m2", "mia", "t2", 0, both)]).await;
        desk.offer(2).await;
        // The other brand offers too; its account is not ours to send with here, so its row is made by hand.
        let tempo = desk.house.cases().await.into_iter().find(|c| c.brand_id != desk.house.brand_id).unwrap();
        let way = HandoverRow {
            case_id: tempo.id.clone(),
            brand_id: tempo.brand_id.clone(),
            code: "WC-00000000".into(),
            changed_at: desk.house.clock_now().plus(Span::minutes(1)).millis(),
            ..desk.way(2).await
        };
        desk.house
            .write(move |tx| {
                Box::pin(async move {
                    let mut script = Script::of(tx, "test");
                    webcared::store::handover::put(&mut script, &[way])?;
                    script.run(tx).await
                })
            })
            .await
            .unwrap();
        comes(&desk, "p1", "mia", "dm-mia", "acme, my order is AB-1234").await;
        comes(&desk, "p2", "mia", "dm-mia", "acme, and it is broken").await;
        desk.say(2, "We see to it").await.unwrap();
        desk.settle(Span::seconds(5)).await;
        let judged: Vec<(String,)> = desk
            .house
            .all("SELECT DISTINCT g.brand_id FROM judgement g JOIN mention m ON m.id = g.mention_id WHERE m.private = 1")
            .await;
        assert_eq!(judged, [(desk.house.brand_id.clone(),)]);
        assert_eq!(said_in(&desk, 2).await, ["m2", "p1", "p2"]);
        let after = desk.house.cases().await.into_iter().find(|c| c.id == tempo.id).unwrap();
        assert_eq!(after, tempo, "nothing of it is known there");
    });
}
