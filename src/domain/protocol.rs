//! Protocols: what is done when the press writes, when somebody is threatened or may harm themselves, when it is about
//! the law, and with who only provokes.
//!
//! Triage proposes one and a person begins it; [`next`] is the whole table, printed in `ARCHITECTURE.md` and held by
//! a test. What a protocol locks ([`lock`]), which steps it has ([`ProtocolKind::steps`]) and whom it tells is data here;
//! nothing is sent by itself.

use super::time::Span;
use serde::{Deserialize, Serialize};

/// Which protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProtocolKind {
    /// Somebody may harm themselves.
    SelfHarm,
    /// Somebody is threatened.
    Threat,
    /// Lawyers, courts, regulators.
    Legal,
    /// The press asks.
    #[default]
    Press,
    /// Somebody only provokes.
    Troll,
}

/// Who does a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepRole {
    /// Whoever works on cases.
    Anybody,
    /// A lead.
    Lead,
    /// Who speaks to the press, or a lead.
    Communications,
    /// Two people, one after the other.
    TwoPeople,
}

impl StepRole {
    /// The code by which it has words.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Anybody => "anybody",
            Self::Lead => "lead",
            Self::Communications => "communications",
            Self::TwoPeople => "two_people",
        }
    }
}

/// One step of a checklist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The code by which it is kept and has words.
    pub code: &'static str,
    /// Who does it.
    pub role: StepRole,
    /// Whether a note must say what was found or done.
    pub note: bool,
    /// Whether the deadline of the protocol is that of this step.
    pub last: bool,
}

const fn step(code: &'static str, role: StepRole, note: bool, last: bool) -> Step {
    Step { code, role, note, last }
}

/// The step of a troll's protocol that takes two people, and what the second one's is called.
pub const NO_FURTHER: &str = "no_further_reply";
/// The second person agrees.
pub const NO_FURTHER_AGREED: &str = "no_further_reply_agreed";

use StepRole::{Anybody, Communications, Lead, TwoPeople};
const SELF_HARM: &[Step] = &[
    step("help_line", Anybody, true, false),
    step("emergency", Lead, true, true),
    step("aftercare", Lead, false, false),
];
const THREAT: &[Step] = &[
    step("assessed", Lead, true, false),
    step("security", Lead, true, true),
    step("reported", Lead, true, false),
];
const LEGAL: &[Step] = &[step("claim", Lead, true, false), step("counsel", Lead, true, true)];
const PRESS: &[Step] = &[
    step("who_asks", Communications, true, false),
    step("statement", Communications, false, false),
    step("answered", Communications, true, true),
];
const TROLL: &[Step] = &[
    step("one_answer", Anybody, false, false),
    step(NO_FURTHER, TwoPeople, true, false),
    step(NO_FURTHER_AGREED, TwoPeople, false, false),
];

impl ProtocolKind {
    /// All kinds; of several on one case the first goes first.
    pub const ALL: [Self; 5] = [Self::SelfHarm, Self::Threat, Self::Legal, Self::Press, Self::Troll];

    /// The code kept in the database, in settings and addresses.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SelfHarm => "self_harm",
            Self::Threat => "threat",
            Self::Legal => "legal",
            Self::Press => "press",
            Self::Troll => "troll",
        }
    }

    /// Reads the code that [`ProtocolKind::code`] prints.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.code() == code)
    }

    /// Whether it is told at once, before anybody confirmed it, and again until somebody takes it.
    pub const fn is_alarm(self) -> bool {
        matches!(self, Self::SelfHarm | Self::Threat)
    }

    /// Its checklist, in order.
    pub const fn steps(self) -> &'static [Step] {
        match self {
            Self::SelfHarm => SELF_HARM,
            Self::Threat => THREAT,
            Self::Legal => LEGAL,
            Self::Press => PRESS,
            Self::Troll => TROLL,
        }
    }

    /// One of its steps by code.
    pub fn step(self, code: &str) -> Option<Step> {
        self.steps().iter().copied().find(|s| s.code == code)
    }

    /// Whom it tells where the settings name nobody: `team`, `leads`, `role:NAME`.
    pub const fn told(self) -> &'static [&'static str] {
        match self {
            Self::SelfHarm | Self::Threat => &["team", "leads", "role:lead"],
            Self::Legal => &["leads", "role:lead"],
            Self::Press => &["role:communications", "leads"],
            Self::Troll => &[],
        }
    }

    /// How long its last step may take where the settings say nothing.
    pub const fn deadline(self) -> Option<Span> {
        match self {
            Self::Press => Some(Span::hours(2)),
            Self::SelfHarm | Self::Threat => Some(Span::minutes(30)),
            Self::Legal | Self::Troll => None,
        }
    }
}

