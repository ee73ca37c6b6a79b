//! Sources that are deaf are told of, once, and what they missed is counted; what only a second reading found is
//! told beside the answers on time.

use crate::harness::{House, START, on_each, post};
use jiff::tz::TimeZone;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::Notify;
use webcared::clock::Clock;
use webcared::domain::expiry::Expiry;
use webcared::domain::time::{Span, Timestamp};
use webcared::intake::Item;
use webcared::reports::{self, Ask};
use webcared::store::grant::{self, Origin};
use webcared::store::source::{self, Fares, Registered};
use webcared::store::watch;
use webcared::watching::Watching;

fn watching(house: &House, owner: &str) -> Watching {
    let clock: Arc<dyn Clock> = house.clock.clone();
    Watching {
        db: house.db.clone(),
        clock,
        mint: house.mint.clone(),
        catalogue: house.current.clone(),
        owner: owner.to_owned(),
        outbox: Arc::new(Notify::new()),
        expires_days: 7,
    }
}

async fn register(house: &House, name: &'static str, counts_from: Timestamp) {
    let now = house.clock_now();
    let rows = [Registered { name: name.into(), kind: "mastodon".into(), counts_from }];
    house.write(move |tx| Box::pin(async move { source::register(tx, &rows, now).await })).await.unwrap();
}

/// The source `social` as it fares from now on.
async fn fares(house: &House, state: &str, why: &str, posted_at: Option<Timestamp>) {
    fares_since(house, state, why, posted_at, house.clock_now()).await;
}

async fn fares_since(house: &House, state: &str, why: &str, posted_at: Option<Timestamp>, since: Timestamp) {
    let fares = [Fares {
        name: "social".into(),
        state: state.into(),
        why: why.into(),
        since,
        retry_at: None,
        heard_at: Some(house.clock_now()),
        posted_at,
    }];
    house.write(move |tx| Box::pin(async move { source::put(tx, &fares).await })).await.unwrap();
}

/// What the outbox says of sources: kind and the whole.
async fn told(house: &House) -> Vec<Value> {
    let rows: Vec<(String,)> =
        house.all("SELECT payload FROM action WHERE kind = 'source' ORDER BY created_at, id").await;
    rows.into_iter().map(|r| serde_json::from_str(&r.0).unwrap()).collect()
}

async fn take(house: &House, place: &str, posts: &[Value]) {
    let items: Vec<Item> = house
        .items(posts)
        .into_iter()
        .map(|item| Item { source: "social".into(), place: format!("{place}{}", item.place), ..item })
        .collect();
    house.intake.take(items).await.unwrap();
}

#[test]
fn a_source_that_is_away_is_told_of_once_and_so_is_its_return() {
    on_each(|house| async move {
        register(&house, "social", START.minus(Span::days(1))).await;
        fares(&house, "connected", "", None).await;
        let (one, two) = (watching(&house, "one"), watching(&house, "two"));
        assert_eq!(one.run_once().await.unwrap(), 0);
        fares(&house, "retrying", "the server answers 502", None).await;
        house.clock.advance(Span::minutes(14));
        assert_eq!(one.run_once().await.unwrap(), 0);
        house.clock.advance(Span::minutes(2));
        assert_eq!(two.run_once().await.unwrap(), 0, "another process watches");
        assert_eq!(one.run_once().await.unwrap(), 1);
        assert_eq!(one.run_once().await.unwrap(), 0, "once");
        let said = told(&house).await;
        assert_eq!((said[0]["kind"].as_str(), said[0]["chat"].as_str()), (Some("away"), Some("-100")));
        assert_eq!(said[0]["why"], "the server answers 502");
        // Two posts of that time come in with its return; for one the promise is broken already.
        house.clock.advance(Span::minutes(60));
        fares(&house, "connected", "", None).await;
        let posts = [
            post("1", "mia", "a", 10, "@Acme my parcel has not arrived, where is it?"),
            post("2", "jan", "b", 70, "@Acme my parcel has not arrived, where is it?"),
        ];
        take(&house, "", &posts).await;
        assert_eq!(one.run_once().await.unwrap(), 0, "it has only just come back");
        house.clock.advance(Span::minutes(4));
        assert_eq!(one.run_once().await.unwrap(), 1);
        let back = told(&house).await.remove(1);
        assert_eq!(
            (back["kind"].as_str(), back["posts"].as_i64(), back["late"].as_i64()),
            (Some("back"), Some(2), Some(1))
        );
        assert_eq!(back["cases"].as_array().unwrap().len(), 2);
        house.clock.advance(Span::minutes(4));
        assert_eq!(one.run_once().await.unwrap(), 0);
        assert_eq!(house.count("SELECT COUNT(*) FROM source_alarm").await, 0);
    });
}

