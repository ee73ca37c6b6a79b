//! How alerts end: alarms that stand, what was held back and may wait no longer, and what came through after all.

use crate::alarms::{FIRE, Outside, SLOW, desk, pager, slack};
use crate::harness::{House, on_each, post};
use webcared::alarms::config::{AlertsConfig, ChannelConfig, Role};
use webcared::alerting::Team;
use webcared::casework::Act;
use webcared::catalogue::{self, Catalogue};
use webcared::domain::correction::Corrected;
use webcared::domain::duty::Reach;
use webcared::domain::judgement::Level;
use webcared::domain::language::Language;
use webcared::domain::time::Span;
use webcared::duty::{Coming, Duty};

async fn claim(house: &House) {
    house.act(&house.case(1).await, 1, Act::Claim { until: None }).await.unwrap();
}

fn alerts(channels: Vec<ChannelConfig>) -> AlertsConfig {
    AlertsConfig { channels, ..AlertsConfig::default() }
}

#[test]
fn an_alarm_about_a_claimed_case_stands_until_something_is_done() {
    on_each(|house| async move {
        let (out, url) = Outside::listen().await;
        let desk = desk(&house, alerts(vec![pager(&url)]), "a");
        house.take(&[post("1", "sanne", "a", 0, SLOW)]).await;
        claim(&house).await;
        // Whoever has it lets it go late.
        house.advance(Span::minutes(31)).await;
        desk.pass(&house, 5).await;
        let events = || out.at("/pager").iter().map(|m| m["event_action"].to_string()).collect::<Vec<_>>();
        assert_eq!(events().last().map(String::as_str), Some("\"trigger\""), "{:?}", events());
        assert!(!events().contains(&"\"resolve\"".to_owned()), "{:?}", events());
        // Somebody says that it needs no answer.
        let corrected = Corrected { needs_answer: Some(false), ..Corrected::default() };
        house.act(&house.case(1).await, 1, Act::Correct(corrected)).await.unwrap();
        desk.pass(&house, 3).await;
        assert_eq!(events().last().map(String::as_str), Some("\"resolve\""), "{:?}", events());
        let ended = events().len();
        desk.pass(&house, 5).await;
        assert_eq!(events().len(), ended, "once");
    });
}

#[test]
fn an_urgent_case_that_comes_back_after_it_was_over_is_told_like_one_that_comes_in() {
    on_each(|house| async move {
        const TOLD: &str = "SELECT COUNT(*) FROM action WHERE kind = 'alert' AND payload LIKE '%arrival%'";
        house.take(&[post("1", "sanne", "a", 0, SLOW)]).await;
        let corrected = Corrected { level: Some(Level::P2), ..Corrected::default() };
        let case = house.act(&house.case(1).await, 1, Act::Correct(corrected)).await.unwrap();
        assert_eq!(house.count(TOLD).await, 1);
        house.act(&case, 1, Act::Resolve { reason: String::new(), ending: None }).await.unwrap();
        house.clock.advance(Span::hours(5));
        let again = post("2", "sanne", "a", 300, "@Acme it does not work again, please help me");
        house.take(std::slice::from_ref(&again)).await;
        let case = house.case(1).await;
        assert_eq!((case.state.as_str(), case.level, case.needs_answer), ("new", 2, 1));
        assert_eq!(house.count(TOLD).await, 2, "it is somebody's work again");
        // A delivery once more tells nothing, nor does an impatient word while it is open.
        house.take(&[again, post("3", "sanne", "a", 301, "@Acme hello? please help me")]).await;
        assert_eq!(house.count(TOLD).await, 2);
    });
}

#[test]
fn what_was_held_back_goes_at_once_when_the_case_becomes_a_p1() {
    on_each(|house| async move {
        let (out, url) = Outside::listen().await;
        // It is 14:13 in the tests.
        let quiet = ChannelConfig { quiet: Some("12:00-20:00".into()), ..slack("quiet", &url) };
        let desk = desk(&house, alerts(vec![quiet]), "a");
        house.take(&[post("1", "sanne", "a", 0, SLOW)]).await;
        house.advance(Span::minutes(31)).await;
        desk.pass(&house, 3).await;
        assert!(house.case(1).await.level > 1 && out.at("/quiet").is_empty());
        let corrected = Corrected { level: Some(Level::P1), ..Corrected::default() };
        house.act(&house.case(1).await, 1, Act::Correct(corrected)).await.unwrap();
        desk.pass(&house, 3).await;
        assert!(!out.at("/quiet").is_empty(), "a P1 waits for no morning");
        // Nor do those that were held back before it was one.
        desk.pass(&house, 60).await;
        assert_eq!(
            house.count("SELECT COUNT(*) FROM action WHERE kind = 'alert' AND state = 'ready'").await,
            0
        );
    });
}

