//! Reports to leads on both engines: figures by group beside the period before, the cases behind each, and what
//! another policy would have done.

use crate::harness::{House, START, answer, on_each, person, post};
use jiff::tz::TimeZone;
use webcared::casework::Act;
use webcared::domain::backtest::Went;
use webcared::domain::duty::{Reach, Said};
use webcared::domain::policy::{Policy, Target};
use webcared::domain::time::Span;
use webcared::reporting::Parts;
use webcared::reporting::late::Late;
use webcared::reports::Ask;
use webcared::reports::backtest::{backtest, text};
use webcared::reports::beside::ALL;
use webcared::reports::leads::{AskLeads, Group, Leads, leads};
use webcared::reports::leads_write::{cases_path, write};
use webcared::reports::period::{Period, day_of};
use webcared::reports::write::Format;
use webcared::store::{console, duty, leading, leading_more};

/// Two questions today: one answered after three minutes, one after fifty-one (nothing is posted later than now).
async fn two(house: &House) {
    house.take(&[post("1", "jan", "a", 0, "@Acme my router is dead, can you help?")]).await;
    house.take(&[post("2", "mia", "b", 1, "@Acme when do you open, can you help?")]).await;
    house.advance(Span::minutes(4)).await;
    house.take(&[answer("own-1", "1", "a", 3)]).await;
    house.advance(Span::minutes(60)).await;
    house.take(&[answer("own-2", "2", "b", 51)]).await;
}

async fn made(house: &House, period: Period) -> (AskLeads, Leads) {
    let zone = jiff::tz::TimeZone::get("Europe/Amsterdam").unwrap();
    let now = START.plus(Span::days(1));
    assert!(day_of(now, &zone) > day_of(START, &zone));
    let ask = AskLeads::last(period, Vec::new(), &zone, now).unwrap();
    let made = leads(&house.db, &ask, now).await.unwrap();
    (ask, made)
}

#[test]
fn figures_stand_by_group_and_lead_to_their_cases() {
    on_each(|house| async move {
        two(&house).await;
        house.execute("DELETE FROM case_sector").await;
        house
            .execute(
                "INSERT INTO case_sector (brand_id, case_id, sector, proposed, certainty, at)
                 SELECT brand_id, id, 'repair', '', 0, 0 FROM cases WHERE number = 2",
            )
            .await;
        let (ask, made) = made(&house, Period::Daily).await;
        let first = made.this.total.kind("first_response").unwrap();
        assert_eq!((first.kept, first.broken, first.on_time_percent), (1, 1, Some(50.0)), "{made:?}");
        assert_eq!(first.median_ms, Some(3 * 60_000));
        assert_eq!(first.p95_ms, Some(51 * 60_000));
        assert_eq!(made.this.total.cases, 2);
        assert!(made.before.as_ref().unwrap().total.is_empty(), "nothing was due the day before");
        assert_eq!(made.last_year, None, "there was no last year");
        assert_eq!(made.channel_delay_median_ms.map(|ms| ms >= 0), Some(true));
        for by in ["brand", "channel", "language", "level", "sector"] {
            let groups = &made.groups[by];
            let sum: i64 =
                groups.iter().filter_map(|g| g.kind("first_response")).map(|k| k.kept + k.broken).sum();
            assert_eq!(sum, 2, "by {by}: {groups:?}");
        }
        // Each figure leads to as many cases as it says.
        let (from, to) = ask.span().unwrap();
        let now = START.plus(Span::days(1));
        for (late, number) in [(false, 1), (true, 2)] {
            let found = house
                .db
                .read("reading", move |tx| {
                    Box::pin(async move {
                        let of = leading::Span { brands: &[], from, to, now };
                        leading::cases_behind(
                            tx,
                            of,
                            ("channel", "mastodon"),
                            "first_response",
                            late,
                            (None, 10),
                        )
                        .await
                    })
                })
                .await
                .unwrap();
            assert_eq!(found, [("Acme".to_owned(), number)]);
        }
        let broken: Vec<_> = made.report.breaches.iter().map(|b| (b.number, b.sector.as_str())).collect();
        assert_eq!(broken, [(2, "repair")]);
        let html = write(&made, Format::Html);
        let path = cases_path(&made, "channel", "mastodon", "first_response", true).replace('&', "&amp;");
        assert!(html.contains(&path) && html.contains("<svg") && !html.contains("<script"), "{html}");
        let text = write(&made, Format::Text);
        assert!(text.contains("first response: 1 of 2 on time (50.0 %)"), "{text}");
        assert!(write(&made, Format::Csv).starts_with("row,name,cases"));
        let json: serde_json::Value = serde_json::from_str(&write(&made, Format::Json)).unwrap();
        assert!(!json["groups"]["level"].as_array().unwrap().is_empty());
    });
}

