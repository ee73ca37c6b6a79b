//! The walks of the architecture page: from a post to a case, its clocks, its alert and its end.

use crate::harness::{House, START, answer, on_each, post};
use futures_util::FutureExt;
use serde_json::json;
use webcared::casework::{Act, CaseworkError};
use webcared::domain::judgement::Level;
use webcared::domain::policy::{Policy, Target};
use webcared::domain::time::{Span, Timestamp};
use webcared::intake::Tally;

fn minutes(n: i64) -> i64 {
    START.plus(Span::minutes(n)).millis()
}

async fn response(house: &House, n: usize) -> (String, String, Option<i64>) {
    let clocks = house.clocks().await;
    let o = clocks.iter().filter(|o| o.kind.ends_with("_response")).nth(n).unwrap().clone();
    (o.kind, o.state, o.ended_at)
}

#[test]
fn a_post_becomes_a_case_with_running_clocks() {
    on_each(|house| async move {
        let tally = house.take(&[post("m1", "jan", "t1", -5, "@acme where is my parcel?")]).await;
        assert_eq!(tally, Tally { received: 1, mention: 1, ..Tally::default() });
        let case = house.case(1).await;
        assert_eq!((case.state.as_str(), case.open, case.opened_at), ("new", 1, minutes(-5)));
        assert_eq!(case.due_at, Some(minutes(25)), "the clock starts with the post, not when we saw it");
        let kinds: Vec<_> = house.clocks().await.into_iter().map(|o| o.kind).collect();
        assert_eq!(kinds, ["first_response", "first_resolution", "total_resolution"]);
        let events = house.events().await;
        assert_eq!((events[0].kind.as_str(), events[0].seq), ("opened", 1));
    });
}

#[test]
fn five_verdicts_add_up() {
    on_each(|house| async move {
        let first = post("m1", "jan", "t1", 0, "@acme my parcel never arrived, please help me");
        let posts = [
            first.clone(),
            first,
            post("m2", "piet", "t2", 0, "nothing of ours"),
            answer("o1", "m1", "t1", 3),
            json!({ "platform": "mastodon" }),
        ];
        house.clock.advance(Span::minutes(5));
        let tally = house.take(&posts).await;
        let expected =
            Tally { received: 5, mention: 1, duplicate: 1, own_echo: 1, filtered: 1, quarantined: 1 };
        assert_eq!(tally, expected);
        let counts: Vec<(String, i64)> =
            house.all("SELECT what, n FROM intake_count WHERE what <> 'received'").await;
        assert_eq!(counts.iter().map(|c| c.1).sum::<i64>(), 5);
        assert_eq!(house.count("SELECT n FROM intake_count WHERE what = 'received'").await, 5);
        assert_eq!(house.count("SELECT COUNT(*) FROM inbox WHERE verdict = 'quarantined'").await, 1);
    });
}

#[test]
fn our_answer_on_the_platform_stops_the_clock_by_its_own_time() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, "@acme my parcel never arrived, please help me")]).await;
        house.advance(Span::minutes(40)).await;
        house.take(&[answer("o1", "m1", "t1", 29)]).await;
        let (kind, state, ended) = response(&house, 0).await;
        assert_eq!((kind.as_str(), state.as_str(), ended), ("first_response", "kept", Some(minutes(29))));
        let breach = house.clock_events().await.into_iter().find(|e| e.stage == 100).unwrap();
        assert_eq!((breach.at, breach.annulled_at), (minutes(30), Some(minutes(40))), "it stays, annulled");
        let case = house.case(1).await;
        assert_eq!((case.state.as_str(), case.due_at), ("waiting_customer", None));
    });
}