/// Where a protocol stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProtocolState {
    /// Words, a profile or a label propose it.
    Proposed,
    /// A person began it: what it locks is locked.
    Running,
    /// Whom it is for has taken it.
    Taken,
    /// A person ended it, with a reason.
    Ended,
    /// A person said that it is not needed.
    Declined,
}

impl ProtocolState {
    /// All states.
    pub const ALL: [Self; 5] = [Self::Proposed, Self::Running, Self::Taken, Self::Ended, Self::Declined];

    /// The code kept in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Running => "running",
            Self::Taken => "taken",
            Self::Ended => "ended",
            Self::Declined => "declined",
        }
    }

    /// Reads the code that [`ProtocolState::code`] prints.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.code() == code)
    }

    /// Whether something is still to be done about it.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Proposed | Self::Running | Self::Taken)
    }

    /// Whether what it locks is locked.
    pub const fn locks(self) -> bool {
        matches!(self, Self::Running | Self::Taken)
    }
}

/// What happens to a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProtocolEvent {
    /// A rule proposes it.
    Propose,
    /// A person begins it.
    Start,
    /// A person says that it is not needed.
    Decline,
    /// Whom it is for takes it: nobody is called any more.
    Take,
    /// A step was done.
    Step,
    /// It is over.
    End,
}

impl ProtocolEvent {
    /// All events.
    pub const ALL: [Self; 6] = [Self::Propose, Self::Start, Self::Decline, Self::Take, Self::Step, Self::End];

    /// The code on the timeline of the case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Propose => "protocol_proposed",
            Self::Start => "protocol_started",
            Self::Decline => "protocol_declined",
            Self::Take => "protocol_taken",
            Self::Step => "protocol_step",
            Self::End => "protocol_ended",
        }
    }
}

/// Why a step is not possible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a protocol that is {state} cannot take '{event}'", state = name(*.state), event = .event.code())]
pub struct NotPossible {
    /// The state it is in; `None` before the first step.
    pub state: Option<ProtocolState>,
    /// What was tried.
    pub event: ProtocolEvent,
}

fn name(state: Option<ProtocolState>) -> &'static str {
    state.map_or("none", ProtocolState::code)
}

/// The state that follows from an event; `None` is a case without this protocol. One that is over stays over: whoever
/// needs it again begins another.
pub const fn next(state: Option<ProtocolState>, event: ProtocolEvent) -> Result<ProtocolState, NotPossible> {
    use ProtocolEvent as E;
    use ProtocolState as S;
    Ok(match (state, event) {
        (None, E::Propose) => S::Proposed,
        (None | Some(S::Proposed), E::Start) => S::Running,
        (Some(S::Proposed), E::Decline) => S::Declined,
        (Some(S::Running), E::Take) => S::Taken,
        (Some(S::Running), E::Step) => S::Running,
        (Some(S::Taken), E::Step) => S::Taken,
        (Some(S::Running | S::Taken), E::End) => S::Ended,
        _ => return Err(NotPossible { state, event }),
    })
}

/// What somebody who wants to answer may do while a protocol runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lock {
    /// Answer.
    Free,
    /// Write an answer that a lead sends.
    Approval,
    /// Nothing.
    Locked,
}

/// What is known of who wants to answer, and of what was said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Writer {
    /// A lead.
    pub lead: bool,
    /// Speaks to the press.
    pub communications: bool,
    /// How many answers left or are on their way since the protocol began.
    pub answers: usize,
    /// Two people said that nothing more is answered.
    pub silent: bool,
}

