//! Whole days of plans: a 'support day' without times is a shift from midnight to midnight, or in the hours that a whole
//! day means.
//!
//! Midnights are those of the wall, so that a day on which the clocks change has 23 or 25 hours. Several days are one
//! shift a day.

use super::csv::of_day;
use super::reading::{BadLine, bad, instant};
use crate::domain::time::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// From midnight to midnight, in minutes.
pub const WHOLE_DAY: (i64, i64) = (0, 1_440);
/// Most whole days of one event.
pub(super) const WHOLE_MAX: i64 = 366;

/// Reads the hours that a whole day means, such as `09:00-17:30`, in minutes after midnight. An end before the beginning is
/// the next day's.
pub fn whole_day(text: &str) -> Option<(i64, i64)> {
    let (from, until) = text.split_once('-')?;
    let (from, until) = (of_day(from)?, of_day(until)?);
    if from == WHOLE_DAY.1 || from == until {
        return None;
    }
    Some((from, if until < from { until + WHOLE_DAY.1 } else { until }))
}

/// The shift of a whole day, from when until when.
pub(super) fn on_day(
    day: Date,
    (from, until): (i64, i64),
    zone: &TimeZone,
) -> Option<(Timestamp, Timestamp)> {
    Some((instant(day, from, zone)?, instant(day, until, zone)?))
}

/// How many whole days an event has, by its first day and the first one that is no longer in it. Some programs name the same
/// day twice where they mean one.
pub(super) fn days_up_to(line: usize, first: Date, (after, days): (Date, i64)) -> Result<i64, BadLine> {
    if days < 0 {
        let found = format!("DTEND {after} before DTSTART {first}");
        return Err(bad(line, found, "wanted is the day after the last one"));
    }
    believed(line, days.max(1))
}

/// How many whole days a length in minutes is.
pub(super) fn days_of(line: usize, minutes: i64) -> Result<i64, BadLine> {
    if minutes % WHOLE_DAY.1 != 0 {
        return Err(bad(line, "a DURATION in hours after a day without a time", "allowed: days, as P2D"));
    }
    believed(line, (minutes / WHOLE_DAY.1).max(1))
}

fn believed(line: usize, days: i64) -> Result<i64, BadLine> {
    if days > WHOLE_MAX {
        return Err(bad(
            line,
            format!("an event of {days} days"),
            format!("allowed: up to {WHOLE_MAX} days"),
        ));
    }
    Ok(days)
}

#[cfg(test)]
mod tests {
    use super::super::{Known, Read, Role, Staff, read};
    use super::*;
    use crate::domain::time::Span;
    use proptest::prelude::*;

    fn known(zone: &str) -> Known {
        let staff = |login: &str| Staff {
            id: format!("per_{login}"),
            login: login.to_owned(),
            name: login.to_owned(),
        };
        Known {
            people: vec![staff("jan"), staff("els")],
            sectors: Vec::new(),
            zone: TimeZone::get(zone).unwrap(),
            whole_day: WHOLE_DAY,
            from: Timestamp::parse("2026-01-01T00:00:00Z").unwrap(),
            to: Timestamp::parse("2027-01-01T00:00:00Z").unwrap(),
        }
    }

    fn events(all: &[&str], known: &Known) -> Read {
        let one = |more: &&str| format!("BEGIN:VEVENT\nUID:1\nSUMMARY:jan\n{more}\nEND:VEVENT\n");
        let all: String = all.iter().map(one).collect();
        read(&format!("BEGIN:VCALENDAR\n{all}END:VCALENDAR\n"), known)
    }

    /// Each shift with its beginning and its length in minutes; nothing may be wrong.
    fn told(found: &Read) -> Vec<(String, i64)> {
        assert_eq!(found.wrong, []);
        let one = |(from, until): (Timestamp, Timestamp)| {
            (from.rfc3339()[5..16].to_owned(), until.since(from).millis() / 60_000)
        };
        found.shifts.iter().map(|s| one((s.from, s.until))).collect()
    }

    /// The days of shifts from midnight in Amsterdam.
    fn days(found: &Read) -> Vec<String> {
        assert_eq!(found.wrong, []);
        found.shifts.iter().map(|s| s.from.plus(Span::hours(12)).day()[5..].to_owned()).collect()
    }

