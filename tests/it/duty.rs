//! Duty on both engines: who is on as it was said and planned, plans read again, gaps told once.

use crate::harness::{House, on_each, post};
use jiff::tz::TimeZone;
use webcared::alerting::Team;
use webcared::catalogue::Catalogue;
use webcared::domain::duty::{Reach, Role};
use webcared::domain::language::Language;
use webcared::domain::time::Span;
use webcared::duty::config::PlanConfig;
use webcared::duty::{Coming, Duty, DutyError, Plans, Watch};
use webcared::http_client::{HttpClient, Outbound};
use webcared::people::People;
use webcared::reports::wall;

pub(super) const HELP: &str = "@acme my parcel never arrived, please help me";

pub(super) fn duty(house: &House) -> Duty {
    Duty::new(house.db.clone(), house.clock.clone(), house.mint.clone(), house.current.clone())
}

pub(super) async fn staff(house: &House) {
    let (db, clock, mint) = (house.db.clone(), house.clock.clone(), house.mint.clone());
    let people = People::new(db, clock, mint, Span::hours(10), Span::hours(1));
    for (login, name, role) in [("jan", "Jan", "agent"), ("els", "Els", "agent"), ("aud", "Aud", "auditor")] {
        people.add(login, name, role).await.unwrap();
    }
}

pub(super) async fn id(house: &House, login: &str) -> String {
    let all: Vec<(String, String)> = house.all("SELECT id, login FROM person").await;
    all.into_iter().find(|p| p.1 == login).unwrap().0
}

async fn names(duty: &Duty) -> Vec<String> {
    duty.now().await.unwrap().into_iter().map(|o| o.name).collect()
}

/// A line of a plan, in hours from now.
pub(super) fn line(house: &House, who: &str, from: i64, until: i64, more: &str) -> String {
    let at = |h: i64| house.clock_now().plus(Span::hours(h)).rfc3339();
    format!("{who},{},{},{more}\n", at(from), at(until))
}

pub(super) const HEAD: &str = "person,from,until,languages,role,buddy\n";

#[test]
fn what_people_say_is_kept_and_holds_until_its_end() {
    on_each(|house| async move {
        staff(&house).await;
        let (duty, jan) = (duty(&house), id(&house, "jan").await);
        assert!(names(&duty).await.is_empty());
        let now = house.clock_now();
        let reach = Reach { languages: vec![Language::Nl], sectors: Vec::new() };
        let coming = Coming { until: Some(now.plus(Span::hours(3))), reach: Some(reach.clone()) };
        duty.on(&jan, coming, "console").await.unwrap();
        let on = duty.now().await.unwrap().remove(0);
        assert_eq!(
            (on.name.as_str(), on.present.until.since(now), on.present.planned),
            ("Jan", Span::hours(3), false)
        );
        house.clock.advance(Span::hours(3));
        assert!(names(&duty).await.is_empty(), "three hours are over");
        // Without an end it is a working day, and what is taken up is what it was.
        let said = duty.on(&jan, Coming::default(), "bot").await.unwrap();
        assert_eq!((said.until.since(said.from), said.reach), (Span::hours(8), reach));
        house.clock.advance(Span::minutes(10));
        assert!(duty.off(&jan, "api").await.unwrap());
        assert!(names(&duty).await.is_empty());
        assert!(!duty.off(&jan, "api").await.unwrap(), "who is off was not on");
        let history = duty.history(10).await.unwrap();
        let said: Vec<_> = history.iter().map(|(r, name)| (name.as_str(), r.is_on, r.via.as_str())).collect();
        assert_eq!(said, [("Jan", 0, "api"), ("Jan", 1, "bot"), ("Jan", 1, "console")]);
    });
}

