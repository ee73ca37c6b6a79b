//! Vectors worked out by hand, and everything that can be wrong with a calendar.

use super::*;

fn spec(zone: &str, days: &[(usize, &[&str])]) -> CalendarSpec {
    let mut week: [Vec<String>; 7] = Default::default();
    for (day, list) in days {
        week[*day] = list.iter().map(|t| (*t).to_owned()).collect();
    }
    let [mon, tue, wed, thu, fri, sat, sun] = week;
    let (name, zone) = ("desk".to_owned(), zone.to_owned());
    CalendarSpec { name, zone, mon, tue, wed, thu, fri, sat, sun, ..CalendarSpec::default() }
}

fn office(zone: &str) -> CalendarSpec {
    let day: &[&str] = &["09:00-12:30", "13:30-17:00"];
    spec(zone, &[(0, day), (1, day), (2, day), (3, day), (4, day)])
}

fn every_day(zone: &str, opening: &str) -> CalendarSpec {
    let list: &[&str] = &[opening];
    spec(zone, &[(0, list), (1, list), (2, list), (3, list), (4, list), (5, list), (6, list)])
}

fn hours(spec: &CalendarSpec) -> Hours {
    Hours::of(Calendar::new(spec).unwrap())
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

#[track_caller]
fn due(spec: &CalendarSpec, start: &str, minutes: i64, expected: &str) {
    let hours = hours(spec);
    let due = hours.reach(at(start), Span::minutes(minutes)).unwrap();
    assert_eq!(hours.rfc3339(due), expected);
    assert_eq!(hours.between(at(start), due), Span::minutes(minutes));
}

#[test]
fn lunch_evening_and_weekend_do_not_count() {
    let ams = office("Europe/Amsterdam");
    // Friday 12:20: ten minutes to lunch, twenty after it.
    due(&ams, "2026-11-27T12:20:00+01:00", 30, "2026-11-27T13:50:00+01:00");
    // Friday 16:45: a quarter of an hour on Friday, the other one on Monday.
    due(&ams, "2026-11-27T16:45:00+01:00", 30, "2026-11-30T09:15:00+01:00");
    // Saturday: all of it on Monday.
    due(&ams, "2026-11-28T03:00:00+01:00", 30, "2026-11-30T09:30:00+01:00");
    // Exactly to closing time: due then, not at the next opening.
    due(&ams, "2026-11-27T16:30:00+01:00", 30, "2026-11-27T17:00:00+01:00");
    // No time at all: the first open instant.
    due(&ams, "2026-11-28T03:00:00+01:00", 0, "2026-11-30T09:00:00+01:00");
    // 35 hours a week: 36 h from Monday 9:00 are a week and one hour.
    due(&ams, "2026-11-23T09:00:00+01:00", 36 * 60, "2026-11-30T10:00:00+01:00");
}

#[test]
fn over_midnight_belongs_to_the_day_on_which_it_begins() {
    // Friday 22:00 to Saturday 2:00, and nothing else.
    let night = spec("Europe/Amsterdam", &[(4, &["22:00-02:00"])]);
    due(&night, "2026-11-27T23:30:00+01:00", 60, "2026-11-28T00:30:00+01:00");
    // Saturday 1:50: ten minutes are left of Friday; twenty more a week later.
    due(&night, "2026-11-28T01:50:00+01:00", 30, "2026-12-04T22:20:00+01:00");
    // Closed on Saturday the 28th takes nothing from Friday's night; closed on Friday takes it all.
    let mut closed = night.clone();
    closed.exceptions.insert("2026-11-28".into(), vec![]);
    due(&closed, "2026-11-28T01:30:00+01:00", 20, "2026-11-28T01:50:00+01:00");
    closed.exceptions.insert("2026-11-27".into(), vec!["closed".into()]);
    due(&closed, "2026-11-28T01:30:00+01:00", 20, "2026-12-04T22:20:00+01:00");
}

#[test]
fn a_gap_shortens_and_a_fold_lengthens() {
    // Amsterdam, 29 March 2026: at 2:00 the clock is put to 3:00. 1:00 to 4:00 is two hours long.
    let night = every_day("Europe/Amsterdam", "01:00-04:00");
    let h = hours(&night);
    let day = |from: &str, to: &str| h.between(at(from), at(to));
    assert_eq!(day("2026-03-29T00:00:00+01:00", "2026-03-29T12:00:00+02:00"), Span::hours(2));
    due(&night, "2026-03-29T01:30:00+01:00", 60, "2026-03-29T03:30:00+02:00");
    // 25 October 2026: at 3:00 it is put back to 2:00. The same opening is four hours long.
    assert_eq!(day("2026-10-25T00:00:00+02:00", "2026-10-25T12:00:00+01:00"), Span::hours(4));
    due(&night, "2026-10-25T01:30:00+02:00", 150, "2026-10-25T03:00:00+01:00");
    assert_eq!(
        h.intervals_between(at("2026-10-25T00:00:00+02:00"), at("2026-10-25T12:00:00+01:00")).len(),
        1
    );
    // An opening inside the gap does not take place; one inside the fold takes place twice.
    let inside = every_day("Europe/Amsterdam", "02:15-02:45");
    let h = hours(&inside);
    let day = |from: &str, to: &str| h.intervals_between(at(from), at(to)).len();
    assert_eq!(day("2026-03-29T00:00:00+01:00", "2026-03-29T12:00:00+02:00"), 0);
    assert_eq!(day("2026-10-25T00:00:00+02:00", "2026-10-25T12:00:00+01:00"), 2);
}

#[test]
fn zones_of_half_hours_and_days_that_never_were() {
    // Lord Howe puts its clock by half an hour: 2:00 becomes 2:30 on 4 October 2026.
    let early = every_day("Australia/Lord_Howe", "01:00-04:00");
    let h = hours(&early);
    let day = h.between(at("2026-10-04T00:00:00+10:30"), at("2026-10-04T12:00:00+11:00"));
    assert_eq!(day, Span::minutes(150));
    // Kolkata is five and a half hours ahead all year: 9:00 there is 3:30 UTC.
    due(&office("Asia/Kolkata"), "2026-11-27T00:00:00Z", 30, "2026-11-27T09:30:00+05:30");
    // Apia had no 30 December 2011: Thursday the 29th is followed by Saturday the 31st.
    due(
        &every_day("Pacific/Apia", "09:00-10:00"),
        "2011-12-29T09:30:00-10:00",
        60,
        "2011-12-31T09:30:00+14:00",
    );
}

#[test]
fn round_the_clock_has_no_closed_minute() {
    let all = every_day("America/New_York", "00:00-24:00");
    let h = hours(&all);
    let (from, to) = (at("2026-10-30T03:00:00Z"), at("2026-11-03T03:00:00Z"));
    assert_eq!(h.between(from, to), to.since(from));
    assert_eq!(h.intervals_between(from, to), [(from, to)]);
    assert_eq!(Hours::Always.between(from, to), to.since(from));
}

#[test]
fn a_year_with_a_leap_day_and_holidays() {
    let mut ams = office("Europe/Amsterdam");
    // Monday 28 February 2028, 16:30: half an hour then, half an hour on the leap day.
    due(&ams, "2028-02-28T16:30:00+01:00", 60, "2028-02-29T09:30:00+01:00");
    ams.holidays = vec!["12-25".into(), "2026-12-24".into(), "02-29".into()];
    due(&ams, "2028-02-28T16:30:00+01:00", 60, "2028-03-01T09:30:00+01:00");
    // Thursday the 24th, Friday the 25th and the weekend: Monday the 28th.
    due(&ams, "2026-12-23T17:00:00+01:00", 30, "2026-12-28T09:30:00+01:00");
    // An exception wins over a holiday.
    ams.exceptions.insert("2026-12-24".into(), vec!["09:00-12:00".into()]);
    due(&ams, "2026-12-23T17:00:00+01:00", 240, "2026-12-28T10:00:00+01:00");
    assert_eq!(
        hours(&ams).in_words_in(&wording::EN),
        "Monday to Friday 9:00-12:30 and 13:30-17:00 (Europe/Amsterdam), not on holidays"
    );
    assert_eq!(
        hours(&ams).in_words_in(&wording::NL),
        "maandag tot en met vrijdag 9:00-12:30 en 13:30-17:00 (Europe/Amsterdam), niet op feestdagen"
    );
}

#[test]
fn what_is_never_reached_is_told_and_ends() {
    let rare = spec("Europe/Amsterdam", &[(0, &["09:00-09:01"])]);
    // A minute a week: a day of 1440 minutes takes 27 years.
    assert!(!hours(&rare).reaches_within(Span::days(1), 5));
    assert!(hours(&rare).reaches_within(Span::minutes(240), 5));
    assert_eq!(hours(&rare).reach(Timestamp(0), Span::days(365)), None);
    let mut never = spec("Europe/Amsterdam", &[(0, &["09:00-17:00"])]);
    for month in 1..=12 {
        never.holidays.extend((1..=31).map(|day| format!("{month:02}-{day:02}")));
    }
    never.holidays.retain(|h| Day::parse(&format!("2024-{h}")).is_some());
    assert!(!hours(&never).reaches_within(Span::minutes(1), 5));
    for extreme in [i64::MIN, i64::MAX] {
        assert!(!hours(&rare).is_open(Timestamp(extreme)));
        let _ = hours(&rare).add(Timestamp(extreme), Span::minutes(1));
    }
}

#[test]
fn every_mistake_names_its_place() {
    let wrong = CalendarSpec {
        name: "always".into(),
        zone: "Europe/Amsterdm".into(),
        mon: vec!["09:00-12:00".into(), "11:00-13:00".into(), "9-5".into()],
        tue: vec!["24:00-25:00".into(), "10:00-10:00".into(), "24:00-03:00".into()],
        exceptions: [("2026-02-30".to_owned(), vec![]), ("christmas".to_owned(), vec![])].into(),
        holidays: vec!["13-01".into(), "2026-12-25".into()],
        ..CalendarSpec::default()
    };
    let told: Vec<String> = Calendar::new(&wrong)
        .unwrap_err()
        .into_iter()
        .map(|m| format!("{}: {}; {}", m.at, m.found, m.allowed))
        .collect();
    let form = "wanted is an opening as HH:MM-HH:MM, 00:00 to 24:00";
    let expected = [
        "name: 'always' has no closed minute and is built in; allowed: a name of its own".to_owned(),
        "zone: 'Europe/Amsterdm'; wanted is an IANA time zone such as Europe/Amsterdam".to_owned(),
        format!("mon[2]: '9-5'; {form}"),
        "mon[1]: '09:00-12:00' and '11:00-13:00' overlap; wanted are openings that at most touch".to_owned(),
        format!("tue[0]: '24:00-25:00'; {form}"),
        format!("tue[1]: '10:00-10:00'; {form}; it is empty, the whole day is 00:00-24:00"),
        format!("tue[2]: '24:00-03:00'; {form}; a day begins at 00:00"),
        "exceptions.2026-02-30: '2026-02-30': there is no such day; wanted is a date as YYYY-MM-DD"
            .to_owned(),
        "exceptions.christmas: 'christmas'; wanted is a date as YYYY-MM-DD".to_owned(),
        "holidays[0]: '13-01': there is no such day; wanted is a date as YYYY-MM-DD, or MM-DD for every year"
            .to_owned(),
    ];
    assert_eq!(told, expected);
    let told = |spec: &CalendarSpec| Calendar::new(spec).unwrap_err().remove(0);
    let empty = spec("UTC", &[]);
    assert_eq!(told(&empty).found, "empty: it never opens");
    let over = spec("UTC", &[(6, &["22:00-03:00"]), (0, &["02:00-04:00"])]);
    assert_eq!(
        (told(&over).at.as_str(), told(&over).found.as_str()),
        (
            "mon",
            "22:00-3:00 of sun runs over midnight, for it ends before it begins, and overlaps 2:00-4:00 of mon"
        )
    );
    let mut touching = spec("UTC", &[(6, &["22:00-02:00"]), (0, &["02:00-04:00"])]);
    assert!(Calendar::new(&touching).is_ok());
    touching.exceptions.insert("2026-11-30".into(), vec!["01:00-05:00".into()]);
    assert_eq!(told(&touching).at, "exceptions.2026-11-30");
}

fn ical(body: &str) -> Result<Vec<String>, BadIcal> {
    let text = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}END:VCALENDAR\r\n", body.replace('\n', "\r\n"));
    ical_holidays(&text, "Europe/Amsterdam").map(|days| days.into_iter().map(|d| d.to_string()).collect())
}

