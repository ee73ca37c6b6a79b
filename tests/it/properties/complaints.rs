//! The register of formal complaints against an oracle that knows only what was promised: five days for our word, six
//! weeks for a decision, from when the complaint was made; a decision gives our word, too; what was taken back or was
//! none counts neither way; what becomes of the case changes nothing.

use super::{block_on, cases};
use crate::harness::{Engine, House, engines, post};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use webcared::casework::{Act, CaseworkError, ComplaintAct};
use webcared::catalogue::Catalogue;
use webcared::domain::complaint::Outcome;
use webcared::domain::time::{Span, Timestamp};
use webcared::reports::{Ask, complaints};
use webcared::store::complaint::ComplaintRow;

const DAY: i64 = 86_400_000;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// It is one, made so many days ago.
    Mark(i64),
    Acknowledge,
    Decide(Outcome),
    /// It was none.
    Unmark,
    Resolve,
    Reopen,
    /// Refused while an answer is owed.
    Dismiss,
    Wait(Span),
}

fn step() -> impl Strategy<Value = Step> {
    let ago = prop::sample::select(vec![0_i64, 0, 0, 4, 5, 6, 41, 42, 43]);
    let spans = vec![Span(1), Span::hours(12), Span::days(1), Span::days(5), Span::days(37), Span::days(42)];
    prop_oneof![
        4 => ago.prop_map(Step::Mark),
        2 => Just(Step::Acknowledge),
        2 => prop::sample::select(Outcome::ALL.to_vec()).prop_map(Step::Decide),
        1 => Just(Step::Unmark),
        1 => Just(Step::Resolve),
        1 => Just(Step::Reopen),
        1 => Just(Step::Dismiss),
        5 => prop::sample::select(spans).prop_map(Step::Wait),
    ]
}

/// One clock: when it must be over, and when and how it was.
#[derive(Clone, Copy, Debug)]
struct Clock {
    kind: &'static str,
    due: i64,
    /// When it ended, and whether without a result.
    ended: Option<(i64, bool)>,
}

impl Clock {
    fn new(kind: &'static str, made: i64, days: i64) -> Self {
        Self { kind, due: made + days * DAY, ended: None }
    }

    fn end(&mut self, now: i64, void: bool) {
        self.ended = self.ended.or(Some((now, void)));
    }

    fn state(&self) -> &'static str {
        match self.ended {
            None => "running",
            Some((_, true)) => "void",
            Some((at, false)) if at > self.due => "broken",
            Some(_) => "kept",
        }
    }

    /// Whether it was open after its time, however it ended.
    fn was_late(&self, now: i64) -> bool {
        self.ended.map_or(now, |(at, _)| at) > self.due
    }

    /// What the register says of it.
    fn told(&self, now: i64) -> &'static str {
        match self.state() {
            "running" if self.was_late(now) => "overdue",
            "broken" => "late",
            "void" => "none",
            other => other,
        }
    }
}

/// What stands in the register.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    made: i64,
    acknowledged: Option<i64>,
    outcome: Option<&'static str>,
    decided: Option<i64>,
    unmarked: Option<i64>,
}

/// All that is to be so: the entry, and the clocks of every time that it was marked, two by two.
#[derive(Clone, Debug, Default)]
struct Oracle {
    entry: Option<Entry>,
    clocks: Vec<[Clock; 2]>,
}

impl Oracle {
    /// Whether a complaint is still to be decided.
    fn owes(&self) -> bool {
        self.clocks.last().is_some_and(|[_, decision]| decision.ended.is_none())
    }

    /// Takes one step; tells whether it may be taken. What is done to the case is not its business.
    fn take(&mut self, step: Step, now: i64) -> bool {
        if let Step::Mark(ago) = step {
            let may = self.entry.as_ref().is_none_or(|e| e.unmarked.is_some());
            if may {
                let made = now - ago * DAY;
                let clocks = [
                    Clock::new("complaint_acknowledge", made, 5),
                    Clock::new("complaint_decision", made, 42),
                ];
                self.clocks.push(clocks);
                let (acknowledged, outcome, decided, unmarked) = (None, None, None, None);
                self.entry = Some(Entry { made, acknowledged, outcome, decided, unmarked });
            }
            return may;
        }
        let entry = self.entry.as_mut().filter(|e| e.unmarked.is_none());
        let (Some(entry), Some([word, decision])) = (entry, self.clocks.last_mut()) else { return false };
        match step {
            Step::Acknowledge if entry.acknowledged.is_none() => {
                word.end(now, false);
                entry.acknowledged = Some(now);
                true
            }
            Step::Decide(outcome) => {
                let back = outcome == Outcome::Withdrawn;
                word.end(now, back);
                decision.end(now, back);
                if !back {
                    entry.acknowledged = entry.acknowledged.or(Some(now));
                }
                entry.outcome = Some(outcome.code());
                entry.decided = entry.decided.or(Some(now));
                true
            }
            Step::Unmark if entry.outcome.is_none() => {
                word.end(now, true);
                decision.end(now, true);
                entry.unmarked = Some(now);
                true
            }
            _ => false,
        }
    }
}

