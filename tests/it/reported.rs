//! Figures of reports at their borders, recomputed by hand, on both engines: midnight in the zone of the report, a day of
//! 25 hours, a middle of an even number, nothing at all, whoever was erased, what waited for the front office.

use crate::harness::{House, START, answer, on_each, person, post};
use crate::privacy::privacy;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use webcared::casework::{Act, Actor};
use webcared::domain::time::{Span, Timestamp};
use webcared::privacy::By;
use webcared::reports::leads::{AskLeads, Kind, Leads, leads};
use webcared::reports::leads_write::write;
use webcared::reports::letter::letter;
use webcared::reports::monday::monday;
use webcared::reports::period::Period;
use webcared::reports::words::NL;
use webcared::reports::write::Format;
use webcared::reports::{Breach, behind};
use webcared::store::leading;

const HELP: &str = "@Acme my router is dead, can you help?";
/// Long after everything was due.
const LATER: Timestamp = Timestamp(START.0 + 60 * 86_400_000);

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// One local day in Amsterdam.
fn daily(text: &str) -> AskLeads {
    AskLeads {
        period: Period::Daily,
        days: (day(text), day(text).tomorrow().unwrap()),
        brands: Vec::new(),
        zone: TimeZone::get("Europe/Amsterdam").unwrap(),
        catalogue: None,
    }
}

async fn made(house: &House, ask: &AskLeads, now: Timestamp) -> Leads {
    leads(&house.db, ask, now).await.unwrap()
}

fn kind(made: &Leads, code: &str) -> Option<(i64, i64)> {
    made.this.total.kind(code).map(|k: &Kind| (k.kept, k.broken))
}

/// The numbers of the cases behind promises of a kind.
async fn listed(house: &House, ask: &AskLeads, what: &'static str, late: bool, now: Timestamp) -> Vec<i64> {
    let (from, to) = ask.span().unwrap();
    let read = house.db.read("reading", move |tx| {
        Box::pin(async move {
            let of = leading::Span { brands: &[], from, to, now };
            behind::cases(tx, of, ("total", ""), (what, late), (None, 10)).await
        })
    });
    read.await.unwrap().into_iter().map(|(_, number)| number).collect()
}

#[test]
fn what_is_due_at_midnight_belongs_to_the_day_that_begins_then() {
    on_each(|house| async move {
        house.take(&[post("1", "jan", "a", 0, HELP), post("2", "mia", "b", 0, HELP)]).await;
        // Midnight in Amsterdam after the first day, and a thousandth of a second before it.
        let midnight = Timestamp::parse("2026-09-21T22:00:00Z").unwrap();
        assert_eq!(midnight.millis(), 1_790_028_000_000);
        for sql in [
            "UPDATE obligation SET due_at = 1790028000000 WHERE kind = 'first_response'
               AND case_id = (SELECT id FROM cases WHERE number = 1)",
            "UPDATE obligation SET due_at = 1790027999999 WHERE kind = 'first_response'
               AND case_id = (SELECT id FROM cases WHERE number = 2)",
        ] {
            house.execute(sql).await;
        }
        let (first, second) = (daily("2026-09-21"), daily("2026-09-22"));
        for (ask, number) in [(&first, 2), (&second, 1)] {
            let made = made(&house, ask, LATER).await;
            assert_eq!(kind(&made, "first_response"), Some((0, 1)), "{}", made.this.first);
            assert_eq!(listed(&house, ask, "first_response", true, LATER).await, [number]);
            assert_eq!(listed(&house, ask, behind::ANSWERS, true, LATER).await, [number], "with later ones");
        }
        // At the very instant it still holds, and counts neither way; a thousandth later it is late.
        let at = made(&house, &second, midnight).await;
        assert_eq!(kind(&at, "first_response"), None);
        assert!(listed(&house, &second, "first_response", true, midnight).await.is_empty());
        let past = made(&house, &second, midnight.plus(Span(1))).await;
        assert_eq!(kind(&past, "first_response"), Some((0, 1)));
    });
}