    #[test]
    fn the_hours_of_a_whole_day_are_read_also_over_midnight() {
        assert_eq!(whole_day("09:00-17:30"), Some((540, 1_050)));
        assert_eq!(whole_day(" 9:00 - 17:30 "), Some((540, 1_050)));
        assert_eq!(whole_day("22:00-06:00"), Some((1_320, 1_800)));
        assert_eq!(whole_day("16:00-00:00"), Some((960, 1_440)));
        assert_eq!(whole_day("00:00-24:00"), Some(WHOLE_DAY));
        for text in
            ["", "9", "09:00", "09:00-", "09:00-09:00", "24:00-08:00", "09:00-25:00", "09:60-10:00", "a-b"]
        {
            assert_eq!(whole_day(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_is_from_midnight_to_midnight_and_several_are_a_shift_each() {
        let here = known("Europe/Amsterdam");
        let of = |more: &str| told(&events(&[more], &here));
        let one = [("11-04T23:00".to_owned(), 1_440)];
        for more in [
            "DTSTART;VALUE=DATE:20261105",
            "DTSTART:20261105",
            "DTSTART;VALUE=DATE:20261105\nDTEND;VALUE=DATE:20261106",
            "DTSTART;VALUE=DATE:20261105\nDTEND;VALUE=DATE:20261105",
            "DTSTART;VALUE=DATE:20261105\nDURATION:P1D",
        ] {
            assert_eq!(of(more), one, "{more}");
        }
        let three = [("10-23T22:00", 1_440), ("10-24T22:00", 1_500), ("10-25T23:00", 1_440)];
        let three = three.map(|(from, length)| (from.to_owned(), length));
        assert_eq!(of("DTSTART;VALUE=DATE:20261024\nDTEND;VALUE=DATE:20261027"), three);
        assert_eq!(of("DTSTART;VALUE=DATE:20261024\nDURATION:P3D"), three);
        assert_eq!(of("DTSTART;VALUE=DATE:20260329"), [("03-28T23:00".to_owned(), 1_380)]);
        assert_eq!(of("DTSTART;VALUE=DATE:20261102\nDURATION:P1W").len(), 7);
        // A zone that the event names goes before that of the plan.
        let tokyo = of("DTSTART;VALUE=DATE;TZID=Asia/Tokyo:20261105");
        assert_eq!(tokyo, [("11-04T15:00".to_owned(), 1_440)]);
    }

    #[test]
    fn a_setting_names_the_hours_of_a_whole_day() {
        let of = |hours: &str, more: &str| {
            let here = Known { whole_day: whole_day(hours).unwrap(), ..known("Europe/Amsterdam") };
            told(&events(&[more], &here))
        };
        let two = "DTSTART;VALUE=DATE:20261024\nDTEND;VALUE=DATE:20261026";
        let day = [("10-24T07:00".to_owned(), 510), ("10-25T08:00".to_owned(), 510)];
        assert_eq!(of("09:00-17:30", two), day);
        // The clock is put back in the first of these nights.
        let night = [("10-24T20:00".to_owned(), 540), ("10-25T21:00".to_owned(), 480)];
        assert_eq!(of("22:00-06:00", two), night);
        // An event with times has its own.
        let timed = of("09:00-17:30", "DTSTART:20261105T120000\nDTEND:20261105T140000");
        assert_eq!(timed, [("11-05T11:00".to_owned(), 120)]);
    }

    #[test]
    fn whole_days_repeat_are_left_out_and_are_moved() {
        let here = known("Europe/Amsterdam");
        let series =
            "DTSTART;VALUE=DATE:20261019\nDTEND;VALUE=DATE:20261021\nRRULE:FREQ=WEEKLY;UNTIL=20261109";
        let all = ["10-19", "10-20", "10-26", "10-27", "11-02", "11-03", "11-09", "11-10"];
        assert_eq!(days(&events(&[series], &here)), all);
        let less = ["10-19", "10-20", "11-02", "11-03", "11-09", "11-10"];
        for not in [
            "EXDATE;VALUE=DATE:20261026",
            "EXDATE:20261026",
            "EXDATE;TZID=Europe/Amsterdam:20261026T000000",
            "EXDATE:20261025T230000Z",
        ] {
            assert_eq!(days(&events(&[&format!("{series}\n{not}")], &here)), less, "{not}");
        }
        let moved = "RECURRENCE-ID;VALUE=DATE:20261102\nDTSTART;VALUE=DATE:20261104";
        assert_eq!(
            days(&events(&[series, moved], &here)),
            ["10-19", "10-20", "10-26", "10-27", "11-04", "11-09", "11-10"]
        );
        let cancelled = "RECURRENCE-ID;VALUE=DATE:20261026\nSTATUS:CANCELLED\nDTSTART;VALUE=DATE:20261026";
        assert_eq!(days(&events(&[series, cancelled], &here)), less);
        let workdays = "DTSTART;VALUE=DATE:20261105\nRRULE:FREQ=DAILY;COUNT=3;BYDAY=MO,TU,WE,TH,FR";
        assert_eq!(days(&events(&[workdays], &here)), ["11-05", "11-06", "11-09"]);
        // A series that began long ago goes on in the middle of one of its events.
        let old = "DTSTART;VALUE=DATE:20050103\nDTEND;VALUE=DATE:20050108\nRRULE:FREQ=WEEKLY";
        assert_eq!(days(&events(&[old], &here))[..3], ["01-01", "01-02", "01-05"]);
        // A day leaves out what begins on it of a series with times too.
        let timed = "DTSTART:20261105T090000\nDTEND:20261105T170000\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE;VALUE=DATE:20261106";
        assert_eq!(days(&events(&[timed], &here)), ["11-05", "11-07"]);
    }

    #[test]
    fn what_cannot_be_a_day_is_named() {
        let here = known("Europe/Amsterdam");
        let start = "DTSTART;VALUE=DATE:20261105";
        for (more, told) in [
            (
                "DTEND;VALUE=DATE:20261104",
                "line 2: DTEND 2026-11-04 before DTSTART 2026-11-05; wanted is the day after the last one",
            ),
            (
                "DTEND:20261105T170000",
                "line 2: a day without a time and a time as DTSTART and DTEND; allowed: two days, or two times",
            ),
            (
                "DURATION:PT8H",
                "line 2: a DURATION in hours after a day without a time; allowed: days, as P2D",
            ),
            ("DTEND;VALUE=DATE:20271231", "line 2: an event of 421 days; allowed: up to 366 days"),
        ] {
            let found = events(&[&format!("{start}\n{more}")], &here);
            let wrong: Vec<String> = found.wrong.iter().map(ToString::to_string).collect();
            assert_eq!((wrong, found.shifts.len()), (vec![told.to_owned()], 0));
        }
        let found = events(&["DTSTART:20261105T090000\nDTEND:20261105T080000"], &here);
        assert!(found.shifts.is_empty() && found.wrong[0].found.starts_with("a shift of"), "{found:?}");
        // Long events again and again are cut off, and say so.
        let endless = "DTSTART;VALUE=DATE:20260101\nDURATION:P366D\nRRULE:FREQ=DAILY";
        let found = events(&[endless], &here);
        assert!(found.wrong.iter().any(|w| w.found == "more shifts, with all repeats"), "{:?}", found.wrong);
    }

    #[test]
    fn a_date_of_a_csv_without_times_is_a_whole_day() {
        let here = known("Europe/Amsterdam");
        let found =
            read("person;date;from;until\njan;25-10-2026;;\njan;29-3-2026;;\nels;2026-11-05;09:00;\n", &here);
        let lengths: Vec<i64> =
            found.shifts.iter().map(|s| s.until.since(s.from).millis() / 3_600_000).collect();
        assert_eq!(lengths, [23, 25], "{found:?}");
        assert_eq!((found.wrong.len(), found.wrong[0].line), (1, 4));
        assert!(found.wrong[0].allowed.contains("the whole day"), "{:?}", found.wrong);
        let hours = Known { whole_day: (540, 1_050), ..here.clone() };
        let found = read("person,date,role,zone\njan,2026-11-05,guest,Asia/Tokyo\n", &hours);
        assert_eq!(told(&found), [("11-05T00:00".to_owned(), 510)]);
        assert_eq!(found.shifts[0].role, Role::Guest);
        let found = read("person,date,from\njan,2026-11-05,09:00\n", &here);
        assert_eq!(found.wrong[0].found, "no column until");
        let found = read("person\njan\n", &here);
        assert_eq!(found.wrong[0].found, "no column from, until");
    }

    proptest! {
        /// Whole days follow each other without a gap, each from the first instant of its day, whatever the clocks do.
        #[test]
        fn whole_days_begin_with_their_day_and_end_with_the_next(
            zone in prop::sample::select(vec![
                "Europe/Amsterdam", "America/New_York", "America/Havana", "Asia/Tokyo", "Australia/Lord_Howe",
            ]),
            first in 0_i64..330, count in 1_i64..20,
        ) {
            let day = |n: i64| {
                let date: Date = "2026-01-01".parse().unwrap();
                date.checked_add(jiff::Span::new().days(n)).unwrap()
            };
            let begins = |n: i64| {
                let zoned = day(n).to_zoned(TimeZone::get(zone).unwrap()).unwrap();
                Timestamp(zoned.start_of_day().unwrap().timestamp().as_millisecond())
            };
            let text = |n: i64| day(n).to_string().replace('-', "");
            let more = format!("DTSTART;VALUE=DATE:{}\nDTEND;VALUE=DATE:{}", text(first), text(first + count));
            let found = events(&[&more], &known(zone));
            let spans: Vec<(Timestamp, Timestamp)> = found.shifts.iter().map(|s| (s.from, s.until)).collect();
            let wanted: Vec<(Timestamp, Timestamp)> =
                (first..first + count).map(|n| (begins(n), begins(n + 1))).collect();
            prop_assert_eq!(spans, wanted);
        }
    }
}
