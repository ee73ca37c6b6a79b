//! Goodwill and formal complaints from the chat: `/goodwill 12 25 EUR why`, `/complaint 12`.
//!
//! Nothing is done by typing alone: what was read is shown, and a press of who asked does it, with the version of the
//! case that was seen. Amounts and what stands about goodwill are told in private chats only, also where a group asked;
//! why something is given or decided is kept as content until the press and is not repeated in groups.

use super::deliver::{CREDENTIAL, new_card};
use super::handle::{Handler, actor, changes, done_already, may, sees};
use super::place::Place;
use super::press::Pressed;
use super::speaking::Asking;
use super::text::{Line, Rich, cut};
use super::texts::Lang;
use crate::casework::{Act, CaseworkError, ComplaintAct, GoodwillAct};
use crate::domain::complaint::Outcome;
use crate::domain::goodwill::{GoodwillKind, Terms, amount, shown};
use crate::domain::role::{Right, Role};
use crate::domain::time::Timestamp;
use crate::store::chat::{CardRow, Presser};
use crate::store::complaint::ComplaintRow;
use crate::store::goodwill::GoodwillRow;
use crate::store::rows::{CaseEventRow, CaseRow, ObligationRow};
use crate::store::{StoreError, case, chat, chat_person, complaint, console, goodwill as gifts, proposal};
use serde::{Deserialize, Serialize};

/// The kind of a message that asks whether it is meant.
const GIVEN: &str = "given";
/// The number of the button that calls it off; those before it say what is done.
pub(super) const NOT_MEANT: u8 = 9;
/// How many gifts a list names.
const LISTED_MAX: usize = 10;
/// Longest reason that is taken, in UTF-16 units.
const WHY_UNITS_MAX: usize = 500;

/// What somebody asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Deed {
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
}

/// What the row of such a message keeps; why stands in content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Asked {
    case: String,
    number: i64,
    brand: String,
    /// The version of the case that was seen.
    seen: i64,
    /// Who asked.
    person: String,
    deed: Deed,
}

impl Deed {
    /// The events on the timeline by which it is known that it was done.
    const fn events(&self) -> &'static [&'static str] {
        match self {
            Self::Give(_) => &["goodwill", "goodwill_asked"],
            Self::Stand { goes: true, .. } => &["goodwill_approved"],
            Self::Stand { .. } => &["goodwill_refused"],
            Self::TakeBack(_) => &["goodwill_taken_back"],
            Self::Mark => &["complaint"],
            Self::Acknowledge => &["complaint_acknowledged"],
            Self::Decide(_) => &["complaint_decided"],
            Self::Unmark => &["complaint_unmarked"],
        }
    }

    /// Whether this person did just this since. Of two gifts asked for one after the other each is its own.
    fn is_done(&self, since: &[CaseEventRow], presser: &Presser) -> bool {
        let same = |e: &&CaseEventRow| match self {
            Self::Give(micros) => e.body.contains(&format!("\"{} ", shown(*micros))),
            Self::Stand { id, .. } | Self::TakeBack(id) => e.body.contains(id.as_str()),
            _ => true,
        };
        let since: Vec<CaseEventRow> = since.iter().filter(same).cloned().collect();
        self.events().iter().any(|kind| done_already(&since, presser, kind))
    }

    /// What casework is asked for; nothing for a button that there is not.
    fn act(&self, choice: u8, why: String) -> Option<Act> {
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
        })
    }
}

/// What was asked: a question to confirm, or a plain answer.
enum Said {
    Ask { head: String, deed: Deed, why: String },
    Tell(String),
}

fn split(text: &str) -> (&str, &str) {
    text.trim().split_once(char::is_whitespace).map_or((text.trim(), ""), |(a, b)| (a, b.trim()))
}

/// What stands of a case's goodwill, and what who asks may give.
struct Gifts {
    rows: Vec<GoodwillRow>,
    standing: i64,
    terms: Terms,
    limit: Option<i64>,
}

