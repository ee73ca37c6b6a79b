//! The way of a case into a private channel, from the thought of it to its end.
//!
//! [`next`] is the whole table: for each state and event either what follows or the reason why it is
//! refused; it is printed in `ARCHITECTURE.md` and held by a test. A case has one hand-over at a time; a
//! second round is the same row that begins again. What the customer sees, and how they are reached, is
//! the connectors' business; when a reminder is due and when waiting ends is [`Timing`]'s.

use super::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// Where a hand-over stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandoverState {
    /// Triage or a person thinks that the case needs it.
    Proposed,
    /// The way in stands where the customer can read it, or our first private word does.
    Offered,
    /// The customer wrote in private.
    Opened,
    /// What they write there stands in the case.
    Linked,
    /// Over: what was private is settled, or the case has ended.
    Closed,
    /// The customer did not come in time.
    Lapsed,
    /// The platform let nobody in.
    Refused,
    /// A person takes it to a channel that no connector has.
    ByHand,
}

impl HandoverState {
    /// All states, in the order of the design.
    pub const ALL: [Self; 8] = [
        Self::Proposed,
        Self::Offered,
        Self::Opened,
        Self::Linked,
        Self::Closed,
        Self::Lapsed,
        Self::Refused,
        Self::ByHand,
    ];

    /// The code kept in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Offered => "offered",
            Self::Opened => "opened",
            Self::Linked => "linked",
            Self::Closed => "closed",
            Self::Lapsed => "lapsed",
            Self::Refused => "refused",
            Self::ByHand => "by_hand",
        }
    }

    /// Reads the code that [`HandoverState::code`] prints.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.code() == code)
    }

    /// Whether we wait for the customer to come.
    pub const fn waits(self) -> bool {
        matches!(self, Self::Offered | Self::ByHand)
    }

    /// Whether a private message of the same account belongs to it without anybody's asking.
    pub const fn takes_messages(self) -> bool {
        matches!(self, Self::Offered | Self::Opened | Self::Linked)
    }
}

/// What happens to a hand-over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandoverEvent {
    /// A person says that the case needs it.
    Propose,
    /// The offer stands on the platform, or our first private word does.
    Offer,
    /// The customer wrote in private.
    Open,
    /// The private conversation was joined to the case.
    Link,
    /// It was taken out of the case again: a wrong join.
    Unlink,
    /// The customer does not want it, or the platform lets nobody in.
    Refuse,
    /// A person does it in a channel of their own.
    TakeByHand,
    /// The customer did not come in time.
    Lapse,
    /// What was private is settled, or the case ended.
    Close,
}

impl HandoverEvent {
    /// All events.
    pub const ALL: [Self; 9] = [
        Self::Propose,
        Self::Offer,
        Self::Open,
        Self::Link,
        Self::Unlink,
        Self::Refuse,
        Self::TakeByHand,
        Self::Lapse,
        Self::Close,
    ];

    /// The code on the timeline of the case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Propose => "private_proposed",
            Self::Offer => "private_offered",
            Self::Open => "private_opened",
            Self::Link => "private_linked",
            Self::Unlink => "private_unlinked",
            Self::Refuse => "private_refused",
            Self::TakeByHand => "private_by_hand",
            Self::Lapse => "private_lapsed",
            Self::Close => "private_closed",
        }
    }

    /// Reads the code that [`HandoverEvent::code`] prints.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|e| e.code() == code)
    }
}

/// Why a step is not possible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hand-over that is {state} cannot take '{event}'", state = name(*.state), event = .event.code())]
pub struct NotPossible {
    /// The state it is in; `None` before the first step.
    pub state: Option<HandoverState>,
    /// What was tried.
    pub event: HandoverEvent,
}

fn name(state: Option<HandoverState>) -> &'static str {
    state.map_or("not begun", HandoverState::code)
}

/// The state that follows from an event; `None` is a case of which nobody has said a word yet.
pub const fn next(state: Option<HandoverState>, event: HandoverEvent) -> Result<HandoverState, NotPossible> {
    use HandoverEvent as E;
    use HandoverState as S;
    Ok(match (state, event) {
        (None | Some(S::Proposed), E::Propose) => S::Proposed,
        // Who is in already needs no offer; everybody else may be asked, and asked anew.
        (Some(S::Opened | S::Linked), E::Offer) => return Err(NotPossible { state, event }),
        (_, E::Offer) => S::Offered,
        // A customer may come at any time, also unasked, late, or after the end.
        (Some(S::Linked), E::Open) => S::Linked,
        (_, E::Open) => S::Opened,
        (Some(S::Opened | S::Linked), E::Link) => S::Linked,
        (Some(S::Linked), E::Unlink) => S::Offered,
        (None | Some(S::Proposed | S::Offered), E::Refuse) => S::Refused,
        (Some(S::Opened | S::Linked | S::Closed), E::TakeByHand) => {
            return Err(NotPossible { state, event });
        }
        (_, E::TakeByHand) => S::ByHand,
        (Some(S::Offered | S::ByHand), E::Lapse) => S::Lapsed,
        (Some(S::Proposed | S::Offered | S::Opened | S::Linked | S::Refused | S::ByHand), E::Close) => {
            S::Closed
        }
        _ => return Err(NotPossible { state, event }),
    })
}