fn event(lines: &str) -> Vec<String> {
    ical(&format!("BEGIN:VEVENT\n{lines}\nEND:VEVENT\n")).unwrap()
}

#[test]
fn ical_events_are_holidays_on_every_day_they_touch() {
    assert_eq!(event("DTSTART;VALUE=DATE:20261225"), ["2026-12-25"]);
    // The end is not part of it: two days.
    assert_eq!(event("DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261227"), ["2026-12-25", "2026-12-26"]);
    assert_eq!(event("DTSTART;VALUE=DATE:20261225\nDURATION:P2D"), ["2026-12-25", "2026-12-26"]);
    // 23:00 UTC on Thursday is midnight on Friday in Amsterdam.
    assert_eq!(event("DTSTART:20261224T230000Z\nDTEND:20261225T230000Z"), ["2026-12-25"]);
    assert_eq!(event("DTSTART;TZID=\"America/New_York\":20261224T200000"), ["2026-12-25"]);
    assert_eq!(event("DTSTART:20261224T180000\nDTEND:20261225T020000"), ["2026-12-24", "2026-12-25"]);
    assert_eq!(event("SUMMARY:A long\n  line: folded\nDTSTART;VAL\n UE=DATE:2026\n\t1225"), ["2026-12-25"]);
    assert_eq!(event("STATUS:CANCELLED\nDTSTART;VALUE=DATE:20261225"), [""; 0]);
    assert_eq!(event("BEGIN:VALARM\nDTSTART:junk\nEND:VALARM\nDTSTART:20261225"), ["2026-12-25"]);
    let bom = "\u{feff}BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225\nEND:VEVENT\nEND:VCALENDAR";
    assert_eq!(ical_holidays(bom, "UTC").unwrap().len(), 1);
}