#[test]
fn what_is_not_yet_due_counts_neither_way_and_days_add_up() {
    on_each(|house| async move {
        two(&house).await;
        let (_, daily) = made(&house, Period::Daily).await;
        assert!(daily.days.is_empty());
        // The resolutions of both, within a day, are due after the day of the report.
        assert!(daily.this.total.kind("total_resolution").is_none(), "{:?}", daily.this.total);
        let zone = jiff::tz::TimeZone::get("Europe/Amsterdam").unwrap();
        let now = START.plus(Span::days(40));
        let ask = AskLeads::last(Period::Monthly, Vec::new(), &zone, now).unwrap();
        let monthly = leads(&house.db, &ask, now).await.unwrap();
        let (kept, late) = monthly.days.iter().fold((0, 0), |(k, l), d| (k + d.kept, l + d.broken));
        assert_eq!((kept, late), (1, 1), "{:?}", monthly.days);
        assert!(monthly.days.len() >= 28);
        assert_eq!(monthly.bars().len(), monthly.days.len());
    });
}

#[test]
fn a_late_answer_counts_where_it_was_due_whenever_the_report_is_made() {
    on_each(|house| async move {
        house.take(&[post("1", "jan", "a", 0, "@Acme my router is dead, can you help?")]).await;
        let zone = jiff::tz::TimeZone::get("Europe/Amsterdam").unwrap();
        let first_answers = async |day: i64| {
            let after = START.plus(Span::days(day + 1));
            let ask = AskLeads::last(Period::Daily, Vec::new(), &zone, after).unwrap();
            let made = leads(&house.db, &ask, house.clock_now()).await.unwrap();
            made.this.total.kind("first_response").map(|k| (k.kept, k.broken))
        };
        house.advance(Span::days(1)).await;
        assert_eq!(first_answers(0).await, Some((0, 1)), "not answered yet, and late");
        house.advance(Span::minutes(2 * 24 * 60 + 1)).await;
        house.take(&[answer("own-1", "1", "a", 3 * 24 * 60)]).await;
        assert_eq!(first_answers(0).await, Some((0, 1)), "answered three days later");
        assert_eq!(first_answers(3).await, None, "and not on the day of the answer");
    });
}

#[test]
fn another_policy_is_laid_over_what_was() {
    on_each(|house| async move {
        two(&house).await;
        let now = START.plus(Span::days(1));
        let ask = Ask { from: START.minus(Span::days(1)), to: now, brands: Vec::new(), zone: TimeZone::UTC };
        let of = |minutes: i64| {
            let target = Target { first_response_minutes: Some(minutes), ..Target::default() };
            Policy { name: format!("{minutes}m"), targets: vec![target], ..Policy::default() }
        };
        // The promise that was is found again by the same arithmetic: nothing differs.
        let [same, _] = Policy::ready_made();
        let tried = backtest(&house.db, &same, &ask, now).await.unwrap();
        assert_eq!(tried.total.was, tried.total.would_be, "{tried:?}");
        assert!(tried.differences.is_empty() && tried.total.was.kept == 1 && tried.total.was.broken == 1);
        let tried = backtest(&house.db, &of(60), &ask, now).await.unwrap();
        assert_eq!((tried.total.would_be.kept, tried.total.would_be.broken), (2, 0));
        assert_eq!(tried.differences.len(), 1);
        let d = &tried.differences[0];
        assert_eq!((d.number, d.was, d.would_be), (2, Went::Broken, Went::Kept));
        assert_eq!(d.would_be_due_at, Some(START.plus(Span::minutes(60)).rfc3339()));
        let tried = backtest(&house.db, &of(2), &ask, now).await.unwrap();
        assert_eq!((tried.total.would_be.kept, tried.total.would_be.broken), (0, 2));
        assert_eq!(tried.differences.iter().map(|d| d.number).collect::<Vec<_>>(), [1]);
        assert!(text(&tried).contains("kept 1 -> 0, broken 1 -> 2"), "{}", text(&tried));
    });
}

