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

/// The end of a window that is near.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    /// When it is.
    pub at: Timestamp,
    /// Whether what a person writes by hand may go after it.
    pub then_by_hand: bool,
}

/// An instant as people read it: no window ends within a second.
fn told(at: Timestamp) -> String {
    let text = at.rfc3339();
    text.split_once('.').map_or(text.clone(), |(seconds, _)| format!("{seconds}Z"))
}

fn share(span: Span, percent: i64) -> Span {
    Span(span.millis().saturating_mul(percent.clamp(1, 100)) / 100)
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

    /// After how long it is told first that a window closes, where it is told after so many percent of each.
    pub fn told_after(&self, percent: i64) -> Span {
        share(self.free, percent)
    }

    /// Which end of a window is near at `now`, if one is: that of the free time, and where a person may write on by hand
    /// later that of this.
    pub fn closing(&self, last_inbound: Timestamp, now: Timestamp, percent: i64) -> Option<Closing> {
        let is_near = |span: Span| now >= last_inbound.plus(share(span, percent));
        match self.standing(Some(last_inbound), now) {
            Standing::Open { until } if is_near(self.free) => {
                Some(Closing { at: until, then_by_hand: self.by_hand.is_some_and(|span| span > self.free) })
            }
            Standing::ByHand { until } if is_near(self.by_hand.unwrap_or(self.free)) => {
                Some(Closing { at: until, then_by_hand: false })
            }
            _ => None,
        }
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
    fn each_end_is_near_after_its_own_share() {
        let last = Timestamp(0);
        let near = |rule: WindowRule, span: Span| {
            rule.closing(last, last.plus(span), 80).map(|c| (c.at.since(last), c.then_by_hand))
        };
        let short = |span: Span| Span(span.millis() - 1);
        let (free, by_hand) = (Span::minutes(24 * 60 * 4 / 5), Span::minutes(7 * 24 * 60 * 4 / 5));
        assert_eq!(near(RULE, short(free)), None);
        assert_eq!(near(RULE, free), Some((Span::hours(24), true)));
        assert_eq!(near(RULE, short(Span::hours(24))), Some((Span::hours(24), true)));
        assert_eq!(near(RULE, Span::hours(24)), None, "days are left for what is written by hand");
        assert_eq!(near(RULE, by_hand), Some((Span::days(7), false)));
        assert_eq!(near(RULE, Span::days(7)), None);
        let plain = WindowRule { by_hand: None, ..RULE };
        assert_eq!(near(plain, free), Some((Span::hours(24), false)));
        assert_eq!((RULE.told_after(80), RULE.told_after(0).millis()), (free, 24 * 36_000));
    }

    #[test]
    fn without_a_longer_one_by_hand_it_closes_at_once() {
        let rule = WindowRule { free: Span::hours(24), by_hand: None, approved: false };
        let last = Timestamp(0);
        assert_eq!(rule.standing(Some(last), last.plus(Span::hours(24))), Standing::Closed);
        assert_eq!(rule.ends_at(last), last.plus(Span::hours(24)));
    }
}
