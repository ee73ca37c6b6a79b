//! The end of a shift: what becomes of what somebody has in hand when their duty ends.
//!
//! What they only claimed returns. What holds a draft, a private talk that is open or a promise of theirs is asked
//! about: before the end, and once more at the end; kept by a word, handed to somebody, or returned after the grace.
//! A P1 returns at once, whatever it holds. Nothing returns that was claimed after the end: who works on knows it.

use super::duty::{Said, Shift, spans};
use super::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// `[duty.shift]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ShiftRules {
    /// Whether claims end with the shift of who has them.
    pub claims_end: bool,
    /// How long before the end is asked what becomes of cases that hold something, in minutes.
    pub ask_minutes: i64,
    /// How long after the end an answer to that is waited for, in minutes.
    pub grace_minutes: i64,
    /// How long after the end somebody may keep a case, in hours.
    pub keep_hours: i64,
    /// Whether a summary is made when the shift changes, and the team's chats hear of it.
    pub summaries: bool,
}

impl Default for ShiftRules {
    fn default() -> Self {
        Self { claims_end: true, ask_minutes: 15, grace_minutes: 15, keep_hours: 24, summaries: true }
    }
}

impl ShiftRules {
    /// The numbers with the names of their settings and what is allowed.
    pub const fn bounds(&self) -> [(&'static str, i64, (i64, i64)); 3] {
        [
            ("ask_minutes", self.ask_minutes, (1, 120)),
            ("grace_minutes", self.grace_minutes, (0, 120)),
            ("keep_hours", self.keep_hours, (1, 168)),
        ]
    }
}

/// Why somebody is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Their planned shift is over.
    Planned,
    /// They said so.
    SaidOff,
    /// The time is over for which they said to be on: their own, or the brand's hours.
    TimeOver,
}

/// How somebody stands at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They were not on duty of late; what they have, they have for another reason.
    Never,
    /// They may no longer log in.
    Gone,
    /// They are on, until then.
    On {
        /// Until when, over all stretches that follow each other.
        until: Timestamp,
    },
    /// They were on, and are not.
    Off {
        /// Since when.
        since: Timestamp,
        /// Why.
        why: Ended,
    },
}

/// How far back the last duty of somebody is looked for, and how far ahead its end.
pub const BACK: Span = Span::days(14);
/// How far ahead.
pub const AHEAD: Span = Span::days(2);

/// How a person stands at `now`, by what they said and what was planned from [`BACK`] before to [`AHEAD`] after it.
pub fn standing(said: &[Said], planned: &[Shift], person: &str, now: Timestamp) -> Standing {
    let said: Vec<Said> = said.iter().filter(|s| s.person == person).cloned().collect();
    let planned: Vec<Shift> = planned.iter().filter(|s| s.person == person).cloned().collect();
    // What they will say is not known; what is planned is.
    let all = spans(&said, &planned, now.minus(BACK), now.plus(AHEAD));
    if let Some(at) = all.iter().position(|p| p.from <= now && now < p.until) {
        let mut until = all[at].until;
        for next in &all[at + 1..] {
            if next.from != until {
                break;
            }
            until = next.until;
        }
        return Standing::On { until };
    }
    let Some(last) = all.iter().filter(|p| p.until <= now).max_by_key(|p| p.until) else {
        return Standing::Never;
    };
    let since = last.until;
    let why = if said.iter().any(|s| !s.on && s.from == since) {
        Ended::SaidOff
    } else if last.planned {
        Ended::Planned
    } else {
        Ended::TimeOver
    };
    Standing::Off { since, why }
}

/// What somebody was asked about a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// When first.
    pub at: Timestamp,
    /// The end of duty that it was about.
    pub ends_at: Timestamp,
    /// When it was asked at the end.
    pub again_at: Option<Timestamp>,
    /// When they said that they keep it.
    pub kept_at: Option<Timestamp>,
}

/// A case in somebody's hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Since when they have it.
    pub since: Timestamp,
    /// Whether it is a P1.
    pub p1: bool,
    /// Whether it holds a draft, an open private talk or a promise of theirs.
    pub holds: bool,
    /// What they were asked about it since they have it.
    pub asked: Option<Asked>,
}