#[test]
fn what_came_through_after_all_is_not_told_by_the_other_again() {
    on_each(|house| async move {
        let (out, url) = Outside::listen().await;
        let first = ChannelConfig { fallback: Some("second".into()), ..slack("first", &url) };
        let second = ChannelConfig { role: Role::Step, ..slack("second", &url) };
        let desk = desk(&house, alerts(vec![first, second]), "a");
        *out.down.lock().unwrap() = vec![("/first".into(), 429), ("/second".into(), 429)];
        house.take(&[post("1", "sanne", "a", 0, FIRE)]).await;
        desk.pass(&house, 70).await;
        let copies = "SELECT COUNT(*) FROM action WHERE once_key LIKE 'over:%' AND state = 'ready'";
        assert_eq!(house.count(copies).await, 1, "it waits with the other");
        *out.down.lock().unwrap() = vec![("/second".into(), 429)];
        desk.pass(&house, 130).await;
        assert_eq!(out.at("/first").len(), 1);
        let called_off = "SELECT COUNT(*) FROM action WHERE once_key LIKE 'over:%' AND state = 'cancelled'";
        assert_eq!(house.count(called_off).await, 1, "the copy is called off");
        out.down.lock().unwrap().clear();
        desk.pass(&house, 30).await;
        assert_eq!((out.at("/first").len(), out.at("/second").len()), (1, 0), "told once");
    });
}

#[test]
fn a_p1_that_nobody_on_duty_reads_rings_who_reads_it_though_they_are_off() {
    on_each(|house| async move {
        let desk = desk(&house, AlertsConfig::default(), "a");
        house
            .execute(
                "INSERT INTO person (id, login, name, role, created_at)
                 VALUES ('per_jan', 'jan', 'Jan', 'agent', 0), ('per_lou', 'lou', 'Lou', 'agent', 0)",
            )
            .await;
        house
            .execute(
                "INSERT INTO chat_person (credential, user_id, person_id, language, zone, quiet, hourly, first_at, private_at)
                 VALUES ('telegram', '71', 'per_jan', '', '', '', 0, 0, 1), ('telegram', '72', 'per_lou', '', '', '', 0, 0, 1)",
            )
            .await;
        let (db, clock) = (house.db.clone(), house.clock.clone());
        let duty = Duty::new(db, clock, house.mint.clone(), house.current.clone());
        let reads = |languages: Vec<Language>| Coming {
            until: None,
            reach: Some(Reach { languages, sectors: Vec::new() }),
        };
        // Lou reads French, and has gone home; Jan is there.
        duty.on("per_lou", reads(vec![Language::Fr]), "bot").await.unwrap();
        assert!(duty.off("per_lou", "bot").await.unwrap());
        duty.on("per_jan", reads(vec![Language::Nl, Language::En]), "bot").await.unwrap();
        house.take(&[post("1", "sanne", "a", 0, FIRE), post("2", "luc", "b", 0, FIRE)]).await;
        house.execute("UPDATE cases SET level = 1, language = 'en' WHERE number = 1").await;
        house.execute("UPDATE cases SET level = 1, language = 'fr' WHERE number = 2").await;
        desk.pass(&house, 3).await;
        let rung = || async {
            let sql = "SELECT case_id, credential, payload FROM action WHERE payload LIKE '%on_call%'";
            house.all::<(String, String, String)>(sql).await
        };
        let first = rung().await;
        assert_eq!(first.len(), 1, "once, and of what nobody there reads: {first:?}");
        assert_eq!((&first[0].0, first[0].1.as_str()), (&house.case(2).await.id, "telegram"));
        assert!(first[0].2.contains("\"72\""), "{first:?}");
        // What becomes a P1 while nobody has it rings them as well, once.
        house.take(&[post("4", "guy", "d", 1, FIRE)]).await;
        house.execute("UPDATE cases SET level = 2, language = 'fr' WHERE number = 3").await;
        desk.pass(&house, 3).await;
        assert_eq!(rung().await.len(), 1, "a P2 waits for the steps");
        house.execute("UPDATE cases SET level = 1 WHERE number = 3").await;
        desk.pass(&house, 4).await;
        assert_eq!(rung().await.len(), 2);
        // Once somebody there reads it nobody is rung at home.
        duty.on("per_lou", reads(vec![Language::Fr]), "bot").await.unwrap();
        house.take(&[post("3", "eve", "c", 1, FIRE)]).await;
        house.execute("UPDATE cases SET level = 1, language = 'fr' WHERE number = 4").await;
        desk.pass(&house, 3).await;
        assert_eq!(rung().await.len(), 2);
    });
}

#[test]
fn leads_hear_in_chats_of_their_own_of_steps_that_name_them_and_of_what_is_broken() {
    on_each(|house| async move {
        let desk = desk(&house, AlertsConfig::default(), "a");
        let lead = Team { credential: "telegram".into(), chat: "555".into(), leads: true, ..Team::default() };
        let was = house.current.get();
        let reach = catalogue::Reach { leads: vec![lead], ..was.reach.clone() };
        house.current.set(Catalogue { reach, ..(*was).clone() });
        let told = async |occasion: &str| {
            let rows: Vec<(String,)> =
                house.all("SELECT payload FROM action WHERE kind = 'alert' AND payload LIKE '%555%'").await;
            rows.iter().filter(|(p,)| p.contains(&format!("\"{occasion}\""))).count()
        };
        house.take(&[post("1", "sanne", "a", 0, FIRE)]).await;
        desk.pass(&house, 1).await;
        house.advance(Span::minutes(14)).await;
        assert_eq!(told("escalation").await, 0);
        desk.pass(&house, 70).await;
        assert_eq!(told("escalation").await, 1, "nobody took it for a quarter of an hour");
        house.advance(Span::hours(1)).await;
        desk.pass(&house, 1).await;
        assert!(told("breach").await >= 1);
        assert_eq!((told("arrival").await, told("warning").await), (0, 0), "the rest is the team's");
    });
}
