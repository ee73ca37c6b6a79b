//! Commands: what is open, mine or late, why a case is urgent, the figures of today.
//!
//! Answers name cases, levels, reasons and colleagues, never the customer and never the customer's
//! words. A chat is told of its brands only. In groups what is not a command of ours is ignored.

use super::card::{claimant, protocol_line};
use super::handle::Handler;
use super::summary;
use super::text::{Line, Rich};
use crate::casework::protocols::standing;
use crate::domain::clocks::ObligationKind;
use crate::domain::correction::Field;
use crate::domain::judgement::{Level, Reason};
use crate::domain::label::Label;
use crate::domain::time::{Span, Timestamp};
use crate::reports;
use crate::store::chat::Facts;
use crate::store::correction::{self, Said};
use crate::store::explain::{self, Judged};
use crate::store::rows::{CaseRow, ObligationRow};
use crate::store::{StoreError, Tx, case, chat, digest, label, protocol};

const HELP: &str = "/open: what is open, most urgent first\n\
    /mine: your cases, by risk\n\
    /late: what is late, and what falls due within 10 minutes\n\
    /why 12 or /why BRAND 12: why a case is as urgent as it is\n\
    /today: figures of today\n\
    /claim 12: it is yours\n\
    /assign 12 LOGIN words: hand it to a colleague\n\
    /snooze 12 1h: put it away; its clocks run on\n\
    /link 12 TICKET or /link 12 SYSTEM TICKET: tie it to a ticket\n\
    /duty: who is on duty\n\
    /on, /on until 17:00 nl en: you are on; /off: you are not\n\
    /stop_sending WHY, /resume_sending: for leads, all sending stops or goes on\n\
    /help: this";
/// How far ahead `/late` looks.
const SOON: Span = Span::minutes(10);
/// How many cases a list names at most.
const LISTED: i64 = summary::LISTED_MAX as i64;
/// How many reasons `/why` names.
const REASONS_MAX: usize = 12;

/// A case with what `/why` tells of it.
struct Explained {
    case: CaseRow,
    facts: Facts,
    clocks: Vec<ObligationRow>,
    judged: Option<Judged>,
    said: Vec<Said>,
    /// Its open protocols, and what was said of its author: in words.
    beside: Vec<String>,
}

impl Handler {
    /// Answers a command; what is none of ours is answered in private only.
    pub(super) async fn command(&self, chat_id: i64, from: i64, text: &str) -> Result<(), StoreError> {
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let (word, bot) = word.split_once('@').map_or((word, None), |(word, bot)| (word, Some(bot)));
        if let Some(bot) = bot
            && !self.deliver.telegram.is_named(bot).await
        {
            return Ok(());
        }
        let now = self.deliver.clock.now();
        let (db, look) = (&self.deliver.db, &self.deliver.look);
        let brands = self.brands_for(chat_id, from).await?;
        let rich = match word {
            "/open" => {
                let found = db.read("reading open cases", move |tx| {
                    Box::pin(async move { digest::open_cases(tx, &brands, LISTED).await })
                });
                let (count, cases) = found.await?;
                let head = format!("{count} open that need an answer");
                summary::cases(db, look, head, count, &cases, now).await?
            }
            "/mine" => self.mine(from, brands, now).await?,
            "/late" => self.late(brands, now).await?,
            "/why" => self.why(rest.trim(), &brands, now).await?,
            // Figures of no brand would be figures of all.
            "/today" if brands.is_empty() => summary::no_brand(),
            "/today" => {
                let Some(ask) = self.morning.today(now, brands) else { return Ok(()) };
                summary::today(&reports::report(db, &ask, now).await?)
            }
            "/claim" | "/assign" | "/snooze" | "/link" => self.work(from, word, rest.trim(), &brands).await?,
            "/on" | "/off" => self.on_or_off(from, word, rest.trim()).await?,
            "/duty" => self.who_is_on().await?,
            "/stop_sending" | "/resume_sending" => self.stop_or_go(from, word, rest.trim()).await?,
            "/help" | "/start" => Rich { lines: HELP.lines().map(Line::plain).collect() },
            _ if chat_id < 0 => return Ok(()),
            _ => Rich { lines: vec![Line::plain("I do not know this command. /help tells what I can do.")] },
        };
        self.say(chat_id, rich, None).await;
        Ok(())
    }