#[test]
fn what_cannot_be_is_refused_and_leaves_nothing() {
    on_each(|house| async move {
        staff(&house).await;
        let (duty, jan, aud) = (duty(&house), id(&house, "jan").await, id(&house, "aud").await);
        let now = house.clock_now();
        for until in [now, now.plus(Span::hours(17))] {
            let refused = duty.on(&jan, Coming { until: Some(until), reach: None }, "api").await;
            assert!(matches!(refused, Err(DutyError::Invalid { field: "until", .. })), "{refused:?}");
        }
        let reach = Reach { languages: Vec::new(), sectors: vec!["none".into()] };
        let refused = duty.on(&jan, Coming { until: None, reach: Some(reach) }, "api").await;
        assert!(matches!(refused, Err(DutyError::Invalid { field: "sectors", .. })), "{refused:?}");
        let refused = duty.on(&aud, Coming::default(), "api").await;
        assert!(matches!(refused, Err(DutyError::Refused(_))), "{refused:?}");
        assert_eq!(house.count("SELECT COUNT(*) FROM duty_said").await, 0);
    });
}

#[test]
fn a_plan_read_again_replaces_what_it_said_and_doubles_nothing() {
    on_each(|house| async move {
        staff(&house).await;
        let (duty, utc) = (duty(&house), TimeZone::UTC);
        let shifts = "SELECT COUNT(*) FROM duty_shift";
        let first = [
            HEAD,
            &line(&house, "jan", -10, -2, "nl,,"),
            &line(&house, "jan", -1, 7, "nl;en,lead,"),
            &line(&house, "els", -1, 7, "nl,newcomer,jan"),
            &line(&house, "piet", -1, 7, ",,"),
            &line(&house, "els", 24, 32, "nl,,"),
        ]
        .concat();
        let done = duty.import("rota", &first, &utc).await.unwrap();
        assert_eq!((done.shifts, done.replaced, done.wrong.len()), (4, true, 1));
        assert!(done.wrong[0].to_string().starts_with("line 5: person 'piet'"), "{:?}", done.wrong);
        assert_eq!(names(&duty).await, ["Els", "Jan"]);
        let on = duty.now().await.unwrap();
        assert_eq!((on[0].present.role, on[0].buddy.as_deref()), (Role::Newcomer, Some("Jan")));
        let again = duty.import("rota", &first, &utc).await.unwrap();
        assert!(!again.replaced);
        assert_eq!(house.count(shifts).await, 4);
        // Jan is taken off the plan in the middle of it, and tomorrow's shift is another.
        house.clock.advance(Span::hours(1));
        let second =
            [HEAD, &line(&house, "els", -2, 6, "nl,,"), &line(&house, "els", 30, 38, "nl,,")].concat();
        assert!(duty.import("rota", &second, &utc).await.unwrap().replaced);
        assert_eq!(names(&duty).await, ["Els"]);
        assert_eq!(house.count(shifts).await, 4, "two that are over or were cut, and two that hold");
        // What is over was as it was, whatever a plan says of it afterwards.
        let past = "SELECT COUNT(*) FROM duty_shift WHERE until_ms - from_ms = 8 * 3600000 AND until_ms < ";
        let past = format!("{past}{}", house.clock_now().millis());
        let told = || house.all::<(i64,)>(Box::leak(past.clone().into_boxed_str()));
        assert_eq!(told().await, [(1,)]);
        let over = [line(&house, "jan", -11, -5, "nl,,"), line(&house, "els", -30, -22, "nl,,")].concat();
        duty.import("rota", &format!("{second}{over}"), &utc).await.unwrap();
        assert_eq!((told().await, house.count(shifts).await), (vec![(1,)], 4));
        // Another plan stands beside it; what nobody can read changes nothing.
        duty.import("guests", &[HEAD, &line(&house, "jan", -1, 2, "en,guest,")].concat(), &utc)
            .await
            .unwrap();
        assert_eq!(names(&duty).await, ["Els", "Jan"]);
        let junk = duty.import("guests", "<html>log in</html>", &utc).await.unwrap();
        assert!(!junk.replaced && junk.shifts == 0 && !junk.wrong.is_empty());
        assert_eq!(names(&duty).await, ["Els", "Jan"]);
        let plans = duty.plans().await.unwrap();
        assert!(
            plans.iter().any(|p| p.plan == "guests" && p.trouble.contains("the last plan holds")),
            "{plans:?}"
        );
        // What people say goes over any plan.
        assert!(duty.off(&id(&house, "els").await, "bot").await.unwrap());
        assert_eq!(names(&duty).await, ["Jan"]);
    });
}