#[test]
fn a_breach_is_recorded_once_with_its_true_time_also_after_a_stop() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, "@acme my parcel never arrived, please help me")]).await;
        house.advance(Span::minutes(29)).await;
        assert_eq!(house.clock_events().await.len(), 2, "two warnings");
        house.advance(Span::hours(3)).await;
        house.advance(Span::hours(1)).await;
        let breaches: Vec<_> = house
            .clock_events()
            .await
            .into_iter()
            .filter(|e| e.stage == 100 && e.kind == "first_response")
            .collect();
        assert_eq!(breaches.len(), 1);
        assert_eq!(breaches[0].at, minutes(30));
        assert_eq!(breaches[0].cause, "waiting_unseen");
        house.take(&[answer("o1", "m1", "t1", 100)]).await;
        assert_eq!(response(&house, 0).await.1, "broken");
    });
}

#[test]
fn an_impatient_second_message_is_no_second_clock_but_a_message_after_the_answer_is() {
    on_each(|house| async move {
        house.clock.advance(Span::minutes(10));
        house
            .take(&[
                post("m1", "jan", "t1", 0, "@acme my parcel never arrived, please help me"),
                post("m2", "jan", "t1", 5, "hello??"),
            ])
            .await;
        assert_eq!(house.cases().await.len(), 1);
        assert_eq!(house.clocks().await.iter().filter(|o| o.kind.ends_with("_response")).count(), 1);
        house.clock.advance(Span::minutes(10));
        house.take(&[answer("o1", "m2", "t1", 12)]).await;
        house.take(&[post("m3", "jan", "t1", 15, "it still does not work")]).await;
        assert_eq!(response(&house, 0).await.1, "kept");
        let (kind, state, _) = response(&house, 1).await;
        assert_eq!((kind.as_str(), state.as_str()), ("next_response", "running"));
        assert_eq!(house.case(1).await.state, "new");
    });
}

#[test]
fn an_answer_counts_for_whom_it_addresses_and_a_heart_does_not() {
    on_each(|house| async move {
        house.clock.advance(Span::minutes(10));
        house
            .take(&[
                post("m1", "jan", "t1", 0, "@acme my parcel never arrived, please help me"),
                post("m2", "piet", "t1", 1, "acme same here"),
            ])
            .await;
        let mut heart = answer("o0", "m2", "t1", 2);
        heart["text"] = "@piet ❤️".into();
        house.take(&[heart, answer("o1", "m1", "t1", 3)]).await;
        let states: Vec<(String, Option<i64>)> =
            house.cases().await.into_iter().map(|c| (c.state, c.first_answer_at)).collect();
        assert_eq!(states[0], ("waiting_customer".into(), Some(minutes(3))));
        assert_eq!(states[1], ("new".into(), None));
    });
}

#[test]
fn people_claim_exclusively_and_a_stale_view_is_refused() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, "@acme my parcel never arrived, please help me")]).await;
        let seen = house.case(1).await;
        let claimed = house.act(&seen, 1, Act::Claim { until: None }).await.unwrap();
        assert_eq!((claimed.state.as_str(), claimed.claimed_by.is_some()), ("working", true));
        let second = house.act(&claimed, 2, Act::Claim { until: None }).await;
        assert!(matches!(second, Err(CaseworkError::Refused(_))), "{second:?}");
        let stale = house.act(&seen, 2, Act::Dismiss { reason: "spam".into() }).await;
        let Err(CaseworkError::Stale { now, since }) = stale else { panic!("{stale:?}") };
        assert_eq!((now.version, since.len()), (2, 1));
        assert!(matches!(
            house.act(&claimed, 1, Act::Dismiss { reason: "  ".into() }).await,
            Err(CaseworkError::Invalid { field: "reason", .. })
        ));
        let other_brand = house.casework.act("brd_other", &claimed.id, 2, &actor(1), Act::Release).await;
        assert!(matches!(other_brand, Err(CaseworkError::NotFound)));
        let done = house.act(&claimed, 1, Act::Dismiss { reason: "another Acme".into() }).await.unwrap();
        assert_eq!((done.open, done.due_at, done.claimed_by), (0, None, None));
        assert!(house.clocks().await.iter().all(|o| o.state == "void" && o.next_at.is_none()));
        house.advance(Span::hours(100)).await;
        assert!(house.clock_events().await.is_empty(), "a dismissed case breaks nothing");
    });
}

