//! Windows: how long a platform lets a business write to a person after that person's last message.
//!
//! Messenger and Instagram give 24 hours freely and seven days for what a person writes by hand; WhatsApp gives 24
//! hours, and approved templates after that. What opens a window is a message of the customer alone; ours opens none.

use super::time::{Span, Timestamp};

/// After what share of a window, in percent, it is told that it closes, unless the settings say otherwise.
pub const WARN_PERCENT: i64 = 80;

/// What is left to do where nothing may be written; the bot knows it in Dutch.
const LEFT: &str = "wait until the customer writes again, or offer another way in, such as mail or phone";
/// The same where the platform has approved words for it.
const LEFT_APPROVED: &str = "send words that the platform has approved, or wait until the customer writes again, or offer another way in, such as mail or phone";

/// The rule of a platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowRule {
    /// How long anything may be written.
    pub free: Span,
    /// How long an answer may be written that a person wrote by hand, where that is longer.
    pub by_hand: Option<Span>,
    /// Whether words that the platform has approved may go when it is closed.
    pub approved: bool,
}

/// Where a window stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Anything may be written.
    Open {
        /// Until when.
        until: Timestamp,
    },
    /// Only what a person wrote by hand.
    ByHand {
        /// Until when.
        until: Timestamp,
    },
    /// Nothing, until the customer writes again.
    Closed,
}

/// An instant as people read it: no window ends within a second.
fn told(at: Timestamp) -> String {
    let text = at.rfc3339();
    text.split_once('.').map_or(text.clone(), |(seconds, _)| format!("{seconds}Z"))
}

impl WindowRule {
    /// Where the window stands at `now`, by the time of the customer's last message on the platform; `None` says that
    /// they never wrote there. At the very instant at which a window ends it is closed.
    pub fn standing(&self, last_inbound: Option<Timestamp>, now: Timestamp) -> Standing {
        let Some(last) = last_inbound else { return Standing::Closed };
        let until = last.plus(self.free);
        if now < until {
            return Standing::Open { until };
        }
        match self.by_hand.map(|span| last.plus(span)) {
            Some(until) if now < until => Standing::ByHand { until },
            _ => Standing::Closed,
        }
    }

    /// Why a message may not go at `now`, in words that say what is left to do; nothing if it may. `automatic` is what no
    /// person wrote, which never goes in the time that is for what is written by hand.
    pub fn refusal(
        &self,
        last_inbound: Option<Timestamp>,
        now: Timestamp,
        automatic: bool,
    ) -> Option<String> {
        match self.standing(last_inbound, now) {
            Standing::Open { .. } => None,
            Standing::ByHand { .. } if !automatic => None,
            Standing::ByHand { until } => Some(format!(
                "until {} the platform takes only what a person writes by hand, and this was not: write an answer of your own",
                told(until)
            )),
            Standing::Closed => Some(match last_inbound.map(|last| told(self.ends_at(last))) {
                Some(at) => {
                    format!(
                        "the platform's window for private messages is closed (it closed at {at}): {}",
                        self.left()
                    )
                }
                None => format!(
                    "the platform's window for private messages is closed (the customer has not written there yet): {}",
                    self.left()
                ),
            }),
        }
    }

    /// What is left to do when it is closed.
    const fn left(&self) -> &'static str {
        if self.approved { LEFT_APPROVED } else { LEFT }
    }

    /// When nothing can be written any more.
    pub fn ends_at(&self, last_inbound: Timestamp) -> Timestamp {
        last_inbound.plus(self.by_hand.map_or(self.free, |by_hand| by_hand.max(self.free)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: WindowRule =
        WindowRule { free: Span::hours(24), by_hand: Some(Span::days(7)), approved: false };

    #[test]
    fn a_window_is_free_then_by_hand_then_closed() {
        let last = Timestamp(1_000);
        let at = |span: Span| RULE.standing(Some(last), last.plus(span));
        assert_eq!(at(Span::ZERO), Standing::Open { until: last.plus(Span::hours(24)) });
        assert_eq!(
            at(Span(Span::hours(24).millis() - 1)),
            Standing::Open { until: last.plus(Span::hours(24)) }
        );
        assert_eq!(at(Span::hours(24)), Standing::ByHand { until: last.plus(Span::days(7)) });
        assert_eq!(at(Span::days(7)), Standing::Closed);
        assert_eq!(RULE.standing(None, last), Standing::Closed);
        assert_eq!(RULE.ends_at(last), last.plus(Span::days(7)));
    }

    #[test]
    fn what_no_person_wrote_never_goes_in_the_time_by_hand() {
        let last = Timestamp(0);
        let refused = |span: Span, automatic| RULE.refusal(Some(last), last.plus(span), automatic).is_some();
        assert!(!refused(Span(Span::hours(24).millis() - 1), true));
        assert!(refused(Span::hours(24), true) && !refused(Span::hours(24), false));
        assert!(!refused(Span(Span::days(7).millis() - 1), false) && refused(Span::days(7), false));
        let words = RULE.refusal(Some(last), last.plus(Span::days(8)), false).unwrap();
        assert!(
            words.contains("it closed at 1970-01-08T00:00:00Z") && words.contains("another way in"),
            "{words}"
        );
        assert!(RULE.refusal(None, last, false).unwrap().contains("not written there yet"));
    }

    #[test]
    fn without_a_longer_one_by_hand_it_closes_at_once() {
        let rule = WindowRule { free: Span::hours(24), by_hand: None, approved: false };
        let last = Timestamp(0);
        assert_eq!(rule.standing(Some(last), last.plus(Span::hours(24))), Standing::Closed);
        assert_eq!(rule.ends_at(last), last.plus(Span::hours(24)));
    }
}