impl Gifts {
    /// Those in a state, with their numbers in the list.
    fn in_state(&self, states: &[&str]) -> Vec<(usize, &GoodwillRow)> {
        let all = self.rows.iter().enumerate();
        all.filter(|(_, g)| states.contains(&g.state.as_str())).map(|(at, g)| (at + 1, g)).collect()
    }

    fn line(&self, t: Lang, at: usize, g: &GoodwillRow) -> String {
        let (kind, state) = (t.name("goodwill", &g.kind), t.name("goodwill_state", &g.state));
        format!("{at}: {} {}, {kind}, {state}", shown(g.micros), g.currency)
    }

    fn list(&self, t: Lang, number: i64) -> String {
        let lines: Vec<String> =
            self.rows.iter().enumerate().take(LISTED_MAX).map(|(at, g)| self.line(t, at + 1, g)).collect();
        let all =
            if lines.is_empty() { t.goodwill_none(number) } else { t.goodwill_all(number, lines.join("; ")) };
        let limit = match self.limit {
            Some(limit) => t.goodwill_limit(shown(limit), &self.terms.currency, shown(self.standing)),
            None => t.goodwill_no_limit().to_owned(),
        };
        format!("{all} {limit}")
    }

    /// The one that is meant, or what is said where it is not known which.
    fn one(
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
                let all: Vec<String> = several.iter().map(|(at, g)| self.line(t, *at, g)).collect();
                Err(t.goodwill_which(number, all.join("; ")))
            }
        }
    }

    /// What a command about goodwill asks for.
    fn said(&self, t: Lang, number: i64, brand: &str, rest: &str) -> Said {
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
fn complaint_said(
    look: &super::card::Look,
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
struct Complaint(Option<ComplaintRow>, Vec<ObligationRow>);

impl Complaint {
    fn told(&self, look: &super::card::Look, number: i64, now: Timestamp) -> String {
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

impl Handler {
    /// Whether any brand keeps a register of formal complaints; where none does the bot does not speak of it.
    pub(super) fn keeps_register(&self) -> bool {
        self.casework.catalogue().get().brands.iter().any(|w| w.brand.front_office.complaints)
    }

    /// `/goodwill 12 …`; what is asked in a group is told in private.
    pub(super) async fn goodwill(
        &self,
        a: &Asking,
        presser: &Presser,
        case: &CaseRow,
        rest: &str,
    ) -> Result<Option<Rich>, StoreError> {
        let one = |text: String| Ok(Some(Rich { lines: vec![Line::plain(text).cut(900)] }));
        if !a.place.is_group() {
            return match self.gift(a, presser, case, rest).await? {
                Some(text) => one(text),
                None => Ok(None),
            };
        }
        let user = a.from.to_string();
        let read = self.deliver.db.read("reading how somebody is spoken to", move |tx| {
            Box::pin(async move { chat_person::get(tx, CREDENTIAL, &user).await })
        });
        if read.await?.is_none_or(|row| row.private_at.is_none()) {
            return one(a.mine.lang.approval_start().to_owned());
        }
        let alone = Asking {
            place: Place::chat(a.from),
            from: a.from,
            person: a.person.clone(),
            here: a.mine.clone(),
            mine: a.mine.clone(),
            named: a.named,
        };
        if let Some(text) = self.gift(&alone, presser, case, rest).await? {
            let rich = Rich { lines: vec![Line::plain(text).cut(900)] };
            self.say(alone.place, &alone.here, rich, None).await;
        }
        one(a.here.lang.approval_shown().to_owned())
    }

    async fn gift(
        &self,
        a: &Asking,
        presser: &Presser,
        case: &CaseRow,
        rest: &str,
    ) -> Result<Option<String>, StoreError> {
        let watched = self.casework.catalogue().get().brand(&case.brand_id).cloned();
        let Some(watched) = watched else { return Ok(Some(a.here.lang.no_such_case(case.number))) };
        let (brand, id) = (case.brand_id.clone(), case.id.clone());
        let read = self.deliver.db.read("reading what was given on a case", move |tx| {
            Box::pin(async move {
                Ok((gifts::of_case(tx, &brand, &id).await?, gifts::standing(tx, &brand, &id).await?))
            })
        });
        let (rows, standing) = read.await?;
        let terms = watched.brand.front_office.goodwill.clone();
        let limit = terms.limit(Role::from_code(&presser.role).unwrap_or(Role::Auditor));
        let said =
            Gifts { rows, standing, terms, limit }.said(a.here.lang, case.number, &watched.brand.name, rest);
        self.shown(a, presser, case, said).await
    }

    /// `/complaint 12 …`.
    pub(super) async fn complaint(
        &self,
        a: &Asking,
        presser: &Presser,
        case: &CaseRow,
        rest: &str,
    ) -> Result<Option<Rich>, StoreError> {
        let one = |text: String| Rich { lines: vec![Line::plain(text).cut(600)] };
        let watched = self.casework.catalogue().get().brand(&case.brand_id).cloned();
        let Some(watched) = watched.filter(|w| w.brand.front_office.complaints) else {
            return Ok(Some(one(a.mine.lang.no_register().to_owned())));
        };
        let (brand, id) = (case.brand_id.clone(), case.id.clone());
        let read = self.deliver.db.read("reading a complaint", move |tx| {
            Box::pin(async move {
                let row = complaint::of_case(tx, &brand, &id).await?;
                Ok((row.filter(|r| r.unmarked_at.is_none()), case::clocks(tx, &id).await?))
            })
        });
        let (row, clocks) = read.await?;
        let (name, now) = (cut(&watched.brand.name, 60), self.deliver.clock.now());
        let said = complaint_said(&a.here, case.number, &name, rest, &Complaint(row, clocks), now);
        Ok(self.shown(a, presser, case, said).await?.map(one))
    }

    /// Shows what was read and asks whether it is meant; gives a plain answer back.
    async fn shown(
        &self,
        a: &Asking,
        presser: &Presser,
        case: &CaseRow,
        said: Said,
    ) -> Result<Option<String>, StoreError> {
        let (head, deed, why) = match said {
            Said::Tell(text) => return Ok(Some(text)),
            Said::Ask { head, deed, why } => (head, deed, why),
        };
        let (t, mut rich) = (a.here.lang, Rich::default());
        rich.line(Line::default().bold(head).cut(400));
        if !why.is_empty() && !a.place.is_group() {
            rich.line(Line::plain(t.outcome_reason(&why)));
        }
        let seen = a.here.seen(&case.id, case.version);
        let keyboard = match &deed {
            Deed::Give(_) => seen.gift(),
            _ => seen.meant(),
        };
        let Some((place, message)) = self.say(a.place, &a.here, rich, Some(keyboard)).await else {
            return Ok(None);
        };
        let now = self.deliver.clock.now();
        let body = Asked {
            case: case.id.clone(),
            number: case.number,
            brand: case.brand_id.clone(),
            seen: case.version,
            person: presser.id.clone(),
            deed,
        };
        let mut card = new_card(place, message, GIVEN, now);
        card.body = serde_json::to_string(&body).unwrap_or_default();
        let author = case.author_id.clone();
        let kept = self.deliver.db.write_again("keeping what somebody asked for", move |tx| {
            let (card, why, author) = (card.clone(), why.clone(), author.clone());
            Box::pin(async move {
                if !why.is_empty() {
                    proposal::put(tx, &card.chat, &card.message, &author, &why).await?;
                }
                chat::put_card(tx, &card, &[], now).await
            })
        });
        kept.await?;
        Ok(None)
    }

    /// A press below such a question.
    pub(super) async fn given(&self, p: &Pressed, choice: u8) -> Result<String, StoreError> {
        let (t, here) = (p.mine.lang, p.here.lang);
        let Some((card, body, why, since)) = self.asked_for(p).await? else {
            return Ok(t.unknown_button().to_owned());
        };
        if body.person != p.presser.id {
            return Ok(t.only_asker().to_owned());
        }
        if body.deed.is_done(&since, &p.presser) {
            return Ok(t.did_already().to_owned());
        }
        if choice == NOT_MEANT {
            self.close(p, &card, here.private_left(body.number)).await?;
            return Ok(t.private_left(body.number));
        }
        if self.deliver.clock.now().since(Timestamp(card.created_at)) >= proposal::KEPT_FOR {
            self.close(p, &card, here.ask_anew(body.number)).await?;
            return Ok(t.ask_anew(body.number));
        }
        if !may(&p.presser, Right::Work) || !sees(&p.presser, &body.brand) {
            return Ok(t.not_allowed().to_owned());
        }
        let Some(act) = body.deed.act(choice, why.unwrap_or_default()) else {
            return Ok(t.unknown_button().to_owned());
        };
        let done = self
            .casework_of(&p.presser)
            .act(&body.brand, &body.case, body.seen, &actor(&p.presser), act)
            .await;
        self.follow.notify_one();
        let told = |lang: Lang, why: String| lang.given_not(body.number, why);
        match done {
            Ok(_) => {
                let waits = self.waits(&body).await?;
                self.close(p, &card, done_text(here, &body, waits)).await?;
                Ok(done_text(t, &body, waits))
            }
            Err(CaseworkError::Store(error)) => Err(error),
            Err(CaseworkError::Stale { since, .. }) => {
                self.close(p, &card, told(here, changes(here, &since))).await?;
                Ok(t.stale_ask(changes(t, &since)))
            }
            Err(other) => {
                self.close(p, &card, told(here, here.refusal(&other))).await?;
                Ok(t.not_possible(t.refusal(&other)))
            }
        }
    }

    /// Whether what was to be given waits for a second person.
    async fn waits(&self, body: &Asked) -> Result<bool, StoreError> {
        if !matches!(body.deed, Deed::Give(_)) {
            return Ok(false);
        }
        let (brand, case) = (body.brand.clone(), body.case.clone());
        let read = self.deliver.db.read("reading what was given on a case", move |tx| {
            Box::pin(async move { gifts::of_case(tx, &brand, &case).await })
        });
        let mine = read.await?.into_iter().rfind(|g| g.made_by == body.person);
        Ok(mine.is_some_and(|g| g.state == "asked"))
    }

    /// What stands behind such a question: its row, what was asked, why, and what happened since.
    async fn asked_for(
        &self,
        p: &Pressed,
    ) -> Result<Option<(CardRow, Asked, Option<String>, Vec<CaseEventRow>)>, StoreError> {
        let (case_id, place) = (p.token.id.clone(), (p.place.chat.to_string(), p.message.to_string()));
        let read = self.deliver.db.read("reading what somebody asked for", move |tx| {
            Box::pin(async move {
                let card = chat::card(tx, CREDENTIAL, &place.0, &place.1).await?;
                let Some(card) = card.filter(|c| c.kind == GIVEN) else { return Ok(None) };
                let Ok(body) = serde_json::from_str::<Asked>(&card.body) else { return Ok(None) };
                if body.case != case_id {
                    return Ok(None);
                }
                let words = proposal::words(tx, &place.0, &place.1).await?;
                let since = console::events_since(tx, &body.brand, &body.case, body.seen).await?;
                Ok(Some((card, body, words, since)))
            })
        });
        read.await
    }
}

/// What is said once it is done.
fn done_text(t: Lang, body: &Asked, waits: bool) -> String {
    let n = body.number;
    match &body.deed {
        Deed::Give(_) if waits => t.goodwill_waits(n),
        Deed::Give(_) => t.goodwill_is_given(n),
        Deed::Stand { goes: true, .. } => t.goodwill_is_approved(n),
        Deed::Stand { .. } => t.goodwill_is_refused(n),
        Deed::TakeBack(_) => t.goodwill_is_back(n),
        Deed::Mark => t.complaint_is_marked(n),
        Deed::Acknowledge => t.complaint_is_acknowledged(n),
        Deed::Decide(outcome) => t.complaint_is_decided(n, t.name("outcome", outcome)),
        Deed::Unmark => t.complaint_is_none(n),
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