/// Why a case returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// A planned shift was over.
    ShiftOver,
    /// They said that they are off.
    SaidOff,
    /// The time was over for which they said to be on.
    TimeOver,
    /// It is a P1, and who had it is off.
    Urgent,
    /// They were asked, and did not answer.
    Unanswered,
    /// They kept it, and did not come back to it in time.
    KeptTooLong,
    /// They may no longer log in.
    Gone,
}

impl Why {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::ShiftOver,
        Self::SaidOff,
        Self::TimeOver,
        Self::Urgent,
        Self::Unanswered,
        Self::KeptTooLong,
        Self::Gone,
    ];

    /// The word on the timeline.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ShiftOver => "shift_over",
            Self::SaidOff => "said_off",
            Self::TimeOver => "time_over",
            Self::Urgent => "urgent",
            Self::Unanswered => "unanswered",
            Self::KeptTooLong => "kept_too_long",
            Self::Gone => "gone",
        }
    }
}

/// What is to be done about a case in somebody's hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Stay,
    /// Ask them; the duty ends, or ended, at that instant.
    Ask(Timestamp),
    /// Ask again, for the duty is over.
    AskAgain,
    /// The question is settled: they are on again, or for longer.
    Settled,
    /// Return it.
    Return(Why),
}

/// What is to be done at `now` about a case in the hand of somebody who stands so.
pub fn step(held: &Held, standing: Standing, rules: &ShiftRules, now: Timestamp) -> Step {
    match standing {
        // Whatever the rules say of shifts: nobody else would learn that it waits.
        Standing::Gone => Step::Return(if held.p1 { Why::Urgent } else { Why::Gone }),
        _ if !rules.claims_end => Step::Stay,
        Standing::Never => Step::Stay,
        Standing::On { until } => before_the_end(held, until, rules, now),
        Standing::Off { since, .. } if held.since >= since => Step::Stay,
        Standing::Off { .. } if held.p1 => Step::Return(Why::Urgent),
        Standing::Off { why, .. } if !held.holds => Step::Return(match why {
            Ended::Planned => Why::ShiftOver,
            Ended::SaidOff => Why::SaidOff,
            Ended::TimeOver => Why::TimeOver,
        }),
        Standing::Off { since, .. } => after_the_end(held, since, rules, now),
    }
}

fn before_the_end(held: &Held, until: Timestamp, rules: &ShiftRules, now: Timestamp) -> Step {
    let near = until.since(now) <= Span::minutes(rules.ask_minutes);
    match held.asked {
        Some(Asked { kept_at: None, .. }) if !near || !held.holds => Step::Settled,
        Some(Asked { kept_at: None, .. }) => Step::Stay,
        Some(Asked { kept_at: Some(_), ends_at, .. }) if until <= ends_at => Step::Stay,
        _ if near && held.holds => Step::Ask(until),
        _ => Step::Stay,
    }
}

fn after_the_end(held: &Held, since: Timestamp, rules: &ShiftRules, now: Timestamp) -> Step {
    let Some(asked) = held.asked else { return Step::Ask(since) };
    match (asked.kept_at, asked.again_at) {
        (Some(kept), _) if since <= asked.ends_at || since <= kept => {
            let over = since.max(kept).plus(Span::hours(rules.keep_hours)) <= now;
            if over { Step::Return(Why::KeptTooLong) } else { Step::Stay }
        }
        (Some(_), _) => Step::Ask(since),
        (None, None) => Step::AskAgain,
        (None, Some(again)) if again.plus(Span::minutes(rules.grace_minutes)) <= now => {
            Step::Return(Why::Unanswered)
        }
        (None, Some(_)) => Step::Stay,
    }
}

