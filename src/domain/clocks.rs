//! Obligations: the running clocks of a case, as pure arithmetic.
//!
//! A *wait* is one promise from its start to its end. It is one row, or several when a change of
//! level, language or channel replaces its target: each row is then a *part* of the same wait.
//! Warnings and the breach belong to the wait and stage, each at most once. What ends a wait is
//! the time of the answer on the platform; at the deadline, what is known decides, and evidence
//! that comes later annuls a breach without deleting it.
//!
//! Spans are counted in the hours of the promise: what lies outside them is no time at all, neither
//! for the target nor while a clock is held. A deadline is the first instant by which the target has
//! been counted, so one that falls on closing time is due then and not at the next opening.

use super::calendar::Hours;
use super::policy::{Policy, Promise};
use super::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// What was promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObligationKind {
    /// From the customer's post to our first answer.
    FirstResponse,
    /// From the first unanswered later message to our answer.
    NextResponse,
    /// From the first post to the first time the case is resolved.
    FirstResolution,
    /// From the first post to the last time the case is resolved.
    TotalResolution,
    /// From a promise made to its keeping.
    Promise,
    /// From a formal complaint to the word that we have it.
    ComplaintAcknowledge,
    /// From a formal complaint to what is decided of it.
    ComplaintDecision,
}

impl ObligationKind {
    /// The kinds whose target a policy can name.
    pub const NAMED: [Self; 6] = [
        Self::FirstResponse,
        Self::NextResponse,
        Self::FirstResolution,
        Self::TotalResolution,
        Self::ComplaintAcknowledge,
        Self::ComplaintDecision,
    ];

    /// The kinds that every case may have.
    pub const TIMED: [Self; 4] =
        [Self::FirstResponse, Self::NextResponse, Self::FirstResolution, Self::TotalResolution];

    /// The code kept in the database and printed.
    pub const fn code(self) -> &'static str {
        match self {
            Self::FirstResponse => "first_response",
            Self::NextResponse => "next_response",
            Self::FirstResolution => "first_resolution",
            Self::TotalResolution => "total_resolution",
            Self::Promise => "promise",
            Self::ComplaintAcknowledge => "complaint_acknowledge",
            Self::ComplaintDecision => "complaint_decision",
        }
    }

    /// Reads the code that [`ObligationKind::code`] prints.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::NAMED.into_iter().chain([Self::Promise]).find(|k| k.code() == code)
    }

    /// Whether only an act of its own ends it: a promise, a complaint.
    pub const fn is_apart(self) -> bool {
        matches!(self, Self::Promise | Self::ComplaintAcknowledge | Self::ComplaintDecision)
    }

    /// Whether an answer ends it.
    pub const fn is_response(self) -> bool {
        matches!(self, Self::FirstResponse | Self::NextResponse)
    }

    /// Whether resolving the case ends it.
    pub const fn is_resolution(self) -> bool {
        matches!(self, Self::FirstResolution | Self::TotalResolution)
    }
}

/// Where an obligation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObligationState {
    /// The clock runs.
    Running,
    /// The clock stands still, for we wait for the customer.
    Held,
    /// Ended by an answer or resolution in time.
    Kept,
    /// Ended by an answer or resolution after the deadline.
    Broken,
    /// Replaced by another part of the same wait.
    Superseded,
    /// Ended without result: the customer did not come to the private channel.
    Lapsed,
    /// Ended without result: no answer was needed after all.
    Void,
}

impl ObligationState {
    /// The code kept in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Held => "held",
            Self::Kept => "kept",
            Self::Broken => "broken",
            Self::Superseded => "superseded",
            Self::Lapsed => "lapsed",
            Self::Void => "void",
        }
    }

    /// Reads the code that [`ObligationState::code`] prints; anything else counts as void.
    pub fn from_code(code: &str) -> Self {
        let all = [Self::Running, Self::Held, Self::Kept, Self::Broken, Self::Superseded, Self::Lapsed];
        all.into_iter().find(|s| s.code() == code).unwrap_or(Self::Void)
    }

    /// Whether it can still be kept or broken.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Running | Self::Held)
    }
}

/// A stage that a wait passes: its warnings in order, and the breach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The n-th warning, from 0.
    Warning(u8),
    /// The deadline passed, unkept.
    Breach,
}

impl Stage {
    /// The number kept in the database: warnings from 0, the breach is 100.
    pub const fn number(self) -> i64 {
        match self {
            Self::Warning(n) => n as i64,
            Self::Breach => 100,
        }
    }