    async fn mine(&self, from: i64, brands: Vec<String>, now: Timestamp) -> Result<Rich, StoreError> {
        let Some(person) = self.person(from).await? else {
            let line = "I do not know you: the settings name nobody with your id in chat.telegram.users.";
            return Ok(Rich { lines: vec![Line::plain(line)] });
        };
        let (db, name) = (&self.deliver.db, person.name.clone());
        let found = db.read("reading claimed cases", move |tx| {
            Box::pin(async move { digest::claimed_cases(tx, &brands, &person.id, now, LISTED).await })
        });
        let (count, cases) = found.await?;
        let head = format!("{count} claimed by {name}");
        summary::cases(db, &self.deliver.look, head, count, &cases, now).await
    }

    async fn late(&self, brands: Vec<String>, now: Timestamp) -> Result<Rich, StoreError> {
        let db = &self.deliver.db;
        let found = db.read("reading late cases", move |tx| {
            Box::pin(async move { digest::late_cases(tx, &brands, now, now.plus(SOON), LISTED).await })
        });
        let (late, soon, cases) = found.await?;
        let head = format!("{late} late, {soon} due within {SOON}");
        summary::cases(db, &self.deliver.look, head, late + soon, &cases, now).await
    }

    async fn why(&self, asked: &str, brands: &[String], now: Timestamp) -> Result<Rich, StoreError> {
        let one = |text: String| Ok(Rich { lines: vec![Line::plain(text)] });
        let Some((name, number)) = case_asked(asked) else {
            return one("Tell which case: /why 12, or /why BRAND 12.".to_owned());
        };
        let catalogue = self.casework.catalogue().get();
        let of_name = |id: &&String| {
            name.is_none_or(|n| catalogue.brand(id).is_some_and(|w| w.brand.name.eq_ignore_ascii_case(n)))
        };
        let wanted: Vec<String> = brands.iter().filter(of_name).cloned().collect();
        let mut found = self.explained(wanted, number, now).await?;
        let Some(first) = found.pop() else { return one(format!("This chat knows of no case #{number}.")) };
        if !found.is_empty() {
            let brand = super::text::cut(&first.facts.brand, 40);
            return one(format!("Several brands have a #{number}; name one: /why {brand} {number}"));
        }
        Ok(self.explain(&first, now))
    }

    async fn explained(
        &self,
        brands: Vec<String>,
        number: i64,
        now: Timestamp,
    ) -> Result<Vec<Explained>, StoreError> {
        let read = self.deliver.db.read("reading why a case is urgent", move |tx| {
            Box::pin(async move {
                let mut found = Vec::new();
                for brand in &brands {
                    let Some(id) = case::by_number(tx, brand, number).await? else { continue };
                    let Some(row) = case::look(tx, brand, &id).await? else { continue };
                    let Some(facts) = chat::facts(tx, std::slice::from_ref(&id)).await?.pop() else {
                        continue;
                    };
                    let clocks = case::clocks(tx, &id).await?;
                    let judged = explain::judged(tx, brand, &id).await?;
                    let said = correction::said(tx, brand, &id).await?;
                    let beside = beside(tx, &row, now).await?;
                    found.push(Explained { case: row, facts, clocks, judged, said, beside });
                }
                Ok(found)
            })
        });
        read.await
    }

    fn explain(&self, e: &Explained, now: Timestamp) -> Rich {
        let (look, f) = (&self.deliver.look, &e.facts);
        let mut rich = Rich::default();
        let level = Level::from_number(e.case.level);
        rich.line(Line::default().bold(format!("#{} · {level} · {}", e.case.number, f.brand)).cut(300));
        // Where people put triage right, what holds is what they said.
        let judged = e.judged.as_ref().filter(|_| e.said.is_empty());
        let intent = judged.map_or(e.case.intent.as_str(), |j| j.intent.as_str());
        let score = judged.map_or(e.case.urgency, |j| j.urgency);
        rich.line(Line::plain(format!("{} · {} · {intent} · score {score} of 100", f.platform, f.language)));
        rich.line(Line::plain(reasons(e.judged.as_ref())).cut(600));
        for line in corrections(&e.said) {
            rich.line(Line::plain(line).cut(300));
        }
        for line in &e.beside {
            rich.line(Line::plain(line.clone()).cut(300));
        }
        let private =
            if e.case.needs_private == 1 { "needs a private channel" } else { "needs no private channel" };
        rich.line(Line::plain(private));
        let who = match (claimant(f, now), e.case.open) {
            (Some(name), _) => format!("{}, claimed by {name}", e.case.state.replace('_', " ")),
            (None, 0) => e.case.state.replace('_', " "),
            (None, _) => format!("{}, nobody has it", e.case.state.replace('_', " ")),
        };
        rich.line(Line::plain(who).cut(200));
        if let Some(away) = look.put_away(f, now) {
            rich.line(Line::plain(away));
        }
        let running: Vec<&ObligationRow> = e.clocks.iter().filter(|o| o.ended_at.is_none()).collect();
        for clock in &running {
            rich.line(Line::plain(left(clock, now, &look.clock_time(Timestamp(clock.due_at)))));
        }
        if running.is_empty() {
            rich.line(Line::plain("no clock runs"));
        }
        let url = look.case_url(f);
        rich.line(Line::default().link(url.clone(), url));
        rich
    }
}