#[test]
fn ical_repeats_yearly() {
    let to = "UNTIL=20291231T000000Z";
    let years = |rule: &str, start: &str| event(&format!("DTSTART;VALUE=DATE:{start}\nRRULE:{rule}"));
    assert_eq!(years(&format!("FREQ=YEARLY;{to}"), "20271225"), ["2027-12-25", "2028-12-25", "2029-12-25"]);
    assert_eq!(years("FREQ=YEARLY;COUNT=2", "20240229"), ["2024-02-29", "2028-02-29"]);
    assert_eq!(years("FREQ=YEARLY;INTERVAL=2;COUNT=2", "20260427"), ["2026-04-27", "2028-04-27"]);
    // Thanksgiving: 26 November 2026, 25 November 2027. The last Monday of May: 25 May 2026, 31 May 2027.
    assert_eq!(years("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=2", "20261126"), ["2026-11-26", "2027-11-25"]);
    assert_eq!(years("FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;COUNT=2", "20260525"), ["2026-05-25", "2027-05-31"]);
    // The last day of the year, and a Friday the 13th: 13 February, 13 March and 13 November 2026.
    assert_eq!(
        years("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=-1;COUNT=2", "20261231"),
        ["2026-12-31", "2027-12-31"]
    );
    let friday = years("FREQ=YEARLY;BYMONTHDAY=13;BYDAY=FR;COUNT=3", "20260213");
    assert_eq!(friday, ["2026-02-13", "2026-03-13", "2026-11-13"]);
    assert_eq!(years("FREQ=YEARLY", "20261225").len(), 75, "2026 to 2100");
    assert_eq!(
        event("DTSTART:20261225\nRRULE:FREQ=YEARLY;COUNT=3\nEXDATE;VALUE=DATE:20271225\nRDATE:20300101"),
        ["2026-12-25", "2028-12-25", "2030-01-01"]
    );
    // One of a series moved: the King's day of 2025 was kept on the 26th.
    let moved = ical(
        "BEGIN:VEVENT\nUID:k\nDTSTART:20240427\nRRULE:FREQ=YEARLY;COUNT=2\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:k\nRECURRENCE-ID:20250427\nDTSTART:20250426\nEND:VEVENT\n",
    );
    assert_eq!(moved.unwrap(), ["2024-04-27", "2025-04-26"]);
}