    /// The stage for a stored number.
    pub const fn from_number(n: i64) -> Self {
        if n >= 100 { Self::Breach } else { Self::Warning(n as u8) }
    }
}

/// A stage that fell due, with the time at which it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FellDue {
    /// Which stage.
    pub stage: Stage,
    /// When it fell due, not when we noticed.
    pub at: Timestamp,
}

/// One obligation: one part of a wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obligation {
    /// What was promised.
    pub kind: ObligationKind,
    /// The wait it belongs to, counted within the case from 0.
    pub wait: i64,
    /// Which part of the wait, from 0.
    pub part: i64,
    /// Where it stands.
    pub state: ObligationState,
    /// When the wait began, by the platform's time.
    pub started_at: Timestamp,
    /// The promised span.
    pub target: Span,
    /// The hours in which it is counted.
    pub hours: Hours,
    /// The deadline, moved by the time it was held.
    pub due_at: Timestamp,
    /// The instants of the warnings, in order, moved likewise.
    pub warn_at: Vec<Timestamp>,
    /// How many stages have been recorded; the breach is the one after the last warning.
    pub stages_done: i64,
    /// Since when it is held.
    pub held_since: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How much of its hours had been counted when it was kept or broken, without what it was held.
    pub counted: Option<Span>,
}

impl Obligation {
    /// A new wait that begins at `started_at` under a promise of `policy`.
    pub fn open(
        kind: ObligationKind,
        wait: i64,
        started_at: Timestamp,
        promise: Promise,
        policy: &Policy,
    ) -> Self {
        let Promise { span: target, hours } = promise;
        let mut new = Self {
            kind,
            wait,
            part: 0,
            state: ObligationState::Running,
            started_at,
            target,
            due_at: hours.add(started_at, target),
            hours,
            warn_at: Vec::new(),
            stages_done: 0,
            held_since: None,
            ended_at: None,
            counted: None,
        };
        new.warn_at = new.warnings(started_at, policy);
        new
    }

    /// The warnings between `from` and the deadline: shares of the time counted between them, each at
    /// least the policy's floor before the deadline and never before `from`.
    fn warnings(&self, from: Timestamp, policy: &Policy) -> Vec<Timestamp> {
        let span = self.hours.between(from, self.due_at).millis().max(0);
        let latest = (span - policy.warn_floor_seconds.saturating_mul(1000)).max(0);
        let share = |percent: &i64| {
            let at = self.hours.add(from, Span((span * percent / 100).min(latest)));
            at.min(self.due_at).max(from)
        };
        policy.warn_percent.iter().map(share).collect()
    }

    /// The instant of the next stage not yet recorded, while the clock runs.
    pub fn next_at(&self) -> Option<Timestamp> {
        if self.state != ObligationState::Running {
            return None;
        }
        let done = usize::try_from(self.stages_done).unwrap_or(0);
        match done.cmp(&self.warn_at.len()) {
            std::cmp::Ordering::Less => self.warn_at.get(done).copied(),
            std::cmp::Ordering::Equal => Some(self.due_at),
            std::cmp::Ordering::Greater => None,
        }
    }

    /// Whether the breach was recorded.
    pub fn is_breached(&self) -> bool {
        self.stages_done > self.warn_at.len() as i64
    }

    /// Records every stage whose time is before `now` (a deadline at `now` exactly still holds)
    /// and returns them in order.
    pub fn fall_due(&mut self, now: Timestamp) -> Vec<FellDue> {
        let mut fell = Vec::new();
        while let Some(at) = self.next_at().filter(|at| *at < now) {
            let stage = match u8::try_from(self.stages_done) {
                Ok(n) if usize::from(n) < self.warn_at.len() => Stage::Warning(n),
                _ => Stage::Breach,
            };
            fell.push(FellDue { stage, at });
            self.stages_done += 1;
        }
        fell
    }

    /// Ends the wait by an answer or resolution at `at`; returns the stages that had fallen due by
    /// then and were not recorded yet, so that the record is the same in whatever order we learn.
    pub fn fulfil(&mut self, at: Timestamp) -> Vec<FellDue> {
        if !self.state.is_open() {
            return Vec::new();
        }
        self.resume(at);
        let fell = self.fall_due(at);
        self.state = if at > self.due_at { ObligationState::Broken } else { ObligationState::Kept };
        let ended = at.max(self.started_at);
        self.ended_at = Some(ended);
        self.counted = Some(if self.kind.is_response() {
            self.hours.between(self.started_at, ended)
        } else {
            // A hold has moved the deadline: what was left, or was over, tells what was counted.
            Span(self.target.millis() - self.hours.between(ended, self.due_at).millis())
        });
        fell
    }

