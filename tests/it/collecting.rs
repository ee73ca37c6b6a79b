//! Threads and authors that are collected, on both engines: what joins, what gets out, and that nothing is lost by it.

use crate::harness::{House, START, answer, on_each, person, post};
use serde_json::{Value, json};
use webcared::casework::{Act, Actor, CaseworkError, CollectAct};
use webcared::domain::audit::Caller;
use webcared::domain::collecting::Scope;
use webcared::domain::role::Role;
use webcared::domain::time::{Span, Timestamp};
use webcared::privacy::By;
use webcared::store::rows::CaseRow;
use webcared::store::{leading, leading_by, leading_more};

const FIRST: &str = "@acme my parcel never arrived, where is it?";
const CHATTER: &str = "@acme what a bunch of clowns";
const QUESTION: &str = "@acme my parcel is late too, when does it arrive?";
const HARM: &str = "@acme you take everything, I want to end my life";
const URGENT: &str = "@acme my mother has collapsed on your train and cannot breathe, help now";

/// Says something at a minute, when the clock stands there.
async fn say(house: &House, id: &str, author: &str, thread: &str, minute: i64, text: &str) {
    house.clock.set(START.plus(Span::minutes(minute)));
    house.take(&[post(id, author, thread, minute, text)]).await;
}

async fn act(house: &House, case: &CaseRow, lead: bool, act: CollectAct) -> Result<CaseRow, CaseworkError> {
    let role = if lead { Role::Lead } else { Role::Agent };
    let casework = house.casework.called(Caller { role: Some(role), ..Caller::default() });
    let seen = house.cases().await.into_iter().find(|c| c.id == case.id).unwrap().version;
    let actor = Actor { person: person(1), lead };
    casework.act(&case.brand_id, &case.id, seen, &actor, Act::Collect(act)).await
}

async fn set(house: &House, case: &CaseRow, scope: Scope) -> Result<CaseRow, CaseworkError> {
    let reason = "a storm below our post".to_owned();
    act(house, case, true, CollectAct::Set { scope, reason, until: None }).await
}

/// How many posts are collected.
async fn collected(house: &House) -> i64 {
    house
        .count("SELECT COUNT(DISTINCT g.mention_id) FROM judgement g JOIN collecting z ON z.id = g.case_id")
        .await
}

/// The external ids of the posts of a case, in order.
async fn posts_of(house: &House, number: i64) -> Vec<String> {
    let rows: Vec<(i64, String)> = house
        .all(
            "SELECT DISTINCT c.number, m.external_id FROM cases c JOIN judgement g ON g.case_id = c.id
             JOIN mention m ON m.id = g.mention_id ORDER BY 1, 2",
        )
        .await;
    rows.into_iter().filter(|r| r.0 == number).map(|r| r.1).collect()
}

async fn begun(house: &House) -> CaseRow {
    say(house, "a0", "ann", "t", 0, FIRST).await;
    let case = house.cases().await.pop().unwrap();
    house.clock.set(START.plus(Span::minutes(5)));
    set(house, &case, Scope::Thread).await.unwrap();
    case
}

fn refused<T: std::fmt::Debug>(done: Result<T, CaseworkError>, words: &str) {
    let told = done.unwrap_err().to_string();
    assert!(told.contains(words), "{told}");
}

#[test]
fn what_others_say_joins_without_a_clock_and_what_must_be_seen_gets_out() {
    on_each(|house| async move {
        let case = begun(&house).await;
        let (clocks, events) = (house.clocks().await.len(), house.events().await.len());
        say(&house, "b1", "bob", "t", 6, CHATTER).await;
        say(&house, "c1", "cas", "t", 7, CHATTER).await;
        assert_eq!((house.cases().await.len(), collected(&house).await), (1, 2));
        assert_eq!((house.clocks().await.len(), house.events().await.len()), (clocks, events));
        assert_eq!(posts_of(&house, case.number).await, ["a0"]);
        say(&house, "d1", "dik", "t", 8, QUESTION).await;
        say(&house, "e1", "eva", "t", 9, HARM).await;
        assert_eq!(
            (house.cases().await.len(), collected(&house).await),
            (3, 2),
            "both are cases of their own"
        );
        assert!(house.clocks().await.len() > clocks);
        // Their talk goes on where it began, and so does that of who asked first.
        say(&house, "d2", "dik", "t", 10, CHATTER).await;
        say(&house, "a1", "ann", "t", 11, CHATTER).await;
        assert_eq!(posts_of(&house, 2).await, ["d1", "d2"]);
        assert_eq!(posts_of(&house, 1).await, ["a0", "a1"]);
        // Elsewhere nothing is collected.
        say(&house, "b2", "bob", "u", 12, CHATTER).await;
        assert_eq!((house.cases().await.len(), collected(&house).await), (4, 2));
        let counts: Vec<(String, i64)> = house
            .all("SELECT what, CAST(SUM(n) AS BIGINT) FROM intake_count GROUP BY what ORDER BY what")
            .await;
        assert_eq!(
            counts,
            [("mention".to_owned(), 8), ("received".to_owned(), 8)],
            "what is collected counts"
        );
    });
}