fn act_of(step: Step, now: Timestamp) -> Option<Act> {
    let reason = || "so it is".to_owned();
    Some(match step {
        Step::Mark(ago) => Act::Complaint(ComplaintAct::Mark { made: Some(now.minus(Span::days(ago))) }),
        Step::Acknowledge => Act::Complaint(ComplaintAct::Acknowledge),
        Step::Decide(outcome) => Act::Complaint(ComplaintAct::Decide { outcome, reason: reason() }),
        Step::Unmark => Act::Complaint(ComplaintAct::Unmark { reason: reason() }),
        Step::Resolve => Act::Resolve { reason: reason(), ending: None },
        Step::Reopen => Act::Reopen,
        Step::Dismiss => Act::Dismiss { reason: reason() },
        Step::Wait(_) => return None,
    })
}

async fn take(house: &House, oracle: &mut Oracle, step: Step) {
    let now = house.clock_now();
    let Some(act) = act_of(step, now) else {
        if let Step::Wait(span) = step {
            house.advance(span).await;
        }
        return;
    };
    let done = house.act(&house.case(1).await, 1, act).await;
    assert!(matches!(done, Ok(_) | Err(CaseworkError::Refused(_))), "{step:?}: {done:?}");
    if matches!(step, Step::Dismiss) {
        assert!(done.is_err() || !oracle.owes(), "an answer is owed: {done:?}");
    }
    if !matches!(step, Step::Resolve | Step::Reopen | Step::Dismiss) {
        assert_eq!(done.is_ok(), oracle.take(step, now.millis()), "{step:?}: {done:?}");
    }
}

/// The entry, the clocks and what fell due are as the oracle says.
async fn check(house: &House, oracle: &Oracle) {
    let now = house.clock_now().millis();
    let rows: Vec<ComplaintRow> = house.all("SELECT * FROM complaint").await;
    let found: Vec<_> = rows
        .iter()
        .map(|r| {
            let outcome = r.outcome.as_deref().and_then(Outcome::from_code).map(Outcome::code);
            let (acknowledged, decided, unmarked) = (r.acknowledged_at, r.decided_at, r.unmarked_at);
            Entry { made: r.marked_at, acknowledged, outcome, decided, unmarked }
        })
        .collect();
    assert_eq!(found, oracle.entry.iter().cloned().collect::<Vec<_>>());
    let mut clocks = house.clocks().await;
    clocks.retain(|o| o.kind.starts_with("complaint"));
    let stand: Vec<_> =
        clocks.iter().map(|o| (o.kind.as_str(), o.due_at, o.state.as_str(), o.ended_at)).collect();
    let wanted: Vec<&Clock> = oracle.clocks.iter().flatten().collect();
    let as_told: Vec<_> =
        wanted.iter().map(|c| (c.kind, c.due, c.state(), c.ended.map(|(at, _)| at))).collect();
    assert_eq!(stand, as_told);
    // Each breach once, at its time, and only of what was late.
    let mut broken = house.clock_events().await;
    broken.retain(|e| e.stage == 100 && e.kind.starts_with("complaint"));
    let broken: Vec<_> = broken.iter().map(|e| (e.wait, e.at, e.annulled_at)).collect();
    let late = clocks.iter().zip(&wanted).filter(|(_, c)| c.was_late(now));
    let late: Vec<_> = late.map(|(o, c)| (o.wait, c.due, None)).collect();
    assert_eq!(broken, late);
}