#[test]
fn ical_repeats_by_months_weeks_and_days() {
    let days = |rule: &str, start: &str| event(&format!("DTSTART;VALUE=DATE:{start}\nRRULE:{rule}"));
    // The first Monday of each month, and the last day of every other month.
    assert_eq!(
        days("FREQ=MONTHLY;BYDAY=1MO;COUNT=3", "20261102"),
        ["2026-11-02", "2026-12-07", "2027-01-04"]
    );
    let last = days("FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=-1;COUNT=3", "20261231");
    assert_eq!(last, ["2026-12-31", "2027-02-28", "2027-04-30"]);
    // The 31st is not in each month.
    assert_eq!(days("FREQ=MONTHLY;COUNT=3", "20261231"), ["2026-12-31", "2027-01-31", "2027-03-31"]);
    // Every other week: which of these days are in one week goes by when it begins (RFC 5545, the example of WKST).
    let weeks = "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU";
    let monday = days(&format!("{weeks};WKST=MO"), "19970805");
    assert_eq!(monday, ["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"]);
    let sunday = days(&format!("{weeks};WKST=SU"), "19970805");
    assert_eq!(sunday, ["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"]);
    assert_eq!(days("FREQ=WEEKLY;UNTIL=20261211", "20261127"), ["2026-11-27", "2026-12-04", "2026-12-11"]);
    assert_eq!(
        days("FREQ=DAILY;INTERVAL=3;UNTIL=20261231", "20261225"),
        ["2026-12-25", "2026-12-28", "2026-12-31"]
    );
    assert_eq!(
        days("FREQ=DAILY;BYDAY=SA,SU;COUNT=3", "20261226"),
        ["2026-12-26", "2026-12-27", "2027-01-02"]
    );
    let told = |rule: &str| {
        ical(&format!("BEGIN:VEVENT\nDTSTART:20260101\nRRULE:{rule}\nEND:VEVENT\n")).unwrap_err()
    };
    let numbered = "line 5: RRULE: a day of the week bears a number where FREQ is WEEKLY or DAILY";
    assert_eq!(told("FREQ=WEEKLY;BYDAY=1MO").to_string(), numbered);
    assert_eq!(told("COUNT=2").to_string(), "line 5: RRULE without FREQ");
    assert!(told("FREQ=MONTHLY;BYDAY=-9223372036854775808MO").why.contains("cannot be read"));
}

