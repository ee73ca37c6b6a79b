//! Promises with hours and scopes, from a post to the report, on both engines.

use crate::harness::{House, START, answer, on_each, post};
use jiff::tz::TimeZone;
use std::sync::Arc;
use webcared::casework::Act;
use webcared::catalogue;
use webcared::domain::calendar::{Calendar, CalendarSpec};
use webcared::domain::policy::{Channel, Policy, Target};
use webcared::domain::scope::{Scope, ScopeRules, Visibility};
use webcared::domain::time::{Span, Timestamp};
use webcared::reports::{self, Ask};

// START is Monday 21 September 2026, 14:13:20 UTC, in Amsterdam 16:13:20; times below are minutes
// after it.

fn calendar(opening: &str) -> Calendar {
    let day = vec![opening.to_owned()];
    let (name, zone) = ("desk".to_owned(), "Europe/Amsterdam".to_owned());
    let spec =
        CalendarSpec { name, zone, mon: day.clone(), tue: day.clone(), wed: day, ..CalendarSpec::default() };
    Calendar::new(&spec).unwrap()
}

fn policy(opening: &str) -> Policy {
    let known = [("desk".to_owned(), Arc::new(calendar(opening)))].into();
    let target = Target {
        first_response_minutes: Some(60),
        next_response_minutes: Some(60),
        total_resolution_minutes: Some(120),
        ..Target::default()
    };
    let policy = Policy {
        name: "desk-1h".into(),
        calendar: "desk".into(),
        targets: vec![target],
        ..Policy::default()
    };
    policy.with_calendars(&known)
}

/// Makes the policy the one of Acme, as a reload does.
async fn promise(house: &House, policy: Policy) -> i64 {
    let (mint, now) = (house.mint.clone(), house.clock_now());
    let mut brand = crate::harness::acme();
    policy.name.clone_into(&mut brand.policy);
    brand.handles = vec!["acme".into(), "acme_care".into()];
    let catalogue = house
        .write(move |tx| {
            Box::pin(async move { catalogue::import(tx, &[brand], &[policy], "file:x", &mint, now).await })
        })
        .await
        .unwrap();
    let version = catalogue.named("acme").unwrap().policy.0;
    house.current.set(catalogue);
    version
}

fn minute(n: i64) -> i64 {
    START.plus(Span::minutes(n)).millis()
}

fn at(text: &str) -> i64 {
    Timestamp::parse(text).unwrap().millis()
}

async fn report(house: &House) -> reports::Row {
    let ask = Ask {
        from: START.minus(Span::days(1)),
        to: START.plus(Span::days(3)),
        brands: Vec::new(),
        zone: TimeZone::UTC,
    };
    reports::report(&house.db, &ask, house.clock_now()).await.unwrap().total
}

#[test]
fn a_deadline_waits_for_the_morning_and_the_report_tells_both_times() {
    on_each(|house| async move {
        let version = promise(&house, policy("09:00-16:40")).await;
        // 16:13:20; 26 min 40 s are left of Monday, 33 min 20 s of Tuesday.
        house.take(&[post("a", "jan", "t", 0, "@acme it does not work, please help")]).await;
        let clock = house.clocks().await.remove(0);
        assert_eq!((clock.calendar.as_str(), clock.policy_version), ("desk", version));
        assert_eq!(clock.due_at, at("2026-09-22T09:33:20+02:00"));
        // Half of it at 3 min 20 s past nine, four fifths at 21 min 20 s.
        let warned = [at("2026-09-22T09:03:20+02:00"), at("2026-09-22T09:21:20+02:00")];
        assert_eq!(clock.warn_at, format!("[{},{}]", warned[0], warned[1]));
        // All night nothing falls due.
        house.advance(Span::minutes(1_000)).await;
        assert!(house.clock_events().await.is_empty());
        // 9:20 on Tuesday: one warning was due.
        house.clock.advance(Span(at("2026-09-22T09:20:00+02:00") - house.clock_now().millis()));
        house.advance(Span(0)).await;
        assert_eq!(house.clock_events().await.len(), 1);
        let minutes = (house.clock_now().since(START)).millis() / 60_000;
        house.take(&[answer("b", "a", "t", minutes)]).await;
        let clock = house.clocks().await.remove(0);
        assert_eq!(clock.state, "kept");
        // To the minute before 9:20: 26 min 40 s, and 19 min 20 s.
        assert_eq!(minutes, 1_026);
        assert_eq!(clock.counted_ms, Some(46 * 60_000));
        let row = report(&house).await;
        assert_eq!(row.first_response.on_time_percent, Some(100.0));
        assert_eq!(row.first_response_median_ms, Some(1_026 * 60_000));
        assert_eq!(row.first_response_median_counted_ms, Some(46 * 60_000));
    });
}