#[test]
fn how_late_collected_posts_came_is_told_with_the_others() {
    on_each(|house| async move {
        begun(&house).await;
        house.clock.set(START.plus(Span::minutes(30)));
        house.take(&[post("b1", "bob", "t", 6, CHATTER), post("c1", "cas", "t", 7, CHATTER)]).await;
        assert_eq!((house.cases().await.len(), collected(&house).await), (1, 2));
        let read = house.db.read("a test", |tx| {
            Box::pin(async move {
                let (from, to) = (START.minus(Span::days(1)), START.plus(Span::days(1)));
                let of = leading::Span { brands: &[], from, to, now: to };
                let later = leading::Span { from: START.plus(Span::minutes(5)), ..of };
                let posted = leading_more::cases(tx, later, "posted", 10).await?;
                Ok((leading::beside(tx, of).await?, leading_by::delays(tx, of).await?, posted))
            })
        });
        let (all, groups, posted) = read.await.unwrap();
        assert_eq!(posted, [("Acme".to_owned(), 1)], "and behind the figure stands their case");
        let late = Some(Span::minutes(23).millis());
        assert_eq!(all.delay_median_ms, late, "two of three came so late: {all:?}");
        let channel = groups.iter().find(|g| g.dim == "channel").unwrap();
        assert_eq!(channel.median_ms, late, "{groups:?}");
    });
}

#[test]
fn an_answer_of_ours_makes_a_talk_of_what_comes_after_it() {
    on_each(|house| async move {
        begun(&house).await;
        say(&house, "b1", "bob", "t", 6, CHATTER).await;
        house.clock.set(START.plus(Span::minutes(8)));
        // What came after it was here before it.
        house.take(&[post("b2", "bob", "t", 8, CHATTER)]).await;
        assert_eq!(collected(&house).await, 2);
        house.take(&[answer("o1", "b1", "t", 7)]).await;
        assert_eq!(collected(&house).await, 1, "what was said before it stays");
        assert_eq!(posts_of(&house, 2).await, ["b2"]);
        let again = house.take(&[post("b2", "bob", "t", 8, CHATTER), answer("o1", "b1", "t", 7)]).await;
        assert_eq!((again.duplicate, house.cases().await.len()), (2, 2));
    });
}

#[test]
fn an_edit_lets_out_and_a_deletion_takes_away() {
    on_each(|house| async move {
        begun(&house).await;
        say(&house, "b1", "bob", "t", 6, CHATTER).await;
        say(&house, "c1", "cas", "t", 7, CHATTER).await;
        let mut edited: Value = post("b1", "bob", "t", 6, URGENT);
        edited["edited_at"] = json!(START.plus(Span::minutes(9)).rfc3339());
        house.clock.set(START.plus(Span::minutes(9)));
        house.take(&[edited]).await;
        let cases = house.cases().await;
        assert_eq!((cases.len(), collected(&house).await), (2, 1));
        let own = cases.iter().find(|c| c.number == 2).unwrap();
        assert!(own.level <= 2, "it is as urgent as its words are now: {own:?}");
        let judged = "SELECT COUNT(*) FROM judgement g JOIN collecting z ON z.id = g.case_id
            JOIN mention m ON m.id = g.mention_id WHERE m.external_id = 'b1'";
        assert_eq!(house.count(judged).await, 0, "no revision is left behind");
        let mut gone = post("c1", "cas", "t", 7, "");
        gone["deleted"] = json!(true);
        house.take(&[gone]).await;
        let words = "SELECT COUNT(*) FROM content WHERE kind = 'mention' AND id IN
            (SELECT m.id || '/1' FROM mention m WHERE m.external_id = 'c1')";
        assert_eq!((house.count(words).await, house.cases().await.len()), (0, 2));
    });
}