#[test]
fn a_file_that_repeats_without_end_is_told_soon() {
    let long = "BEGIN:VEVENT\nDTSTART:20260101\nDTEND:20261231\nRRULE:FREQ=DAILY\nEND:VEVENT\n";
    assert!(ical(long).unwrap_err().why.starts_with("more than 2000000 days"));
}

#[test]
fn ical_events_repeat_on_the_wall_of_their_own_zone() {
    let year = |lines: &str| event(lines).into_iter().filter(|d| d.starts_with("202")).collect::<Vec<_>>();
    // From midnight to midnight in Amsterdam; the last one begins at the very instant of UNTIL, on the day before by UTC.
    let days = "DTSTART;TZID=Europe/Amsterdam:20261226T000000\nDTEND;TZID=Europe/Amsterdam:20261227T000000";
    assert_eq!(
        year(&format!("{days}\nRRULE:FREQ=YEARLY;UNTIL=20271225T230000Z")),
        ["2026-12-26", "2027-12-26"]
    );
    assert_eq!(year(&format!("{days}\nRRULE:FREQ=YEARLY;UNTIL=20271225T225959Z")), ["2026-12-26"]);
    // The fourth Thursday of November in New York, from noon to eight in the evening: Friday is touched here from midnight on.
    let york = "DTSTART;TZID=America/New_York:20261126T120000\nDTEND;TZID=America/New_York:20261126T200000";
    let rule = "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=2";
    let both = ["2026-11-26", "2026-11-27", "2027-11-25", "2027-11-26"];
    assert_eq!(year(&format!("{york}\n{rule}")), both);
    // One is taken out by its instant, told in UTC.
    assert_eq!(year(&format!("{york}\n{rule}\nEXDATE:20271125T170000Z")), both[..2]);
    // Days without time are days everywhere, whichever midnight UNTIL names.
    for until in ["20271226", "20271226T000000Z", "20271225T230000Z"] {
        let all = year(&format!("DTSTART;VALUE=DATE:20261226\nRRULE:FREQ=YEARLY;UNTIL={until}"));
        assert_eq!(all, ["2026-12-26", "2027-12-26"], "{until}");
    }
    let west = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261226\nRRULE:FREQ=YEARLY;UNTIL=20271226T000000Z\nEND:VEVENT\nEND:VCALENDAR";
    assert_eq!(ical_holidays(west, "America/New_York").unwrap().len(), 2);
    assert_eq!(event("DTSTART;TZID=/example.org/2026/America/New_York:20261224T200000"), ["2026-12-25"]);
}