#[test]
fn hand_overs_and_gaps_of_duty_are_counted_with_their_cases() {
    on_each(|house| async move {
        house.take(&[post("1", "jan", "a", 0, "@Acme my router is dead, can you help?")]).await;
        let case = house.act(&house.case(1).await, 1, Act::Claim { until: None }).await.unwrap();
        let case = house.act(&case, 1, Act::Release).await.unwrap();
        house.act(&case, 2, Act::Claim { until: None }).await.unwrap();
        let zone = jiff::tz::TimeZone::get("Europe/Amsterdam").unwrap();
        let now = START.plus(Span::days(1));
        let ask = AskLeads::last(Period::Daily, Vec::new(), &zone, now).unwrap();
        let made = leads(&house.db, &ask, now).await.unwrap();
        assert_eq!((made.given_back, made.changed_hands), (1, 1));
        assert_eq!(made.coverage_gaps, None, "nobody says what is promised");
        let (from, to) = ask.span().unwrap();
        for what in ["given_back", "changed_hands", "begun", "open", "late"] {
            let found = house
                .db
                .read("reading", move |tx| {
                    Box::pin(async move {
                        let of = leading::Span { brands: &[], from, to, now };
                        let n = leading_more::count(tx, of, what).await?;
                        Ok((leading_more::cases(tx, of, what, 10).await?, n))
                    })
                })
                .await
                .unwrap();
            assert_eq!(found, (vec![("Acme".to_owned(), 1)], 1), "{what}");
        }
        // The same by each dimension: the groups add up, and each number leads to as many cases.
        for (by, groups) in &made.groups {
            // Delays are no numbers of cases.
            for (code, what) in ALL.into_iter().filter(|(_, what)| !matches!(*what, "posted" | "/sources")) {
                let n: i64 = groups.iter().filter_map(|g| g.beside.get(code)).sum();
                let expected = i64::from(matches!(code, "given_back" | "changed_hands"));
                assert_eq!(n, expected, "{code} by {by}: {groups:?}");
                for g in groups.iter().filter(|g| g.beside.contains_key(code)) {
                    let (by, name) = (*by, g.name.clone());
                    let listed = house.db.read("reading", move |tx| {
                        Box::pin(async move {
                            let of = leading::Span { brands: &[], from, to, now };
                            leading_more::cases_of(tx, of, what, (by, &name), (None, 10)).await
                        })
                    });
                    assert_eq!(listed.await.unwrap(), [("Acme".to_owned(), 1)], "{code} by {by}");
                }
            }
            assert!(groups.iter().any(|g| g.beside.contains_key("channel_delay_median_ms")), "{groups:?}");
        }
        let csv = write(&made, Format::Csv);
        assert!(csv.contains("group_figure,channel,mastodon,given_back,1\r\n"), "{csv}");
        let html = write(&made, Format::Html);
        assert!(html.contains("by=channel&amp;name=mastodon&amp;kind=given_back"), "{html}");
        assert!(write(&made, Format::Text).contains("Given back: 1; "), "{}", write(&made, Format::Text));
        let json: serde_json::Value = serde_json::from_str(&write(&made, Format::Json)).unwrap();
        assert_eq!(json["groups"]["channel"][0]["beside"]["changed_hands"], 1, "{json}");
        // Nobody has ever worked with duty: no gap is told. Then somebody was on for an hour.
        let ask = ask.knowing(house.current.get());
        assert_eq!(leads(&house.db, &ask, now).await.unwrap().coverage_gaps, None);
        let said = Said {
            person: person(1).to_string(),
            on: true,
            from: START,
            until: START.plus(Span::hours(3)),
            reach: Reach::default(),
        };
        house
            .write(move |tx| Box::pin(async move { duty::say(tx, "dty_1", &said, "console").await }))
            .await
            .unwrap();
        let gaps = leads(&house.db, &ask, now).await.unwrap().coverage_gaps.unwrap();
        let hours: i64 = gaps.iter().map(|g| g.hours).sum();
        assert!((20..24).contains(&hours) && gaps.len() == 2, "a day but for the hours of one: {gaps:?}");
    });
}