fn actor(n: u8) -> webcared::casework::Actor {
    webcared::casework::Actor { person: crate::harness::person(n), lead: false }
}

#[test]
fn resolving_keeps_the_resolution_and_a_new_message_runs_the_total_again() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, "@acme my parcel never arrived, please help me")]).await;
        house.clock.advance(Span::hours(2));
        house.take(&[answer("o1", "m1", "t1", 20)]).await;
        let case = house.case(1).await;
        let resolved = house
            .act(&case, 1, Act::Resolve { reason: "sent a new one".into(), ending: None })
            .await
            .unwrap();
        assert_eq!((resolved.state.as_str(), resolved.open), ("resolved", 0));
        let of = |clocks: &[webcared::store::rows::ObligationRow], kind: &str| -> Vec<String> {
            clocks.iter().filter(|o| o.kind == kind).map(|o| o.state.clone()).collect()
        };
        let clocks = house.clocks().await;
        assert_eq!(of(&clocks, "first_resolution"), ["kept"]);
        assert_eq!(of(&clocks, "total_resolution"), ["kept"]);
        house.clock.advance(Span::hours(10));
        house.take(&[post("m2", "jan", "t1", 700, "it broke again")]).await;
        let again = house.case(1).await;
        assert_eq!((again.state.as_str(), again.id), ("new", resolved.id));
        let clocks = house.clocks().await;
        assert_eq!(of(&clocks, "first_resolution"), ["kept"], "the first time was the first time");
        assert_eq!(of(&clocks, "total_resolution"), ["kept", "running"]);
        assert_eq!(of(&clocks, "next_response"), ["running"]);
    });
}

#[test]
fn a_closed_case_reopens_in_its_window_and_is_followed_after_it() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, "@acme my parcel never arrived, please help me")]).await;
        let case = house.case(1).await;
        let case = house.act(&case, 1, Act::Resolve { reason: String::new(), ending: None }).await.unwrap();
        house.act(&case, 1, Act::Close).await.unwrap();
        house.clock.advance(Span::days(3));
        house.take(&[post("m2", "jan", "t1", 3 * 24 * 60, "acme again")]).await;
        let case = house.case(1).await;
        assert_eq!(case.state, "new");
        let case = house.act(&case, 1, Act::Resolve { reason: String::new(), ending: None }).await.unwrap();
        house.act(&case, 1, Act::Close).await.unwrap();
        house.clock.advance(Span::days(30));
        house.take(&[post("m3", "jan", "t1", 33 * 24 * 60, "acme once more")]).await;
        let follower = house.case(2).await;
        assert_eq!(follower.previous_case_id.as_deref(), Some(case.id.as_str()));
    });
}

#[test]
fn a_post_about_two_brands_is_one_mention_and_two_cases() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, "acme and tempo are both late")]).await;
        let cases = house.cases().await;
        assert_eq!(cases.len(), 2);
        assert_ne!(cases[0].brand_id, cases[1].brand_id);
        assert_eq!(house.count("SELECT COUNT(*) FROM mention").await, 1);
        assert_eq!(cases.iter().map(|c| c.number).collect::<Vec<_>>(), [1, 1], "numbers are per brand");
    });
}

#[test]
fn an_edit_is_a_revision_and_an_old_one_changes_nothing() {
    on_each(|house| async move {
        let mut edit =
            post("m1", "jan", "t1", 0, "@acme my parcel never arrived, please help me, now with details");
        edit["edited_at"] = START.plus(Span::minutes(2)).rfc3339().into();
        house.clock.advance(Span::minutes(5));
        house.take(&[post("m1", "jan", "t1", 0, "@acme my parcel never arrived, please help me")]).await;
        assert_eq!(house.take(&[edit.clone()]).await.mention, 1);
        assert_eq!(house.take(&[edit]).await.duplicate, 1);
        let texts: Vec<(String, String)> =
            house.all("SELECT id, body FROM content WHERE kind = 'mention' ORDER BY id").await;
        assert_eq!(texts.len(), 2);
        assert!(texts[1].1.contains("details") && texts[1].0.ends_with("/2"));
        assert_eq!(house.count("SELECT MAX(revision) FROM judgement").await, 2);
        assert_eq!(house.cases().await.len(), 1);
    });
}