#[test]
fn gaps_are_told_a_day_and_an_hour_ahead_once_each_and_nobody_on_duty_while_something_is_due() {
    on_each(|house| async move {
        staff(&house).await;
        let watch = Watch::new(duty(&house), Default::default());
        let told = || async {
            let rows: Vec<(String,)> =
                house.all("SELECT payload FROM action WHERE kind = 'duty' ORDER BY id").await;
            rows.into_iter().map(|(p,)| serde_json::from_str(&p).unwrap()).collect::<Vec<serde_json::Value>>()
        };
        house.take(&[post("m1", "jan", "t1", 0, HELP)]).await;
        house.clock.advance(Span::hours(1));
        assert_eq!(watch.run_once().await.unwrap(), 0, "a team without duty has no gaps");
        // Somebody is on for twenty hours, and nobody after.
        let plan = [HEAD, &line(&house, "jan", -1, 20, ",,")].concat();
        duty(&house).import("rota", &plan, &TimeZone::UTC).await.unwrap();
        watch.run_once().await.unwrap();
        watch.run_once().await.unwrap();
        let day = told().await;
        assert_eq!(day.len(), 1, "{day:?}");
        assert_eq!(day[0]["kind"], "day");
        house.clock.advance(Span::minutes(19 * 60 + 10));
        watch.run_once().await.unwrap();
        watch.run_once().await.unwrap();
        let hour = told().await;
        assert_eq!(hour.iter().filter(|t| t["kind"] == "hour").count(), 1, "{hour:?}");
        assert!(hour.iter().all(|t| t["kind"] != "nobody"), "{hour:?}");
        house.clock.advance(Span::hours(1));
        watch.run_once().await.unwrap();
        watch.run_once().await.unwrap();
        let nobody: Vec<_> = told().await.into_iter().filter(|t| t["kind"] == "nobody").collect();
        assert_eq!(nobody.len(), 1, "{nobody:?}");
        assert_eq!(nobody[0]["due"], 1);
    });
}

#[test]
fn each_team_of_a_chat_hears_of_its_own_brands_and_who_does_not_see_a_brand_is_not_there_for_it() {
    on_each(|house| async move {
        staff(&house).await;
        let other = house.current.get().brands.iter().find(|b| b.brand.name != "Acme").unwrap().clone();
        let team = |brand: &str| Team {
            credential: "telegram".into(),
            chat: "-9".into(),
            brands: vec![brand.to_owned()],
            leads: false,
        };
        let was = house.current.get();
        let teams = vec![team("Acme"), team(&other.brand.name)];
        house.current.set(Catalogue { teams, ..(*was).clone() });
        // Somebody was on once, so that duty is in use.
        let jan = id(&house, "jan").await;
        duty(&house).on(&jan, Coming::default(), "bot").await.unwrap();
        let told = || async {
            let rows: Vec<(String,)> =
                house.all("SELECT payload FROM action WHERE kind = 'duty' ORDER BY id").await;
            let all = rows.into_iter().map(|(p,)| serde_json::from_str::<serde_json::Value>(&p).unwrap());
            all.filter(|t| t["kind"] == "nobody").collect::<Vec<_>>()
        };
        house.take(&[post("m1", "jan", "t1", 0, HELP)]).await;
        let words = format!("@{} my parcel never arrived, please help me", other.brand.name);
        house.take(&[post("m2", "lou", "t2", 0, &words)]).await;
        // Who sees the first brand only is nobody to the second one.
        house.execute("UPDATE cases SET due_at = 0, level = 3").await;
        house
            .execute(
                "UPDATE person SET brands = '[\"' || (SELECT id FROM brand WHERE name = 'Acme') || '\"]'
                 WHERE login = 'jan'",
            )
            .await;
        let watch = Watch::new(duty(&house), Default::default());
        watch.run_once().await.unwrap();
        let first = told().await;
        assert_eq!(first.len(), 1, "{first:?}");
        assert_eq!(first[0]["brands"], serde_json::json!([other.brand.name]));
        // With nobody there at all the other team of the same chat hears it too.
        house.clock.advance(Span::seconds(1));
        assert!(duty(&house).off(&jan, "bot").await.unwrap());
        watch.run_once().await.unwrap();
        watch.run_once().await.unwrap();
        let both = told().await;
        assert_eq!(both.len(), 2, "{both:?}");
        assert_eq!((&both[1]["brands"], &both[1]["urgent"]), (&serde_json::json!(["Acme"]), &0.into()));
        // In the same hour something urgent is due: that is said, once.
        house.clock.advance(Span::seconds(1));
        house
            .execute("UPDATE cases SET level = 2 WHERE brand_id = (SELECT id FROM brand WHERE name = 'Acme')")
            .await;
        watch.run_once().await.unwrap();
        watch.run_once().await.unwrap();
        let all = told().await;
        assert_eq!(all.len(), 3, "{all:?}");
        assert_eq!((&all[2]["brands"], &all[2]["urgent"]), (&serde_json::json!(["Acme"]), &1.into()));
    });
}