#[test]
fn received_and_answered_at_night_counts_nothing_and_is_in_time() {
    on_each(|house| async move {
        promise(&house, policy("09:00-16:40")).await;
        // 22:13:20 and 0:13:20.
        house.clock.advance(Span::minutes(360));
        house.take(&[post("a", "jan", "t", 360, "@acme it does not work, please help")]).await;
        house.advance(Span::minutes(120)).await;
        house.take(&[answer("b", "a", "t", 480)]).await;
        let clock = house.clocks().await.remove(0);
        assert_eq!((clock.state.as_str(), clock.counted_ms), ("kept", Some(0)));
        let row = report(&house).await;
        assert_eq!(row.first_response_median_ms, Some(120 * 60_000));
        assert_eq!(row.first_response_median_counted_ms, Some(0));
    });
}

#[test]
fn a_breach_falls_due_at_its_time_and_its_parts_are_open_hours() {
    on_each(|house| async move {
        promise(&house, policy("09:00-16:40")).await;
        house.take(&[post("a", "jan", "t", 0, "@acme it does not work, please help")]).await;
        house.advance(Span::days(1)).await;
        let breach =
            house.clock_events().await.into_iter().find(|e| e.stage == 100 && e.kind == "first_response");
        let breach = breach.unwrap();
        assert_eq!(breach.at, at("2026-09-22T09:33:20+02:00"));
        let parts: serde_json::Value = serde_json::from_str(&breach.parts).unwrap();
        assert_eq!(parts["waiting_unseen_ms"], 60 * 60_000, "the night is nobody's delay");
    });
}

#[test]
fn a_hold_gives_back_open_hours_only() {
    on_each(|house| async move {
        promise(&house, policy("09:00-16:40")).await;
        house.take(&[post("a", "jan", "t", 0, "@acme it does not work, please help")]).await;
        let total = |clocks: Vec<webcared::store::rows::ObligationRow>| {
            clocks.into_iter().find(|c| c.kind == "total_resolution").unwrap()
        };
        // Two hours: 26 min 40 s on Monday, the rest on Tuesday until 10:33:20.
        assert_eq!(total(house.clocks().await).due_at, at("2026-09-22T10:33:20+02:00"));
        // We wait for the customer from 16:23:20 to 21:13:20: 16 min 40 s of it are open.
        house.clock.advance(Span::minutes(10));
        let case = house.case(1).await;
        house.act(&case, 1, Act::AwaitCustomer).await.unwrap();
        house.clock.advance(Span::minutes(290));
        house.take(&[post("c", "jan", "t", 300, "@acme here is what you asked for, please help")]).await;
        let clock = total(house.clocks().await);
        assert_eq!((clock.state.as_str(), clock.due_at), ("running", at("2026-09-22T10:50:00+02:00")));
        // Solved at 10:00 on Tuesday: ten minutes before the hold, an hour after it.
        house.clock.advance(Span(at("2026-09-22T10:00:00+02:00") - house.clock_now().millis()));
        let case = house.case(1).await;
        house.act(&case, 1, Act::Resolve { reason: "done".into(), ending: None }).await.unwrap();
        let clock = total(house.clocks().await);
        assert_eq!((clock.state.as_str(), clock.counted_ms), ("kept", Some(70 * 60_000)));
    });
}

#[test]
fn a_changed_calendar_touches_only_what_begins_later() {
    on_each(|house| async move {
        let first = promise(&house, policy("09:00-16:40")).await;
        assert_eq!(promise(&house, policy("09:00-16:40")).await, first, "an equal one keeps its version");
        house.take(&[post("a", "jan", "t", 0, "@acme it does not work, please help")]).await;
        let second = promise(&house, policy("00:00-24:00")).await;
        assert_eq!(second, first + 1);
        house.take(&[post("b", "eva", "u", 0, "@acme it does not work, please help")]).await;
        let clocks: Vec<_> =
            house.clocks().await.into_iter().filter(|c| c.kind == "first_response").collect();
        let of = |version: i64| clocks.iter().find(|c| c.policy_version == version).unwrap().due_at;
        assert_eq!((of(first), of(second)), (at("2026-09-22T09:33:20+02:00"), minute(60)));
        // Held and run again under the new settings, the old clock still counts in its own hours.
        house.clock.advance(Span::minutes(10));
        let case = house.case(1).await;
        house.act(&case, 1, Act::AwaitCustomer).await.unwrap();
        house.clock.advance(Span::minutes(290));
        let case = house.case(1).await;
        house.act(&case, 1, Act::Reopen).await.unwrap();
        let clocks = house.clocks().await;
        let total =
            clocks.iter().find(|c| c.kind == "total_resolution" && c.policy_version == first).unwrap();
        assert_eq!(total.due_at, at("2026-09-22T10:50:00+02:00"));
    });
}