#[test]
fn a_day_of_25_hours_holds_all_of_them_once() {
    on_each(|house| async move {
        let posts = [("1", "jan"), ("2", "mia"), ("3", "bob"), ("4", "cid")];
        house.take(&posts.map(|(id, who)| post(id, who, id, 0, HELP))).await;
        // Summer time ended on 2026-10-25 at three at night.
        for sql in [
            "UPDATE obligation SET due_at = 1792879199999 WHERE case_id = (SELECT id FROM cases WHERE number = 1)",
            "UPDATE obligation SET due_at = 1792879200000 WHERE case_id = (SELECT id FROM cases WHERE number = 2)",
            "UPDATE obligation SET due_at = 1792969199999 WHERE case_id = (SELECT id FROM cases WHERE number = 3)",
            "UPDATE obligation SET due_at = 1792969200000 WHERE case_id = (SELECT id FROM cases WHERE number = 4)",
        ] {
            house.execute(sql).await;
        }
        let long = daily("2026-10-25");
        let (from, to) = long.span().unwrap();
        assert_eq!((from.millis(), to.since(from)), (1_792_879_200_000, Span::hours(25)));
        for (text, numbers) in [("2026-10-24", vec![1]), ("2026-10-25", vec![2, 3]), ("2026-10-26", vec![4])]
        {
            let ask = daily(text);
            let made = made(&house, &ask, LATER).await;
            let n = i64::try_from(numbers.len()).unwrap();
            assert_eq!(kind(&made, "first_response"), Some((0, n)), "{text}");
            assert_eq!(listed(&house, &ask, "first_response", true, LATER).await, numbers, "{text}");
        }
        // The days of its month add up to the month.
        let month = AskLeads {
            period: Period::Monthly,
            days: (day("2026-10-01"), day("2026-11-01")),
            ..daily("2026-10-25")
        };
        let made = made(&house, &month, LATER).await;
        assert_eq!(kind(&made, "first_response"), Some((0, 4)));
        assert_eq!(made.days.iter().map(|d| d.broken).sum::<i64>(), 4, "{:?}", made.days);
        assert_eq!(made.days[24].broken, 2, "{:?}", made.days[24]);
    });
}

#[test]
fn percentiles_are_values_that_occurred_by_nearest_rank() {
    on_each(|house| async move {
        // Answered after 1, 2, 3 and 40 minutes.
        let all = [("1", "jan", 1), ("2", "mia", 2), ("3", "bob", 3), ("4", "cid", 40)];
        house.take(&all.map(|(id, who, _)| post(id, who, id, 0, HELP))).await;
        house.advance(Span::minutes(45)).await;
        house.take(&all.map(|(id, _, after)| answer(&format!("own-{id}"), id, id, after))).await;
        let made = made(&house, &daily("2026-09-21"), LATER).await;
        let first = made.this.total.kind("first_response").unwrap();
        assert_eq!((first.kept, first.broken, first.on_time_percent), (3, 1, Some(75.0)));
        let minutes = |n: i64| Some(n * 60_000);
        assert_eq!(
            (first.median_ms, first.p90_ms, first.p95_ms),
            (minutes(2), minutes(40), minutes(40)),
            "the lower one of the two in the middle"
        );
    });
}

#[test]
fn a_period_with_nothing_says_so_and_measures_nothing() {
    on_each(|house| async move {
        let ask = daily("2026-09-20");
        let made = made(&house, &ask, LATER).await;
        assert!(made.this.total.is_empty() && made.before.as_ref().unwrap().total.is_empty());
        assert_eq!((made.on_time_without_bulk_percent, made.on_time_substantive_permille), (None, None));
        for format in [Format::Text, Format::Csv, Format::Html, Format::Json] {
            let page = write(&made, format);
            assert!(!page.contains("NaN") && !page.contains("100.0 %"), "{page}");
        }
        let week = AskLeads { period: Period::Weekly, days: (day("2026-09-14"), day("2026-09-21")), ..ask };
        let page = monday(&house.db, &week, LATER).await.unwrap();
        assert_eq!((page.p1_all, page.weekend_all, page.not_kept_all), (0, 0, 0));
        assert_eq!(page.decision.about, "none", "{page:?}");
    });
}