#[test]
fn an_edit_from_mild_to_urgent_adds_the_deadline_counted_from_the_raising() {
    on_each(|house| async move {
        let of =
            |level, minutes| Target { level, first_response_minutes: Some(minutes), ..Target::default() };
        let targets = vec![of(None, 120), of(Some(Level::P1), 15)];
        let policy = Policy { name: "by-level".into(), targets, ..Policy::default() };
        let (mint, now, mut brand) = (house.mint.clone(), house.clock_now(), crate::harness::acme());
        policy.name.clone_into(&mut brand.policy);
        let imported = house.write(move |tx| {
            Box::pin(async move {
                webcared::catalogue::import(tx, &[brand], &[policy], "file:x", &mint, now).await
            })
        });
        let mut catalogue = imported.await.unwrap();
        catalogue.teams.clone_from(&house.current.get().teams);
        house.current.set(catalogue);

        house.take(&[post("m1", "jan", "t1", 0, "@acme my parcel never arrived, please help me")]).await;
        let before = house.case(1).await;
        assert!(before.level > 2 && house.alerts().await.is_empty(), "it must be mild: {}", before.level);
        assert_eq!(before.due_at, Some(minutes(120)));
        house.clock.advance(Span::minutes(40));
        let fire = "@acme my house is on fire because of your charger, people are hurt, call 112";
        let mut edit = post("m1", "jan", "t1", 0, fire);
        edit["edited_at"] = START.plus(Span::minutes(38)).rfc3339().into();
        house.take(&[edit.clone()]).await;
        let case = house.case(1).await;
        assert_eq!((case.level, case.due_at), (1, Some(minutes(53))), "from when it was edited");
        let waits = async || {
            let clocks = house.clocks().await.into_iter().filter(|o| o.kind == "first_response");
            clocks.map(|o| (o.part, o.state, o.started_at, o.due_at)).collect::<Vec<_>>()
        };
        let line = |part, state: &str, due| (part, state.to_owned(), minutes(0), minutes(due));
        let both = [line(0, "superseded", 120), line(1, "running", 53)];
        assert_eq!(waits().await, both, "one wait, from the same start, with a deadline more");
        assert_eq!(house.alerts().await, [("arrival".to_owned(), "ready".to_owned())], "and the team hears");

        // The same edit again changes nothing, and milder words give no time back.
        house.take(&[edit]).await;
        house.clock.advance(Span::minutes(5));
        let mut milder = post("m1", "jan", "t1", 0, "@acme my parcel never arrived, please help me, thanks");
        milder["edited_at"] = START.plus(Span::minutes(44)).rfc3339().into();
        house.take(&[milder]).await;
        assert_eq!(house.case(1).await.due_at, Some(minutes(53)));
        assert_eq!(house.alerts().await.len(), 1);
    });
}

