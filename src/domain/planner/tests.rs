use super::*;
use crate::domain::language::Language;
use crate::domain::time::Span;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use std::collections::HashMap;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn pattern(id: &str, person: &str) -> Pattern {
    Pattern {
        id: id.to_owned(),
        person: person.to_owned(),
        role: Role::Agent,
        buddy: None,
        reach: Reach { languages: vec![Language::Nl], sectors: vec!["repair".to_owned()] },
        zone: TimeZone::get("Europe/Amsterdam").unwrap(),
        first: day("2026-10-19"),
        last: None,
        starts: 22 * 60,
        ends: 30 * 60,
        every_weeks: 2,
        weekdays: 0b010_0001,
        except: Vec::new(),
        sequence: 0,
    }
}

#[test]
fn every_other_week_over_the_night_in_which_the_clock_is_put_back() {
    // Monday and Saturday, every other week: the night to 25 October is an hour longer.
    let p = pattern("s1", "jan");
    let all = fold(&[p], &[], &[], (at("2026-10-19T00:00:00Z"), at("2026-11-09T00:00:00Z")));
    let days: Vec<String> = all.iter().map(|p| p.day.to_string()).collect();
    assert_eq!(days, ["2026-10-19", "2026-10-24", "2026-11-02", "2026-11-07"]);
    assert_eq!(all[0].until.since(all[0].from), Span::hours(8));
    assert_eq!(all[1].until.since(all[1].from), Span::hours(9));
}

#[test]
fn a_swap_moves_it_an_absence_takes_it_out_and_the_sequence_rises() {
    let p = pattern("s1", "jan");
    let span = (at("2026-10-19T00:00:00Z"), at("2026-10-21T00:00:00Z"));
    let plain = fold(std::slice::from_ref(&p), &[], &[], span);
    assert!(plain[0].is_whole() && plain[0].sequence == 0);
    let swap = |from: &str, to: &str, at: i64| Swap {
        shift: "s1".to_owned(),
        day: day("2026-10-19"),
        from: from.to_owned(),
        to: to.to_owned(),
        at: Timestamp(at),
    };
    // Whatever order they are read in; one about somebody who no longer has it changes nothing.
    let swaps = [swap("els", "piet", 2), swap("jan", "els", 1), swap("jan", "aud", 3)];
    let swapped = fold(std::slice::from_ref(&p), &swaps, &[], span);
    assert_eq!((swapped[0].person.as_str(), swapped[0].sequence), ("piet", 2));
    assert_eq!(swapped[0].before, ["jan", "els"]);
    let away = |person: &str, called_off| Absence {
        person: person.to_owned(),
        from: at("2026-10-19T22:00:00Z"),
        until: at("2026-10-20T01:00:00Z"),
        called_off,
    };
    let gone = fold(std::slice::from_ref(&p), &swaps, &[away("piet", false)], span);
    assert_eq!(gone[0].pieces.len(), 2);
    assert_eq!((gone[0].holes(), gone[0].sequence), (vec![(away("", false).from, away("", false).until)], 3));
    assert_eq!(shifts(&gone).len(), 2);
    let back = fold(&[p], &swaps, &[away("piet", true)], span);
    assert!(back[0].is_whole() && back[0].sequence == 4, "called off, and changed once more");
}

#[test]
fn a_calendar_has_stable_uids_and_shows_what_was_given_away_as_cancelled() {
    let p = pattern("shf_1", "jan");
    let span = (at("2026-10-19T00:00:00Z"), at("2026-10-21T00:00:00Z"));
    let swap = Swap {
        shift: "shf_1".to_owned(),
        day: day("2026-10-19"),
        from: "jan".to_owned(),
        to: "els".to_owned(),
        at: Timestamp(1),
    };
    let names: HashMap<String, String> = [("jan", "Jan, the \u{e9}ldest;\r\nBEGIN:VEVENT"), ("els", "Els")]
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .into();
    let of = |person: Option<&str>, swaps: &[Swap]| {
        let planned = fold(std::slice::from_ref(&p), swaps, &[], span);
        let feed = Feed {
            person,
            name: "Team",
            names: &names,
            host: "care.example",
            now: at("2026-10-01T00:00:00Z"),
        };
        write(&planned, &feed)
    };
    let before = of(Some("jan"), &[]);
    assert!(before.contains("UID:shf_1-2026-10-19@care.example\r\nSEQUENCE:0\r\n"), "{before}");
    assert!(
        before.contains("DTSTART:20261019T200000Z\r\nDTEND:20261020T040000Z\r\nSTATUS:CONFIRMED"),
        "{before}"
    );
    assert!(before.contains("SUMMARY:Jan\\, the éldest\\;\\nBEGIN:VEVENT\r\n"), "{before}");
    assert_eq!(before.matches("\r\nBEGIN:VEVENT").count(), 1, "a name opens no event");
    let swap = [swap];
    let (jan, els, team) = (of(Some("jan"), &swap), of(Some("els"), &swap), of(None, &swap));
    for (text, status) in [(&jan, "CANCELLED"), (&els, "CONFIRMED"), (&team, "CONFIRMED")] {
        assert!(text.contains("UID:shf_1-2026-10-19@care.example\r\nSEQUENCE:1\r\n"), "{text}");
        assert!(text.contains(&format!("STATUS:{status}")), "{text}");
    }
    assert!(!of(Some("els"), &[]).contains("VEVENT"), "nothing of others");
    assert!(team.lines().all(|l| l.len() <= 75), "{team}");
}

