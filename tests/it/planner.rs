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
use webcared::planner::{Answer, Away, ChangedShift, NewShift, Planner, PlannerError};

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

/// A change of Jan's shift of nine to five.
fn to(version: i64, first: &str, only: bool) -> ChangedShift {
    ChangedShift {
        version,
        day: day(first),
        only,
        person: "jan".to_owned(),
        role: Role::Agent,
        buddy: String::new(),
        reach: Reach::default(),
        starts: 9 * 60,
        ends: 17 * 60,
    }
}

fn words(error: PlannerError) -> String {
    error.to_string()
}

#[test]
fn a_shift_is_changed_on_one_day_or_from_a_day_on_by_who_saw_it_as_it_is() {
    on_each(|house| async move {
        staff(&house).await;
        let planner = planner(&house, config());
        let (jan, els) = (id(&house, "jan").await, id(&house, "els").await);
        let every = NewShift { weekdays: 0b101, ..shift("jan", "2026-11-30", 1) };
        let first = planner.add_shift(&jan, &every).await.unwrap();
        // Els stands in on the first Monday, in other hours and one language.
        let mut reach = Reach::default();
        reach.languages.push(webcared::domain::language::Language::Nl);
        let one = ChangedShift {
            person: "els".into(),
            starts: 10 * 60,
            ends: 12 * 60,
            reach: reach.clone(),
            ..to(0, "2026-11-30", true)
        };
        let single = planner.change_shift(&jan, &first, &one).await.unwrap();
        assert_ne!(single, first);
        assert_eq!((on(&house, 9).await.len(), on(&house, 11).await), (0, vec!["Els".to_owned()]));
        assert_eq!(on(&house, 58).await, ["Jan"], "Wednesday is as it was");
        let past = ChangedShift { starts: 7 * 60, ..to(0, "2026-11-30", true) };
        let past = words(planner.change_shift(&jan, &single, &past).await.unwrap_err());
        assert_eq!(past, "from: past; allowed: a time that is ahead");
        // What is on one day only stays the same shift.
        let later = ChangedShift { starts: 11 * 60, ..to(0, "2026-11-30", true) };
        let later = ChangedShift { person: "els".into(), ends: 12 * 60, reach: reach.clone(), ..later };
        assert_eq!(planner.change_shift(&jan, &single, &later).await.unwrap(), single);
        assert_eq!((on(&house, 10).await.len(), on(&house, 11).await), (0, vec!["Els".to_owned()]));
        // Who saw it before that changes nothing.
        let stale = planner.change_shift(&els, &first, &to(0, "2026-12-02", false)).await.unwrap_err();
        assert!(matches!(stale, PlannerError::Stale), "{stale}");
        // From the second week on it is later; what was before ends there.
        let later = ChangedShift { starts: 12 * 60, ends: 20 * 60, ..to(1, "2026-12-07", false) };
        let goes_on = planner.change_shift(&jan, &first, &later).await.unwrap();
        assert_eq!((on(&house, 58).await, on(&house, 168 + 10).await.len()), (vec!["Jan".into()], 0));
        assert_eq!(
            (on(&house, 168 + 19).await, on(&house, 168 * 9 + 66).await.len()),
            (vec!["Jan".into()], 1)
        );
        // Nothing of it before: it stays the same shift.
        let same = ChangedShift {
            person: "piet".into(),
            starts: 12 * 60,
            ends: 20 * 60,
            ..to(0, "2026-12-07", false)
        };
        assert_eq!(planner.change_shift(&jan, &goes_on, &same).await.unwrap(), goes_on);
        assert_eq!(on(&house, 168 + 19).await, ["Piet"]);
        for (wrong, says) in [
            (to(1, "2026-12-08", false), "a day on which the shift begins"),
            (ChangedShift { person: "nobody".into(), ..to(1, "2026-12-07", false) }, "'nobody'"),
            (
                ChangedShift { role: Role::Newcomer, ..to(1, "2026-12-07", false) },
                "who looks after the newcomer",
            ),
            (ChangedShift { starts: 1500, ..to(1, "2026-12-07", false) }, "00:00 to 23:59"),
            (same_as(1), "nothing is changed"),
        ] {
            let said = words(planner.change_shift(&jan, &goes_on, &wrong).await.unwrap_err());
            assert!(said.contains(says), "{said}");
        }
        let acts: Vec<(String,)> = house.all("SELECT act FROM audit WHERE act = 'planner.change'").await;
        assert_eq!(acts.len(), 4, "each that was done, and none that was not");
        house.clock.set(monday().plus(Span::hours(34)));
        let begun = planner.change_shift(&jan, &single, &to(1, "2026-11-30", true)).await.unwrap_err();
        assert_eq!(words(begun), "what has begun stays as it is");
    });
}

