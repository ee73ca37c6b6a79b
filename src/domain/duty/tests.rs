//! Duty held against looking at every minute, and plans with their mistakes.

use super::*;
use crate::domain::calendar::Hours;
use jiff::tz::TimeZone;
use proptest::prelude::*;

const T0: i64 = 1_795_688_400_000;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn known(zone: &str) -> Known {
    let staff = |login: &str, name: &str| Staff {
        id: format!("per_{login}"),
        login: login.to_owned(),
        name: name.to_owned(),
    };
    Known {
        people: vec![staff("jan", "Jan Jansen"), staff("els", "Els Vos"), staff("kim", "Els Vos")],
        sectors: vec!["repair".to_owned(), "Sales".to_owned()],
        zone: TimeZone::get(zone).unwrap(),
        whole_day: WHOLE_DAY,
        from: at("2026-01-01T00:00:00Z"),
        to: at("2027-01-01T00:00:00Z"),
    }
}

fn reach() -> impl Strategy<Value = Reach> {
    prop::sample::select(vec![vec![], vec![Language::Nl], vec![Language::En, Language::Nl]])
        .prop_map(|languages| Reach { languages, sectors: Vec::new() })
}

/// Minutes of a day and a half, so that much overlaps.
fn stretch() -> impl Strategy<Value = (String, Timestamp, Timestamp, Reach)> {
    ("[ab]", 0_i64..120, 1_i64..60, reach()).prop_map(|(person, from, length, reach)| {
        let from = Timestamp(T0 + from * 60_000);
        (person, from, from.plus(Span::minutes(length)), reach)
    })
}

proptest! {
    #[test]
    fn stretches_say_of_every_minute_what_the_rule_says(
        said in prop::collection::vec((stretch(), any::<bool>()), 0..8),
        planned in prop::collection::vec(stretch(), 0..6),
    ) {
        let mut said: Vec<Said> = said
            .into_iter()
            .map(|((person, from, until, reach), on)| Said { person, on, from, until, reach })
            .collect();
        said.sort_by_key(|s| s.from);
        let planned: Vec<Shift> = planned
            .into_iter()
            .map(|(person, from, until, reach)| {
                Shift { person, from, until, reach, role: Role::Agent, buddy: None }
            })
            .collect();
        let (from, to) = (Timestamp(T0), Timestamp(T0 + 200 * 60_000));
        let found = spans(&said, &planned, from, to);
        for minute in 0..200 {
            let now = Timestamp(T0 + minute * 60_000);
            for person in ["a", "b"] {
                // The rule once more, in plain steps.
                let mut on = planned.iter().any(|s| s.person == person && s.from <= now && now < s.until);
                for s in said.iter().filter(|s| s.person == person && s.from <= now && now < s.until) {
                    on = s.on;
                }
                let there: Vec<_> = found
                    .iter()
                    .filter(|p| p.person == person && p.from <= now && now < p.until)
                    .collect();
                prop_assert_eq!(there.len(), usize::from(on), "{} at minute {}", person, minute);
                prop_assert_eq!(on_at(&said, &planned, now).iter().filter(|p| p.person == person).count(), there.len());
            }
        }
        for pair in found.windows(2) {
            let alike = pair[0].reach == pair[1].reach && pair[0].planned == pair[1].planned;
            let touch = pair[0].person == pair[1].person && pair[0].until == pair[1].from;
            prop_assert!(!(alike && touch), "two stretches that are one: {:?}", pair);
        }
    }

    #[test]
    fn a_gap_is_an_hour_in_which_some_minute_has_nobody(
        planned in prop::collection::vec(stretch(), 0..8),
    ) {
        let planned: Vec<Shift> = planned
            .into_iter()
            .map(|(person, from, until, reach)| {
                Shift { person, from, until, reach, role: Role::Agent, buddy: None }
            })
            .collect();
        let from = Timestamp(T0);
        let on = spans(&[], &planned, from, from.plus(Span::hours(4)));
        let need = Need { language: Language::En, hours: vec![Hours::Always], tightest: None };
        for (n, hour) in hours(&need, &on, from, 4).iter().enumerate() {
            let minutes = (0..60).map(|m| Timestamp(T0 + (n as i64 * 60 + m) * 60_000));
            let least = minutes
                .map(|m| on.iter().filter(|p| p.from <= m && m < p.until && p.reach.reads(Language::En)).count())
                .min()
                .unwrap();
            prop_assert_eq!(hour.people == 0, least == 0, "hour {}: {:?}", n, hour);
        }
    }

    #[test]
    fn any_text_is_read_without_a_fall(text in ".{0,400}") {
        let read = read(&text, &known("Europe/Amsterdam"));
        prop_assert!(read.shifts.is_empty() || !text.is_empty());
    }

    /// What was written on the wall is what the wall shows, in every zone and on every day of a year, unless
    /// the clock jumps over it.
    #[test]
    fn times_are_those_of_the_wall(
        zone in prop::sample::select(vec!["Europe/Amsterdam", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "Asia/Kathmandu"]),
        day in 0_i64..365, from in 0_i64..1440, length in 1_i64..1440,
    ) {
        let date: jiff::civil::Date = "2026-01-01".parse().unwrap();
        let date = date.checked_add(jiff::Span::new().days(day)).unwrap();
        let clock = |m: i64| format!("{:02}:{:02}", m / 60 % 24, m % 60);
        let text = format!("person,date,from,until\njan,{date},{},{}\n", clock(from), clock(from + length));
        let known = known(zone);
        let read = read(&text, &known);
        let zone = TimeZone::get(zone).unwrap();
        let wall = |t: Timestamp| {
            let zoned = jiff::Timestamp::from_millisecond(t.millis()).unwrap().to_zoned(zone.clone());
            zoned.strftime("%H:%M").to_string()
        };
        for shift in &read.shifts {
            let changes = zone.to_ambiguous_timestamp(date.at(i8::try_from(from / 60).unwrap(), i8::try_from(from % 60).unwrap(), 0, 0));
            if !changes.is_ambiguous() {
                prop_assert_eq!(wall(shift.from), clock(from));
            }
            prop_assert!(shift.until > shift.from);
        }
        prop_assert_eq!(read.shifts.len() + read.wrong.len(), 1);
    }
}

