//! What a command about goodwill or a formal complaint asks for, as it was written, and what it is answered with where it
//! asks for nothing. Without I/O.

use super::super::card::Look;
use super::super::handle::done_already;
use super::super::text::cut;
use super::super::texts::Lang;
use crate::casework::{Act, ComplaintAct, GoodwillAct};
use crate::domain::complaint::Outcome;
use crate::domain::ending::{BackDoor, Ending, Solved};
use crate::domain::goodwill::{GoodwillKind, Terms, amount, shown};
use crate::domain::time::Timestamp;
use crate::store::chat::Presser;
use crate::store::complaint::ComplaintRow;
use crate::store::goodwill::GoodwillRow;
use crate::store::rows::{CaseEventRow, ObligationRow};
use serde::{Deserialize, Serialize};

/// How many gifts a list names.
const LISTED_MAX: usize = 10;
/// Longest reason that is taken, in UTF-16 units.
const WHY_UNITS_MAX: usize = 500;

/// What somebody asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Deed {
    /// Give so much; what it is, the press says.
    Give(i64),
    /// Decide about what a colleague wants to give.
    Stand { id: String, goes: bool },
    /// It was not given after all.
    TakeBack(String),
    /// It is a formal complaint.
    Mark,
    /// The customer has our word.
    Acknowledge,
    /// This is decided.
    Decide(String),
    /// It is none after all.
    Unmark,
    /// The case is solved: by whom, and why they came, as codes.
    Resolve { solved: String, back_door: Option<String> },
}

impl Deed {
    /// The events on the timeline by which it is known that it was done.
    pub(super) const fn events(&self) -> &'static [&'static str] {
        match self {
            Self::Give(_) => &["goodwill", "goodwill_asked"],
            Self::Stand { goes: true, .. } => &["goodwill_approved"],
            Self::Stand { .. } => &["goodwill_refused"],
            Self::TakeBack(_) => &["goodwill_taken_back"],
            Self::Mark => &["complaint"],
            Self::Acknowledge => &["complaint_acknowledged"],
            Self::Decide(_) => &["complaint_decided"],
            Self::Unmark => &["complaint_unmarked"],
            Self::Resolve { .. } => &["resolve"],
        }
    }

    /// Whether this person did just this since. Of two gifts asked for one after the other each is its own.
    pub(super) fn is_done(&self, since: &[CaseEventRow], presser: &Presser) -> bool {
        let same = |e: &&CaseEventRow| match self {
            Self::Give(micros) => e.body.contains(&format!("\"{} ", shown(*micros))),
            Self::Stand { id, .. } | Self::TakeBack(id) => e.body.contains(id.as_str()),
            _ => true,
        };
        let since: Vec<CaseEventRow> = since.iter().filter(same).cloned().collect();
        self.events().iter().any(|kind| done_already(&since, presser, kind))
    }

    /// What casework is asked for; nothing for a button that there is not.
    pub(super) fn act(&self, choice: u8, why: String) -> Option<Act> {
        Some(match self {
            Self::Give(micros) => {
                let kind = *GoodwillKind::ALL.get(usize::from(choice))?;
                Act::Goodwill(GoodwillAct::Grant { kind, micros: *micros, why })
            }
            _ if choice != 0 => return None,
            Self::Stand { id, goes } => Act::Goodwill(GoodwillAct::Decide { id: id.clone(), goes: *goes }),
            Self::TakeBack(id) => Act::Goodwill(GoodwillAct::TakeBack { id: id.clone(), why }),
            Self::Mark => Act::Complaint(ComplaintAct::Mark { made: None }),
            Self::Acknowledge => Act::Complaint(ComplaintAct::Acknowledge),
            Self::Decide(outcome) => {
                let outcome = Outcome::from_code(outcome)?;
                Act::Complaint(ComplaintAct::Decide { outcome, reason: why })
            }
            Self::Unmark => Act::Complaint(ComplaintAct::Unmark { reason: why }),
            Self::Resolve { solved, back_door } => {
                let solved = Solved::from_code(solved)?;
                let back_door = back_door.as_deref().and_then(BackDoor::from_code);
                let ending = Ending { solved, difference: None, back_door };
                Act::Resolve { reason: why, ending: solved.is_theirs().then_some(ending) }
            }
        })
    }
}

/// What was asked: a question to confirm, or a plain answer.
pub(super) enum Said {
    Ask { head: String, deed: Deed, why: String },
    Tell(String),
}

pub(super) fn split(text: &str) -> (&str, &str) {
    text.trim().split_once(char::is_whitespace).map_or((text.trim(), ""), |(a, b)| (a, b.trim()))
}