/// What the shift is already, when Piet has it.
fn same_as(version: i64) -> ChangedShift {
    ChangedShift { person: "piet".into(), starts: 12 * 60, ends: 20 * 60, ..to(version, "2026-12-07", false) }
}

#[test]
fn swaps_absences_and_other_shifts_that_hang_on_a_changed_shift_are_said_or_go_along() {
    on_each(|house| async move {
        staff(&house).await;
        let planner = planner(&house, PlannerConfig { approve_swaps: false, ..config() });
        let (jan, els) = (id(&house, "jan").await, id(&house, "els").await);
        let every = NewShift { weekdays: 0b101, ..shift("jan", "2026-11-30", 1) };
        let id = planner.add_shift(&jan, &every).await.unwrap();
        let swap = planner.ask_swap(&jan, &id, day("2026-12-02")).await.unwrap();
        let later = ChangedShift { starts: 10 * 60, ..to(0, "2026-11-30", false) };
        let open = words(planner.change_shift(&jan, &id, &later).await.unwrap_err());
        assert!(open.starts_with("a swap of 2026-12-02 is asked for"), "{open}");
        planner.answer_swap(&els, &swap, Answer::Take).await.unwrap();
        let agreed = words(planner.change_shift(&jan, &id, &later).await.unwrap_err());
        assert!(agreed.starts_with("on 2026-12-02 somebody stands in"), "{agreed}");
        // What is taken up changes nothing of what Els agreed to: her day goes along.
        let mut reach = Reach::default();
        reach.languages.push(webcared::domain::language::Language::Nl);
        let read = ChangedShift { reach, ..to(0, "2026-12-02", false) };
        let goes_on = planner.change_shift(&jan, &id, &read).await.unwrap();
        assert_ne!(goes_on, id);
        assert_eq!((on(&house, 10).await, on(&house, 58).await), (vec!["Jan".into()], vec!["Els".into()]));
        // Of Jan, who has another shift on the day that Els took over, other languages are no matter of that.
        planner.add_shift(&jan, &shift("jan", "2026-12-02", 0)).await.unwrap();
        let mut more = Reach::default();
        more.languages.push(webcared::domain::language::Language::En);
        let wider = ChangedShift { reach: more, ..to(0, "2026-12-02", false) };
        assert_eq!(planner.change_shift(&jan, &goes_on, &wider).await.unwrap(), goes_on);
        // Somebody who has a shift then, or is away on the one day that is meant.
        planner.add_shift(&jan, &shift("piet", "2026-12-07", 0)).await.unwrap();
        let busy = ChangedShift { person: "piet".into(), ..to(1, "2026-12-07", true) };
        let said = words(planner.change_shift(&jan, &goes_on, &busy).await.unwrap_err());
        assert_eq!(said, "they have another shift on 2026-12-07");
        let from = monday().plus(Span::hours(9 * 24));
        let away =
            Away { person: "els".into(), kind: AbsenceKind::Leave, from, until: from.plus(Span::days(1)) };
        planner.add_absence(&els, &away).await.unwrap();
        let gone = ChangedShift { person: "els".into(), ..to(1, "2026-12-09", true) };
        let said = words(planner.change_shift(&jan, &goes_on, &gone).await.unwrap_err());
        assert_eq!(said, "they are away on 2026-12-09");
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