#[test]
fn who_says_off_is_off_until_the_shift_is_over_and_who_says_on_is_on_over_any_plan() {
    let hour = |h: i64| Timestamp(T0).plus(Span::hours(h));
    let shift = |from, until| Shift {
        person: "a".into(),
        from: hour(from),
        until: hour(until),
        reach: Reach::default(),
        role: Role::Newcomer,
        buddy: Some("b".into()),
    };
    let planned = [shift(1, 9), shift(25, 33)];
    let said = |on, from, until| Said {
        person: "a".into(),
        on,
        from: hour(from),
        until: hour(until),
        reach: Reach::default(),
    };
    let off = [said(false, 3, 9)];
    assert_eq!(on_at(&off, &planned, hour(2)).len(), 1);
    assert!(on_at(&off, &planned, hour(3)).is_empty());
    assert_eq!(on_at(&off, &planned, hour(25)).len(), 1, "the next shift is another");
    let again = [said(false, 3, 9), said(true, 4, 12)];
    let found = on_at(&again, &planned, hour(5));
    assert_eq!(
        (found[0].role, found[0].buddy.as_deref()),
        (Role::Newcomer, Some("b")),
        "the plan says as what"
    );
    assert_eq!(on_at(&again, &planned, hour(11)).len(), 1);
    assert!(on_at(&again, &planned, hour(12)).is_empty());
}

#[test]
fn a_csv_is_read_and_every_bad_line_is_named() {
    let text = "\u{feff}Person;date;from;until;languages;sectors;role;buddy;shoe\n\
        # a remark\n\
        jan;2026-12-01;22:00;06:00;nl, en;repair;lead;;43\n\
        \"Jan Jansen\";2026-10-25;01:00;05:00;;sales;;;\n\
        els;2026-12-01;9:00;17:00;nl;;newcomer;jan;\n\
        Els Vos;2026-12-01;09:00;17:00;;;;;\n\
        piet;2026-12-01;09:00;17:00;;;;;\n\
        kim;2026-02-30;09:00;17:00;;;;;\n\
        kim;2026-12-01;9 uur;17:00;;;;;\n\
        kim;2026-12-01;09:00;17:00;klingon;;;;\n\
        kim;2026-12-01;09:00;17:00;;garden;;;\n\
        kim;2026-12-01;09:00;17:00;;;boss;;\n\
        kim;2026-12-01;09:00;17:00;;;newcomer;kim;\n\
        jan;2026-12-01;22:00;07:00;;;;;\n";
    let read = read(text, &known("Europe/Amsterdam"));
    let shifts: Vec<_> =
        read.shifts.iter().map(|s| (s.person.as_str(), s.from, s.until.since(s.from))).collect();
    assert_eq!(
        shifts,
        [
            ("per_els", at("2026-12-01T08:00:00Z"), Span::hours(8)),
            // The clock is put back in this night.
            ("per_jan", at("2026-10-24T23:00:00Z"), Span::hours(5)),
            ("per_jan", at("2026-12-01T21:00:00Z"), Span::hours(8)),
        ]
    );
    assert_eq!(read.shifts[0].buddy.as_deref(), Some("per_jan"));
    assert_eq!(read.shifts[2].reach.languages, [Language::En, Language::Nl]);
    assert_eq!(read.shifts[1].reach.sectors, ["Sales"]);
    let wrong: Vec<String> = read.wrong.iter().map(ToString::to_string).collect();
    for (line, found, allowed) in [
        (1, "a column 'shoe'", "it is passed over"),
        (6, "person 'Els Vos'", "jan, els, kim"),
        (7, "person 'piet'", "allowed: a login"),
        (8, "date '2026-02-30'", "a day that there is"),
        (9, "from '9 uur'", "09:00 with a date"),
        (10, "language 'klingon'", "allowed: en, fr, nl"),
        (11, "sector 'garden'", "allowed: repair, Sales"),
        (12, "role 'boss'", "allowed: agent, lead, guest, newcomer"),
        (13, "buddy 'kim'", "somebody else"),
    ] {
        let told = wrong.iter().find(|w| w.starts_with(&format!("line {line}: {found}")));
        assert!(told.is_some_and(|t| t.contains(allowed)), "{line} {found}: {wrong:#?}");
    }
    assert_eq!(wrong.len(), 9, "{wrong:#?}");
    let headless = super::read("jan,2026-12-01,09:00,17:00\n", &known("UTC"));
    assert!(headless.wrong.iter().any(|w| w.found.contains("no column person, from, until")), "{headless:?}");
}

