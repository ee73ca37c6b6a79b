//! What is told of duty, to whom and how often: that nobody is on once a brand and stretch in each chat, and gaps of brands
//! by who sees them.

use crate::duty::{HEAD, HELP, duty, id, line, staff};
use crate::harness::{House, on_each, post};
use jiff::tz::TimeZone;
use webcared::alerting::Team;
use webcared::catalogue::Catalogue;
use webcared::domain::shift::ShiftRules;
use webcared::domain::time::Span;
use webcared::duty::{Coming, Watch, gaps_between};

/// What was told of nobody being on: the chat, the brands that are named, and how many cases are due.
async fn told_of_nobody(house: &House) -> Vec<(String, serde_json::Value, i64)> {
    let rows: Vec<(String,)> = house.all("SELECT payload FROM action WHERE kind = 'duty' ORDER BY id").await;
    let all = rows.into_iter().map(|(p,)| serde_json::from_str::<serde_json::Value>(&p).unwrap());
    let of = |t: serde_json::Value| {
        let chat = t["chat"].as_str().unwrap().to_owned();
        (chat, t["brands"].clone(), t["due"].as_i64().unwrap())
    };
    all.filter(|t| t["kind"] == "nobody").map(of).collect()
}

#[test]
fn leads_hear_once_of_a_stretch_whoever_leaves_comes_for_another_brand_or_loses_their_account() {
    on_each(|house| async move {
        staff(&house).await;
        let was = house.current.get();
        let leads = Team { credential: "mail".into(), chat: "leads".into(), leads: true, ..Team::default() };
        house.current.set(Catalogue { teams: vec![leads], ..(*was).clone() });
        let (jan, els) = (id(&house, "jan").await, id(&house, "els").await);
        let only_tempo =
            "UPDATE person SET brands = '[\"' || (SELECT id FROM brand WHERE name = 'Tempo') || '\"]'
             WHERE login = 'els'";
        house.execute(only_tempo).await;
        house.take(&[post("m1", "jan", "t1", 0, HELP)]).await;
        house.execute("UPDATE cases SET due_at = 0, level = 3").await;
        let on = |hours| Coming { until: Some(house.clock_now().plus(Span::hours(hours))), reach: None };
        duty(&house).on(&els, on(3), "bot").await.unwrap();
        duty(&house).on(&jan, on(1), "bot").await.unwrap();
        let watch = Watch::new(duty(&house), Default::default());
        watch.run_once().await.unwrap();
        assert!(told_of_nobody(&house).await.is_empty());
        // The round that falls on the very end of the shift, and the one after it.
        house.clock.advance(Span::hours(1));
        watch.run_once().await.unwrap();
        house.clock.advance(Span::minutes(1));
        watch.run_once().await.unwrap();
        let once = vec![("leads".to_owned(), serde_json::json!(["Acme"]), 1)];
        assert_eq!(told_of_nobody(&house).await, once);
        // Who sees the other brand only goes off: for this one nothing changed.
        house.clock.advance(Span::hours(2));
        watch.run_once().await.unwrap();
        assert_eq!(told_of_nobody(&house).await, once);
        // Neither does it where the account of who left last is closed.
        let closed =
            format!("UPDATE person SET disabled_at = {} WHERE login = 'jan'", house.clock_now().millis());
        house.execute(Box::leak(closed.into_boxed_str())).await;
        house.clock.advance(Span::minutes(1));
        watch.run_once().await.unwrap();
        assert_eq!(told_of_nobody(&house).await, once);
    });
}

#[test]
fn what_two_teams_and_a_lead_of_one_chat_hear_of_is_told_there_once_by_whichever_replica() {
    on_each(|house| async move {
        staff(&house).await;
        let was = house.current.get();
        let team = |brands: &[&str], leads: bool| Team {
            credential: "telegram".into(),
            chat: "-9".into(),
            brands: brands.iter().map(|b| (*b).to_owned()).collect(),
            leads,
        };
        let chat = vec![("telegram".to_owned(), "-9".to_owned())];
        let with = |teams: Vec<Team>| house.current.set(Catalogue { teams, ..(*was).clone() });
        with(vec![team(&["Acme"], false), team(&[], true), team(&["acme"], false)]);
        let jan = id(&house, "jan").await;
        duty(&house).on(&jan, Coming::default(), "bot").await.unwrap();
        house.clock.advance(Span::seconds(1));
        assert!(duty(&house).off(&jan, "bot").await.unwrap());
        house.take(&[post("m1", "jan", "t1", 0, HELP)]).await;
        house.execute("UPDATE cases SET due_at = 0, level = 3").await;
        let [one, two] = [0, 1].map(|_| Watch::new(duty(&house), Default::default()).telling(chat.clone()));
        let both = || async {
            let (a, b) = tokio::join!(one.run_once(), two.run_once());
            (a.unwrap(), b.unwrap())
        };
        both().await;
        both().await;
        let told = told_of_nobody(&house).await;
        assert_eq!(told, [("-9".to_owned(), serde_json::json!(["Acme"]), 1)]);
        // What the lead alone hears of in this chat is told as well, and of the first brand nothing is said again.
        house.take(&[post("m2", "lou", "t2", 0, "@Tempo my parcel never arrived, please help me")]).await;
        house.execute("UPDATE cases SET due_at = 0, level = 3").await;
        house.clock.advance(Span::minutes(1));
        both().await;
        let told = told_of_nobody(&house).await;
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!(told[1], ("-9".to_owned(), serde_json::json!(["Tempo"]), 1));
        // An hour later the team hears again of its brand; the lead's brand was told.
        house.clock.advance(Span::hours(1));
        both().await;
        both().await;
        let told = told_of_nobody(&house).await;
        assert_eq!(told.len(), 3, "{told:?}");
        assert_eq!(told[2], ("-9".to_owned(), serde_json::json!(["Acme"]), 1));
        // Of two teams of one chat, each with a brand of its own, both are told, in one message.
        with(vec![team(&["Acme"], false), team(&["Tempo"], false)]);
        house.clock.advance(Span::hours(1));
        both().await;
        let told = told_of_nobody(&house).await;
        assert_eq!(told.len(), 4, "{told:?}");
        assert_eq!(told[3].2, 2, "{told:?}");
    });
}