#[test]
fn it_is_set_once_by_whom_may_and_ends_by_hand_or_by_time() {
    on_each(|house| async move {
        say(&house, "a0", "ann", "t", 0, FIRST).await;
        let case = house.cases().await.pop().unwrap();
        refused(act(&house, &case, false, author()).await, "needs a lead");
        let no_reason = CollectAct::Set { scope: Scope::Thread, reason: " ".into(), until: None };
        refused(act(&house, &case, false, no_reason).await, "reason");
        let until = Some(START.plus(Span::hours(1)));
        let hour = CollectAct::Set { scope: Scope::Thread, reason: "storm".into(), until };
        act(&house, &case, false, hour.clone()).await.unwrap();
        refused(act(&house, &case, false, hour).await, "already, with case #1");
        say(&house, "b1", "bob", "t", 5, CHATTER).await;
        act(&house, &case, false, CollectAct::End { scope: Scope::Thread }).await.unwrap();
        refused(
            act(&house, &case, false, CollectAct::End { scope: Scope::Thread }).await,
            "nothing of this kind",
        );
        say(&house, "c1", "cas", "t", 6, CHATTER).await;
        assert_eq!((collected(&house).await, house.cases().await.len()), (1, 2), "what is collected stays");
        // A late delivery of what was said while it went on joins it all the same.
        house.take(&[post("d1", "dik", "t", 4, CHATTER)]).await;
        assert_eq!(collected(&house).await, 2);
        let until = Some(START.plus(Span::minutes(30)));
        let short = CollectAct::Set { scope: Scope::Thread, reason: "again".into(), until };
        act(&house, &case, false, short).await.unwrap();
        say(&house, "e1", "eva", "t", 29, CHATTER).await;
        say(&house, "f1", "fem", "t", 30, CHATTER).await;
        assert_eq!((collected(&house).await, house.cases().await.len()), (3, 3));
        set(&house, &case, Scope::Thread).await.unwrap();
        let audit = "SELECT COUNT(*) FROM audit WHERE act IN ('case.collect', 'case.collect_end') AND outcome = 'done'";
        assert_eq!(house.count(audit).await, 4);
        let kinds = "SELECT COUNT(*) FROM case_event WHERE kind IN ('collect_begun', 'collect_ended')";
        assert_eq!(house.count(kinds).await, 4);
    });
}

fn author() -> CollectAct {
    CollectAct::Set { scope: Scope::Author, reason: "insults everywhere".into(), until: None }
}

#[test]
fn an_author_is_collected_in_every_thread_for_one_brand() {
    on_each(|house| async move {
        say(&house, "a0", "troll", "t", 0, CHATTER).await;
        let case = house.cases().await.pop().unwrap();
        house.clock.set(START.plus(Span::minutes(5)));
        set(&house, &case, Scope::Author).await.unwrap();
        say(&house, "a1", "troll", "t", 6, CHATTER).await;
        say(&house, "a2", "troll", "u", 7, CHATTER).await;
        say(&house, "b1", "bob", "u", 8, CHATTER).await;
        assert_eq!((collected(&house).await, house.cases().await.len()), (2, 2));
        say(&house, "a3", "troll", "v", 9, "tempo what a bunch of clowns").await;
        assert_eq!(
            (collected(&house).await, house.cases().await.len()),
            (2, 3),
            "another brand is another matter"
        );
        say(&house, "a4", "troll", "w", 10, QUESTION).await;
        assert_eq!((collected(&house).await, house.cases().await.len()), (2, 4));
    });
}