#[cfg(test)]
mod tests {
    use super::super::duty::{Reach, Role};
    use super::*;
    use proptest::prelude::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp(1_800_000_000_000).plus(Span::minutes(minutes))
    }

    fn shift(from: i64, until: i64) -> Shift {
        Shift {
            person: "jan".into(),
            from: at(from),
            until: at(until),
            reach: Reach::default(),
            role: Role::Agent,
            buddy: None,
        }
    }

    fn said(on: bool, from: i64, until: i64) -> Said {
        Said { person: "jan".into(), on, from: at(from), until: at(until), reach: Reach::default() }
    }

    fn off(since: i64) -> Standing {
        Standing::Off { since: at(since), why: Ended::Planned }
    }

    const PLAIN: Held = Held { since: Timestamp(0), p1: false, holds: false, asked: None };
    const HOLDS: Held = Held { holds: true, ..PLAIN };

    fn rules() -> ShiftRules {
        ShiftRules::default()
    }

    #[test]
    fn how_somebody_stands_and_why_they_are_off() {
        let now = at(600);
        assert_eq!(standing(&[], &[], "jan", now), Standing::Never);
        assert_eq!(
            standing(&[], &[shift(0, 700), shift(700, 900)], "jan", now),
            Standing::On { until: at(900) }
        );
        assert_eq!(standing(&[], &[shift(0, 500), shift(700, 900)], "jan", now), off(500));
        let left = standing(&[said(false, 450, 500)], &[shift(0, 500)], "jan", now);
        assert_eq!(left, Standing::Off { since: at(450), why: Ended::SaidOff });
        let over = standing(&[said(true, 100, 300)], &[], "jan", now);
        assert_eq!(over, Standing::Off { since: at(300), why: Ended::TimeOver });
        assert_eq!(standing(&[], &[shift(0, 700)], "els", now), Standing::Never);
    }

    #[test]
    fn what_was_only_claimed_returns_at_the_end_and_what_was_taken_afterwards_stays() {
        assert_eq!(step(&PLAIN, Standing::On { until: at(1) }, &rules(), at(0)), Step::Stay);
        assert_eq!(step(&PLAIN, off(0), &rules(), at(0)), Step::Return(Why::ShiftOver));
        let later = Held { since: at(0), ..PLAIN };
        assert_eq!(step(&later, off(0), &rules(), at(5)), Step::Stay);
        let never = ShiftRules { claims_end: false, ..rules() };
        assert_eq!(step(&PLAIN, off(0), &never, at(5)), Step::Stay);
        assert_eq!(step(&PLAIN, Standing::Never, &rules(), at(5)), Step::Stay);
        for held in [PLAIN, HOLDS] {
            assert_eq!(step(&held, Standing::Gone, &never, at(5)), Step::Return(Why::Gone));
        }
        let p1 = Held { p1: true, ..PLAIN };
        assert_eq!(step(&p1, Standing::Gone, &never, at(5)), Step::Return(Why::Urgent));
    }

    #[test]
    fn what_holds_something_is_asked_about_before_the_end_and_at_the_end_and_returns_after_the_grace() {
        let on = Standing::On { until: at(60) };
        assert_eq!(step(&HOLDS, on, &rules(), at(44)), Step::Stay);
        assert_eq!(step(&HOLDS, on, &rules(), at(45)), Step::Ask(at(60)));
        let asked = Asked { at: at(45), ends_at: at(60), again_at: None, kept_at: None };
        let held = Held { asked: Some(asked), ..HOLDS };
        assert_eq!(step(&held, on, &rules(), at(50)), Step::Stay);
        assert_eq!(step(&held, off(60), &rules(), at(60)), Step::AskAgain);
        let again = Held { asked: Some(Asked { again_at: Some(at(60)), ..asked }), ..HOLDS };
        assert_eq!(step(&again, off(60), &rules(), at(74)), Step::Stay);
        assert_eq!(step(&again, off(60), &rules(), at(75)), Step::Return(Why::Unanswered));
        // Who stays longer is asked again then.
        assert_eq!(step(&held, Standing::On { until: at(300) }, &rules(), at(50)), Step::Settled);
    }

    #[test]
    fn what_is_kept_stays_for_its_time_and_a_p1_never() {
        let kept = Asked { at: at(45), ends_at: at(60), again_at: None, kept_at: Some(at(50)) };
        let held = Held { asked: Some(kept), ..HOLDS };
        assert_eq!(step(&held, off(60), &rules(), at(61)), Step::Stay);
        assert_eq!(step(&held, off(60), &rules(), at(60 + 24 * 60)), Step::Return(Why::KeptTooLong));
        // The next shift's end asks anew.
        assert_eq!(step(&held, off(1500), &rules(), at(1500)), Step::Ask(at(1500)));
        assert_eq!(step(&held, Standing::On { until: at(1500) }, &rules(), at(1490)), Step::Ask(at(1500)));
        let p1 = Held { p1: true, ..held };
        assert_eq!(step(&p1, off(60), &rules(), at(60)), Step::Return(Why::Urgent));
    }

    /// A minute of a day in which people come and go, claim, write and answer.
    fn events() -> impl Strategy<Value = Vec<(u8, bool, bool)>> {
        proptest::collection::vec((0u8..8, any::<bool>(), any::<bool>()), 60..400)
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_stays_with_who_left(all in events(), begins in 0i64..120, lasts in 1i64..200) {
            let planned = [shift(begins, begins + lasts)];
            let (mut words, mut claim): (Vec<Said>, Option<Held>) = (Vec::new(), None);
            let rules = ShiftRules { keep_hours: 1, ..rules() };
            let (mut asks, mut returns, mut open) = (0, 0, false);
            for (minute, (what, flag, other)) in all.iter().enumerate() {
                let now = at(i64::try_from(minute).unwrap());
                match (what, &mut claim) {
                    (0, None) => claim = Some(Held { since: now, p1: *flag && *other, holds: *flag, asked: None }),
                    (1, Some(held)) => held.holds = *flag,
                    (2, Some(held)) => if let Some(a) = held.asked.as_mut().filter(|a| a.kept_at.is_none()) {
                        a.kept_at = Some(now);
                        open = false;
                    },
                    (3, _) if *flag => words.push(Said { person: "jan".into(), on: *other, from: now,
                        until: now.plus(Span::minutes(30)), reach: Reach::default() }),
                    _ => {}
                }
                let stands = standing(&words, &planned, "jan", now);
                let Some(held) = claim.as_mut() else { continue };
                match step(held, stands, &rules, now) {
                    Step::Stay => {}
                    Step::Ask(ends_at) => {
                        prop_assert!(held.holds, "what holds nothing is not asked about");
                        let again_at = (ends_at <= now).then_some(now);
                        held.asked = Some(Asked { at: now, ends_at, again_at, kept_at: None });
                        (asks, open) = (asks + 1, true);
                    }
                    Step::AskAgain => held.asked.as_mut().unwrap().again_at = Some(now),
                    Step::Settled => { held.asked = None; open = false; }
                    Step::Return(why) => {
                        let Standing::Off { since, .. } = stands else { panic!("returned from somebody on duty") };
                        prop_assert!(held.since < since);
                        if why == Why::Unanswered {
                            prop_assert!(open, "only a question that was asked is unanswered");
                        }
                        if held.holds && !held.p1 {
                            prop_assert!(matches!(why, Why::Unanswered | Why::KeptTooLong));
                            prop_assert!(now.since(since) >= Span::minutes(rules.grace_minutes));
                        }
                        (claim, returns, open) = (None, returns + 1, false);
                        continue;
                    }
                }
                // What is still in hand is with somebody on duty, was taken after their duty, or holds something
                // of which they were asked, for no longer than the grace or the time of keeping.
                if let (Standing::Off { since, .. }, Some(held)) = (stands, &claim) && held.since < since {
                    prop_assert!(held.holds && !held.p1 && held.asked.is_some());
                    let last = held.asked.map_or(since, |a| a.kept_at.or(a.again_at).unwrap_or(a.at)).max(since);
                    prop_assert!(now.since(last) <= Span::hours(1));
                }
            }
            prop_assert!(asks + returns < 800);
        }
    }
}