#[test]
fn junk_in_ical_names_its_line() {
    let told = |body: &str| ical(body).unwrap_err().to_string();
    let event = |lines: &str| told(&format!("BEGIN:VEVENT\n{lines}\nEND:VEVENT\n"));
    assert_eq!(
        event("UID:x\nDTSTART:20260230"),
        "line 5: DTSTART: '20260230' is no date or time that there is"
    );
    assert_eq!(event("UID:x"), "line 3: an event without DTSTART");
    assert_eq!(event("what is this"), "line 4: 'what is this' is no line of iCal; wanted is NAME:VALUE");
    assert_eq!(
        event("DTSTART;TZID=Mars/Base:20260101T000000"),
        "line 4: TZID 'Mars/Base' is no IANA time zone"
    );
    assert_eq!(
        event("RRULE:FREQ=HOURLY\nDTSTART:20260101").split(';').next(),
        Some("line 4: RRULE: 'FREQ=HOURLY' is not understood")
    );
    assert_eq!(told("BEGIN:VEVENT\n"), "line 4: END:VCALENDAR, where BEGIN:VEVENT of line 3 is open");
    let file = |text: &str| ical_holidays(text, "UTC").unwrap_err().to_string();
    assert_eq!(file("<html>"), "line 1: '<html>' is no line of iCal; wanted is NAME:VALUE");
    assert_eq!(file("a:b"), "line 1: this is no iCal; wanted is BEGIN:VCALENDAR");
    assert_eq!(file(""), "line 1: the file is empty; wanted is BEGIN:VCALENDAR");
    assert_eq!(file("BEGIN:VCALENDAR\nX:y\n"), "line 1: BEGIN:VCALENDAR has no END; the file is cut off");
}

#[test]
fn days_are_counted_right() {
    for (text, number, weekday) in
        [("1970-01-01", 0, 3), ("2000-02-29", 11_016, 1), ("2026-11-26", 20_783, 3)]
    {
        let day = Day::parse(text).unwrap();
        assert_eq!((day.0, day.weekday(), day.to_string().as_str()), (number, weekday, text));
    }
    for n in (-800_000..900_000).step_by(13) {
        let (year, month, day) = Day(n).civil();
        if year >= 1 {
            assert_eq!(Day::of(year, month, day), Some(Day(n)));
        }
    }
    assert!(Day::parse("2027-02-29").is_none() && Day::parse("2027-2-1").is_none());
}