#[test]
fn leads_who_plan_hear_of_gaps_ahead_and_once_that_nobody_is_on() {
    on_each(|house| async move {
        staff(&house).await;
        let mail =
            Team { credential: "alerts:mail".into(), chat: "mail".into(), leads: true, ..Team::default() };
        let was = house.current.get();
        house.current.set(Catalogue { teams: [was.teams.clone(), vec![mail]].concat(), ..(*was).clone() });
        house.take(&[post("m1", "jan", "t1", 0, HELP)]).await;
        let plan = [HEAD, &line(&house, "jan", -1, 20, ",,")].concat();
        duty(&house).import("rota", &plan, &TimeZone::UTC).await.unwrap();
        let chat = vec![("telegram".to_owned(), "555".to_owned())];
        let watch = Watch::new(duty(&house), Default::default()).telling(chat);
        let told = || async {
            let rows: Vec<(String,)> =
                house.all("SELECT payload FROM action WHERE kind = 'duty' ORDER BY id").await;
            let of = |(p,): (String,)| -> (String, String) {
                let p: serde_json::Value = serde_json::from_str(&p).unwrap();
                (p["chat"].as_str().unwrap().to_owned(), p["kind"].as_str().unwrap().to_owned())
            };
            rows.into_iter().map(of).collect::<Vec<_>>()
        };
        watch.run_once().await.unwrap();
        watch.run_once().await.unwrap();
        let day = told().await;
        assert_eq!(day.len(), 3, "{day:?}");
        for chat in ["mail", "555"] {
            assert!(day.contains(&(chat.to_owned(), "day".to_owned())), "{day:?}");
        }
        // Nobody is on and something is due: the team hears it every hour, leads once for the whole stretch.
        let nobody = || async {
            let all = told().await.into_iter().filter(|(_, kind)| kind == "nobody").map(|(chat, _)| chat);
            let (leads, team): (Vec<_>, Vec<_>) = all.partition(|chat| chat == "mail" || chat == "555");
            (leads.len(), team.len())
        };
        house.clock.advance(Span::hours(21));
        watch.run_once().await.unwrap();
        watch.run_once().await.unwrap();
        assert_eq!(nobody().await, (2, 1));
        house.clock.advance(Span::hours(2));
        watch.run_once().await.unwrap();
        assert_eq!(nobody().await, (2, 2), "it goes on");
        // Somebody comes and goes: that is another stretch.
        let jan = id(&house, "jan").await;
        duty(&house).on(&jan, Coming::default(), "bot").await.unwrap();
        watch.run_once().await.unwrap();
        house.clock.advance(Span::minutes(10));
        assert!(duty(&house).off(&jan, "bot").await.unwrap());
        house.clock.advance(Span::hours(2));
        watch.run_once().await.unwrap();
        assert_eq!(nobody().await, (4, 3), "a new stretch");
    });
}