/// The same by brute force: every day is asked, every minute of it is looked at on the wall.
fn minutes(p: &Pattern, from: Timestamp, to: Timestamp) -> Vec<i64> {
    let mut found = Vec::new();
    let mut minute = from.millis();
    while minute < to.millis() {
        let wall = jiff::Timestamp::from_millisecond(minute).unwrap().to_zoned(p.zone.clone());
        let on = [0_i64, 1, 2].into_iter().any(|back| {
            let began = wall.date().checked_sub(jiff::Span::new().days(back)).unwrap();
            if began < p.first || p.last.is_some_and(|l| began > l) || p.except.contains(&began) {
                return false;
            }
            if p.weekdays >> began.weekday().to_monday_zero_offset() & 1 == 0 {
                return false;
            }
            let monday = |d: Date| {
                d.checked_sub(jiff::Span::new().days(i64::from(d.weekday().to_monday_zero_offset()))).unwrap()
            };
            let days = monday(began).since(monday(p.first)).unwrap().get_days();
            if i64::from(days) / 7 % p.every_weeks != 0 {
                return false;
            }
            let (begins, ends) = (
                crate::domain::duty::instant(began, p.starts, &p.zone).unwrap(),
                crate::domain::duty::instant(began, p.ends, &p.zone).unwrap(),
            );
            begins.millis() <= minute && minute < ends.millis()
        });
        if on {
            found.push(minute);
        }
        minute += 60_000;
    }
    found
}

fn zones() -> impl Strategy<Value = TimeZone> {
    let names =
        ["Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Tokyo", "America/Sao_Paulo"];
    prop::sample::select(names.map(|n| TimeZone::get(n).unwrap()).to_vec())
}

prop_compose! {
    fn patterns()(
        zone in zones(), starts in 0_i64..1440, length in 1_i64..1440, every_weeks in 1_i64..4, weekdays in 1_i64..128,
        offset in 0_i64..20, runs in prop::option::of(0_i64..40), except in prop::collection::vec(0_i64..40, 0..3),
    ) -> Pattern {
        let first = day("2026-10-10").checked_add(jiff::Span::new().days(offset)).unwrap();
        let later = |n: i64| first.checked_add(jiff::Span::new().days(n)).unwrap();
        Pattern {
            zone, starts, ends: starts + length, every_weeks, weekdays, first, last: runs.map(later),
            except: except.into_iter().map(later).collect(), ..pattern("s1", "jan")
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// Over the autumn's changes of clocks, minute by minute.
    #[test]
    fn patterns_are_those_of_brute_force(p in patterns()) {
        let (from, to) = (at("2026-10-22T00:00:00Z"), at("2026-11-06T00:00:00Z"));
        let all = fold(std::slice::from_ref(&p), &[], &[], (from, to));
        let mut told: Vec<i64> = Vec::new();
        for piece in all.iter().flat_map(|p| &p.pieces) {
            let mut minute = from.millis();
            while minute < to.millis() {
                if piece.0.millis() <= minute && minute < piece.1.millis() {
                    told.push(minute);
                }
                minute += 60_000;
            }
        }
        told.sort_unstable();
        told.dedup();
        prop_assert_eq!(told, minutes(&p, from, to));
    }

    /// Swaps and absences in any order give the same; nobody is on while away, and nothing is counted twice.
    #[test]
    fn orders_do_not_matter_and_nothing_is_lost(
        p in patterns(), swaps in prop::collection::vec((0_i64..30, 0_usize..4, 0_usize..4, 0_i64..1000), 0..12),
        away in prop::collection::vec((0_usize..4, 0_i64..15 * 24, 1_i64..60, any::<bool>()), 0..6), seed in any::<u64>(),
    ) {
        let people = ["jan", "els", "piet", "aud"];
        let (from, to) = (at("2026-10-22T00:00:00Z"), at("2026-11-06T00:00:00Z"));
        let swaps: Vec<Swap> = swaps.into_iter().enumerate().map(|(n, (ahead, a, b, when))| Swap {
            shift: "s1".to_owned(), day: p.first.checked_add(jiff::Span::new().days(ahead)).unwrap(),
            from: people[a].to_owned(), to: people[b].to_owned(),
            at: Timestamp(when * 100 + i64::try_from(n).unwrap()),
        }).collect();
        let away: Vec<Absence> = away.into_iter().map(|(who, hour, hours, called_off)| {
            let begins = from.plus(Span::hours(hour));
            Absence { person: people[who].to_owned(), from: begins, until: begins.plus(Span::hours(hours)), called_off }
        }).collect();
        let all = fold(std::slice::from_ref(&p), &swaps, &away, (from, to));
        let (mut other, mut others) = (swaps.clone(), away.clone());
        let turn = |len: usize| usize::try_from(seed % 97).unwrap() % len.max(1);
        let (a, b) = (turn(other.len()), turn(others.len()));
        other.rotate_left(a);
        others.rotate_left(b);
        others.reverse();
        prop_assert_eq!(&all, &fold(std::slice::from_ref(&p), &other, &others, (from, to)));
        for one in &all {
            for (begins, ends) in &one.pieces {
                let clash = away.iter().any(|a| {
                    !a.called_off && a.person == one.person && a.from < *ends && a.until > *begins
                });
                prop_assert!(!clash && begins < ends);
            }
            let length = |all: &[(Timestamp, Timestamp)]| all.iter().map(|(a, b)| b.since(*a).millis()).sum::<i64>();
            let whole = if one.cancelled { 0 } else { one.until.since(one.from).millis() };
            prop_assert_eq!(length(&one.pieces) + length(&one.holes()), whole);
        }
        // Each more change makes the sequence rise.
        for n in 0..away.len() {
            let fewer = fold(std::slice::from_ref(&p), &swaps, &away[..n], (from, to));
            for (less, more) in fewer.iter().zip(&all) {
                prop_assert!(less.sequence <= more.sequence);
            }
        }
    }
}
