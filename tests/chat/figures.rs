//! Reports against a count by hand.

use crate::rows::case_row;
use crate::world::{START, World};
use jiff::tz::TimeZone;
use proptest::prelude::{Strategy, any, prop};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;
use webcared::domain::ids::CaseId;
use webcared::domain::time::{Span, Timestamp};
use webcared::reports::write::{Format, write};
use webcared::reports::{Ask, report};
use webcared::store::bulk;
use webcared::store::rows::{CaseRow, ClockEventRow, ObligationRow};

const MINUTE: i64 = 60_000;

struct Wait {
    case: CaseRow,
    rows: Vec<ObligationRow>,
    breach: Option<ClockEventRow>,
}

fn wait(brand: &str, n: i64, started: i64, answered: Option<i64>, kind: &str) -> Wait {
    let id = CaseId::new(START, (n as u128).to_be_bytes()[6..].try_into().unwrap()).to_string();
    let mut case = case_row(&id, brand, n, 3, "men_x", Timestamp(started));
    let due = started + 30 * MINUTE;
    let state = match answered {
        Some(at) if at <= due => "kept",
        Some(_) => "broken",
        None => "running",
    };
    case.due_at = answered.is_none().then_some(due);
    case.first_answer_at = answered;
    let row = ObligationRow {
        case_id: id.clone(),
        wait: 0,
        part: 0,
        brand_id: brand.into(),
        kind: kind.into(),
        state: state.into(),
        policy: "social-30m".into(),
        policy_version: 1,
        mention_id: None,
        started_at: started,
        target_ms: 30 * MINUTE,
        due_at: due,
        warn_at: "[]".into(),
        stages_done: 0,
        next_at: None,
        held_since: None,
        ended_at: answered,
        ended_by: None,
        calendar: String::new(),
        counted_ms: None,
    };
    let breach = (state == "broken" || (state == "running" && due < START.millis())).then(|| ClockEventRow {
        case_id: id,
        wait: 0,
        stage: 100,
        brand_id: brand.into(),
        part: 0,
        kind: kind.into(),
        at: due,
        recorded_at: due + 1_500,
        cause: "waiting_unseen".into(),
        parts: r#"{"channel_delay_ms":60000,"waiting_unseen_ms":1740000,"waiting_claimed_ms":0,"detection_ms":1500}"#.into(),
        annulled_at: None,
        annulled_evidence: None,
    });
    Wait { case, rows: vec![row], breach }
}

async fn put(world: &World, waits: &[Wait]) {
    let cases: Vec<_> = waits.iter().map(|w| w.case.clone()).collect();
    let clocks: Vec<_> = waits.iter().flat_map(|w| w.rows.clone()).collect();
    let breaches: Vec<_> = waits.iter().filter_map(|w| w.breach.clone()).collect();
    let write = world.db().write("putting waits", move |tx| {
        Box::pin(async move {
            let mut script = webcared::store::script::Script::of(tx, "a test");
            bulk::put_cases(&mut script, &cases)?;
            bulk::put_obligations(&mut script, &clocks)?;
            bulk::add_clock_events(&mut script, &breaches)?;
            script.run(tx).await
        })
    });
    write.await.unwrap();
}

fn percentile(values: &[i64], p: usize) -> Option<i64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    // By definition: the smallest value such that at least p of a hundred are not greater.
    sorted.iter().copied().find(|v| sorted.iter().filter(|o| *o <= v).count() * 100 >= p * sorted.len())
}

