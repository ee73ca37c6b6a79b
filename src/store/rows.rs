//! Rows that several parts of the store read and write: cases, obligations, events, actions.
//!
//! Field names are column names. A row that is written in bulk travels as a JSON array in the
//! order of its fields.

use super::{StoreError, row};
use crate::domain::calendar::Hours;
use crate::domain::case::{CaseState, Claim};
use crate::domain::clocks::{Obligation, ObligationKind, ObligationState};
use crate::domain::ids::PersonId;
use crate::domain::judgement::{Level, Reason};
use crate::domain::language::Language;
use crate::domain::policy::{Channel, Selector};
use crate::domain::time::{Span, Timestamp};

/// A struct that travels to the database as a JSON array in the order of its fields.
macro_rules! bulk {
    ($name:ident { $($field:ident),* $(,)? }) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeTuple;
                let count = [$(stringify!($field)),*].len();
                let mut array = to.serialize_tuple(count)?;
                $(array.serialize_element(&self.$field)?;)*
                array.end()
            }
        }
    };
}
pub(crate) use bulk;

pub use super::action::ActionRow;

row! {
    /// A case as stored. Flags are 0 or 1, times epoch milliseconds.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct CaseRow {
        /// Id.
        pub id: String,
        /// The brand, which is the wall.
        pub brand_id: String,
        /// Short number within the brand, for people.
        pub number: i64,
        /// The conversation it stands in.
        pub conversation_id: String,
        /// The reporter: who posted.
        pub author_id: String,
        /// The customer whose matter it is, when known.
        pub customer_id: Option<String>,
        /// The case before this one in the conversation.
        pub previous_case_id: Option<String>,
        /// The first mention.
        pub first_mention_id: String,
        /// The platform.
        pub platform: String,
        /// The channel of the policy.
        pub channel: String,
        /// Whether it began in private.
        pub private: i64,
        /// Whether all of it was posted before the source counted.
        pub historic: i64,
        /// Whether it is a sample.
        pub sample: i64,
        /// Its state.
        pub state: String,
        /// Whether that state is open.
        pub open: i64,
        /// Since when it is in that state.
        pub state_since: i64,
        /// Who has claimed it.
        pub claimed_by: Option<String>,
        /// Since when.
        pub claimed_since: Option<i64>,
        /// Until when.
        pub claimed_until: Option<i64>,
        /// 1 to 5.
        pub level: i64,
        /// 0 to 100.
        pub urgency: i64,
        /// The intent of its first mention.
        pub intent: String,
        /// Its language, sticky.
        pub language: String,
        /// Whether anything in it needs an answer.
        pub needs_answer: i64,
        /// Whether anything in it needs a private channel.
        pub needs_private: i64,
        /// The policy by name.
        pub policy: String,
        /// The version of the policy when it began.
        pub policy_version: i64,
        /// When the first message was posted.
        pub opened_at: i64,
        /// When we received it.
        pub received_at: i64,
        /// When the last message was posted.
        pub last_message_at: i64,
        /// When we first answered.
        pub first_answer_at: Option<i64>,
        /// The nearest deadline of a response that is owed, for the order of the inbox.
        pub due_at: Option<i64>,
        /// Why it ended.
        pub ended_why: Option<String>,
        /// Rises by one with each event.
        pub version: i64,
        /// When it last changed.
        pub changed_at: i64,
        /// Until when somebody put it away; its clocks run on.
        pub snoozed_until: Option<i64>,
        /// When a person said that it needs an answer of which triage had thought that it needs none.
        pub missed_at: Option<i64>,
        /// Whether its author wrote to the brand more than once, one of the posts thought to need no
        /// answer; kept by [`crate::store::again`].
        pub wrote_again: i64,
        /// When the private window closes in which an answer is owed, if that is soon; set by a round, not by folds.
        pub closing_at: Option<i64>,
        /// Until when it is left to the members of a forum; its clocks run on.
        pub held_until: Option<i64>,
        /// When its topic was marked as solved, and its author has not written since.
        pub solved_at: Option<i64>,
        /// The reasons that its course adds to its urgency, a JSON array.
        pub course: String,
    }
}