    /// Ends the wait without a result.
    pub fn end(&mut self, state: ObligationState, at: Timestamp) {
        if self.state.is_open() {
            self.state = state;
            self.held_since = None;
            self.ended_at = Some(at);
        }
    }

    /// Stops the clock at `at`. A clock past its deadline stays broken and is not held.
    pub fn hold(&mut self, at: Timestamp) {
        if self.state == ObligationState::Running && at <= self.due_at && !self.is_breached() {
            self.state = ObligationState::Held;
            self.held_since = Some(at);
        }
    }

    /// Lets the clock run again from `at`: what is left of the span is still left.
    pub fn resume(&mut self, at: Timestamp) {
        let Some(since) = self.held_since.filter(|_| self.state == ObligationState::Held) else { return };
        let at = at.max(since);
        let hours = self.hours.clone();
        let moved = |stage: Timestamp| hours.add(at, hours.between(since, stage));
        self.due_at = moved(self.due_at);
        for warn in self.warn_at.iter_mut().skip(usize::try_from(self.stages_done).unwrap_or(0)) {
            // A stage that was past when the clock was stopped stays where it fell due.
            if *warn >= since {
                *warn = moved(*warn).min(self.due_at);
            }
        }
        self.state = ObligationState::Running;
        self.held_since = None;
    }

    /// Runs again after the answer that ended it was deleted: the same wait, the original start.
    pub fn revive(&self) -> Self {
        Self {
            part: self.part + 1,
            state: ObligationState::Running,
            ended_at: None,
            held_since: None,
            counted: None,
            ..self.clone()
        }
    }

    /// Begins earlier than thought, with as much time as before from its new start.
    pub fn begin_earlier(&mut self, start: Timestamp) {
        let (old, hours) = (self.started_at, self.hours.clone());
        let moved = |stage: Timestamp| hours.add(start, hours.between(old, stage));
        self.started_at = start;
        self.due_at = moved(self.due_at);
        let done = usize::try_from(self.stages_done).unwrap_or(0);
        self.warn_at.iter_mut().skip(done).for_each(|warn| *warn = moved(*warn));
    }

    /// Is due earlier than thought, by a promise that counts from `from`; the warnings to come follow. One that ended runs,
    /// for [`Obligation::fulfil`] to tell anew what it was.
    pub fn hasten(&mut self, due: Timestamp, from: Timestamp, policy: &Policy) {
        self.breaks_anew();
        self.due_at = due;
        let done = usize::try_from(self.stages_done).unwrap_or(0);
        let fresh = self.warnings(from.min(due), policy);
        for (warn, at) in self.warn_at.iter_mut().zip(fresh).skip(done) {
            *warn = at.min(due);
        }
        if matches!(self.state, ObligationState::Kept | ObligationState::Broken) {
            self.state = ObligationState::Running;
        }
    }

    /// It was broken earlier than thought: that is recorded once more, with its own time.
    pub fn breaks_anew(&mut self) {
        self.stages_done = self.stages_done.min(self.warn_at.len() as i64);
    }