#[test]
fn plans_of_the_settings_are_read_again_and_plan_nobody_once_the_settings_name_them_no_more() {
    on_each(|house| async move {
        staff(&house).await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rota.csv");
        let write = |who: &str| {
            let plan = [HEAD, &line(&house, who, -1, 8, ",,")].concat();
            std::fs::write(&file, plan).unwrap();
        };
        let plans = |names: &[&str]| {
            let one = |name: &&str| PlanConfig {
                name: (*name).to_owned(),
                file: Some(file.clone()),
                url: None,
                every_minutes: 15,
                whole_days: None,
            };
            let http = HttpClient::new(&Outbound::default(), house.clock.clone()).unwrap();
            Plans::new(duty(&house), http, names.iter().map(one).collect(), TimeZone::UTC)
        };
        write("jan");
        // What was read by command stays, whatever the settings name.
        let by_hand = [HEAD, &line(&house, "els", -1, 4, ",,")].concat();
        duty(&house).import("file", &by_hand, &TimeZone::UTC).await.unwrap();
        let daemon = plans(&["rota"]);
        assert_eq!(daemon.run_once().await.unwrap(), 1);
        assert_eq!(names(&duty(&house)).await, ["Els", "Jan"]);
        write("els");
        assert_eq!(daemon.run_once().await.unwrap(), 0, "not due yet");
        house.clock.advance(Span::minutes(15));
        assert_eq!(daemon.run_once().await.unwrap(), 1);
        assert_eq!(names(&duty(&house)).await, ["Els"]);
        write("jan");
        // The same plan under another name, after a restart.
        assert_eq!(plans(&["rota-2027"]).run_once().await.unwrap(), 2);
        let read = duty(&house).plans().await.unwrap();
        let known: Vec<&str> = read.iter().map(|p| p.plan.as_str()).collect();
        assert_eq!(known, ["file", "rota-2027"]);
        assert_eq!(plans(&[]).run_once().await.unwrap(), 1);
        assert_eq!(names(&duty(&house)).await, ["Els"], "only who was planned by hand");
        assert_eq!(plans(&[]).run_once().await.unwrap(), 0);
    });
}

#[test]
fn a_day_without_times_is_planned_whole_or_in_the_hours_that_its_plan_names() {
    on_each(|house| async move {
        staff(&house).await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("days.ics");
        let zone = TimeZone::get("Europe/Amsterdam").unwrap();
        let now = jiff::Timestamp::from_millisecond(house.clock_now().millis()).unwrap();
        let today = now.to_zoned(zone.clone()).date();
        let day = |n: i64| today.checked_add(jiff::Span::new().days(n)).unwrap();
        let text = |n: i64| day(n).to_string().replace('-', "");
        std::fs::write(
            &file,
            format!(
                "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:jan\r\nCATEGORIES:role:guest\r\n\
                 DTSTART;VALUE=DATE:{}\r\nDTEND;VALUE=DATE:{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
                text(1),
                text(3)
            ),
        )
        .unwrap();
        let plans = |hours: Option<&str>| {
            let one = PlanConfig {
                name: "days".to_owned(),
                file: Some(file.clone()),
                url: None,
                every_minutes: 15,
                whole_days: hours.map(ToOwned::to_owned),
            };
            let http = HttpClient::new(&Outbound::default(), house.clock.clone()).unwrap();
            Plans::new(duty(&house), http, vec![one], zone.clone())
        };
        let planned = || async {
            let sql = "SELECT from_ms, until_ms FROM duty_shift ORDER BY from_ms";
            house.all::<(i64, i64)>(sql).await
        };
        let at = |n: i64, hour: i8| {
            let zoned = day(n).at(hour, 0, 0, 0).to_zoned(zone.clone()).unwrap();
            zoned.timestamp().as_millisecond()
        };
        assert_eq!(plans(None).run_once().await.unwrap(), 1);
        assert_eq!(planned().await, [(at(1, 0), at(2, 0)), (at(2, 0), at(3, 0))]);
        // Nothing of the file changed, and its days mean something else; the night goes into the next day.
        assert_eq!(plans(Some("09:00-17:00")).run_once().await.unwrap(), 1);
        assert_eq!(planned().await, [(at(1, 9), at(1, 17)), (at(2, 9), at(2, 17))]);
        assert_eq!(plans(Some("22:00-06:00")).run_once().await.unwrap(), 1);
        assert_eq!(planned().await, [(at(1, 22), at(2, 6)), (at(2, 22), at(3, 6))]);
        assert_eq!(plans(Some("22:00-06:00")).run_once().await.unwrap(), 0);
        house.clock.advance(Span::hours(36));
        let on = duty(&house).now().await.unwrap();
        let told: Vec<_> = on.iter().map(|o| (o.name.as_str(), o.present.role)).collect();
        assert_eq!(told, [("Jan", Role::Guest)], "in the first of these nights");
        // By command too, a day of a list.
        let list = format!("person,date\nels,{}\n", day(5));
        let done = duty(&house).import_with("list", &list, (&zone, (540, 1_050))).await.unwrap();
        assert_eq!((done.shifts, done.wrong.len()), (1, 0), "{done:?}");
        let els = "SELECT until_ms - from_ms FROM duty_shift WHERE plan = 'list'";
        assert_eq!(house.all::<(i64,)>(els).await, [(Span::minutes(510).millis(),)]);
    });
}

