//! Another triage rule tried on what was, and who owed what was late, on both engines.

use crate::harness::{House, START, acme, answer, on_each, person, post};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use webcared::casework::Act;
use webcared::domain::backtest::{Owner, Went};
use webcared::domain::duty::{Reach, Said};
use webcared::domain::judgement::Level;
use webcared::domain::policy::{Policy, Target};
use webcared::domain::post::Post;
use webcared::domain::time::Span;
use webcared::reports::Ask;
use webcared::reports::backtest::{Backtest, Late, Rule, Trial, text, text_in, tried};
use webcared::reports::words::NL;
use webcared::store::duty;
use webcared::triage::{Context, judge};

/// Two questions: one answered after three minutes, one after fifty.
async fn two(house: &House, claimed: bool) {
    house.take(&[post("1", "jan", "a", 0, "@Acme my router is dead, can you help?")]).await;
    house.take(&[post("2", "mia", "b", 1, "@Acme when do you open, can you help?")]).await;
    if claimed {
        house.act(&house.case(2).await, 1, Act::Claim { until: None }).await.unwrap();
    }
    house.advance(Span::minutes(4)).await;
    house.take(&[answer("own-1", "1", "a", 3)]).await;
    house.advance(Span::minutes(60)).await;
    house.take(&[answer("own-2", "2", "b", 51)]).await;
}

async fn made(house: &House, policy: Option<Policy>, rule: Option<Rule>) -> Backtest {
    let now = START.plus(Span::days(1));
    let ask = Ask { from: START.minus(Span::days(1)), to: now, brands: Vec::new(), zone: TimeZone::UTC };
    tried(&house.db, &Trial { policy, rule }, &ask, now).await.unwrap()
}

/// Sixty minutes, and two for a P1.
fn by_level() -> Policy {
    let of = |level, minutes| Target { level, first_response_minutes: Some(minutes), ..Target::default() };
    let targets = vec![of(None, 60), of(Some(Level::P1), 2)];
    Policy { name: "by-level".into(), targets, ..Policy::default() }
}

/// Every level counts as P1.
fn all_first() -> Rule {
    Rule { levels: Level::ALL.into_iter().map(|l| (l, Level::P1)).collect(), ..Rule::default() }
}

#[test]
fn a_level_that_counts_as_another_one_chooses_another_target() {
    on_each(|house| async move {
        two(&house, false).await;
        let alone = made(&house, Some(by_level()), None).await;
        assert_eq!((alone.total.would_be.kept, alone.total.would_be.broken), (2, 0), "{alone:?}");
        let both = made(&house, Some(by_level()), Some(all_first())).await;
        assert_eq!((both.total.would_be.kept, both.total.would_be.broken), (0, 2), "{both:?}");
        assert_eq!(both.differences.iter().map(|d| d.number).collect::<Vec<_>>(), [1]);
        assert_eq!(both.differences[0].would_be_level, "P1");
        assert_eq!(both.differences[0].would_be_due_at, Some(START.plus(Span::minutes(2)).rfc3339()));
        let dutch = text_in(&both, Some(&all_first().in_words(&NL)), &NL);
        assert!(dutch.starts_with("Beleid 'by-level'; Triage: P1 telt als P1; "), "{dutch}");
        assert!(dutch.contains("eerste antwoord") && dutch.contains("nagekomen"), "{dutch}");
        assert!(dutch.contains("te laat, aan de beurt was het team: "), "{dutch}");
        for english in ["kept", "neither", "late", "first response", "counts as", "waits", " due "] {
            assert!(!dutch.contains(english), "{english}: {dutch}");
        }
        let told = text(&both);
        assert!(told.contains("Policy 'by-level'; Triage: P1 counts as P1; P2 counts as P1"), "{told}");
        // The promise under which they began knows no levels: nothing goes otherwise.
        let rule = made(&house, None, Some(all_first())).await;
        assert_eq!(rule.total.was, rule.total.would_be, "{rule:?}");
        assert!(rule.differences.is_empty() && rule.policy.is_none());
    });
}

#[test]
fn the_triage_that_was_changes_nothing() {
    on_each(|house| async move {
        two(&house, false).await;
        let rule = Rule { brands: vec![acme()], levels: BTreeMap::new() };
        let same = made(&house, None, Some(rule)).await;
        assert_eq!(same.total.was, same.total.would_be, "{same:?}");
        assert_eq!((same.total.was.kept, same.total.was.broken), (1, 1));
        assert!(same.differences.is_empty());
        assert!(same.triage.unwrap().starts_with("Acme: urgent +0, p1 +0"));
    });
}