    /// Replaces the promise at `now`: ends this part as superseded and returns its successor with
    /// the same wait and start. A raise counts from now and the earlier deadline holds; a change
    /// that would give more time than a running deadline gives none.
    pub fn supersede(&mut self, to: Promise, raised: bool, now: Timestamp, policy: &Policy) -> Option<Self> {
        if !self.state.is_open() || (to.span == self.target && to.hours == self.hours) {
            return None;
        }
        let Promise { span: target, hours } = to;
        // While held the clock stands at the instant of the hold, and the time of the hold is added
        // when it runs again.
        let stands_at = self.held_since.unwrap_or(now);
        // Only a first part tells how long it was held: by how far its deadline has moved.
        let held_before = match self.part {
            0 => Span(
                (self.hours.between(self.started_at, self.due_at).millis() - self.target.millis()).max(0),
            ),
            _ => Span::ZERO,
        };
        let from = match (raised, held_before) {
            (true, _) => stands_at,
            (false, Span::ZERO) => self.started_at,
            (false, held) => hours.add(self.started_at, held),
        };
        let mut next = Self { part: self.part + 1, target, hours, ..self.clone() };
        next.due_at = self.due_at.min(next.hours.add(from, target));
        if next.due_at < stands_at {
            // Past its new deadline already: broken, and what is broken is not held.
            next.state = ObligationState::Running;
            next.held_since = None;
        }
        let fresh = next.warnings(self.started_at.max(from.min(next.due_at)), policy);
        let done = usize::try_from(self.stages_done).unwrap_or(0);
        for (at, warn) in fresh.into_iter().enumerate() {
            if at >= done && at < next.warn_at.len() {
                next.warn_at[at] = warn.min(next.due_at);
            }
        }
        self.state = ObligationState::Superseded;
        self.held_since = None;
        self.ended_at = Some(now);
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn always(minutes: i64) -> Promise {
        Promise { span: Span::minutes(minutes), hours: Hours::Always }
    }

    fn running() -> Obligation {
        let [policy, _] = Policy::ready_made();
        Obligation::open(ObligationKind::FirstResponse, 0, Timestamp(0), always(30), &policy)
    }

    #[test]
    fn warns_at_half_and_at_four_fifths_and_breaks_once() {
        let mut o = running();
        assert_eq!(o.fall_due(Timestamp(15 * MINUTE)), []);
        let fell = o.fall_due(Timestamp(15 * MINUTE + 1));
        assert_eq!(fell, [FellDue { stage: Stage::Warning(0), at: Timestamp(15 * MINUTE) }]);
        let fell = o.fall_due(Timestamp(90 * MINUTE));
        assert_eq!(fell[0].at, Timestamp(24 * MINUTE));
        assert_eq!(fell[1], FellDue { stage: Stage::Breach, at: Timestamp(30 * MINUTE) });
        assert_eq!(o.fall_due(Timestamp(900 * MINUTE)), []);
        assert!(o.is_breached());
    }

    #[test]
    fn an_answer_has_one_result_at_the_edge() {
        let result = |at: i64| {
            let mut o = running();
            o.fulfil(Timestamp(at));
            o.state
        };
        assert_eq!(result(30 * MINUTE - 100), ObligationState::Kept);
        assert_eq!(result(30 * MINUTE), ObligationState::Kept);
        assert_eq!(result(30 * MINUTE + 1), ObligationState::Broken);
    }

    #[test]
    fn the_record_is_the_same_whether_we_watched_or_learned_later() {
        let mut watched = running();
        let mut seen = watched.fall_due(Timestamp(16 * MINUTE));
        seen.extend(watched.fulfil(Timestamp(26 * MINUTE)));
        let mut learned = running();
        assert_eq!(learned.fulfil(Timestamp(26 * MINUTE)), seen);
        assert_eq!(learned, watched);
    }

    #[test]
    fn holding_gives_back_exactly_the_time_held() {
        let mut o = running();
        o.fall_due(Timestamp(16 * MINUTE));
        o.hold(Timestamp(20 * MINUTE));
        assert_eq!(o.next_at(), None);
        o.resume(Timestamp(80 * MINUTE));
        assert_eq!(o.due_at, Timestamp(90 * MINUTE));
        assert_eq!(o.next_at(), Some(Timestamp(84 * MINUTE)));
        assert_eq!(o.warn_at[0], Timestamp(15 * MINUTE), "a recorded warning does not move");
    }

    #[test]
    fn a_raise_adds_a_deadline_and_a_lowering_gives_no_time() {
        let [policy, _] = Policy::ready_made();
        let mut o = running();
        let raised = o.supersede(always(10), true, Timestamp(5 * MINUTE), &policy).unwrap();
        assert_eq!((raised.due_at, raised.wait, raised.part), (Timestamp(15 * MINUTE), 0, 1));
        assert_eq!(raised.started_at, Timestamp(0));
        assert_eq!(o.state, ObligationState::Superseded);
        let mut late = running();
        let raised = late.supersede(always(10), true, Timestamp(25 * MINUTE), &policy).unwrap();
        assert_eq!(raised.due_at, Timestamp(30 * MINUTE), "the earlier deadline holds");
        let mut lowered = raised;
        let next = lowered.supersede(always(600), false, Timestamp(26 * MINUTE), &policy).unwrap();
        assert_eq!(next.due_at, Timestamp(30 * MINUTE));
    }

    #[test]
    fn warnings_keep_their_floor() {
        let [policy, _] = Policy::ready_made();
        let o = Obligation::open(ObligationKind::FirstResponse, 0, Timestamp(0), always(2), &policy);
        assert_eq!(o.warn_at, [Timestamp(MINUTE), Timestamp(MINUTE)]);
    }
}
