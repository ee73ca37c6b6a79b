//! What reports count beside promises in the groups of each dimension, on both engines: each figure with as many cases
//! as it says, in every form, and nothing of a brand that was not asked for.

use crate::harness::{House, START, answer, on_each, person, post};
use webcared::casework::Act;
use webcared::domain::contact::ContactKind;
use webcared::domain::duty::{Reach, Said};
use webcared::domain::ending::{BackDoor, Difference, Ending, Solved};
use webcared::domain::language::Language;
use webcared::domain::time::{Span, Timestamp};
use webcared::reports::behind;
use webcared::reports::beside::ALL;
use webcared::reports::console::paper;
use webcared::reports::leads::{AskLeads, Group, Leads, leads};
use webcared::reports::leads_write::write;
use webcared::reports::letter::letter;
use webcared::reports::period::Period;
use webcared::reports::words::{EN, NL};
use webcared::reports::write::Format;
use webcared::store::{duty, leading};

/// When the days are over in which somebody may come again.
const LATER: Timestamp = Timestamp(START.0 + 9 * 86_400_000);
/// Codes in the order of [`Told`].
const CODES: [&str; 8] = [
    "seen_in_turn_permille",
    "found_late",
    "first_time_permille",
    "came_again",
    "front_office_cases",
    "shadow_index_permille",
    "recommend_permille",
    "recommend_answers",
];
type Told = [Option<i64>; 8];

fn asked(brands: Vec<String>) -> AskLeads {
    let zone = jiff::tz::TimeZone::get("Europe/Amsterdam").unwrap();
    AskLeads::last(Period::Daily, brands, &zone, START.plus(Span::days(1))).unwrap()
}

async fn resolve(house: &House, number: i64) {
    let ending = Some(Ending {
        solved: Solved::Unregistered,
        difference: Some(Difference::Mandate),
        back_door: Some(BackDoor::Habit),
    });
    let act = Act::Resolve { reason: "done".into(), ending };
    house.act(&house.case(number).await, 1, act).await.unwrap();
}

/// Two cases that differ in every dimension but the brand. The first was seen in its turn, solved by webcare the first
/// time, and its customer recommends us; the second was found late, solved by the front office, and its customer rang
/// again and does not.
async fn two(house: &House) {
    house.take(&[post("1", "jan", "a", 0, "@Acme my router is dead, can you help?")]).await;
    house.take(&[post("2", "mia", "b", 1, "@Acme my router is dead, can you help?")]).await;
    house.advance(Span::minutes(6)).await;
    house.take(&[answer("own-1", "1", "a", 3), answer("own-2", "2", "b", 4)]).await;
    resolve(house, 1).await;
    resolve(house, 2).await;
    house.advance(Span::hours(1)).await;
    let at = house.clock_now().minus(Span::minutes(30));
    let act = Act::Contact { kind: ContactKind::Phone, at, text: "asks again".into() };
    house.act(&house.case(2).await, 1, act).await.unwrap();
    for sql in [
        "UPDATE cases SET platform = 'mastodon', language = 'nl', level = 4 WHERE number = 1",
        "UPDATE cases SET platform = 'bluesky', language = 'en', level = 1 WHERE number = 2",
        "DELETE FROM case_sector",
        "INSERT INTO case_sector (brand_id, case_id, sector, proposed, certainty, at)
         SELECT brand_id, id, 'repair', '', 0, 0 FROM cases WHERE number = 2",
        "UPDATE ending SET solved = 'front_office' WHERE case_id = (SELECT id FROM cases WHERE number = 2)",
        "INSERT INTO swept (mention_id, source, at)
         SELECT id, source, received_at FROM mention WHERE external_id = '2'",
        "INSERT INTO survey (case_id, brand_id, author_id, written_to, state, why, asked_at, until_at)
         SELECT id, brand_id, author_id, author_id, 'asked', '', opened_at, opened_at FROM cases",
        "INSERT INTO survey_reply (mention_id, case_id, brand_id, score, open_answer, silent, at)
         SELECT first_mention_id, id, brand_id, CASE WHEN number = 1 THEN 9 ELSE 3 END, 0, 1, opened_at FROM cases",
    ] {
        house.execute(sql).await;
    }
}