#[test]
fn an_ical_repeats_by_the_wall_and_what_it_cannot_say_is_named() {
    let text = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Webcare late\r\n\
        ATTENDEE;CN=Jan Jansen:mailto:jan@acme.example\r\nDTSTART;TZID=Europe/Amsterdam:20261023T220000\r\n\
        DTEND;TZID=Europe/Amsterdam:20261024T060000\r\nRRULE:FREQ=DAILY;COUNT=4\r\n\
        EXDATE;TZID=Europe/Amsterdam:20261025T220000\r\nCATEGORIES:nl,en,sector:repair,role:lead\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:2\r\nSUMMARY:els\r\nDTSTART:20261102T080000Z\r\nDURATION:PT8H\r\n\
        RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;UNTIL=20261118T235959Z\r\nDESCRIPTION:languages: nl\\nbuddy: jan\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:2\r\nSUMMARY:els\r\nRECURRENCE-ID:20261104T080000Z\r\nDTSTART:20261104T120000Z\r\nDTEND:20261104T160000Z\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:3\r\nSUMMARY:els\r\nDTSTART;VALUE=DATE:20261105\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:4\r\nSUMMARY:Tandarts\r\nDTSTART:20261105T080000Z\r\nDTEND:20261105T090000Z\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:5\r\nSUMMARY:els\r\nDTSTART:20261105T080000Z\r\nDTEND:20261105T090000Z\r\nRRULE:FREQ=MONTHLY\r\nEND:VEVENT\r\n\
        END:VCALENDAR\r\n";
    let found = read(text, &known("UTC"));
    let of = |who: &str| -> Vec<(String, Span)> {
        let mine = found.shifts.iter().filter(|s| s.person == who);
        mine.map(|s| (s.from.rfc3339(), s.until.since(s.from))).collect()
    };
    assert_eq!(
        of("per_jan"),
        [
            ("2026-10-23T20:00:00.000Z".to_owned(), Span::hours(8)),
            ("2026-10-24T20:00:00.000Z".to_owned(), Span::hours(9)),
            ("2026-10-26T21:00:00.000Z".to_owned(), Span::hours(8)),
        ]
    );
    let els: Vec<String> = of("per_els").into_iter().map(|s| s.0[5..16].to_owned()).collect();
    assert_eq!(els, ["11-02T08:00", "11-04T12:00", "11-05T00:00", "11-16T08:00", "11-18T08:00"]);
    let lead = found.shifts.iter().find(|s| s.person == "per_jan").unwrap();
    assert_eq!((lead.role, lead.reach.sectors.as_slice()), (Role::Lead, ["repair".to_owned()].as_slice()));
    let wrong: Vec<String> = found.wrong.iter().map(ToString::to_string).collect();
    assert_eq!(wrong.len(), 2, "{wrong:#?}");
    for part in ["person 'Tandarts'", "RRULE: 'FREQ=MONTHLY'"] {
        assert!(wrong.iter().any(|w| w.contains(part)), "{part}: {wrong:#?}");
    }
    let cut = read(&text[..text.len() - 30], &known("UTC"));
    assert!(cut.shifts.is_empty() && cut.wrong.len() == 1, "{cut:?}");
}