/// How long a customer is waited for, from the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From the offer to the one reminder; zero for none.
    pub remind: Span,
    /// From the offer to the end of waiting.
    pub lapse: Span,
}

/// What falls due while a customer is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// The one reminder.
    Remind(Timestamp),
    /// The end of waiting.
    Lapse(Timestamp),
}

impl Due {
    /// When.
    pub const fn at(self) -> Timestamp {
        match self {
            Self::Remind(at) | Self::Lapse(at) => at,
        }
    }
}

impl Timing {
    /// What falls due next: nothing unless we wait; one reminder at most, and none that would come with
    /// or after the end.
    pub fn due(self, state: HandoverState, offered_at: Timestamp, reminded: bool) -> Option<Due> {
        if !state.waits() {
            return None;
        }
        let lapse = offered_at.plus(self.lapse);
        let remind = offered_at.plus(self.remind);
        let reminds =
            state == HandoverState::Offered && !reminded && self.remind > Span::ZERO && remind < lapse;
        Some(if reminds { Due::Remind(remind) } else { Due::Lapse(lapse) })
    }
}

/// By what a private message was known to belong to a case, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// It answers a private message of ours, or stands in the conversation in which ours stands.
    Reply,
    /// It holds the reference code of our offer.
    Code,
    /// It comes of the same account, to which the way in was offered.
    Account,
    /// A person says so.
    Person,
}

impl Evidence {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Reply, Self::Code, Self::Account, Self::Person];

    /// The code kept in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Code => "code",
            Self::Account => "account",
            Self::Person => "person",
        }
    }

    /// Reads the code that [`Evidence::code`] prints.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|e| e.code() == code)
    }
}

/// Digits of reference codes: none that people take for another.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const PREFIX: &str = "WC-";
/// Random digits; one that checks them follows.
const RANDOM: usize = 7;

/// A reference code such as `WC-7K3MQ9XA` of a random number; the last digit checks the others.
pub fn code_of(chance: u64) -> String {
    let mut code = PREFIX.to_owned();
    let digits = (0..RANDOM).map(|n| (chance >> (5 * n) & 31) as usize);
    let mut check = 0;
    for (place, digit) in digits.enumerate() {
        check = (check + digit * (2 * place + 1)) & 31;
        code.push(char::from(DIGITS[digit]));
    }
    code.push(char::from(DIGITS[check]));
    code
}

/// The reference codes in a text, as people type them: small letters, O for 0, I and L for 1, blanks
/// in place of the dash. What its last digit does not bear out is none.
pub fn codes_in(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at + 2 + RANDOM < bytes.len() {
        let begins = bytes[at..at + 2].eq_ignore_ascii_case(b"WC")
            && (at == 0 || !bytes[at - 1].is_ascii_alphanumeric());
        match begins.then(|| read(bytes, at + 2)).flatten() {
            Some((code, end)) => {
                if !found.contains(&code) {
                    found.push(code);
                }
                at = end;
            }
            None => at += 1,
        }
    }
    found
}

fn read(bytes: &[u8], from: usize) -> Option<(String, usize)> {
    let mut at = from;
    while matches!(bytes.get(at), Some(b'-' | b' ')) && at < from + 2 {
        at += 1;
    }
    let (mut code, mut values) = (PREFIX.to_owned(), Vec::with_capacity(RANDOM + 1));
    while values.len() <= RANDOM {
        let typed = match bytes.get(at)?.to_ascii_uppercase() {
            b'O' => b'0',
            b'I' | b'L' => b'1',
            other => other,
        };
        let value = DIGITS.iter().position(|d| *d == typed)?;
        code.push(char::from(typed));
        values.push(value);
        at += 1;
    }
    let (check, digits) = values.split_last()?;
    let sum = digits.iter().enumerate().fold(0, |sum, (place, v)| (sum + v * (2 * place + 1)) & 31);
    let ends = bytes.get(at).is_none_or(|b| !b.is_ascii_alphanumeric());
    (ends && sum == *check).then_some((code, at))
}