#[test]
fn a_later_word_that_needs_no_answer_by_itself_waits_as_it_did() {
    on_each(|house| async move {
        house.take(&[post("1", "jan", "a", 0, "@Acme my router is dead, can you help?")]).await;
        house.advance(Span::minutes(4)).await;
        house.take(&[answer("own-1", "1", "a", 3)]).await;
        house.advance(Span::minutes(4)).await;
        house.take(&[post("2", "jan", "a", 7, borderline())]).await;
        let rule = Rule { brands: vec![acme()], levels: BTreeMap::new() };
        let same = made(&house, None, Some(rule)).await;
        let was = same.total.was;
        assert_eq!((was.kept + was.broken + was.neither, was.not_promised), (2, 0), "{same:?}");
        assert_eq!(was, same.total.would_be, "{same:?}");
        assert!(same.differences.is_empty());
    });
}

/// Words that need no answer as triage leans, and need one where it leans all the way.
fn borderline() -> &'static str {
    let texts = [
        "@Acme I saw your van on my road this morning",
        "@Acme your new shop looks different",
        "@Acme hm, interesting choice of colours",
        "@Acme again a queue at your counter, as always",
        "@Acme I flew with you last year and it was fine",
        "@Acme so this is what you call an update",
        "@Acme not sure about your new plan",
        "@Acme your app has a new look",
        "@Acme my neighbour works for you",
        "@Acme everybody talks about you today",
        "@Acme nice weather today",
        "@Acme well well",
    ];
    let needs = |text: &str, bias: i8| {
        let mut brand = acme();
        brand.triage.needs_answer = bias;
        let post = Post { text: text.to_owned(), lang_tag: "en".to_owned(), ..Post::default() };
        judge(&post, &brand, &Context::default()).needs_answer
    };
    texts.into_iter().find(|text| !needs(text, 0) && needs(text, 100)).expect("no text is on the border")
}

#[test]
fn a_case_that_needed_no_answer_would_have_waited_under_another_bias() {
    on_each(|house| async move {
        house.take(&[post("1", "jan", "a", 0, borderline())]).await;
        assert!(house.clocks().await.is_empty(), "it needs no answer");
        let mut brand = acme();
        brand.triage.needs_answer = 100;
        let eager = made(&house, None, Some(Rule { brands: vec![brand], levels: BTreeMap::new() })).await;
        assert_eq!(eager.differences.len(), 1, "{eager:?}");
        let d = &eager.differences[0];
        assert_eq!((d.number, d.wait, d.was, d.would_be), (1, None, Went::NotPromised, Went::Broken));
        assert_eq!(d.would_be_due_at, Some(START.plus(Span::minutes(30)).rfc3339()));
        assert_eq!((d.was_owed_by, d.would_be_owed_by), (None, Some(Owner::Team)));
        assert!(text(&eager).contains("Acme#1"), "{}", text(&eager));
    });
}

#[test]
fn what_was_late_is_told_by_who_owed_it() {
    on_each(|house| async move {
        two(&house, false).await;
        let late = |n| Late { was: n, would_be: n };
        let [same, _] = Policy::ready_made();
        let of_team = made(&house, Some(same.clone()), None).await;
        assert_eq!(of_team.broken_by, BTreeMap::from([(Owner::Team, late(1))]), "nobody works with duty");
        let say = |id: &'static str, from, until| {
            let said = Said { person: person(1).to_string(), on: true, from, until, reach: Reach::default() };
            house.write(move |tx| Box::pin(async move { duty::say(tx, id, &said, "console").await }))
        };
        say("dty_1", START.plus(Span::hours(5)), START.plus(Span::hours(6))).await.unwrap();
        let nobody = made(&house, Some(same.clone()), None).await;
        assert_eq!(nobody.broken_by, BTreeMap::from([(Owner::Nobody, late(1))]));
        say("dty_2", START, START.plus(Span::hours(1))).await.unwrap();
        let on = made(&house, Some(same), None).await;
        assert_eq!(on.broken_by, BTreeMap::from([(Owner::Duty, late(1))]));
        assert!(text(&on).contains("late, owed by duty: 1 -> 1"), "{}", text(&on));
        // Who has left since was on then.
        let left = START.plus(Span::hours(2)).millis();
        let sql = format!(
            "INSERT INTO person (id, login, name, role, created_at, disabled_at)
             VALUES ('{}', 'jan', 'Jan', 'agent', 0, {left})",
            person(1)
        );
        house.execute(Box::leak(sql.into_boxed_str())).await;
        let [then, _] = Policy::ready_made();
        let gone = made(&house, Some(then), None).await;
        assert_eq!(gone.broken_by, BTreeMap::from([(Owner::Duty, late(1))]));
        // Under another policy somebody else may owe it: at two minutes the second was nobody's but duty's too.
        let tight = made(&house, Some(by_level()), Some(all_first())).await;
        assert_eq!(tight.broken_by, BTreeMap::from([(Owner::Duty, Late { was: 1, would_be: 2 })]));
    });
}

#[test]
fn who_has_the_case_owes_its_answer() {
    on_each(|house| async move {
        two(&house, true).await;
        let [same, _] = Policy::ready_made();
        let held = made(&house, Some(same), None).await;
        assert_eq!(held.broken_by, BTreeMap::from([(Owner::Person, Late { was: 1, would_be: 1 })]));
    });
}