bulk!(CaseRow {
    id,
    brand_id,
    number,
    conversation_id,
    author_id,
    customer_id,
    previous_case_id,
    first_mention_id,
    platform,
    channel,
    private,
    historic,
    sample,
    state,
    open,
    state_since,
    claimed_by,
    claimed_since,
    claimed_until,
    level,
    urgency,
    intent,
    language,
    needs_answer,
    needs_private,
    policy,
    policy_version,
    opened_at,
    received_at,
    last_message_at,
    first_answer_at,
    due_at,
    ended_why,
    version,
    changed_at,
    snoozed_until,
    missed_at,
    held_until,
    solved_at,
    course,
});

/// The course of a case that adds nothing.
pub const NO_COURSE: &str = "[]";

impl CaseRow {
    /// Whether it holds no more than a case that was just made: nobody answered, claimed, ended or put it away, and its
    /// course adds nothing.
    pub fn is_as_made(&self) -> bool {
        let words = [&self.customer_id, &self.claimed_by, &self.ended_why];
        let times = [
            self.claimed_since,
            self.claimed_until,
            self.first_answer_at,
            self.snoozed_until,
            self.missed_at,
            self.held_until,
            self.solved_at,
        ];
        words.iter().all(|word| word.is_none())
            && times.iter().all(Option::is_none)
            && self.course == NO_COURSE
    }

    /// The reasons that its course adds to its urgency.
    pub fn course_reasons(&self) -> Vec<Reason> {
        serde_json::from_str(&self.course).unwrap_or_default()
    }

    /// Keeps the reasons that its course adds to its urgency.
    pub fn set_course(&mut self, reasons: &[Reason]) {
        // Names and numbers are always written.
        self.course = serde_json::to_string(reasons).unwrap_or_else(|_| NO_COURSE.to_owned());
    }

    /// The state as the domain knows it.
    pub fn case_state(&self) -> Result<CaseState, StoreError> {
        CaseState::from_code(&self.state)
            .ok_or_else(|| StoreError::Corrupt { what: "reading a case's state", found: self.state.clone() })
    }

    /// Sets state and what follows from it.
    pub fn set_state(&mut self, state: CaseState, at: Timestamp) {
        if self.state != state.code() {
            state.code().clone_into(&mut self.state);
            self.open = i64::from(state.is_open());
            self.state_since = at.millis();
        }
    }

    /// It is left to the members of a forum no longer.
    pub fn end_hold(&mut self) {
        if let Some(until) = self.held_until.take() {
            self.snoozed_until = self.snoozed_until.filter(|s| *s != until);
        }
    }

    /// Who has claimed it.
    pub fn claim(&self) -> Option<Claim> {
        let by = PersonId::stored(self.claimed_by.clone()?);
        let since = Timestamp(self.claimed_since.unwrap_or(0));
        Some(Claim { by, since, until: self.claimed_until.map(Timestamp) })
    }

    /// What selects its targets in the policy.
    pub fn selector(&self) -> Selector {
        Selector {
            channel: Channel::of_platform(&self.platform),
            level: Level::from_number(self.level),
            language: Language::from_code(&self.language).unwrap_or_default(),
            private: Some(self.private == 1),
        }
    }
}

row! {
    /// One part of a wait as stored.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ObligationRow {
        /// The case.
        pub case_id: String,
        /// The wait within the case.
        pub wait: i64,
        /// The part of the wait.
        pub part: i64,
        /// The brand.
        pub brand_id: String,
        /// What was promised.
        pub kind: String,
        /// Where it stands.
        pub state: String,
        /// The policy by name.
        pub policy: String,
        /// Its version when the wait began.
        pub policy_version: i64,
        /// The first unanswered message, for a response.
        pub mention_id: Option<String>,
        /// When the wait began.
        pub started_at: i64,
        /// The promised span.
        pub target_ms: i64,
        /// The deadline.
        pub due_at: i64,
        /// The instants of the warnings, a JSON array.
        pub warn_at: String,
        /// How many stages are recorded.
        pub stages_done: i64,
        /// The instant of the next stage.
        pub next_at: Option<i64>,
        /// Since when it is held.
        pub held_since: Option<i64>,
        /// When it ended.
        pub ended_at: Option<i64>,
        /// What ended it.
        pub ended_by: Option<String>,
        /// The calendar of the policy in whose hours it counts; empty is day and night.
        pub calendar: String,
        /// How much of those hours had been counted when it was kept or broken.
        pub counted_ms: Option<i64>,
    }
}

bulk!(ObligationRow {
    case_id,
    wait,
    part,
    brand_id,
    kind,
    state,
    policy,
    policy_version,
    mention_id,
    started_at,
    target_ms,
    due_at,
    warn_at,
    stages_done,
    next_at,
    held_since,
    ended_at,
    ended_by,
    calendar,
    counted_ms,
});