#[test]
fn a_gap_of_a_brand_is_told_though_somebody_is_planned_who_does_not_see_it() {
    on_each(|house| async move {
        staff(&house).await;
        house
            .execute(
                "UPDATE person SET brands = '[\"' || (SELECT id FROM brand WHERE name = 'Tempo') || '\"]'
                 WHERE login = 'els'",
            )
            .await;
        let plan = [HEAD, &line(&house, "jan", -1, 6, ",,"), &line(&house, "els", -1, 23, ",,")].concat();
        duty(&house).import("rota", &plan, &TimeZone::UTC).await.unwrap();
        let told: Vec<String> = {
            Watch::new(duty(&house), Default::default()).run_once().await.unwrap();
            let rows: Vec<(String,)> = house.all("SELECT payload FROM action WHERE kind = 'duty'").await;
            rows.into_iter().map(|(p,)| p).collect()
        };
        assert!(!told.is_empty() && told.iter().all(|t| t.contains("\"day\"")), "{told:?}");
        let now = house.clock_now();
        for (name, has_gap) in [("Acme", true), ("Tempo", false)] {
            let brand = house.current.get().brands.iter().find(|b| b.brand.name == name).unwrap().id.clone();
            let cover = duty(&house).cover(std::slice::from_ref(&brand), 12, &TimeZone::UTC).await.unwrap();
            let gaps: usize = cover.languages.iter().map(|l| l.gaps.len()).sum();
            assert_eq!(gaps > 0, has_gap, "{name}: {cover:?}");
            let (catalogue, span) = (house.current.get(), (now, now.plus(Span::hours(12))));
            let found = house.db.read("a test", move |tx| {
                Box::pin(async move { gaps_between(tx, &catalogue, &[brand], span).await })
            });
            assert_eq!(!found.await.unwrap().unwrap().is_empty(), has_gap, "{name}");
        }
    });
}

#[test]
fn a_colleague_who_left_since_was_there_in_the_hours_of_a_report() {
    on_each(|house| async move {
        staff(&house).await;
        let plan = [HEAD, &line(&house, "jan", -1, 8, ",,")].concat();
        duty(&house).import("rota", &plan, &TimeZone::UTC).await.unwrap();
        let from = house.clock_now();
        house.clock.advance(Span::hours(9));
        let left =
            format!("UPDATE person SET disabled_at = {} WHERE login = 'jan'", house.clock_now().millis());
        house.execute(Box::leak(left.into_boxed_str())).await;
        let (catalogue, span) = (house.current.get(), (from, from.plus(Span::hours(6))));
        let found = house
            .db
            .read("a test", move |tx| Box::pin(async move { gaps_between(tx, &catalogue, &[], span).await }));
        assert_eq!(found.await.unwrap(), Some(Vec::new()));
    });
}

#[test]
fn a_chat_that_stands_there_once_for_each_brand_hears_the_summary_of_a_shift_for_all() {
    on_each(|house| async move {
        staff(&house).await;
        let was = house.current.get();
        let of = |name: &str| Team {
            credential: "telegram".into(),
            chat: "-9".into(),
            brands: vec![name.to_owned()],
            leads: false,
        };
        let teams: Vec<Team> = was.brands.iter().map(|b| of(&b.brand.name)).collect();
        house.current.set(Catalogue { teams, ..(*was).clone() });
        house.take(&[post("m1", "jan", "t1", 0, HELP)]).await;
        let plan = [HEAD, &line(&house, "jan", -1, 2, ",,")].concat();
        duty(&house).import("rota", &plan, &TimeZone::UTC).await.unwrap();
        let rules = ShiftRules { summaries: true, ..ShiftRules::default() };
        assert_eq!(house.casework.summaries_due(&rules).await.unwrap(), 0);
        house.clock.advance(Span::minutes(121));
        let brands = was.brands.len();
        assert_eq!(house.casework.summaries_due(&rules).await.unwrap(), brands);
        let told: Vec<(String,)> = house.all("SELECT payload FROM action WHERE kind = 'shift'").await;
        assert_eq!(told.len(), 1, "{told:?}");
        let told: serde_json::Value = serde_json::from_str(&told[0].0).unwrap();
        assert_eq!(told["summaries"].as_array().unwrap().len(), brands, "{told}");
    });
}