/// The open protocols of a case, and the labels on its author with what each moves.
async fn beside(tx: &mut Tx, case: &CaseRow, now: Timestamp) -> Result<Vec<String>, StoreError> {
    let mut lines = Vec::new();
    for row in protocol::of_case(tx, &case.brand_id, &case.id).await? {
        if let Some((kind, state)) = standing(&row).filter(|(_, state)| state.is_open()) {
            lines.push(protocol_line(kind, state));
        }
    }
    for row in label::of_author(tx, &case.brand_id, &case.author_id, now).await? {
        let points = Label::from_code(&row.label).map_or(0, Label::points);
        lines.push(format!("author: {} {points:+}", row.label));
    }
    Ok(lines)
}

/// Brand, if one is named, and number: `12`, `#12`, `Acme 12`, `Acme & Co #12`.
fn case_asked(text: &str) -> Option<(Option<&str>, i64)> {
    let at = text.rfind(|c: char| c.is_whitespace() || c == '#');
    let (brand, number) = match at {
        Some(at) => (text[..at].trim_end_matches('#').trim(), text[at..].trim_start_matches('#').trim()),
        None => ("", text),
    };
    let number = number.parse().ok().filter(|n| *n > 0)?;
    Some(((!brand.is_empty()).then_some(brand), number))
}

/// The reasons with their weights; names only.
fn reasons(judged: Option<&Judged>) -> String {
    let found: Vec<Reason> = judged.and_then(|j| serde_json::from_str(&j.reasons).ok()).unwrap_or_default();
    if found.is_empty() {
        return "no reasons are kept".to_owned();
    }
    let words: Vec<String> =
        found.iter().take(REASONS_MAX).map(|r| format!("{} {:+}", r.what, r.weight)).collect();
    format!("because: {}", words.join(", "))
}

/// What people put right, each field once: from what triage said to what holds now, and by whom.
fn corrections(said: &[Said]) -> Vec<String> {
    let word = |field: Field, code: &str| match (field, code) {
        (Field::NeedsAnswer | Field::NeedsPrivate, "1") => "yes".to_owned(),
        (Field::NeedsAnswer | Field::NeedsPrivate, _) => "no".to_owned(),
        _ => code.to_owned(),
    };
    let line = |field: Field| {
        let first = said.iter().find(|s| s.field == field.code())?;
        let last = said.iter().rfind(|s| s.field == field.code())?;
        let (was, became) = (word(field, &first.was), word(field, &last.became));
        let name = last.name.as_deref().unwrap_or("somebody");
        Some(format!("{name} corrected {}: {was} \u{2192} {became}", field.code().replace('_', " ")))
    };
    Field::ALL.into_iter().filter_map(line).collect()
}

/// A clock and what is left of it.
fn left(o: &ObligationRow, now: Timestamp, due_at: &str) -> String {
    let what = match ObligationKind::from_code(&o.kind) {
        Some(ObligationKind::FirstResponse) => "first answer",
        Some(ObligationKind::NextResponse) => "next answer",
        Some(ObligationKind::FirstResolution) => "first solution",
        Some(ObligationKind::TotalResolution) => "solution",
        Some(ObligationKind::ComplaintAcknowledge) => "word that we have the complaint",
        Some(ObligationKind::ComplaintDecision) => "decision on the complaint",
        Some(ObligationKind::Promise) | None => "promise",
    };
    let due = Timestamp(o.due_at);
    match (o.held_since, due >= now) {
        (Some(_), _) => format!("{what}: stands still"),
        (None, true) => format!("{what}: {} left ({due_at})", due.since(now)),
        (None, false) => format!("{what}: late by {}", now.since(due)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_asked_for_by_number_and_brand() {
        for (text, wanted) in [
            ("12", Some((None, 12))),
            ("#12", Some((None, 12))),
            ("Acme 12", Some((Some("Acme"), 12))),
            ("Acme & Co #12", Some((Some("Acme & Co"), 12))),
            ("Acme#12", Some((Some("Acme"), 12))),
            ("", None),
            ("Acme", None),
            ("-3", None),
            ("é é", None),
        ] {
            assert_eq!(case_asked(text), wanted, "{text}");
        }
    }
}