/// What a protocol lets somebody do.
pub const fn lock(kind: ProtocolKind, state: ProtocolState, writer: Writer) -> Lock {
    if !state.locks() {
        return Lock::Free;
    }
    match kind {
        ProtocolKind::Press if writer.lead || writer.communications => Lock::Free,
        ProtocolKind::Press => Lock::Locked,
        ProtocolKind::Troll if writer.answers == 0 && !writer.silent => Lock::Free,
        ProtocolKind::Troll => Lock::Locked,
        ProtocolKind::SelfHarm | ProtocolKind::Threat | ProtocolKind::Legal if writer.lead => Lock::Free,
        ProtocolKind::SelfHarm | ProtocolKind::Threat | ProtocolKind::Legal => Lock::Approval,
    }
}

/// The steps whose notes are still to be filled, of those that are done.
pub fn missing(kind: ProtocolKind, done: &[&str]) -> Vec<&'static str> {
    kind.steps().iter().filter(|s| s.note && !done.contains(&s.code)).map(|s| s.code).collect()
}

/// What a brand sets of one protocol; written `[[brand.protocol]]` in the settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProtocolRule {
    /// Which.
    pub kind: ProtocolKind,
    /// Whether triage proposes it.
    pub propose: bool,
    /// Who is told: `team`, `leads`, `role:NAME`, a person by login, a channel of `[alerts]` by name.
    pub tell: Vec<String>,
    /// Within how many minutes its last step is to be done; 0 for no deadline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_minutes: Option<i64>,
    /// After how many minutes an alarm that nobody took is told again.
    pub again_minutes: i64,
    /// How often at most.
    pub again_max: i64,
    /// For how many days a threat or self-harm is held as evidence; 0 for not at all.
    pub hold_days: i64,
}

impl Default for ProtocolRule {
    fn default() -> Self {
        Self {
            kind: ProtocolKind::Press,
            propose: true,
            tell: Vec::new(),
            deadline_minutes: None,
            again_minutes: 5,
            again_max: 12,
            hold_days: 180,
        }
    }
}

impl ProtocolRule {
    /// The rule of a kind: the brand's own, or the built-in one.
    pub fn of(rules: &[Self], kind: ProtocolKind) -> Self {
        rules.iter().find(|r| r.kind == kind).cloned().unwrap_or(Self { kind, ..Self::default() })
    }

    /// Who is told.
    pub fn told(&self) -> Vec<String> {
        if self.tell.is_empty() {
            return self.kind.told().iter().map(|t| (*t).to_owned()).collect();
        }
        self.tell.clone()
    }

    /// How long its last step may take.
    pub const fn deadline(&self) -> Option<Span> {
        match self.deadline_minutes {
            Some(0) => None,
            Some(minutes) => Some(Span::minutes(minutes)),
            None => self.kind.deadline(),
        }
    }

    /// After how long it is told the `n`th time again, if it is.
    pub const fn again(&self, n: i64) -> Option<Span> {
        if self.kind.is_alarm() && n < self.again_max {
            Some(Span::minutes(self.again_minutes))
        } else {
            None
        }
    }