/// What stands of a case's goodwill, and what who asks may give.
pub(super) struct Gifts {
    pub rows: Vec<GoodwillRow>,
    pub standing: i64,
    pub terms: Terms,
    pub limit: Option<i64>,
}

impl Gifts {
    /// Those in a state, with their numbers in the list.
    pub(super) fn in_state(&self, states: &[&str]) -> Vec<(usize, &GoodwillRow)> {
        let all = self.rows.iter().enumerate();
        all.filter(|(_, g)| states.contains(&g.state.as_str())).map(|(at, g)| (at + 1, g)).collect()
    }

    fn line(t: Lang, at: usize, g: &GoodwillRow) -> String {
        let (kind, state) = (t.name("goodwill", &g.kind), t.name("goodwill_state", &g.state));
        format!("{at}: {} {}, {kind}, {state}", shown(g.micros), g.currency)
    }

    pub(super) fn list(&self, t: Lang, number: i64) -> String {
        let lines: Vec<String> =
            self.rows.iter().enumerate().take(LISTED_MAX).map(|(at, g)| Self::line(t, at + 1, g)).collect();
        let all =
            if lines.is_empty() { t.goodwill_none(number) } else { t.goodwill_all(number, lines.join("; ")) };
        let limit = match self.limit {
            Some(limit) => t.goodwill_limit(shown(limit), &self.terms.currency, shown(self.standing)),
            None => t.goodwill_no_limit().to_owned(),
        };
        format!("{all} {limit}")
    }

    /// The one that is meant, or what is said where it is not known which.
    pub(super) fn one(
        &self,
        t: Lang,
        number: i64,
        states: &[&str],
        chosen: Option<usize>,
    ) -> Result<&GoodwillRow, String> {
        let found = self.in_state(states);
        match (found.as_slice(), chosen) {
            ([], _) => Err(t.goodwill_nothing_such(number)),
            ([(_, only)], None) => Ok(only),
            (several, Some(n)) if several.iter().any(|(at, _)| *at == n) => Ok(&self.rows[n - 1]),
            (several, _) => {
                let all: Vec<String> = several.iter().map(|(at, g)| Self::line(t, *at, g)).collect();
                Err(t.goodwill_which(number, all.join("; ")))
            }
        }
    }

    /// What a command about goodwill asks for.
    pub(super) fn said(&self, t: Lang, number: i64, brand: &str, rest: &str) -> Said {
        let (first, more) = split(rest);
        let (chosen, after) = match split(more) {
            (n, after) if n.parse::<usize>().is_ok() => (n.parse().ok(), after),
            _ => (None, more),
        };
        let told =
            |g: &GoodwillRow| format!("{} {}, {}", shown(g.micros), g.currency, t.name("goodwill", &g.kind));
        let ask =
            |head: String, deed: Deed, why: &str| Said::Ask { head, deed, why: cut(why, WHY_UNITS_MAX) };
        match first.to_lowercase().as_str() {
            "" => Said::Tell(self.list(t, number)),
            word @ ("ok" | "yes" | "ja" | "no" | "nee") => match self.one(t, number, &["asked"], chosen) {
                Err(why) => Said::Tell(why),
                Ok(g) => {
                    let goes = !matches!(word, "no" | "nee");
                    let head = if goes {
                        t.goodwill_ask_yes(number, brand, told(g))
                    } else {
                        t.goodwill_ask_no(number, brand, told(g))
                    };
                    ask(head, Deed::Stand { id: g.id.clone(), goes }, "")
                }
            },
            "back" | "terug" => match self.one(t, number, &["asked", "granted"], chosen) {
                Err(why) => Said::Tell(why),
                Ok(_) if after.is_empty() => Said::Tell(t.tell_goodwill().to_owned()),
                Ok(g) => {
                    ask(t.goodwill_ask_back(number, brand, told(g)), Deed::TakeBack(g.id.clone()), after)
                }
            },
            _ => {
                let (currency, why) = split(more);
                let Some(micros) = amount(first).filter(|_| !currency.is_empty() && !why.is_empty()) else {
                    return Said::Tell(t.tell_goodwill().to_owned());
                };
                if !currency.eq_ignore_ascii_case(&self.terms.currency) {
                    return Said::Tell(t.goodwill_currency(&self.terms.currency));
                }
                let within = self.limit.is_none_or(|limit| self.standing.saturating_add(micros) <= limit);
                let (sum, currency) = (shown(micros), &self.terms.currency);
                let head = if within {
                    t.goodwill_ask(number, brand, sum, currency)
                } else {
                    t.goodwill_ask_above(number, brand, sum, currency)
                };
                ask(head, Deed::Give(micros), why)
            }
        }
    }
}