#[test]
fn every_figure_stands_beside_the_period_before_and_each_list_is_as_long_as_its_count() {
    on_each(|house| async move {
        two(&house).await;
        house.advance(Span::days(1)).await;
        house.take(&[post("3", "eva", "c", 24 * 60, "@Acme my router is dead, can you help?")]).await;
        let zone = jiff::tz::TimeZone::get("Europe/Amsterdam").unwrap();
        let now = START.plus(Span::days(2));
        let ask = AskLeads::last(Period::Daily, Vec::new(), &zone, now).unwrap();
        let made = leads(&house.db, &ask, now).await.unwrap();
        let before = made.before.as_ref().unwrap();
        assert_eq!((made.this.beside["posts"], before.beside["posts"]), (1, 2), "{made:?}");
        assert!(before.beside.contains_key("channel_delay_median_ms"), "{before:?}");
        assert!(!before.beside.contains_key("coverage_gap_hours"), "nobody says what is promised");
        // What is open in the groups of each dimension adds up to what is open.
        let total = &made.report.total;
        assert!(total.open_now >= 1 && total.late_now >= 1, "{total:?}");
        for (by, groups) in &made.groups {
            let sum = |of: fn(&Group) -> i64| groups.iter().map(of).sum::<i64>();
            let open = (sum(|g| g.open_now), sum(|g| g.late_now), sum(|g| g.soon_late));
            assert_eq!(open, (total.open_now, total.late_now, total.soon_late), "by {by}: {groups:?}");
        }
        let (from, to) = ask.span().unwrap();
        for what in leading_more::WHATS {
            let (n, all, here, elsewhere) = house
                .db
                .read("reading", move |tx| {
                    Box::pin(async move {
                        let of = leading::Span { brands: &[], from, to, now };
                        let n = leading_more::count(tx, of, what).await?;
                        let all = leading_more::cases(tx, of, what, 10).await?;
                        let here =
                            leading_more::cases_of(tx, of, what, ("channel", "mastodon"), (None, 10)).await?;
                        let none =
                            leading_more::cases_of(tx, of, what, ("channel", "email"), (None, 10)).await?;
                        Ok((n, all, here, none))
                    })
                })
                .await
                .unwrap();
            assert_eq!(all.len(), usize::try_from(n).unwrap(), "{what}: {all:?}");
            assert!(all == here && elsewhere.is_empty(), "{what}: {here:?} {elsewhere:?}");
        }
        let html = write(&made, Format::Html);
        assert!(html.contains("kind=posted") && html.contains("soon late"), "{html}");
        let text = write(&made, Format::Text);
        assert!(text.contains("Posts: 1 (before 2)"), "{text}");
        assert!(write(&made, Format::Csv).contains("figure,posts,1,2,\r\n"));
        let json: serde_json::Value = serde_json::from_str(&write(&made, Format::Json)).unwrap();
        assert_eq!(json["before"]["beside"]["posts"], 2);
        assert_eq!(json["this"]["total"]["open_now"], total.open_now, "the total is no nought: {json}");
    });
}

#[test]
fn leads_are_told_what_goes_late_while_more_people_still_help() {
    on_each(|house| async move {
        for n in 0..12 {
            let (id, who, talk) = (format!("p{n}"), format!("u{n}"), format!("t{n}"));
            house.take(&[post(&id, &who, &talk, 0, "@Acme my router is dead, can you help?")]).await;
        }
        let parts = Parts {
            db: house.db.clone(),
            clock: house.clock.clone(),
            mint: house.mint.clone(),
            catalogue: house.current.clone(),
            owner: "a".into(),
            outbox: std::sync::Arc::default(),
            public_url: "https://care.example".into(),
            zone: TimeZone::UTC,
        };
        let late = Late { parts, leads: vec![("telegram".into(), "55555".into())], handling: Some(8.0) };
        house.advance(Span::minutes(2)).await;
        assert_eq!(late.run_once().await.unwrap(), 0, "nobody answers: there is no rate");
        house.take(&[answer("own-1", "p0", "t0", 2)]).await;
        assert_eq!(late.run_once().await.unwrap(), 1);
        let rows: Vec<(String,)> = house.all("SELECT payload FROM action WHERE kind = 'duty'").await;
        let told: serde_json::Value = serde_json::from_str(&rows[0].0).unwrap();
        assert_eq!((told["kind"].as_str(), told["chat"].as_str()), (Some("outlook"), Some("55555")));
        assert_eq!(told["late"], 11, "{told}");
        assert!(told["more"].as_i64().unwrap() >= 1 && told["minutes"].as_i64().unwrap() >= 5, "{told}");
        assert_eq!(late.run_once().await.unwrap(), 0, "once in an hour");
        // What is late already is told elsewhere.
        house.advance(Span::minutes(60)).await;
        assert_eq!(late.run_once().await.unwrap(), 0);
    });
}

#[test]
fn what_was_told_is_told_again_after_its_time_and_not_with_the_next_hour_of_the_clock() {
    on_each(|house| async move {
        let at = house.clock_now();
        let tells = async |after: Span| {
            let now = at.plus(after);
            let note = house.write(move |tx| {
                let until = now.plus(Span::hours(1));
                Box::pin(async move { console::first_since(tx, "outlook", now, until).await })
            });
            note.await.unwrap()
        };
        assert!(tells(Span::minutes(0)).await);
        assert!(!tells(Span::minutes(59)).await);
        assert!(tells(Span::minutes(60)).await);
        assert!(!tells(Span::minutes(61)).await, "counted from when it was told last");
    });
}