#[tokio::test]
async fn figures_are_those_counted_by_hand() {
    let mut runner = TestRunner::deterministic();
    let shape = (0i64..2_000, prop::option::weighted(0.8, 0i64..90), 0usize..3, 0usize..2, any::<bool>());
    for round in 0..6 {
        let postgres = if round % 2 == 1 { World::on_postgres().await } else { None };
        let world = match postgres {
            Some(world) => world,
            None => World::new().await,
        };
        let from = START.minus(Span::minutes(1_500));
        let ask = Ask {
            from,
            to: START.minus(Span::minutes(100)),
            brands: vec![world.brand.clone()],
            zone: TimeZone::UTC,
        };
        let picked = prop::collection::vec(shape.clone(), 1..120).new_tree(&mut runner).unwrap().current();
        let mut waits = Vec::new();
        let mut expected: BTreeMap<(String, String), (i64, i64, Vec<i64>)> = BTreeMap::new();
        for (n, (ago, took, platform, language, first)) in picked.into_iter().enumerate() {
            let started = START.millis() - ago * MINUTE;
            let answered = took.map(|t| started + t * MINUTE + 17).filter(|at| *at <= START.millis());
            let kind = if first { "first_response" } else { "next_response" };
            let mut w = wait(&world.brand, n as i64 + 1, started, answered, kind);
            w.case.platform = ["mastodon", "bluesky", "email"][platform].into();
            w.case.language = ["nl", "en"][language].into();
            let row = &w.rows[0];
            let within = row.due_at >= ask.from.millis() && row.due_at < ask.to.millis();
            if within && first {
                for key in [
                    (w.case.platform.clone(), w.case.language.clone()),
                    (w.case.platform.clone(), String::new()),
                    (String::new(), String::new()),
                ] {
                    let e = expected.entry(key).or_default();
                    if row.state == "kept" {
                        e.0 += 1
                    } else {
                        e.1 += 1
                    }
                    e.2.extend(answered.map(|at| at - started));
                }
            }
            waits.push(w);
        }
        put(&world, &waits).await;
        let made = report(world.db(), &ask, START).await.unwrap();
        let all: Vec<_> = made.rows.iter().chain(&made.platforms).chain([&made.total]).collect();
        for row in &all {
            let e = expected.remove(&(row.platform.clone(), row.language.clone())).unwrap_or_default();
            let f = &row.first_response;
            assert_eq!((f.kept, f.broken, f.due), (e.0, e.1, e.0 + e.1), "round {round} {row:?}");
            assert_eq!(row.first_response_median_ms, percentile(&e.2, 50), "round {round} {row:?}");
            assert_eq!(row.first_response_p90_ms, percentile(&e.2, 90), "round {round} {row:?}");
        }
        assert!(expected.is_empty(), "{expected:?}");
        let broken = made.total.first_response.broken + made.total.next_response.broken;
        assert_eq!(made.breaches.len() as i64, broken);
    }
}

on_each_engine!(late_annulled_superseded_samples_and_not_yet_due, |world| {
    let b = world.brand.clone();
    let at = |minutes_ago: i64| START.millis() - minutes_ago * MINUTE;
    let mut kept = wait(&b, 1, at(300), Some(at(290)), "first_response");
    // The same wait had a first part that was replaced: it counts once.
    let mut old = kept.rows[0].clone();
    old.state = "superseded".into();
    kept.rows[0].part = 1;
    kept.rows.push(old);
    // Due yesterday, answered today: it counts yesterday.
    let late = wait(&b, 2, at(300), Some(at(30)), "first_response");
    let mut annulled = wait(&b, 3, at(299), Some(at(280)), "first_response");
    annulled.breach = late.breach.clone().map(|mut e| {
        e.case_id = annulled.case.id.clone();
        e.at = annulled.rows[0].due_at;
        e.annulled_at = Some(at(200));
        e.annulled_evidence = Some("own_post own_1".into());
        e
    });
    let pending = wait(&b, 4, at(10), None, "first_response");
    let mut soon = wait(&b, 5, at(27), None, "first_response");
    soon.case.platform = "bluesky".into();
    let mut sample = wait(&b, 6, at(300), None, "first_response");
    sample.case.sample = 1;
    let mut dismissed = wait(&b, 7, at(300), None, "first_response");
    dismissed.breach = None;
    dismissed.rows[0].state = "void".into();
    dismissed.rows[0].ended_at = Some(at(295));
    dismissed.case.open = 0;
    let mut outside = wait(&b, 8, at(250), None, "first_response");
    outside.rows.clear();
    outside.breach = None;
    outside.case.language = "other".into();
    outside.case.due_at = None;
    put(&world, &[kept, late, annulled, pending, soon, sample, dismissed, outside]).await;
    world.numbers.store(1_000, std::sync::atomic::Ordering::Relaxed);
    world.case(4).await;
    let ask = Ask { from: Timestamp(at(320)), to: Timestamp(at(-1)), brands: vec![], zone: TimeZone::UTC };
    let made = report(world.db(), &ask, START).await.unwrap();
    let t = &made.total;
    let f = &t.first_response;
    assert_eq!((f.kept, f.broken, f.answered, f.without_answer), (2, 1, 3, 1));
    assert_eq!(f.on_time_percent, Some(66.6));
    assert_eq!((t.mentions, t.outside_promise), (1, 2), "a case without a clock is outside too");
    assert_eq!((t.open_now, t.late_now, t.soon_late), (7, 0, 1));
    assert_eq!((made.breaches.len(), made.detection.len()), (1, 1));
    assert_eq!(made.breaches[0].late_ms, 240 * MINUTE);
    assert_eq!(made.breaches[0].detection_ms, 1_500);
    let text = write(&made, Format::Text);
    println!("{text}");
    assert!(text.contains("in time after all (own_post own_1)"));
    for format in [Format::Json, Format::Csv, Format::Html] {
        assert!(write(&made, format).contains("own_post own_1"));
    }
    // Nothing of another brand.
    let other = Ask { brands: vec!["brd_other".into()], ..ask };
    let made = report(world.db(), &other, START).await.unwrap();
    assert_eq!(made.total, webcared::reports::Row::default());
});
