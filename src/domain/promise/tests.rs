//! Authored sentences in ten languages, and what no file of words may change.

use super::*;
use crate::domain::calendar::{Calendar, CalendarSpec};
use proptest::prelude::*;

fn zone() -> TimeZone {
    TimeZone::get("Europe/Amsterdam").unwrap()
}

/// Wednesday 25 November 2026, 10:30 at the desk, which works from nine to five and keeps the next Monday.
fn frame() -> Frame {
    let hours = || vec!["09:00-17:00".to_owned()];
    let spec = CalendarSpec {
        name: "desk".into(),
        zone: "Europe/Amsterdam".into(),
        mon: hours(),
        tue: hours(),
        wed: hours(),
        thu: hours(),
        fri: hours(),
        holidays: vec!["2026-11-30".into()],
        ..CalendarSpec::default()
    };
    let hours = Hours::of(Calendar::new(&spec).unwrap());
    Frame { now: Timestamp::parse("2026-11-25T10:30:00+01:00").unwrap(), zone: zone(), hours }
}

fn local(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.millis()).unwrap().to_zoned(zone());
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

const SENTENCES: [(Language, &str); 10] = [
    (Language::En, include_str!("sentences/en.tsv")),
    (Language::Fr, include_str!("sentences/fr.tsv")),
    (Language::Nl, include_str!("sentences/nl.tsv")),
    (Language::De, include_str!("sentences/de.tsv")),
    (Language::It, include_str!("sentences/it.tsv")),
    (Language::Ja, include_str!("sentences/ja.tsv")),
    (Language::No, include_str!("sentences/no.tsv")),
    (Language::Pt, include_str!("sentences/pt.tsv")),
    (Language::Ru, include_str!("sentences/ru.tsv")),
    (Language::Es, include_str!("sentences/es.tsv")),
];

#[test]
fn promises_of_ten_languages_are_found_and_nothing_else() {
    let frame = frame();
    let mut wrong = Vec::new();
    for (language, file) in SENTENCES {
        let (mut yes, mut no) = (0, 0);
        for line in file.lines() {
            let [act, due, text] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let found = find(text, language, &frame);
            let told: Vec<(String, String)> =
                found.iter().map(|f| (f.act.code().to_owned(), local(f.due))).collect();
            let wanted = if act == "-" { Vec::new() } else { vec![(act.to_owned(), due.to_owned())] };
            if act == "-" {
                no += 1;
            } else {
                yes += 1;
            }
            if told != wanted {
                wrong.push(format!("{}: {text}: found {told:?}, wanted {wanted:?}", language.code()));
            }
        }
        assert!(yes >= 20 && no >= 10, "{}: {yes} promises, {no} others", language.code());
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_words_that_promise_are_told_by_their_place() {
    let text = "Sorry! We will call you before 16:00. If not, tell us. And we'll refund you tomorrow.";
    let found = find(text, Language::En, &frame());
    let told: Vec<&str> = found.iter().map(|f| &text[f.start..f.end]).collect();
    assert_eq!(told, ["call you before 16:00", "refund you tomorrow"]);
}

#[test]
fn hours_that_are_past_are_meant_later_and_a_closed_day_ends_before_midnight() {
    let due = |now: &str, text: &str| {
        let frame = Frame { now: Timestamp::parse(now).unwrap(), ..frame() };
        find(text, Language::En, &frame).first().map(|f| local(f.due)).unwrap_or_default()
    };
    let evening = "2026-11-25T19:10:00+01:00";
    assert_eq!(due(evening, "We call you at 9:00"), "2026-11-25 21:00");
    assert_eq!(due(evening, "We call you by 16:00"), "2026-11-26 16:00");
    assert_eq!(due(evening, "We call you today"), "2026-11-25 23:59", "closed already");
    assert_eq!(due("2026-11-28T12:00:00+01:00", "We call you today"), "2026-11-28 23:59", "a Saturday");
    assert_eq!(due("2026-10-24T12:00:00+02:00", "We call you tomorrow at 9 am"), "2026-10-25 09:00");
    assert_eq!(due("2026-12-30T12:00:00+01:00", "We refund you on 2 January"), "2027-01-02 23:59");
    assert_eq!(due(evening, "We call you on 31 February"), "");
    let always = Frame { hours: Hours::Always, ..frame() };
    let found = find("We refund you within three working days", Language::En, &always);
    assert_eq!(local(found[0].due), "2026-11-30 23:59", "weekends are no working days anywhere");
}

proptest! {
    #[test]
    fn whatever_is_typed_a_promise_is_later_and_stands_in_the_text(
        text in "(we |We call you |binnen |rufen |明日|до |\\{n\\}|[0-9]{1,4}|:| |\\.|uur|working days|today|.){0,24}",
        at in 0i64..4_000_000_000_000,
        language in 0usize..10,
    ) {
        let frame = Frame { now: Timestamp(at), ..frame() };
        for f in find(&text, Language::TEN[language], &frame) {
            prop_assert!(f.due > frame.now);
            prop_assert!(text.get(f.start..f.end).is_some_and(|t| !t.is_empty()), "{text:?} {f:?}");
        }
    }
}