#[test]
fn what_lies_outside_the_scope_makes_no_clock_and_is_counted() {
    on_each(|house| async move {
        let rules = ScopeRules {
            handles: vec!["acme_care".into()],
            channels: vec![Channel::Social],
            visibility: Visibility::Public,
            ..ScopeRules::default()
        };
        let scope = Scope { text: String::new(), rules };
        promise(&house, Policy { scope, ..policy("00:00-24:00") }).await;
        let mut private = post("c", "kim", "v", 2, "@acme_care it does not work, please help");
        private["private"] = true.into();
        house.clock.advance(Span::minutes(5));
        house
            .take(&[
                post("a", "jan", "t", 0, "@acme it does not work, please help"),
                post("b", "eva", "u", 1, "@acme_care it does not work, please help"),
                private,
                post("d", "bob", "w", 3, "@acme_careful it does not work, acme, please help"),
            ])
            .await;
        let clocks = house.clocks().await;
        let first: Vec<i64> =
            clocks.iter().filter(|c| c.kind == "first_response").map(|c| c.started_at).collect();
        assert_eq!(first, [minute(1)], "only what names the handle in public");
        assert_eq!(clocks.iter().filter(|c| c.kind == "total_resolution").count(), 1);
        let row = report(&house).await;
        assert_eq!((row.needing_answer, row.outside_promise), (4, 3));
        // The first message of a case is not covered; the next one is, and begins the wait. So does an
        // edit that names the handle, which keeps the time of its post.
        house.clock.advance(Span::minutes(10));
        let mut edited = post("d", "bob", "w", 3, "@acme_care it does not work, please help");
        edited["edited_at"] = START.plus(Span::minutes(9)).rfc3339().into();
        house.take(&[post("e", "jan", "t", 7, "@acme_care still nothing, please help"), edited]).await;
        let mut first: Vec<i64> = house
            .clocks()
            .await
            .iter()
            .filter(|c| c.kind == "first_response")
            .map(|c| c.started_at)
            .collect();
        first.sort_unstable();
        assert_eq!(first, [minute(1), minute(3), minute(7)]);
        assert_eq!(report(&house).await.outside_promise, 1);
    });
}

/// What `retarget` does when a later message raises the level: the earlier deadline holds, counted in
/// the calendar of the new target.
#[test]
fn a_raise_may_change_the_calendar() {
    on_each(|house| async move {
        promise(&house, sooner_when_grave()).await;
        house.take(&[post("a", "jan", "t", 0, MILD)]).await;
        house.clock.advance(Span::minutes(40));
        house.take(&[post("b", "jan", "t", 40, GRAVE)]).await;
        let case = house.case(1).await;
        assert_eq!(case.level, 1, "the text must be a P1 for this test");
        let clocks: Vec<_> =
            house.clocks().await.into_iter().filter(|c| c.kind == "first_response").collect();
        assert_eq!(clocks.len(), 2, "superseded, and its successor");
        let last = clocks.last().unwrap();
        assert_eq!((last.calendar.as_str(), last.started_at, last.due_at), ("", minute(0), minute(55)));
    });
}

const MILD: &str = "@acme it does not work, please help";
const GRAVE: &str = "@acme my house is on fire because of your charger, people are hurt, call 112";

/// An hour of the desk, and a quarter of any for a P1.
fn sooner_when_grave() -> Policy {
    let mut policy = policy("09:00-16:40");
    policy.targets.push(Target {
        level: Some(webcared::domain::judgement::Level::P1),
        first_response_minutes: Some(15),
        calendar: Some("always".into()),
        ..Target::default()
    });
    policy
}

/// Whether the posts came in at once, or the later one first: what was said mildly has its own time, and the raise counts
/// from the post that raised it.
#[test]
fn a_raise_counts_from_its_post_however_the_posts_came_in() {
    on_each(|house| async move {
        promise(&house, sooner_when_grave()).await;
        let (mild, grave) = (MILD, GRAVE);
        house.clock.advance(Span::minutes(50));
        house.take(&[post("a", "jan", "t1", 0, mild), post("b", "jan", "t1", 40, grave)]).await;
        house.take(&[post("d", "piet", "t2", 40, grave)]).await;
        house.take(&[post("c", "piet", "t2", 0, mild)]).await;
        house.take(&[post("e", "kim", "t3", 0, mild)]).await;
        house.take(&[post("f", "kim", "t3", 40, grave)]).await;
        house.advance(Span::ZERO).await;
        for number in 1..=3 {
            let case = house.case(number).await;
            assert_eq!((case.level, case.due_at), (1, Some(minute(55))), "case {number}");
            let clocks = house.clocks().await;
            let mut open = clocks
                .iter()
                .filter(|c| c.case_id == case.id && c.kind == "first_response" && c.ended_at.is_none());
            let standing = open.next().unwrap();
            assert_eq!(standing.started_at, minute(0), "case {number}");
            assert!(open.next().is_none());
        }
        let broken = house.clock_events().await.into_iter().filter(|e| e.stage >= 100);
        assert_eq!(broken.filter(|e| e.kind == "first_response").count(), 0);
    });
}