/// The report tells the same.
async fn check_register(house: &House, oracle: &Oracle) {
    let now = house.clock_now();
    let ask = Ask { from: Timestamp(0), to: now.plus(Span(1)), brands: Vec::new(), zone: TimeZone::UTC };
    let read = house
        .db
        .read("test", move |tx| Box::pin(async move { complaints::of(tx, &ask, now).await }))
        .await
        .unwrap();
    let told: Vec<_> =
        read.register.iter().map(|l| (l.acknowledged, l.decided, l.outcome.as_deref())).collect();
    let standing = oracle.entry.iter().filter(|e| e.unmarked.is_none());
    let wanted: Vec<_> = standing
        .zip(oracle.clocks.last())
        .map(|(e, [word, decision])| (word.told(now.millis()), decision.told(now.millis()), e.outcome))
        .collect();
    assert_eq!(told, wanted);
}

fn walk(engine: Engine, steps: &[Step]) {
    block_on(async {
        let house = House::build(engine).await;
        let mut catalogue: Catalogue = (*house.current.get()).clone();
        for watched in &mut catalogue.brands {
            watched.brand.front_office.complaints = true;
        }
        house.current.set(catalogue);
        house.take(&[post("m1", "jan", "t1", 0, "@acme my parcel never arrived, please help me")]).await;
        let mut oracle = Oracle::default();
        for step in steps {
            take(&house, &mut oracle, *step).await;
            check(&house, &oracle).await;
            check_register(&house, &oracle).await;
        }
    });
}

proptest! {
    #![proptest_config(cases(24))]
    #[test]
    fn complaints_are_late_exactly_when_the_promise_says(steps in prop::collection::vec(step(), 1..16)) {
        walk(Engine::Sqlite, &steps);
    }
}

proptest! {
    #![proptest_config(cases(3))]
    #[test]
    fn complaints_are_late_exactly_when_the_promise_says_on_postgres(
        steps in prop::collection::vec(step(), 1..16),
    ) {
        for engine in engines().into_iter().filter(|e| *e == Engine::Postgres) {
            walk(engine, &steps);
        }
    }
}

#[test]
fn the_oracle_knows_the_edges() {
    let after = |steps: &[(i64, Step)], now: i64| {
        let mut oracle = Oracle::default();
        for (at, step) in steps {
            oracle.take(*step, *at);
        }
        let [word, decision] = *oracle.clocks.last().unwrap();
        (word.told(now), decision.told(now))
    };
    let marked = (0, Step::Mark(0));
    assert_eq!(after(&[marked], 5 * DAY), ("running", "running"), "at the deadline it still holds");
    assert_eq!(after(&[marked], 5 * DAY + 1), ("overdue", "running"));
    assert_eq!(after(&[marked, (5 * DAY, Step::Acknowledge)], 43 * DAY), ("kept", "overdue"));
    assert_eq!(after(&[marked, (6 * DAY, Step::Decide(Outcome::Upheld))], 50 * DAY), ("late", "kept"));
    assert_eq!(after(&[marked, (6 * DAY, Step::Decide(Outcome::Withdrawn))], 50 * DAY), ("none", "none"));
    assert_eq!(after(&[(0, Step::Mark(43))], 0), ("overdue", "overdue"));
    let again = [marked, (DAY, Step::Unmark), (2 * DAY, Step::Mark(0))];
    assert_eq!(after(&again, 7 * DAY), ("running", "running"), "it begins anew");
}

/// The orders that are easily wrong, walked on each engine.
#[test]
fn complaints_put_right_taken_back_and_marked_anew_are_as_the_oracle_says() {
    use Step::{Acknowledge, Decide, Dismiss, Mark, Reopen, Resolve, Unmark, Wait};
    let walks: [&[Step]; 4] = [
        &[Mark(0), Dismiss, Wait(Span::days(43)), Dismiss, Decide(Outcome::Upheld), Dismiss, Reopen, Dismiss],
        &[
            Mark(0),
            Resolve,
            Wait(Span::days(5)),
            Acknowledge,
            Reopen,
            Wait(Span::days(42)),
            Decide(Outcome::Partly),
        ],
        &[
            Mark(6),
            Unmark,
            Mark(0),
            Decide(Outcome::Withdrawn),
            Acknowledge,
            Decide(Outcome::Upheld),
            Unmark,
            Mark(0),
        ],
        &[
            Mark(5),
            Wait(Span(1)),
            Decide(Outcome::NotUpheld),
            Decide(Outcome::Withdrawn),
            Wait(Span::days(42)),
        ],
    ];
    for engine in engines() {
        for steps in walks {
            walk(engine, steps);
        }
    }
}