#[test]
fn each_group_stands_beside_the_period_before_and_one_that_is_gone_is_there_still() {
    on_each(|house| async move {
        house.take(&[post("1", "jan", "a", 0, HELP), post("2", "mia", "b", 0, HELP)]).await;
        house.advance(Span::minutes(5)).await;
        house.take(&[answer("own-1", "1", "a", 3)]).await;
        house.advance(Span::days(1)).await;
        let made = made(&house, &daily("2026-09-22"), LATER).await;
        assert_eq!((made.this.total.cases, made.last_year.is_none()), (0, true));
        for (by, name) in [("brand", "Acme"), ("channel", "mastodon"), ("language", "en")] {
            let group = made.groups[by].iter().find(|g| g.name == name).unwrap();
            let was = group.before.as_ref().unwrap();
            assert_eq!((group.cases, was.cases, was.needing_answer), (0, 2, 2), "{by}");
            let first = was.kinds.iter().find(|k| k.kind == "first_response").unwrap();
            assert_eq!((first.kept, first.broken), (1, 1), "{by}");
            assert!(group.last_year.is_none(), "there was no last year");
        }
        let csv = write(&made, Format::Csv);
        assert!(csv.contains("channel_before,mastodon,2,2,first_response,1,1,50.0,"), "{csv}");
        assert!(!csv.contains("channel_last_year"), "{csv}");
        let html = write(&made, Format::Html);
        assert!(html.contains("<td>2 / –</td>") && html.contains("<td>50.0 % / –</td>"), "{html}");
        let mail = letter(&made, &[], &NL).text("https://care.example");
        assert!(mail.contains("2 / –") && mail.contains("50,0 % / –"), "{mail}");
        assert!(mail.contains("op tijd, de periode ervoor / vorig jaar"), "{mail}");
    });
}

#[test]
fn nothing_rises_in_the_first_week_that_is_known() {
    on_each(|house| async move {
        for n in 0..8 {
            let id = n.to_string();
            house
                .take(&[post(&id, &format!("u{id}"), &id, 0, "@Acme I want my money back, a refund now")])
                .await;
        }
        let of = |first: &str, after: &str| AskLeads {
            period: Period::Weekly,
            days: (day(first), day(after)),
            ..daily(first)
        };
        let first = monday(&house.db, &of("2026-09-21", "2026-09-28"), LATER).await.unwrap();
        assert!(first.rising.is_empty(), "{:?}", first.rising);
        // A week and a month before they were known already: now it is a rise.
        house.execute("UPDATE cases SET opened_at = opened_at - 3024000000 WHERE number = 1").await;
        let known = monday(&house.db, &of("2026-09-21", "2026-09-28"), LATER).await.unwrap();
        assert!(known.rising.iter().all(|r| r.cases == 7 && r.usual < 1.0), "{:?}", known.rising);
        assert!(!known.rising.is_empty(), "{known:?}");
        // Each leads to as many cases as it says.
        let week = of("2026-09-21", "2026-09-28");
        let (from, to) = week.span().unwrap();
        for r in known.rising.into_iter().filter(|r| !r.sector) {
            let topic = r.topic.clone();
            let read = house.db.read("reading", move |tx| {
                Box::pin(async move {
                    let of = leading::Span { brands: &[], from, to, now: LATER };
                    behind::cases(tx, of, ("total", &topic), (behind::TOPIC, false), (None, 20)).await
                })
            });
            assert_eq!(read.await.unwrap().len(), 7, "{}", r.topic);
        }
    });
}

