//! The planner on both engines: what is planned, swapped and told is what duty says; nothing of it where it is off.

use crate::harness::{House, on_each};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::sync::Arc;
use webcared::clock::Clock;
use webcared::domain::duty::{Reach, Role};
use webcared::domain::planner::AbsenceKind;
use webcared::domain::time::{Span, Timestamp};
use webcared::duty::Duty;
use webcared::people::People;
use webcared::planner::config::PlannerConfig;
use webcared::planner::{Answer, Away, NewShift, Planner, PlannerError};

fn config() -> PlannerConfig {
    PlannerConfig { enabled: true, ..PlannerConfig::default() }
}

fn planner(house: &House, config: PlannerConfig) -> Planner {
    let clock: Arc<dyn Clock> = house.clock.clone();
    Planner::new((house.db.clone(), clock, house.mint.clone()), house.current.clone(), TimeZone::UTC, config)
}

/// The same where it is switched off.
fn off(house: &House) -> Planner {
    planner(house, PlannerConfig::default())
}

fn duty(house: &House) -> Duty {
    Duty::new(house.db.clone(), house.clock.clone(), house.mint.clone(), house.current.clone())
}

/// Adds the team; the clock stands at a Monday, 8:00.
async fn staff(house: &House) {
    let (db, clock, mint) = (house.db.clone(), house.clock.clone(), house.mint.clone());
    let people = People::new(db, clock, mint, Span::hours(10), Span::hours(1));
    let all = [
        ("jan", "Jan", "agent"),
        ("els", "Els", "agent"),
        ("piet", "Piet", "agent"),
        ("new", "New", "newcomer"),
    ];
    for (login, name, role) in all {
        people.add(login, name, role).await.unwrap();
    }
    house.clock.set(monday().plus(Span::hours(8)));
}

