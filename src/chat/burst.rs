//! How a burst of alerts becomes few messages: a pure law.
//!
//! The first alert goes at once. What follows within the burst joins by editing that message, at
//! most every few seconds; a new message comes at most every half minute a chat. So one incident
//! rings once, and every case is still listed. A message that is full takes no more: what is left
//! waits for the next one.

use crate::domain::time::{Span, Timestamp};

/// Least time between two messages to one chat.
pub const NEW_MESSAGE: Span = Span::seconds(30);
/// Least time between two edits of one message.
pub const EDIT: Span = Span::seconds(3);
/// The most cases that one message lists; with lines of at most [`LINE_UNITS_MAX`] units they
/// always fit into it.
pub const CASES_MAX: usize = 25;
/// The longest line of a list, in UTF-16 units.
pub const LINE_UNITS_MAX: usize = 155;

/// The last message of alerts in a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burst {
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When it was last sent or edited.
    pub edited_at: Timestamp,
    /// How many cases it lists.
    pub cases: usize,
}

/// What to do with alerts that wait for one chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Send a new message with the first so many cases.
    Send(usize),
    /// Edit the last message: the first so many new cases join it.
    Edit(usize),
    /// Nothing before this instant.
    Wait(Timestamp),
}

/// Decides about `new` cases that wait, where `known` more are listed already and cost no room.
pub fn plan_burst(state: Option<&Burst>, new: usize, known: usize, now: Timestamp) -> Plan {
    let Some(last) = state else { return Plan::Send((new + known).min(CASES_MAX)) };
    // A clock that was set back must not hold alerts for long.
    let fresh = last.sent_at.plus(NEW_MESSAGE);
    if now >= fresh || now < last.sent_at {
        return Plan::Send((new + known).min(CASES_MAX));
    }
    let room = CASES_MAX.saturating_sub(last.cases);
    let joining = new.min(room);
    if joining == 0 && known == 0 {
        return Plan::Wait(fresh);
    }
    let next_edit = last.edited_at.plus(EDIT);
    if now < next_edit { Plan::Wait(next_edit.min(fresh)) } else { Plan::Edit(joining) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_goes_at_once_and_the_next_joins() {
        let at = Timestamp(1_000_000);
        assert_eq!(plan_burst(None, 1, 0, at), Plan::Send(1));
        let burst = Burst { sent_at: at, edited_at: at, cases: 1 };
        assert_eq!(plan_burst(Some(&burst), 2, 0, at), Plan::Wait(at.plus(EDIT)));
        assert_eq!(plan_burst(Some(&burst), 2, 0, at.plus(EDIT)), Plan::Edit(2));
        assert_eq!(plan_burst(Some(&burst), 2, 0, at.plus(NEW_MESSAGE)), Plan::Send(2));
        let full = Burst { cases: CASES_MAX, ..burst };
        assert_eq!(plan_burst(Some(&full), 2, 0, at.plus(EDIT)), Plan::Wait(at.plus(NEW_MESSAGE)));
        assert_eq!(plan_burst(Some(&full), 0, 1, at.plus(EDIT)), Plan::Edit(0));
    }

    proptest! {
        /// Alerts arrive at random; a worker looks at random times. Whatever happens: messages are
        /// half a minute apart, edits three seconds, no message lists too many, a first alert goes
        /// at once, every case is listed once, and none waits longer than the full messages before it.
        #[test]
        fn the_law_holds_in_any_burst(gaps in prop::collection::vec((0i64..4_000, 0usize..6), 1..200)) {
            let (mut now, mut waiting, mut state) = (Timestamp(5_000_000), Vec::new(), None::<Burst>);
            let (mut arrived, mut listed) = (0usize, 0usize);
            let steps = gaps.into_iter().chain(std::iter::repeat_n((1_000, 0), 2_000));
            for (gap, n) in steps {
                now = now.plus(Span(gap));
                for _ in 0..n {
                    waiting.push((now, waiting.len()));
                }
                arrived += n;
                if waiting.is_empty() {
                    continue;
                }
                match plan_burst(state.as_ref(), waiting.len(), 0, now) {
                    Plan::Send(n) => {
                        prop_assert!(n > 0 && n <= CASES_MAX);
                        if let Some(last) = state {
                            prop_assert!(now.since(last.sent_at) >= NEW_MESSAGE);
                        }
                        state = Some(Burst { sent_at: now, edited_at: now, cases: n });
                        waiting.drain(..n);
                        listed += n;
                    }
                    Plan::Edit(n) => {
                        let last = state.as_mut().expect("an edit has a message");
                        prop_assert!(n > 0 && now.since(last.edited_at) >= EDIT);
                        last.edited_at = now;
                        last.cases += n;
                        prop_assert!(last.cases <= CASES_MAX);
                        waiting.drain(..n);
                        listed += n;
                    }
                    Plan::Wait(until) => {
                        prop_assert!(until > now && until.since(now) <= NEW_MESSAGE);
                        prop_assert!(state.is_some(), "a first alert goes at once");
                    }
                }
                if let Some((oldest, ahead)) = waiting.first() {
                    let messages = 2 + ahead.div_ceil(CASES_MAX) as i64;
                    let bound = Span(NEW_MESSAGE.millis() * messages + 8_000);
                    prop_assert!(now.since(*oldest) <= bound, "waited {}", now.since(*oldest));
                }
            }
            prop_assert_eq!(listed, arrived);
        }
    }
}