#[test]
fn promises_to_whoever_was_erased_count_as_before() {
    on_each(|house| async move {
        house.take(&[post("1", "jan", "a", 0, HELP), post("2", "mia", "b", 0, HELP)]).await;
        house.advance(Span::minutes(4)).await;
        house.take(&[answer("own-1", "1", "a", 3)]).await;
        house.advance(Span::days(1)).await;
        let ask = daily("2026-09-21");
        let before = made(&house, &ask, LATER).await;
        assert_eq!(kind(&before, "first_response"), Some((1, 1)));
        for who in ["Acme#1", "Acme#2"] {
            privacy(&house).erase(who, false, &By::Command).await.unwrap();
        }
        let after = made(&house, &ask, LATER).await;
        assert_eq!(kind(&after, "first_response"), Some((1, 1)), "{:?}", after.this.total);
        assert_eq!(after.this.total.cases, 2);
        let causes = |made: &Leads| -> Vec<(i64, String)> {
            made.report.breaches.iter().map(|b| (b.number, b.cause.clone())).collect()
        };
        assert_eq!(causes(&after), causes(&before));
        assert_eq!(listed(&house, &ask, behind::ANSWERS, false, LATER).await, [1]);
        assert_eq!(listed(&house, &ask, behind::ANSWERS, true, LATER).await, [2]);
    });
}

#[test]
fn a_breach_says_what_waited_for_the_front_office() {
    on_each(|house| async move {
        house.take(&[post("1", "jan", "a", 0, HELP), post("2", "mia", "b", 0, HELP)]).await;
        house.advance(Span::minutes(2)).await;
        for number in [1, 2] {
            house.act(&house.case(number).await, 1, Act::Claim { until: None }).await.unwrap();
        }
        house.advance(Span::minutes(3)).await;
        house.act(&house.case(1).await, 1, Act::AwaitFrontOffice).await.unwrap();
        house.advance(Span::minutes(60)).await;
        let made = made(&house, &daily("2026-09-21"), LATER).await;
        let of = |number: i64| {
            let found =
                made.report.breaches.iter().find(|b| b.number == number && b.kind == "first_response");
            let b = found.unwrap();
            let part = |name: &str| b.parts.get(name).map(|ms| ms / 60_000);
            (
                b.cause.clone(),
                part("waiting_unseen_ms"),
                part("waiting_claimed_ms"),
                part("waiting_front_office_ms"),
            )
        };
        assert_eq!(of(1), ("waiting_front_office".to_owned(), Some(2), Some(3), Some(25)));
        assert_eq!(of(2), ("waiting_claimed".to_owned(), Some(2), Some(28), None));
    });
}

#[test]
fn a_breach_says_how_long_an_answer_was_being_written() {
    on_each(|house| async move {
        house.take(&[post("1", "jan", "a", 0, HELP), post("2", "mia", "b", 0, HELP)]).await;
        house.advance(Span::minutes(2)).await;
        house.act(&house.case(1).await, 1, Act::Claim { until: None }).await.unwrap();
        let who = Actor { person: person(1), lead: false };
        let write = async |number, words: &str| {
            let case = house.case(number).await;
            let kept = house.casework.keep_draft(&case.brand_id, &case.id, &who, case.version, words);
            kept.await.unwrap();
        };
        house.advance(Span::minutes(3)).await;
        write(1, "we").await;
        write(2, "nobody has claimed this one").await;
        house.advance(Span::minutes(7)).await;
        write(1, "we look into it").await;
        house.advance(Span::minutes(60)).await;
        let made = made(&house, &daily("2026-09-21"), LATER).await;
        let of = |number: i64| {
            let is = |b: &&Breach| b.number == number && b.kind == "first_response";
            let found = made.report.breaches.iter().find(is).unwrap();
            ["waiting_unseen_ms", "waiting_claimed_ms", "writing_ms"]
                .map(|p| found.parts.get(p).map(|ms| ms / 60_000))
        };
        assert_eq!(of(1), [Some(2), Some(21), Some(7)], "what was left lying is not being written");
        assert_eq!(of(2), [Some(30), Some(0), Some(0)]);
    });
}