#[cfg(test)]
mod tests {
    use super::super::grid::grid;
    use super::*;
    use HandoverEvent as E;
    use HandoverState as S;
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
    fn codes_of_states_and_events_are_read_back() {
        assert!(S::ALL.into_iter().all(|s| S::from_code(s.code()) == Some(s)));
        assert!(E::ALL.into_iter().all(|e| E::from_code(e.code()) == Some(e)));
        assert!(Evidence::ALL.into_iter().all(|e| Evidence::from_code(e.code()) == Some(e)));
        assert_eq!((S::from_code("new"), E::from_code("offer")), (None, None));
    }

    #[test]
    fn one_reminder_then_the_end_and_neither_unless_we_wait() {
        let timing = Timing { remind: Span::hours(24), lapse: Span::hours(72) };
        let at = Timestamp(0);
        assert_eq!(timing.due(S::Offered, at, false), Some(Due::Remind(at.plus(Span::hours(24)))));
        assert_eq!(timing.due(S::Offered, at, true), Some(Due::Lapse(at.plus(Span::hours(72)))));
        assert_eq!(timing.due(S::ByHand, at, false), Some(Due::Lapse(at.plus(Span::hours(72)))));
        for state in [S::Proposed, S::Opened, S::Linked, S::Closed, S::Lapsed, S::Refused] {
            assert_eq!(timing.due(state, at, false), None, "{state:?}");
        }
        for remind in [Span::ZERO, Span::hours(72), Span::hours(99)] {
            let due = Timing { remind, ..timing }.due(S::Offered, at, false);
            assert_eq!(due, Some(Due::Lapse(at.plus(Span::hours(72)))), "{remind}");
        }
    }

    #[test]
    fn codes_are_found_as_people_type_them() {
        let code = code_of(0x0123_4567_89ab);
        assert!(code.starts_with("WC-") && code.len() == 11, "{code}");
        let typed = |form: String| codes_in(&form).join(" ");
        assert_eq!(typed(format!("my code is {code}.")), code);
        assert_eq!(typed(format!("({})", code.to_lowercase())), code);
        assert_eq!(typed(code.replace('-', " ")), code);
        assert_eq!(typed(code.replace('-', "")), code);
        assert_eq!(typed(format!("{code} {code}")), code);
        let ones = code_of(1 | 1 << 5);
        assert_eq!(typed(ones.replace('1', "l").replace('0', "o")), ones);
        for none in ["WC-", "wc 2024", "WC-00000001", "AWC-00000000", "the WC is closed", "é WC-é"] {
            assert_eq!(codes_in(none), Vec::<String>::new(), "{none}");
        }
        assert!(codes_in(&format!("x{code}")).is_empty() && codes_in(&format!("{code}9")).is_empty());
    }

    fn event() -> impl Strategy<Value = E> {
        (0..E::ALL.len()).prop_map(|n| E::ALL[n])
    }

    proptest! {
        /// Whatever happens in whatever order: a refused step changes nothing, nobody is linked who did
        /// not come, nobody lapses whom we did not wait for, and a way on is always left.
        #[test]
        fn every_walk_keeps_its_word(events in prop::collection::vec(event(), 1..40)) {
            let (mut state, mut came, mut waited) = (None, false, false);
            for event in events {
                match next(state, event) {
                    Ok(after) => {
                        came |= event == E::Open;
                        prop_assert!(after != S::Linked || came);
                        prop_assert!(after != S::Lapsed || waited || state == Some(S::Lapsed));
                        prop_assert!(after != S::Offered || matches!(event, E::Offer | E::Unlink));
                        waited = after.waits();
                        state = Some(after);
                    }
                    Err(refused) => prop_assert_eq!(refused, NotPossible { state, event }),
                }
                prop_assert!(next(state, E::Open).is_ok(), "a customer can always come");
            }
        }

        #[test]
        fn any_code_is_read_back_and_one_wrong_digit_is_not(chance: u64, place in 3..11usize, by in 1..32usize) {
            let code = code_of(chance);
            prop_assert_eq!(codes_in(&format!("hi {code}!")), vec![code.clone()]);
            let mut bytes = code.clone().into_bytes();
            let digit = DIGITS.iter().position(|d| *d == bytes[place]).unwrap();
            bytes[place] = DIGITS[(digit + by) % 32];
            let wrong = String::from_utf8(bytes).unwrap();
            prop_assert!(codes_in(&wrong).is_empty(), "{} {}", code, wrong);
        }

        #[test]
        fn any_text_can_be_looked_through(text in ".{0,80}") {
            codes_in(&text);
        }
    }
}