#[test]
fn a_post_is_taken_out_by_hand_with_what_its_author_said_after_it() {
    on_each(|house| async move {
        let case = begun(&house).await;
        say(&house, "b1", "bob", "t", 6, CHATTER).await;
        say(&house, "b2", "bob", "t", 7, CHATTER).await;
        say(&house, "b3", "bob", "t", 8, CHATTER).await;
        let ids: Vec<(String,)> = house.all("SELECT id FROM mention WHERE external_id = 'b2'").await;
        let mention = ids[0].0.clone();
        act(&house, &case, false, CollectAct::Release { mention: mention.clone() }).await.unwrap();
        assert_eq!((collected(&house).await, posts_of(&house, 2).await), (1, vec!["b2".into(), "b3".into()]));
        refused(act(&house, &case, false, CollectAct::Release { mention }).await, "no such case");
        say(&house, "b4", "bob", "t", 9, CHATTER).await;
        assert_eq!(posts_of(&house, 2).await, ["b2", "b3", "b4"], "and what comes then");
        assert_eq!(posts_of(&house, 1).await, ["a0"]);
        let own = house.cases().await.into_iter().find(|c| c.number == 2).unwrap();
        assert_eq!((own.private, own.state.as_str(), own.platform.as_str()), (0, "new", "mastodon"));
    });
}

#[test]
fn an_erasure_of_the_first_takes_nothing_of_the_others() {
    on_each(|house| async move {
        begun(&house).await;
        say(&house, "b1", "bob", "t", 6, CHATTER).await;
        let privacy = crate::privacy::privacy(&house);
        privacy.erase("ann@toot.example", false, &By::Command).await.unwrap();
        let words = "SELECT COUNT(*) FROM content WHERE kind = 'mention'";
        assert_eq!((house.count(words).await, collected(&house).await), (1, 1));
        let reason = "SELECT COUNT(*) FROM content WHERE kind = 'collecting'";
        assert_eq!(house.count(reason).await, 0, "why it was set was said of them");
        // What the others said is kept no longer than what stands in cases, and then nor are their names.
        let now = house.clock_now().plus(Span::days(200));
        let went = |days: i64| {
            house.write(move |tx| {
                Box::pin(async move {
                    webcared::store::retention::strangers(tx, now.minus(Span::days(days)), now, 10).await
                })
            })
        };
        assert_eq!(went(201).await.unwrap(), 0, "not yet");
        assert_eq!(went(180).await.unwrap(), 1);
        assert_eq!(went(180).await.unwrap(), 0, "once");
        let left = "SELECT COUNT(*) FROM content WHERE kind IN ('mention', 'profile')";
        assert_eq!(house.count(left).await, 0);
    });
}

#[test]
fn words_of_what_is_collected_go_with_the_case_and_not_before_it_collects_no_more() {
    on_each(|house| async move {
        let case = begun(&house).await;
        say(&house, "b1", "bob", "t", 6, CHATTER).await;
        let seen = house.cases().await.pop().unwrap();
        house.act(&seen, 1, Act::Dismiss { reason: "a storm".into() }).await.unwrap();
        let due = |days: i64| {
            let now: Timestamp = house.clock_now().plus(Span::days(days));
            house.write(move |tx| {
                Box::pin(async move {
                    use webcared::store::retention;
                    let before = now.minus(Span::days(30));
                    let due =
                        retention::Due { kind: "dismissed", before, platform: None, others: Vec::new() };
                    let found = retention::due(tx, &due, now, 10).await?;
                    retention::forget(tx, &found, now).await?;
                    Ok(found.len())
                })
            })
        };
        assert_eq!(due(40).await.unwrap(), 0, "it collected until day 14");
        assert_eq!(due(50).await.unwrap(), 1);
        assert_eq!(
            house
                .count("SELECT COUNT(*) FROM content WHERE kind IN ('mention', 'collecting', 'profile')")
                .await,
            0
        );
        assert_eq!(case.number, 1);
    });
}

#[test]
fn what_somebody_said_that_a_held_case_keeps_is_not_erased_before_the_hold_ends() {
    on_each(|house| async move {
        let case = begun(&house).await;
        say(&house, "b1", "bob", "t", 6, CHATTER).await;
        assert_eq!(collected(&house).await, 1);
        let (privacy, by) = (crate::privacy::privacy(&house), By::Command);
        let until = house.clock_now().plus(Span::days(3));
        privacy.hold(&case.brand_id, &case.id, "a claim", until, &by).await.unwrap();
        let why = privacy.erase("bob", false, &by).await.unwrap_err().to_string();
        assert!(why.contains("Acme #1 is held until"), "{why}");
        assert_eq!(collected(&house).await, 1);
        house.clock.advance(Span::days(3));
        privacy.erase("bob", false, &by).await.unwrap();
        let words = "SELECT COUNT(*) FROM content WHERE body LIKE '%clowns%'";
        assert_eq!((house.count(words).await, house.case(1).await.open), (0, 1));
    });
}