    /// The settings with their names and the least and most that each may be.
    pub fn bounds(&self) -> [(&'static str, i64, (i64, i64)); 4] {
        [
            ("deadline_minutes", self.deadline_minutes.unwrap_or(0), (0, 10_080)),
            ("again_minutes", self.again_minutes, (1, 240)),
            ("again_max", self.again_max, (0, 100)),
            ("hold_days", self.hold_days, (0, 1_095)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::grid::grid;
    use super::*;
    use ProtocolEvent as E;
    use ProtocolState as S;
    use proptest::prelude::*;

    #[test]
    fn the_table_is_the_one_in_the_architecture_page() {
        let page = include_str!("../ARCHITECTURE.md");
        let states: Vec<Option<S>> = std::iter::once(None).chain(S::ALL.into_iter().map(Some)).collect();
        let cell = |state, event| next(state, event).map_or("–", S::code).to_owned();
        let expected = grid(&states, &E::ALL, name, E::code, cell);
        assert!(page.contains(&expected), "put this table into src/ARCHITECTURE.md:\n{expected}");
    }

    #[test]
    fn codes_are_read_back_and_each_kind_has_one_step_with_the_deadline_at_most() {
        assert!(S::ALL.into_iter().all(|s| S::from_code(s.code()) == Some(s)));
        for kind in ProtocolKind::ALL {
            assert_eq!(ProtocolKind::from_code(kind.code()), Some(kind));
            let last = kind.steps().iter().filter(|s| s.last).count();
            assert!(last <= 1 && (kind.deadline().is_none() || last == 1), "{kind:?}");
            assert!(kind.steps().iter().all(|s| kind.step(s.code) == Some(*s)));
        }
    }

    #[test]
    fn a_rule_of_the_settings_goes_before_the_built_in_one() {
        let own =
            ProtocolRule { deadline_minutes: Some(0), tell: vec!["anna".into()], ..ProtocolRule::default() };
        let rules = [own];
        let press = ProtocolRule::of(&rules, ProtocolKind::Press);
        assert_eq!((press.deadline(), press.told()), (None, vec!["anna".to_owned()]));
        let threat = ProtocolRule::of(&rules, ProtocolKind::Threat);
        assert_eq!(threat.deadline(), Some(Span::minutes(30)));
        assert_eq!((threat.again(11), threat.again(12)), (Some(Span::minutes(5)), None));
        assert_eq!(press.again(0), None, "only alarms are told again");
    }

    #[test]
    fn notes_that_are_wanted_are_named_until_they_are_there() {
        assert_eq!(missing(ProtocolKind::Press, &["statement"]), ["who_asks", "answered"]);
        assert_eq!(missing(ProtocolKind::Legal, &["claim", "counsel"]), [""; 0]);
    }

    fn writer() -> impl Strategy<Value = Writer> {
        (any::<bool>(), any::<bool>(), 0usize..3, any::<bool>()).prop_map(
            |(lead, communications, answers, silent)| Writer { lead, communications, answers, silent },
        )
    }

    proptest! {
        /// Whatever happens in whatever order: a refused step changes nothing, nothing runs that nobody began, what is
        /// over stays over, and what is open can be ended.
        #[test]
        fn every_walk_keeps_its_word(events in prop::collection::vec(0usize..E::ALL.len(), 1..40)) {
            let (mut state, mut began, mut over) = (None, false, false);
            for event in events.into_iter().map(|n| E::ALL[n]) {
                let Ok(after) = next(state, event) else { continue };
                prop_assert!(!over, "what is over stays over");
                began |= event == E::Start;
                prop_assert!(began || !after.locks());
                prop_assert!(after != S::Ended || began);
                over = !after.is_open();
                state = Some(after);
            }
            if let Some(open) = state.filter(|s| s.is_open()) {
                let ends = [E::Decline, E::End].into_iter().filter(|e| next(Some(open), *e).is_ok()).count();
                prop_assert_eq!(ends, 1, "one way out of {:?}", open);
            }
        }

        /// Nothing is locked before a person began; a lead is never worse off than somebody else; and who has been
        /// answered once of those who provoke is answered no more, by whomever.
        #[test]
        fn locks_are_fair(kind in 0usize..5, state in 0usize..5, writer in writer()) {
            let (kind, state) = (ProtocolKind::ALL[kind], S::ALL[state]);
            let found = lock(kind, state, writer);
            if !state.locks() {
                prop_assert_eq!(found, Lock::Free);
            }
            let as_lead = lock(kind, state, Writer { lead: true, ..writer });
            prop_assert!(as_lead <= found);
            if state.locks() && kind == ProtocolKind::Troll {
                prop_assert_eq!(found == Lock::Free, writer.answers == 0 && !writer.silent);
            }
            if state.locks() && kind == ProtocolKind::Press && !writer.lead && !writer.communications {
                prop_assert_eq!(found, Lock::Locked);
            }
        }
    }
}