#[test]
fn what_was_grave_before_counts_from_then_though_it_comes_in_after_what_raised_the_case() {
    on_each(|house| async move {
        promise(&house, sooner_when_grave()).await;
        house.clock.advance(Span::minutes(15));
        let said = [(0, MILD), (5, GRAVE), (12, GRAVE)];
        for (n, order) in [[0, 1, 2], [0, 2, 1], [1, 2, 0], [2, 0, 1], [2, 1, 0]].into_iter().enumerate() {
            let (author, thread) = (format!("c{n}"), format!("t{n}"));
            for at in order {
                let (posted, text) = said[at];
                house.take(&[post(&format!("m{n}{at}"), &author, &thread, posted, text)]).await;
            }
            let case = house.case(n as i64 + 1).await;
            assert_eq!((case.level, case.due_at), (1, Some(minute(20))), "{order:?}");
        }
    });
}

#[test]
fn what_was_answered_is_not_raised_by_what_was_said_after_the_answer() {
    on_each(|house| async move {
        promise(&house, sooner_when_grave()).await;
        house.clock.advance(Span::minutes(20));
        house.take(&[post("a", "jan", "t", 0, MILD)]).await;
        let due = house.clocks().await.remove(0).due_at;
        house.take(&[answer("o", "a", "t", 5), post("b", "jan", "t", 10, GRAVE)]).await;
        let clocks = house.clocks().await;
        let first: Vec<_> = clocks.iter().filter(|c| c.kind == "first_response").collect();
        assert_eq!(first.len(), 1);
        assert_eq!((first[0].state.as_str(), first[0].due_at), ("kept", due));
        assert_eq!(clocks.iter().filter(|c| c.kind == "next_response").count(), 1);
    });
}

#[test]
fn an_answer_in_time_for_mild_words_is_late_for_grave_ones_that_come_in_after_it() {
    on_each(|house| async move {
        let said =
            [post("a", "jan", "t", 0, MILD), post("b", "jan", "t", 5, GRAVE), answer("o", "a", "t", 30)];
        for posts in [[0, 1, 2], [0, 2, 1]] {
            let house = House::build(house.engine).await;
            promise(&house, sooner_when_grave()).await;
            house.clock.advance(Span::minutes(40));
            for at in posts {
                house.take(&said[at..=at]).await;
            }
            let clocks = house.clocks().await.into_iter().filter(|c| c.kind.ends_with("_response"));
            let stands: Vec<_> =
                clocks.filter(|c| c.state != "superseded").map(|c| (c.state, c.due_at)).collect();
            assert_eq!(stands, [("broken".to_owned(), minute(20))], "{posts:?}");
            let broken = house.clock_events().await.into_iter().filter(|e| e.stage == 100);
            assert_eq!(broken.map(|e| e.at).collect::<Vec<_>>(), [minute(20)], "{posts:?}");
        }
    });
}

#[test]
fn what_was_broken_by_its_mild_words_is_put_right_by_grave_ones_that_come_in_later() {
    on_each(|house| async move {
        let of =
            |level, minutes| Target { level, first_response_minutes: Some(minutes), ..Target::default() };
        let targets = vec![of(None, 60), of(Some(webcared::domain::judgement::Level::P1), 15)];
        promise(&house, Policy { name: "by-level".into(), targets, ..Policy::default() }).await;
        let broken = async || {
            let all = house.clock_events().await.into_iter().filter(|e| e.stage == 100);
            all.map(|e| e.at).collect::<Vec<_>>()
        };
        house.clock.advance(Span::minutes(70));
        house.take(&[post("a", "jan", "t", 0, MILD)]).await;
        house.advance(Span::ZERO).await;
        assert_eq!(broken().await, [minute(60)]);
        house.take(&[post("b", "jan", "t", 5, GRAVE)]).await;
        house.advance(Span::ZERO).await;
        assert_eq!(broken().await, [minute(20)], "one breach, when it was");
        house.take(&[answer("o", "a", "t", 65)]).await;
        let last = house.clocks().await.pop().unwrap();
        assert_eq!((last.state.as_str(), last.due_at), ("broken", minute(20)));
        assert_eq!(broken().await, [minute(20)]);
    });
}