fn monday() -> Timestamp {
    Timestamp::parse("2026-11-30T00:00:00Z").unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

async fn id(house: &House, login: &str) -> String {
    let all: Vec<(String, String)> = house.all("SELECT id, login FROM person").await;
    all.into_iter().find(|p| p.1 == login).unwrap().0
}

fn shift(person: &str, first: &str, every_weeks: i64) -> NewShift {
    NewShift {
        person: person.to_owned(),
        reach: Reach::default(),
        first: day(first),
        starts: 9 * 60,
        ends: 17 * 60,
        every_weeks,
        ..NewShift::default()
    }
}

/// Who is on at an hour after Monday 0:00, by name.
async fn on(house: &House, hour: i64) -> Vec<String> {
    let at = monday().plus(Span::hours(hour));
    let all = duty(house).between(at, at.plus(Span::minutes(1))).await.unwrap();
    all.into_iter().map(|o| o.name).collect()
}

#[test]
fn what_is_planned_swapped_and_told_is_what_duty_says() {
    on_each(|house| async move {
        staff(&house).await;
        let planner = planner(&house, config());
        let (jan, els, piet) = (id(&house, "jan").await, id(&house, "els").await, id(&house, "piet").await);
        // Mondays and Wednesdays, without an end.
        let every = NewShift { weekdays: 0b101, ..shift("jan", "2026-11-30", 1) };
        let shift_id = planner.add_shift(&jan, &every).await.unwrap();
        assert_eq!((on(&house, 10).await, on(&house, 17).await.len()), (vec!["Jan".to_owned()], 0));
        assert_eq!(on(&house, 24 * 9 + 10).await, ["Jan"], "next week's Wednesday");
        // Els takes Wednesday, which holds once a lead approves.
        let wednesday = day("2026-12-02");
        assert!(matches!(planner.ask_swap(&els, &shift_id, wednesday).await, Err(PlannerError::Refused(_))));
        let swap = planner.ask_swap(&jan, &shift_id, wednesday).await.unwrap();
        assert!(matches!(planner.ask_swap(&jan, &shift_id, wednesday).await, Err(PlannerError::Refused(_))));
        assert!(planner.answer_swap(&piet, &swap, Answer::Approve).await.is_err(), "nobody has taken it");
        let new = id(&house, "new").await;
        assert!(planner.answer_swap(&new, &swap, Answer::Take).await.is_err(), "a newcomer takes nobody's");
        assert_eq!(planner.answer_swap(&els, &swap, Answer::Take).await.unwrap(), "taken");
        assert_eq!(on(&house, 58).await, ["Jan"]);
        assert_eq!(planner.answer_swap(&piet, &swap, Answer::Approve).await.unwrap(), "agreed");
        assert_eq!(
            (on(&house, 58).await, on(&house, 58 + 168).await),
            (vec!["Els".into()], vec!["Jan".into()])
        );
        assert!(planner.answer_swap(&els, &swap, Answer::Withdraw).await.is_err(), "it is over");
        // Els is away for a part of it: nobody is left, and that is told at once.
        let from = monday().plus(Span::hours(60));
        let away =
            Away { person: "els".into(), kind: AbsenceKind::Sick, from, until: from.plus(Span::hours(2)) };
        let open = planner.add_absence(&els, &away).await.unwrap();
        assert_eq!(open.shifts, [(from, from.plus(Span::hours(2)))]);
        assert!(!open.gaps.is_empty() && open.gaps.iter().all(|g| g.1 == from), "{open:?}");
        assert_eq!(
            (on(&house, 59).await.len(), on(&house, 60).await.len(), on(&house, 62).await.len()),
            (1, 0, 1)
        );
        let brands = [house.brand_id.clone()];
        let cover = duty(&house).cover(&brands, 72, &TimeZone::UTC).await.unwrap();
        let hour = cover.languages[0].hours.iter().find(|(h, _)| h.from == from).unwrap();
        assert_eq!(hour.0.people, 0, "the matrix counts it");
        assert!(planner.call_off(&jan, &open.id, Some(&jan)).await.is_err(), "somebody else's");
        planner.call_off(&els, &open.id, Some(&els)).await.unwrap();
        assert_eq!(on(&house, 60).await, ["Els"]);
        // One day less, and then an end; what is over stays.
        planner.skip(&jan, &shift_id, day("2026-12-07")).await.unwrap();
        assert!(planner.skip(&jan, &shift_id, day("2026-12-08")).await.is_err(), "no day of it");
        assert!(on(&house, 168 + 10).await.is_empty());
        house.clock.set(monday().plus(Span::days(3)));
        planner.end_shift(&jan, &shift_id, day("2026-12-03")).await.unwrap();
        planner.refresh().await.unwrap();
        assert_eq!((on(&house, 10).await, on(&house, 58).await), (vec!["Jan".into()], vec!["Els".into()]));
        assert!(on(&house, 58 + 168).await.is_empty());
        // Switched off, what is ahead goes and what was stays.
        planner.add_shift(&jan, &shift("piet", "2026-12-10", 0)).await.unwrap();
        assert_eq!(on(&house, 10 * 24 + 10).await, ["Piet"]);
        off(&house).refresh().await.unwrap();
        assert!(on(&house, 10 * 24 + 10).await.is_empty());
        assert_eq!(on(&house, 10).await, ["Jan"]);
    });
}

#[test]
fn calendars_go_out_by_a_secret_until_it_is_taken_back() {
    on_each(|house| async move {
        staff(&house).await;
        let planner = planner(&house, PlannerConfig { approve_swaps: false, ..config() });
        let (jan, els) = (id(&house, "jan").await, id(&house, "els").await);
        let shift_id = planner.add_shift(&jan, &shift("jan", "2026-12-01", 0)).await.unwrap();
        let made = planner.make_feed(&jan, false).await.unwrap();
        house.execute("UPDATE person SET role = 'lead' WHERE login = 'els'").await;
        let team = planner.make_feed(&els, true).await.unwrap();
        let token =
            |path: &str| path.strip_prefix("/ical/").unwrap().strip_suffix(".ics").unwrap().to_owned();
        let of = |path: String| {
            let planner = planner.clone();
            async move { planner.calendar(&token(&path), "care.example").await.unwrap() }
        };
        let before = of(made.path.clone()).await.unwrap();
        let uid = format!("UID:{shift_id}-2026-12-01@care.example\r\nSEQUENCE:");
        assert!(before.contains(&format!("{uid}0")) && before.contains("STATUS:CONFIRMED"), "{before}");
        let swap = planner.ask_swap(&jan, &shift_id, day("2026-12-01")).await.unwrap();
        assert_eq!(
            planner.answer_swap(&els, &swap, Answer::Take).await.unwrap(),
            "agreed",
            "no lead is asked"
        );
        let after = of(made.path.clone()).await.unwrap();
        assert!(after.contains(&format!("{uid}1")) && after.contains("STATUS:CANCELLED"), "{after}");
        let all = of(team.path.clone()).await.unwrap();
        assert!(all.contains("STATUS:CONFIRMED") && all.contains("SUMMARY:Els"), "{all}");
        // Nothing of the secret is kept, and whoever else has none.
        let kept: Vec<(String,)> = house.all("SELECT hash FROM planner_feed").await;
        assert!(kept.iter().all(|(h,)| !made.path.contains(h.as_str())));
        assert!(planner.revoke_feed(&els, false, &made.id).await.is_err(), "somebody else's");
        planner.revoke_feed(&jan, false, &made.id).await.unwrap();
        assert_eq!(of(made.path).await, None);
        house.execute("UPDATE person SET role = 'agent' WHERE login = 'els'").await;
        assert_eq!(of(team.path.clone()).await, None, "who leads no more has no team");
        house.execute("UPDATE person SET role = 'lead', disabled_at = 1 WHERE login = 'els'").await;
        assert_eq!(of(team.path).await, None, "who may no longer come in reads nothing");
    });
}

#[test]
fn a_quarter_of_guests_is_proposed_accepted_and_proved() {
    on_each(|house| async move {
        staff(&house).await;
        let planner = planner(&house, config());
        let (jan, els, piet) = (id(&house, "jan").await, id(&house, "els").await, id(&house, "piet").await);
        assert!(planner.propose(&jan, "2026-Q4").await.is_err(), "nobody takes support days");
        planner.set_guest(&jan, "els", 2, None).await.unwrap();
        planner.set_guest(&jan, "piet", 1, None).await.unwrap();
        planner.set_guest(&jan, "new", 0, Some((day("2026-12-01"), "jan"))).await.unwrap();
        assert!(planner.set_guest(&jan, "nobody", 1, None).await.is_err());
        // Piet is away all of December but the first.
        let from = monday().plus(Span::days(2));
        let away =
            Away { person: "piet".into(), kind: AbsenceKind::Leave, from, until: from.plus(Span::days(40)) };
        planner.add_absence(&piet, &away).await.unwrap();
        planner.propose(&jan, "2026-Q4").await.unwrap();
        planner.propose(&jan, "2026-Q4").await.unwrap();
        let found = planner.quarter("2026-Q4").await.unwrap();
        let plan = found.proposal.unwrap();
        assert!(plan.short.is_empty(), "{plan:?}");
        let of = |name: &str| plan.days.iter().filter(|(_, n)| n == name).count();
        assert_eq!((of("Els"), of("Piet"), of("New")), (2, 1, 10));
        assert!(plan.days.contains(&("2026-12-01".into(), "Piet".into())), "{plan:?}");
        let proposals = "SELECT COUNT(*) FROM planner_quarter WHERE state = 'proposed'";
        assert_eq!(house.count(proposals).await, 1, "the one before was discarded");
        planner.decide(&jan, &plan.id, true).await.unwrap();
        assert!(planner.decide(&jan, &plan.id, true).await.is_err(), "once");
        assert!(planner.propose(&jan, "2026-Q4").await.is_err(), "it was accepted");
        let tuesday = monday().plus(Span::hours(34));
        let there = duty(&house).between(tuesday, tuesday.plus(Span::hours(1))).await.unwrap();
        let roles: Vec<_> =
            there.iter().map(|o| (o.name.as_str(), o.present.role, o.buddy.as_deref())).collect();
        assert!(roles.contains(&("Piet", Role::Guest, None)), "{roles:?}");
        assert!(roles.contains(&("New", Role::Newcomer, Some("Jan"))), "{roles:?}");
        // Afterwards it is told that the newcomer went home ill at eleven on Thursday.
        house.clock.set(monday().plus(Span::days(4)));
        let ill = monday().plus(Span::hours(3 * 24 + 11));
        let away = Away {
            person: "new".into(),
            kind: AbsenceKind::Sick,
            from: ill,
            until: ill.plus(Span::hours(9)),
        };
        planner.add_absence(&els, &away).await.unwrap();
        let found = planner.quarter("2026-Q4").await.unwrap();
        let served = |name: &str| found.served.iter().find(|s| s.name == name).unwrap();
        assert_eq!((served("Piet").full.len(), served("Piet").owes), (1, 1));
        assert_eq!(
            (served("New").full.len(), served("New").part.len(), served("New").ahead.len()),
            (2, 1, 7)
        );
        assert!(found.accepted && found.proposal.is_none());
    });
}

#[test]
fn of_two_who_take_a_swap_at_once_one_has_it() {
    on_each(|house| async move {
        staff(&house).await;
        let planner = planner(&house, config());
        let (jan, els, piet) = (id(&house, "jan").await, id(&house, "els").await, id(&house, "piet").await);
        let tuesday = "2026-12-01";
        let shift_id = planner.add_shift(&jan, &shift("jan", tuesday, 0)).await.unwrap();
        let swap = planner.ask_swap(&jan, &shift_id, day(tuesday)).await.unwrap();
        let (a, b) = tokio::join!(
            planner.answer_swap(&els, &swap, Answer::Take),
            planner.answer_swap(&piet, &swap, Answer::Take)
        );
        assert_eq!(usize::from(a.is_ok()) + usize::from(b.is_ok()), 1, "{a:?} {b:?}");
        // Two who plan at once are both on.
        let (mine, yours) = (shift("els", "2026-12-03", 0), shift("piet", "2026-12-03", 0));
        let (a, b) = tokio::join!(planner.add_shift(&jan, &mine), planner.add_shift(&jan, &yours));
        assert!(a.is_ok() && b.is_ok(), "{a:?} {b:?}");
        assert_eq!(on(&house, 24 * 3 + 10).await.len(), 2);
    });
}