/// What a command about a formal complaint asks for.
pub(super) fn complaint_said(
    look: &Look,
    number: i64,
    brand: &str,
    rest: &str,
    stands: &Complaint,
    now: Timestamp,
) -> Said {
    let (t, (first, why)) = (look.lang, split(rest));
    let ask = |head: String, deed: Deed| Said::Ask { head, deed, why: cut(why, WHY_UNITS_MAX) };
    let outcome = match first.to_lowercase().as_str() {
        "" if stands.0.is_none() => return ask(t.complaint_ask_mark(number, brand), Deed::Mark),
        "" => return Said::Tell(stands.told(look, number, now)),
        "ack" | "acknowledge" | "bevestig" => {
            return ask(t.complaint_ask_ack(number, brand), Deed::Acknowledge);
        }
        "none" | "geen" if !why.is_empty() => {
            return ask(t.complaint_ask_unmark(number, brand), Deed::Unmark);
        }
        "upheld" | "gegrond" => Outcome::Upheld,
        "partly" | "deels" => Outcome::Partly,
        "rejected" | "ongegrond" => Outcome::NotUpheld,
        "withdrawn" | "ingetrokken" => Outcome::Withdrawn,
        _ => return Said::Tell(t.tell_complaint().to_owned()),
    };
    if why.is_empty() {
        return Said::Tell(t.tell_complaint().to_owned());
    }
    ask(
        t.complaint_ask_decide(number, brand, t.name("outcome", outcome.code())),
        Deed::Decide(outcome.code().to_owned()),
    )
}

/// The formal complaint that stands on a case, if one does, with its clocks.
pub(super) struct Complaint(pub Option<ComplaintRow>, pub Vec<ObligationRow>);

impl Complaint {
    pub(super) fn told(&self, look: &Look, number: i64, now: Timestamp) -> String {
        let t = look.lang;
        let Some(row) = &self.0 else { return t.tell_complaint().to_owned() };
        if let Some(outcome) = &row.outcome {
            return t.complaint_is_decided(number, t.name("outcome", outcome));
        }
        let due = |wait: i64| {
            let clock = self.1.iter().find(|o| o.wait == wait && o.ended_at.is_none());
            clock
                .map(|o| format!("{} {}", t.name("clock", &o.kind), look.time_from(Timestamp(o.due_at), now)))
        };
        let open: Vec<String> = [row.acknowledge_wait, row.decide_wait].into_iter().filter_map(due).collect();
        t.complaint_stands(number, open.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::goodwill::UNIT;

    fn gifts() -> Gifts {
        let row = |id: &str, units: i64, state: &str| GoodwillRow {
            id: id.into(),
            brand_id: "b".into(),
            case_id: "c".into(),
            kind: "voucher".into(),
            micros: units * UNIT,
            currency: "EUR".into(),
            state: state.into(),
            made_by: "p".into(),
            made_at: 0,
            limit_micros: None,
            decided_by: None,
            decided_at: None,
        };
        Gifts {
            rows: vec![row("g1", 20, "granted"), row("g2", 300, "asked"), row("g3", 400, "asked")],
            standing: 20 * UNIT,
            terms: Terms::default(),
            limit: Some(25 * UNIT),
        }
    }

    #[test]
    fn what_is_asked_for_is_read_or_told_how() {
        let of = |rest: &str| match gifts().said(Lang::En, 7, "Acme", rest) {
            Said::Tell(text) => text,
            Said::Ask { deed, why, head } => format!("{deed:?}|{why}|{}", head.contains("second person")),
        };
        assert_eq!(of("5 eur three weeks late"), "Give(5000000)|three weeks late|false");
        assert_eq!(of("5,01 EUR late"), "Give(5010000)|late|true", "with what stands it is above");
        assert_eq!(of("ok 3"), "Stand { id: \"g3\", goes: true }||false");
        assert_eq!(of("nee 2"), "Stand { id: \"g2\", goes: false }||false");
        assert_eq!(of("back 1 sent twice"), "TakeBack(\"g1\")|sent twice|false");
        for how in ["5", "5 EUR", "0 EUR x", "much EUR x", "back 1", "1.234 EUR x"] {
            assert_eq!(of(how), Lang::En.tell_goodwill(), "{how}");
        }
        assert!(of("5 USD late").contains("EUR"));
        assert!(of("ok").contains("2: 300.00 EUR") && of("ok 1").contains("3: 400.00 EUR"));
        assert!(of("").contains("1: 20.00 EUR") && of("").contains("25.00 EUR"));
    }
}
