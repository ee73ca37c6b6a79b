//! Weeks of the recommendation in reports, on both engines: from Monday to Monday by the wall, also where the clocks change.

use crate::private::{Desk, at_desk};
use crate::survey::{due, helped, says, switch_on};
use jiff::tz::TimeZone;
use webcared::domain::time::{Span, Timestamp};
use webcared::reports::Ask;
use webcared::reports::office;
use webcared::reports::survey::report;

/// Weeks in Amsterdam: from, to, and the end of the next one. On the last Sunday of March the clocks go ahead, on that of
/// October they go back.
const WEEKS: [[&str; 3]; 2] = [
    ["2026-03-22T23:00:00Z", "2026-03-29T22:00:00Z", "2026-04-05T22:00:00Z"],
    ["2026-10-18T22:00:00Z", "2026-10-25T23:00:00Z", "2026-11-01T23:00:00Z"],
];

fn ask(desk: &Desk, from: Timestamp, to: Timestamp) -> Ask {
    let zone = TimeZone::get("Europe/Amsterdam").unwrap();
    Ask { from, to, brands: vec![desk.house.brand_id.clone()], zone }
}

#[test]
fn who_was_asked_in_the_first_or_last_minutes_of_a_week_counts_in_it() {
    at_desk(|desk| async move {
        switch_on(&desk.house);
        helped(&desk).await;
        desk.house.advance(Span::hours(24)).await;
        assert_eq!(due(&desk).await, 1);
        says(&desk, "p2", "9/10").await;
        for [from, to, next] in WEEKS.map(|week| week.map(|text| Timestamp::parse(text).unwrap())) {
            for at in [from.plus(Span::minutes(10)), to.minus(Span::minutes(10))] {
                let sql = format!("UPDATE survey SET asked_at = {}", at.millis());
                desk.house.execute(Box::leak(sql.into_boxed_str())).await;
                let week = report(&desk.house.db, &ask(&desk, from, to)).await.unwrap().unwrap();
                assert_eq!((week.total.asked, week.before.asked), (1, 0), "{at}");
                assert_eq!(week.weeks.last().map(|w| (w.asked, w.score)), Some((1, Some(100.0))), "{at}");
                let later = report(&desk.house.db, &ask(&desk, to, next)).await.unwrap().unwrap();
                assert_eq!((later.total.asked, later.before.asked), (0, 1), "{at}");
                let weeks: Vec<i64> = later.weeks.iter().map(|w| w.asked).collect();
                assert_eq!(weeks, [0, 0, 0, 0, 0, 0, 1, 0], "{at}");
                assert_eq!(later.weeks[6].name, week.weeks[7].name);
            }
            // The back door has the same weeks.
            let now = desk.house.clock_now();
            let office = office::report(&desk.house.db, &ask(&desk, from, to), now).await.unwrap();
            let last = office.weeks.last().map(|w| w.name.clone());
            assert_eq!(last, Some(from.plus(Span::hours(12)).day()));
        }
    });
}