impl ObligationRow {
    /// Whether it runs as it was opened: the first part of its wait, nothing recorded, held or ended.
    pub fn is_as_opened(&self) -> bool {
        self.state == ObligationState::Running.code()
            && self.part == 0
            && self.stages_done == 0
            && self.held_since.is_none()
            && self.ended_at.is_none()
            && self.ended_by.is_none()
    }

    /// As the domain computes with it, given the hours of its calendar.
    pub fn obligation(&self, hours: Hours) -> Result<Obligation, StoreError> {
        let corrupt =
            |found: &str| StoreError::Corrupt { what: "reading an obligation", found: found.to_owned() };
        Ok(Obligation {
            kind: ObligationKind::from_code(&self.kind).ok_or_else(|| corrupt(&self.kind))?,
            wait: self.wait,
            part: self.part,
            state: ObligationState::from_code(&self.state),
            started_at: Timestamp(self.started_at),
            target: Span(self.target_ms),
            hours,
            due_at: Timestamp(self.due_at),
            warn_at: serde_json::from_str(&self.warn_at).map_err(|_| corrupt(&self.warn_at))?,
            stages_done: self.stages_done,
            held_since: self.held_since.map(Timestamp),
            ended_at: self.ended_at.map(Timestamp),
            counted: self.counted_ms.map(Span),
        })
    }

    /// Takes over what the domain computed.
    pub fn take(&mut self, o: &Obligation) {
        o.kind.code().clone_into(&mut self.kind);
        o.state.code().clone_into(&mut self.state);
        self.wait = o.wait;
        self.part = o.part;
        self.started_at = o.started_at.millis();
        self.target_ms = o.target.millis();
        self.due_at = o.due_at.millis();
        self.warn_at = warn_json(&o.warn_at);
        self.stages_done = o.stages_done;
        self.next_at = o.next_at().map(Timestamp::millis);
        self.held_since = o.held_since.map(Timestamp::millis);
        self.ended_at = o.ended_at.map(Timestamp::millis);
        self.counted_ms = o.counted.map(Span::millis);
        let calendar = if o.hours == Hours::Always { "" } else { o.hours.name() };
        calendar.clone_into(&mut self.calendar);
    }
}

fn warn_json(warn_at: &[Timestamp]) -> String {
    let list: Vec<String> = warn_at.iter().map(|t| t.millis().to_string()).collect();
    format!("[{}]", list.join(","))
}

row! {
    /// A warning or breach as stored.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ClockEventRow {
        /// The case.
        pub case_id: String,
        /// The wait within the case.
        pub wait: i64,
        /// Warnings from 0, the breach is 100.
        pub stage: i64,
        /// The brand.
        pub brand_id: String,
        /// The part of the wait that was running.
        pub part: i64,
        /// What was promised.
        pub kind: String,
        /// When it fell due.
        pub at: i64,
        /// When we recorded it.
        pub recorded_at: i64,
        /// The largest part of the delay, a word.
        pub cause: String,
        /// The parts of the delay in milliseconds, a JSON object.
        pub parts: String,
        /// When evidence annulled it.
        pub annulled_at: Option<i64>,
        /// Which evidence.
        pub annulled_evidence: Option<String>,
    }
}

bulk!(ClockEventRow {
    case_id,
    wait,
    stage,
    brand_id,
    part,
    kind,
    at,
    recorded_at,
    cause,
    parts,
    annulled_at,
    annulled_evidence,
});

row! {
    /// One event of a case's timeline as stored. `body` never holds words of a customer.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct CaseEventRow {
        /// The case.
        pub case_id: String,
        /// The version the case had after it.
        pub seq: i64,
        /// The brand.
        pub brand_id: String,
        /// When it happened.
        pub at: i64,
        /// When it was recorded.
        pub recorded_at: i64,
        /// What happened: a code of `CaseEvent`, or `opened`, `relevelled`, `edited`, …
        pub kind: String,
        /// `person`, `rule`, `customer`, `front_office`.
        pub who_kind: String,
        /// The id of who it was, if anybody.
        pub who: Option<String>,
        /// The state after it.
        pub state: String,
        /// More, a JSON object.
        pub body: String,
    }
}

bulk!(CaseEventRow { case_id, seq, brand_id, at, recorded_at, kind, who_kind, who, state, body });