#[test]
fn an_edit_that_makes_an_answered_case_urgent_is_told_and_one_that_we_answered_is_not() {
    on_each(|house| async move {
        let fire = "@acme my house is on fire because of your charger, people are hurt, call 112";
        let edited = |n: u8, at| {
            let mut edit = post(&format!("m{n}"), &format!("jan{n}"), &format!("t{n}"), 0, fire);
            edit["edited_at"] = START.plus(Span::minutes(at)).rfc3339().into();
            edit
        };
        house.clock.advance(Span::minutes(40));
        for n in [1, 2] {
            let (asked, thread) = (format!("m{n}"), format!("t{n}"));
            let mild =
                post(&asked, &format!("jan{n}"), &thread, 0, "@acme my parcel never arrived, please help me");
            house.take(&[mild, answer(&format!("o{n}"), &asked, &thread, 20)]).await;
        }
        house.take(&[edited(1, 10)]).await;
        assert_eq!(house.case(1).await.level, 1);
        assert!(house.alerts().await.is_empty(), "those words were there when we answered");
        let until = house.clock_now().plus(Span::days(1));
        house.act(&house.case(2).await, 1, Act::Snooze { until }).await.unwrap();
        house.take(&[edited(2, 30)]).await;
        let case = house.case(2).await;
        assert_eq!((case.level, case.snoozed_until), (1, None), "nor does it sleep on");
        assert_eq!(house.alerts().await, [("arrival".to_owned(), "ready".to_owned())]);
    });
}

#[test]
fn a_brand_named_only_above_is_not_named_by_who_answers_there() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, "@acme my parcel never arrived, please help me")]).await;
        let mut below = post("m2", "kees", "t1", 1, "poor you, that is a pity");
        below["in_reply_to"] = "m1".into();
        let tally = house.take(&[below]).await;
        assert_eq!((tally.mention, tally.filtered), (0, 1));
        assert_eq!(house.cases().await.len(), 1);
    });
}

#[test]
fn history_makes_a_case_at_most_and_no_clock() {
    on_each(|house| async move {
        let reader = house.intake.reader();
        let rules = webcared::intake::SourceRules { counts_from: START, ..Default::default() };
        let body = post("m1", "jan", "t1", -60, "@acme my parcel never arrived, please help me")
            .to_string()
            .into_bytes();
        let read = reader.read(&body, &rules, START);
        let item = webcared::intake::Item {
            inbox_id: None,
            source: "s".into(),
            place: "1".into(),
            received_at: START,
            body,
            read,
        };
        house.intake.take(vec![item]).await.unwrap();
        assert_eq!(house.case(1).await.historic, 1);
        assert!(house.clocks().await.is_empty());
        house.advance(Span::days(10)).await;
        assert!(house.clock_events().await.is_empty());
    });
}

#[test]
fn a_reload_between_reading_and_settling_mixes_up_no_brands() {
    on_each(|house| async move {
        let reader = house.intake.reader();
        let items =
            house.items(&[post("m1", "jan", "t1", 0, "@acme my parcel never arrived, please help me")]);
        let mut turned = (*house.current.get()).clone();
        assert!(turned.brands.len() > 1);
        turned.brands.reverse();
        house.current.set(turned);
        house.intake.take_read(items, reader).await.unwrap();
        assert_eq!(house.case(1).await.brand_id, house.brand_id);
        assert_eq!(house.cases().await.len(), 1);
    });
}

#[test]
fn a_wait_for_the_customer_ends_by_itself_after_the_policys_days() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, "@acme my parcel never arrived, please help me")]).await;
        house.clock.advance(Span::minutes(5));
        house.take(&[answer("o1", "m1", "t1", 4)]).await;
        house.advance(Span::days(6)).await;
        assert_eq!(house.deadlines.end_silent().await.unwrap(), 0);
        house.advance(Span::days(2)).await;
        assert_eq!(house.deadlines.end_silent().await.unwrap(), 1);
        let case = house.case(1).await;
        assert_eq!((case.state.as_str(), case.ended_why.as_deref()), ("resolved", Some("no_reply")));
        let held: Vec<_> =
            house.clocks().await.into_iter().filter(|o| o.kind == "first_resolution").collect();
        assert_eq!(
            held[0].state, "kept",
            "while the customer's turn it is, the resolution clock stands still"
        );
    });
}