/// One event of a series, as a calendar writes it.
fn series(more: &str) -> Read {
    let text = format!(
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:jan\r\n{more}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    read(&text, &known("Europe/Amsterdam"))
}

#[test]
fn days_are_read_as_spreadsheets_write_them() {
    let text = "person;date;from;until\njan;1-12-2026;9:00;17:00\nels;02.12.2026;9:00;17:00\n\
        kim;;3-12-2026 9:00;3-12-2026 17:00\njan;12/01/2026;9:00;17:00\njan;31-02-2026;9:00;17:00\njan;1-12-26;9:00;17:00\n";
    let found = read(text, &known("UTC"));
    let told: Vec<String> =
        found.shifts.iter().map(|s| format!("{} {}", s.person, &s.from.rfc3339()[..16])).collect();
    assert_eq!(told, ["per_els 2026-12-02T09:00", "per_jan 2026-12-01T09:00", "per_kim 2026-12-03T09:00"]);
    assert_eq!(found.wrong.iter().map(|w| w.line).collect::<Vec<_>>(), [5, 6, 7], "{:?}", found.wrong);
}

#[test]
fn a_calendar_of_outlook_is_read_with_its_zones_and_all_who_attend() {
    let found = series(
        "DTSTART;TZID=W. Europe Standard Time:20261109T090000\r\nDURATION:P0DT8H0M0S\r\n\
         ATTENDEE;CN=Jan Jansen;PARTSTAT=ACCEPTED:mailto:j.jansen@acme.example\r\n\
         ATTENDEE;CUTYPE=ROOM;CN=Room 4:mailto:room4@acme.example\r\n\
         ATTENDEE;PARTSTAT=DECLINED:mailto:els@acme.example\r\nATTENDEE:mailto:kim@acme.example\r\n\
         ATTENDEE;CN=Piet:mailto:piet@acme.example",
    );
    let told: Vec<_> = found.shifts.iter().map(|s| (s.person.as_str(), s.from.rfc3339())).collect();
    let from = "2026-11-09T08:00:00.000Z".to_owned();
    assert_eq!(told, [("per_jan", from.clone()), ("per_kim", from)]);
    assert!(found.shifts.iter().all(|s| s.until.since(s.from) == Span::hours(8)));
    assert!(
        found.wrong.len() == 1 && found.wrong[0].found.contains("piet@acme.example"),
        "{:?}",
        found.wrong
    );
}

#[test]
fn weeks_begin_on_the_day_that_a_series_says() {
    // From RFC 5545: every other week, Tuesday and Sunday; where weeks begin decides which Sundays.
    let of = |begins: &str| -> Vec<String> {
        let found = series(&format!(
            "DTSTART;TZID=Europe/Amsterdam:20260804T090000\r\nDURATION:PT8H\r\n\
             RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST={begins}"
        ));
        assert_eq!(found.wrong, []);
        found.shifts.iter().map(|s| s.from.rfc3339()[5..10].to_owned()).collect()
    };
    assert_eq!(of("MO"), ["08-04", "08-09", "08-18", "08-23"]);
    assert_eq!(of("SU"), ["08-04", "08-16", "08-18", "08-30"]);
}

#[test]
fn a_series_goes_on_over_changed_clocks_and_however_long_ago_it_began() {
    // Round the clock, and so of 25 hours in one night a year, years before the window too.
    let daily = series(
        "DTSTART;TZID=Europe/Amsterdam:20250101T090000\r\nDTEND;TZID=Europe/Amsterdam:20250102T090000\r\n\
         RRULE:FREQ=DAILY",
    );
    assert_eq!(daily.wrong, []);
    let (first, last) = (daily.shifts.first().unwrap(), daily.shifts.last().unwrap());
    let lengths = |n| daily.shifts.iter().filter(|s| s.until.since(s.from) == Span::hours(n)).count();
    assert!(lengths(24) > 30 && lengths(25) + lengths(23) <= 4, "{} {}", lengths(24), lengths(25));
    let days = last.from.since(first.from).millis() / 86_400_000;
    assert!((days - daily.shifts.len() as i64 + 1).abs() <= 1, "no day is left out");
    let old = series(
        "DTSTART;TZID=Europe/Amsterdam:20050103T090000\r\nDTEND;TZID=Europe/Amsterdam:20050103T170000\r\n\
         RRULE:FREQ=WEEKLY;BYDAY=MO",
    );
    assert!(old.wrong.is_empty() && old.shifts.len() > 3, "{old:?}");
}

#[test]
fn lengths_and_lists_without_measure_are_refused_in_few_words() {
    let long = format!("DTSTART:20261105T080000Z\r\nDURATION:PT{}", "99999H".repeat(1_800));
    let found = series(&long);
    assert!(found.shifts.is_empty() && found.wrong[0].found.starts_with("DURATION"), "{found:?}");
    let lines = format!("person,from,until\n{}", "x\n".repeat(5_000));
    let found = read(&lines, &known("UTC"));
    assert!(found.wrong.len() <= 201, "{}", found.wrong.len());
    assert!(found.wrong.last().unwrap().found.starts_with("4800 more"), "{:?}", found.wrong.last());
}
