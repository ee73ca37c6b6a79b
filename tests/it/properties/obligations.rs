//! The arithmetic of clocks against an oracle that walks minute by minute and knows only the
//! promise: so many minutes of running time from the start, by day and night or in some hours.

use super::cases;
use proptest::prelude::*;
use webcared::domain::calendar::{Calendar, CalendarSpec, Hours};
use webcared::domain::clocks::{FellDue, Obligation, ObligationKind, ObligationState, Stage};
use webcared::domain::policy::{Policy, Promise};
use webcared::domain::time::{Span, Timestamp};

#[derive(Clone, Copy, Debug)]
enum Step {
    /// Look at what fell due.
    Look,
    Hold,
    Resume,
    /// Another target in minutes, by a raise of the level or not.
    Supersede(i64, bool),
    Answer,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Look),
        2 => Just(Step::Hold),
        2 => Just(Step::Resume),
        2 => ((1..8i64).prop_map(|n| n * 10), any::<bool>()).prop_map(|(t, raised)| Step::Supersede(t, raised)),
        1 => Just(Step::Answer),
    ]
}

/// Steps with the minute at which each is taken, in order.
fn steps() -> impl Strategy<Value = Vec<(i64, Step)>> {
    prop::collection::vec((1..25i64, step()), 1..10).prop_map(|gaps| {
        let (mut at, mut steps) = (0, Vec::new());
        for (gap, step) in gaps {
            at += gap;
            steps.push((at, if is_inexact(&steps, at, step) { Step::Look } else { step }));
        }
        steps
    })
}

/// A wait does not keep when it was held, only how long its first part was in all. So after a hold
/// two things are not told to the minute: a second change that is no raise, and a deadline that a
/// change puts into the past.
fn is_inexact(before: &[(i64, Step)], at: i64, step: Step) -> bool {
    let Step::Supersede(target, false) = step else { return false };
    before.iter().any(|(_, s)| matches!(s, Step::Hold))
        && (target <= at || before.iter().any(|(_, s)| matches!(s, Step::Supersede(..))))
}

const END: i64 = 500;

/// Openings of the day on which all this takes place, in minutes; none is day and night.
type Openings = Option<Vec<(i64, i64)>>;

fn openings() -> impl Strategy<Value = Openings> {
    let marks = prop::collection::btree_set(0..400i64, 2..9);
    prop::option::of(marks.prop_map(|marks| {
        let marks: Vec<i64> = marks.into_iter().collect();
        marks.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
    }))
}

/// The hours of openings: minute 0 is a Thursday's first, and on Fridays it is open all day.
fn hours(openings: &Openings) -> Hours {
    let Some(openings) = openings else { return Hours::Always };
    let clock = |m: i64| format!("{:02}:{:02}", m / 60, m % 60);
    let thu = openings.iter().map(|(from, to)| format!("{}-{}", clock(*from), clock(*to))).collect();
    let fri = vec!["00:00-24:00".to_owned()];
    let spec = CalendarSpec { name: "c".into(), zone: "UTC".into(), thu, fri, ..CalendarSpec::default() };
    Hours::of(Calendar::new(&spec).unwrap())
}

fn is_open(openings: &Openings, minute: i64) -> bool {
    openings
        .as_ref()
        .is_none_or(|list| minute >= 1440 || list.iter().any(|(from, to)| (*from..*to).contains(&minute)))
}

fn minute(n: i64) -> Timestamp {
    Timestamp(0).plus(Span::minutes(n))
}

/// What must come out: when the promise was broken, if it was, and how and when it ended.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    broken_at: Option<i64>,
    ended: Option<(ObligationState, i64)>,
}

/// Walks minute by minute. `budget` is the running time that the promise allows; `ran` is how long
/// it ran by each minute, so that a budget cut below what ran already is found in the past.
fn oracle(target: i64, steps: &[(i64, Step)], open: &Openings) -> Outcome {
    let (mut named, mut budget, mut ran, mut held) = (target, target, 0, None);
    let mut reached: Vec<i64> = vec![0];
    let mut broken: Option<i64> = None;
    for now in 0..=END {
        for step in steps.iter().filter(|(at, _)| *at == now).map(|(_, step)| *step) {
            // A deadline at this very minute still holds.
            let due = reached.get(budget as usize).copied().filter(|due| *due < held.unwrap_or(now));
            broken = broken.or(due);
            match step {
                Step::Look => {}
                Step::Hold if broken.is_none() => held = held.or(Some(now)),
                Step::Hold => {}
                // With nothing left at the hold, it is due as soon as it runs again.
                Step::Resume if held.is_some() => {
                    held = None;
                    reached[ran as usize] = (now..).find(|minute| is_open(open, *minute)).unwrap();
                }
                Step::Resume => {}
                Step::Supersede(target, _) if broken.is_some() || target == named => {}
                Step::Supersede(target, raised) => {
                    named = target;
                    budget = budget.min(if raised { ran + target } else { target });
                }
                Step::Answer => {
                    let state =
                        if broken.is_some() { ObligationState::Broken } else { ObligationState::Kept };
                    return Outcome { broken_at: broken, ended: Some((state, now)) };
                }
            }
        }
        if held.is_none() && is_open(open, now) {
            ran += 1;
            reached.push(now + 1);
        }
    }
    let due = reached.get(budget as usize).copied().filter(|due| *due < held.unwrap_or(END));
    Outcome { broken_at: broken.or(due), ended: None }
}