#[test]
fn coverage_counts_who_reads_and_what_came() {
    on_each(|house| async move {
        staff(&house).await;
        house.take(&[post("m1", "jan", "t1", 0, HELP)]).await;
        let brands: Vec<String> = house.current.get().brands.iter().map(|b| b.id.clone()).collect();
        let plan = [HEAD, &line(&house, "jan", 0, 8, "en,,"), &line(&house, "els", 0, 4, ",,")].concat();
        duty(&house).import("rota", &plan, &TimeZone::UTC).await.unwrap();
        let cover = duty(&house).cover(&brands, 12, &TimeZone::UTC).await.unwrap();
        for language in &cover.languages {
            let people: Vec<usize> = language.hours.iter().map(|(h, _)| h.people).collect();
            let reads = usize::from(matches!(language.language, Language::En | Language::Unknown));
            // The first hour has begun already, so that it is looked at from its beginning.
            assert_eq!(people[1], 1 + reads, "{language:?}");
            assert_eq!(people[6], reads, "{language:?}");
            assert_eq!(people[9], 0, "{language:?}");
            assert_eq!(language.gaps.is_empty(), language.hours.iter().all(|(h, _)| !h.is_gap()));
        }
        assert!(!cover.languages.is_empty());
        // A week later such an hour brings what it brought in the only week that is known: tenths of a case.
        house.execute("UPDATE cases SET language = 'en'").await;
        house.clock.advance(Span::days(7));
        let cover = duty(&house).cover(&brands, 3, &TimeZone::UTC).await.unwrap();
        let most = cover.languages.iter().flat_map(|l| &l.hours).map(|(_, n)| *n).max();
        assert_eq!(most, Some(10), "{cover:?}");
    });
}

#[test]
fn what_a_lead_says_of_one_brand_is_no_wait_of_another_on_the_wall() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, HELP)]).await;
        house.take(&[post("m2", "lou", "t2", 0, "@Tempo my parcel never arrived, please help me")]).await;
        house.execute("UPDATE cases SET language = 'en'").await;
        house
            .execute(
                "UPDATE cases SET language = 'fr' WHERE brand_id = (SELECT id FROM brand WHERE name = 'Tempo')",
            )
            .await;
        house
            .execute(
                "INSERT INTO peak (id, brand_id, kind, starts_at, until_at, standby, made_by, made_at, wait_minutes)
                 SELECT 'pek_1', id, 'crisis', 0, 9999999999999, '[]', 'x', 0, 120 FROM brand WHERE name = 'Acme'",
            )
            .await;
        let (brands, now) = (house.current.get().brands.clone(), house.clock_now());
        let read = house.db.read("a test", move |tx| {
            Box::pin(async move { wall::of(tx, &brands, now, &TimeZone::UTC).await })
        });
        let made = read.await.unwrap();
        let wait = |language: &str| made.languages.get(language).map(|t| t.expected_minutes);
        assert_eq!((wait("en"), wait("fr")), (Some(Some(120)), Some(None)), "{made:?}");
    });
}