fn told(g: &Group) -> Told {
    CODES.map(|code| g.beside.get(code).copied())
}

fn of<'a>(made: &'a Leads, by: &str, name: &str) -> &'a Group {
    made.groups[by].iter().find(|g| g.name == name).unwrap()
}

/// The numbers of the cases behind a figure of a group.
async fn behind_it(house: &House, ask: &AskLeads, by: &str, name: &str, what: &'static str) -> Vec<i64> {
    let (from, to) = ask.span().unwrap();
    let (by, name, brands) = (by.to_owned(), name.to_owned(), ask.brands.clone());
    let read = house.db.read("reading", move |tx| {
        Box::pin(async move {
            let of = leading::Span { brands: &brands, from, to, now: LATER };
            behind::cases(tx, of, (&by, &name), (what, false), (None, 10)).await
        })
    });
    read.await.unwrap().into_iter().map(|(_, number)| number).collect()
}

#[test]
fn what_is_counted_beside_promises_stands_in_the_groups_of_every_dimension_with_its_cases() {
    on_each(|house| async move {
        two(&house).await;
        let ask = asked(Vec::new());
        let made = leads(&house.db, &ask, LATER).await.unwrap();
        let first = [1000, 0, 1000, 0, 1, 1000, 1000, 1].map(Some);
        let second = [0, 1, 0, 1, 1, 0, -1000, 1].map(Some);
        let dimensions = [
            ("channel", "mastodon", "bluesky"),
            ("language", "nl", "en"),
            ("level", "P4", "P1"),
            ("sector", "", "repair"),
        ];
        for (by, one, two) in dimensions {
            assert_eq!(told(of(&made, by, one)), first, "{by} {one}");
            assert_eq!(told(of(&made, by, two)), second, "{by} {two}");
        }
        let both = [500, 1, 500, 1, 2, 500, 0, 2].map(Some);
        assert_eq!(told(of(&made, "brand", "Acme")), both);
        // Each figure leads to its cases, in its group.
        let lists: [(&'static str, &[i64], &[i64]); 6] = [
            ("found_late", &[], &[2]),
            ("first_time", &[1], &[]),
            ("came_again", &[], &[2]),
            ("front_office", &[1], &[2]),
            ("unregistered", &[1], &[]),
            ("recommended", &[1], &[2]),
        ];
        for (what, ones, twos) in lists {
            assert!(ALL.iter().any(|(_, listed)| *listed == what), "{what}");
            for (by, one, two) in dimensions {
                assert_eq!(behind_it(&house, &ask, by, one, what).await, ones, "{what} by {by} {one}");
                assert_eq!(behind_it(&house, &ask, by, two, what).await, twos, "{what} by {by} {two}");
            }
            let all = [ones, twos].concat();
            assert_eq!(behind_it(&house, &ask, "brand", "Acme", what).await, all, "{what} by brand");
            assert_eq!(behind_it(&house, &ask, "total", "", what).await, all, "{what}");
        }
        in_every_form(&made);
        // Nothing of it is told to who asks for another brand.
        let tempo = house.current.get().named("tempo").unwrap().id.clone();
        let ask = asked(vec![tempo]);
        let other = leads(&house.db, &ask, LATER).await.unwrap();
        assert!(other.groups.values().flatten().all(|g| g.beside.is_empty()), "{:?}", other.groups);
        for (what, ..) in lists {
            assert!(behind_it(&house, &ask, "total", "", what).await.is_empty(), "{what}");
        }
    });
}

fn in_every_form(made: &Leads) {
    let csv = write(made, Format::Csv);
    for row in [
        "group_figure,level,P1,found_late,1\r\n",
        "group_figure,language,nl,first_time_permille,1000\r\n",
        "group_figure,sector,repair,recommend_permille,-1000\r\n",
        "group_figure,brand,Acme,shadow_index_permille,500\r\n",
        "back_door,brand,Acme,2,50.0,",
        "back_door,channel,bluesky,1,0.0,",
        "back_door,language,nl,1,100.0,",
        "back_door,level,P4,1,100.0,",
        "first_time_by_brand,Acme,2,1,1,0,50.0,",
        "first_time_by_language,en,1,0,1,0,0.0,",
        "first_time_by_level,P4,1,1,0,0,100.0,",
        "first_time_by_sector,repair,1,0,1,0,0.0,",
        "survey,brand,Acme,2,2,0.0,",
        "survey,level,P1,1,1,-100.0,",
    ] {
        assert!(csv.contains(row), "{row}: {csv}");
    }
    let text = write(made, Format::Text);
    for part in ["Recommendation by level", "Recommendation by brand", EN.figure("came_again")] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let html = write(made, Format::Html);
    for path in ["by=level&amp;name=P1&amp;kind=came_again", "by=brand&amp;name=Acme&amp;kind=unregistered"] {
        assert!(html.contains(path), "{path}: {html}");
    }
    let json: serde_json::Value = serde_json::from_str(&write(made, Format::Json)).unwrap();
    assert_eq!(json["groups"]["brand"][0]["beside"]["seen_in_turn_permille"], 500, "{json}");
    assert_eq!(json["report"]["office"]["first_time"]["sectors"].as_array().unwrap().len(), 2);
    // The letter and the page in each language.
    for w in [&EN, &NL] {
        let mail = letter(made, &[], w).mail("https://care.example");
        let page = paper(made, w).page();
        for path in
            ["by=sector&amp;name=repair&amp;kind=recommended", "by=language&amp;name=nl&amp;kind=first_time"]
        {
            assert!(mail.contains(path) && page.contains(path), "{} {path}: {mail}", w.lang);
        }
        for title in [w.by_brand, w.by_level, w.by_language, w.figure("shadow_index_permille")] {
            assert!(page.contains(title), "{} {title}: {page}", w.lang);
        }
    }
}

#[test]
fn hours_without_duty_are_told_by_language_and_of_each_brand_by_itself() {
    on_each(|house| async move {
        house.take(&[post("1", "jan", "a", 0, "@Acme my router is dead, can you help?")]).await;
        let hours = |g: &Group| g.beside.get("coverage_gap_hours").copied();
        let ask = asked(Vec::new()).knowing(house.current.get());
        let made = leads(&house.db, &ask, LATER).await.unwrap();
        assert!(made.groups.values().flatten().all(|g| hours(g).is_none()), "nobody works with duty");
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
        let mut catalogue = (*house.current.get()).clone();
        for watched in &mut catalogue.brands {
            if watched.brand.name == "Acme" {
                watched.brand.languages = vec![Language::Nl];
            }
        }
        house.current.set(catalogue);
        let ask = asked(Vec::new()).knowing(house.current.get());
        let made = leads(&house.db, &ask, LATER).await.unwrap();
        let gaps = made.coverage_gaps.clone().unwrap();
        let of_language =
            |code: &str| -> i64 { gaps.iter().filter(|g| g.language == code).map(|g| g.hours).sum() };
        assert!(of_language("nl") > 0 && of_language("any") > 0, "{gaps:?}");
        assert_eq!(hours(of(&made, "language", "nl")), Some(of_language("nl")));
        assert!(!made.groups["language"].iter().any(|g| g.name == "any"), "{:?}", made.groups["language"]);
        assert_eq!(hours(of(&made, "brand", "Acme")), Some(of_language("nl")), "what it promises itself");
        assert_eq!(hours(of(&made, "brand", "Tempo")), Some(of_language("any")));
        let html = write(&made, Format::Html);
        assert!(html.contains("/duty/coverage"), "{html}");
        // One brand is told of itself alone.
        let ask = asked(vec![house.brand_id.clone()]).knowing(house.current.get());
        let made = leads(&house.db, &ask, LATER).await.unwrap();
        let told: Vec<&str> =
            made.groups["brand"].iter().filter(|g| hours(g).is_some()).map(|g| g.name.as_str()).collect();
        assert_eq!(told, ["Acme"]);
    });
}
