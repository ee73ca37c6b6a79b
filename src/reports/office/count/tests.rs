//! Counting, by hand.

use super::*;
use crate::domain::time::Span;
use jiff::tz::TimeZone;
use std::collections::HashMap;

const DAY: i64 = 86_400_000;
const TO: Timestamp = Timestamp(1_790_000_000_000);

fn ask() -> Ask {
    Ask { from: TO.minus(Span::days(7)), to: TO, brands: Vec::new(), zone: TimeZone::UTC }
}

/// A case resolved `days` before the end, which began a day before that.
fn case(number: i64, days: i64, solved: Solved, why: Option<BackDoor>) -> OfficeCase {
    let at = TO.millis() - days * DAY;
    OfficeCase {
        brand: "Acme".into(),
        brand_id: "b".into(),
        case_id: format!("c{number}"),
        number,
        platform: "mastodon".into(),
        intent: "complaint".into(),
        first_mention_id: format!("m{number}"),
        opened_at: at - DAY,
        at,
        solved: solved.code().into(),
        difference: None,
        back_door: why.map(|b| b.code().into()),
        taken: Taken::Accepted.code().into(),
        asked: 1,
        sector: if number % 2 == 0 { "repair".into() } else { String::new() },
        language: "nl".into(),
        level: "P3".into(),
    }
}

fn link(case: &OfficeCase, id: &str, days_before: i64) -> OfficeLink {
    OfficeLink {
        case_id: case.case_id.clone(),
        id: id.into(),
        system: "desk".into(),
        ticket_id: Some("7".into()),
        state: "open".into(),
        opened_at: Some(case.opened_at - days_before * DAY),
        linked_at: case.opened_at + 1,
        due_at: None,
        queue: "Field".into(),
    }
}

#[test]
fn every_figure_has_its_cases_and_the_period_before_beside_it() {
    let rows = Rows {
        cases: vec![
            case(4, 1, Solved::Unregistered, Some(BackDoor::Habit)),
            case(3, 2, Solved::Linked, Some(BackDoor::NoAnswer)),
            case(2, 3, Solved::FrontOffice, Some(BackDoor::NoAnswer)),
            case(1, 8, Solved::Unregistered, None),
        ],
        ..Rows::default()
    };
    let made = of(&rows, &ask(), TO);
    let total = &made.total;
    assert_eq!((total.cases, total.before_cases), (3, Some(1)));
    assert_eq!((total.shadow_index_percent, total.done_by_webcare_percent), (Some(33.3), Some(66.7)));
    assert_eq!(total.before_shadow_index_percent, Some(100.0));
    assert_eq!(total.webcare_unregistered, ["Acme#4"]);
    assert_eq!(
        (&total.webcare_linked[..], &total.front_office[..]),
        (&["Acme#3".to_owned()][..], &["Acme#2".to_owned()][..])
    );
    let names = |groups: &[Group]| groups.iter().map(|g| (g.name.clone(), g.cases)).collect::<Vec<_>>();
    assert_eq!(names(&made.sectors), [("repair".into(), 2), (String::new(), 1)]);
    for (by, name) in [("brand", "Acme"), ("channel", "mastodon"), ("language", "nl"), ("level", "P3")] {
        assert_eq!(names(made.by(by)), [(name.into(), 3)], "{by}");
        assert_eq!(made.by(by)[0].before_cases, Some(1), "{by}");
    }
    assert_eq!(names(&made.causes), [("no_answer".into(), 2), ("habit".into(), 1), (String::new(), 0)]);
    assert_eq!(names(&made.teams), [(String::new(), 3)]);
    let weeks: Vec<i64> = made.weeks.iter().map(|w| w.cases).collect();
    assert!(weeks.len() >= 8 && weeks.ends_with(&[0, 1, 3]), "weeks end with the period: {weeks:?}");
    for group in made.sectors.iter().chain(&made.causes).chain(&made.weeks) {
        let listed = group.front_office.len() + group.webcare_linked.len() + group.webcare_unregistered.len();
        assert_eq!(i64::try_from(listed).unwrap(), group.cases, "{}", group.name);
    }
}

#[test]
fn a_sample_is_told_with_its_interval_and_bad_data_as_such() {
    let mut cases: Vec<OfficeCase> = (1..=40)
        .map(|n| {
            let why = if n <= 8 { BackDoor::Other } else { BackDoor::Habit };
            case(n, 1, Solved::Linked, Some(why))
        })
        .collect();
    for case in cases.iter_mut().skip(24) {
        (case.asked, case.back_door) = (0, None);
    }
    let these: Vec<&OfficeCase> = cases.iter().collect();
    let found = reasons(&these);
    assert_eq!((found.asked, found.of, found.given), (24, 40, 24));
    assert_eq!((found.list[0].reason, found.list[0].count, found.list[0].percent), ("habit", 16, 66.7));
    assert_eq!((found.list[0].low_percent, found.list[0].high_percent), (46.7, 82.0));
    assert!(found.too_many_other && found.accepted_unread, "8 of 24 are other, none was changed");
    cases.iter_mut().take(2).for_each(|c| c.taken = Taken::Changed.code().into());
    let these: Vec<&OfficeCase> = cases.iter().collect();
    assert!(!reasons(&these).accepted_unread, "22 of 24 are 91.7 %");
    let few: Vec<&OfficeCase> = cases.iter().skip(4).take(5).collect();
    assert!(!reasons(&few).accepted_unread, "too few to say so");
}