const FIRE: &str = "my house is on fire because of your charger, people are hurt, call 112";

/// The cases that were told of by themselves, with the occasion.
async fn alerted(house: &House) -> Vec<(i64, String)> {
    let rows: Vec<(i64, String)> = house
        .all("SELECT c.number, a.payload FROM action a JOIN cases c ON c.id = a.case_id WHERE a.kind = 'alert' ORDER BY a.id")
        .await;
    let occasion =
        |p: &str| serde_json::from_str::<Value>(p).unwrap()["occasion"].as_str().unwrap().to_owned();
    rows.into_iter().map(|(n, payload)| (n, occasion(&payload))).collect()
}

#[test]
fn what_a_source_catches_up_on_is_one_message_and_no_alert_a_case() {
    on_each(|house| async move {
        register(&house, "social", START.minus(Span::days(1))).await;
        fares(&house, "connected", "", None).await;
        let watching = watching(&house, "one");
        fares(&house, "retrying", "the server answers 502", None).await;
        house.clock.advance(Span::minutes(16));
        assert_eq!(watching.run_once().await.unwrap(), 1);
        house.clock.advance(Span::minutes(60));
        fares(&house, "connected", "", None).await;
        let fire = |brand: &str| format!("@{brand} {FIRE}");
        let posts = [
            post("ordinary", "ann", "a", 20, "@Acme my parcel has not arrived, where is it?"),
            post("late", "mia", "b", 10, &fire("Acme")),
            post("elsewhere", "jan", "c", 12, &fire("Tempo")),
            post("in time", "lou", "d", 70, &fire("Acme")),
            post("fresh", "kim", "e", 75, &fire("Acme")),
        ];
        take(&house, "", &posts).await;
        let number = async |external: &str| {
            let of: Vec<(i64, String, String)> = house
                .all("SELECT c.number, c.id, m.external_id FROM cases c JOIN judgement g ON g.case_id = c.id JOIN mention m ON m.id = g.mention_id")
                .await;
            let found = of.into_iter().find(|f| f.2 == external).unwrap();
            (found.0, found.1)
        };
        let arrival = |n: i64| (n, "arrival".to_owned());
        let (in_time, fresh) = (number("in time").await.0, number("fresh").await.0);
        let mut at_once = alerted(&house).await;
        at_once.sort();
        let mut wanted = vec![arrival(in_time), arrival(fresh)];
        wanted.sort();
        assert_eq!(at_once, wanted, "what can still be kept is told at once, the rest is not");
        assert_eq!(
            house.count("SELECT COUNT(*) FROM clock_event WHERE stage = 100").await,
            3,
            "recorded all the same"
        );
        house.advance(Span::minutes(1)).await;
        assert_eq!(alerted(&house).await.len(), 2, "nor later");
        // More of it comes in: the message waits for that.
        house.clock.advance(Span::minutes(2));
        take(&house, "more", &[post("later", "eve", "f", 30, &fire("Acme"))]).await;
        assert_eq!(watching.run_once().await.unwrap(), 0, "it still catches up");
        house.clock.advance(Span::minutes(2));
        assert_eq!(watching.run_once().await.unwrap(), 1);
        assert_eq!(alerted(&house).await.len(), 2);
        let back = told(&house).await.remove(1);
        assert_eq!(
            (back["posts"].as_i64(), back["late"].as_i64()),
            (Some(5), Some(3)),
            "of the chat's brand only"
        );
        let named: Vec<&str> =
            back["cases"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
        let mut first = Vec::new();
        for external in ["late", "later", "in time", "fresh", "ordinary"] {
            first.push(number(external).await.1);
        }
        assert_eq!(named, first, "the most urgent first, those of the chat's brands only");
        // From now on what comes late is told like anything else.
        house.clock.advance(Span::minutes(1));
        take(&house, "last", &[post("straggler", "bob", "g", 60, &fire("Acme"))]).await;
        let straggler = number("straggler").await.0;
        assert!(alerted(&house).await.iter().any(|(n, _)| *n == straggler));
    });
}

#[test]
fn what_stood_open_before_a_source_counted_is_told_once() {
    on_each(|house| async move {
        register(&house, "social", START).await;
        fares(&house, "connected", "", None).await;
        let watching = watching(&house, "one");
        let posts = [
            post("old", "mia", "a", 0, "@Acme my parcel has not arrived, where is it?"),
            post("fire", "jan", "b", 0, &format!("@Acme {FIRE}")),
            post("elsewhere", "lou", "c", 0, &format!("@Tempo {FIRE}")),
        ];
        take(&house, "", &posts).await;
        house.execute("UPDATE mention SET historic = 1").await;
        house.execute("UPDATE cases SET historic = 1").await;
        assert_eq!(watching.run_once().await.unwrap(), 0, "what is old still comes in");
        house.clock.advance(Span::minutes(4));
        assert_eq!(watching.run_once().await.unwrap(), 1);
        let said = told(&house).await.remove(0);
        assert_eq!(said["kind"], "before");
        assert_eq!(said["posts"], 2, "of the chat's brand only");
        let first: Vec<(String,)> = house
            .all("SELECT g.case_id FROM judgement g JOIN mention m ON m.id = g.mention_id WHERE m.external_id = 'fire'")
            .await;
        let cases = said["cases"].as_array().unwrap();
        assert_eq!((cases.len(), cases[0].as_str()), (2, Some(first[0].0.as_str())), "the most urgent first");
        assert_eq!(said["more"], 0);
        let brand = house.brand_id.clone();
        let read = house.db.read("a test", move |tx| {
            Box::pin(async move {
                watch::from_before(tx, &[brand], &["social".to_owned(), "other".to_owned()], 1).await
            })
        });
        let found = read.await.unwrap();
        assert_eq!((found.len(), found[0].n), (1, 2), "few are read, all are counted");
        assert_eq!(found[0].id, first[0].0, "the most urgent first");
        house.clock.advance(Span::hours(2));
        assert_eq!(watching.run_once().await.unwrap(), 0, "once");
        // A source that brought nothing old is told of nothing.
        register(&house, "other", START).await;
        house.clock.advance(Span::days(2));
        assert_eq!(watching.run_once().await.unwrap(), 0);
    });
}

#[test]
fn what_came_in_a_moment_before_its_source_was_known_to_hear_is_told_too() {
    on_each(|house| async move {
        register(&house, "social", START.minus(Span::days(1))).await;
        let watching = watching(&house, "one");
        fares(&house, "retrying", "the server answers 502", None).await;
        house.clock.advance(Span::minutes(76));
        assert_eq!(watching.run_once().await.unwrap(), 1);
        // The page is stored first; and it flaps once while it catches up.
        take(&house, "", &[post("late", "mia", "b", 10, &format!("@Acme {FIRE}"))]).await;
        house.clock.advance(Span(5));
        fares(&house, "connected", "", None).await;
        house.clock.advance(Span::minutes(2));
        fares(&house, "retrying", "the server answers 502", None).await;
        house.clock.advance(Span::minutes(1));
        fares(&house, "connected", "", None).await;
        house.clock.advance(Span::minutes(4));
        assert_eq!(alerted(&house).await, [], "not by itself");
        assert_eq!(watching.run_once().await.unwrap(), 1);
        let back = told(&house).await.remove(1);
        assert_eq!((back["kind"].as_str(), back["posts"].as_i64()), (Some("back"), Some(1)));
        assert_eq!(back["cases"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn what_comes_late_while_a_part_stays_dead_is_told_together() {
    on_each(|house| async move {
        register(&house, "social", START.minus(Span::days(1))).await;
        let watching = watching(&house, "one");
        fares(&house, "gone", "one of its feeds answers 410", None).await;
        house.clock.advance(Span::minutes(10));
        assert_eq!(watching.run_once().await.unwrap(), 1);
        // The other feeds go on, a little late as always.
        house.clock.advance(Span::minutes(20));
        take(&house, "", &[post("first", "mia", "a", 24, "@Acme my parcel has not arrived, where is it?")])
            .await;
        house.clock.advance(Span::minutes(29));
        take(&house, "more", &[post("next", "jan", "b", 50, "@Acme my order was never delivered, help?")])
            .await;
        assert_eq!(watching.run_once().await.unwrap(), 0);
        house.clock.advance(Span::minutes(1));
        assert_eq!(
            watching.run_once().await.unwrap(),
            1,
            "nothing is kept back for longer than half an hour"
        );
        let late = told(&house).await.remove(1);
        assert_eq!((late["kind"].as_str(), late["posts"].as_i64()), (Some("late"), Some(2)));
        assert_eq!(late["cases"].as_array().unwrap().len(), 2);
        assert_eq!(watching.run_once().await.unwrap(), 0, "once");
    });
}

#[test]
fn a_source_to_which_nobody_listened_was_deaf_too() {
    on_each(|house| async move {
        let down = async |house: &House| {
            let (names, now) = (["social".to_owned()], house.clock_now());
            let after = Span::minutes(15);
            house
                .write(move |tx| Box::pin(async move { watch::note_downtime(tx, &names, now, after).await }))
                .await
                .unwrap();
        };
        register(&house, "social", START.minus(Span::days(1))).await;
        fares(&house, "connected", "", None).await;
        house.clock.advance(Span::minutes(10));
        down(&house).await;
        assert_eq!(house.count("SELECT COUNT(*) FROM source_alarm").await, 0, "a restart is nothing to tell");
        house.clock.advance(Span::minutes(50));
        down(&house).await;
        fares(&house, "connected", "", None).await;
        take(&house, "", &[post("1", "mia", "a", 20, &format!("@Acme {FIRE}"))]).await;
        assert_eq!(alerted(&house).await, []);
        let watching = watching(&house, "one");
        assert_eq!(watching.run_once().await.unwrap(), 0);
        house.clock.advance(Span::minutes(4));
        assert_eq!(watching.run_once().await.unwrap(), 1);
        let back = told(&house).await.remove(0);
        assert_eq!((back["kind"].as_str(), back["was"].as_str()), (Some("back"), Some("down")));
        assert_eq!((back["since"].as_i64(), back["late"].as_i64()), (Some(START.millis()), Some(1)));
    });
}

#[test]
fn a_source_that_answers_and_brings_nothing_is_missed_after_what_it_used_to_bring() {
    on_each(|house| async move {
        register(&house, "social", START).await;
        fares(&house, "connected", "", None).await;
        let watching = watching(&house, "one");
        // Four days with twelve posts an hour.
        for hour in 0..96 {
            let ids = hour * 12..(hour + 1) * 12;
            let posts: Vec<Value> =
                ids.map(|n| post(&n.to_string(), "mia", "a", n * 5, "hello @Acme")).collect();
            house.clock.advance(Span::minutes(60));
            take(&house, "", &posts).await;
            fares_since(&house, "connected", "", Some(house.clock_now()), START).await;
            assert_eq!(watching.run_once().await.unwrap(), 0);
        }
        house.clock.advance(Span::minutes(30));
        assert_eq!(watching.run_once().await.unwrap(), 0, "six were to be expected");
        house.clock.advance(Span::minutes(10));
        assert_eq!(watching.run_once().await.unwrap(), 1);
        let said = told(&house).await.remove(0);
        assert_eq!((said["kind"].as_str(), said["expected"].as_i64()), (Some("silent"), Some(8)));
        // A post shows that it hears.
        house.clock.advance(Span::minutes(1));
        take(&house, "", &[post("new", "mia", "a", 96 * 60 + 40, "hello @Acme")]).await;
        let (now, posted) = (house.clock_now(), Some(house.clock_now()));
        fares_since(&house, "connected", "", posted, START).await;
        house.clock.set(now.plus(Span::minutes(4)));
        assert_eq!(watching.run_once().await.unwrap(), 1);
        let back = told(&house).await.remove(1);
        assert_eq!((back["kind"].as_str(), back["posts"].as_i64()), (Some("back"), Some(1)));
        assert_eq!(
            back["until"].as_i64().unwrap() - back["since"].as_i64().unwrap(),
            Span::minutes(41).millis()
        );
        let hours = house.count("SELECT COUNT(*) FROM source_hour WHERE n = 12").await;
        assert!((94..=96).contains(&hours), "{hours}");
    });
}

#[test]
fn what_only_a_second_reading_found_is_told_beside_the_answers_on_time() {
    on_each(|house| async move {
        register(&house, "social", START).await;
        house.clock.advance(Span::hours(5));
        let text = "@Acme my parcel has not arrived, where is it?";
        let seen: Vec<Value> = (0..3).map(|n| post(&n.to_string(), "mia", &n.to_string(), n, text)).collect();
        take(&house, "", &seen).await;
        // One more, and one that was seen in its turn after all.
        take(&house, "sweep/", &[post("late", "jan", "x", 4, text), seen[0].clone()]).await;
        let (brands, zone) = (vec![house.brand_id.clone()], TimeZone::UTC);
        let ask = Ask { from: START, to: house.clock_now(), brands, zone };
        let report = reports::report(&house.db, &ask, house.clock_now()).await.unwrap();
        let captured = &report.capture[0];
        assert_eq!((captured.source.as_str(), captured.mentions, captured.found_late), ("social", 4, 1));
        assert_eq!(captured.rate_percent, Some(75.0));
        for format in
            [reports::write::Format::Text, reports::write::Format::Html, reports::write::Format::Csv]
        {
            let written = reports::write::write(&report, format);
            assert!(written.contains("75.0"), "{written}");
        }
        // Found late, it counts all the same.
        assert_eq!(report.total.first_response.broken, 4);
    });
}

#[test]
fn a_credential_that_ends_is_told_at_each_stage_once_and_a_new_one_begins_anew() {
    on_each(|house| async move {
        register(&house, "social", START.minus(Span::days(30))).await;
        fares(&house, "connected", "", None).await;
        let ends = async |at: Timestamp| {
            let ends =
                [Expiry::by_person("access token", at), Expiry { what: "log-in".into(), at, renews: true }];
            let put = house.write(move |tx| {
                Box::pin(async move { grant::put_ends(tx, "social", Origin::Settings, &ends).await })
            });
            put.await.unwrap();
        };
        ends(START.plus(Span::days(10))).await;
        let watching = watching(&house, "one");
        let stage = |v: &Value| v["stage"].as_str().unwrap().to_owned();
        let mut stages = Vec::new();
        for _ in 0..24 {
            let made = watching.run_once().await.unwrap();
            assert!(made <= 1);
            if made == 1 {
                stages.push((told(&house).await.last().map(stage).unwrap(), house.clock_now()));
            }
            house.clock.advance(Span::hours(12));
            fares(&house, "connected", "", Some(house.clock_now())).await;
        }
        let days = |n: i64| START.plus(Span::days(n));
        let expected = [("ahead", days(3)), ("day", days(9)), ("over", days(10))];
        assert_eq!(stages, expected.map(|(s, at)| (s.to_owned(), at)));
        assert_eq!(told(&house).await[0]["what"], "access token", "what renews itself is not told");
        // A new one of which a day is written down, and one of which none is.
        ends(house.clock_now().plus(Span::hours(20))).await;
        assert_eq!(watching.run_once().await.unwrap(), 1);
        assert_eq!(told(&house).await.last().map(stage).as_deref(), Some("day"));
        house.write(|tx| Box::pin(grant::put_ends(tx, "social", Origin::Settings, &[]))).await.unwrap();
        house.clock.advance(Span::days(2));
        fares(&house, "connected", "", Some(house.clock_now())).await;
        assert_eq!(watching.run_once().await.unwrap(), 0);
    });
}

#[test]
fn a_right_that_lacks_is_told_once_a_day_until_it_is_there_again() {
    on_each(|house| async move {
        register(&house, "social", START.minus(Span::days(30))).await;
        fares(&house, "connected", "", None).await;
        let put = async |why: Option<&'static str>| {
            let now = house.clock_now();
            house
                .write(move |tx| Box::pin(grant::put_right(tx, "social", "answer", why, now)))
                .await
                .unwrap();
        };
        let watching = watching(&house, "one");
        put(Some("the token may not post any more")).await;
        assert_eq!(watching.run_once().await.unwrap(), 1);
        let said = told(&house).await.remove(0);
        assert_eq!((said["kind"].as_str(), said["what"].as_str()), (Some("lacks"), Some("answer")));
        assert_eq!(said["why"], "the token may not post any more");
        put(Some("the token may not post any more")).await;
        assert_eq!(watching.run_once().await.unwrap(), 0, "told");
        house.clock.advance(Span::days(1));
        fares(&house, "connected", "", Some(house.clock_now())).await;
        assert_eq!(watching.run_once().await.unwrap(), 1, "still");
        put(None).await;
        house.clock.advance(Span::days(1));
        fares(&house, "connected", "", Some(house.clock_now())).await;
        assert_eq!(watching.run_once().await.unwrap(), 0);
    });
}

#[test]
fn the_limit_of_translation_is_told_to_leads_once_a_stage() {
    use webcared::store::translation::{self, Reached};
    on_each(|house| async move {
        let one = watching(&house, "one");
        let note = |stage: i64, used: i64, limit: i64, month: &'static str| {
            let house = &house;
            async move {
                house.clock.advance(Span::minutes(1));
                let told = house.db.read("a test", |tx| Box::pin(translation::reached(tx))).await.unwrap();
                let told = told.filter(|t| t.limit == limit && t.month == month).map_or(0, |t| t.told);
                let (service, month) = ("deepl".to_owned(), month.to_owned());
                let row = Reached { service, month, stage, used, limit, told };
                house
                    .write(move |tx| Box::pin(async move { translation::note_reached(tx, &row).await }))
                    .await
                    .unwrap();
            }
        };
        assert_eq!(one.run_once().await.unwrap(), 0);
        // The month before tells nothing any more.
        note(2, 100, 100, "2026-08").await;
        assert_eq!(one.run_once().await.unwrap(), 0);
        note(1, 80, 100, "2026-09").await;
        assert!(one.run_once().await.unwrap() > 0);
        assert_eq!(one.run_once().await.unwrap(), 0, "once");
        note(2, 100, 100, "2026-09").await;
        assert!(one.run_once().await.unwrap() > 0);
        assert_eq!(one.run_once().await.unwrap(), 0, "once");
        // With a larger limit the stages come once more.
        note(1, 160, 200, "2026-09").await;
        assert!(one.run_once().await.unwrap() > 0);
        let rows: Vec<Value> =
            told(&house).await.into_iter().filter(|b| b["kind"] == "translation").collect();
        let mut stages: Vec<&str> = rows.iter().filter_map(|b| b["stage"].as_str()).collect();
        stages.dedup();
        assert_eq!(stages, ["near", "spent", "near"]);
        assert!(rows.iter().all(|b| b["source"] == "deepl"), "{rows:?}");
    });
}