#[test]
fn events_fold_to_the_columns() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, "@acme my parcel never arrived, please help me")]).await;
        let case = house.case(1).await;
        let case = house.act(&case, 1, Act::Claim { until: None }).await.unwrap();
        let case = house.act(&case, 1, Act::AwaitFrontOffice).await.unwrap();
        house.clock.advance(Span::minutes(3));
        house.take(&[post("m2", "jan", "t1", 2, "any news?")]).await;
        let case = house.act(&house.case(1).await, 1, Act::Release).await.unwrap_or(case);
        let events = house.events().await;
        let last = events.last().unwrap();
        assert_eq!((last.state.as_str(), last.seq), (case.state.as_str(), case.version));
        let seqs: Vec<i64> = events.iter().map(|e| e.seq).collect();
        assert_eq!(seqs, (1..=case.version).collect::<Vec<_>>(), "no step is missing");
        assert_eq!(Timestamp(last.recorded_at), Timestamp(case.changed_at));
    });
}

#[test]
fn the_team_hears_of_urgent_posts_at_once_and_of_every_breach_once() {
    on_each(|house| async move {
        let smoke =
            "@acme smoke is coming out of your charger, it burns my hand and my baby is in the room!!";
        house
            .take(&[
                post("m1", "jan", "t1", 0, smoke),
                post("m2", "piet", "t2", 0, "@acme which cable do I need for the small lamp?"),
            ])
            .await;
        let urgent = house.cases().await.into_iter().filter(|c| c.level <= 2).count();
        assert_eq!(urgent, 1, "one of the two is urgent");
        assert_eq!(house.alerts().await, [("arrival".to_owned(), "ready".to_owned())]);
        house.take(&[post("m1", "jan", "t1", 0, smoke)]).await;
        assert_eq!(house.alerts().await.len(), 1, "a repetition alerts nobody");
        house.advance(Span::minutes(31)).await;
        let breaches = house.alerts().await.into_iter().filter(|(occasion, _)| occasion == "breach").count();
        assert_eq!(breaches, 2, "one for each promise that was broken");
        house.advance(Span::minutes(31)).await;
        let again = house.alerts().await.into_iter().filter(|(occasion, _)| occasion == "breach").count();
        assert_eq!(again, 2);
    });
}

#[test]
fn two_replicas_record_each_deadline_once() {
    on_each(|house| async move {
        if house.engine == crate::harness::Engine::Sqlite {
            return; // one process holds the lock there
        }
        for n in 0..40 {
            house
                .take(&[post(
                    &format!("m{n}"),
                    &format!("a{n}"),
                    &format!("t{n}"),
                    0,
                    "@acme my parcel never arrived, please help me",
                )])
                .await;
        }
        let second = house.replica(8).await;
        house.clock.advance(Span::hours(1));
        second.clock.advance(Span::hours(1));
        let (a, b) = tokio::join!(run_dry(&house), run_dry(&second));
        assert_eq!(a + b, house.clock_events().await.len());
        assert_eq!(house.count("SELECT COUNT(*) FROM clock_event WHERE stage = 100").await, 40);
        assert_eq!(house.alerts().await.iter().filter(|(o, _)| o == "breach").count(), 40);
        assert_eq!(second.current.get().brands.len(), 2);
    });
}

async fn run_dry(house: &House) -> usize {
    let mut all = 0;
    // A case that the other has in hand is passed over for a moment.
    for _ in 0..50 {
        all += house.deadlines.run_once().await.unwrap();
    }
    all
}

#[test]
fn all_who_may_have_to_send_wake_when_somebody_acts() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, "@acme where is my parcel?")]).await;
        let case = house.case(1).await;
        let outbox = std::sync::Arc::new(tokio::sync::Notify::new());
        let (one, other) = (outbox.notified(), outbox.notified());
        let casework = house.casework.clone().waking(outbox.clone());
        let act = Act::Claim { until: None };
        casework.act(&case.brand_id, &case.id, case.version, &actor(1), act).await.unwrap();
        // One worker an account: the one whose action it is must not miss it because another woke.
        assert!(one.now_or_never().is_some() && other.now_or_never().is_some());
    });
}