#[test]
fn the_queue_is_jumped_where_a_ticket_stood_open() {
    let open = case(1, 3, Solved::Linked, None);
    let later = case(2, 2, Solved::Unregistered, None);
    let done = case(3, 1, Solved::FrontOffice, None);
    let fresh = case(4, 1, Solved::Linked, None);
    let mut links = HashMap::new();
    links.insert("c1".to_owned(), vec![link(&open, "l1", 9), link(&open, "l1b", 2)]);
    links.insert("c2".to_owned(), vec![link(&later, "l2", 1)]);
    links.insert("c3".to_owned(), vec![link(&done, "l3", 1)]);
    links.insert("c4".to_owned(), vec![link(&fresh, "l4", -1)]);
    // The ticket of the first was solved two days after webcare had solved it, that of the third before.
    let solved = [("l1".to_owned(), Timestamp(open.at + 2 * DAY)), ("l3".to_owned(), Timestamp(done.at - 1))];
    let rows =
        Rows { cases: vec![open, later, done, fresh], links, solved: solved.into(), ..Rows::default() };
    let made = of(&rows, &ask(), TO);
    let jump = &made.jump;
    assert_eq!((jump.with_open_ticket, jump.percent), (3, Some(75.0)));
    assert_eq!(jump.cases, ["Acme#1", "Acme#2", "Acme#3"]);
    // Of what webcare solved: two days sooner, and two days so far.
    assert_eq!((jump.measured, jump.still_open, jump.median_sooner_ms), (2, 1, Some(2 * DAY)));
    assert_eq!(jump.measured_cases, ["Acme#1", "Acme#2"]);
    assert_eq!(jump.still_open_cases, ["Acme#2"]);
    let tries = &made.tries;
    assert_eq!((tries.with_contact, tries.median_contacts), (3, Some(1)));
    assert_eq!(tries.median_since_first_ms, Some(DAY));
    assert_eq!(made.teams[0].name, "Field");
}

#[test]
fn nothing_is_not_measured() {
    let made = of(&Rows::default(), &ask(), TO);
    assert_eq!((made.total.shadow_index_percent, made.jump.median_sooner_ms), (None, None));
    assert_eq!((made.tries.percent, made.reasons.other_percent), (None, None));
    assert_eq!(median(vec![4, 1, 3, 2]), Some(2));
}

#[test]
fn a_ticket_that_we_closed_was_open_and_tells_nothing_of_the_queue() {
    let case = case(1, 3, Solved::Linked, None);
    let closed = |given: &[&str]| {
        let mut ticket = link(&case, "l1", 9);
        ticket.state = "solved".into();
        let links = HashMap::from([("c1".to_owned(), vec![ticket])]);
        let given = given.iter().map(|l| (*l).to_owned()).collect();
        let rows = Rows { cases: vec![case.clone()], links, given, ..Rows::default() };
        of(&rows, &ask(), TO).jump
    };
    assert_eq!(closed(&[]).with_open_ticket, 0, "nobody told when it was solved: before they came");
    let jump = closed(&["l1"]);
    assert_eq!((jump.with_open_ticket, jump.measured, jump.still_open), (1, 0, 0));
}

#[test]
fn why_webcare_could_is_counted_of_what_webcare_solved() {
    let mut cases = vec![
        case(1, 1, Solved::Unregistered, None),
        case(2, 1, Solved::Linked, None),
        case(3, 2, Solved::Linked, None),
        case(4, 2, Solved::FrontOffice, None),
    ];
    cases[0].difference = Some(Difference::Mandate.code().into());
    cases[1].difference = Some(Difference::Other.code().into());
    // Of what the front office solved nobody asks why webcare could.
    cases[3].difference = Some(Difference::Mandate.code().into());
    let made = of(&Rows { cases, ..Rows::default() }, &ask(), TO);
    let could = &made.could;
    assert_eq!((could.of, could.given, could.other_percent), (3, 2, Some(50.0)));
    assert!(could.too_many_other);
    assert_eq!(could.not_said, ["Acme#3"]);
    let list: Vec<(&str, i64, &[String])> =
        could.list.iter().map(|r| (r.reason, r.count, &r.cases[..])).collect();
    assert_eq!(list, [("mandate", 1, &["Acme#1".to_owned()][..]), ("other", 1, &["Acme#2".to_owned()][..])]);
}

#[test]
fn a_broken_promise_names_its_cases() {
    let (kept, broken) = (case(1, 2, Solved::Linked, None), case(2, 1, Solved::Linked, None));
    let promised = |c: &OfficeCase, due: i64| OfficeLink { due_at: Some(due), ..link(c, "l", 3) };
    let links = HashMap::from([
        ("c1".to_owned(), vec![promised(&kept, kept.opened_at + 1)]),
        ("c2".to_owned(), vec![promised(&broken, broken.opened_at - 1)]),
    ]);
    let made = of(&Rows { cases: vec![kept, broken], links, ..Rows::default() }, &ask(), TO);
    assert_eq!((made.tries.promised, made.tries.broken), (2, 1));
    assert_eq!(made.tries.promised_cases, ["Acme#1", "Acme#2"]);
    assert_eq!(made.tries.broken_cases, ["Acme#2"]);
}