/// The same by the arithmetic under test, with every stage that it recorded.
fn walked(
    target: i64,
    steps: &[(i64, Step)],
    watched: bool,
    open: &Openings,
) -> (Outcome, Vec<FellDue>, Vec<Timestamp>) {
    let [policy, _] = Policy::ready_made();
    let hours = hours(open);
    let promise = |minutes: i64| Promise { span: Span::minutes(minutes), hours: hours.clone() };
    let mut o = Obligation::open(ObligationKind::FirstResolution, 0, minute(0), promise(target), &policy);
    let first = o.warn_at.clone();
    let mut fell = Vec::new();
    let mut ended = None;
    for (at, step) in steps {
        let now = minute(*at);
        // What the steps of a case do: record what is past before anything changes.
        if watched || !matches!(step, Step::Answer) {
            fell.extend(o.fall_due(now));
        }
        match step {
            Step::Look => {}
            Step::Hold => o.hold(now),
            Step::Resume => o.resume(now),
            Step::Supersede(target, raised) => {
                if !o.is_breached()
                    && let Some(next) = o.supersede(promise(*target), *raised, now, &policy)
                {
                    assert_eq!((o.state, next.started_at), (ObligationState::Superseded, o.started_at));
                    o = next;
                }
            }
            Step::Answer => {
                fell.extend(o.fulfil(now));
                ended = Some((o.state, *at));
                break;
            }
        }
    }
    fell.extend(o.fall_due(minute(END)));
    let breach = fell.iter().find(|f| f.stage == Stage::Breach);
    let broken_at = breach.map(|f| f.at.since(minute(0)).millis() / 60_000);
    (Outcome { broken_at, ended }, fell, first)
}

fn check(target: i64, steps: &[(i64, Step)], watched: bool, open: &Openings) {
    let (outcome, fell, first) = walked(target, steps, watched, open);
    assert_eq!(outcome, oracle(target, steps, open));
    let stages: Vec<Stage> = fell.iter().map(|f| f.stage).collect();
    let mut once = stages.clone();
    once.sort();
    once.dedup();
    assert_eq!(stages, once, "each stage once, in order");
    let superseded = steps.iter().any(|(_, s)| matches!(s, Step::Supersede(..)));
    let in_order = fell.windows(2).all(|w| w[0].at <= w[1].at);
    // A shorter target may find a later stage in the past of one that was recorded already.
    assert!(superseded || in_order, "stages fall due in the order of time: {fell:?}");
    if !steps.iter().any(|(_, s)| matches!(s, Step::Supersede(..) | Step::Hold)) {
        for (n, at) in first.iter().enumerate() {
            let past = outcome.ended.map_or(END, |(_, at)| at);
            let expected = Some(*at).filter(|at| *at < minute(past));
            let found = fell.iter().find(|f| f.stage == Stage::Warning(n as u8)).map(|f| f.at);
            assert_eq!(found, expected, "warning {n}");
        }
    }
}

proptest! {
    #![proptest_config(cases(600))]
    #[test]
    fn clocks_are_what_a_walk_minute_by_minute_finds(
        target in (1..12i64).prop_map(|n| n * 10),
        steps in steps(),
        watched in any::<bool>(),
        open in openings(),
    ) {
        check(target, &steps, watched, &open);
    }
}

#[test]
fn the_oracle_knows_the_edges() {
    let broken = |steps: &[(i64, Step)]| oracle(30, steps, &None);
    assert_eq!(broken(&[]).broken_at, Some(30));
    assert_eq!(broken(&[(30, Step::Answer)]).ended, Some((ObligationState::Kept, 30)));
    assert_eq!(broken(&[(31, Step::Answer)]).ended, Some((ObligationState::Broken, 31)));
    assert_eq!(broken(&[(10, Step::Hold), (100, Step::Resume)]).broken_at, Some(120));
    assert_eq!(broken(&[(10, Step::Hold)]).broken_at, None);
    assert_eq!(broken(&[(5, Step::Supersede(10, true))]).broken_at, Some(15));
    // Open from minute 10 to 30 and from 100: twenty minutes, and ten more.
    let open = Some(vec![(10, 30), (100, 200)]);
    assert_eq!(oracle(30, &[], &open).broken_at, Some(110));
    // Held for the last ten minutes of the first opening.
    assert_eq!(oracle(30, &[(20, Step::Hold), (50, Step::Resume)], &open).broken_at, Some(120));
}
